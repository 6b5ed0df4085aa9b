"""`docs/commands.md`, written from the commands themselves: `python -m tests.docs.commands` writes it anew."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any, Final

import click

from serving.cli import cli
from tests.docs.pages import ROOT

PAGE: Final = ROOT / "docs" / "commands.md"
WHOLE_WORDS: Final[dict[str, Any]] = {"break_long_words": False, "break_on_hyphens": False}
HEAD: Final = """
Every command and every option, as `--help` says it: this page is written from there (`python -m tests.docs.commands`),
and a test compares them. From a checkout, `python3 run.py outreach` stands for `outreach`. `--help` (`-h`) explains
each command, and `outreach` itself has one option besides, `--version`.

A command ends with 0: done, and what was made is whole; 1: something went away, or was found; 2: the input or an option
cannot be used. One line on standard error says what to do. What the codes mean for each command, and what a second run
does: [`scheduling.md`](scheduling.md#exit-codes). What no option says, the [settings](settings.md) say.
"""
MORE: Final = {  # where a command has a page of its own
    "batch": "batch.md",
    "demo": "../README.md",
    "doctor": "doctor.md",
    "erase": "privacy.md#erasing",
    "experiment": "experiments.md",
    "explain": "for_chat_engineers.md",
    "feed": "events.md#the-past-from-a-file",
    "keys": "keys.md",
    "monitor": "experiments.md",
    "plan": "experiments.md",
    "policy": "policy_files.md",
    "replay": "replay.md",
    "serve": "serving.md",
    "table": "history.md",
    "train": "for_ml_engineers.md",
}
YOURS: Final = "*Not run by the tests: what it names is yours. Its words and options are held to the command.*"
ON_YOURS: Final = (
    *("explain", "keys revoke", "keys rotate", "promote", "rollback", "table"),
    *("monitor release", "experiment stop", "policy review"),
)


def commands(
    group: click.Group = cli, path: tuple[str, ...] = (), parent: click.Context | None = None
) -> Iterator[tuple[tuple[str, ...], click.Command, click.Context]]:
    """Yield every command with its words and its context, groups before what is in them."""
    context = click.Context(group, info_name=path[-1] if path else "outreach", parent=parent)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        yield (*path, name), found, click.Context(found, info_name=name, parent=context)
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name), context)


def section(path: tuple[str, ...], command: click.Command, context: click.Context) -> str:
    """Return what the page says of one command."""
    parts = [f"{'#' * (1 + len(path))} {' '.join(path)}", words(command.help or "")]
    if not isinstance(command, click.Group):
        usage = " ".join(command.collect_usage_pieces(context))
        parts.append(f"`outreach {' '.join(path)} {usage}`")
        parts += [options(command, context), f"    {example(command)}"]
        if " ".join(path) in ON_YOURS:
            parts.append(YOURS)
    if len(path) == 1 and path[0] in MORE:
        parts.append(f"More: [`{MORE[path[0]].removeprefix('../')}`]({MORE[path[0]]}).")
    return "\n\n".join(part for part in parts if part)


def words(text: str) -> str:
    """Return a help text in paragraphs, each wrapped."""
    return "\n\n".join(textwrap.fill(" ".join(part.split()), 138, **WHOLE_WORDS) for part in text.strip().split("\n\n"))


def example(command: click.Command) -> str:
    """Return the example that its help ends with."""
    return " ".join((command.epilog or "").split()).removeprefix("Example: ")


def options(command: click.Command, context: click.Context) -> str:
    """Return its options as a table, or nothing where it has none but `--help`."""
    told = [param.get_help_record(context) for param in command.params if isinstance(param, click.Option)]
    rows = [f"| `{cell(name)}` | {cell(said)} |" for name, said in filter(None, told)]
    return "\n".join(["| option | what |", "|---|---|", *rows]) if rows else ""


def cell(text: str) -> str:
    """Return a help text as a cell of a table."""
    flat = re.sub(r"\s+", " ", text).strip()
    return flat.replace("|", "\\|")


def page() -> str:
    """Return the page."""
    return "\n\n".join(["# Commands", words(HEAD), *(section(*each) for each in commands())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
