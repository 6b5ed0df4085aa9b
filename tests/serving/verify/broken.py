"""Policies with one thing wrong, for the verification to find."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from serving.policy.columns import Columns
from serving.policy.engine import Filter
from serving.policy.limits import Limits
from serving.policy.rules import FILTERS
from serving.verify.report import Failure
from serving.verify.subject import Scale, Subject

TINY = Scale(rows=4_000, minutes=240, thin=61)


def named(code: str) -> Filter:
    """Return the installed filter of this code."""
    return next(each for each in FILTERS if each.code == code)


def without(code: str, **changes: Any) -> Subject:
    """Return the policy with this filter changed."""
    return Subject(filters=tuple(replace(each, **changes) if each.code == code else each for each in FILTERS))


def asking(code: str, test: Callable[[Columns, Limits], Any]) -> Subject:
    """Return the policy with another test in this filter."""
    return without(code, test=test)


def promises(failures: Sequence[Failure]) -> set[int]:
    """Return which promises are said to be broken."""
    return {each.promise for each in failures}
