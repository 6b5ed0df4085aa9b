"""Every block of every page runs, is read, is another test's, or says why not; `tests.docs` says the rules."""

import configparser
from itertools import groupby
from pathlib import Path

import click
import pytest
import yaml

from model.errors import OutreachError
from tests.docs.data import READ
from tests.docs.pages import COMMAND, Block, all_blocks, pages
from tests.docs.reading import read_elsewhere
from tests.docs.stage import Stage, commands_in, given

RUN = ("sh", COMMAND, "python", "js", "javascript")
OURS = [each for name in pages() for each in all_blocks(name) if each.reason is None and each not in read_elsewhere()]


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    """Whatever is neither run nor read here is another test's, or says why not."""
    actual = [each.name for each in OURS if each.language not in RUN and each.language not in READ]
    assert actual == []


@pytest.mark.parametrize("language", READ)
def test_data_can_be_read(language: str, tmp_path: Path) -> None:
    """As what it is: settings as settings, a policy as a policy."""
    failed = []
    for each in (each for each in OURS if each.language == language):
        try:
            READ[language](each.text, tmp_path)
        except (OutreachError, ValueError, yaml.YAMLError, configparser.Error) as error:
            failed.append(f"{each.name}: {error}")
    assert failed == []


@pytest.mark.parametrize(
    "those",
    [list(each) for _, each in groupby((each for each in OURS if each.language in RUN), key=lambda each: each.page)],
    ids=lambda those: those[0].page,
)
def test_commands_and_programs_run(those: list[Block], stage: Stage) -> None:
    """Those of a page one after the other, as a reader would."""
    failed = []
    for each in those:
        try:
            stage.run(each)
        except AssertionError as error:
            failed.append(f"{each.name}: {error}")
    assert failed == []


@pytest.mark.parametrize("name", pages())
def test_every_command_of_ours_can_be_given(name: str) -> None:
    """Also what another test runs, and what is not run: no page names a command or an option that is none."""
    failed = []
    for each in all_blocks(name):
        for words in commands_in(each.text) if each.language in ("sh", COMMAND) else []:
            try:
                given(words)
            except (click.ClickException, AssertionError) as error:
                failed.append(f"{each.name}: {' '.join(words)}: {error}")
    assert failed == []
