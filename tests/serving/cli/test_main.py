"""The command line as a whole: help with an example for everything, one-line errors, exit codes."""

import tomllib
from pathlib import Path

import click
import pytest

from serving.cli import COMMANDS, cli, refuse, run, told


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree with its path."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


def test_every_help_has_an_example() -> None:
    """`--help` ends with a line that can be pasted, and it is about this command."""
    actual = [" ".join(path) for path, command in commands(cli) if not is_example(command.epilog, path)]
    assert actual == []


def test_every_command_is_described_in_a_line_of_its_group() -> None:
    """At 80 columns none of them is cut: 62 signs are left beside the longest name."""
    told = {" ".join(path): command.get_short_help_str(1000) for path, command in commands(cli)}
    assert {name: text for name, text in told.items() if len(text) > 62} == {}
    assert [name for name, text in told.items() if not text.endswith(".")] == []


def is_example(epilog: str | None, path: tuple[str, ...]) -> bool:
    """Whether a help's last line is an example of this very command."""
    return epilog is not None and epilog.startswith(f"Example: outreach {' '.join(path)}")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help is printed on standard output with exit code 0."""
    actual = run([name, "--help"])
    assert actual == 0
    assert "Example: outreach" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["train"],
        ["train", "no-such-table.csv", "--roles", "no-such-roles.toml", "--out", "x"],
        ["train", "t.csv", "--roles", "r.toml", "--out", "x", "--attempt", "0"],
        ["score", "nothing.csv", "--model", "nowhere", "--out", "x.parquet"],
        ["batch", "nothing.csv", "--out", "x"],
        ["batch", "nothing.csv", "--out", "x", "--at", "2026-11-20T09:00:00"],
        ["batch", "nothing.csv", "--out", "x", "--at", "tomorrow"],
        ["serve", "--port", "70000"],
        ["keys", "create", "--scope", "everything", "--ledger", "sqlite://"],
        ["keys", "revoke", "nobody", "--ledger", "sqlite://"],
        ["keys", "rotate", "nobody", "--ledger", "sqlite://"],
        ["keys", "list", "--ledger", "mongodb://somewhere"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line on standard error that starts with the command's name, nothing on standard output."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    actual = run(arguments)
    shown = capsys.readouterr()
    assert (actual, shown.out, len(shown.err.splitlines())) == (2, "", 1)
    assert shown.err.startswith("outreach: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["policy", "xyz"],
            (
                "there is no command `xyz` in `outreach policy`; the commands are approvals, judge, learn, lint, "
                "reasons, refused, review, schema, verify"
            ),
        ),
        (["policy", "lnt"], "there is no command `lnt` in `outreach policy`; did you mean `lint`?"),
        (["trian"], "there is no command `trian` in `outreach`; did you mean `train`?"),
        (["experiment", "stat"], "there is no command `stat` in `outreach experiment`; did you mean `start`?"),
        (
            ["serve", "--port", "x"],
            "Invalid value for '--port': 'x' is not a whole number; see `outreach serve --help`",
        ),
        (
            ["plan", "--control-rate", "x"],
            "Invalid value for '--control-rate': 'x' is not a number; see `outreach plan --help`",
        ),
        (["demo", "--loop", "--exit"], "`--loop` leaves nothing running; leave `--exit` out"),
        (["explain", "d-1", "--verbose"], "No such option '--verbose'; see `outreach explain --help`"),
        (["keys", "list", "x"], "Got unexpected extra argument (x); see `outreach keys list --help`"),
        (["explain"], "Missing argument 'DECISION_ID'; see `outreach explain --help`"),
        (["keys", "create"], "Missing option '--scope'; see `outreach keys create --help`"),
        (["explain", "d-1", "--ledger"], "Option '--ledger' requires an argument; see `outreach --help`"),
        (["explain", "d-1", "--jso"], "No such option '--jso'. Did you mean '--json'? see `outreach explain --help`"),
        (["--loud"], "No such option '--loud'; see `outreach --help`"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_typing_error_is_told_what_to_do(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands of the group, or where the help stands; in one line, exit 2."""
    actual = run(arguments)
    assert (actual, capsys.readouterr().err) == (2, f"outreach: {said}\n")


def test_what_says_it_already_says_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A message of our own brings its next step."""
    run(["policy", "refused", "--json", "--csv"])
    assert capsys.readouterr().err == "outreach: `--json` and `--csv` are two forms of the same list; keep one\n"


def test_nothing_asked_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """`outreach` alone shows what there is."""
    run([])
    assert "Commands:" in capsys.readouterr().out


def test_the_version_is_the_distributions(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the installed distribution, and that is the one of `pyproject.toml`."""
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())["project"]
    actual = (run(["--version"]), capsys.readouterr().out)
    assert actual == (0, f"outreach, version {project['version']}\n")


def test_a_full_disk_is_no_fault_of_the_program() -> None:
    """Writing and flushing raise errors that name no file."""
    assert told(OSError(28, "No space left on device")) == (
        "No space left on device; mend the disk or its permissions, or name another place",
        1,
    )


def test_signs_that_steer_a_terminal_are_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """A name from somebody's file cannot colour or clear the screen."""
    assert refuse("column `\x1b[31mx`", 2) == 2
    assert capsys.readouterr().err == "outreach: column `?[31mx`\n"
