"""What is said of an agent: its name and, for a model, how it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tenure.errors import UsageError

OPENAI_BASE_URL = "https://api.openai.com/v1"
LOCAL_CONTEXT_TOKENS = 8_192
"""What the embedded model was trained to read, its answer included."""

_LOCAL_ANSWER_TOKENS = 256
_LOCAL_DEFAULTS: dict[str, Any] = {
    "max_output_tokens": _LOCAL_ANSWER_TOKENS,
    "window_tokens": LOCAL_CONTEXT_TOKENS - _LOCAL_ANSWER_TOKENS,
    "temperature": 0.0,
    "request_seed": 1,
    "max_retries": 2,
    "input_usd_per_mtok": 0.0,
    "output_usd_per_mtok": 0.0,
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_MOST = 2**53
"""The largest whole number that every reader of JSON reads alike."""
_Tokens = Annotated[int, Field(le=_MOST)]
_Price = Annotated[float, Field(ge=0, le=1e9)]
Kind = Literal["script", "model", "python", "http", "mcp", "human"]
"""A script of the job's own; a language model; a Python object by its import path; a process that
answers over HTTP; a client of the Model Context Protocol; a person at the terminal."""

_RECORDED: dict[Kind, set[str]] = {
    "python": {"source", "package", "timeout_s"},
    "http": {"timeout_s", "max_retries"},
}
"""What a record says of outsiders besides their names, unless it is the default."""

_IMPORT_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
_PLAIN_NAME = re.compile(r"[a-z0-9._-]+(/[a-z0-9._-]+)?")


def check_base_url(url: str) -> str:
    """Return an endpoint's address without a slash at its end.

    Raises:
        ValueError: If it is not http(s), or holds a user, a password, a query or a fragment: the
            address is recorded, and a secret in it would be too.
    """
    if not _is_http_address(url):
        raise ValueError("a base URL looks like https://host/v1")
    parts = urlsplit(url)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "a base URL is recorded, so it may hold no user, password or query;"
            " put the key into OPENAI_API_KEY"
        )
    return url.rstrip("/")


def _is_http_address(url: str) -> bool:
    import httpx  # only who names an endpoint waits for it

    if any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        return bool(known and httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        return False


def kind_of(name: str) -> Kind:
    """Return what sort of agent a name names."""
    if name.startswith(("http://", "https://")):
        return "http"
    if _IMPORT_PATH.fullmatch(name):
        return "python"
    first = name.partition("/")[0]
    if first in ("human", "mcp"):
        return first  # type: ignore[return-value]  # mypy narrows no str to a Literal
    return "model" if "/" in name else "script"


class AgentSpec(BaseModel):
    """An agent and, for a model, how it is asked. It never holds a secret.

    A scripted agent is its name: what is said here of models says nothing of it. Of the settings,
    `timeout_s` holds for import paths and addresses too, and `max_retries` for addresses.

    For `local/` models the defaults are smaller: a window of 7,936 tokens (8,192 less the room for
    the answer), answers of at most 256 tokens, temperature 0, a fixed seed, prices of zero.

    Attributes:
        name: A policy of the scenario's job (`shopkeeper`), a name that every job knows (`floor`,
            `best`), `openai/<model>` for any model behind an OpenAI-compatible endpoint, or
            `local/smollm2-135m`; an import path (`my_pkg.my_agent:Agent`); the address of a process
            that answers over HTTP; `mcp/<name>` or `human/<name>` for who plays from outside.
        policy: The job's policy that a name which every job knows stood for when the run was
            planned; `None` for all others.
        oracle: Whether the job tells the script the truth of its seed; found when a run is planned.
        source: Of an import path, a hash of the code; found when a run is planned.
        package: Of an import path, name and version of the package that holds it; likewise.
        protocol: How the model calls tools: natively (`tools`), as JSON text that a schema
            constrains (`json`), or `auto`: `json` for local models and `tools` otherwise.
        window_tokens: The longest prompt; beyond it the oldest turns are dropped. An observation
            of more characters than this number (some quarter of the window) is cut.
        keep_percent: How much of the window is left after dropping turns.
        max_output_tokens: The longest answer, reasoning included.
        temperature: `None` leaves it to the provider.
        base_url: The endpoint, such as `http://localhost:8000/v1`; `None` for OpenAI's own, or for
            what `with_endpoint` finds in the environment.
        input_usd_per_mtok: US dollars per million tokens read; `None` is unknown, not zero.
        cached_usd_per_mtok: The same for tokens read from the provider's cache; `None` for the
            price of other input.
        output_usd_per_mtok: US dollars per million tokens written; `None` is unknown.
        request_seed: Added to the agent's own seed and sent as `seed`; `None` sends none.
        timeout_s: Seconds that one request may take as a whole.
        max_retries: How often a request is repeated after an outside failure that may pass.
        by_scenario: Names of the settings that the scenario recommended; see `in_context`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )

    name: str = Field(min_length=1)
    policy: str | None = Field(default=None, min_length=1)
    oracle: bool = False
    source: str | None = None
    package: str | None = None
    protocol: Literal["auto", "tools", "json"] = "auto"
    window_tokens: _Tokens = Field(default=69_000, ge=1_024)
    keep_percent: int = Field(default=61, ge=10, le=90)
    max_output_tokens: _Tokens = Field(default=8_192, ge=16)
    temperature: float | None = Field(default=None, ge=0, le=2)
    base_url: Annotated[str, AfterValidator(check_base_url)] | None = None
    input_usd_per_mtok: _Price | None = None
    cached_usd_per_mtok: _Price | None = None
    output_usd_per_mtok: _Price | None = None
    request_seed: int | None = Field(default=None, ge=0, le=_MOST)
    timeout_s: float = Field(default=600.0, gt=0)
    max_retries: int = Field(default=8, ge=0, le=100)
    by_scenario: tuple[Literal["window_tokens", "keep_percent"], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in_local_defaults(cls, given: Any) -> Any:
        if isinstance(given, dict) and str(given.get("name")).startswith("local/"):
            return {**_LOCAL_DEFAULTS, **given}
        return given

    @model_validator(mode="after")
    def _check_provider(self) -> Self:
        if self.kind == "http":
            check_base_url(self.name)
        if self.provider and self.policy is not None:
            raise ValueError("a model has no policy; leave it out")
        if self.provider == "local" and self.base_url is not None:
            raise ValueError(
                "a local/ model is served by the run itself; for an endpoint of your own,"
                " name it openai/<model> with its base_url"
            )
        return self

    @property
    def kind(self) -> Kind:
        """What sort of agent the name names."""
        return kind_of(self.name)

    @property
    def is_script(self) -> bool:
        """Whether it is one of the job's own scripts."""
        return self.kind == "script"

    @property
    def provider(self) -> str:
        """Who serves the model, such as `openai` or `local`; empty for any other agent."""
        return self.name.partition("/")[0] if self.kind == "model" else ""

    @property
    def is_model(self) -> bool:
        """Whether it names a model that can be asked."""
        return self.provider == "local" or (self.provider == "openai" and bool(self.model))

    @property
    def model(self) -> str:
        """The model's name as its provider knows it; empty for any other agent."""
        return self.name.partition("/")[2] if self.kind == "model" else ""

    @property
    def label(self) -> str:
        """A name for files and tables, different for different specs.

        Such as `openai-gpt-5-mini`, followed by a short hash when an option is not its default,
        wherever that option came from: a model behind another endpoint is another agent. What
        `floor` or `best` stands for, what a scenario recommended and which code an import path led
        to is no part of it, so that it is the same in every job.
        """
        slug = _UNSAFE.sub("-", self.name)
        usual: dict[str, Any] = {
            name: type(self).model_fields[name].default for name in self.by_scenario
        }
        found = {"policy": None, "oracle": False, "source": None, "package": None}
        plain = {**usual, **found, "by_scenario": ()}
        said = self.model_copy(update=plain).record()
        if said == AgentSpec(name=self.name).record() and _PLAIN_NAME.fullmatch(self.name):
            return slug
        canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return f"{slug}-{blake2b(canonical, digest_size=3).hexdigest()}"

    def record(self) -> dict[str, Any]:
        """Return what a manifest and a record's header say: JSON-able, and enough to make it anew.

        Of a model that is every setting; of a scripted agent its name, its policy if that has
        another, and whether it is privileged; of an outsider its name and what is not the default.
        """
        if self.provider:
            unsaid = {"policy", "oracle", "source", "package"} | (
                set() if self.by_scenario else {"by_scenario"}
            )
            return self.model_dump(mode="json", exclude=unsaid)
        said = {"name", "policy", "oracle"} | _RECORDED.get(self.kind, set())
        return self.model_dump(mode="json", include=said, exclude_defaults=True)

    def in_context(self, recommended: Mapping[str, int | None]) -> AgentSpec:
        """Return the spec with what a scenario recommends for models, where nobody said otherwise.

        Done once, when a run is planned. What the command line says goes before it, and so do the
        defaults of `local/` models, whose window is small. A script stays as it is.

        Args:
            recommended: Settings by name; `None` for no recommendation.
        """
        taken = {
            name: value
            for name, value in recommended.items()
            if self.provider and value is not None and name not in self.model_fields_set
        }
        return self.model_copy(update={**taken, "by_scenario": tuple(taken)}) if taken else self

    def with_endpoint(self, environment: Mapping[str, str]) -> AgentSpec:
        """Return the spec with the endpoint that `OPENAI_BASE_URL` names, if it names none itself.

        Done once, when a run is planned, so that plan and record say which endpoint answered.
        Only `openai/` models change, and only if the variable names another than OpenAI's own.

        Raises:
            UsageError: If the variable's value cannot be a base URL.
        """
        stated = environment.get("OPENAI_BASE_URL", "").strip()
        if not stated or self.provider != "openai" or self.base_url is not None:
            return self
        try:
            base_url = check_base_url(stated)
        except ValueError as error:
            raise UsageError(f"OPENAI_BASE_URL does not fit: {error}.") from None
        return (
            self if base_url == OPENAI_BASE_URL else self.model_copy(update={"base_url": base_url})
        )
