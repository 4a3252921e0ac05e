"""Failures at the command line: shown beside their steps, and detectors graded."""

import json
import re
from pathlib import Path

import pytest

from tenure.cli.failures import NO_FACTS, failure_lines, failure_rows, incidence_table
from tenure.cli.validation import class_lines
from tenure.envs.tools import ToolCall
from tenure.scoring.failures import CLASSES, Failure, incidence
from tests.scoring.episodes import BREW, SLEEP, play
from tests.scoring.failures.match import match

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"


@pytest.fixture
def episode(tmp_path):
    actions = [BREW, SLEEP, "what?", "why?", BREW.replace("1", "20"), SLEEP, SLEEP, SLEEP, SLEEP]
    return play(tmp_path / "e.jsonl.zst", actions)


def steps_of(out):
    return [int(line[1:].split()[0]) for line in out.splitlines() if line.startswith("#")]


def test_show_keeps_the_steps_of_a_class_and_says_what_failed(tenure, episode):
    code, out, err = tenure("show", episode, "--failure", "a2")
    assert (code, err, steps_of(out)) == (0, "", [2, 3])
    assert out.count("failure: A2 No tool was called.") == 2
    assert "(step 2, to step 3)" in out


def test_show_keeps_the_steps_of_all_failures(tenure, episode):
    assert steps_of(tenure("show", episode, "--failure", "all")[1]) == [2, 3, 4]


def test_show_without_the_filter_looks_for_none(tenure, episode):
    assert "failure:" not in tenure("show", episode)[1]


def test_as_json_each_step_has_its_failures(tenure, episode):
    lines = tenure("show", episode, "--failure", "P2", "--json")[1].splitlines()
    (step,) = map(json.loads, lines)
    assert [(one["code"], one["step"], one["until"]) for one in step["failures"]] == [("P2", 4, 4)]


def test_a_class_that_is_not_found_is_said_so(tenure, episode):
    code, out, err = tenure("show", episode, "--failure", "M1")
    assert (code, steps_of(out)) == (0, [])
    assert "No step of 9 matches" in err


def test_an_unknown_class_is_refused_with_the_nearest(tenure, episode):
    code, _, err = tenure("show", episode, "--failure", "M9")
    assert code == 2
    assert "There is no class 'M9' of failures." in err


# --- rows for other commands ----------------------------------------------------------------------

LOOP = Failure("T3", 7, 2, "check_bank() brings the same answer again and again", 12)
TEXT = Failure("A2", 3, 1, "No tool was called", 3)


def test_rows_stand_in_the_order_of_the_steps():
    assert failure_rows([LOOP, TEXT]) == [
        ("A2", "format error", "day 1, step 3", TEXT.what),
        ("T3", "loop", "day 2, steps 7 to 12", LOOP.what),
    ]


def test_lines_count_classes_first_and_cut_a_long_list():
    assert list(failure_lines([TEXT, LOOP, TEXT], most=1)) == [
        "3 failures: A2 format error (2), T3 loop.",
        "  A2  day 1, step 3: No tool was called",
        "  and 2 more",
    ]
    assert list(failure_lines([])) == ["No failure was found."]


def test_a_run_is_a_table_of_shares_by_day():
    assert incidence_table(incidence([[LOOP], [TEXT, LOOP], [], []]), [1, 30]).splitlines() == [
        "failure          by day 1  by day 30  episodes  first on day (median)",
        "A2 format error      25 %       25 %    1 of 4                      1",
        "T3 loop               0 %       50 %    2 of 4                      2",
    ]


# --- several seats --------------------------------------------------------------------------------


def test_a_contest_is_told_seat_by_seat(tenure, tmp_path):
    look = ToolCall("check_machine").to_json()
    path = match(tmp_path / "e.jsonl.zst", [("seat_2", 3, look, "")] * 6)
    out = tenure("diagnose", path)[1]
    assert "seat_1 (shopkeeper): no failure was found.\nseat_2 (naive): 1 failure: T3 loop." in out
    shown = tenure("show", path, "--failure", "T3")[1]
    assert "(seat_2, step" in shown
    assert re.findall(r"^#\d+ \S+ (\w+)", shown, re.MULTILINE) == ["seat_2"] * len(steps_of(shown))


def test_of_a_folder_of_matches_the_failures_of_each_agent_are_told(tenure, tmp_path):
    agents = ("--agent", "shopkeeper", "--agent", "naive")
    tenure("run", "vending/arena-week", *agents, "--out", tmp_path / "r")
    out = tenure("diagnose", tmp_path / "r")[1]
    assert "shopkeeper: no failure was found.\n\nnaive: no failure was found." in out


def test_of_a_job_that_tells_no_facts_it_is_said_that_less_was_looked_for(tenure, tmp_path):
    path = play(tmp_path / "e.jsonl.zst", [BREW, SLEEP], finish=False)
    code, out, _ = tenure("diagnose", path)
    assert code == 0
    assert f"No failure was found.\n{NO_FACTS}" in out


# --- validate-detectors ---------------------------------------------------------------------------


def test_one_fault_is_graded_and_its_record_kept(tenure, tmp_path):
    words = ("--fault", "look-again", "--seeds", 2, "--out", tmp_path / "faults")
    code, out, err = tenure("validate-detectors", *words)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("2 episodes: 1 kind of faults and 0 scripts without")
    assert "| T3 loop | 2 | 2 | 1.00 (0.34 to 1.00) | 2 | 2 | 1.00 (0.34 to 1.00) |" in out
    assert "No class is below 0.9 in precision or recall." in out
    assert "The one kind of faults was found each time." in out
    assert "| T3 | 2 | T3 2 |" in out
    shown = tenure("show", tmp_path / "faults" / "look-again-4001.jsonl.zst", "--failure", "T3")
    assert len(steps_of(shown[1])) >= 7


def test_as_json_it_is_one_object(tenure):
    words = ("--fault", "boast", "--seeds", 1, "--json")
    told = json.loads(tenure("validate-detectors", *words)[1])
    (grade,) = told["classes"]
    assert (grade["code"], grade["labels"], grade["found"], grade["is_good"]) == ("R3", 1, 1, True)
    assert told["confusion"] == {"R3": {"R3": 1}}


def test_it_renews_the_tables_of_a_page(tenure, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "A\n<!-- classes -->\nold\n<!-- end of classes -->\nB\n<!-- grades -->\n"
        "<!-- end of grades -->\nC\n"
    )
    words = ("--fault", "boast", "--seeds", 1, "--page", page)
    assert tenure("validate-detectors", *words)[0] == 0
    text = page.read_text()
    assert "\nold\n" not in text
    assert "| R3 progress misjudged | 1 | 1 |" in text
    assert (text[:2], text[-3:]) == ("A\n", "\nC\n")


def test_a_page_without_marks_an_unknown_fault_and_a_folder_that_is_there_are_refused(
    tenure, tmp_path
):
    page = tmp_path / "page.md"
    page.write_text("nothing")
    words = ("validate-detectors", "--seeds", 1)
    assert "<!-- classes -->" in tenure(*words, "--fault", "boast", "--page", page)[2]
    assert "There is no fault 'bost'. Did you mean" in tenure(*words, "--fault", "bost")[2]
    assert "exists already" in tenure(*words, "--out", tmp_path)[2]


# --- the published page ---------------------------------------------------------------------------


def test_the_page_has_the_table_of_classes_as_the_code_has_it():
    assert "\n".join(class_lines()) in PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_words_are_graded_each_half_by_itself_and_only_those_to_learn_from_are_told(
    tenure, tmp_path
):
    page = tmp_path / "page.md"
    page.write_text("<!-- words -->\n<!-- end of words -->\n")
    code, out, err = tenure("validate-detectors", "--words", "--page", page)
    assert code == 0
    assert out in page.read_text()
    assert out.startswith("| class | measured: found | honest ones misread |")
    numbers = [int(line.split(":")[0].rpartition("-")[2]) for line in err.splitlines()]
    assert all(number % 2 for number in numbers)


def test_sentences_and_a_fault_are_not_graded_at_once(tenure):
    assert "name one of them" in tenure("validate-detectors", "--words", "--fault", "hop")[2]


def test_the_page_tells_what_the_measured_half_of_the_words_came_to():
    text = PAGE.read_text(encoding="utf-8")
    found, misread = re.search(
        r"^\| \*\*all\*\* \| (\d+ of \d+) \| (\d+ of \d+) \|", text, re.MULTILINE
    ).groups()
    assert f"| {found} (" in text
    assert f") | {misread} |" in text


def test_the_page_grades_every_class_and_names_those_that_fall_short():
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([A-Z]\d) [^|]+\| (\d+) \| (\d+) \| [^|]+\| (\d+) \| (\d+) \|", text, re.MULTILINE
    )
    assert [code for code, *_ in rows] == list(CLASSES)
    poor = [
        code
        for code, *numbers in rows
        for labels, found, detections, right in [map(int, numbers)]
        if not labels or found < 0.9 * labels or right < 0.9 * detections
    ]
    said = re.search(r"never injected: ([A-Z0-9, ]+)\.\*\*", text)
    assert (said[1].split(", ") if said else []) == poor
