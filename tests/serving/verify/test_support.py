"""What a filter depends on is found by watching it, whatever way it reads."""

from typing import Any

import numpy as np
import pytest

from serving.policy.columns import Columns
from serving.policy.engine import Filter
from serving.policy.limits import Limits
from serving.verify.classes import Uncovered
from serving.verify.promises import NOW, of_filter
from serving.verify.support import steady, support
from serving.verify.tables import columns
from serving.verify.watching import watched, watched_limits
from tests.serving.verify.broken import TINY, asking, named


def made(test: Any, **changes: Any) -> Filter:
    """Return a filter of this test."""
    return Filter("opted_out", test, **changes)


EXPECTED = {
    "opted_out": (("opted_out",), ()),
    "consent_missing": (("consent", "outbound"), ()),
    "customer_already_knows": (("found", "evidence_time", "last_inbound"), ()),
    "evidence_stale": (
        ("ages_as", "found", "evidence_time", "due_at"),
        ("essential_hours", "evidence_hours", "widget_minutes"),
    ),
    "quiet_hours": (("outbound", "minute", "minute_too"), ("quiet_end", "quiet_start")),
    "purpose_switched_off": (("purpose",), ("switched_off",)),
    "channel_not_allowed": (("channel", "allowed"), ("channels_off",)),
    "cooling_off": (("last_complaint",), ("cooling_off_days",)),
}


@pytest.mark.parametrize("code", list(EXPECTED))
def test_a_filter_depends_on_what_it_is_about(code: str) -> None:
    """Columns in their order, limits by name."""
    found = support(named(code), NOW)
    assert (found.columns, found.limits) == EXPECTED[code]


def test_what_is_read_only_under_a_condition_is_found() -> None:
    """A column that is looked at only where all rows are complaints."""

    def sly(c: Columns, _: Limits) -> Any:
        return c.opted_out == 1 if not (c.complaint_open == 1).all() else c.conversation_open == 1

    assert support(made(sly), NOW).columns == ("opted_out", "complaint_open", "conversation_open")


def test_what_is_read_only_under_a_limit_is_found() -> None:
    """A column that is looked at only once a limit is set."""

    def sly(c: Columns, limits: Limits) -> Any:
        return c.opted_out == 1 if not limits.channels_off else c.channel == 3

    found = support(made(sly), NOW)
    assert (found.columns, found.limits) == (("channel", "opted_out"), ("channels_off",))


def test_what_is_read_through_a_method_is_found() -> None:
    """`unknown` reads the column that it is asked about, and so does a concern."""
    each = made(lambda c, _: c.unknown("consent"), concerns=lambda c: c.outbound == 1)
    assert support(each, NOW).columns == ("consent", "outbound")


def test_a_declared_input_belongs_to_the_support() -> None:
    """The engine reads it, even if the test does not."""
    each = made(lambda c, _: np.zeros(c.rows, dtype=np.bool_), reads=("consent",))
    assert support(each, NOW).columns == ("consent",)


def test_a_filter_that_reads_the_list_of_contacts_cannot_be_tabulated() -> None:
    """It is said, not passed over."""
    with pytest.raises(Uncovered, match="`contacts`"):
        support(made(lambda c, _: c.contacts[:, 0] > 0), NOW)


@pytest.mark.parametrize("name", ["zones", "timed"])
def test_neither_zones_nor_times_of_contacts_are_read_by_a_test(name: str) -> None:
    """They are for the ends of holds alone."""
    with pytest.raises(Uncovered, match=f"`{name}`"):
        support(made(lambda c, _: np.array([bool(getattr(c, name))] * c.rows)), NOW)


def test_watching_changes_nothing() -> None:
    """The same values, and a note of what was read; counting rows is no reading."""
    seen: set[str] = set()
    c = watched(columns({"consent": np.array([1, 0, -1])}, 3, NOW), seen)
    assert (c.rows, c.now, seen) == (3, NOW, set())
    assert (c.consent.tolist(), seen) == ([1, 0, -1], {"consent"})
    limits = watched_limits(Limits(contacts_24h=1), seen)
    assert (limits.contacts_24h, seen) == (1, {"consent", "contacts_24h"})


def neighbours(c: Columns, _: Limits) -> Any:
    """Refuse a row for another row's opt-out."""
    return np.full(c.rows, bool((c.opted_out == 1).any()))


def test_a_filter_that_hears_its_neighbours_is_found() -> None:
    """A row must be answered alone as among others."""
    subject = asking("opted_out", neighbours)
    each = next(each for each in subject.filters if each.code == "opted_out")
    _, failures = steady(subject, each, support(each, NOW), NOW)
    assert [(failure.promise, failure.about) for failure in failures] == [(6, "opted_out")]


def test_a_filter_that_depends_on_the_order_of_rows_is_found() -> None:
    """The first row is as good as any other."""

    def first(c: Columns, _: Limits) -> Any:
        return (c.opted_out == 1) & (np.arange(c.rows) > 0)

    subject = asking("opted_out", first)
    each = next(each for each in subject.filters if each.code == "opted_out")
    assert steady(subject, each, support(each, NOW), NOW)[1]


def test_a_filter_that_writes_into_its_columns_is_found() -> None:
    """The grid cannot be written: the attempt raises, and is reported."""

    def writes(c: Columns, _: Limits) -> Any:
        c.opted_out[:] = 0
        return c.opted_out == 1

    failures = of_filter(asking("opted_out", writes), TINY, "opted_out").failures
    assert "read-only" in failures[0].says
