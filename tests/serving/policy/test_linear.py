"""The linear text model: the whole text and the sentence that sells most, whatever the length."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.policy.linear import PAIR, SILENT, STEEPEST, Linear

MODEL = Linear({"sale": 4.0, "parcel": -4.0}, {"sale": 8.0, "parcel": -8.0}, 0.0, "")


def test_what_sells_scores_high_and_service_low() -> None:
    """From 0 to 1, a veto from one half on."""
    scores = [MODEL.weigh([line], ())[0] for line in ("sale", "parcel", "nothing known")]
    assert (scores[0] > 0.5 > scores[1], scores[2]) == (True, 0.5)


def test_the_sentence_that_sells_most_is_named() -> None:
    """Service around it does not hide it."""
    score, which = MODEL.weigh(["your parcel is here.", "our sale is on now.", "the parcel is small."], ())
    assert (score > 0.5, which) == (True, 1)


def test_the_margin_is_a_sum_over_the_root_of_the_number_of_features() -> None:
    """Worked by hand: `^`, `sale` and two pairs are four features in both parts."""
    score, _ = MODEL.weigh(["sale"], ())
    assert math.isclose(score, 1 / (1 + math.exp(-(4.0 + 8.0) / math.sqrt(4))))


def test_service_around_it_does_not_hide_what_two_sentences_sell() -> None:
    """However much of it: two neighbours are judged by themselves as well."""
    selling = ["our sale is on.", "the sale ends soon."]
    alone, hidden = (MODEL.weigh([*lines, *selling, *lines], ())[0] for lines in ([], ["your parcel is here."] * 40))
    assert (alone > 0.9, hidden > 0.5) == (True, True)


def test_what_is_added_takes_little_from_a_pair() -> None:
    """The margin of a text is at least that of any two of its neighbouring sentences, less `PAIR`."""
    pair = MODEL.margin([["sale"], ["ends"]], ())[0]
    assert MODEL.margin([["parcel"], ["sale"], ["ends"], ["parcel"]], ())[0] >= pair - PAIR


def test_hints_belong_to_the_whole_text() -> None:
    """What the rules say of it is a feature of no sentence."""
    hinted = Linear({"?offer": 8.0}, {"?offer": 100.0}, 0.0, "")
    score, _ = hinted.weigh(["plain"], ("?offer",))
    assert math.isclose(score, 1 / (1 + math.exp(-8.0 / math.sqrt(5))))


def test_a_text_without_words_is_not_marketing() -> None:
    """There is nothing to weigh."""
    assert MODEL.weigh([], ("?offer",)) == (0.0, None)


def test_the_silent_model_finds_nothing() -> None:
    """It stands where only the rules are meant."""
    assert SILENT.weigh(["sale now"], ())[0] < 1e-12


@pytest.mark.parametrize("weight", [1e9, -1e9, math.inf, -math.inf])
def test_a_margin_has_bounds(weight: float) -> None:
    """No weight makes the score anything but a number from 0 to 1."""
    score, _ = Linear({"a": weight}, {}, 0.0, "").weigh(["a b"], ())
    assert math.isclose(score, 1 / (1 + math.exp(-math.copysign(STEEPEST, weight))))


@given(st.lists(st.text(alphabet="abc .!", max_size=30), max_size=4))
def test_a_text_has_one_score(lines: list[str]) -> None:
    """The same lines score the same, between 0 and 1."""
    score, which = MODEL.weigh(lines, ())
    assert (0 <= score <= 1, MODEL.weigh(lines, ())) == (True, (score, which))
