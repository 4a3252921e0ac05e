"""Print how well suppliers read mail: precision and recall of acts and order lines on a corpus.

python -m benchmarks.mail_reading --errors
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from tenure.envs.vending.moves import Act, read_move
from tenure.envs.vending.names import Names
from tenure.envs.vending.products import Product, pool
from tenure.envs.vending.reading import Intent, read

CORPUS = Path(__file__).with_name("mail_corpus.yaml")
FILLINGS = 5


class Example(NamedTuple):
    """A mail and what a person reads in it."""

    text: str
    acts: frozenset[str]
    lines: frozenset[tuple[str, int]]


class Tally(NamedTuple):
    """Things found rightly, found wrongly, and missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def examples() -> list[Example]:
    """Read the corpus the reader was tuned on: the whole letters, then the frames filled in."""
    corpus = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
    return [*map(_example, corpus["mails"]), *_filled(corpus)]


def unseen() -> list[Example]:
    """Read the letters the reader was not tuned on."""
    corpus = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))
    return [*map(_example, corpus["unseen"])]


def _example(one: dict) -> Example:
    return Example(one["text"], frozenset(one["acts"]), frozenset(one.get("lines", {}).items()))


def _filled(corpus: dict) -> Iterator[Example]:
    goods, counts, prices = corpus["goods"], corpus["counts"], corpus["prices"]
    turn = 0
    for frame in corpus["frames"]:
        for _ in range(FILLINGS):
            named = {key: goods[(turn + 5 * at) % len(goods)] for at, key in enumerate("abc")}
            numbers = {key: counts[(turn + 3 * at) % len(counts)] for at, key in enumerate("nmp")}
            text = frame["text"].format(
                **{key: name for key, (name, _) in named.items()},
                **numbers,
                x=prices[turn % len(prices)],
            )
            lines = {(named[k][1], numbers[n]) for k, n in frame.get("lines", {}).items()}
            yield Example(text, frozenset(frame["acts"]), frozenset(lines))
            turn += 1


def names() -> Names:
    """Return the names of the corpus' catalogue."""
    carried = yaml.safe_load(CORPUS.read_text(encoding="utf-8"))["catalogue"]
    return Names(
        [
            Product(one.id, one.name, one.size, one.category, 50, 150, -2000, 1000)
            for one in pool()
            if one.id in carried
        ]
    )


def read_example(text: str, index: Names) -> tuple[frozenset[str], frozenset[tuple[str, int]]]:
    """Return the acts and the clear order lines that a supplier reads."""
    reading = read("", text, index)
    acts = frozenset(act.value for act in read_move("", text, reading, {}).acts)
    lines = reading.lines if reading.intent is Intent.ORDER else ()
    return acts, frozenset((line.product_id, line.quantity) for line in lines if line.quantity)


def measure(mails: Sequence[Example]) -> dict[str, Tally]:
    """Return a tally for each act and for order lines."""
    index, found = names(), Counter()
    for example in mails:
        acts, lines = read_example(example.text, index)
        for act in Act:
            found[act.value, act.value in acts, act.value in example.acts] += 1
        found["order line", True, True] += len(lines & example.lines)
        found["order line", True, False] += len(lines - example.lines)
        found["order line", False, True] += len(example.lines - lines)
    return {
        name: Tally(found[name, True, True], found[name, True, False], found[name, False, True])
        for name in [*(act.value for act in Act), "order line"]
    }


def _print(title: str, mails: Sequence[Example], *, errors: bool) -> None:
    print(f"{title}: {len(mails)} mails")
    print(f"{'':<14}{'in corpus':>10}{'precision':>11}{'recall':>8}")
    for name, tally in measure(mails).items():
        total = tally.right + tally.missed
        print(f"{name:<14}{total:>10}{tally.precision:>11.3f}{tally.recall:>8.3f}")
    index = names()
    for one in mails if errors else ():
        acts, lines = read_example(one.text, index)
        if (acts, lines) != (one.acts, one.lines):
            print(f"\n{one.text}\n  read {sorted(acts)} {sorted(lines)}")
            print(f"  not  {sorted(one.acts)} {sorted(one.lines)}")


def main() -> None:
    """Print the tables, and with --errors every mail that is read otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="print the mails read wrongly")
    options = parser.parse_args()
    _print("Tuned on", examples(), errors=options.errors)
    _print("Unseen", unseen(), errors=options.errors)


if __name__ == "__main__":
    main()
