"""What a log cannot answer: refused with the part named, or left out and said."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.errors import InvalidInput, OutreachError, Unanswerable
from model.off_policy.evaluate import Log, answerable, compare, evaluate, restrict, support
from tests.model.decision_logs import drawn, large, shares

CHAT, SMS, PUSH = "delivery_update by chat", "onboarding by sms", "remediation by push"


def three_parts(rows: int = 2000) -> Log:
    """Return a log that tossed a coin in chat, never contacted by SMS, and always did by push."""
    rng = np.random.default_rng(0)
    part = rng.choice([CHAT, SMS, PUSH], rows, p=[0.6, 0.3, 0.1])
    e = np.select([part == SMS, part == PUSH], [0.0, 1.0], 0.5)
    contacted = rng.random(rows) < e
    outcome = (rng.random(rows) < 0.3).astype(float)
    return Log(contacted=contacted, propensity=e, outcome=outcome, cluster=np.arange(rows), part=part)


def refused(log: Log, contacts: Any, **options: Any) -> str:
    """Return the words with which a question is refused; they stand on one line."""
    with pytest.raises(InvalidInput) as error:
        evaluate(log, contacts, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_contact_where_the_log_never_did_is_refused() -> None:
    """The part is named with its rows; no weight could answer for it."""
    log = three_parts()
    rows = int(np.sum(log.part == SMS))
    actual = refused(log, np.ones(log.rows))
    assert actual == (
        "the evaluation policy acts outside the log's support: it contacts where the logging policy never did: "
        f"`{SMS}` ({rows} of {rows} rows, 100.0 %); run an experiment there, or ask only about the rows that are "
        "`answerable` and say so"
    )


def test_withholding_where_the_log_always_contacted_is_refused() -> None:
    """Contacting nobody is as unanswerable where nobody was held out."""
    log = three_parts()
    rows = int(np.sum(log.part == PUSH))
    actual = refused(log, np.zeros(log.rows))
    assert (
        f"it withholds where the logging policy always contacted: `{PUSH}` ({rows} of {rows} rows, 100.0 %)" in actual
    )


def test_both_gaps_are_named() -> None:
    """A rule that tosses a coin everywhere fails in two parts, in two ways."""
    actual = refused(three_parts(), np.full(2000, 0.5))
    assert f"contacts where the logging policy never did: `{SMS}`" in actual
    assert f", and withholds where the logging policy always contacted: `{PUSH}`" in actual
    assert CHAT not in actual


def test_any_probability_of_what_never_happened_is_outside() -> None:
    """A hundredth of one per cent of contact by SMS is a hundredth too much; .9999 by push too little."""
    log = three_parts()
    edge = np.select([log.part == SMS, log.part == PUSH], [0.0001, 0.9999], 0.5)
    assert answerable(log, edge).tolist() == (log.part == CHAT).tolist()


def test_a_rule_that_agrees_where_the_log_was_certain_is_answered() -> None:
    """Never by SMS, always by push, its own way in chat: rows of propensity 0 and 1 count with weight 1."""
    log = three_parts()
    rule = np.select([log.part == SMS, log.part == PUSH], [0.0, 1.0], 0.9)
    found = evaluate(log, rule)
    assert [part.largest_weight for part in found.parts] == [pytest.approx(1.8), 1.0, 1.0]
    assert answerable(log, rule).all()


def test_the_table_of_parts() -> None:
    """Every part, with both gaps counted and their share of its rows."""
    log = three_parts()
    rule = np.where(np.arange(log.rows) % 2 == 0, 1.0, 0.0)
    actual = {row.part: (row.rows, row.never_contacted, row.always_contacted) for row in support(log, rule)}
    counted = {
        name: (
            int(np.sum(log.part == name)),
            int(np.sum((log.part == name) & (log.propensity == 0.0) & (rule == 1.0))),
            int(np.sum((log.part == name) & (log.propensity == 1.0) & (rule == 0.0))),
        )
        for name in (CHAT, SMS, PUSH)
    }
    assert actual == counted
    shares_ = [row.share for row in support(log, rule)]
    assert shares_ == [0.0, pytest.approx(0.5, abs=0.1), pytest.approx(0.5, abs=0.1)]


def test_a_log_without_parts_is_one() -> None:
    """The refusal still counts the rows."""
    log = Log(contacted=[1, 0, 0], propensity=[0.5, 0.0, 0.0], outcome=[1.0, 0.0, 1.0], cluster=[1, 2, 3])
    assert "`all rows` (2 of 3 rows, 66.7 %)" in refused(log, np.ones(3))


def test_many_parts_are_counted_after_the_worst_five() -> None:
    """A message stays one line that can be read; the table has them all."""
    part = np.repeat([f"purpose {k}" for k in range(8)], np.arange(1, 9))
    rows = len(part)
    log = Log(
        contacted=np.zeros(rows), propensity=np.zeros(rows), outcome=np.zeros(rows), cluster=np.arange(rows), part=part
    )
    actual = refused(log, np.ones(rows))
    assert "never did: `purpose 7` (8 of 8 rows, 100.0 %), `purpose 6`" in actual
    assert "`purpose 3` (4 of 4 rows, 100.0 %), 3 more parts; run" in actual
    assert len(support(log, np.ones(rows))) == 8


def test_the_question_can_be_restricted_and_says_so() -> None:
    """To chat alone; the estimate is that of the log of chat, and the words name what was left out."""
    log = three_parts()
    inside = restrict(log, np.full(log.rows, 0.9))
    chat = log.part == CHAT
    assert (inside.log.rows, inside.contacts.tolist()) == (int(chat.sum()), [0.9] * int(chat.sum()))
    assert inside.said.startswith(
        f"restricted to {chat.sum()} of 2000 rows: in the other {(~chat).sum()} the evaluation"
    )
    assert SMS in inside.said
    assert PUSH in inside.said
    expected = evaluate(log.take(chat), np.full(int(chat.sum()), 0.9)).ips
    assert evaluate(inside.log, inside.contacts).ips == expected


def test_a_question_that_is_answerable_is_left_as_it_is() -> None:
    """Nothing is said where nothing was left out."""
    made = drawn(1000, 0)
    inside = restrict(made.log, large(made.x))
    assert (inside.log.rows, inside.said) == (1000, "")


def test_a_question_without_an_answerable_row_is_refused() -> None:
    """Nothing remains to restrict it to."""
    log = Log(contacted=[0, 0], propensity=[0.0, 0.0], outcome=[1.0, 0.0], cluster=[1, 2])
    with pytest.raises(Unanswerable, match="the log can answer no row: the evaluation policy contacts where"):
        restrict(log, np.ones(2))


@given(
    e=arrays(float, 30, elements=st.sampled_from([0.0, 0.02, 0.5, 0.95, 1.0])),
    asked=arrays(float, 30, elements=st.sampled_from([0.0, 0.02, 0.5, 1.0])),
)
def test_every_row_is_inside_or_in_one_of_the_gaps(e: np.ndarray, asked: np.ndarray) -> None:
    """The table adds up to the mask, and what is restricted has nothing outside."""
    log = Log(contacted=e > 0.5, propensity=e, outcome=np.zeros(30), cluster=np.arange(30), part=np.arange(30) % 3)
    kept = answerable(log, asked)
    assert kept.tolist() == [not ((a > 0 and p == 0) or (a < 1 and p == 1)) for a, p in zip(asked, e, strict=True)]
    outside = sum(row.never_contacted + row.always_contacted for row in support(log, asked))
    assert outside == int(np.sum(~kept))
    if kept.any():
        inside = restrict(log, asked)
        assert answerable(inside.log, inside.contacts).all()


def test_an_effective_size_below_200_is_refused() -> None:
    """At 200 it is answered; with one row fewer it is not: a coin, everyone, every second row counts."""
    rows = np.arange(400)
    log = Log(contacted=rows % 2 == 0, propensity=np.full(400, 0.5), outcome=rows % 3 == 0, cluster=rows)
    assert evaluate(log, np.ones(400)).ips.effective_sample_size == 200.0
    actual = refused(log.take(rows > 0), np.ones(399))
    assert actual.startswith(
        "the effective sample size is 199.0, below 200: too few of the 399 rows (399 clusters) did what the evaluation "
        "policy would do; the log is thinnest in `all rows` (399 rows, weights up to 2): log more rows, or explore more"
    )


def test_customers_not_rows_make_the_effective_size() -> None:
    """Two thousand rows of a hundred customers are a hundred, however even their weights."""
    made = drawn(2000, 0, size=20)
    actual = refused(made.log, made.log.propensity)
    assert actual.startswith("the effective sample size is 100.0, below 200: too few of the 2000 rows (100 clusters)")


def test_the_refusal_names_the_part_that_was_explored_least() -> None:
    """Two per cent of exploration below the cut-off does not carry a rule that contacts everyone."""

    def mostly_above(x: np.ndarray) -> np.ndarray:
        return np.where(x >= 0.3, 0.95, 0.02)

    made = drawn(3000, 0, logging=mostly_above, part=lambda x: np.where(x >= 0.3, "above", "below"))
    below = int(np.sum(made.x < 0.3))
    assert f"the log is thinnest in `below` ({below} rows, weights up to 50)" in refused(made.log, np.ones(3000))


def test_a_part_in_which_nothing_was_drawn_is_the_one_that_is_named() -> None:
    """All its weights are 0 then, and the even ones of the other part are not to blame."""
    part = np.repeat(["coin", "hardly ever"], [300, 100])
    contacted = np.r_[np.arange(300) % 2, np.zeros(100)]
    e = np.where(part == "coin", 0.5, 0.0001)
    log = Log(contacted=contacted, propensity=e, outcome=np.zeros(400), cluster=np.arange(400), part=part)
    assert "in `hardly ever` (100 rows, weights up to 1e+04)" in refused(log, np.ones(400))


def test_clipping_is_no_way_round_the_refusal() -> None:
    """Cut weights are even, and the question is as unanswerable as before."""
    made = drawn(3000, 0, logging=shares)
    assert "below 200" in refused(made.log, np.ones(3000), clip=1.0)


def test_nothing_did_what_the_evaluation_policy_would_do() -> None:
    """Everyone was held out by chance: no weight at all, and no warning of a division."""
    log = Log(contacted=np.zeros(500), propensity=np.full(500, 0.001), outcome=np.zeros(500), cluster=np.arange(500))
    assert refused(log, np.ones(500)).startswith("the effective sample size is 0.0, below 200")


def test_a_propensity_near_zero_is_refused_quietly() -> None:
    """A weight beyond all numbers is no answer."""
    made = drawn(1000, 0)
    contacted = np.r_[True, made.log.contacted[1:]]
    e = np.r_[5e-324, made.log.propensity[1:]]
    log = Log(contacted=contacted, propensity=e, outcome=made.log.outcome, cluster=made.log.cluster)
    assert refused(log, np.ones(1000)).startswith("the effective sample size is 0.0, below 200")


@pytest.mark.parametrize(
    ("contacts", "words"),
    [
        ([0.5] * 999, "`contacts` has the wrong length: 999 for 1000 rows"),
        ([0.5] * 999 + [1.5], "`contacts`, row 1000: `1.5` is not in [0, 1]"),
        ([-0.5] + [0.5] * 999, "`contacts`, row 1: `-0.5` is not in [0, 1]"),
        ([float("nan")] + [0.5] * 999, "`contacts`, row 1: `nan` is not a finite number"),
    ],
)
def test_what_is_no_policy_is_refused(contacts: list[float], words: str) -> None:
    """By every door, with the row."""
    log = drawn(1000, 0).log
    doors = [evaluate, answerable, support, restrict, lambda log, rule: compare(log, log.propensity, rule)]
    for door in doors:
        with pytest.raises(InvalidInput) as error:
            door(log, contacts)  # type: ignore[operator]
        assert str(error.value).startswith(words)


def test_both_sides_of_a_comparison_are_checked() -> None:
    """The second evaluation policy may be the one that the log cannot answer."""
    log = three_parts()
    agrees = np.select([log.part == SMS, log.part == PUSH], [0.0, 1.0], 0.5)
    for pair in ((agrees, np.ones(log.rows)), (np.ones(log.rows), agrees)):
        with pytest.raises(Unanswerable, match="outside the log's support"):
            compare(log, *pair)


def test_an_unanswerable_question_is_the_users_to_change() -> None:
    """Exit 2, like every wrong input."""
    assert issubclass(Unanswerable, InvalidInput)
    assert issubclass(Unanswerable, OutreachError)
