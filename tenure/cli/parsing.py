"""A command-line parser whose complaints are sentences that name the nearest valid choice."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from tenure.errors import UsageError, nearest


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` instead of ending the process."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(
            prog=prog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **options,
        )

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Read the arguments.

        Raises:
            UsageError: If an option is unknown, or a value is missing or does not fit.
        """
        self._refuse_unknown_options(arguments)
        parsed, extra = self.parse_known_args(arguments)
        if extra:
            raise UsageError(f"{self.prog} does not take {extra[0]!r}. See `{self.prog} --help`.")
        return parsed

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found as a `UsageError`."""
        sentence = f"{message[:1].upper()}{message[1:]}"
        end = "" if sentence.endswith((".", "?")) else "."
        raise UsageError(f"{sentence}{end} See `{self.prog} --help`.")

    def _refuse_unknown_options(self, arguments: Sequence[str]) -> None:
        for argument in arguments:
            option = argument.partition("=")[0]
            if option.startswith("--") and option not in self._option_string_actions:
                known = [name for name in self._option_string_actions if name.startswith("--")]
                raise UsageError(f"{self.prog} has no option {option}. {nearest(option, known)}")


def add_options(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup,  # argparse names it nowhere else
    options: Mapping[str, Mapping[str, Any]],
) -> None:
    """Add options from a table: by flag, what `add_argument` takes."""
    for flag, said in options.items():
        parser.add_argument(flag, **said)


def choice(*choices: str) -> Callable[[str], str]:
    """Return an argparse type that takes one of the given words."""

    def word(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(f"No {text!r}. {nearest(text, choices)}")
        return text

    return word


def whole_number(least: int) -> Callable[[str], int]:
    """Return an argparse type that takes whole numbers from `least` on."""

    def number(text: str) -> int:
        if not text.lstrip("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of {least} or more")
        return int(text)

    return number


def positive(text: str) -> float:
    """Read a number above 0, as an argparse type."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number
