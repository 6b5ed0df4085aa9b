"""docs/statistics.md and docs/glossary.md: what they name is there, and all that the fixed texts name is in them."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from serving.in_words.contract import of_reason
from serving.policy.reasons import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
STATISTICS, GLOSSARY, HOUSE, METHOD = (
    (ROOT / "docs" / name).read_text("utf-8") for name in ("statistics.md", "glossary.md", "HOUSE.md", "METHOD.md")
)
NAMED = sorted(set(re.findall(r"`((?:model|serving)\.[\w.]+)`", STATISTICS)))
TESTED = sorted(set(re.findall(r"`(test_\w+)`", STATISTICS)))
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


def found(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    module, _, last = name.rpartition(".")
    try:
        return hasattr(import_module(module), last) or bool(import_module(name))
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("name", NAMED)
def test_what_the_page_names_is_in_the_code(name: str) -> None:
    """Each module, function and class where a formula is said to stand."""
    assert found(name)


@pytest.mark.parametrize("name", ["model.qini.gone", "model.gone", "gone.qini"])
def test_the_check_can_fail(name: str) -> None:
    """A function, a module and a package that are not there."""
    assert not found(name)


@pytest.mark.parametrize("name", TESTED)
def test_what_is_said_to_watch_it_is_a_test(name: str) -> None:
    """Each test that the page names."""
    assert f"def {name}(" in TESTS


def test_every_source_of_the_method_has_its_paper() -> None:
    """METHOD names its sources in one sentence; each has a line with year and place among the papers."""
    named = METHOD.split("Sources: ")[1].split(".\n")[0].replace(" et al.", "")
    people = re.findall(r"[A-Z][\w-]*(?:ü\w+)?", re.sub(r"\([^)]*\)|Learn then Test", "", named))
    papers = STATISTICS.split("## Papers")[1]
    assert [name for name in people if name not in papers] == []
    assert len(people) > 10


def test_whoever_the_page_names_is_among_its_papers() -> None:
    """A name with a year in the text has a line in the table of that year."""
    text, papers = STATISTICS.split("## Papers")
    said = re.findall(r"([\w-]+)(?:, \w+)*(?: & \w+| et al\.)? (\d{4})\b", " ".join(text.split()))
    missing = [one for one in said if not re.search(rf"^\| {one[0]}\b.* {one[1]} \|", papers, re.MULTILINE)]
    assert missing == []
    assert len(said) > 10


def test_every_word_of_the_house_is_in_the_glossary() -> None:
    """Each word of HOUSE section 6, in bold; `e(x)` and the like stand in what the words mean."""
    table = HOUSE.split("## 6. ")[1].split("\n## ")[0]
    words = [row.split("|")[1] for row in table.splitlines() if row.startswith("| ")][1:]
    cleaned = re.sub(r" e\(x\)", "", ",".join(words)).replace(" / ", ",")
    wanted = [word.strip() for word in cleaned.split(",")]
    assert [word for word in wanted if f"**{word}**" not in GLOSSARY] == []
    assert len(wanted) > 20


def test_the_reasons_are_in_the_words_of_the_console() -> None:
    """Every code, in the order in which answers list them."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", GLOSSARY.split("## Reasons")[1], re.MULTILINE)
    assert rows == [(entry.code, of_reason(entry.code)) for entry in CATALOGUE]
