"""A text as features: words, pairs, one token for each number, amount, link and placeholder; sentence by sentence."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.tokens import places, sentences
from serving.policy.wording import plain_lines


def words(text: str) -> list[list[str]]:
    """Return the tokens of each sentence, without pairs."""
    return [[each for each in own if " " not in each and each != "^"] for own in sentences(plain_lines(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't wait", ["dont", "wait"]),
        ("Order 4711 of 3.5.2026, 9:30", ["order", "#", "of", "#", "#"]),
        ("Pay $ 12.50 or \u20ac9", ["pay", "$#", "or", "$#"]),
        ("20% and 5 % off", ["#%", "and", "#%", "off"]),
        ("See https://example.com/a?b=1 or www.example.com", ["see", "url", "or", "url"]),
        ("Hi {{name}}, [Brand] <date>", ["hi", "{", "{", "name", "[", "brand", "<", "date"]),
        ("Wow \U0001f389 now", ["wow", "\U0001f389", "now"]),
        ("x@y.example", ["x", "y", "example"]),
        ("...", ["."]),
        ("7", ["#"]),
    ],
)
def test_a_text_is_its_words(text: str, expected: list[str]) -> None:
    """Whom it is about goes, what it is about stays."""
    assert words(text) == [expected]


def test_neighbours_are_pairs_and_a_sentence_has_ends() -> None:
    """`^` stands before the first token and `$` after the last one."""
    assert sentences(["shop now"]) == [["^", "shop", "now", "^ shop", "shop now", "now $"]]


def test_sentences_end_at_signs_and_lines() -> None:
    """A sign within a number or a link ends nothing, and what is very short belongs to what follows."""
    text = "Hi. Your bill of 3.50 is here! Pay it at https://a.example/b. Thanks\n\n  Shop  now "
    assert [" ".join(each) for each in words(text)] == [
        "hi . your bill of # is here !",
        "pay it at url .",
        "thanks",
        "shop now",
    ]


@pytest.mark.parametrize("text", ["", "  \n ", "---", "\u4f60"])
def test_what_has_no_words_has_no_sentences_or_one(text: str) -> None:
    """Nothing fails on it."""
    assert len(sentences(plain_lines(text))) <= 1


@given(st.text(alphabet="ab .!?\n{}$%9:/\u00e9\U0001f389", max_size=60))
def test_each_sentence_has_its_place(text: str) -> None:
    """As many places as sentences, in order, within the lines joined by single spaces."""
    lines = plain_lines(text)
    found = places(lines)
    plain = " ".join(lines)
    assert len(found) == len(sentences(lines))
    assert all(0 <= start < end <= len(plain) for start, end in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
