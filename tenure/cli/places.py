"""What the command line says of where work is done, and where its records are."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.cli.parsing import Parser, whole_number

if TYPE_CHECKING:
    from tenure.runner.run import Place
    from tenure.runner.store import Store
    from tenure.scoring.spread import Spread


def define_workers(parser: Parser, usual: str = "as many as are worth their start") -> None:
    """Add the option that says how many processes work."""
    number = whole_number(1)
    parser.add_argument("--workers", metavar="N", type=number, help=f"processes at work ({usual})")


def define_source(parser: Parser, name: str, help: str) -> None:  # noqa: A002  as argparse has it
    """Add an argument that is a path, or a URL of a store; see `from_store`."""
    parser.add_argument(name, type=path_or_url, help=f"{help}, or its URL in a store")
    parser.set_defaults(shown=str)


def path_or_url(text: str) -> Path | str:
    """Return what names a file or a folder: a path, or a URL as it is."""
    scheme, mark, _ = text.partition("://")
    return text if mark and scheme.isalnum() else Path(text)


def local_path(text: str) -> Path:
    """Return a path of this machine, for an option that takes no URL."""
    if isinstance(path_or_url(text), str):
        raise argparse.ArgumentTypeError(f"{text} is a URL, and a path of this machine is needed")
    return Path(text)


def from_store(
    act: Callable[[argparse.Namespace], int], name: str
) -> Callable[[argparse.Namespace], int]:
    """Let a command that reads a path take a URL too.

    While it acts, `options.shown` tells how a person knows a path.
    """

    def act_on_copy(options: argparse.Namespace) -> int:
        where: Path | str = getattr(options, name)
        if isinstance(where, Path):
            return act(options)
        from tenure.runner.store import working_copy

        with working_copy(where) as store:
            options.shown = store.shown
            setattr(options, name, store.copy_of(where))
            return act(options)

    return act_on_copy


@contextmanager
def played_into(options: argparse.Namespace) -> Iterator[None]:
    """Let `--out` be a URL: while this lasts it is the path of the working copy."""
    options.shown, options.store = str, None
    if not isinstance(options.out, str):
        yield
        return
    from tenure.runner.store import played_in

    with played_in(options.out) as store:
        options.shown, options.store, options.out = store.shown, store, store.folder
        yield


def spreading(options: argparse.Namespace) -> Spread:
    """Return how work on many records is done."""
    from tenure.runner.processes import spread

    return partial(spread, workers=options.workers)


def place_of(options: argparse.Namespace) -> Place:
    """Return where episodes are played."""
    from tenure.runner.inline import play_here
    from tenure.runner.run import play_where_fast

    if options.on:
        return _cluster(options.on, options.workers, options.store)
    if options.workers is None:
        return play_where_fast
    return _processes(options.workers) if options.workers > 1 else play_here


def _processes(workers: int) -> Place:
    from tenure.runner.processes import play_in_processes

    return partial(play_in_processes, workers=workers)


def _cluster(address: str, workers: int | None, store: Store | None) -> Place:
    from tenure.runner.on_ray import play_on_ray

    return partial(play_on_ray, address=address, workers=workers, store=store)
