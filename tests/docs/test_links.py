"""No page is an orphan, and every relative link leads to a file and a heading that are there."""

from pathlib import Path

import pytest

from tests.docs.linked import anchors, broken, reached, slug

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FRONT = [*ROOT.glob("*.md"), ROOT / "data" / "README.md", ROOT / "benchmarks" / "README.md"]
PAGES = sorted([*FRONT, *DOCS.rglob("*.md"), *(ROOT / "benchmarks" / "results").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    """To a file of the project, and where it names one, to a heading that the file has."""
    assert broken([page], ROOT) == []


def test_no_page_is_an_orphan() -> None:
    """Whoever begins at the index of the documentation finds every page of it."""
    hidden = {path.resolve() for path in DOCS.rglob("*.md")} - reached(DOCS / "README.md")
    assert sorted(str(page.relative_to(ROOT)) for page in hidden) == []


def test_the_first_page_leads_to_the_index() -> None:
    """And by it to everything else."""
    assert (DOCS / "README.md").resolve() in reached(ROOT / "README.md")


def test_the_checks_can_fail(tmp_path: Path) -> None:
    """A file and a heading that are not there, a picture, a way out of the project; code and addresses are no links."""
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text(
        "[a](other.md#there) [b](other.md#not) [c](gone.md) [d](#here) [e](https://example.org/gone.md)\n"
        '`[f](gone.md)` <img src="gone.svg" alt="">\n```md\n[g](gone.md)\n```\n[h](../outside.md)\n# Here\n'
    )
    other.write_text("# There\n## There\n")
    (tmp_path / "orphan.md").write_text("# Nobody comes\n")
    expected = ["page.md: other.md#not", "page.md: gone.md", "page.md: ../outside.md", "page.md: gone.svg"]
    assert broken([page], tmp_path) == expected
    assert (reached(page) & set(tmp_path.glob("*.md")), anchors(other)) == ({page, other}, {"there", "there-1"})


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("First, the `ledger`", "first-the-ledger"),
        ("What 10⁹ cost", "what-10-cost"),
        ("a_b – [c](d.md)", "a_b--c"),
    ],
    ids=["punctuation", "superscript", "link"],
)
def test_anchors_are_githubs(heading: str, expected: str) -> None:
    """Letters, digits, underscores and hyphens stay; a space becomes a hyphen; everything else goes."""
    assert slug(heading) == expected
