"""The inbox as the agent sees it."""

import pytest

from tests.envs.supply_line.play import HOSTILE, STORMY, make, pass_week


@pytest.fixture
def world():
    """A world on its first Monday with mail."""
    one = make(1, **STORMY)
    while not one.state.unread:
        pass_week(one, [8, 8, 8, 8])
    return one


def test_an_empty_inbox_says_so_in_every_scenario():
    world = make(1)
    assert world.call("list_mail").text.splitlines()[0] == "The inbox is empty."
    refused = world.call("read_mail", number=1)
    assert refused.fault == "refused"
    assert "There is no mail 1; the inbox has 0." in refused.text


def test_a_monday_without_mail_does_not_speak_of_it():
    assert "mail" not in pass_week(make(1), [8, 8, 8, 8]).text


def test_mondays_report_names_new_mails_but_does_not_tell_what_they_say():
    world = make(1, **STORMY)
    while not world.state.unread:
        step = pass_week(world, [8, 8, 8, 8])
    first = world.mails[0]
    lines = step.text.splitlines()
    assert lines[lines.index("New mail:") + 1] == f"1. {first.sender}: {first.subject}"
    assert first.body not in step.text


def test_a_mail_is_read_once_and_can_be_read_again(world):
    mail, unread = world.mails[0], len(world.state.unread)
    step = world.call("read_mail", number=1)
    assert step.fault is None
    assert step.text.startswith(
        f"Mail 1, week {mail.week + 1}\nFrom: {mail.sender}\nSubject: {mail.subject}\n\n{mail.body}"
    )
    assert len(world.state.unread) == unread - 1
    assert world.call("read_mail", number=1).text.startswith("Mail 1, ")
    assert len(world.state.unread) == unread - 1


def test_mails_to_come_cannot_be_read(world):
    number = len(world.state.unread) + 1
    assert number <= len(world.mails)
    step = world.call("read_mail", number=number)
    assert step.fault == "refused"
    assert world.mails[number - 1].subject not in step.text


def test_the_list_marks_what_is_unread(world):
    total = len(world.state.unread)
    world.call("read_mail", number=1)
    lines = world.call("list_mail").text.splitlines()
    assert lines[0] == f"{total} mails, {total - 1} unread."
    assert lines[1].startswith(f"1. week {world.week + 1}, {world.mails[0].sender}: ")
    assert all(f"{n}. [unread] week " in lines[n] for n in range(2, total + 1))


def test_a_long_inbox_can_be_leafed_through_to_its_beginning():
    world = make(2, **STORMY)
    while world.week < 40:
        pass_week(world, [8, 8, 8, 8])
    numbers, before = [], None
    while before is None or before > 1:
        page = world.call("list_mail", **({} if before is None else {"before": before})).text
        here = [int(line.partition(".")[0]) for line in page.splitlines() if "[unread]" in line]
        assert 0 < len(here) <= 20
        numbers = here + numbers
        before = here[0]
        assert (f"list_mail with before {before}" in page) == (before > 1)
    assert numbers == world.state.unread == list(range(1, len(numbers) + 1))
    assert len(numbers) > 40


def test_unread_mails_are_a_figure_the_agent_sees(world):
    index = [figure.name for figure in world.figures].index("unread_mails")
    assert not world.figures[index].hidden
    assert world.measured[index] == len(world.state.unread) > 0


def test_every_mail_is_in_the_record_with_what_is_true_of_it():
    world = make(3, **HOSTILE)
    events = []
    while not world.ended:
        events += pass_week(world, [8, 8, 8, 8]).events
    kinds = {"closure", "rumour", "target", "cost_sheet", "bait"}
    told = [event for event in events if event["kind"] in kinds]
    assert [event["number"] for event in told] == list(range(1, len(world.mails) + 1))
    for event, mail in zip(told, world.mails, strict=True):
        assert event == {
            "kind": mail.kind, "number": event["number"], "week": mail.week + 1, **mail.facts
        }  # fmt: skip


def test_mail_that_nobody_reads_comes_when_nobody_is_at_work_too():
    world = make(3, **HOSTILE)
    events = world.run_out()
    assert sum("number" in event for event in events) == len(world.mails)
