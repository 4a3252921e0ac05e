"""A proven upper bound on the sum of all final balances.

Proof, from that of the single world (`tenure.envs.vending.bound`):

1. What seats send each other leaves the sum of their balances as it is, and goods that change hands
   were bought from a wholesaler by one of them, so the sum grows by what the units sold brought to
   the banks, less at least the lowest floor for each of them that was not there at the start.
   No fees are counted: money that is kept with another seat would escape them.
2. A machine never faces more customers than it would alone (`split.divide` caps it so), and alone
   beside rivals it faces at most as many as without them. So what each machine's sales bring, less
   the floors, is at most what the single world's bound has for a machine.
3. Mishaps of the other machines differ from those of the single world. The bound uses one of them
   only: whether a coin jam may stand on the last day. All of that day's revenue is taken to count.
"""

from __future__ import annotations

from tenure.envs.vending.arena.state import ArenaParameters
from tenure.envs.vending.bound import upper_bound
from tenure.envs.vending.state import VendingParameters


def total_bound(parameters: ArenaParameters, seed: int) -> int:
    """Return a sum of balances in cents that no agents together can exceed at the end."""
    facts = parameters.model_dump(include=set(VendingParameters.model_fields))
    alone = VendingParameters(**{**facts, "card_share_permille": 1000, "daily_fee_cents": 0})
    return parameters.seats * upper_bound(alone, seed)
