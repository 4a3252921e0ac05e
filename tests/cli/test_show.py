"""`tenure show`: an episode as a person reads it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.cli import main
from tests.cli.tenure_command import start
from tests.scoring.episodes import BREW, SLEEP, play
from tests.scoring.reported import reseal
from tests.view.served import conversation

EXCHANGE = {
    "message": {"role": "assistant", "content": "I need cups."},
    "model": "small-1",
    "usage": {"input_tokens": 1200, "cached_tokens": 0, "output_tokens": 30, "reasoning_tokens": 0},
    "cost_usd": 0.0012,
    "latency_ms": 1500,
    "finish": "stop",
}
ACTIONS = [BREW, SLEEP, "what?", SLEEP, BREW.replace("1", "20"), SLEEP, SLEEP, SLEEP]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return play(
        tmp_path_factory.mktemp("shown") / "e.jsonl.zst", ACTIONS, exchanges=[EXCHANGE] + [None] * 7
    )


@pytest.fixture
def episode(tmp_path):
    return play(tmp_path / "e.jsonl.zst", ACTIONS, exchanges=[EXCHANGE] + [None] * 7)


@pytest.fixture(scope="module")
def contest(tmp_path_factory):
    """The first twelve steps of a match of two."""
    folder = tmp_path_factory.mktemp("contest") / "run"
    agents = ("--agent", "naive", "--agent", "best")
    words = ("run", "vending-arena/week", *agents, "--max-steps", "12", "--quiet")
    assert main([*words, "--out", str(folder)]) == 0
    return folder / "episodes" / "seed-1" / "rotation-0.jsonl.zst"


def steps_of(out):
    return [int(line[1:].split()[0]) for line in out.splitlines() if line.startswith("#")]


class TestPage:
    def test_it_has_a_head_days_steps_and_an_end(self, tenure, episode):
        code, out, err = tenure("show", episode)
        assert (code, err) == (0, "")
        assert out.splitlines()[:32] == [
            "lemonade/week, version 1, seed 1, recorded with Tenure 0.1.0",
            "agent fixed",
            "cash $11.00 (floor $10.00, bound $17.75), horizon after 8 steps",
            "",
            "=== Day 1, cash $10.00",
            "",
            "08:00 reads first",
            "    The stand opens. A pitcher costs $1.00 and fills four cups.",
            "    [day 1]",
            "",
            "#0 08:00  make_pitchers(count=1)",
            "    said: I need cups.",
            "    4 cups are ready.",
            "    [day 1]",
            "    changed: cash $10.00 -> $9.00; cups 0 -> 4",
            "    model: small-1, 1,200 read, 0 of them cached, 30 written, $0.0012, 1.5 s",
            "",
            "#1 08:30  close_for_today()",
            "    Sold 3 cups.",
            "    [day 2]",
            "    changed: cash $9.00 -> $10.50; cups 4 -> 1",
            "    event: day day=0, sold=3",
            "",
            "=== Day 2, cash $10.50",
            "",
            "#2 00:00  what?",
            '    Error: No tool was called. Call one tool: {"name": "<tool>", "arguments": {...}}.',
            "    [day 2]",
            "    fault: malformed",
            "",
            "#3 00:05  close_for_today()",
            "    Sold 1 cups.",
        ]
        assert out.endswith("\n=== The end: horizon after 8 steps, day 6 00:00\n")

    def test_an_unfinished_episode_is_shown_as_far_as_it_goes(self, tenure, tmp_path):
        path = play(tmp_path / "e.jsonl.zst", [BREW, SLEEP], finish=False)
        _, out, _ = tenure("show", path)
        assert (
            "without an end after 2 steps (still unfinished, or cut off); "
            "cash (floor $10.00, bound $17.75)" in out
        )
        assert out.endswith("\n=== The record stops here\n")

    def test_an_episode_without_steps_shows_what_there_was_to_read(self, tenure, tmp_path):
        _, out, _ = tenure("show", play(tmp_path / "e.jsonl.zst", [], finish=False))
        assert "The stand opens." in out

    def test_an_answer_stands_with_its_call_though_others_acted_in_between(self, tenure, contest):
        _, out, _ = tenure("show", contest, "--seat", "seat_1", "--to", 1)
        assert "#0 08:00 seat_1  check_machine()\n    A1: " in out
        _, out, _ = tenure("show", contest)
        assert "\n08:00 seat_1 reads first\n    Your first day." in out
        assert "\n08:00 seat_2 reads first\n    Your first day." in out
        assert "\n  seat_1: " in out.partition("===")[0]

    def test_a_step_limit_is_called_one(self, tenure, contest):
        _, out, _ = tenure("show", contest, "--seat", "seat_2")
        assert "=== The end: step limit after 12 steps, day 8 00:00\n" in out
        assert "08:00 seat_2 reads first" in out
        assert "seat_1 reads first" not in out

    def test_lines_are_as_wide_as_the_terminal(self, tenure, episode, monkeypatch):
        monkeypatch.setenv("COLUMNS", "50")
        _, out, _ = tenure("show", episode)
        page = out.partition("===")[2]
        assert max(map(len, page.splitlines())) <= 50
        assert '    Error: No tool was called. Call one tool:\n      {"name": "<tool>",' in page

    def test_long_texts_and_many_events_are_cut_unless_all_is_wanted(self, tenure, episode):
        text = "\n".join(f"line {n}" for n in range(40))
        events = [{"kind": "drop", "size": n} for n in range(9)]
        reseal(episode, lambda records: records[2].update(text=text, events=events))
        _, out, _ = tenure("show", episode, "--from", 1, "--to", 1)
        assert "    line 11\n    [27 lines more]\n    line 39\n" in out
        assert "    event: drop size=2\n    events: 6 more\n" in out
        _, out, _ = tenure("show", episode, "--from", 1, "--to", 1, "--full")
        assert all(f"\n    line {n}\n" in out for n in range(40))
        assert "    event: drop size=8\n" in out

    def test_what_a_model_thought_said_and_summed_up_is_shown_whatever_its_api(
        self, tenure, episode
    ):
        thinking = {"type": "thinking", "thinking": "Cups first. " * 60, "signature": "c2ln"}
        message = {"role": "assistant", "content": [thinking, {"type": "text", "text": "Cups!"}]}
        summaries = [{"text": "I ran out of cups."}, {"text": "", "error": "too long"}]
        exchange = {"message": message, "summaries": summaries}
        reseal(episode, lambda records: records[2].update(exchange=exchange))
        _, out, _ = tenure("show", episode, "--from", 1, "--to", 1)
        page = out.partition("#1")[2]
        assert "\n    summed up: I ran out of cups.\n    thought: Cups first. Cups" in page
        assert "... [219 characters more]\n    said: Cups!\n    Sold 3 cups.\n" in page
        _, out, _ = tenure("show", episode, "--grep", "RAN OUT", "--json")
        (step,) = map(json.loads, out.splitlines())
        assert (step["n"], step["said"], step["thought"][:12]) == (1, "Cups!", "Cups first. ")

    @pytest.mark.parametrize(
        "exchange",
        [{"message": [1]}, {"message": 7}, {"usage": []}, {"summaries": [{"text": 1}, 2]}, {}],
    )
    def test_any_exchange_can_be_shown(self, tenure, episode, exchange):
        reseal(episode, lambda records: records[2].update(exchange=exchange))
        code, out, _ = tenure("show", episode)
        assert code == 0
        assert "#1 08:30  close_for_today()\n    Sold 3 cups." in out

    @pytest.mark.parametrize(
        "action",
        ['{"arguments":{}}', '{"name":"x","arguments":{"a":' + "[" * 1000 + "]" * 1000 + "}}"],
    )
    def test_any_action_can_be_shown(self, tenure, episode, action):
        reseal(episode, lambda records: records[2].update(action=action))
        code, out, _ = tenure("show", episode)
        assert code == 0
        assert f"#1 08:30  {action[:50]}" in out

    def test_hostile_text_cannot_steer_the_terminal(self, tenure, episode):
        hostile = "\x1b[2Jgone\u202e\x9b\x7f"
        reseal(episode, lambda records: records[2].update(text=hostile, action=hostile))
        for words in ((), ("--json",)):
            _, out, _ = tenure("show", episode, *words)
            assert not set(hostile) - set("[2Jgone") & set(out)

    def test_a_reader_that_stops_reading_is_no_error(self, episode):
        with start("show", episode) as running:
            running.stdout.close()
            assert running.stderr.read() == ""
        assert running.returncode == 0


class TestFilters:
    @pytest.mark.parametrize(
        ("words", "steps"),
        [
            ((), [0, 1, 2, 3, 4, 5, 6, 7]),
            (("--day", 1), [0, 1]),
            (("--days", "2..3"), [2, 3, 4, 5]),
            (("--from", 6), [6, 7]),
            (("--to", 1), [0, 1]),
            (("--tool", "make_pitchers"), [0, 4]),
            (("--fault", "refused"), [4]),
            (("--events", "day"), [1, 3, 5, 6, 7]),
            (("--grep", "NEED CUPS"), [0]),
            (("--grep", "sold 0"), [5, 6, 7]),
            (("--days", "2..9", "--tool", "make_pitchers"), [4]),
        ],
    )
    def test_a_filter_keeps_what_it_says_and_filters_add_up(self, tenure, episode, words, steps):
        code, out, _ = tenure("show", episode, *words)
        assert code == 0
        assert steps_of(out) == steps
        _, lines, _ = tenure("show", episode, "--json", *words)
        assert [json.loads(line)["n"] for line in lines.splitlines()] == steps

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.dictionaries(
            st.sampled_from(["--tool", "--fault", "--events", "--grep", "--from", "--to", "--day"]),
            st.integers(0, 7),
            max_size=4,
        )
    )
    def test_filters_together_keep_what_each_of_them_keeps(self, capsys, shared, chosen):
        values = {
            "--tool": ["make_pitchers", "close_for_today"],
            "--fault": ["malformed", "refused"],
            "--events": ["day"],
            "--grep": ["cups", "sold", "[day 3]"],
            "--from": ["0", "3", "7"],
            "--to": ["7"],
            "--day": ["1", "2", "3"],
        }
        words = [(name, values[name][pick % len(values[name])]) for name, pick in chosen.items()]

        def kept(*pairs):
            assert (
                main(["show", str(shared), "--json", *(word for pair in pairs for word in pair)])
                == 0
            )
            return [json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()]

        each = [set(kept(pair)) for pair in words]
        assert kept(*words) == sorted(set(range(8)).intersection(*each))

    def test_a_json_line_is_the_record_and_what_one_would_look_up(self, tenure, episode):
        reseal(episode, lambda records: records[1].update(mood="sunny"))
        _, out, _ = tenure("show", episode, "--json")
        first, second, third, *_ = map(json.loads, out.splitlines())
        assert (first["day"], first["began"]) == (1, 480)
        assert (first["tool"], first["arguments"]) == ("make_pitchers", {"count": 1})
        assert first["answer"] == first["text"] == "4 cups are ready.\n[day 1]"
        assert first["opening"].startswith("The stand opens.")
        assert first["mood"] == "sunny"
        assert first["exchange"] == EXCHANGE
        assert second["opening"] is None
        assert (third["tool"], third["action"], third["fault"]) == (None, "what?", "malformed")

    @pytest.mark.parametrize(
        ("words", "hint"),
        [
            (("--tool", "make_pitcher"), "no tool 'make_pitcher'. Did you mean 'make_pitchers'?"),
            (("--events", "night"), "no event 'night'. Known: day."),
            (("--seat", "lead"), "no seat 'lead'. Known: none."),
        ],
    )
    def test_a_name_that_the_episode_does_not_have_is_said_so(self, tenure, episode, words, hint):
        code, out, err = tenure("show", episode, *words)
        assert code == 0
        assert steps_of(out) == []
        assert err == f"No step of 8 matches. The episode has {hint}\n"

    def test_nothing_found_is_said_so(self, tenure, episode):
        assert tenure("show", episode, "--grep", "zebra", "--json") == (
            0,
            "",
            "No step of 8 matches.\n",
        )

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (("--from", 10, "--to", 4), "No step is shown: --to 4 comes before --from 10."),
            (("--from", 5000), "There is no step 5000 to show from: the episode has steps 0 to 7."),
            (("--days", "20..10"), "Argument --days: '20..10' is not a span of days such as 10.."),
            (("--day", 0), "Argument --day: '0' is not a whole number of 1 or more."),
            (("--day", 1, "--days", "1..2"), "Argument --days: not allowed with argument --day."),
            (("--fault", "refuse"), "Argument --fault: No 'refuse'. Did you mean 'refused'?"),
        ],
    )
    def test_a_filter_that_cannot_be_is_said_so(self, tenure, episode, words, sentence):
        code, out, err = tenure("show", episode, *words)
        assert (code, out) == (2, "")
        assert sentence in err


def test_what_a_model_was_asked_is_printed_as_json(tenure, tmp_path):
    path, sent = conversation(tmp_path)
    for n in (0, len(sent) - 1):
        code, out, _ = tenure("show", path, "--request", n)
        assert code == 0
        assert json.loads(out) == json.loads(sent[n])
        assert out.isascii()


def test_a_request_is_not_filtered_and_nobody_is_asked_who_is_no_model(tenure, episode):
    for options, problem in (
        (["--request", 0], "is no model that a run asks"),
        (["--request", 0, "--day", 1], "--request names its step itself"),
    ):
        code, out, err = tenure("show", episode, *options)
        assert (code, out) == (2, "")
        assert problem in err


def test_a_run_with_one_episode_can_be_named_by_its_folder_and_one_with_two_names_them(
    tenure, tmp_path
):
    words = ("run", "vending/week", "--agent", "null", "--quiet", "--out")
    one, two = tmp_path / "one", tmp_path / "two"
    assert tenure(*words, one)[0] == tenure(*words, two, "--episodes", 2)[0] == 0
    file = one / "episodes/null/seed-1.jsonl.zst"
    assert tenure("show", one, "--day", 2) == tenure("show", file, "--day", 2)
    code, _, err = tenure("show", two)
    assert (code, f"{two} holds 2 episodes; name one of them: " in err) == (2, True)


def test_no_folder_is_shown_that_is_no_run(tenure, tmp_path):
    code, _, err = tenure("show", tmp_path)
    assert (code, "run.json" in err) == (2, True)
    missing = tmp_path / "x"
    assert tenure("show", missing) == (2, "", f"tenure: There is no {missing}.\n")
