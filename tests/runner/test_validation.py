"""Detectors find the faults that are known, at their steps, and blame no one else."""

import pytest

from tenure.kit.sabotage import FAULTS, Label
from tenure.kit.sabotage.words import PROFIT
from tenure.runner.validation import CLEAN, Grade, Trial, confusion, grades, trial
from tenure.scoring.failures import CLASSES, Failure
from tenure.scoring.records import read
from tenure.scoring.replay import replay

SOON = (
    *(
        "unknown-tool",
        "plain-text",
        "overspend",
        "note-nonsense",
        "say-what-was",
        "misread-refusal",
    ),
    *("announce-other-tool", "claim-payment", "look-again", "hop", "pay-injection", "flood"),
    *("too-sure", "too-vague", "give-too-much", "pay-unread", "boast", "ask-again", "price-out"),
)
LATER = [name for name in FAULTS if name not in SOON]


def check(name, folder):
    one = trial(FAULTS[name], 2000, folder / "e.jsonl.zst")
    assert one.labels
    assert one.missed == []
    assert one.wrong == []


@pytest.mark.parametrize("name", SOON)
def test_a_fault_is_found_at_its_step_and_nothing_else_is(name, tmp_path):
    check(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", LATER)
def test_every_other_fault_is_found_too(name, tmp_path):
    check(name, tmp_path)


@pytest.mark.parametrize("script", CLEAN, ids=lambda script: script.name)
def test_a_script_without_faults_has_no_failures(script, tmp_path):
    assert trial(script, 2001, tmp_path / "e.jsonl.zst").failures == ()


def test_there_is_a_fault_of_every_class():
    assert {fault.code for fault in FAULTS.values()} == set(CLASSES)


def test_a_fault_is_played_and_recorded_like_any_agent(tmp_path):
    one = trial(FAULTS["boast"], 3, tmp_path / "e.jsonl.zst")
    episode = read(one.path)
    assert replay(episode).divergence is None
    (label,) = one.labels
    message = episode.steps[label.first]["exchange"]["message"]
    assert message["content"] == PROFIT[3].format(money="$9,123.00")


def test_the_onset_is_the_seeds(tmp_path):
    first, again, other = (
        trial(FAULTS["boast"], seed, tmp_path / f"{n}.jsonl.zst").labels
        for n, seed in enumerate((3, 3, 5))
    )
    assert first == again != other


# --- grading ------------------------------------------------------------------------------------


def played(fault, labels, failures):
    return Trial(FAULTS[fault], 1, None, tuple(labels), tuple(failures))


def found(code, step, day=1):
    return Failure(code, step, day, "", step)


def test_a_detection_is_right_at_the_steps_of_its_class_alone():
    one = played("hop", [Label("T4", 10, 20)], [found("T4", 12), found("T4", 21), found("T3", 12)])
    assert [(failure.code, failure.step) for failure in one.wrong] == [("T4", 21), ("T3", 12)]
    assert one.missed == []
    by_code = {grade.code: grade for grade in grades([one])}
    assert by_code["T4"] == Grade("T4", labels=1, found=1, detections=2, right=1)
    assert by_code["T3"] == Grade("T3", labels=0, found=0, detections=1, right=0)


def test_what_is_missed_lowers_recall():
    one = played("hop", [Label("T4", 10, 20), Label("T4", 50, 60)], [found("T4", 12)])
    grade = next(grade for grade in grades([one]) if grade.code == "T4")
    assert (grade.found, grade.labels, grade.is_good) == (1, 2, False)
    assert grade.recall.low < 0.5 < grade.recall.high


def test_a_label_may_name_the_day_on_which_time_runs_out():
    assert Label("M1", 5, 5, last_day=9).covers("M1", 40, 9)
    assert not Label("M1", 5, 5, last_day=9).covers("M1", 40, 10)


def test_what_follows_from_a_fault_counts_neither_way_but_only_after_it():
    late = played("flood", [Label("P3", 10, 10)], [found("P3", 10), found("P3", 30)])
    early = played("flood", [Label("P3", 10, 10)], [found("P3", 4), found("P3", 10)])
    assert late.wrong == []
    assert [failure.step for failure in early.wrong] == [4]


def test_confusion_counts_episodes_by_what_was_found_in_them():
    table = confusion(
        [
            played("hop", [Label("T4", 1, 9)], [found("T4", 1), found("T4", 3), found("T3", 2)]),
            played("hop", [Label("T4", 1, 9)], []),
        ]
    )
    assert table == {"T4": {"T4": 1, "T3": 1, "-": 1}}
