"""What holds for every command."""

import subprocess
import sys

import pytest

from tenure import __version__
from tenure.cli import _COMMANDS, main
from tests.cli.tenure_command import start

HEAVY = ("numpy", "pydantic", "gymnasium", "rich", "httpx", "yaml", "matplotlib", "asyncio")


def test_without_a_command_it_introduces_itself(capsys):
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 0
    assert "Can a model hold down a job?" in capsys.readouterr().out


def test_its_help_names_every_command_and_every_exit_code(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in _COMMANDS)
    assert all(f"\n  {code} " in text for code in (0, 1, 2, 3, 130))


def test_it_tells_its_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"tenure {__version__}\n"


@pytest.mark.parametrize("name", _COMMANDS)
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: tenure {name}")


@pytest.mark.parametrize("name", [None, *_COMMANDS])
def test_help_imports_nothing_heavy(name):
    words = [name, "--help"] if name else ["--help"]
    code = (
        "import sys; from tenure.cli import main\n"
        f"try: main({words})\n"
        f"except SystemExit: print(sorted({set(HEAVY)} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rnu"], "There is no command 'rnu'. Did you mean 'run'?"),
        (["--verison"], "tenure has no option --verison. Did you mean '--version'?"),
        (["run", "x", "--agnet", "y"], "tenure run has no option --agnet. Did you mean '--agent'?"),
        (["run", "x"], "The following arguments are required: --agent. See `tenure run --help`."),
        (["doctor", "now"], "tenure doctor does not take 'now'. See `tenure doctor --help`."),
        (
            ["run", "x", "--protocol", "tool"],
            "Argument --protocol: No 'tool'. Did you mean 'tools'? See `tenure run --help`.",
        ),
        (
            ["run", "x", "--episodes", "0"],
            "Argument --episodes: '0' is not a whole number of 1 or more. See `tenure run --help`.",
        ),
    ],
)
def test_a_command_that_does_not_fit_is_a_sentence_and_exit_code_2(words, sentence, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err == f"tenure: {sentence}\n"
    assert captured.out == ""


def test_a_reader_who_has_seen_enough_is_no_error():
    process = start("scenarios")
    process.stdout.close()
    assert process.wait(timeout=20) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_what_the_system_refuses_is_a_sentence_and_an_exit_code_of_its_own(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    out = str(tmp_path / "file" / "run")
    words = ["run", "vending/week", "--agent", "null", "--max-steps", "2", "--out", out]
    assert main(words) == 4
    assert "Not a directory" in capsys.readouterr().err


LATER = {
    *("gymnasium", "jinja2", "matplotlib", "pettingzoo"),
    *("tenure.runner.arena", "tenure.runner.processes", "tenure.runner.shards"),
    *("tenure.runner.suite", "tenure.scoring.report", "tenure.scoring.scorecard"),
}


def test_a_run_imports_what_its_first_request_does_not_need_after_it(tmp_path):
    code = (
        "import os, sys\n"
        "def hear(event, _):\n"
        "    if event == 'socket.connect':\n"
        f"        print(sorted({LATER} & set(sys.modules)), flush=True)\n"
        "        os._exit(0)\n"
        "sys.addaudithook(hear)\n"
        "from tenure.cli import main\n"
        "address = ['--base-url', 'http://127.0.0.1:9/v1']\n"
        f"out = ['--out', {str(tmp_path / 'run')!r}]\n"
        "main(['run', 'vending/week', '--agent', 'openai/stub', *address, *out])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.stdout == "[]\n", process.stderr
