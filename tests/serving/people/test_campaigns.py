"""Refused marketing in campaigns: what belongs together, whom it would have reached, where it came from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.people.campaigns import PAUSE, campaigns
from serving.people.refused import Refused
from tests.contracts.ledgers import NOW
from tests.serving.people.test_refused import one

SECOND = timedelta(seconds=1)
MESSAGES = st.lists(
    st.builds(
        lambda number, day, user, purpose, text: one(
            f"d-{number}", at=NOW + timedelta(days=day), user=user, purpose=purpose, text=text
        ),
        st.integers(0, 10_000),
        st.integers(0, 30),
        st.sampled_from("uvw"),
        st.sampled_from(["win_back", "upsell", "delivery_update"]),
        st.sampled_from(["Come back", "20 % off"]),
    ),
    max_size=20,
)


def test_two_texts_of_one_word_are_one_campaign() -> None:
    """Its words stand under it, the most frequent first; a customer who is in both counts once."""
    rows = [one(f"d-{n}", user=user, text=text) for n, (user, text) in enumerate([("u", "A"), ("u", "B"), ("v", "B")])]
    found = campaigns(rows)
    actual = [(c.times, c.customers, [(w.said.text, w.times, w.customers, w.last_id) for w in c.words]) for c in found]
    assert actual == [(3, 2, [("B", 2, 2, "d-2"), ("A", 1, 1, "d-0")])]


@pytest.mark.parametrize(("between", "number"), [(PAUSE, 1), (PAUSE + SECOND, 2)], ids=["at the edge", "beyond it"])
def test_a_pause_ends_a_campaign(between: timedelta, number: int) -> None:
    """What comes after more than a week is another one."""
    actual = len(campaigns([one("d-0"), one("d-1", at=NOW + between)]))
    assert actual == number


def test_another_word_or_template_is_another_campaign() -> None:
    """Each purpose word, and each template under it, stands for itself; those that reach most come first."""
    rows = [one("d-0", purpose="upsell"), one("d-1", template="t", text=None), one("d-2"), one("d-3", user="v")]
    actual = [(each.purpose, each.template, each.customers) for each in campaigns(rows)]
    assert actual == [("win_back", None, 2), ("upsell", None, 1), ("win_back", "t", 1)]


def test_who_asked_for_it_is_named() -> None:
    """Triggers by their names; what programs and files asked for is counted."""
    rows = [one("d-0"), replace(one("d-1"), matched="b"), replace(one("d-2"), matched="a")]
    actual = [(each.triggers, each.by_programs) for each in campaigns(rows)]
    assert actual == [(("a", "b"), 1)]


@given(MESSAGES)
def test_every_message_is_in_one_campaign(rows: Sequence[Refused]) -> None:
    """Nothing is counted twice or lost, in whatever order it comes; no campaign reaches more than it has messages."""
    found = campaigns(rows)
    sums = (sum(each.times for each in found), sum(words.times for each in found for words in each.words))
    assert (*sums, all(each.customers <= each.times for each in found)) == (len(rows), len(rows), True)
