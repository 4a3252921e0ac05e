"""The colours of agents differ in both themes, for the colour-blind too."""

import re
from itertools import combinations

import numpy as np
import pytest

from tenure.scoring.report import figures
from tenure.scoring.report.page import asset

SIGHT = {
    "full": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
"""What is left of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1)."""

# Oklab (Ottosson 2020): linear RGB to cone responses, their cube roots to a space of even steps.
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
EVEN = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
FIRST = 5


def theme(name):
    """Return the agents' colours and the card under them, in linear RGB."""
    light, dark = asset("look.css").split("@media (prefers-color-scheme: dark)")
    text = {"light": light, "dark": dark}[name]
    names = [*(f"agent-{index}" for index in range(figures.COLOURS)), "card"]
    digits = [re.search(rf"--{name}: #(\w{{6}})", text)[1] for name in names]
    values = np.array([list(bytes.fromhex(code)) for code in digits]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def nearest(colours, sight):
    """Return the distance of the two colours that look most alike."""
    seen = np.clip(colours @ np.transpose(SIGHT[sight]), 0, 1)
    even = np.cbrt(seen @ np.transpose(CONES)) @ np.transpose(EVEN)
    return min(np.linalg.norm(first - second) for first, second in combinations(even, 2))


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_first_colours_are_far_apart_in_full_sight(name):
    assert nearest(theme(name)[:FIRST], "full") >= 0.24


@pytest.mark.parametrize("sight", ["no red", "no green", "no blue"])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_colour_blind_can_tell_agents_apart(name, sight):
    assert nearest(theme(name)[:FIRST], sight) >= 0.14
    assert nearest(theme(name)[:-1], sight) >= 0.11


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_line_stands_out_from_its_card(name):
    """WCAG 2, 1.4.11: at least 3 for what is not text."""
    *lines, card = theme(name) @ [0.2126, 0.7152, 0.0722] + 0.05
    assert min(max(line, card) / min(line, card) for line in lines) >= 3
