"""Quotes of a refused text: the words of the patterns, and nothing else that the sender wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.letters import normalised
from serving.policy.quoting import LONGEST, MOST_SPANS, said_to_anybody, sold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your parcel A-7 now arrives on Friday.", ""),
        ("Get 20% off, Jane!", '"% off"'),
        ("Take 5 euros off your next order at 12 Elm Street.", '"take 5 euros off"'),
        ("You left Jane Doe's lamps in your cart.", '"left … in your cart"'),
        ("Items from 4711998 x@jane.example are left in your cart", '"items from … are left in your cart"'),
        ("S A L E on parcel A-7", ""),
        ("Shop now! Order now! Act now! Hurry!", '"shop now", "order now", "act now"'),
        ("SHOP\u00a0N\u200bOW", '"shop now"'),
    ],
)
def test_what_sells_is_quoted(text: str, expected: str) -> None:
    """As it is judged: normalised; at most three phrases; other words become dots."""
    assert sold(text) == expected


def test_what_could_be_said_to_anybody_is_quoted() -> None:
    """The other veto's phrases are not mixed in."""
    text = "Just checking in, Jane: 20% off!"
    assert (said_to_anybody(text), sold(text)) == ('"just checking in"', '"% off"')


NAMES = st.text(alphabet="qxzjvk", min_size=4, max_size=12)  # no word of any pattern


@given(
    name=NAMES, number=st.integers(10_000, 10**12), bait=st.sampled_from(["your cart", "20% off", "shop now", "vip"])
)
def test_no_word_but_the_patterns_own_is_quoted(name: str, number: int, bait: str) -> None:
    """However the bait is placed."""
    for text in (
        f"You left {name} {number} in {bait}, {name}",
        f"{name}@{name}.com earn {number} {name} points {bait}",
    ):
        said = sold(text) + said_to_anybody(text)
        assert name not in said
        assert str(number) not in said


@given(text=st.text(alphabet=st.sampled_from("left cart 20% off now shop …éß@.\n"), max_size=200))
def test_quotes_are_few_and_short(text: str) -> None:
    """Whatever the text is."""
    said = sold(text)
    quotes = [part for part in said.split('"') if part.strip(", ")]
    assert len(quotes) <= MOST_SPANS
    assert all(len(quote) <= LONGEST and set(quote) <= {*normalised(text), "…", " "} for quote in quotes)
