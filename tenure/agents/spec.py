"""What is said of an agent: its name and, for a model, how it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_serializer,
    model_validator,
)

from tenure.envs.delegation import WORKER
from tenure.envs.world import NOTHING

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
_Window = Annotated[int, Field(ge=1_024, le=_MOST)]
_Share = Annotated[int, Field(ge=10, le=90)]
_Context = Literal["drop", "clear", "summary"]
_Turns = Annotated[int, Field(ge=1, le=_MOST)]
Kind = Literal["script", "model", "python", "http", "mcp", "human"]
"""A script of the job's own; a language model; a Python object by its import path; a process that
answers over HTTP; a client of the Model Context Protocol; a person at the terminal."""

Api = Literal["auto", "chat", "responses", "messages", "gemini"]
"""OpenAI's Chat Completions or Responses, Anthropic's Messages, Google's Gemini `generateContent`;
or whatever the catalogue says of the provider."""
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Quirk = Literal[
    "max_completion_tokens",
    "prompt_cache_key",
    "random_seed",
    "no_reasoning",
    "bound_thinking",
]
"""What a provider or a model does in its own way.

`max_completion_tokens`: Chat Completions call the longest answer so. `random_seed`: they call the
seed so. `prompt_cache_key`: a name for requests that begin alike is known. `no_reasoning`:
Responses refuse to include reasoning. `bound_thinking`: Messages bind thinking to what stood before
it, and are told to leave out what no longer fits.
"""
Looked = Literal[
    "api",
    "base_url",
    "key_variable",
    "quirks",
    "input_usd_per_mtok",
    "cached_usd_per_mtok",
    "cache_write_usd_per_mtok",
    "output_usd_per_mtok",
    "price_source",
]
"""A setting that the catalogue can fill in."""
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
            " put the key into the provider's variable, such as OPENAI_API_KEY"
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


BaseUrl = Annotated[str, AfterValidator(check_base_url)]
KeyVariable = Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9_]{0,63})?$")]
"""The name of an environment variable; no key looks like one, so none is recorded by mistake."""


class SubAgent(BaseModel):
    """In what a model that is its own sub-agent has other settings then; `None` for the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_tokens: _Window | None = None
    keep_percent: _Share | None = None
    context: _Context | None = None
    remind_every: _Turns | None = None

    @model_serializer
    def said(self) -> dict[str, Any]:
        """Return what is said, by the names of `AgentSpec`."""
        return {name: value for name, value in self if value is not None}


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
            `best`), `<provider>/<model>` with a provider of the catalogue, or `local/smollm2-135m`;
            an import path (`my_pkg.my_agent:Agent`); the address of a process that answers over
            HTTP; `mcp/<name>` or `human/<name>` for who plays from outside.
        policy: The job's policy that a name which every job knows stood for when the run was
            planned; `None` for all others.
        oracle: Whether the job tells the script the truth of its seed; found when a run is planned.
        source: Of an import path, a hash of the code; found when a run is planned.
        package: Of an import path, name and version of the package that holds it; likewise.
        protocol: How the model calls tools: natively (`tools`), as JSON text that a schema
            constrains (`json`), or `auto`: `json` for local models and `tools` otherwise.
        window_tokens: The longest prompt; beyond it the conversation is trimmed. An observation
            of more characters than this number (some quarter of the window) is cut.
        keep_percent: How much of the window is left after trimming.
        context: What goes when it is trimmed: the oldest turns (`drop`); their tools' answers
            before whole turns (`clear`); or the oldest turns, of which the model writes a summary
            that stays (`summary`).
        remind_every: After so many observations each, the first paragraph of the brief is repeated;
            `None` for never.
        sub_agent: Who its sub-agent is, where a scenario has one: another agent; or itself, in
            another window; `None` for itself as it is.
        max_output_tokens: The longest answer, reasoning included.
        temperature: `None` leaves it to the provider.
        reasoning_effort: How much the model is to think, in the provider's own scale; not every
            model knows every step. `None` leaves it to the provider.
        api: How the endpoint is spoken to; `auto` as the catalogue says of the provider.
        base_url: The endpoint, such as `http://localhost:8000/v1`; `None` for what the environment
            or the catalogue say of the provider.
        key_variable: The environment variable that holds the key, never the key itself; empty for
            none, `None` before `tenure.agents.providers.catalogue.settle`.
        quirks: What the provider or the model does in its own way.
        input_usd_per_mtok: US dollars per million tokens read; `None` is unknown, not zero.
        cached_usd_per_mtok: The same for tokens read from the provider's cache; `None` for the
            price of other input.
        cache_write_usd_per_mtok: The same for tokens written to the provider's cache; `None` for
            the price of other input.
        output_usd_per_mtok: US dollars per million tokens written; `None` is unknown.
        price_source: Where prices were looked up, and since when they hold; `None` for prices that
            somebody stated, and for none.
        request_seed: Added to the agent's own seed and sent as a seed, by APIs that have one;
            `None` sends none.
        timeout_s: Seconds that one request may take as a whole.
        max_retries: How often a request is repeated after an outside failure that may pass.
        by_scenario: Names of the settings that the scenario recommended; see `in_context`.
        by_catalogue: Names of the settings that the catalogue filled in when the run was planned.
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
    window_tokens: _Window = 69_000
    keep_percent: _Share = 61
    context: _Context = "drop"
    remind_every: _Turns | None = None
    sub_agent: SubAgent | AgentSpec | None = None
    max_output_tokens: _Tokens = Field(default=8_192, ge=16)
    temperature: float | None = Field(default=None, ge=0, le=2)
    reasoning_effort: Effort | None = None
    api: Api = "auto"
    base_url: BaseUrl | None = None
    key_variable: KeyVariable | None = None
    quirks: tuple[Quirk, ...] = ()
    input_usd_per_mtok: _Price | None = None
    cached_usd_per_mtok: _Price | None = None
    cache_write_usd_per_mtok: _Price | None = None
    output_usd_per_mtok: _Price | None = None
    price_source: str | None = None
    request_seed: int | None = Field(default=None, ge=0, le=_MOST)
    timeout_s: float = Field(default=600.0, gt=0)
    max_retries: int = Field(default=8, ge=0, le=100)
    by_scenario: tuple[
        Literal["window_tokens", "keep_percent", "context", "remind_every", "sub_agent"], ...
    ] = ()
    by_catalogue: tuple[Looked, ...] = ()

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
        if self.provider == "local" and (self.base_url is not None or self.api != "auto"):
            raise ValueError(
                "a local/ model is served by the run itself; for an endpoint of your own,"
                " name it openai/<model> with its base_url"
            )
        return self

    @model_validator(mode="after")
    def _check_sub_agent(self) -> Self:
        if self.employee and self.employee.kind in ("human", "mcp"):
            raise ValueError("a sub-agent is a model, a script, an import path or an address")
        if self.employee and self.employee.sub_agent:
            raise ValueError("a sub-agent has no sub-agent of its own")
        return self

    @property
    def kind(self) -> Kind:
        """What sort of agent the name names."""
        return kind_of(self.name)

    @property
    def employee(self) -> AgentSpec | None:
        """Who its sub-agent is; `None` if it is so itself."""
        return self.sub_agent if isinstance(self.sub_agent, AgentSpec) else None

    @property
    def crew(self) -> tuple[AgentSpec, ...]:
        """It, and its sub-agent if that is another."""
        return (self, self.employee) if self.employee else (self,)

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
        """Whether it names a model that can be asked, if its provider is known."""
        return bool(self.model)

    @property
    def model(self) -> str:
        """The model's name as its provider knows it; empty for any other agent."""
        return self.name.partition("/")[2] if self.kind == "model" else ""

    @property
    def label(self) -> str:
        """A name for files and tables, different for different specs.

        Such as `openai-gpt-5-mini`, followed by a short hash when an option is not its default,
        wherever that option came from: a model behind another endpoint is another agent, and so is
        one with another sub-agent (`openai-gpt-5-with-local-smollm2-135m-` and the hash). What
        `floor` or `best` stands for, what a scenario recommended and which code an import path led
        to is no part of it, so that it is the same in every job; nor is what the catalogue says, so
        that it is the same every day.
        """
        return _label(self)

    def record(self) -> dict[str, Any]:
        """Return what a manifest and a record's header say: JSON-able, and enough to make it anew.

        Of a model that is every setting; of a scripted agent its name, its policy if that has
        another, and whether it is privileged; of an outsider its name and what is not the default;
        and the same of a sub-agent that is another.
        """
        said = self._own_record()
        return {**said, "sub_agent": self.employee.record()} if self.employee else said

    def _own_record(self) -> dict[str, Any]:
        if self.provider:
            names = ("by_scenario", "by_catalogue", "sub_agent")
            rare = {name for name in names if not getattr(self, name)}
            unsaid = {"policy", "oracle", "source", "package"} | rare
            return self.model_dump(mode="json", exclude=unsaid)
        said = {"name", "policy", "oracle"} | _RECORDED.get(self.kind, set())
        return self.model_dump(mode="json", include=said, exclude_defaults=True)

    def in_context(
        self, recommended: Mapping[str, Any], sub_agent: Mapping[str, Any] = NOTHING
    ) -> AgentSpec:
        """Return the spec with what a scenario recommends for models, where nobody said otherwise.

        Done once, when a run is planned. What the command line says goes before it, in all seats,
        and so do the defaults of `local/` models, whose window is small. A script stays as it is.

        Args:
            recommended: Settings by name; `None` for no recommendation.
            sub_agent: The same for its sub-agent, where that differs.
        """
        if self.employee:
            own = {name: value for name, value in sub_agent.items() if value is not None}
            employee = self.employee.in_context({**recommended, **own})
            return self._with_window(recommended).employing(employee)
        return self._with_window(recommended, sub_agent)

    def _with_window(
        self, recommended: Mapping[str, Any], sub_agent: Mapping[str, Any] = NOTHING
    ) -> AgentSpec:
        if not self.provider:
            return self
        taken = self._unsaid(recommended)
        if own := self._unsaid(sub_agent):
            taken["sub_agent"] = SubAgent(**own)
        return self.model_copy(update={**taken, "by_scenario": tuple(taken)}) if taken else self

    def _unsaid(self, recommended: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in recommended.items()
            if value is not None and name not in self.model_fields_set
        }

    def employing(self, employee: AgentSpec | None) -> AgentSpec:
        """Return the spec with another agent as its sub-agent; with `None`, by itself."""
        return self.model_copy(update={"sub_agent": employee})

    def in_seat(self, seat: str) -> AgentSpec:
        """Return the spec of who works in a seat."""
        if seat != WORKER or self.sub_agent is None:
            return self
        if isinstance(self.sub_agent, SubAgent):
            return self.model_copy(update=self.sub_agent.said())
        return self.sub_agent


@lru_cache(maxsize=1024)
def _label(spec: AgentSpec) -> str:
    """Return what `AgentSpec.label` says; a thousand episodes of one agent ask for it."""
    said = _said(spec)
    slug = "-with-".join(_UNSAFE.sub("-", one.name) for one in spec.crew)
    if said == AgentSpec(name=spec.name).record() and _PLAIN_NAME.fullmatch(spec.name):
        return slug
    canonical = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return f"{slug}-{blake2b(canonical, digest_size=3).hexdigest()}"


def _said(spec: AgentSpec) -> dict[str, Any]:
    """Return the record without what was found when a run was planned."""
    filled_in = (*spec.by_scenario, *spec.by_catalogue)
    usual: dict[str, Any] = {name: AgentSpec.model_fields[name].default for name in filled_in}
    found = {"policy": None, "oracle": False, "source": None, "package": None}
    plain = {**usual, **found, "by_scenario": (), "by_catalogue": ()}
    said = spec.model_copy(update=plain).record()
    return {**said, "sub_agent": _said(spec.employee)} if spec.employee else said
