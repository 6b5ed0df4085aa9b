"""The programs of docs/scheduling.md: they compile, what they import is there, and their commands are ours."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from serving.cli import cli
from tests.docs.pages import blocks
from tests.scheduling.stage import candidates

SCHEDULERS = ("airflow", "dagster")
PROGRAMS = dict(zip(SCHEDULERS, blocks("docs/scheduling.md", "python"), strict=True))
ROOT = Path(__file__).parents[2]


def imported(text: str, package: str) -> list[str]:
    """Return what a program imports from a package."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    return [name.name for node in found for name in node.names if str(node.module).startswith(package)]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_program_compiles_and_imports_the_scheduler(scheduler: str) -> None:
    """As Python reads it; it is about this scheduler and no other."""
    compile(PROGRAMS[scheduler], scheduler, "exec")
    actual = {name: bool(imported(PROGRAMS[scheduler], name)) for name in SCHEDULERS}
    assert actual == {name: name == scheduler for name in SCHEDULERS}


def commands(text: str) -> list[list[str]]:
    """Return the command lines of ours that stand in a program's strings, with words for what it fills in."""
    texts = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    joined = [ast.unparse(node)[2:-1] for node in ast.walk(ast.parse(text)) if isinstance(node, ast.JoinedStr)]
    found = [
        re.search(r"(?:^|outreach )((?:batch|table|train|replay) .*--.*)", str(line)) for line in [*texts, *joined]
    ]
    return [re.sub(r"\{[^}]*\}", "x", line[1]).split() for line in found if line]


def test_every_run_of_a_month_has_a_table_of_its_own() -> None:
    """Rule 2: what an old run trains on again is not what a later one wrote."""
    written = re.findall(r"(\S+)/(?:table\.parquet|roles\.toml|artefact)", PROGRAMS["airflow"])
    assert ('new = f"learning/{DAY}"' in PROGRAMS["airflow"], set(written)) == (True, {"{new}"})


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_its_commands_have_options_that_we_have(scheduler: str) -> None:
    """Every `--option` of a command line is one of that command."""
    wrong = []
    for name, *words in commands(PROGRAMS[scheduler]):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        wrong += [(name, word) for word in words if word.startswith("--") and word not in known]
    assert (wrong, bool(commands(PROGRAMS[scheduler]))) == ([], True)


def test_the_shell_script_runs(tmp_path: Path) -> None:
    """With the command on the path, to the first success."""
    script = tmp_path / "outreach"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m serving.cli "$@"\n')
    script.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        candidates()
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    (text,) = blocks("docs/scheduling.md", "sh")
    done = subprocess.run(["sh", "-c", text], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (done.returncode, (tmp_path / "decisions" / "_SUCCESS").exists()) == (0, True)
