"""The console's plain words: there is one for each word of the contract, and none is invented."""

from itertools import chain

import pytest

from model.contracts import Action, Channel, MarketingPurpose, OutcomeKind, Purpose
from serving.confirming import Confirmed
from serving.console.prose import sentence
from serving.in_words.contract import (
    ACTIONS,
    CHANNELS,
    GROUPS,
    MARKETING,
    OUTCOMES,
    PURPOSES,
    REASONS,
    SCORED,
    of_purpose,
)
from serving.policy.reasons import REASONS as CATALOGUE


def test_every_word_of_the_contract_has_plain_ones() -> None:
    """A new purpose, channel, outcome, action or reason needs its words before it is shown."""
    actual = [set(words) for words in (PURPOSES, MARKETING, CHANNELS, OUTCOMES, ACTIONS, REASONS)]
    assert actual == [
        set(map(str, Purpose)),
        set(map(str, MarketingPurpose)),
        set(map(str, Channel)),
        set(map(str, OutcomeKind)),
        {*map(str, Action), *map(str, Confirmed)},
        set(CATALOGUE),
    ]


def test_marketing_has_its_words_and_strangers_keep_theirs() -> None:
    """A sender's own word is shown as it came."""
    actual = (of_purpose("win_back"), of_purpose("remediation"), of_purpose("a_b"))
    assert actual == ("winning customers back", "news of a fault that hit them", "a_b")


def test_every_reason_stands_in_one_group() -> None:
    """No check is shown twice, and none is left out."""
    actual = sorted([*chain.from_iterable(GROUPS.values()), *SCORED])
    assert actual == sorted(CATALOGUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it waits until 2026-11-20T21:00:00+01:00", "It waits until 20 Nov 2026, 20:00 UTC."),
        ("was it 2026-99-20T21:00:00Z?", "Was it 2026-99-20T21:00:00Z?"),
        ("", ""),
    ],
)
def test_a_detail_becomes_a_sentence(text: str, expected: str) -> None:
    """With a capital and a stop; what is no time stays."""
    actual = sentence(text)
    assert actual == expected
