"""What is wrong with the blocks of a page: each check names those that fail it."""

import configparser
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click
import yaml

from model.errors import OutreachError
from tests.docs.data import READ
from tests.docs.pages import COMMAND, Block, indented, is_command
from tests.docs.reading import read_elsewhere
from tests.docs.stage import Stage, commands_in, given

RUN: Final = ("sh", COMMAND, "python", "js", "javascript")
WRONG: Final = (AssertionError, OutreachError, ValueError, yaml.YAMLError, configparser.Error, click.ClickException)


def ours(blocks: Iterable[Block]) -> list[Block]:
    """Return those that are run or read here: without a reason, and without a test of their own."""
    return [each for each in blocks if each.reason is None and each not in read_elsewhere()]


def of_no_kind(blocks: Iterable[Block]) -> list[str]:
    """Name those of ours that are neither run nor read here."""
    return [each.name for each in ours(blocks) if each.language not in RUN and each.language not in READ]


def no_commands(text: str) -> list[str]:
    """Return the first word of each indented paragraph of a page that is no command."""
    return [re.split(r"[\s{]", each.strip())[0] for _, each in indented(text) if not is_command(each)]


def unreadable(blocks: Iterable[Block], folder: Path) -> list[str]:
    """Say which blocks of data cannot be read as what they are."""
    those = [each for each in ours(blocks) if each.language in READ]
    return failing(those, lambda each: READ[each.language](each.text, folder))


def that_fail(blocks: Iterable[Block], stage: Stage) -> list[str]:
    """Say which commands and programs fail, one after the other as a reader would run them."""
    return failing([each for each in ours(blocks) if each.language in RUN], stage.run)


def not_to_be_given(blocks: Iterable[Block]) -> list[str]:
    """Say which blocks hold a command or an option of ours that is none, be they run or not."""

    def check(each: Block) -> None:
        for words in commands_in(each.text):
            given(words)

    return failing([each for each in blocks if each.language in ("sh", COMMAND)], check)


def failing(blocks: Iterable[Block], check: Callable[[Block], None]) -> list[str]:
    """Return where a check fails, and what it says."""
    said = []
    for each in blocks:
        try:
            check(each)
        except WRONG as error:
            said.append(f"{each.name}: {error}")
    return said
