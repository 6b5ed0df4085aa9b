"""Patterns of rules, searched alternative by alternative: what is found is what the whole pattern finds."""

import re

import pytest

from serving.policy.phrasing import alternatives, index_of
from serving.policy.wording import RULES

TEXTS = (
    "save now and save 20% today",
    "your saved cart is still waiting, resave now",
    "for two for one this weekend. hello there! how are you today?",
    "hi",
    "shop now, buy one get one free; 50 % off your next order with code save20 at checkout",
    "we miss you. don't miss out! here if you need anything",
    "rate your visit or refer a friend: a gift card, points to spend, happy birthday",
    "last chance to save, only 3 left! it's been a while",
)


def test_a_pattern_is_what_it_chooses_from() -> None:
    """Bars in groups, in sets and behind a backslash part nothing."""
    assert alternatives(r"\ba (b|c(d|e))|[]|x]|[^|]\||f") == [r"\ba (b|c(d|e))", "[]|x]", r"[^|]\|", "f"]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_found_is_what_the_whole_pattern_finds(text: str) -> None:
    """For every pattern of every rule, and the place is the leftmost one."""
    patterns = [each for rule in RULES.values() for each in (*rule.patterns(), *rule.hinting())]
    index = index_of((str(number), [(["word"], pattern)]) for number, (_, pattern) in enumerate(patterns))
    found = {}
    for number, finds in index["word"]:
        spans = [match.span() for find in finds if (match := find(text))]
        if spans:
            found[int(number)] = min(spans, key=lambda span: span[0])
    matches = {number: re.search(pattern, text) for number, (_, pattern) in enumerate(patterns)}
    assert found == {number: match.span() for number, match in matches.items() if match}


@pytest.mark.parametrize(
    "pattern", [r"\bsaves?", r"\bsave{2}", r"\bsave*", r"\bsave+ing", r"\bsave|\bsaving", r"^save"]
)
def test_letters_before_a_repetition_stay_with_it(pattern: str) -> None:
    """The last letter of `saves?` may be missing."""
    (_, finds), *_ = index_of([("rule", [(["save"], pattern)])])["save"]
    texts = ["save", "saves", "sav", "savee", "saving", "resaves savee", "saveing", "to save"]
    found = [min((match.span() for find in finds if (match := find(text))), default=None) for text in texts]
    matches = [re.search(pattern, text) for text in texts]
    assert found == [match and match.span() for match in matches]


def test_a_pattern_that_cannot_be_read_is_an_error() -> None:
    """It fails when it is read, not when a text is judged."""
    with pytest.raises(re.error):
        index_of([("rule", [(["save"], "save(")])])
