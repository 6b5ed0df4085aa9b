"""What is unknown reaches the engine: a reader that keeps it to itself is found."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest

from serving.policy import columns
from serving.policy.columns import NO, UNKNOWN, Columns, Flags, Floats, Ints, Numbers, Sends, stack
from serving.policy.engine import Filter, Ruling, rule
from serving.policy.limits import Limits
from serving.verify.doubts import NOTHING_UNKNOWN, of_doubts, unnamed
from serving.verify.promises import NOW
from serving.verify.run import checks
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, promises

Doubtful = frozenset[str]


def test_every_unknown_input_is_named() -> None:
    """Alone and beside others; and the ruling is the one that asks about all of them."""
    part = of_doubts(Subject(), TINY)
    assert (list(part.failures), part.cases > 1_000) == ([], True)
    assert of_doubts in checks(Subject())


def below_unknown(yes_no: Ints, amounts: Floats) -> Doubtful:
    """Take `unknown` for known: `<` the value that stands for it."""
    names = [name for name, row in zip(Flags._fields, yes_no, strict=True) if row.min() < UNKNOWN]
    return _all_of(yes_no, amounts) - {*Flags._fields} | {*names}


def nan_is_a_number(yes_no: Ints, amounts: Floats) -> Doubtful:
    """Name flags only."""
    return _all_of(yes_no, amounts) - {*Numbers._fields}


def the_first_row(yes_no: Ints, amounts: Floats) -> Doubtful:
    """Look at the first row alone."""
    return _all_of(yes_no[:, :1], amounts[:, :1])


def the_largest(yes_no: Ints, amounts: Floats) -> Doubtful:
    """Lose NaN among other numbers."""
    largest = np.nanmax(np.where(np.isnan(amounts), -np.inf, amounts), axis=1)
    every = np.isnan(amounts).all(axis=1)
    names = [name for name, gone in zip(Numbers._fields, every & (largest == -np.inf), strict=True) if gone]
    return _all_of(yes_no, amounts) - {*Numbers._fields} | {*names}


def all_but_one(yes_no: Ints, amounts: Floats) -> Doubtful:
    """Forget a single input."""
    return _all_of(yes_no, amounts) - {"complaint_open"}


_INSTALLED = columns._doubtful


def _all_of(yes_no: Ints, amounts: Floats) -> Doubtful:
    return _INSTALLED(yes_no, amounts)


@pytest.mark.parametrize("names", [below_unknown, nan_is_a_number, the_first_row, the_largest, all_but_one])
def test_a_reader_that_does_not_name_what_is_unknown_is_found(monkeypatch: pytest.MonkeyPatch, names: Any) -> None:
    """The engine would take it for known: promise 2."""
    monkeypatch.setattr(columns, "_doubtful", names)
    failures = of_doubts(Subject(), TINY).failures
    assert promises(failures) == {2}
    assert "the engine is not told of it" in failures[0].says
    assert failures[0].example[failures[0].about] in {"unknown", "an unknown word", "none of the six"}


def test_an_engine_that_trusts_other_names_is_found() -> None:
    """A ruling that depends on what is named beyond what is unknown."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        return rule(replace(c, doubtful=frozenset()) if len(c.doubtful) < 9 else c, limits, filters)

    failures = of_doubts(Subject(rule=engine), TINY).failures
    assert [(each.promise, each.about) for each in failures] == [(2, "doubtful")]


def test_the_known_rows_are_known() -> None:
    """Beside them nothing else is doubtful."""
    for flags, numbers in NOTHING_UNKNOWN:
        assert (min(flags) >= NO, any(map(isnan, numbers))) == (True, False)
        assert stack([flags], [numbers], [Sends()], NOW).doubtful == frozenset()


def test_what_is_not_named_is_listed() -> None:
    """By its column."""
    c = stack([Flags()], [Numbers()], [Sends()], NOW)
    assert (unnamed(c), unnamed(replace(c, doubtful=c.doubtful - {"consent", "minute"}))) == ([], ["consent", "minute"])
