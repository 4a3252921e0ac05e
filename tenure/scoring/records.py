"""The trajectory file: its records, its hash chain, and the reader that trusts nothing.

JSON lines in one zstd frame, one line a record: a header, the steps, an end. A running SHA-256
goes through all records, and each line's last field, `hash`, shows its first digits, so no record
can be changed, moved, added or taken away unnoticed. A skippable zstd frame after the last line
seals the compressed bytes themselves. `docs/trajectory.md` describes the format.

A line shows 16 of the 64 digits because incompressible digits would be a third of the file; a
record read back has all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypeVar

import orjson
import zstandard
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs it before Python 3.12

from tenure.envs.chance import OWN_FUTURE, Future
from tenure.errors import TrajectoryError

FORMAT = "tenure.trajectory"
VERSION = 1
"""The major version: raised when an old reader would misread a new file, and refused if newer."""
MINOR = 1
"""Raised with new optional fields and words; readers take any, and keep what they do not know."""
FIRST_HASH = "0" * 64
SHOWN_HASH_DIGITS = 16
SEAL_MAGIC = b"\x50\x2a\x4d\x18\x20\x00\x00\x00"
"""A skippable zstd frame of 32 bytes; the SHA-256 of all bytes before it follows."""
SEAL_BYTES = len(SEAL_MAGIC) + 32
MAX_UNPACKED_BYTES = 2**31
"""No year of work comes near it; a file that unpacks to more is an attack on the reader."""

_PIECE_BYTES = 4096
_MOST_NESTED = 200
"""Below the depth at which orjson writes no more."""
_HASH_FIELD = b',"hash":"'
_HASH_FIELD_BYTES = len(_HASH_FIELD) + SHOWN_HASH_DIGITS + len(b'"}')


LAST_MINUTE = 100 * 366 * 1440
"""A hundred years; a record that lies beyond is not one of ours."""
HIGHEST_SEED = 2**63 - 1

Minute = Annotated[int, Field(ge=0, le=LAST_MINUTE)]


class AgentRecord(TypedDict):
    """Who played: its name, and whatever else its specification says."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]  # pydantic's way

    name: Annotated[str, Field(min_length=1)]


class ReferencesRecord(TypedDict):
    """The scores, without luck, that are normalised to 0 and to 1."""

    floor: int
    bound: int


class FigureRecord(TypedDict):
    """One of the world's figures, as the header describes it."""

    name: str
    meaning: str
    hidden: bool


class FutureRecord(TypedDict):
    """Which luck the days of a fork have from one of them on."""

    number: Annotated[int, Field(ge=1)]
    first_day: Annotated[int, Field(ge=0)]


class ParentRecord(TypedDict):
    """Where a fork comes from; its first `step` steps are those of another record."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]  # pydantic's way

    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    step: Annotated[int, Field(ge=0)]
    agent: AgentRecord
    context: Literal["fresh", "kept"]
    action: NotRequired[str]
    future: NotRequired[FutureRecord]


class HeaderRecord(TypedDict):
    """Record 0: what was played, by whom, and what the score is measured against."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]  # pydantic's way

    type: Literal["episode"]
    format: str
    version: int
    minor: NotRequired[Annotated[int, Field(ge=0)]]
    tenure: str
    scenario: dict[str, Any]
    seed: Annotated[int, Field(ge=0, le=HIGHEST_SEED)]
    agent: AgentRecord
    voice: NotRequired[AgentRecord]
    attempt: Annotated[int, Field(ge=0)]
    parent: NotRequired[ParentRecord]
    references: ReferencesRecord
    score: str
    luck: NotRequired[str]
    tools: NotRequired[str]
    figures: list[FigureRecord]
    measured: list[int]
    minute: Minute
    opening: str
    digest: str
    hash: str


class StepRecord(TypedDict):
    """What one action led to. A field that would say nothing is left out."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]  # pydantic's way

    type: Literal["step"]
    n: Annotated[int, Field(ge=0)]
    seat: NotRequired[str]
    action: str
    lone_surrogates: NotRequired[list[Annotated[list[int], Field(min_length=2, max_length=2)]]]
    outside: NotRequired[dict[str, Any]]
    text: str
    minute: Minute
    fault: NotRequired[str]
    reward: NotRequired[int]
    figures: NotRequired[dict[str, int]]
    events: NotRequired[list[dict[str, Any]]]
    ended: NotRequired[str]
    digest: NotRequired[str]
    exchange: NotRequired[dict[str, Any]]
    hash: str


class EndRecord(TypedDict):
    """The last record: how it ended."""

    __pydantic_config__ = ConfigDict(extra="allow", strict=True)  # type: ignore[misc]  # pydantic's way

    type: Literal["end"]
    steps: Annotated[int, Field(ge=0)]
    reason: str
    events: NotRequired[list[dict[str, Any]]]
    minute: Minute
    measured: list[int]
    digest: str
    hash: str


_Record = TypeVar("_Record", "HeaderRecord", "StepRecord", "EndRecord")


@cache
def _reader(kind: type[_Record]) -> TypeAdapter[_Record]:
    """Return what checks records of a kind; who only writes them does not wait for it."""
    return TypeAdapter(kind)


@dataclass(frozen=True)
class Episode:
    """The records of one episode.

    Attributes:
        header: Record 0.
        steps: Records 1 and on.
        end: The last record; `None` if the record stops before it.
        head: The running hash after the last record kept.
    """

    header: HeaderRecord
    steps: list[StepRecord]
    end: EndRecord | None
    head: str

    @property
    def complete(self) -> bool:
        """Whether the episode was played to its end."""
        return self.end is not None

    @property
    def stop(self) -> str:
        """How a record without an end stops, as a sentence; empty if it has its end.

        Its file may have been cut off, or its run; the record itself cannot tell which.
        """
        if self.end is not None:
            return ""
        count = len(self.steps)
        steps = f"{count:,} step{'' if count == 1 else 's'}"
        return f"It has no end: it was cut off after {steps}, or is still being played."

    @property
    def agent_name(self) -> str:
        """The agent's name, such as `openai/gpt-5-mini`."""
        return self.header["agent"]["name"]

    @property
    def seed(self) -> int:
        """The world's seed."""
        return self.header["seed"]

    @property
    def attempt(self) -> int:
        """0-based number of the attempt on this seed."""
        return self.header["attempt"]

    @property
    def inherited(self) -> int:
        """How many of the steps another record had first: those before a fork; else 0."""
        parent = self.header.get("parent")
        return min(parent["step"], len(self.steps)) if parent else 0

    @property
    def own_steps(self) -> list[StepRecord]:
        """The steps that this episode's agent took; of a fork, those from there on."""
        return self.steps[self.inherited :]

    @property
    def future(self) -> Future:
        """Which luck its days have; a fork may have another from some day on."""
        found = self.header.get("parent", {}).get("future")
        return Future(**found) if found else OWN_FUTURE

    def head_before(self, n: int) -> str:
        """Return the running hash before step `n`, that of all records before it."""
        return self.steps[n - 1]["hash"] if n else self.header["hash"]

    @property
    def scenario_id(self) -> str:
        """The scenario's id, such as `vending/year`."""
        return str(self.header["scenario"].get("id", ""))

    @cached_property
    def figure_names(self) -> list[str]:
        """The names of the world's figures, in the order of `measured`."""
        return [figure["name"] for figure in self.header["figures"]]

    @property
    def final_score(self) -> int | None:
        """The score figure at the end; `None` if the record has none."""
        if self.end is None:
            return None
        return self.end["measured"][self.figure_names.index(self.header["score"])]

    @property
    def last_minute(self) -> int:
        """The simulated minute after the last step."""
        return self.steps[-1]["minute"] if self.steps else self.header["minute"]


def read(path: Path) -> Episode:
    """Read a finished episode and check every byte of it.

    Raises:
        TrajectoryError: If anything was changed, cut, moved or added, the episode has no end, or
            a newer Tenure wrote the file. `record` is the first bad record (0 is the header), or
            `None` if all records are whole and only the bytes around them are not.
    """
    with _naming(path):
        content = _content(path)
        if content.cut_off:
            raise _bad(len(content.records), content.cut_off)
        return _episode(content.records)


def read_partial(path: Path) -> Episode:
    """Read what a killed run has left: all whole records, without a torn tail.

    Only what a kill can leave behind is tolerated: a file that stops somewhere. An episode that
    comes back `complete` is as whole as one from `read`.

    Raises:
        TrajectoryError: If not even the header is whole, or the file is damaged.
    """
    with _naming(path):
        records, cut_off = _content(path)
        if cut_off and records and records[-1]["type"] == "end":
            records.pop()
        if not records:
            raise _bad(0, cut_off)
        return _episode(records)


def seal(previous_hash: str, record: Mapping[str, Any]) -> tuple[bytes, str]:
    """Return a record's line, and the running hash, which the next record builds on."""
    body = orjson.dumps(record)
    digest = sha256(previous_hash.encode() + body).hexdigest()
    return b"".join((body[:-1], _HASH_FIELD, _shown(digest), b'"}\n')), digest


def name_of(specification: Any) -> str:
    """Return whom a header's specification names, by the label if it has one; empty for nobody."""
    named = specification if isinstance(specification, dict) else {}
    return str(named.get("label") or named.get("name") or "")


def action_of(step: StepRecord) -> str:
    """Return the action exactly as the agent gave it, lone surrogates included."""
    characters = list(step["action"]) if "lone_surrogates" in step else None
    if characters is None:
        return step["action"]
    for position, code in step["lone_surrogates"]:
        characters[position] = chr(code)
    return "".join(characters)


_FRAME_MAGIC = bytes.fromhex("28b52ffd")
"""With which every zstd frame begins."""
_NO_RECORD = (
    "It is no Tenure record. A record is a file such as episodes/AGENT/seed-1.jsonl.zst in the "
    "folder of a run."
)


class _Content(NamedTuple):
    """A file's whole records, and in which way it stops before its end, if it does."""

    records: list[dict[str, Any]]
    cut_off: str


def _content(path: Path) -> _Content:
    if path.is_dir():
        raise TrajectoryError("It is a folder and no Tenure record; name one of its files.", 0)
    packed = path.read_bytes()
    if not packed:
        raise TrajectoryError("It is an empty file and no Tenure record.", 0)
    if not packed.startswith(_FRAME_MAGIC[: len(packed)]):
        raise TrajectoryError(_NO_RECORD, 0)
    frame = _decompress(packed, _PIECE_BYTES)
    if not frame.sound:
        frame = _decompress(packed, piece_bytes=1)  # keeps all that comes before the damage
    *lines, tail = frame.text.split(b"\n")
    records = list(_checked(lines))
    if not frame.sound:
        raise _bad(len(records), "its compressed bytes are damaged")
    if frame.length is None:
        return _Content(records, "the file is cut off")
    if tail or not records or records[-1]["type"] != "end":
        raise _bad(len(records), "the file is closed before the episode's end")
    return _Content(records, _check_seal(packed, frame.length))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error say which file it is about."""
    try:
        yield
    except TrajectoryError as error:
        raise TrajectoryError(f"{path.name}: {error}", error.record) from None


class _Frame(NamedTuple):
    """A zstd frame: its text, its length if it is whole, and if its bytes made sense."""

    text: bytes
    length: int | None
    sound: bool


def _decompress(packed: bytes, piece_bytes: int) -> _Frame:
    decoder = zstandard.ZstdDecompressor().decompressobj()
    pieces: list[bytes] = []
    unpacked_bytes = 0
    try:
        for start in range(0, len(packed), piece_bytes):
            piece = packed[start : start + piece_bytes]
            pieces.append(decoder.decompress(piece))
            if decoder.eof:
                length = start + len(piece) - len(decoder.unused_data)
                return _Frame(b"".join(pieces), length, sound=True)
            unpacked_bytes += len(pieces[-1])
            if unpacked_bytes > MAX_UNPACKED_BYTES:
                raise TrajectoryError(f"The file unpacks to more than {MAX_UNPACKED_BYTES} bytes.")
    except zstandard.ZstdError:
        return _Frame(b"".join(pieces), None, sound=False)
    return _Frame(b"".join(pieces), None, sound=True)


def _check_seal(packed: bytes, frame_bytes: int) -> str:
    """Tell if the seal is cut off.

    Raises:
        TrajectoryError: If it does not fit the bytes before it, or is not the last thing.
    """
    expected = SEAL_MAGIC + sha256(packed[:frame_bytes]).digest()
    found = packed[frame_bytes:]
    if found.startswith(expected):
        if len(found) > SEAL_BYTES:
            raise TrajectoryError(f"{len(found) - SEAL_BYTES} bytes follow the end.")
        return ""
    if not expected.startswith(found):
        raise TrajectoryError(
            "All records are whole, but the compressed bytes differ from those that were sealed."
        )
    return "the seal after it is cut off"


def _checked(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the records as long as each follows from the one before.

    Raises:
        TrajectoryError: At the first that does not.
    """
    previous, kind, figures, minute = FIRST_HASH, "", 0, 0
    for index, line in enumerate(lines):
        if index == 0:
            _check_kind(line)
        if kind == "end":
            raise _bad(index, "it follows the episode's end")
        previous = _next_hash(previous, line, index)
        record = _parse(line, index)
        record["hash"] = previous
        _check_record(record, index)
        kind = record["type"]
        if kind != "step":
            figures = figures or len(record["figures"])
            _check_number(len(record["measured"]), figures, "the length of 'measured'", index)
        _check_time(record["minute"], minute, index)
        minute = record["minute"]
        yield record


def _check_kind(line: bytes) -> None:
    """See that a file's first line is a header that this version knows, before it is trusted.

    A header that is damaged is left to its hash.

    Raises:
        TrajectoryError: If it is anything else.
    """
    try:
        header = orjson.loads(line)
    except orjson.JSONDecodeError:
        if FORMAT.encode() in line:
            return
        raise TrajectoryError(_NO_RECORD, 0) from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise TrajectoryError(_NO_RECORD, 0)
    version = header.get("version")
    if type(version) is not int or version < 1:
        raise _bad(
            0, f"the file says that its format has version {version!r}; versions are 1, 2 and on"
        )
    if version > VERSION:
        raise _bad(
            0,
            f"the file has version {version} of the format and this Tenure reads up to {VERSION}; "
            f"read it with Tenure {header.get('tenure')} or newer",
        )


def _parse(line: bytes, index: int) -> dict[str, Any]:
    """Return a line's object: JSON that ends as a sealed line does cannot be anything else."""
    try:
        record: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _bad(index, f"it is not JSON: {error}") from None
    if line.count(b"[") + line.count(b"{") > _MOST_NESTED:
        _check_nesting(record, index)
    return record


def _check_nesting(record: dict[str, Any], index: int) -> None:
    try:
        orjson.dumps(record)
    except orjson.JSONEncodeError:
        raise _bad(index, "it is nested too deeply to have been written by Tenure") from None


def _next_hash(previous: str, line: bytes, index: int) -> str:
    body, field = line[:-_HASH_FIELD_BYTES] + b"}", line[-_HASH_FIELD_BYTES:]
    digest = sha256(previous.encode() + body).hexdigest()
    if field != _HASH_FIELD + _shown(digest) + b'"}':
        raise _bad(index, "its hash does not follow from the record before it", line)
    return digest


def _shown(digest: str) -> bytes:
    return digest[:SHOWN_HASH_DIGITS].encode()


def _check_record(record: dict[str, Any], index: int) -> None:
    try:
        if index == 0:
            _check_header(record)
        elif record.get("type") == "end":
            _check_number(
                _reader(EndRecord).validate_python(record)["steps"],
                index - 1,
                "field 'steps'",
                index,
            )
        else:
            step = _reader(StepRecord).validate_python(record)
            _check_number(step["n"], index - 1, "field 'n'", index)
            _check_surrogates(step, index)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in detail["loc"])
        raise _bad(index, f"field {where or 'type'!r}: {detail['msg']}") from None


def _check_header(record: dict[str, Any]) -> None:
    header = _reader(HeaderRecord).validate_python(record)
    names = [figure["name"] for figure in header["figures"]]
    for role in ("score", "luck"):
        if header.get(role, header["score"]) not in names:
            raise _bad(0, f"the {role} {header[role]!r} is not one of the figures {names}")


def _check_surrogates(step: StepRecord, index: int) -> None:
    for position, code in step.get("lone_surrogates", ()):
        replaced = position >= 0 and step["action"][position : position + 1] == "\ufffd"
        if not replaced or not 0xD800 <= code <= 0xDFFF:
            raise _bad(
                index, f"field 'lone_surrogates': {[position, code]} does not fit the action"
            )


def _check_time(found: int, before: int, index: int) -> None:
    if found < before:
        raise _bad(index, f"field 'minute' is {found}, before the {before} of the record before it")


def _check_number(found: int, wanted: int, what: str, index: int) -> None:
    if found != wanted:
        raise _bad(index, f"{what} is {found} and should be {wanted}")


def _bad(index: int, problem: str, line: bytes = b"") -> TrajectoryError:
    kind = "header" if index == 0 else "end" if line.startswith(b'{"type":"end"') else "step"
    return TrajectoryError(f"Record {index} ({kind}): {problem}.", record=index)


def _episode(records: list[dict[str, Any]]) -> Episode:
    header, *rest = records
    end = rest.pop() if rest and rest[-1]["type"] == "end" else None
    head = (end or (rest[-1] if rest else header))["hash"]
    return Episode(header, rest, end, head)  # type: ignore[arg-type]  # validated line by line
