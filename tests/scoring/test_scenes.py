"""An episode as a reader follows it."""

from tenure.scoring.records import Episode, read
from tenure.scoring.scenes import Call, call_of, scenes
from tests.scoring.episodes import BREW, SLEEP, play


def test_a_scene_has_what_a_step_began_with_and_what_it_led_to(tmp_path):
    first, second = list(scenes(read(play(tmp_path / "e.jsonl.zst", [BREW, SLEEP]))))
    assert (first.step["n"], first.began) == (0, 480)
    assert first.opening.startswith("The stand opens.")
    assert first.call == Call("make_pitchers", {"count": 1})
    assert first.answer == "4 cups are ready.\n[day 1]"
    assert first.changes == {"cash_cents": (1000, 900), "cups": (0, 4)}
    assert (second.began, second.day, second.opening) == (510, 1, "")
    assert second.changes == {"cash_cents": (900, 1050), "cups": (4, 1)}
    assert second.figures == {"cash_cents": 1050, "cups": 1}


def test_an_answer_is_what_the_same_seat_reads_before_it_acts_again():
    def step(n, seat, text):
        who = {"seat": seat} if seat else {}
        return {"type": "step", "n": n, **who, "action": BREW, "text": text, "minute": n}

    told = [("", "to a"), ("a", "to b"), ("b", "to the first"), ("", "to a again"), ("a", "last")]
    header = {"opening": "to the first, first", "minute": 0, "figures": [], "measured": []}
    steps = [step(n, seat, text) for n, (seat, text) in enumerate(told)]
    found = list(scenes(Episode(header, steps, None, "")))
    assert [one.opening for one in found] == ["to the first, first", "to a", "to b", "", ""]
    assert [one.answer for one in found] == ["to the first", "to a again", None, None, "last"]


def test_a_call_is_what_has_a_name_whether_or_not_such_a_tool_exists():
    def called(action, **fault):
        return call_of({"action": action, **fault})

    assert called('{"name":"fly"}', fault="unknown_tool") == Call("fly", {})
    assert called('{"name":"fly","arguments":[1]}').text == "fly([1])"
    assert called(BREW).text == "make_pitchers(count=1)"
    assert called(BREW).to_json() == BREW
    for action in (
        "no call",
        "[]",
        "7",
        '{"arguments":{}}',
        f'{{"name":"x","arguments":{"[" * 900}',
    ):
        assert called(action) is None
    deep = '{"name":"x","arguments":' + "[" * 900 + "]" * 900 + "}"
    assert called(deep) is None
    assert called('{"name":"x","arguments":{},"more":1}', fault="malformed") is None
