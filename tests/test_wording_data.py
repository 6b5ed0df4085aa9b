"""The labelled sentences of data/wording: closed columns, varied, original, and the source of the shipped weights."""

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from model.contracts import MarketingPurpose, Purpose
from serving.cli.policy.learn import digest_of
from serving.policy_files.source import READING, source_digest
from tests.needs import ROOT, shared

FOLDER = ROOT / "data" / "wording"
WEIGHTS = ROOT / "serving" / "policy" / "shipped" / "wording.json"
SERVICE_KINDS = frozenset({*map(str, Purpose), "other_service"})
MARKETING_KINDS = frozenset(
    {*map(str, MarketingPurpose), "loyalty", "referral", "greeting", "event", "donation"}
    | {"content", "generic", "community"}
)
KINDS = {"service": SERVICE_KINDS, "marketing": MARKETING_KINDS}
STYLES = frozenset({"sms", "chat", "email", "push"})
COLUMNS = ("text", "label", "kind", "industry", "style", "hard")
PLACES = {  # how companies write what is filled in later
    "{{1}}": r"\{\{\d+\}\}",
    "{{name}}": r"\{\{ ?[a-z_.]+ ?\}\}",
    "{name}": r"(?<![{$#])\{[a-z_]+\}(?!\})",
    "[Name]": r"\[[A-Z][A-Za-z ]+\]",
    "<name>": r"<[a-z_ ]+>",
    "%NAME%": r"(?<!%)%[A-Z_]{2,}%(?!%)",
    "${name}": r"\$\{[a-z_]+\}",
    "*|NAME|*": r"\*\|[A-Z_]+\|\*",
    "XXXX": r"\bX{3,}\d*\b",
}
ADDRESS = re.compile(
    r"https?://([^\s/]+)|www\.(\S+)|[\w.+-]+@([\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w.-])([\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|co|in|uk|ly|app|shop|de|fr|sg|ng|ke|me|ai|gov|edu))\b",
    re.IGNORECASE,
)
RESERVED = re.compile(r"(^|\.)example(\.[a-z]{2,3})?(\.[a-z]{2})?$", re.IGNORECASE)  # RFC 2606, and alike abroad
FILLED = re.compile(r"\{[^{}]*\}|\[[^\]]*\]|<[^>]*>|%+\w+%+|\*\|\w+\|\*|\d+")  # what differs between two mailings
RUN = 8  # words in a row that two writers seldom share


@cache
def lines() -> tuple[tuple[str, dict[str, object]], ...]:
    """Return every line with its place, `file:number`."""
    return tuple(
        (f"{file.name}:{number}", json.loads(line))
        for file in sorted(FOLDER.glob("*.jsonl"))
        for number, line in enumerate(file.read_text("utf-8").rstrip("\n").split("\n"), start=1)
    )


def texts(label: str = "") -> list[str]:
    """Return all texts, or those of one class."""
    return [str(row["text"]) for _, row in lines() if label in {"", row["label"]}]


def plain(text: str) -> str:
    """Write a text as its words, with one sign for whatever is filled in."""
    return " ".join(re.findall(r"[a-z]+|#", FILLED.sub("#", text.casefold())))


def runs(text: str) -> set[str]:
    """Return all runs of eight words between two numbers or places."""
    parts = (part.split() for part in plain(text).split("#"))
    return {" ".join(words[start : start + RUN]) for words in parts for start in range(len(words) - RUN + 1)}


def test_every_line_has_the_columns_of_the_dictionary() -> None:
    """In their order; `sells` where, and only where, the text is marketing."""
    wrong = [
        place
        for place, row in lines()
        if tuple(row) != (COLUMNS if row.get("label") == "service" else (*COLUMNS, "sells"))
    ]
    assert wrong == []


def test_every_value_is_one_of_those_of_the_dictionary() -> None:
    """Labels, their kinds, styles, yes or no, and a name of the industry."""
    wrong = [
        place
        for place, row in lines()
        if row["kind"] not in KINDS.get(str(row["label"]), ())
        or row["style"] not in STYLES
        or not isinstance(row["hard"], bool)
        or not re.fullmatch(r"[a-z][a-z0-9_]*", str(row["industry"]))
    ]
    assert wrong == []


def test_what_sells_is_a_part_of_the_text() -> None:
    """Word for word, and not empty; a text has no blanks around it."""
    wrong = [
        place
        for place, row in lines()
        if row["text"] != str(row["text"]).strip()
        or not row["text"]
        or not row.get("sells", True)
        or str(row.get("sells", "")) not in str(row["text"])
    ]
    assert wrong == []


def test_there_are_enough_texts_of_both_classes() -> None:
    """At least 1,500, and each class between 40 and 60 in a hundred."""
    share = len(texts("marketing")) / len(texts())
    assert (len(texts()) >= 1500, 0.4 <= share <= 0.6) == (True, True)


def test_at_least_25_industries_speak_in_both_classes() -> None:
    """Twenty texts each at least, five of either class."""
    counts = Counter((str(row["industry"]), row["label"]) for _, row in lines())
    names = {industry for industry, _ in counts}
    both = [
        each for each in names if sum(counts[each, label] for label in KINDS) >= 20 and counts[each, "service"] >= 5
    ]
    assert len([each for each in both if counts[each, "marketing"] >= 5]) >= 25


def test_every_kind_and_style_is_there_a_hundred_times() -> None:
    """Each style in each class."""
    kinds = Counter(str(row["kind"]) for _, row in lines())
    styles = Counter((row["label"], row["style"]) for _, row in lines())
    few = [each for each in SERVICE_KINDS | MARKETING_KINDS if kinds[each] < 100]
    assert few + [(label, style) for label in KINDS for style in STYLES if styles[label, style] < 100] == []


@pytest.mark.parametrize("label", sorted(KINDS))
def test_many_of_a_class_are_hard(label: str) -> None:
    """Disguised marketing, and service that sounds like it: a fifth at least."""
    hard = [row["hard"] for _, row in lines() if row["label"] == label]
    assert sum(map(bool, hard)) / len(hard) >= 0.2


def test_places_are_written_in_many_ways() -> None:
    """At least five notations, each in ten texts of each class."""
    often = [
        name
        for name, pattern in PLACES.items()
        if min(sum(bool(re.search(pattern, text)) for text in texts(label)) for label in KINDS) >= 10
    ]
    assert len(often) >= 5


@pytest.mark.parametrize("label", sorted(KINDS))
def test_texts_are_terse_and_wordy(label: str) -> None:
    """One in ten at most 45 characters long, one in ten at least 180; some with emoji."""
    sizes = sorted(map(len, texts(label)))
    smiling = sum(bool(re.search("[\U0001f300-\U0001faff☀-➿]", text)) for text in texts(label)) / len(sizes)
    tenth = len(sizes) // 10
    assert (sizes[tenth] <= 45, sizes[-tenth] >= 180, smiling >= 0.05) == (True, True, True)


def test_no_two_texts_are_the_same() -> None:
    """Apart from numbers, places, capitals and signs."""
    counts = Counter(map(plain, texts()))
    assert [text for text, count in counts.items() if count > 1] == []


def test_few_texts_lean_on_another() -> None:
    """Half of its runs of eight words in one other text: two in a hundred at most (stock phrases, pairs on purpose)."""
    owners = defaultdict(list)
    found = [runs(text) for text in texts()]
    for place, own in enumerate(found):
        for run in own:
            owners[run].append(place)
    near = 0
    for place, own in enumerate(found):
        others = Counter(other for run in own for other in owners[run] if other != place)
        near += bool(others) and max(others.values()) >= len(own) / 2
    assert near / len(found) <= 0.02


def test_no_text_is_one_of_the_examples() -> None:
    """What judges us elsewhere is not learned from: no such text, and no eight words in a row of one."""
    read = shared("examples/labelled_messages.jsonl").read_text("utf-8").splitlines()
    examples = [str(json.loads(line)["text"]) for line in read if line]
    said, seen = set(map(plain, examples)), set().union(*map(runs, examples))
    assert [place for place, row in lines() if plain(str(row["text"])) in said or runs(str(row["text"])) & seen] == []


def test_no_address_is_a_real_one() -> None:
    """Links and e-mail addresses lead to example.com and its like; a name for sale (`.com.ng`) is no address."""
    found = (
        (place, next(filter(None, match))) for place, row in lines() for match in ADDRESS.findall(str(row["text"]))
    )
    real = [(place, host) for place, host in found if "{" not in host and not RESERVED.search(host.rstrip(".,)!?"))]
    assert real == []


@pytest.mark.parametrize("path", [WEIGHTS, FOLDER / "figures.json"], ids=["weights", "figures"])
def test_what_is_shipped_was_learned_from_these_sentences(path: Path) -> None:
    """As these modules read them: else learn again, as the last chapter of docs/wording.md says."""
    shipped = json.loads(path.read_text("utf-8"))
    assert (shipped["learned_from"], shipped.get("read_by")) == (digest_of(FOLDER), source_digest(READING))
