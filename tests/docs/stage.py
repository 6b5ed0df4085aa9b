"""Where the blocks of a page run: a folder of its own, our command in this process, and a running API beside it."""

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

import click
import pytest
from playwright._impl._driver import compute_driver_executable

from serving.cli import cli, run
from serving.setting_values import PLATFORM_SECRETS
from tests.docs.pages import ROOT, VARIABLE, Block

NODE: Final = compute_driver_executable()[0]  # it comes with a package of the tests, so that nothing skips
OURS: Final = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:if )?(?:python3? run\.py outreach|outreach) ")
ASSIGNED: Final = re.compile(r"^([A-Z_]+)=([^\s$]+)$", re.MULTILINE)
WHOLE: Final = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:python3? run\.py outreach|outreach) ")
CUT_SHORT: Final = re.compile(r"\bOPTIONS\b|…")  # a synopsis, not a command
NOT_BEGUN: Final = ("serve", "demo", "train", "policy verify", "policy learn")  # endless, or minutes: other tests do
RUN_PY: Final = re.compile(r"^python3 run\.py (demo|test)( [\w/.-]+)*$")  # tests/test_run.py begins these
CODE: Final = re.compile(r"\s# exit code (\d)\b")
FILES: Final = "/var/lib/outreach/"
ADDRESSES: Final = ("http://127.0.0.1:8080", "https://outreach.internal")
SECRET: Final = "a-secret-of-the-platform"


@dataclass
class Stage:
    """A folder with files to work on, and an API; `run` runs one block there, and fails where that fails."""

    folder: Path
    api: str
    key: str
    patch: pytest.MonkeyPatch

    def environment(self) -> dict[str, str]:
        """Return the variables of a reader's terminal, with none of ours."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        path = f"{self.folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
        mine = {"API": self.api, "KEY": self.key, "ADMIN": self.key, "PATH": path, "PYTHONPATH": str(ROOT)}
        mine |= {"HOME": str(self.folder)}
        mine |= {f"OUTREACH_{name.upper()}": SECRET for name in PLATFORM_SECRETS}
        return clean | mine

    def run(self, block: Block) -> None:
        """Run a block by its language."""
        match block.language:
            case "python":
                self.program([sys.executable], ".py", block.text)
            case "js" | "javascript":
                self.program([NODE], ".mjs", block.text)
            case _:
                self.shell(block.text)

    def program(self, starting: list[str], suffix: str, text: str) -> str:
        """Run a program of its own, from a file in the folder, and return what it printed."""
        path = self.folder / f"block{suffix}"
        path.write_text(self.here(text), encoding="utf-8")
        return self.ended([*starting, path.name], text)

    def shell(self, text: str) -> None:
        """Run commands: ours one by one in this process where they are whole lines, anything else as one script."""
        commands = text.replace("\\\n", " ").splitlines()
        if not all(simple(line) for line in commands):
            script = self.here(text).replace("python3 run.py outreach", "outreach")
            self.ended(["bash", "-euo", "pipefail", "-c", script], text)
            return
        for line in commands:
            if line.strip() and not line.startswith("#"):
                self.command(line)

    def command(self, line: str) -> None:
        """Run one line of ours and compare its exit code with what the page says."""
        said = CODE.search(line)
        words = shlex.split(self.here(line), comments=True)
        if RUN_PY.match(" ".join(words)):
            return None
        while VARIABLE.match(words[0]):
            self.patch.setenv(*words.pop(0).split("=", 1))
        words = words[3:] if words[0].startswith("python") else words[1:]
        if " ".join(words).startswith(NOT_BEGUN):
            return given(words)
        self.patch.chdir(self.folder)
        self.patch.setattr(sys, "stdin", io.StringIO("y\n" * 9))
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as wrong:
            code = run(words)
        assert code == int(said[1] if said else 0), f"{line}\n{out.getvalue()[-500:]}{wrong.getvalue()}"
        return None

    def ended(self, command: list[str], text: str) -> str:
        """Let a process end, in the folder, and return what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            input="y\n" * 9,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout[-1000:]}{done.stderr}"
        return done.stdout

    def here(self, text: str) -> str:
        """Return a text with our address and this folder in the place of those that a page names."""
        for address in ADDRESSES:
            text = text.replace(address, self.api)
        return text.replace(FILES, f"{self.folder}/")


def simple(line: str) -> bool:
    """Say whether a line is a whole command of ours, without anything that a shell would do."""
    bare = line.split("#", maxsplit=1)[0].strip()
    ours = bool(WHOLE.match(bare) or RUN_PY.match(bare))
    return not bare or (ours and not set(bare) & set("|><$&;"))


def commands_in(text: str) -> list[list[str]]:
    """Return the words of each command of ours in a text, also behind variables and before a pipe."""
    found = []
    named = dict(ASSIGNED.findall(text))
    for line in text.replace("\\\n", " ").splitlines():
        if OURS.match(line.strip()) and not CUT_SHORT.search(line):
            lexed = shlex.shlex(
                OURS.sub("", Template(line.strip()).safe_substitute(named)), posix=True, punctuation_chars="|><&;"
            )
            lexed.whitespace_split = True
            words = list(lexed)
            end = next((at for at, word in enumerate(words) if set(word) <= set("|><&;")), len(words))
            found.append(words[:end])
    return found


def given(words: list[str]) -> None:
    """Give a command what it would be begun with: every option is one, and every value can be read."""
    command: click.Command = cli
    context = click.Context(command, info_name="outreach")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    with suppress(click.exceptions.Exit), redirect_stdout(io.StringIO()):  # as `--help` ends
        command.make_context(command.name, list(words), parent=context.parent)
