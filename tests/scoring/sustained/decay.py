"""A shopkeeper that restocks less and less from day 150 on."""

from tenure.envs.chance import Chance, below
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.vending.policies.shopkeeper import shopkeeper
from tenure.envs.vending.policies.texts import read_day

FIRST_DAY, LAST_DAY = 150, 330


def decaying(briefing: Briefing) -> Policy:
    """Keep shop; from day 150 on leave out more of the restocking, from day 330 on all of it."""
    keeper, dice, day, asked = shopkeeper(briefing), Chance(briefing.seed), 1, 0
    call, text = next(keeper), briefing.opening
    while True:
        due = (day - FIRST_DAY) * 1000 // (LAST_DAY - FIRST_DAY)
        asked += 1
        if call.name == "stock_slot" and below(dice.word("lazy", "", at=asked), 1000) < due:
            call = keeper.send(text)  # believes that it was done, and sees tomorrow that it was not
            continue
        text = yield call
        if call.name == "wait_for_next_day":
            day, _ = read_day(text)
        call = keeper.send(text)
