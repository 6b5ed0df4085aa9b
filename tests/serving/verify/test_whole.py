"""Random whole rows: the ruling is what the tables say, and an odd one is found."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from serving.policy.columns import Columns, Flags, Numbers
from serving.policy.engine import PLACE, REFUSE, Filter, Ruling, rule
from serving.policy.limits import Limits
from serving.verify.classes import FLAGS, TIMES, axis
from serving.verify.promises import NOW
from serving.verify.subject import FULL, QUICK, Scale, Subject
from serving.verify.whole import CHUNK, SETTINGS, STRICT, drawn, of_rows
from tests.serving.verify.broken import TINY, asking, promises


def rng(seed: int = 0) -> np.random.Generator:
    """Return chance."""
    return np.random.default_rng(seed)


def test_random_rows_are_ruled_as_the_tables_say() -> None:
    """Both settings of limits, with rows that pass among them."""
    parts = [of_rows(Subject(), TINY, part, 4) for part in range(4)]
    assert [failure for part in parts for failure in part.failures] == []
    assert sum(part.cases for part in parts) == TINY.rows
    assert sum(passed for part in parts for passed in part.notes.values()) > 100


def test_an_engine_that_errs_on_one_combination_is_found() -> None:
    """Three things at once, on one row in hundreds."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        ruling = rule(c, limits, filters)
        odd = (c.opted_out == 1) & (c.mark == 2) & (c.channel == 4) & (c.outbound == 1)
        verdicts = ruling.verdicts.copy()
        verdicts[PLACE["breaker_open"], odd] = REFUSE
        return replace(ruling, verdicts=verdicts)

    [failure, *_] = of_rows(Subject(rule=engine), replace(TINY, rows=40_000), 0, 1).failures
    assert (failure.promise, failure.about) == (6, "breaker_open")
    assert [failure.example[name] for name in ("opted_out", "mark", "channel")] == ["yes", "critical", "email"]


def test_a_class_that_is_none_is_found() -> None:
    """A filter that changes its mind where no limit is: inside an interval that is taken for one class."""
    within = asking("cooling_off", lambda c, _: c.now - c.last_complaint < 20 * 86_400)
    assert promises(of_rows(within, replace(TINY, rows=40_000), 0, 1).failures) == {6}


def test_a_row_that_is_answered_otherwise_alone_is_found() -> None:
    """One by one as all together."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        return rule(c, limits, filters[1:] if c.rows == 1 else filters)

    failures = of_rows(Subject(rule=engine), TINY, 0, 1).failures
    assert any("alone" in failure.says for failure in failures)


def test_values_lie_in_their_classes() -> None:
    """Anywhere inside, never outside; times of a row keep the order of their classes."""
    places, c = drawn(rng(), 2_000, NOW, FULL)
    for name in (*Flags._fields, *Numbers._fields):
        classes, column = axis(name, NOW), getattr(c, name).astype(float)
        low, high = classes.low[places[name]], classes.high[places[name]]
        assert np.all(((low <= column) & (column <= high)) | (np.isnan(low) & np.isnan(column))), name
    for one, other in pairwise(TIMES):
        first, second = getattr(c, one), getattr(c, other)
        known = ~np.isnan(first) & ~np.isnan(second)
        same = np.sign(places[one] - places[other]) == np.sign(
            np.where(first == second, 0, first > second) - (first < second)
        )
        assert np.all(same[known]), (one, other)


def test_every_class_is_drawn() -> None:
    """Rare ones included: the flags' all, in 5,000 rows."""
    places, _ = drawn(rng(1), 5_000, NOW, FULL)
    missing = {name for name in FLAGS if set(places[name].tolist()) != set(range(len(FLAGS[name])))}
    assert missing == set()


def test_the_same_seed_draws_the_same_rows() -> None:
    """Chance is an argument."""
    (first, _), (second, _), (other, _) = (drawn(rng(seed), 100, NOW, TINY) for seed in (3, 3, 4))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert not all(np.array_equal(first[name], other[name]) for name in first)


def test_half_of_the_rows_are_ruled_under_tighter_limits() -> None:
    """Every number that can be tightened is, and no other is looser."""
    assert (Limits(), STRICT) == SETTINGS
    assert STRICT.evidence_hours < Limits().evidence_hours
    assert STRICT.cooling_off_days > Limits().cooling_off_days
    assert STRICT.opt_out_binds > Limits().opt_out_binds


def test_only_the_whole_says_that_it_is_the_whole() -> None:
    """A million rows, every minute, every word."""
    assert (FULL.whole, QUICK.whole, TINY.whole) == (True, False, False)
    few: list[dict[str, Any]] = [{"rows": 999_999}, {"minutes": 2}, {"thin": 2}]
    assert [replace(FULL, **each).whole for each in few] == [False] * 3
    assert Scale(rows=2_000_000, seed=5).whole
    assert FULL.rows >= CHUNK


def test_the_clock_keeps_its_edges() -> None:
    """However few minutes are looked at: those about the quiet hours are among them."""
    assert {479, 480, 1259, 1260, 0, 1439} <= set(QUICK.clock())
    assert len(FULL.clock()) == 1440
