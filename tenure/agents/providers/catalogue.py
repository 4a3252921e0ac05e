"""Who serves models: each provider's API, address, key variable, quirks and prices, as data.

`catalogue.yaml` and `prices.yaml` have those that Tenure knows. A file of the same form, named by
`--providers` or TENURE_PROVIDERS, adds others, or says something else of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tenure.agents.providers.prices import Price, is_named, price_of
from tenure.agents.spec import AgentSpec, Api, BaseUrl, KeyVariable, Looked, Quirk, check_base_url
from tenure.envs.tables import table
from tenure.errors import UsageError, nearest

FILE_VARIABLE = "TENURE_PROVIDERS"
"""Names a file with more providers."""
_SEEDLESS: tuple[Api, ...] = ("responses", "messages")
_NAME = r"^(?!(local|human|mcp)$)[a-z0-9][a-z0-9._-]*$"
"""Names of providers; the three that are left out mean other agents."""


class Variant(BaseModel):
    """Models of a provider with quirks of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    models: tuple[str, ...] = Field(min_length=1)
    quirks: tuple[Quirk, ...]


class Service(BaseModel):
    """What is known of a provider.

    Attributes:
        api: How it is spoken to.
        base_url: Where it is; `None` if every user has an own address.
        key_variable: The environment variable that holds the key; empty if it needs none.
        base_url_variable: The environment variable that can name another address.
        quirks: What it does in its own way.
        variants: Models with further quirks.
        prices: What its models cost; what is not there is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api: Literal["chat", "responses", "messages", "gemini"] = "chat"
    base_url: BaseUrl | None = None
    key_variable: KeyVariable = ""
    base_url_variable: KeyVariable = ""
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()
    prices: tuple[Price, ...] = ()

    @property
    def needs_key(self) -> bool:
        """Whether it answers nobody without a key: what runs on this machine may do so."""
        return bool(self.key_variable) and not _is_here(self.base_url or "")


Catalogue = Mapping[str, Service]
"""Providers by name."""


def settle(
    spec: AgentSpec, catalogue: Catalogue, environment: Mapping[str, str], day: date
) -> AgentSpec:
    """Return the spec with what the catalogue says of its provider, where nobody said otherwise.

    Done once, when a run is planned, so that plan and record say which endpoint answered, which
    variable holds the key, and at what price. An endpoint of one's own has no quirks and no price
    but those that are stated. Specifications of anything else, and settled ones, stay as they are.

    Args:
        spec: A model, mostly.
        catalogue: The providers.
        environment: May name another address than the provider's own.
        day: On which prices are looked up.

    Raises:
        UsageError: If there is no such provider, it has no address, or its API takes no seed.
    """
    if not spec.is_model or spec.provider == "local" or spec.key_variable is not None:
        return spec
    service = _find(spec.provider, catalogue)
    url = spec.base_url or url_in(environment, spec.provider, service)
    known = _known(spec, service, day) if url in (None, service.base_url) else {}
    said = {"key_variable": service.key_variable, **known}
    if spec.api == "auto":
        said["api"] = service.api
    looked = tuple(name for name in get_args(Looked) if name in said)
    settled = spec.model_copy(update={"base_url": url, **said, "by_catalogue": looked})
    if settled.request_seed is not None and settled.api in _SEEDLESS:
        raise UsageError(f"{spec.name}: its API takes no seed; leave request_seed out.")
    return settled


def key_of(spec: AgentSpec, environment: Mapping[str, str]) -> str:
    """Return the key of a settled spec's provider; empty for none.

    Raises:
        UsageError: If there is none and the provider's own endpoint wants one, or it is damaged;
            the message does not show it.
    """
    variable = spec.key_variable or ""
    key = environment.get(variable, "").strip() if variable else ""
    if any(not "!" <= character <= "~" for character in key):
        raise UsageError(f"{variable} holds characters that no key has; paste it again.")
    is_own = "base_url" not in spec.by_catalogue or _is_here(spec.base_url or "")
    if variable and not key and not is_own:
        raise UsageError(
            f"{spec.name} needs a key: set {variable},"
            f" or name an endpoint of your own with --base-url or {url_variable(spec.provider)}."
        )
    return key


def url_variable(provider: str, service: Service | None = None) -> str:
    """Return the environment variable that can name another address of a provider."""
    stated = service.base_url_variable if service else ""
    return stated or f"{provider.upper().replace('-', '_').replace('.', '_')}_BASE_URL"


def load(environment: Mapping[str, str], path: str | None = None) -> Catalogue:
    """Return all providers: Tenure's own, and those of a file.

    Args:
        environment: Names the file, unless `path` does.
        path: The file.

    Raises:
        UsageError: If the file is not there or does not fit.
    """
    named = path or environment.get(FILE_VARIABLE, "").strip()
    return {**_builtin(), **_added(Path(named))} if named else _builtin()


@cache
def _builtin() -> dict[str, Service]:
    stated = _yaml("catalogue.yaml")
    for name, prices in _yaml("prices.yaml").items():
        stated[name]["prices"] = prices
    return _services(stated)


def _yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = table(files(__package__).joinpath(name).read_text("utf-8"))
    return content


def _added(path: Path) -> dict[str, Service]:
    """Read a user's file; what it says of a provider that Tenure knows is laid over that."""
    try:
        stated = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"The providers' file {path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"The providers' file {path} is not YAML.") from None
    if not isinstance(stated, dict) or not all(isinstance(one, dict) for one in stated.values()):
        raise UsageError(f"The providers' file {path} does not map names of providers to fields.")
    known = {name: one.model_dump(by_alias=True) for name, one in _builtin().items()}
    try:
        return _services({name: {**known.get(name, {}), **one} for name, one in stated.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"The providers' file {path}: {where}: {first['msg']}.") from None


def _services(stated: Mapping[str, Any]) -> dict[str, Service]:
    for name in stated:
        if not re.fullmatch(_NAME, name):
            raise UsageError(f"{name!r} cannot name a provider: small letters, digits and ._- can.")
    return TypeAdapter(dict[str, Service]).validate_python(stated)


def _find(provider: str, catalogue: Catalogue) -> Service:
    if provider in catalogue:
        return catalogue[provider]
    hint = nearest(provider, catalogue)
    raise UsageError(f"There is no provider {provider!r}. {hint} `tenure agents` lists them.")


def url_in(environment: Mapping[str, str], provider: str, service: Service) -> str | None:
    """Return the address that the environment names.

    Raises:
        UsageError: If it cannot be a base URL; the message does not show it.
    """
    variable = url_variable(provider, service)
    stated = environment.get(variable, "").strip()
    if not stated:
        return None
    try:
        return check_base_url(stated)
    except ValueError as error:
        raise UsageError(f"{variable} does not fit: {error}.") from None


def _known(spec: AgentSpec, service: Service, day: date) -> dict[str, Any]:
    """Return what is known of a model at its provider's own address."""
    if service.base_url is None:
        raise UsageError(f"{spec.name} needs an address: name it with --base-url.")
    special = [one.quirks for one in service.variants if is_named(spec.model, one.models)]
    quirks = (*service.quirks, *(quirk for some in special for quirk in some))
    priced = spec.input_usd_per_mtok is not None or spec.output_usd_per_mtok is not None
    price = {} if priced else price_of(service.prices, spec, day)
    return {"base_url": service.base_url, "quirks": quirks, **price}


def _is_here(url: str) -> bool:
    """Tell whether an address is this machine's own."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
