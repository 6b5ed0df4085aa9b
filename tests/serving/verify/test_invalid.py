"""What is no value: unreadable in a row, refused in a configuration."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.policy.columns import Columns
from serving.policy.engine import rule
from serving.policy.limits import TIGHTER, WORDS, Limits, tighten
from serving.verify.classes import NUMBERED
from serving.verify.invalid import TIGHTER_IS_LESS, out_of_range, overrides
from serving.verify.subject import FULL, Subject
from tests.serving.verify.broken import promises


def test_a_flag_out_of_range_is_unreadable_here() -> None:
    """Every int8 of every flag."""
    part = out_of_range(Subject(), FULL)
    assert (list(part.failures), part.cases > 31 * 240) == ([], True)


def test_an_engine_that_rules_on_unreadable_rows_is_found() -> None:
    """Promise 2, with flag and value."""

    def engine(c: Columns, limits: Limits, filters: Any) -> Any:
        ruling = rule(replace(c, readable=np.ones_like(c.readable)), limits, filters)
        return replace(ruling, denied=np.zeros_like(ruling.denied))

    failures = out_of_range(Subject(rule=engine), FULL).failures
    assert promises(failures) == {2}
    assert {failure.about for failure in failures} >= {"opted_out", "mark", "outbound"}


def test_configuration_only_tightens_here() -> None:
    """Every limit with what loosens it, what is of another kind, and words that are no limits."""
    part = overrides(Subject(), FULL)
    assert (list(part.failures), part.cases > 500) == ([], True)


def trusting(limits: Limits, given: Any) -> Limits:
    """Take any number for any limit."""
    numbers = {name: value for name, value in given.items() if name in NUMBERED and type(value) is int}
    return replace(limits, **numbers) if numbers else tighten(limits, given)


def generous(limits: Limits, given: Any) -> Limits:
    """Ignore what is no limit."""
    return tighten(limits, {name: value for name, value in given.items() if name in TIGHTER})


def replacing(limits: Limits, given: Any) -> Limits:
    """Start from the default each time."""
    tighten(limits, given)
    return tighten(Limits(), given)


def anew(limits: Limits, given: Any) -> Limits:
    """Set the words that are given, and forget those that hold already."""
    tightened = tighten(limits, given)
    words = {name: frozenset(value) for name, value in given.items() if name in WORDS}
    return replace(tightened, **words)


def unheard(limits: Limits, given: Any) -> Limits:
    """Keep to the words that hold already."""
    tightened = tighten(limits, given)
    return replace(
        tightened, **{name: getattr(limits, name) for name in given if getattr(limits, name) and name in WORDS}
    )


@pytest.mark.parametrize("broken", [trusting, generous, replacing, anew, unheard])
def test_a_configuration_that_can_loosen_is_found(broken: Any) -> None:
    """Promise 4, with limit and value."""
    failures = overrides(Subject(tighten=broken), FULL).failures
    assert promises(failures) == {4}
    assert "configuration may set it to" in failures[0].says


def test_the_directions_are_the_policy_s() -> None:
    """Restated from the classes, and the same."""
    assert {name: TIGHTER[name] == "at most" for name in NUMBERED} == TIGHTER_IS_LESS
