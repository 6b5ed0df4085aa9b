"""Every recipe: short, listed, with commands that are commands and names that are names."""

import re
import shlex
from pathlib import Path

import click
import pytest

from serving.cli import cli
from serving.settings import KEYS, PREFIX
from tests.recipes.shell import DOCS, RECIPES, blocks, indented, variables

INDEX = DOCS / "recipes.md"
PAGES = sorted(RECIPES.glob("*.md"))
LONGEST = 90
RELAY = {"OUTREACH_URL", "OUTREACH_KEY"}  # a relay's own variables, of docs/relay.md


def of(pages: list[Path]) -> list[object]:
    """Mark each page by its name."""
    return [pytest.param(page, id=page.stem) for page in pages]


def commands(page: Path) -> list[list[str]]:
    """Return the lines of ours on a page, from the word after `outreach` on, without what a shell adds."""
    lines = [*indented(page), *(line for text in blocks(page, "sh") for line in text.splitlines())]
    found = [re.search(r"^(?:\w+=\S+ |docker compose .* exec api )?outreach ((?!-)\w.*)", line) for line in lines]
    ours = [hit[1] for hit in found if hit]
    return [shlex.split(re.sub(r"\s[>#].*|\s\\$", "", line)) for line in ours]


@pytest.mark.parametrize("page", of(PAGES))
def test_a_recipe_is_short_and_listed(page: Path) -> None:
    """One page, found from the index, and it says what goes wrong."""
    text = page.read_text("utf-8")
    listed = f"(recipes/{page.name})" in INDEX.read_text("utf-8")
    assert (len(text.splitlines()) <= LONGEST, listed, "\n## What goes wrong\n" in text) == (True, True, True)


def test_the_index_lists_nothing_else() -> None:
    """No link to a recipe that is not there."""
    named = set(re.findall(r"\(recipes/(\w+)\.md", INDEX.read_text("utf-8")))
    assert named == {page.stem for page in PAGES}


@pytest.mark.parametrize("page", of([*PAGES, INDEX]))
def test_its_commands_are_commands(page: Path) -> None:
    """Each name, and every option given to it."""
    wrong = []
    for words in commands(page):
        command: click.Command | None = cli
        context, rest = click.Context(cli), list(words)
        while isinstance(command, click.Group) and rest:
            command, name = command.get_command(context, rest[0]), rest.pop(0)
            if command is None:
                wrong.append(name)
        known = {option for parameter in command.params for option in parameter.opts} if command else set()
        wrong += [word for word in rest if word.startswith("--") and word not in known]
    assert wrong == []


def test_there_are_commands() -> None:
    """What is looked for is found: on the index, and where keys are made and models promoted."""
    actual = {page.stem: [words[0] for words in commands(page)] for page in (INDEX, RECIPES / "mlflow.md")}
    assert actual == {
        "recipes": ["keys", "keys"],
        "mlflow": ["serve", "train", "promote", "train", "promote", "rollback"],
    }


@pytest.mark.parametrize("page", of([*PAGES, INDEX]))
def test_every_variable_is_a_setting(page: Path) -> None:
    """`OUTREACH_…` anywhere on it, but a relay's two."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", page.read_text("utf-8"))) - RELAY
    assert [name for name in sorted(named) if name.removeprefix(PREFIX).lower() not in KEYS] == []


@pytest.mark.parametrize("page", of([*PAGES, INDEX]))
def test_an_environment_file_can_be_read(page: Path) -> None:
    """Lines of NAME=VALUE, as systemd and Docker read them."""
    names = [name for text in blocks(page, "ini") for name in variables(text)]
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Z_]*", name)] == []
