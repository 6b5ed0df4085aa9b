"""Words call for patterns: every phrase that a pattern matches holds a word that calls for it, and every word is used.

The phrases are written from the patterns themselves. Of all that a pattern matches there is one phrase for each set of
calling words that it can hold, for each way to end: so their number stays small, and none without such a word is lost.
"""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from serving.policy.letters import ALPHABET
from serving.policy.phrasing import Rule, alternatives
from serving.policy.wording import RULES, WORD

PARSED = import_module("re._parser")  # no stubs: what it returns is checked by searching the pattern in what is written
WRITTEN = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "qz", "CATEGORY_NOT_WORD": " -"}
FILLER = " q"  # what stands for any sign, and for any but some
REPEATED = 9  # times: as often as a bounded repetition is written at most


class Start(NamedTuple):
    """What is written so far, and whether the next sign must be of a word: `None` where it may be any."""

    text: str
    of_word: bool | None = None


def is_word(sign: str) -> bool:
    """Return whether a sign belongs to a word, as the edge of one in a pattern sees it."""
    return sign.isalnum() or sign == "_"


def ended(text: str) -> bool:
    """Return whether a text ends in a word."""
    return is_word(text[-1:])


def signs(op: str, value: Any) -> str:
    """Return some signs that a node of one sign matches: all of a small set, one of a range."""
    if op == "LITERAL":
        return chr(value)
    if op == "IN" and str(value[0][0]) != "NEGATE":
        return "".join(signs(str(each), what) for each, what in value)
    if op == "RANGE":
        return chr(value[0])
    if op == "CATEGORY":
        return WRITTEN[str(value)]
    taken = {sign for each, what in value[1:] for sign in signs(str(each), what)} if op == "IN" else set()
    return "".join(sign for sign in FILLER if sign not in taken) or "é"


def grown(starts: Iterable[Start], choice: str) -> Iterator[Start]:
    """Yield what is written with one sign more."""
    for text, of_word in starts:
        yield from (Start(text + sign) for sign in choice if of_word is None or of_word == is_word(sign))


def bounded(starts: Iterable[Start]) -> Iterator[Start]:
    """Yield what may stand before the edge of a word."""
    for text, of_word in starts:
        edge = not ended(text)
        if of_word is None or of_word == edge:
            yield Start(text, edge)


def distinct(starts: Iterable[Start], words: frozenset[str]) -> list[Start]:
    """Return one start for each set of calling words and each way to end."""
    found: dict[object, Start] = {}
    for start in starts:
        begun = start.text.rstrip(ALPHABET)
        found.setdefault(
            (words.intersection(WORD.findall(begun)), start.text[max(len(begun) - 1, 0) :], start.of_word), start
        )
    return list(found.values())


def repeated(starts: list[Start], value: Any, words: frozenset[str]) -> Iterator[Start]:
    """Yield a node as seldom as it may stand, and a little more often."""
    least, most, node = value
    often = min(most, max(least + 1, 1), REPEATED)
    for times in range(often + 1):
        if times >= least:
            yield from starts
        starts = written(starts, node, words)


def written(starts: list[Start], nodes: Any, words: frozenset[str]) -> list[Start]:
    """Return what is written after some nodes of a pattern."""
    for name, value in nodes:
        op, found = str(name), iter(starts)
        if op == "SUBPATTERN":
            found = iter(written(starts, value[3], words))
        elif op == "BRANCH":
            found = (each for branch in value[1] for each in written(starts, branch, words))
        elif op in {"MAX_REPEAT", "MIN_REPEAT"}:
            found = repeated(starts, value, words)
        elif op == "AT" and str(value) == "AT_BOUNDARY":
            found = bounded(starts)
        elif op == "ASSERT":
            found = iter(written(starts, value[1], words))
        elif op not in {"AT", "ASSERT_NOT"}:
            found = grown(starts, signs(op, value))
        starts = distinct(found, words)
    return starts


def phrases(pattern: str, words: frozenset[str]) -> list[str]:
    """Return phrases that a pattern matches, the whole text of each."""
    ends = written([Start("")], PARSED.parse(pattern), words)
    texts = [text + ("" if not of_word else "q") for text, of_word in ends]
    return [text for text in texts if re.search(pattern, text)]


def misfits(rule: Rule) -> list[str]:
    """Return what is wrong with the words that call for the patterns of a rule."""
    wrong = []
    for words, pattern in (*rule.patterns(), *rule.hinting()):
        calling, used = frozenset(words), set[str]()
        for alternative in alternatives(pattern):
            found = phrases(alternative, calling)
            said = [calling.intersection(WORD.findall(text)) for text in found]
            used.update(*said)
            wrong += [f"never found: {text}" for text, met in zip(found, said, strict=True) if not met]
            wrong += [f"nothing matches: {alternative}"] * (not found)
        wrong += [f"calls in vain: {word} for {pattern}" for word in words if word not in used]
    return wrong


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.lines or rule.hints], ids=lambda rule: rule.id
)
def test_each_phrase_holds_a_word_that_calls_for_it(rule: Rule) -> None:
    """None can never be found, and no word calls in vain."""
    assert misfits(rule) == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (r"sell: \bbefore they sells? out\b", ["never found: before they sells out"]),
        (r"sell sells: \bsells? out\b", []),
        (r"tip: \btips\b|\btip of\b", ["never found: tips"]),
        (r"perks perk: \bperks\b", [r"calls in vain: perk for \bperks\b"]),
        (r"a: a\bb", [r"nothing matches: a\bb", r"calls in vain: a for a\bb"]),
    ],
)
def test_a_misfit_is_seen(lines: str, wrong: list[str]) -> None:
    """A phrase without such a word, a word without such a phrase, a pattern that nothing matches."""
    assert misfits(Rule("one", source="", suggestion="", lines=lines)) == wrong
