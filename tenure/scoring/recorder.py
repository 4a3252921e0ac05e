"""The recorder: writes what happens, as it happens, so that a kill loses nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zstandard

from tenure import __version__
from tenure.envs.clock import day_of
from tenure.envs.world import Step, World
from tenure.errors import UsageError
from tenure.scenarios import References, Scenario
from tenure.scoring.records import FIRST_HASH, FORMAT, MINOR, SEAL_MAGIC, VERSION, seal

_FRAME_HEAD = bytes.fromhex("28b52ffd0038")
"""Begins a zstd frame (RFC 8878) with a window of 128 KiB, without length and checksum."""
_MOST_BLOCK_BYTES = 2**17
_LOOSE_BYTES = 2**20
"""How many bytes of lines stand in a file as they are before it is packed for the first time."""
_PACKED_LEVEL = 1
_COMPACT_LEVEL = 9
_RECORDS_A_BLOCK = 8
"""How many records a damaged byte can make unreadable, in a finished file."""
_FLUSH = zstandard.COMPRESSOBJ_FLUSH_BLOCK
_SURROGATE = re.compile("[\ud800-\udfff]")


def header(  # noqa: PLR0917  the six facts of an episode, in the order of the record
    scenario: Scenario,
    seed: int,
    agent: Mapping[str, Any],
    attempt: int,
    world: World[Any],
    references: References,
    voice: Mapping[str, Any] | None = None,
    parent: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the header of an episode.

    Args:
        scenario: What is played.
        seed: The world's seed.
        agent: The agent's specification, with at least its `name`.
        attempt: 0-based number of the attempt on this seed.
        world: The world before its first step.
        references: The scores that are normalised to 0 and 1 on this seed.
        voice: The specification of the model that words what counterparts say, if one does.
        parent: Of a fork, where it comes from.
    """
    return {
        "type": "episode",
        "format": FORMAT,
        "version": VERSION,
        **({"minor": MINOR} if parent else {}),  # a record without says nothing that 1.0 does not
        "tenure": __version__,
        "scenario": scenario.model_dump(mode="json"),
        "seed": seed,
        "agent": dict(agent),
        **({"voice": dict(voice)} if voice else {}),
        "attempt": attempt,
        **({"parent": dict(parent)} if parent else {}),
        "references": references._asdict(),
        "score": world.score,
        **({"luck": world.luck} if world.luck else {}),
        "tools": world.toolbox.digest,
        "figures": [
            {"name": figure.name, "meaning": figure.meaning, "hidden": figure.hidden}
            for figure in world.figures
        ],
        "measured": list(world.measured),
        "minute": world.state.now_minutes,
        "opening": world.opening(),
        "digest": world.digest(),
    }


class Narrator:
    """Turns what happens in a world into records; recording and replay both go through it.

    Args:
        header: The episode's header.
    """

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._names = tuple(figure["name"] for figure in header["figures"])
        self._measured = tuple(header["measured"])
        self._day = day_of(header["minute"])
        self.steps = 0

    def step(
        self, world: World[Any], action: str, exchange: Mapping[str, Any] | None, step: Step
    ) -> dict[str, Any]:
        """Return the record of a step that the world has just taken."""
        record = self._given(action, step)
        record["text"] = step.text
        record["minute"] = step.minute
        if step.fault:
            record["fault"] = step.fault.value
        if step.reward:
            record["reward"] = step.reward
        if step.figures != self._measured:
            record["figures"] = self._changed(step.figures)
        if step.events:
            record["events"] = step.events
        if step.ended:
            record["ended"] = step.ended
        day = day_of(step.minute)
        if day != self._day or step.ended:
            record["digest"] = world.digest()
        if exchange is not None:
            record["exchange"] = exchange
        self._day = day
        self.steps += 1
        return record

    def end(self, world: World[Any], reason: str) -> dict[str, Any]:
        """Return the last record; the world is first brought to its own end if it has not come."""
        record: dict[str, Any] = {"type": "end", "steps": self.steps, "reason": reason}
        if events := world.run_out():
            record["events"] = events
        return record | {
            "minute": world.state.now_minutes,
            "measured": list(world.measured),
            "digest": world.digest(),
        }

    def _given(self, action: str, step: Step) -> dict[str, Any]:
        """Begin a record with what went into the step."""
        record: dict[str, Any] = {"type": "step", "n": self.steps}
        if step.seat:
            record["seat"] = step.seat
        record["action"] = action
        if not action.isascii() and (lone := _SURROGATE.search(action)):
            record |= _without_surrogates(action, lone.start())
        if step.outside:
            record["outside"] = step.outside
        return record

    def _changed(self, figures: tuple[int, ...]) -> dict[str, int]:
        before, self._measured = self._measured, figures
        return {
            name: new
            for name, new, old in zip(self._names, figures, before, strict=True)
            if new != old
        }


class Recorder:
    """Writes one trajectory file; a context manager that closes it.

    Each record is on its way to the disk when the call returns: a killed process loses none. It is
    stored as it is, since a compressor that waits for the next one holds 70 KiB and more, for each
    of a thousand episodes at once. Whenever a file has doubled it is packed, and the last record
    makes it compact.

    Args:
        path: The new file; its folder is made if need be.
        header: The episode's header, written at once.

    Raises:
        UsageError: If the file exists already: a record is never overwritten.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        self.head = FIRST_HASH
        self._narrator = Narrator(header)
        self._packed_bytes = self._loose_bytes = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._file = path.open("x+b", buffering=0)
        except FileExistsError:
            raise UsageError(f"{path} exists already, and a record is never overwritten.") from None
        self._append(_FRAME_HEAD)
        self._write(header)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def step(
        self, world: World[Any], action: str, exchange: Mapping[str, Any] | None, step: Step
    ) -> dict[str, Any]:
        """Write what one action led to, and return it, without the hash.

        Args:
            world: The world after the step.
            action: What the agent said, as given to `world.step`.
            exchange: What passed between agent and model, JSON-able and recorded as it is; `None`
                for agents without a model.
            step: What `world.step` returned.

        Raises:
            TypeError: If the exchange is not JSON-able, which is a bug of the agent's author.
        """
        record = self._narrator.step(world, action, exchange, step)
        self._write(record)
        return record

    def end(self, world: World[Any], reason: str) -> None:
        """Write the last record, in a compact and sealed file that takes this one's place at once.

        Args:
            world: The world after its last step.
            reason: The world's own reason, or the scenario's limit that was reached. Then
                time runs on to the world's end with nobody at work, and that is what is scored.
        """
        line, self.head = seal(self.head, self._narrator.end(world, reason))
        self._replace(compact(self._lines() + line)).close()

    def take_place_of(self, path: Path) -> None:
        """Become `path` in one atomic move, while staying open; used when a run resumes."""
        os.replace(self.path, path)  # noqa: PTH105  atomic, and said so
        self.path = path

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()

    def _write(self, record: Mapping[str, Any]) -> None:
        line, self.head = seal(self.head, record)
        self._append(_stored(line))
        self._loose_bytes += len(line)
        if self._loose_bytes > max(_LOOSE_BYTES, self._packed_bytes):
            self._pack()

    def _pack(self) -> None:
        """Compress what stands in the file so far, in a file that takes its place at once.

        As each is twice as long as the last, all of them take no more than twice the last one.
        """
        lines = self._lines()
        packed = self._replace(_packed(lines))
        self._file.close()
        self._file = packed
        self._packed_bytes, self._loose_bytes = len(lines), 0

    def _lines(self) -> bytes:
        self._file.seek(0)
        return zstandard.ZstdDecompressor().decompressobj().decompress(self._file.read())

    def _replace(self, content: bytes) -> FileIO:
        """Put other bytes in the file's place at once; returns the new file, at its end."""
        whole = self.path.with_name(f"{self.path.name}.whole")
        file = whole.open("w+b", buffering=0)
        try:
            _write_all(file, content)
            os.replace(whole, self.path)  # noqa: PTH105  atomic, and said so
        except BaseException:
            file.close()
            raise
        return file

    def _append(self, stored: bytes) -> None:
        _write_all(self._file, stored)


def _write_all(file: FileIO, content: bytes) -> None:
    written = file.write(content)
    if written != len(content):
        raise OSError(f"{file.name}: only {written} of {len(content)} bytes were written")


def _stored(line: bytes) -> bytes:
    """Return a line as blocks of a zstd frame that hold it as it is (RFC 8878, 3.1.1.2)."""
    pieces = [
        line[start : start + _MOST_BLOCK_BYTES] for start in range(0, len(line), _MOST_BLOCK_BYTES)
    ]
    return b"".join([(len(piece) << 3).to_bytes(3, "little") + piece for piece in pieces])


def _packed(lines: bytes) -> bytes:
    """Return the beginning of a zstd frame with lines, which other blocks can follow."""
    compressor = zstandard.ZstdCompressor(level=_PACKED_LEVEL).compressobj()
    return compressor.compress(lines) + compressor.flush(_FLUSH)


def compact(lines: bytes) -> bytes:
    """Return the content of a finished file: the lines compressed, and the seal."""
    compressor = zstandard.ZstdCompressor(level=_COMPACT_LEVEL, write_checksum=True).compressobj()
    pieces = []
    for number, line in enumerate(lines.splitlines(keepends=True), 1):
        pieces.append(compressor.compress(line))
        if number % _RECORDS_A_BLOCK == 0:
            pieces.append(compressor.flush(_FLUSH))
    frame = b"".join((*pieces, compressor.flush()))
    return frame + SEAL_MAGIC + sha256(frame).digest()


def _without_surrogates(action: str, start: int) -> dict[str, Any]:
    """Replace lone surrogates, which JSON cannot hold, and tell where they stood."""
    return {
        "action": _SURROGATE.sub("\ufffd", action),
        "lone_surrogates": [
            [found.start(), ord(found.group())] for found in _SURROGATE.finditer(action, start)
        ],
    }
