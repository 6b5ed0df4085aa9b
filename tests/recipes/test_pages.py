"""Every recipe: short, listed, with names that are names."""

import re
from pathlib import Path

import pytest

from serving.settings import KEYS, PREFIX
from tests.docs.pages import ROOT, blocks
from tests.recipes.shell import DOCS, RECIPES, variables

INDEX = DOCS / "recipes.md"
PAGES = sorted(RECIPES.glob("*.md"))
LONGEST = 90
RELAY = {"OUTREACH_URL", "OUTREACH_KEY"}  # a relay's own variables, of docs/relay.md


def of(pages: list[Path]) -> list[object]:
    """Mark each page by its name."""
    return [pytest.param(page, id=page.stem) for page in pages]


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
def test_every_variable_is_a_setting(page: Path) -> None:
    """`OUTREACH_…` anywhere on it, but a relay's two."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", page.read_text("utf-8"))) - RELAY
    assert [name for name in sorted(named) if name.removeprefix(PREFIX).lower() not in KEYS] == []


@pytest.mark.parametrize("page", of([*PAGES, INDEX]))
def test_an_environment_file_can_be_read(page: Path) -> None:
    """Lines of NAME=VALUE, as systemd and Docker read them."""
    names = [name for text in blocks(page.relative_to(ROOT).as_posix(), "ini") for name in variables(text)]
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Z_]*", name)] == []
