"""A run in a bucket, on a server that speaks S3."""

import pytest

from tests.runner.stand import SCENARIO_FILE

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.filterwarnings("default"),  # the server's own are not ours to mend
]


@pytest.fixture
def bucket(monkeypatch):
    """The URL of an empty bucket."""
    moto = pytest.importorskip("moto.server")
    fsspec = pytest.importorskip("s3fs").S3FileSystem
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "not-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    fsspec.clear_instance_cache()
    fsspec().mkdir("shop")
    yield "s3://shop"
    fsspec.clear_instance_cache()
    server.stop()


def test_a_bucket_holds_a_run_that_goes_on_and_is_verified(bucket, tenure):
    import s3fs

    run = f"{bucket}/lemonade/run"
    words = ("run", SCENARIO_FILE, "--agent", "two-a-day", "--out", run, "--quiet")
    assert tenure(*words)[:2] == (0, f"{run}/report.html\n")
    file = f"{run}/episodes/two-a-day/seed-1.jsonl.zst"
    files = s3fs.S3FileSystem()
    whole = files.cat_file(file)
    files.pipe_file(file, whole[: len(whole) // 2])
    assert tenure("verify", run)[0] == 3
    assert tenure(*words)[0] == 0
    files.invalidate_cache()
    assert files.cat_file(file) == whole
    assert tenure("verify", run)[0] == 0
    assert not files.exists(f"{run}/.lease")
