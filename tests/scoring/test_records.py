import hashlib
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tenure.errors import TrajectoryError
from tenure.scoring.records import (
    FIRST_HASH,
    SEAL_BYTES,
    SEAL_MAGIC,
    action_of,
    read,
    read_partial,
    seal,
)
from tenure.scoring.replay import replay
from tests.scoring.episodes import BREW, SLEEP, play

ACTIONS = [BREW, SLEEP, "what?", SLEEP, BREW, SLEEP, SLEEP, SLEEP]
LAST = len(ACTIONS) + 1


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return play(tmp_path_factory.mktemp("episode") / "episode.jsonl.zst", ACTIONS).read_bytes()


def lines_of(packed: bytes) -> list[bytes]:
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    return text.splitlines(keepends=True)


def pack(lines: list[bytes]) -> bytes:
    """Compress and seal lines as a forger would who knows the format."""
    frame = zstandard.ZstdCompressor().compress(b"".join(lines))
    return frame + SEAL_MAGIC + hashlib.sha256(frame).digest()


def chained(records: list[dict]) -> list[bytes]:
    lines, previous = [], FIRST_HASH
    for record in records:
        body = {name: value for name, value in record.items() if name != "hash"}
        line, previous = seal(previous, body)
        lines.append(line)
    return lines


def error_of(folder: Path, packed: bytes) -> TrajectoryError:
    path = folder / "bad.jsonl.zst"
    path.write_bytes(packed)
    with pytest.raises(TrajectoryError) as caught:
        read(path)
    return caught.value


def test_an_episode_reads_back_what_happened(tmp_path):
    episode = read(play(tmp_path / "e.jsonl.zst", ACTIONS, agent={"name": "me"}))
    assert (episode.agent_name, episode.seed, episode.attempt) == ("me", 1, 0)
    assert (episode.scenario_id, episode.complete) == ("lemonade/week", True)
    assert episode.figure_names == ["cash_cents", "cups"]
    assert [step["action"] for step in episode.steps] == ACTIONS
    assert episode.end["reason"] == "horizon"
    assert episode.head == episode.end["hash"]


def test_a_step_records_what_changed_and_nothing_else(tmp_path):
    brew, sleep, chat, *_ = read(play(tmp_path / "e.jsonl.zst", ACTIONS)).steps
    assert {name: brew[name] for name in brew if name != "hash"} == {
        "type": "step",
        "n": 0,
        "action": BREW,
        "text": "4 cups are ready.\n[day 1]",
        "minute": 510,
        "reward": -100,
        "figures": {"cash_cents": 900, "cups": 4},
    }
    assert sleep["events"] == [{"kind": "day", "day": 0, "sold": 3}]
    assert "digest" in sleep
    assert chat["fault"] == "malformed"
    assert "reward" not in chat
    assert "figures" not in chat


def test_every_flipped_byte_of_a_file_is_found(tmp_path, recorded):
    for position in range(len(recorded)):
        flipped = bytearray(recorded)
        flipped[position] ^= 1 << position % 8
        error_of(tmp_path, bytes(flipped))


@pytest.mark.slow
def test_every_flipped_bit_of_a_file_is_found(tmp_path, recorded):
    for position in range(len(recorded)):
        for bit in range(8):
            flipped = bytearray(recorded)
            flipped[position] ^= 1 << bit
            error_of(tmp_path, bytes(flipped))


def test_every_cut_of_a_file_is_found(tmp_path, recorded):
    for length in range(0, len(recorded), 3):
        error_of(tmp_path, recorded[:length])


def test_every_flipped_byte_of_the_text_names_its_record(tmp_path, recorded):
    lines = lines_of(recorded)
    for index, line in enumerate(lines):
        for position in range(0, len(line) - 1, 7):
            flipped = bytearray(line)
            flipped[position] ^= 0x01
            forged = pack([*lines[:index], bytes(flipped), *lines[index + 1 :]])
            assert error_of(tmp_path, forged).record == index


def test_a_cut_tail_names_the_first_record_that_is_missing(tmp_path, recorded):
    assert "an empty file and no Tenure record" in str(error_of(tmp_path, b""))
    assert "Record 0 (header): the file is cut off" in str(error_of(tmp_path, pack([])[:5]))
    frame_only = zstandard.ZstdCompressor().compress(b"".join(lines_of(recorded)[:4]))
    error = error_of(tmp_path, frame_only)
    assert error.record == 4
    assert "closed before the episode's end" in str(error)


@pytest.mark.parametrize("index", range(LAST))
def test_a_removed_record_is_named(tmp_path, recorded, index):
    lines = lines_of(recorded)
    del lines[index]
    assert error_of(tmp_path, pack(lines)).record == index


def test_swapped_records_are_named(tmp_path, recorded):
    lines = lines_of(recorded)
    lines[3], lines[4] = lines[4], lines[3]
    error = error_of(tmp_path, pack(lines))
    assert error.record == 3
    assert str(error).startswith("bad.jsonl.zst: Record 3 (step): its hash does not follow")


def test_an_inserted_record_is_named(tmp_path, recorded):
    lines = lines_of(recorded)
    lines.insert(5, lines[4])
    assert error_of(tmp_path, pack(lines)).record == 5


def test_a_record_after_the_end_is_named(tmp_path, recorded):
    lines = lines_of(recorded)
    extra, _ = seal(orjson.loads(lines[-1])["hash"], {"type": "step", "n": 8})
    error = error_of(tmp_path, pack([*lines, extra]))
    assert error.record == LAST + 1
    assert "it follows the episode's end" in str(error)


def test_bytes_after_the_end_are_found(tmp_path, recorded):
    error = error_of(tmp_path, recorded + b"more")
    assert error.record is None
    assert "4 bytes follow the end" in str(error)


def test_a_second_compression_of_the_same_records_breaks_the_seal(tmp_path, recorded):
    other = zstandard.ZstdCompressor(level=9).compress(b"".join(lines_of(recorded)))
    error = error_of(tmp_path, other + recorded[-SEAL_BYTES:])
    assert error.record is None
    assert "differ from those that were sealed" in str(error)


def test_steps_out_of_order_are_found_in_a_whole_chain(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    del records[3]
    error = error_of(tmp_path, pack(chained(records)))
    assert error.record == 3
    assert "field 'n' is 3 and should be 2" in str(error)


def test_a_field_of_the_wrong_type_is_found_in_a_whole_chain(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[2]["minute"] = "noon"
    error = error_of(tmp_path, pack(chained(records)))
    assert error.record == 2
    assert "'minute'" in str(error)


@pytest.mark.parametrize(
    ("record", "change", "problem"),
    [
        (0, {"score": "fame"}, "'fame' is not one of the figures"),
        (0, {"measured": [1]}, "the length of 'measured' is 1 and should be 2"),
        (0, {"references": {"floor": 0}}, "references.bound"),
        (0, {"seed": -1}, "'seed'"),
        (0, {"seed": 2**63}, "'seed'"),
        (0, {"attempt": -7}, "'attempt'"),
        (0, {"agent": {}}, "'agent.name'"),
        (0, {"agent": {"name": ""}}, "'agent.name'"),
        (0, {"agent": {"name": ["x"]}}, "'agent.name'"),
        (1, {"minute": 10**15}, "'minute'"),
        (3, {"minute": 1439}, "field 'minute' is 1439, before the 1440 of the record before it"),
        (1, {"minute": 479}, "field 'minute' is 479, before the 480"),
        (1, {"lone_surrogates": [[0]]}, "'lone_surrogates.0'"),
        (1, {"lone_surrogates": [[0, 1, 2]]}, "'lone_surrogates.0'"),
        (1, {"lone_surrogates": [["0", 55296]]}, "'lone_surrogates.0.0'"),
        (1, {"action": "\ufffd", "lone_surrogates": [[1, 55296]]}, "[1, 55296]"),
        (1, {"action": "\ufffd", "lone_surrogates": [[10**6, 55296]]}, "[1000000, 55296]"),
        (1, {"action": "\ufffd", "lone_surrogates": [[-1, 55296]]}, "[-1, 55296]"),
        (1, {"action": "\ufffd", "lone_surrogates": [[0, 1114112]]}, "[0, 1114112]"),
        (1, {"action": "\ufffd", "lone_surrogates": [[0, 2**40]]}, "[0, 1099511627776]"),
        (1, {"action": "\ufffd", "lone_surrogates": [[0, 65]]}, "[0, 65]"),
        (1, {"action": "A", "lone_surrogates": [[0, 55296]]}, "[0, 55296]"),
        (3, {"type": "stop"}, "'type'"),
        (LAST, {"measured": [1, 2, 3]}, "the length of 'measured' is 3 and should be 2"),
        (LAST, {"steps": 3}, "field 'steps' is 3 and should be 8"),
    ],
)
def test_a_record_that_cannot_be_is_found_in_a_whole_chain(
    tmp_path, recorded, record, change, problem
):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[record] |= change
    error = error_of(tmp_path, pack(chained(records)))
    assert error.record == record
    assert problem in str(error)


def test_a_line_that_is_not_json_is_found_in_a_whole_chain(tmp_path, recorded):
    header = lines_of(recorded)[0]
    body = b'{"type"}'
    first = hashlib.sha256(FIRST_HASH.encode() + header[:-28] + b"}").hexdigest()
    digest = hashlib.sha256(first.encode() + body).hexdigest()
    line = body[:-1] + b',"hash":"' + digest[:16].encode() + b'"}\n'
    error = error_of(tmp_path, pack([header, line]))
    assert error.record == 1
    assert "it is not JSON" in str(error)


def test_a_newer_version_is_refused_with_what_would_read_it(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0] |= {"version": 2, "tenure": "3.0.0"}
    error = error_of(tmp_path, pack(chained(records)))
    assert error.record == 0
    assert "version 2" in str(error)
    assert "Tenure 3.0.0" in str(error)


@pytest.mark.parametrize(("version", "told"), [("1", "'1'"), (0, "0"), (True, "True")])
def test_a_version_that_is_none_is_told_and_no_newer_tenure_named(
    tmp_path, recorded, version, told
):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0]["version"] = version
    assert str(error_of(tmp_path, pack(chained(records)))).endswith(
        f"Record 0 (header): the file says that its format has version {told}; versions are 1, 2 "
        "and on."
    )


@pytest.mark.parametrize("minor", [1, 7])
def test_a_newer_minor_version_is_read(tmp_path, recorded, minor):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0]["minor"] = minor
    path = tmp_path / "newer.jsonl.zst"
    path.write_bytes(pack(chained(records)))
    assert read(path).header["minor"] == minor


@pytest.mark.parametrize("minor", [-1, "1", 1.5, None])
def test_a_minor_version_is_a_whole_number(tmp_path, recorded, minor):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0]["minor"] = minor
    error = error_of(tmp_path, pack(chained(records)))
    assert (error.record, "field 'minor'" in str(error)) == (0, True)


def test_a_file_of_another_kind_is_refused(tmp_path):
    for other in (pack(chained([{"type": "log"}])), pack([b'{"a":1}\n']), b"no zstd at all"):
        error = error_of(tmp_path, other)
        assert "It is no Tenure record. A record is a file such as" in str(error)
        assert error.record == 0


def test_a_folder_is_no_record(tmp_path):
    with pytest.raises(TrajectoryError, match="It is a folder and no Tenure record"):
        read(tmp_path)


def test_a_newer_major_version_is_told_whatever_its_hashes_are(tmp_path, recorded):
    lines = lines_of(recorded)
    lines[0] = lines[0].replace(b'"version":1', b'"version":2', 1)
    assert "has version 2 of the format and this Tenure reads up to 1" in str(
        error_of(tmp_path, pack(lines))
    )


def test_a_record_that_is_nested_abysmally_is_refused(tmp_path, recorded):
    lines = lines_of(recorded)
    body = lines[1][:-28] + b',"deep":' + b"[" * 300 + b"]" * 300 + b"}"
    first = hashlib.sha256(FIRST_HASH.encode() + lines[0][:-28] + b"}").hexdigest()
    digest = hashlib.sha256(first.encode() + body).hexdigest()
    line = body[:-1] + b',"hash":"' + digest[:16].encode() + b'"}\n'
    error = error_of(tmp_path, pack([lines[0], line, *lines[2:]]))
    assert error.record == 1
    assert "nested" in str(error)


def test_a_field_of_another_record_is_unknown_and_kept(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[1]["measured"] = 5
    records[-1]["text"] = 5
    path = tmp_path / "newer.jsonl.zst"
    path.write_bytes(pack(chained(records)))
    assert read(path).steps[0]["measured"] == 5


def test_unknown_fields_are_kept(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0]["weather"] = "mild"
    records[1]["mood"] = ["fine"]
    path = tmp_path / "newer.jsonl.zst"
    path.write_bytes(pack(chained(records)))
    episode = read(path)
    assert episode.header["weather"] == "mild"
    assert episode.steps[0]["mood"] == ["fine"]
    assert replay(episode).divergence is None


def test_unknown_fields_are_part_of_the_hash(tmp_path, recorded):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[2]["mood"] = "fine"
    lines = chained(records)
    lines[2] = lines[2].replace(b'"mood":"fine"', b'"mood":"grim"')
    assert error_of(tmp_path, pack(lines)).record == 2


def test_a_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tenure.scoring.records.MAX_UNPACKED_BYTES", 10_000)
    compressor = zstandard.ZstdCompressor().compressobj()
    bomb = compressor.compress(b" " * 1_000_000) + compressor.flush(
        zstandard.COMPRESSOBJ_FLUSH_BLOCK
    )
    assert "unpacks to more than" in str(error_of(tmp_path, bomb))


def test_a_torn_tail_leaves_all_whole_records(tmp_path):
    path = tmp_path / "torn.jsonl.zst"
    written = play(tmp_path / "live", ACTIONS, finish=False).read_bytes()
    kept = set()
    for length in range(len(written), len(written) // 2, -1):
        path.write_bytes(written[:length])
        episode = read_partial(path)
        assert not episode.complete
        assert [step["action"] for step in episode.steps] == ACTIONS[: len(episode.steps)]
        kept.add(len(episode.steps))
    assert max(kept) == len(ACTIONS)
    assert len(kept) > 2


def test_an_untorn_file_reads_whole_either_way(tmp_path, recorded):
    path = tmp_path / "whole.jsonl.zst"
    path.write_bytes(recorded)
    assert read_partial(path) == read(path)


def test_a_torn_header_leaves_nothing_to_resume(tmp_path, recorded):
    path = tmp_path / "torn.jsonl.zst"
    path.write_bytes(recorded[:20])
    with pytest.raises(TrajectoryError, match=r"Record 0 \(header\): the file is cut off"):
        read_partial(path)


def test_damage_is_not_taken_for_a_torn_tail(tmp_path, recorded):
    lines = lines_of(recorded)
    path = tmp_path / "damaged.jsonl.zst"
    path.write_bytes(pack([lines[0], lines[2]]))
    with pytest.raises(TrajectoryError, match="Record 1"):
        read_partial(path)


@given(st.text(alphabet=st.characters(codec=None), max_size=20))
def test_any_action_is_restored_exactly(tmp_path_factory, action):
    path = tmp_path_factory.mktemp("any") / "e.jsonl.zst"
    episode = read_partial(play(path, [action], finish=False))
    assert action_of(episode.steps[0]) == action
