"""What the agent's own words cost: output tokens, billed to the business once a week.

Every step's tokens count at `token_price_cents_per_million`. The bill comes at the midnight that
ends each seventh day, after the daily fee, and once more at the end, after the last card money.
The bank gives no credit: what it cannot pay stays owed and is on the next bill; what is owed at
the end is never paid. Parts of a cent go over to the next bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.envs.vending.money import dollars
from tenure.envs.vending.town import Town
from tenure.envs.world import NOTHING, Step
from tenure.errors import ContractError

BILLING_DAYS = 7
CHARS_PER_TOKEN = 4
"""The estimate for an action of which nobody counted the tokens."""

_MICROCENTS = 1_000_000
_MOST_TOKENS = 10**9
_TOKENS = "output_tokens"


def estimated_tokens(action: str) -> int:
    """Return how many tokens an action is taken to have, rounded up."""
    return -(-len(action) // CHARS_PER_TOKEN)


class Metering(Town):
    """The meter and its bills."""

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens cost anything here."""
        return self.parameters.token_price_cents_per_million > 0

    def step(self, action: str, outside: Mapping[str, Any] = NOTHING) -> Step:
        """Do what an action says, once its tokens are on the meter."""
        if self.counts_tokens and not self.state.ended and _TOKENS not in outside:
            self._meter(estimated_tokens(action))
        return super().step(action, outside)

    def take_in(self, outside: Mapping[str, Any]) -> None:
        """Take in the number of tokens that the model wrote; the rest is for others."""
        rest = {name: value for name, value in outside.items() if name != _TOKENS}
        if rest or not self.counts_tokens:
            super().take_in(rest or outside)
        if _TOKENS in outside:
            tokens = outside[_TOKENS]
            if type(tokens) is not int or not 0 <= tokens <= _MOST_TOKENS:
                raise ContractError(f"{_TOKENS} is {tokens!r}; it must be an int from 0 to 10**9.")
            self._meter(tokens)

    def _meter(self, tokens: int) -> None:
        self.state.token_microcents += tokens * self.parameters.token_price_cents_per_million

    def _bill_tokens(self, day: int) -> str:
        """Bill what was written if a day ends a week or the business; return what to tell of it."""
        state = self.state
        if not self.counts_tokens or ((day + 1) % BILLING_DAYS and not state.ended):
            return ""
        cents, state.token_microcents = divmod(state.token_microcents, _MICROCENTS)
        due_cents = state.token_owed_cents + cents
        paid_cents = min(due_cents, state.bank_cents)
        state.token_owed_cents = due_cents - paid_cents
        state.token_fees_cents += paid_cents
        if paid_cents:
            self._book(-paid_cents, "output tokens")
        owed_cents = state.token_owed_cents
        self.emit("token_bill", cents=cents, paid_cents=paid_cents, owed_cents=owed_cents)
        owed = f"; {dollars(owed_cents)} stays owed" if owed_cents else ""
        told = f"{dollars(cents)} since the last bill, {dollars(paid_cents)} paid{owed}"
        return f"\nOutput tokens: {told}."
