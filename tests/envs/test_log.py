from dataclasses import dataclass

from pydantic import TypeAdapter

from tenure.envs.log import Log


@dataclass
class Note:
    text: str


def test_equal_histories_have_equal_chains_and_others_do_not():
    assert Log(["a", "b"]).chain == Log(["a", "b"]).chain
    assert Log(["a", "b"]).chain != Log(["b", "a"]).chain
    assert Log(["ab"]).chain != Log(["a", "b"]).chain


def test_a_log_comes_back_from_json_with_its_chain():
    log = Log([Note("buy tea"), Note("sell tea")])
    again = TypeAdapter(Log[Note]).validate_json('[{"text": "buy tea"}, {"text": "sell tea"}]')
    assert again.chain == log.chain
    assert list(again) == list(log)


def test_the_newest_entries_are_given_oldest_first():
    log = Log(range(5))
    assert log.last(2) == [3, 4]
    assert log.last(0) == []
    assert log.last(99) == [0, 1, 2, 3, 4]
    assert (len(log), log[-1]) == (5, 4)
