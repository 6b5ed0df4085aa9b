"""The five pages for people: short, in order, true, and the one without code has none."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.glob("for_*.md"))
NOTEBOOKS = DOCS.parent / "notebooks"
CODE = re.compile(r"^```|^    \S|`(?:python3|outreach|curl|POST|GET|PUT)\b", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_read_in_one_sitting(page: Path) -> None:
    """Sixty to 120 lines, none so long that nobody reads it to its end."""
    lines = page.read_text("utf-8").splitlines()
    assert (60 <= len(lines) <= 120, [line for line in lines if len(line) > 140 and not line.startswith("|")]) == (
        True,
        [],
    )


def test_there_is_one_for_each_kind_of_reader() -> None:
    """And both indexes lead to each."""
    kinds = ["analysts", "chat_engineers", "cx_leads", "data_engineers", "ml_engineers"]
    indexes = [(DOCS.parent / "README.md").read_text("utf-8"), (DOCS / "README.md").read_text("utf-8")]
    assert [page.name for page in PAGES] == [f"for_{kind}.md" for kind in kinds]
    assert [page.name for page in PAGES for index in indexes if f"{page.name})" not in index] == []


def test_leads_meet_no_code() -> None:
    """No block, no command, no address of the API; the other pages have some, so the check can fail."""
    found = {page.stem for page in PAGES if CODE.search(page.read_text("utf-8"))}
    assert found == {page.stem for page in PAGES} - {"for_cx_leads"}


def test_leads_are_sent_to_pages_of_the_console_that_are_there() -> None:
    """Whatever their week says to open is a page, by its name."""
    week = (DOCS / "for_cx_leads.md").read_text("utf-8").split("## Your week")[1].split("\n## ")[0]
    opened = [row.split("|")[2].split(",")[0].strip() for row in week.splitlines() if row.startswith("| ")][1:]
    pages = re.findall(r"^\| ([A-Z][\w ]+) \| ", (DOCS / "console.md").read_text("utf-8"), re.MULTILINE)
    assert ([name for name in opened if name not in pages], len(opened) > 4) == ([], True)


def test_analysts_find_every_notebook() -> None:
    """By the name of its file."""
    page = (DOCS / "for_analysts.md").read_text("utf-8")
    assert [path.name for path in NOTEBOOKS.glob("*.ipynb") if f"`{path.name}`" not in page] == []
