"""How mails are worded."""

import re
from itertools import groupby

from tenure.envs.supply_line.terms import STAGES
from tests.envs.supply_line.play import (
    HOSTILE,
    KINDS,
    SEEDS,
    STORMY,
    draw,
    mails,
)


def test_mails_count_weeks_from_1_as_the_clock_does():
    line, written = draw(1, **STORMY), mails(1, **STORMY)
    told = {
        "rumour": [one.from_week for one in line.incidents.rumours],
        "cost_sheet": [one.sheet.from_week for one in line.sheet_notices],
    }
    for kind, weeks in told.items():
        bodies = [mail.body for mail in written if mail.kind == kind]
        assert bodies
        for body, week in zip(bodies, weeks, strict=True):
            assert re.search(rf"\bweek {week + 1}\b", body)


def test_a_cost_sheet_is_told_with_all_its_costs():
    for notice in draw(1, **STORMY).sheet_notices:
        (mail,) = (m for m in mails(1, **STORMY) if (m.kind, m.week) == ("cost_sheet", notice.week))
        for name, cents in zip(STAGES, notice.sheet.holding_cents, strict=True):
            assert f"{name} ${cents // 100}.{cents % 100:02d}" in mail.body
        assert mail.facts["holding_cents"] == list(notice.sheet.holding_cents)


def test_every_kind_is_told_in_several_ways():
    said = {}
    for seed in SEEDS:
        for mail in mails(seed, **HOSTILE):
            key = (mail.kind, *(mail.facts.get(name) for name in ("about", "manager", "asks")))
            said.setdefault(key, set()).add(mail.subject)
    assert len(said) == 1 + 3 + 2 + 1 + 4
    assert all(len(subjects) > 1 for subjects in said.values())


def test_one_seed_tells_a_kind_in_several_ways_too():
    bodies = {mail.body.split()[0] for mail in mails(1, **STORMY) if mail.kind == "cost_sheet"}
    assert len(bodies) > 1


def test_no_kind_of_mail_has_its_place_among_those_of_a_monday():
    firsts = {
        mails_of_week[0].kind
        for seed in SEEDS
        for _, group in groupby(mails(seed, **HOSTILE), key=lambda mail: mail.week)
        if len(mails_of_week := list(group)) > 1
    }
    assert firsts == set().union(*KINDS.values())


def test_kinds_come_in_weeks_of_their_own():
    line = draw(1, **STORMY).incidents
    kinds = [line.rumours, line.spoofs, line.targets[::2], line.closures]
    weeks = {tuple(one.week for one in kind) for kind in kinds}
    assert len(weeks) == len(kinds)
