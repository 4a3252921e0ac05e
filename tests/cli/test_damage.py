"""Every command that reads a record, on what is no whole record: one sentence and no traceback."""

import pytest
import zstandard

from tests.scoring.episodes import SCENARIO, play, scripted

READERS = {
    "show": ["show"],
    "score": ["score"],
    "replay": ["replay"],
    "verify": ["verify"],
    "diagnose": ["diagnose"],
    "sustained": ["sustained"],
    "view": ["view", "--no-browser"],
    "export": ["export", "--to", "atif"],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return play(folder / "seed-1.jsonl.zst", scripted("two-a-day", 1), scenario=SCENARIO)


def _packed(text: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(text)


def _text(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(content)


def _flipped(content: bytes) -> bytes:
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _newer(content: bytes) -> bytes:
    return _packed(_text(content).replace(b'"version":1,"tenure"', b'"version":2,"tenure"', 1))


DAMAGES = {
    "a flipped byte": (_flipped, "Record "),
    "an empty file": (lambda _: b"", "It is an empty file and no Tenure record."),
    "plain JSON lines": (lambda _: b'{"a":1}\n{"b":2}\n', "It is no Tenure record. A record is"),
    "packed JSON lines": (lambda _: _packed(b'{"a":1}\n{"b":2}\n'), "It is no Tenure record."),
    "a newer major": (_newer, "has version 2 of the format and this Tenure reads up to 1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_record_is_told_in_one_sentence(tenure, tmp_path, whole, reader, damage):
    change, sentence = DAMAGES[damage]
    path = tmp_path / "bad.jsonl.zst"
    path.write_bytes(change(whole.read_bytes()))
    code, out, err = tenure(*READERS[reader], path)
    assert code == 1
    told = [line for line in (out + err).splitlines() if sentence in line]
    assert len(told) == 1
    assert "Traceback" not in out + err


@pytest.mark.parametrize("reader", sorted({*READERS} - {"view"}))
def test_a_folder_that_holds_no_run_is_told_in_one_sentence(tenure, tmp_path, reader):
    code, out, err = tenure(*READERS[reader], tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("tenure: ")
    assert str(tmp_path) in err


@pytest.mark.parametrize(
    ("reader", "code", "sentence"),
    [
        ("show", 0, "(still unfinished, or cut off)"),
        (
            "score",
            3,
            "It has no end: it was cut off after 5 steps, or is still being played. Where the",
        ),
        ("replay", 0, "every field the same. It has no end: it was cut off after 5 steps"),
        ("verify", 3, "no end: cut.jsonl.zst: It has no end: it was cut off after 5 steps"),
        ("sustained", 1, "the file is cut off"),
        ("diagnose", 0, "lemonade/week, seed 1, fixed."),
    ],
)
def test_a_record_that_stops_early_is_read_as_far_as_it_goes(
    tenure, tmp_path, reader, code, sentence
):
    path = play(tmp_path / "cut.jsonl.zst", scripted("two-a-day", 1)[:6], finish=False)
    path.write_bytes(path.read_bytes()[:-20])
    found, out, err = tenure(*READERS[reader], path)
    assert found == code
    assert sentence in out + err
