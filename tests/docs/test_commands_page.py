"""docs/commands.md: what `--help` says, of every command and every option."""

import click
import pytest

from tests.docs.commands import MORE, PAGE, commands, page
from tests.docs.pages import all_blocks
from tests.docs.stage import commands_in

LEAVES = [(path, command) for path, command, _ in commands() if not isinstance(command, click.Group)]


def test_the_page_is_what_the_commands_say() -> None:
    """`python -m tests.docs.commands` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize(("path", "command"), LEAVES, ids=[" ".join(path) for path, _ in LEAVES])
def test_every_command_says_what_it_and_its_options_are_for(path: tuple[str, ...], command: click.Command) -> None:
    """And has an example, which is one of that very command."""
    silent = [param.name for param in command.params if isinstance(param, click.Option) and not param.help]
    shown = [tuple(words[: len(path)]) for each in all_blocks("docs/commands.md") for words in commands_in(each.text)]
    assert (bool(command.help), silent, path in shown) == (True, [], True)


def test_only_commands_that_there_are_have_a_page_of_their_own() -> None:
    """The table of links names no other."""
    assert set(MORE) <= {path[0] for path, _, _ in commands()}
