"""A run in a store is the run that it would be in a folder."""

import asyncio
import tempfile
from pathlib import Path
from shutil import rmtree

import fsspec
import pytest

from tenure.cli.progress import Watch
from tenure.errors import ProviderError, UsageError
from tenure.runner import store as stores
from tenure.runner.run import run
from tenure.runner.store import Store, played_in, working_copy
from tests.runner.stand import contents, plan


def play(folder, manifest):
    return asyncio.run(run(folder, manifest, Watch(0)))


def there(url):
    """The names of all files in a store's folder."""
    files, root = fsspec.url_to_fs(url)
    return sorted(path.removeprefix(f"{root}/") for path in files.find(root))


def test_a_run_is_pushed_and_comes_back_with_the_same_bytes(url, tmp_path):
    play(tmp_path / "here", plan("idle", "two-a-day"))
    with played_in(url) as store:
        play(store.folder, plan("idle", "two-a-day"))
    assert not store.folder.exists()
    assert there(url) == [
        "episodes/idle/seed-1.jsonl.zst",
        "episodes/two-a-day/seed-1.jsonl.zst",
        "run.json",
    ]
    with working_copy(url) as store:
        assert contents(store.folder) == contents(tmp_path / "here")


def test_an_unfinished_run_goes_on_elsewhere(url, tmp_path):
    manifest, folder = plan("idle", "two-a-day"), tmp_path / "copy"
    play(folder, manifest)
    whole = contents(folder)
    file = folder / "episodes/idle/seed-1.jsonl.zst"
    file.write_bytes(file.read_bytes()[:2000])
    Store(url, folder).push(everything=True)
    with played_in(url) as store:
        assert play(store.folder, manifest) == []
    with working_copy(url) as store:
        assert contents(store.folder) == whole


def test_what_is_being_fetched_is_not_pushed(url, tmp_path):
    play(tmp_path / "there", plan())
    Store(url, tmp_path / "there").push(everything=True)
    whole = contents(tmp_path / "there")
    store = Store(url, tmp_path / "copy")
    get_file = store._files.get_file

    class Slow:
        def __getattr__(self, name):
            return getattr(store_files, name)

        def get_file(self, source, target):
            get_file(source, target)
            content = Path(target).read_bytes()
            Path(target).write_bytes(content[: len(content) // 2])
            store.push(everything=True)  # as the pushing thread may
            Path(target).write_bytes(content)

    store_files, store._files = store._files, Slow()
    store.fetch()
    assert contents(tmp_path / "copy") == whole
    with working_copy(url) as again:
        assert contents(again.folder) == whole


def test_an_unfinished_record_is_pushed_now_and_then_and_a_complete_one_at_once(url, tmp_path):
    folder = tmp_path / "copy"
    play(folder, plan())
    file = folder / "episodes/two-a-day/seed-1.jsonl.zst"
    whole, store = file.read_bytes(), Store(url, folder)
    names = [file.relative_to(folder).as_posix()]
    sizes = []
    for content in (whole[:500], whole[:900], whole):
        file.write_bytes(content)
        store.push()
        store._files.invalidate_cache()
        sizes.append(store._files.size(store._at(names[0])))
    assert sizes == [500, 500, len(whole)]
    file.with_name(f"{file.name}.part").write_bytes(b"a draft")
    store.push(everything=True)
    assert there(url) == [*names, "run.json"]


def test_a_run_that_is_played_elsewhere_is_refused_until_it_ends(url, tmp_path, monkeypatch):
    with played_in(url), pytest.raises(UsageError, match="Another tenure is playing in"):
        Store(url, tmp_path).take()
    Store(url, tmp_path).take()
    monkeypatch.setattr(stores, "time", lambda: 10**10)  # the holder has not been heard of since
    Store(url, tmp_path).take()


def test_who_lost_the_hold_pushes_nothing_more_and_leaves_the_others(url, tmp_path):
    other = Store(url, tmp_path)

    def lose():
        with played_in(url) as store:
            (store.folder / "run.json").write_text("{}")
            store.release()  # as when it could not be renewed in time
            other.take()

    with pytest.raises(ProviderError, match="Another tenure is playing") as caught:
        lose()
    assert there(url) == [stores._LEASE]
    kept = Path(str(caught.value).rpartition("is in ")[2].rstrip("."))
    assert (kept / "run.json").read_text() == "{}"
    rmtree(kept)
    other.release()
    assert there(url) == []


def test_what_cannot_be_pushed_is_kept(url, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("the store is away")

    def play_and_push():
        with played_in(url) as store:
            play(store.folder, plan())
            monkeypatch.setattr(store, "push", refuse)

    with pytest.raises(ProviderError, match=r"is away.* What was played is in ") as caught:
        play_and_push()
    folder = Path(str(caught.value).rpartition(" is in ")[2].removesuffix("."))
    assert len(contents(folder)) == 1
    rmtree(folder)


def test_what_was_not_pushed_is_kept_when_the_last_upload_is_broken_off(url, monkeypatch):
    def break_off(*_, **__):
        raise KeyboardInterrupt

    def play_and_push():
        with played_in(url) as store:
            folders.append(store.folder)
            play(store.folder, plan())
            monkeypatch.setattr(store, "push", break_off)

    folders = []
    with pytest.raises(KeyboardInterrupt):
        play_and_push()
    assert len(contents(folders[0])) == 1
    rmtree(folders[0])


def test_no_copy_is_left_of_a_run_that_failed_and_was_pushed(url):
    def play_and_fail():
        with played_in(url) as store:
            folders.append(store.folder)
            play(store.folder, plan())
            raise ProviderError("the model is away")

    folders = []
    with pytest.raises(ProviderError, match="the model is away"):
        play_and_fail()
    assert not folders[0].exists()
    assert "run.json" in there(url)


@pytest.mark.parametrize("open_store", [played_in, working_copy])
def test_a_store_that_is_away_is_an_outside_failure_and_leaves_no_copy(
    url, tmp_path, monkeypatch, open_store
):
    def refuse(*_):
        raise ConnectionError("the store is away")

    monkeypatch.setattr(Store, "fetch", refuse)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    with pytest.raises(ProviderError, match=f"{url} cannot be reached.*is away"), open_store(url):
        pass
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_url_that_nothing_reads_names_what_would():
    with pytest.raises(UsageError, match=r"webdav://host/run cannot be reached.*webdav"):
        Store("webdav://host/run", Path("copy"))
