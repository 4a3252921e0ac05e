"""`tenure view`: look at runs and episodes in a browser, from this machine alone."""

from __future__ import annotations

import argparse
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tenure.cli.exits import Exit
from tenure.cli.parsing import Parser, whole_number
from tenure.cli.terminal import say
from tenure.errors import UsageError

HOST = "127.0.0.1"

_EPILOG = """\
The page is served by this command, from this machine to this machine, until Ctrl-C; it asks nothing
of any other. Keys: arrows go by step, with Shift by day, / searches, ? lists the rest.

examples:
  tenure view RUN
  tenure view runs --port 8123 --no-browser"""


def _define(parser: Parser) -> Callable[[argparse.Namespace], int]:
    parser.epilog = _EPILOG
    parser.add_argument(
        "path", type=Path, help="a run, a suite's run, a folder of runs, or an episode's file"
    )
    parser.add_argument(
        "--port", metavar="P", type=whole_number(0), default=0, help="the port (a free one)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return _view


COMMANDS = {"view": _define}


def _view(options: argparse.Namespace) -> int:
    try:
        import uvicorn

        from tenure.view.server import make_app
    except ModuleNotFoundError:
        raise UsageError(
            "`tenure view` needs the extra `view`: pip install 'tenure[view]'."
        ) from None
    if options.path.is_file():
        from tenure.scoring.records import read_partial

        read_partial(options.path)  # one that is damaged is told here, and not in a browser
    listening = _listen(options.port)
    with listening:
        port = listening.getsockname()[1]
        app = make_app(options.path, port)
        address = f"http://{HOST}:{port}/"
        say(f"{address}  (Ctrl-C ends it)")
        sys.stdout.flush()
        if not options.no_browser:
            webbrowser.open(address)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        with suppress(KeyboardInterrupt):  # it has ended what was under way
            server.run(sockets=[listening])
    return Exit.DONE


def _listen(port: int) -> socket.socket:
    """Return a socket that listens on this machine's own address.

    Raises:
        UsageError: If the port is taken, or there is no such port.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except (OSError, OverflowError) as error:
        listening.close()
        raise UsageError(
            f"Port {port} cannot be had on {HOST}: {error}. Choose another with --port, or "
            "leave it out."
        ) from None
    return listening
