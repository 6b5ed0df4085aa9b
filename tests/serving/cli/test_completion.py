"""Completion as a real shell asks for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from serving.cli import run
from serving.cli.completion import SHELLS

ASKS = """
. ./script
COMP_WORDS=({words}) COMP_CWORD={place}
_outreach_completion outreach
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script for bash, and a command `outreach` on a path of its own."""
    folder = tmp_path_factory.mktemp("completion")
    done = subprocess.run(
        [sys.executable, "-m", "serving.cli", "completion", "bash"], capture_output=True, text=True, check=True
    )
    (folder / "script").write_text(done.stdout)
    command = folder / "outreach"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m serving.cli "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here; its completion is what is tested")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["outreach", "exp"], ["experiment", "explain"]),
        (["outreach", "experiment", "st"], ["start", "status", "stop"]),
        (["outreach", "serve", "--work"], ["--workers"]),
        (["outreach", "completion", "f"], ["fish"]),
    ],
    ids=" ".join,
)
def test_bash_completes_commands_options_and_choices(words: list[str], expected: list[str], home: Path) -> None:
    """What stands after TAB is what the command knows."""
    asked = ASKS.format(words=" ".join(words), place=len(words) - 1)
    path = f"{home}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", asked], cwd=home, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert sorted(done.stdout.split()) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_of_its_own(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It asks the command by one variable."""
    actual = (run(["completion", shell]), f"_OUTREACH_COMPLETE={shell}_complete" in capsys.readouterr().out)
    assert actual == (0, True)
