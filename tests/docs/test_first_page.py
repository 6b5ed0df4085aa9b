"""README.md and its picture: short, true, the same in light and dark, every claim about a peer with its source."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from serving.policy_files.templates import load_policy

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
LIGHT, DARK = ((ROOT / "docs" / f"outreach-{name}.svg").read_text("utf-8") for name in ("light", "dark"))
SVG = "{http://www.w3.org/2000/svg}"
HOUSE = (ROOT / "docs" / "HOUSE.md").read_text("utf-8")
PEERS = [line for line in README.split("## Beside others")[1].split("\n## ")[0].splitlines() if line.startswith("| [")]
NAMED = {
    "Pega",
    "Braze",
    "Intercom",
    "Chatwoot",
    "causalml",
    "EconML",
    "scikit-uplift",
    "MLflow",
    "BentoML",
    "MLServer",
}


def drawn(picture: str, *, small: bool) -> list[str]:
    """Return the words in the picture: those of its boxes, or the small ones."""
    texts = ET.fromstring(picture).findall(f"{SVG}text")  # noqa: S314  (our own file)
    return [text.text or "" for text in texts if (text.get("class") is not None) is small]


def described(picture: str, part: str) -> str:
    """Return the title or the description of a picture."""
    return ET.fromstring(picture).findtext(f"{SVG}{part}") or ""  # noqa: S314  (our own file)


def test_it_is_read_in_a_few_minutes() -> None:
    """At most 150 lines, two blocks of commands."""
    assert (len(README.splitlines()) <= 150, README.count("```sh\n")) == (True, 2)


def test_light_and_dark_are_one_picture() -> None:
    """They differ in colours and in nothing else."""
    plain = [re.sub(r"#[0-9a-f]{6}", "#", picture) for picture in (LIGHT, DARK)]
    assert (plain[0] == plain[1], LIGHT == DARK) == (True, False)


def test_the_boxes_are_words_of_the_house() -> None:
    """Each stands in HOUSE.md: in its picture, its table of words, or its promises."""
    words = [word for box in drawn(LIGHT, small=False) for word in box.split(" or ")]
    assert [word for word in words if not re.search(rf"\b{word}\b", HOUSE)] == []
    assert len(words) > 10


def test_whoever_cannot_see_it_is_told_the_same() -> None:
    """Every word in it stands in its description, and the page's alternative text is its title."""
    told = described(LIGHT, "desc").lower()
    drawings = drawn(LIGHT, small=False) + drawn(LIGHT, small=True)
    assert [word for word in drawings if any(part not in told for part in re.split(r" or |, ", word.lower()))] == []
    assert f'alt="{described(LIGHT, "title")}"' in README


def test_every_peer_is_there() -> None:
    """Each in a row, with the date of all that is said of them above."""
    assert {re.match(r"\| \[([\w-]+)", row)[1] for row in PEERS} == NAMED  # type: ignore[index]
    assert "As of 2026-11" in README


@pytest.mark.parametrize("row", PEERS, ids=[row[3:20] for row in PEERS])
def test_what_is_said_of_a_peer_has_its_own_documentation_beside_it(row: str) -> None:
    """A link to the peer itself in its row, and something that it does and we do not."""
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert (len(cells), "](https://" in row, all(cells)) == (3, True, True)


def test_the_number_of_messages_is_that_of_the_shipped_ones() -> None:
    """Wherever a page of ours says how many there are."""
    pages = [ROOT / "docs" / name for name in ("for_chat_engineers.md", "for_cx_leads.md")]
    said = [re.findall(r"(?:\[|The )(\d+) (?:messages of|that come with)", page.read_text("utf-8")) for page in pages]
    assert {number for found in said for number in found} == {str(len(load_policy().templates))}


def test_the_widget_is_as_small_as_is_said() -> None:
    """In kilobytes, rounded."""
    size = (ROOT / "serving" / "widget.js").stat().st_size
    page = (ROOT / "docs" / "for_chat_engineers.md").read_text("utf-8")
    assert f"`/widget.js` ({round(size / 1000)} KB" in page
