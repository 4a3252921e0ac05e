"""Real runs of the toy job, for the tests of report and leaderboard."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from zstandard import ZstdCompressor, ZstdDecompressor

import tests.lemonade  # noqa: F401  registers the toy job
from tenure.envs.jobs import Briefing
from tenure.envs.world import Step
from tenure.scenarios import Limits, Scenario, references
from tenure.scoring.manifest import Manifest
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import FIRST_HASH, SEAL_MAGIC, seal

STAND = Scenario(
    id="lemonade/week",
    version=1,
    title="A week at the stand",
    brief="Sell lemonade for {horizon_days} days.",
    parameters={"horizon_days": 7},
    limits=Limits(steps=40),
)
TWO = ({"name": "idle"}, {"name": "two-a-day"})


def play(run_dir: Path, manifest: Manifest, label: str, seed: int, **options: Any) -> Path:
    """Play a planned episode; `stop` ends it unfinished, `exchange` is said at every step."""
    scenario = manifest.scenario
    world = scenario.make_world(seed)
    start = Briefing(scenario.briefing, world.opening(), world.toolbox, seed=0)
    policy = scenario.job.policies[options.get("policy") or manifest.agent(label)["name"]](start)
    attempt = options.get("attempt", 0)
    path = run_dir / manifest.episode_path(label, seed, attempt)
    known = references(scenario, seed)
    first = header(scenario, seed, manifest.agent(label), attempt, world, known)
    with Recorder(path, first) as recorder:
        call = next(policy)
        for _ in range(options.get("stop", scenario.limits.steps)):
            done: Step = world.step(call.to_json())
            recorder.step(world, call.to_json(), options.get("exchange"), done)
            if done.ended:
                break
            call = policy.send(done.text)
        if "stop" not in options:
            recorder.end(world, world.ended or "steps")
    return path


def run(
    folder: Path,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    agents: Sequence[Mapping[str, Any]] = TWO,
    scenario: Scenario = STAND,
) -> Manifest:
    """Play a whole run."""
    manifest = Manifest(
        scenario=scenario, agents=[dict(agent) for agent in agents], seeds=list(seeds)
    )
    manifest.write(folder)
    for label, seed, _ in manifest.planned():
        play(folder, manifest, label, seed, policy=manifest.agent(label).get("policy"))
    return manifest


def reseal(path: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the records of an episode and seal them anew, as a careful forger would."""
    unpacked = ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    records = [orjson.loads(line) for line in unpacked.splitlines()]
    edit(records)
    head, lines = FIRST_HASH, []
    for record in records:
        record.pop("hash")
        line, head = seal(head, record)
        lines.append(line)
    frame = ZstdCompressor().compress(b"".join(lines))
    path.write_bytes(frame + SEAL_MAGIC + sha256(frame).digest())
