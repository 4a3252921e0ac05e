import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents import context
from tenure.agents.context import (
    CLEARED_MARK,
    CUT_MARK,
    DROPPED_NOTE,
    SUMMARY_NOTE,
    Window,
    cut,
)
from tenure.agents.protocols import NativeTools
from tenure.agents.providers.chat import Chat
from tenure.agents.spec import AgentSpec
from tenure.envs.tools import Toolbox

HEAD = [{"role": "system", "content": "brief"}, {"role": "user", "content": "opening"}]
PROTOCOL = NativeTools(Chat(AgentSpec(name="openai/m")), Toolbox({}))


def turn(number, size=1):
    return [
        {"role": "assistant", "content": f"call {number}"},
        {"role": "user", "content": f"result {number} " + "x" * size},
    ]


def window(limit_tokens=1_000, keep_percent=60, **options):
    return Window(
        PROTOCOL,
        "brief",
        "opening",
        limit_tokens=limit_tokens,
        keep_percent=keep_percent,
        **options,
    )


def tokens(messages):
    return len(orjson.dumps(messages)) // 4


def fill(shown, turns, tokens_each=100, first=0, size=400):
    """Add turns of a known size, as counted by a provider."""
    for number in range(first, first + turns):
        shown.add(turn(number, size))
        shown.count(shown.tokens - tokens(turn(number, size)) + tokens_each)


def numbers(shown):
    """The numbers of the turns that are shown."""
    return [
        int(message["content"].split()[1])
        for message in shown.messages[2:]
        if message["role"] == "assistant"
    ]


def test_before_anything_is_counted_four_characters_are_a_token():
    fresh = window()
    assert fresh.messages == HEAD
    head = tokens(HEAD) + tokens(PROTOCOL.fields)
    assert fresh.tokens == head
    fresh.add(turn(0, size=400))
    assert fresh.tokens == head + tokens(turn(0, 400))


def test_what_the_provider_counts_replaces_the_estimate():
    counted = window()
    counted.add(turn(0))
    counted.count(777)
    assert counted.tokens == 777


def test_the_difference_of_two_counts_is_the_size_of_the_turn_between_them():
    counted = window(limit_tokens=1_000, keep_percent=60)
    counted.count(100)  # the head
    for number, prompt_tokens in enumerate([400, 700, 1_001]):
        counted.add(turn(number))
        counted.count(prompt_tokens)
    assert counted.is_full
    counted.trim()  # 1,001 is too much; 600 may stay: without turn 0 it is 701, without 1 it is 401
    assert numbers(counted) == [2]
    assert 401 <= counted.tokens <= 401 + len(DROPPED_NOTE)


def test_nothing_is_dropped_before_the_window_is_full():
    full = window()
    full.add(turn(0))
    full.add(turn(1))
    full.count(1_000)
    assert not full.is_full
    assert full.messages == [*HEAD, *turn(0), *turn(1)]


def test_trimming_drops_whole_turns_oldest_first_and_says_so_once_after_the_brief():
    full = window()
    full.count(20)
    for number in range(12):
        full.add(turn(number))
        full.count(20 + 100 * (number + 1))
    assert full.surplus() == 14
    assert full.trim()
    assert full.dropped == 14  # 1,220 - 7 turns = 520 (with 6, 620 would be left)
    assert numbers(full) == [7, 8, 9, 10, 11]
    assert full.messages[0] == HEAD[0]
    assert full.messages[1] == {"role": "user", "content": f"opening\n\n{DROPPED_NOTE}"}
    full.trim()
    assert full.messages[1]["content"].count(DROPPED_NOTE) == 1


def test_the_newest_turn_always_stays():
    full = window()
    full.add(turn(0))
    full.add(turn(1, size=9_000))
    assert full.trim()
    assert numbers(full) == [1]
    assert not full.trim()
    assert full.surplus() == 0


# --- clearing ----------------------------------------------------------------------------------


def shown_results(shown):
    return [message["content"][:9] for message in shown.messages[3::2]]


def test_clearing_takes_the_oldest_answers_first_and_leaves_their_calls():
    full = window(limit_tokens=1_000, keep_percent=80, clears=True)
    full.count(20)
    fill(full, 10)  # 1,020 tokens; clearing a turn frees some 80 of its 100
    assert full.trim()
    # 800 may stay: three turns cleared leave some 780, two some 860
    assert (full.cleared, full.dropped) == (3, 0)
    assert numbers(full) == list(range(10))
    assert [one["content"] for one in full.messages[3:9:2]] == [CLEARED_MARK] * 3
    assert full.messages[9] == turn(3, 400)[1]
    assert full.messages[1] == HEAD[1]


def test_what_clearing_frees_is_that_share_of_the_turns_tokens():
    full = window(limit_tokens=1_000, keep_percent=90, clears=True)
    full.count(20)
    fill(full, 10)
    full.trim()
    before, after = tokens(turn(0, 400)), tokens([turn(0)[0], PROTOCOL.cleared(turn(0, 400)[1])])
    freed = 100 * (before - after) // before
    assert full.tokens == 1_020 - 2 * freed


def test_the_newest_turns_that_make_up_half_of_what_is_kept_stay_whole_and_the_oldest_go():
    full = window(limit_tokens=1_000, keep_percent=62, clears=True)
    full.count(20)  # the head
    fill(full, 10)
    full.trim()
    # 620 may stay, 600 of them turns, and 300 whole: the newest 3; clearing another frees some 80
    assert (full.dropped, full.cleared) == (0, 5)
    fill(full, 6, first=10)
    full.trim()
    # the newest 3 of now 16 are whole; 13 others take some 260: there is no need to drop any
    assert full.dropped == 0
    assert shown_results(full)[-4:] == [CLEARED_MARK[:9], "result 13", "result 14", "result 15"]


def test_turns_go_as_a_whole_when_clearing_is_not_enough():
    full = window(limit_tokens=1_000, keep_percent=30, clears=True)
    full.count(20)
    fill(full, 30, tokens_each=34, size=100)
    full.trim()
    assert full.tokens <= 300 + len(DROPPED_NOTE) // 4
    assert full.cleared == len(numbers(full)) - 4  # 140 tokens for whole turns of 34
    assert full.dropped == 2 * (30 - len(numbers(full))) > 0
    assert full.messages[1]["content"].endswith(DROPPED_NOTE)


def test_a_large_brief_leaves_fewer_turns_whole_and_does_not_make_turns_go():
    full = window(limit_tokens=1_000, keep_percent=90, clears=True)
    full.count(600)
    fill(full, 5)  # 1,100; 900 may stay, 300 of them turns, and 150 whole: the newest alone
    full.trim()
    assert (full.dropped, full.cleared) == (0, 3)


def test_the_newest_answer_is_never_cleared():
    full = window(clears=True)
    full.add(turn(0, size=400))
    full.add(turn(1, size=9_000))
    full.trim()
    assert shown_results(full)[-1] == "result 1 "


def test_an_answer_as_short_as_the_mark_stays():
    full = window(keep_percent=10, clears=True)
    full.count(900)
    fill(full, 3, size=0)
    full.clear(2)
    assert full.cleared == 2
    assert full.messages[2:] == [*turn(0, 0), *turn(1, 0), *turn(2, 0)]


# --- summaries ---------------------------------------------------------------------------------


def test_a_summary_stands_after_the_opening_in_place_of_the_earlier_one():
    shown = window()
    fill(shown, 3)
    shown.summarise("One day.")
    shown.drop(2)
    shown.summarise("Two days.")
    shown.drop(2)
    note = f"opening\n\n{SUMMARY_NOTE}\nTwo days."
    assert shown.messages == [HEAD[0], {"role": "user", "content": note}, *turn(2, 400)]


def test_trimming_leaves_room_for_a_summary_that_is_not_written_yet():
    full = window(limit_tokens=1_000, keep_percent=60, reserve_tokens=150)
    full.count(20)
    fill(full, 10)
    assert full.surplus() == 12  # 1,020 - 6 turns = 420; 450 may stay
    full.summarise("x" * 600)
    full.drop(12)
    assert full.tokens <= 600
    fill(full, 5, first=10)
    assert full.surplus() == 2 * 5  # 600 may stay now, with the summary in it


# --- what all policies keep to -----------------------------------------------------------------

POLICIES = ["drop", "clear", "summary"]


def of_policy(policy, **options):
    reserve = 60 if policy == "summary" else 0
    return window(clears=policy == "clear", reserve_tokens=reserve, **options)


def trim(shown, policy, text="x" * 240):
    """Do what an agent does; return what it records."""
    if policy == "summary":
        going = shown.surplus()
        shown.summarise(text)
        shown.drop(going)
    else:
        shown.trim()


@pytest.mark.parametrize("policy", POLICIES)
def test_between_trims_the_conversation_only_grows_at_its_end(policy):
    growing = of_policy(policy, limit_tokens=2_000)
    rebuilt = 0
    before = orjson.dumps(growing.messages)[:-1]
    for number in range(300):
        growing.add(turn(number, size=200))
        if growing.is_full:
            trim(growing, policy)
        after = orjson.dumps(growing.messages)[:-1]
        rebuilt += not after.startswith(before)
        before = after
    # a turn is some 72 tokens: 27 fill the window, and a trim makes room for 12 more
    assert rebuilt == 1 + (300 - 27) // 12


@pytest.mark.parametrize("policy", POLICIES)
def test_the_window_holds_no_more_in_turn_3000_than_in_turn_300(policy):
    sizes = []
    growing = of_policy(policy, limit_tokens=2_000)
    for number in range(3_000):
        growing.add(turn(number, size=200))
        if growing.is_full:
            trim(growing, policy)
        sizes.append(len(orjson.dumps(growing.messages)))
    assert max(sizes[2_700:]) <= max(sizes[:300]) + 100
    assert growing.tokens <= 2_000


@pytest.mark.parametrize("policy", POLICIES)
def test_the_bytes_that_are_measured_in_a_turn_do_not_grow_with_the_episode(policy, monkeypatch):
    measured = [0]
    write = orjson.dumps

    def counting(value):
        written = write(value)
        measured[-1] += len(written)
        return written

    monkeypatch.setattr(context.orjson, "dumps", counting)
    growing = of_policy(policy, limit_tokens=2_000)
    for number in range(3_000):
        measured.append(0)
        growing.add(turn(number, size=200))
        if growing.is_full:
            trim(growing, policy)
    turn_bytes = len(write(turn(1_000, size=200)))
    assert max(measured) <= 2_000 * 4  # a trim measures no more than a window
    assert sum(measured[2_000:]) <= 1_000 * 2 * turn_bytes  # each message once, or twice if cleared
    assert sum(measured[2_000:]) <= 1.1 * sum(measured[1_000:2_000])


@given(
    st.sampled_from(POLICIES),
    st.lists(
        st.tuples(
            st.integers(0, 3_000), st.none() | st.integers(0, 5_000), st.integers(0, 2), st.text()
        ),
        max_size=60,
    ),
)
def test_trimming_as_recorded_leaves_what_trimming_left(policy, turns):
    lived, recalled = of_policy(policy), of_policy(policy)
    for number, (size, counted, trims, text) in enumerate(turns):
        lived.add(turn(number, size))
        recalled.add(turn(number, size))
        dropped = lived.dropped
        for _ in range(trims):
            trim(lived, policy, text)
        if trims and policy == "summary":
            recalled.summarise(text)
        recalled.drop(lived.dropped - dropped)
        recalled.clear(lived.cleared)
        if counted is not None:
            lived.count(counted)
            recalled.count(counted)
        assert recalled.messages == lived.messages
        assert (recalled.tokens, recalled.cleared) == (lived.tokens, lived.cleared)


def test_a_short_text_is_not_cut():
    assert cut("abc", 3) == "abc"


def test_a_long_text_is_cut_with_a_mark_within_the_limit():
    text = cut("x" * 200, 100)
    assert len(text) == 100
    assert text.endswith("x\n" + CUT_MARK)
