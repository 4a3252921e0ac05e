"""What an agent may say and what a provider may send can be exported, whatever it is."""

import pytest

from tenure.scoring.export import TARGETS
from tenure.scoring.records import read
from tests.scoring.episodes import BREW, SLEEP, play

EXCHANGES = [
    {
        "message": 5,
        "model": 7,
        "usage": "x",
        "cost_usd": "free",
        "latency_ms": "long",
        "finish": [],
    },
    {"message": {"content": [{"type": "text"}]}, "usage": {"input_tokens": -1}, "cost_usd": -1},
    {"message": None, "model": "", "latency_ms": -5, "usage": {"input_tokens": 2**62}},
    {},
]
ACTIONS = [
    "",
    "\x00\x1b[2J\u202e\ud800",
    '{"name":"","arguments":null}',
    '{"name":"make_pitchers","arguments":{"count":1e300,"\\u0000":[]}}',
    '{"name":"x","arguments":' + "[" * 900 + "]" * 900 + "}",
    BREW,
    SLEEP,
]


HEAVY = {"inspect": pytest.mark.frameworks}


@pytest.mark.parametrize("name", [pytest.param(one, marks=HEAVY.get(one, ())) for one in TARGETS])
def test_any_record_can_be_exported(tmp_path, name):
    target = TARGETS[name]
    if target.package:
        pytest.importorskip(target.package, reason=f"needs the extra `{target.extra}`")
    exchanges = [EXCHANGES[n % len(EXCHANGES)] for n in range(len(ACTIONS))]
    episode = read(play(tmp_path / "e.jsonl.zst", ACTIONS, exchanges=exchanges))
    target.writer()([episode], tmp_path / "out.eval")
    assert (tmp_path / "out.eval").stat().st_size > 0
