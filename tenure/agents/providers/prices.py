"""What a request costs: by prices that were stated or looked up when the run was planned.

`prices.yaml` has what providers charge for a million tokens, from which day on, and where that was
read. What is not there is unknown, never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from tenure.agents.providers.contract import Usage
from tenure.agents.spec import AgentSpec

_Usd = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
"""How the names of dated versions of a model end; they cost what the model costs."""


class Price(BaseModel):
    """What some models cost for some time, in US dollars per million tokens.

    Attributes:
        models: Their names; `*` stands for anything. A date at the end of a model's name, such as
            `-2026-09-29`, is not looked at.
        input: Tokens read.
        cached: Tokens read from a cache; `None` for the price of other input.
        cache_write: Tokens written to a cache; `None` for the price of other input.
        output: Tokens written, reasoning included.
        up_to_tokens: The longest prompt at these prices; longer ones cost more.
        since: The first day.
        until: The last day, if there is one.
        source: Where it was read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    models: tuple[str, ...] = Field(min_length=1)
    input: _Usd
    cached: _Usd | None = None
    cache_write: _Usd | None = None
    output: _Usd
    up_to_tokens: int | None = Field(default=None, gt=0)
    since: date = Field(alias="from")
    until: date | None = None
    source: str = Field(min_length=1)

    def holds(self, model: str, day: date, window_tokens: int) -> bool:
        """Tell whether a model costs that on a day, with prompts of up to that many tokens."""
        return (
            is_named(model, self.models)
            and self.since <= day
            and (self.until is None or day <= self.until)
            and (self.up_to_tokens is None or window_tokens <= self.up_to_tokens)
        )


def price_of(prices: Iterable[Price], spec: AgentSpec, day: date) -> dict[str, Any]:
    """Return a model's price on a day as settings of its specification; empty if unknown.

    Of several that hold, the latest counts.
    """
    found = [price for price in prices if price.holds(spec.model, day, spec.window_tokens)]
    if not found:
        return {}
    price = max(found, key=lambda one: one.since)
    settings = {
        "input_usd_per_mtok": price.input,
        "cached_usd_per_mtok": price.cached,
        "cache_write_usd_per_mtok": price.cache_write,
        "output_usd_per_mtok": price.output,
        "price_source": f"{price.source} (from {price.since})",
    }
    return {name: value for name, value in settings.items() if value is not None}


def cost_usd(spec: AgentSpec, usage: Usage | None, stated: float | None) -> float | None:
    """Return what a request cost in US dollars, or `None` if that is unknown.

    Prices that somebody stated count first, then what the provider says, then prices of the table.

    Args:
        spec: The prices.
        usage: The tokens, or `None` if unknown.
        stated: What the provider says.
    """
    if stated is not None and (spec.price_source or spec.output_usd_per_mtok is None):
        return stated
    if usage is None or spec.input_usd_per_mtok is None or spec.output_usd_per_mtok is None:
        return stated
    return _by_the_token(spec, usage, spec.input_usd_per_mtok, spec.output_usd_per_mtok)


def _by_the_token(spec: AgentSpec, usage: Usage, input_price: float, output_price: float) -> float:
    cached_tokens = min(usage["cached_tokens"], usage["input_tokens"])
    stored_tokens = min(usage["cache_write_tokens"], usage["input_tokens"] - cached_tokens)
    fresh_tokens = usage["input_tokens"] - cached_tokens - stored_tokens
    cached_price, stored_price = spec.cached_usd_per_mtok, spec.cache_write_usd_per_mtok
    paid = (
        fresh_tokens * input_price
        + cached_tokens * (input_price if cached_price is None else cached_price)
        + stored_tokens * (input_price if stored_price is None else stored_price)
        + usage["output_tokens"] * output_price
    )
    return paid / 1_000_000


def is_named(model: str, patterns: Iterable[str]) -> bool:
    """Tell whether a model, or what it is a dated version of, is named by one of some patterns."""
    names = (model, _SNAPSHOT.sub("", model))
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)
