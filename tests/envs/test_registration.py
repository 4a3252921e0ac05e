"""Gymnasium knows our environments whoever is imported first; jobs do not import it."""

import subprocess
import sys

import pytest

MAKE = 'print(gymnasium.make("tenure/Vending-v1").spec.id)'


def printed(*lines: str) -> str:
    command = [sys.executable, "-W", "error", "-c", "\n".join(lines)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "imports",
    [
        "import gymnasium, tenure.envs",
        "import tenure.envs, gymnasium",
        "import tenure.envs.clock, gymnasium.spaces",
        "import tenure.envs.vending.env, gymnasium",
    ],
)
def test_an_environment_can_be_made_in_whatever_order_the_two_are_imported(imports: str) -> None:
    assert printed(imports, MAKE) == "tenure/Vending-v1"


def test_jobs_are_imported_without_gymnasium() -> None:
    heavy = 'print("gymnasium" in sys.modules)'
    assert printed("import sys, tenure.envs.vending, tenure.envs.supply_line", heavy) == "False"


def test_gymnasium_is_left_as_it_would_be_without_us() -> None:
    loader = "print(vars(gymnasium.__spec__.loader).keys(), len(sys.meta_path))"
    alone = printed("import sys, gymnasium", loader)
    assert printed("import sys, tenure.envs, gymnasium", loader) == alone


def test_an_id_that_is_registered_twice_stays_what_it_was_first() -> None:
    again = 'registration.register("CartPole-v1", "no.such:Env", "")'
    spec = 'print(gymnasium.spec("CartPole-v1").entry_point)'
    lines = ("from tenure.envs import registration", again, "import gymnasium", spec)
    assert printed(*lines) == "gymnasium.envs.classic_control.cartpole:CartPoleEnv"
