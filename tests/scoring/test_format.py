"""The specification of the trajectory file, held to what it describes."""

import re
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
import zstandard
from jsonschema import Draft202012Validator

from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.schema import as_published, json_schema
from tests.scoring.episodes import BREW, SLEEP, play
from tests.scoring.test_records import chained, lines_of, pack

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "trajectory.md").read_text(encoding="utf-8")
ACTIONS = [BREW, SLEEP, "what?", "\ud800", SLEEP, BREW, SLEEP, SLEEP]


def program(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    exchanges = [{"message": {"content": "hm"}, "usage": None}] + [None] * (len(ACTIONS) - 1)
    path = tmp_path_factory.mktemp("format") / "e.jsonl.zst"
    return play(path, ACTIONS, exchanges=exchanges).read_bytes()


# --- the schema ----------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_types():
    assert (DOCS / "trajectory.schema.json").read_bytes() == as_published()


def test_every_line_of_an_episode_fits_the_schema(recorded):
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for line in lines_of(recorded):
        validator.validate(orjson.loads(line))


def test_the_lines_shown_on_the_page_fit_the_schema():
    validator = Draft202012Validator(json_schema())
    lines = [orjson.loads(line) for line in program("json").splitlines()]
    assert [line["type"] for line in lines] == ["episode", "step", "end"]
    for line in lines:
        validator.validate(line)


@pytest.mark.parametrize(
    ("record", "edit"),
    [
        (0, {"version": 2}),
        (0, {"format": "other"}),
        (0, {"minor": -1}),
        (0, {"agent": {}}),
        (1, {"n": -1}),
        (1, {"minute": -1}),
        (1, {"figures": {"cups": "four"}}),
        (1, {"hash": "ABC"}),
        (1, {"type": "end"}),
        (-1, {"steps": None}),
        (-1, {"steps": -1}),
    ],
)
def test_what_the_reader_refuses_does_not_fit_the_schema(recorded, record, edit):
    line = orjson.loads(lines_of(recorded)[record]) | edit
    assert not Draft202012Validator(json_schema()).is_valid(line)


# --- anyone's twenty lines -----------------------------------------------------------------------


def check_in_python(packed, path, monkeypatch, capsys):
    path.write_bytes(packed)
    monkeypatch.setattr("sys.argv", ["check.py", str(path)])
    exec(compile(program("python"), "check.py", "exec"), {})  # noqa: S102  our own page
    return capsys.readouterr().out


def check_in_node(text):
    command = ["node", "--input-type=module", "-e", program("js")]
    return subprocess.run(command, input=text, capture_output=True, check=False)


def test_the_program_on_the_page_has_twenty_lines_and_needs_one_package():
    lines = [line for line in program("python").splitlines() if line]
    assert len(lines) <= 20
    assert lines[0] == "import hashlib, json, pathlib, sys, zstandard"


def test_it_finds_a_record_whole(recorded, tmp_path, monkeypatch, capsys):
    out = check_in_python(recorded, tmp_path / "e.zst", monkeypatch, capsys)
    assert out.startswith("lemonade/week seed 1 fixed [")


def test_it_finds_every_flipped_byte(recorded, tmp_path, monkeypatch, capsys):
    for position in range(0, len(recorded), 3):
        flipped = bytearray(recorded)
        flipped[position] ^= 1 << position % 8
        with pytest.raises((AssertionError, zstandard.ZstdError)):
            check_in_python(flipped, tmp_path / "e.zst", monkeypatch, capsys)


def forgeries(recorded):
    """Files whose seal is right and whose records are not."""
    lines = lines_of(recorded)
    swapped = [*lines[:3], lines[4], lines[3], *lines[5:]]
    edited = [*lines[:2], lines[2].replace(b"Sold", b"Sole"), *lines[3:]]
    records = [orjson.loads(line) for line in lines]
    short = chained([*records[:4], *records[5:]])
    return {
        "record 3 is bad": [lines[:3] + lines[4:], swapped],
        "record 2 is bad": [edited],
        "steps out of order": [short],
    }


def test_it_finds_forged_records_and_names_them(recorded, tmp_path, monkeypatch, capsys):
    for problem, files in forgeries(recorded).items():
        for lines in files:
            with pytest.raises(AssertionError, match=problem):
                check_in_python(pack(lines), tmp_path / "e.zst", monkeypatch, capsys)


def test_it_takes_a_newer_minor_version_and_no_newer_major_one(
    recorded, tmp_path, monkeypatch, capsys
):
    records = [orjson.loads(line) for line in lines_of(recorded)]
    records[0] |= {"minor": 9, "acme": {"colour": "red"}}
    records[1]["mood"] = "fine"
    path = tmp_path / "e.zst"
    assert check_in_python(pack(chained(records)), path, monkeypatch, capsys)
    records[0]["version"] = 2
    with pytest.raises(AssertionError):
        check_in_python(pack(chained(records)), path, monkeypatch, capsys)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_the_one_in_node_agrees(recorded):
    lines = lines_of(recorded)
    done = check_in_node(b"".join(lines))
    assert done.stdout.startswith(b"lemonade/week steps 8 ["), done.stderr
    for problem, files in forgeries(recorded).items():
        wanted = problem.replace("steps out of order", "not a whole episode").encode()
        for forged in files:
            broken = check_in_node(b"".join(forged))
            assert broken.returncode != 0
            assert wanted in broken.stderr


# --- versions ------------------------------------------------------------------------------------


def test_a_record_without_a_minor_version_is_of_minor_version_0(recorded, tmp_path):
    path = tmp_path / "e.jsonl.zst"
    path.write_bytes(recorded)
    assert "minor" not in read(path).header


def test_a_tenure_of_a_newer_minor_version_says_so_and_others_replay_it(tmp_path):
    path = play(tmp_path / "newer.jsonl.zst", [BREW, SLEEP] * 5)
    records = [orjson.loads(line) for line in lines_of(path.read_bytes())]
    records[0]["minor"] = 3
    path.write_bytes(pack(chained(records)))
    newer = read(path)
    assert newer.header["minor"] == 3
    assert replay(newer).divergence is None
