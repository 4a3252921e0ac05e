"""Each rule is found where it is broken."""

import sys
from dataclasses import replace

import orjson
import pytest

from tenure.envs import jobs
from tenure.envs.forecasts import Ask, Question
from tenure.envs.tools import ToolCall, tool
from tenure.envs.world import Figure
from tenure.errors import ContractError, UsageError
from tenure.kit import Subject, case_of, checks, find, findings, golden
from tenure.kit.diagnosis import _finding
from tenure.kit.trials import Trials
from tenure.scenarios import Scenario, names
from tests.envs.forecasts.stand import ASKS
from tests.envs.forecasts.stand import JOB as ASKED_JOB
from tests.kit.conftest import forget
from tests.lemonade import JOB, Stand, StandParameters
from tests.runner.stand import scenario


def broken(subject, *only):
    """Return what is wrong with a subject, by check; at once, if only some checks are asked."""
    case = case_of(subject, seed_count=5)
    chosen = [check for check in checks.CHECKS if check.name in only]
    found = [_finding(check, case, {}) for check in chosen] if only else findings(case)
    return {finding.check: finding for finding in found if not finding.ok}


@pytest.fixture
def stand(monkeypatch):
    """Return what one check says of a variant of the lemonade stand; empty if nothing."""

    def check(name, *, days=20, steps=400, **changes):
        mine = {key: changes.pop(key) for key in ("cash_cents", "cups") if key in changes}
        played = scenario(days, steps)
        played = played.model_copy(update={"parameters": played.parameters | mine})
        monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, **changes))
        found = broken(Subject("lemonade", (played,), None), name)
        return found[name].text if found else ""

    return check


def make(count):
    return ToolCall("make_pitchers", {"count": count})


CLOSE = ToolCall("close_for_today")


def one_a_day(_):
    while True:
        yield make(1)
        yield CLOSE


def stops(_):
    yield CLOSE


def test_a_built_in_job_passes_every_check():
    (subject,) = find("vending")
    found = list(findings(case_of(subject)))
    assert [finding for finding in found if not finding.ok] == []
    assert len(found) > 10


@pytest.mark.slow
@pytest.mark.parametrize("scenario_id", names())
def test_every_built_in_scenario_passes_every_check(scenario_id):
    (subject,) = find(scenario_id.partition("/")[0])
    found = findings(case_of(subject, scenario_id))
    assert [finding for finding in found if not finding.ok] == []


def test_a_job_breaks_no_rule_but_the_one_it_breaks():
    """The toy's floor does nothing, so anything beats it."""
    found = broken(Subject("lemonade", (scenario(20),), None))
    assert list(found) == ["attacks"]
    for name in ("spam", "early stop", "replay"):
        assert name in found["attacks"].text
    assert "better simple script" in found["attacks"].advice


def test_a_better_floor_mends_what_spam_can_do(stand):
    policies = {"one": one_a_day, "two": JOB.policies["two-a-day"]}
    assert "spam" in stand("attacks")
    assert "spam" not in stand("attacks", policies=policies, floor="one")


def test_an_exploit_above_the_floor_is_found(stand):
    assert "cheap trick 0." in stand("attacks", exploits={"cheap trick": one_a_day})


def test_a_bound_that_is_exceeded_is_found(stand):
    text = stand("bound", bound=lambda _, __: 2_000)
    assert "two-a-day reaches" in text
    assert text.endswith("the bound is 2,000.")


def test_a_bound_that_only_a_privileged_script_exceeds_is_found(stand):
    trials = Trials(scenario(20, 400), range(1, 6))

    def bound(_, seed):
        return trials.policy_on("clairvoyant", seed).earned - 1

    assert "clairvoyant reaches" in stand("bound", bound=bound)
    assert not stand("bound", bound=bound, oracles={})


def test_a_privileged_script_with_a_policys_name_is_found(stand):
    oracles = {"idle": JOB.oracles["clairvoyant"]}
    assert "'idle' names a privileged script and another" in stand("parts", oracles=oracles)


def test_a_bound_that_is_no_whole_number_is_found(stand):
    assert "bound() returns 2000.5" in stand("bound", bound=lambda _, __: 2000.5)


@pytest.mark.parametrize("name", ["bound", "attacks"])
def test_a_bound_that_is_nowhere_above_the_floor_is_found(stand, name):
    text = stand(name, cash_cents=0, bound=lambda _, __: 0)
    assert text == "The bound is on no seed above the floor: nothing could be measured."


def test_a_ladder_without_a_step_is_found(stand):
    policies = {"idle": JOB.policies["idle"], "still": JOB.policies["idle"]}
    assert "The last policy is not above the floor" in stand("ladder", policies=policies)


def test_a_floor_below_doing_nothing_is_found(stand):
    def wasteful(_):
        yield make(10)
        while True:
            yield CLOSE

    policies = {"wasteful": wasteful, "two": JOB.policies["two-a-day"]}
    text = stand("ladder", policies=policies, floor="wasteful", days=1)
    assert "The floor is below doing nothing" in text


def test_a_limit_that_the_best_policy_exceeds_is_found(stand):
    text = "two-a-day had used up the 30 steps on seed 1 before the end."
    assert stand("limits", steps=30) == text


def talks(_):
    while True:
        yield "close_for_today"


def stumbles(briefing):
    raise KeyError(briefing.seed)
    yield CLOSE


def errs(_):
    yield CLOSE
    while True:
        yield ToolCall("close_for_ever")


def overdoes(_):
    while True:
        yield make(21)


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        (stops, "'odd' returned before its episode was over"),
        (talks, "'odd' yields a str at step 1, not a ToolCall"),
        (lambda _: None, "'odd' is no generator but None"),
        (stumbles, "'odd' raised KeyError: "),
        (errs, "at step 2 on seed 1: Error: There is no tool 'close_for_ever'. Did you mean"),
        (overdoes, "at step 1 on seed 1: Error: make_pitchers: count: input should be less"),
    ],
)
def test_a_script_that_is_none_is_found_at_once_and_named(stand, policy, complaint):
    policies = {"idle": JOB.policies["idle"], "odd": policy, "two": JOB.policies["two-a-day"]}
    assert complaint in stand("parts", policies=policies)


def test_an_exploit_may_make_calls_that_cannot_be(stand):
    assert stand("parts", exploits={"odd": errs}) == ""
    assert "'odd' yields a str" in stand("parts", exploits={"odd": talks})


def test_every_script_that_fails_is_named_at_once(stand):
    policies = {"stops": stops, "errs": errs, "two": JOB.policies["two-a-day"]}
    first, second = stand("parts", policies=policies, floor="two").splitlines()
    assert "'stops' returned" in first
    assert "'errs' makes a call that cannot be" in second


def test_what_one_check_has_told_no_other_tells_again(monkeypatch):
    policies = {"errs": errs, "talks": talks}
    monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, policies=policies, floor="errs"))
    found = [
        one for one in findings(case_of(Subject("lemonade", (scenario(20),), None))) if one.see
    ]
    assert {one.see for one in found} == {"parts"}
    assert {one.text for one in found} == {"not checked: see parts"}
    assert {"figures", "determinism", "ladder"} < {one.check for one in found}


def test_a_floor_that_is_no_policy_is_found_and_the_nearest_named(stand):
    assert stand("parts", floor="idel").endswith("Did you mean 'idle'?")


def test_a_single_policy_is_no_ladder(stand):
    assert "a ladder has two or more" in stand("parts", policies={"idle": JOB.policies["idle"]})


def test_an_exploit_with_the_name_of_a_policy_is_found(stand):
    assert "rename one of them" in stand("parts", exploits={"idle": one_a_day})


def test_what_the_job_raises_is_a_finding_with_its_place(stand):
    def bound(_, __):
        raise ZeroDivisionError("no customers")

    text = stand("bound", bound=bound)
    assert text.startswith("ZeroDivisionError: no customers (")
    assert "test_checks.py, line" in text


def test_a_figure_outside_its_range_is_found(stand):
    class Narrow(Stand):
        figures = (Figure("cash_cents", "money", high=1_010), Stand.figures[1])

    assert "outside its range 0 to 1,010" in stand("figures", world=Narrow)


def test_a_figure_that_is_no_whole_number_is_found(stand):
    class Half(Stand):
        def measure(self):
            return (self.state.cash_cents / 1, self.state.cups)

    assert "cash_cents is 1000.0; figures are whole numbers" in stand("figures", world=Half)


def test_a_missing_value_of_a_figure_is_found(stand):
    class Short(Stand):
        def measure(self):
            return (self.state.cash_cents,)

    assert "1 values for 2 figures" in stand("figures", world=Short)


def test_a_parameter_without_a_default_is_found(stand):
    class Needy(StandParameters):
        cups: int

    class Stall(Stand):
        Parameters = Needy

    assert "The parameter cups has no default" in stand("parts", world=Stall, cups=3)


class Lucky(Stand):
    """A stand where coins are found and lost every day."""

    figures = (*Stand.figures, Figure("found_cents", "coins", low=-(2**53), hidden=True))
    score, luck = "cash_cents", "found_cents"
    mean_cents = 0

    def measure(self):
        day = min(self.state.now_minutes // 1440, self.parameters.horizon_days)
        found = sum(word % 7 - 3 for word in self.chance.words("coins", count=day))
        return (*super().measure(), found + self.mean_cents * day)


def test_luck_with_mean_zero_is_fine_and_any_other_is_found(stand):
    class Biased(Lucky):
        mean_cents = 2

    assert stand("luck", world=Lucky) == ""
    assert "found_cents has the mean 4" in stand("luck", world=Biased)


class Generous(Lucky):
    """Coins are found by whoever has more than enough cups."""

    few = 0

    def measure(self):
        cash, cups, found = super().measure()
        return (cash, cups, found + 50 * (cups > self.few))


def hoarder(_):
    yield make(10)
    while True:
        yield CLOSE


@pytest.mark.parametrize(("few", "days", "name"), [(0, 3, "attack"), (30, 1, "trick")])
def test_luck_that_is_there_for_some_agents_only_is_judged_with_them(stand, few, days, name):
    world = type("Some", (Generous,), {"few": few})
    policies = {"idle": JOB.policies["idle"], "still": JOB.policies["idle"]}
    changes = (
        {"policies": policies, "exploits": {"trick": hoarder}} if few else {"policies": policies}
    )
    text = stand("luck", world=world, days=days, **changes)
    assert text.startswith(f"With {name}")
    assert "found_cents has the mean" in text


class Jackpot(Lucky):
    """A stand where, one day in so many, a coin is found, less what that is worth."""

    one_in = 10**9

    def measure(self):
        cash, cups, _ = super().measure()
        day = min(self.state.now_minutes // 1440, self.parameters.horizon_days)
        words = self.chance.words("jackpot", count=day)
        return (cash, cups, sum(10**6 for word in words if word % self.one_in == 0) - day)


@pytest.mark.parametrize("one_in", [10**9, 400])
def test_luck_of_rare_jumps_is_not_judged(lucky_text, one_in):
    text = lucky_text(type("Rare", (Jackpot,), {"one_in": one_in}))
    assert text.startswith("too rare to judge on 30 seeds with idle, two-a-day, attack 'random'")


def test_it_is_said_with_whom_luck_was_judged(lucky_text):
    names = "idle, two-a-day, attack 'random', attack 'spam'"
    assert lucky_text(Lucky) == f"found_cents has mean zero with {names}, as far as one sees"


@pytest.fixture
def lucky_text(monkeypatch):
    """Return what is said of the luck of a world if nothing is wrong with it."""

    def text(world):
        monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, world=world))
        (check,) = [check for check in checks.CHECKS if check.name == "luck"]
        return check.run(case_of(Subject("lemonade", (scenario(20),), None, "lemonade")))

    return text


def test_a_scenario_with_forecasts_is_checked_with_them(monkeypatch):
    class Lost(Stand):
        def restore(self, snapshot):
            super().restore(snapshot)
            if hasattr(self.state, "forecast_book"):
                self.state.forecast_book.asked += 1

    asked = scenario(20).model_copy(update={"forecasts": ASKS})
    subject = Subject("lemonade", (asked,), None, "lemonade")
    monkeypatch.setattr("tests.lemonade.JOB", replace(ASKED_JOB, world=Lost))
    assert "another digest" in broken(subject, "snapshots")["snapshots"].text
    monkeypatch.setattr("tests.lemonade.JOB", ASKED_JOB)
    assert broken(subject, "tools", "steps", "figures", "end", "snapshots") == {}


def test_luck_that_the_agent_sees_is_found(stand):
    class Open(Lucky):
        figures = (*Stand.figures, Figure("found_cents", "coins", low=-(2**53)))

    assert "The agent sees found_cents" in stand("parts", world=Open)


# --- a project -----------------------------------------------------------------------------------


def edit(folder, file, old, new):
    path = folder / "bakery" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    forget()


def check(folder, name):
    """Return what one check says of a project."""
    (subject,) = find(str(folder))
    return broken(subject, name)[name]


def test_a_changed_rule_without_a_new_version_is_found(bakery):
    edit(bakery, "world.py", "WEATHER_WEIGHTS = (50, 20, 30)", "WEATHER_WEIGHTS = (40, 30, 30)")
    found = check(bakery, "golden")
    assert "bakery/week version 1 no longer leads to what it led to" in found.text
    assert found.advice == (
        f"If the change is meant, raise the version; then `tenure check {bakery} --write-golden`."
    )


def test_a_new_version_asks_for_new_hashes(bakery):
    edit(bakery, "scenarios/week.yaml", "version: 1", "version: 2")
    found = check(bakery, "golden")
    assert "has version 2, golden.json knows version 1" in found.text
    assert found.advice == f"tenure check {bakery} --write-golden"


def test_what_the_model_reads_is_part_of_the_hashes(bakery):
    edit(bakery, "world.py", "Bake loaves to sell today.", "Bake loaves to be sold today.")
    assert "no longer leads to what it led to" in check(bakery, "golden").text
    edit(bakery, "world.py", "Bake loaves to be sold today.", "Bake loaves to sell today.")
    edit(bakery, "scenarios/week.yaml", "You run a bakery", "You own a bakery")
    assert "no longer leads to what it led to" in check(bakery, "golden").text


def test_hashes_are_not_written_over_those_of_the_same_version(bakery):
    path = bakery / "bakery" / "golden.json"
    before = path.read_bytes()
    (subject,) = find(str(bakery))
    assert golden.write(subject.folder, subject.scenarios) == path
    assert path.read_bytes() == before
    edit(bakery, "scenarios/week.yaml", "  steps: 60", "  steps: 61")
    (subject,) = find(str(bakery))
    with pytest.raises(ContractError, match="bakery/week version 1 no longer leads to"):
        golden.write(subject.folder, subject.scenarios)
    assert path.read_bytes() == before
    path.write_bytes(before.replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(ContractError, match="knows version 2 already"):
        golden.write(subject.folder, subject.scenarios)


def test_a_new_scenario_asks_for_its_hashes_alone(bakery):
    scenarios = bakery / "bakery" / "scenarios"
    week = (scenarios / "week.yaml").read_text()
    (scenarios / "again.yaml").write_text(week.replace("bakery/week", "bakery/again"))
    found = check(bakery, "golden")
    assert found.text == "golden.json does not know bakery/again."
    assert found.advice == f"tenure check {bakery} --write-golden"


def test_one_scenario_is_no_plural(bakery):
    (subject,) = find(str(bakery))
    assert golden.compare(subject.folder, subject.scenarios) == "1 scenario as recorded"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "There is no golden.json"),
        (b"{", "is not JSON"),
        (b"[]", "does not map scenarios"),
        (b"{}", "does not know bakery/week"),
        (b'{"bakery/week": 1}', "does not say the version and the seeds of bakery/week"),
    ],
)
def test_a_golden_file_that_does_not_fit_is_found(bakery, content, complaint):
    path = bakery / "bakery" / "golden.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert complaint in check(bakery, "golden").text


def test_a_scenario_that_is_gone_is_found(bakery):
    path = bakery / "bakery" / "golden.json"
    known = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps(known | {"bakery/year": known["bakery/week"]}))
    assert "knows bakery/year, which is no scenario" in check(bakery, "golden").text


HASHED = "next(iter({str(n) for n in range(99)}))"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("world.py", 'self.emit("day"', f"self.emit({HASHED}"),
        ("policies.py", "yield bake(loaves)", f"yield bake(1 + int({HASHED}))"),
    ],
)
def test_an_order_that_hashes_decide_is_found_in_rules_and_scripts(bakery, file, old, new):
    edit(bakery, file, old, new)
    assert "other bytes in a second process" in check(bakery, "determinism").text


def test_floats_that_only_a_script_leads_to_are_found(bakery):
    edit(bakery, "world.py", "state.baked_today += loaves", "state.baked_today += loaves / 1")
    assert "state.baked_today holds the float" in check(bakery, "snapshots").text
    edit(bakery, "world.py", "state.loaves += loaves", "state.loaves += loaves / 1")
    assert ".0; figures are whole numbers" in check(bakery, "figures").text


# --- what is checked -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pyproject", "complaint"),
    [
        ("[project]\nname = 'x'\n", "names no job"),
        ("[project", "is not TOML"),
        ("[project.entry-points.'tenure.jobs']\nvending = 'bakery:JOB'\n", "is taken by the job"),
        ("[project.entry-points.'tenure.jobs']\nBakery = 'bakery:JOB'\n", "cannot name a job"),
        ("[project.entry-points.'tenure.jobs']\nsuites = 'bakery:JOB'\n", "not 'suites'"),
        ("[project.entry-points.'tenure.jobs']\nbakery = 'no_bakery:JOB'\n", "No module named"),
    ],
)
def test_a_project_that_does_not_fit_is_a_usage_error(bakery, pyproject, complaint):
    (bakery / "pyproject.toml").write_text(pyproject)
    with pytest.raises(UsageError, match=complaint):
        find(str(bakery))


def test_a_slip_in_a_projects_file_is_said_with_its_line(bakery):
    world = bakery / "bakery" / "world.py"
    edit(bakery, "world.py", "OPENING_HOUR = 5", "OPENING_HOUR = (5")
    line = world.read_text().splitlines().index("OPENING_HOUR = (5") + 1
    complaint = rf"SyntaxError: .* \({world}, line {line}\)\. Mend it\.$"
    with pytest.raises(UsageError, match=complaint):
        find(str(bakery))
    edit(bakery, "world.py", "OPENING_HOUR = (5", "OPENING_HOUR = 5")
    edit(bakery, "world.py", 'score = "cash_cents"', 'score = "cash"')
    complaint = rf"The score of Bakery is 'cash', .*Known: cash_cents, .*{world}, line"
    with pytest.raises(UsageError, match=complaint):
        find(str(bakery))


def test_a_job_without_scenarios_is_told_how_to_make_one(bakery):
    (bakery / "bakery" / "scenarios" / "week.yaml").unlink()
    with pytest.raises(UsageError, match="tenure new scenario bakery/week --dir"):
        find(str(bakery))


def test_what_is_no_job_and_no_file_names_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'vending'"):
        find("vendin")
    with pytest.raises(UsageError, match=r"no pyproject.toml in it"):
        find(str(tmp_path))
    with pytest.raises(UsageError, match="no scenario file"):
        find(str(tmp_path / "week.yaml"))


def test_a_source_folder_is_found(bakery):
    (bakery / "src").mkdir()
    (bakery / "bakery").rename(bakery / "src" / "bakery")
    (subject,) = find(str(bakery))
    assert subject.folder == bakery / "src" / "bakery"


def test_the_scenario_with_the_fewest_steps_is_played_unless_another_is_named():
    (subject,) = find("vending")
    assert case_of(subject).scenario.id == "vending/week"
    assert case_of(subject, "vending/year").scenario.id == "vending/year"
    with pytest.raises(UsageError, match="Did you mean 'vending/month'"):
        case_of(subject, "vending/mont")


def test_an_empty_title_is_found():
    untitled = Scenario.model_validate({**scenario().model_dump(), "title": " "})
    found = broken(Subject("lemonade", (untitled,), None), "scenario")
    assert "has no title" in found["scenario"].text


def test_the_registry_remembers_the_faces_of_a_job():
    assert [face.id for face in jobs.faces("lemonade")] == ["tests/Lemonade-v0"]
    assert jobs.faces("no such job") == ()


def test_a_policy_is_not_asked_for_more_once_its_episode_is_over(monkeypatch):
    heard = []

    def attentive(_):
        while True:
            heard.append((yield CLOSE))

    monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, policies={"attentive": attentive}))
    play = Trials(scenario(5, 40), [1, 2]).policy_on("attentive", 1)
    assert play.finished
    assert len(heard) == len(play.actions) - 1


def test_a_question_that_changes_the_world_is_found(monkeypatch):
    def outcome(world, _asked):
        world.state.cash_cents += 1
        return world.state.cups

    question = Question(lambda _: "How many cups?", "cups", "quantiles", outcome, days_ahead=1)
    monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, questions={"cups": question}))
    asks = (Ask(question="cups", first_day=1, dont_know_price_milli=1),)
    asking = scenario(5, 40).model_copy(update={"forecasts": asks})
    found = broken(Subject("lemonade", (asking,), None), "forecasts")
    assert "outcome" in found["forecasts"].text
    assert "cups" in found["forecasts"].text


def test_a_tool_that_leaves_the_program_is_a_finding(stand):
    class Leaving(Stand):
        @tool(minutes=5)
        def leave(self) -> str:
            """Go."""
            sys.exit(3)

    assert "SystemExit" in stand("steps", world=Leaving)
