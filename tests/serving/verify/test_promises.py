"""Promises 1, 2, 4 and 5: each is seen to hold for the installed filters, and to be found where one breaks it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.policy.columns import Columns
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES
from serving.policy.rules import FILTERS
from serving.verify.promises import evidence_alone, harms, of_filter, refused_anyway
from serving.verify.report import Part
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, asking, named, promises, without

SUBJECT = Subject(filters=FILTERS)


def checked(subject: Subject, code: str) -> Part:
    """Check one filter on a reduced grid."""
    return of_filter(subject, TINY, code)


@pytest.mark.parametrize("code", [code for code in POLICY_CODES if code != "filter_failed"])
def test_the_installed_filter_keeps_its_promises(code: str) -> None:
    """On its whole grid, under every class of its limits, one at a time."""
    part = checked(SUBJECT, code)
    assert part.failures == []
    assert part.cases > 0
    assert part.notes[code]["reads"]


FORGETS = {
    "opted_out": {"reads": ()},
    "complaint_open": {"reads": ()},
    "conversation_open": {"reads": ()},
    "cooling_off": {"reads": ()},
    "dismissed": {"reads": ()},
    "already_told": {"reads": ()},
    "breaker_open": {"reads": ()},
    "fact_superseded": {"reads": ("superseded",)},
    "frequency_cap": {"reads": ("contacts_60m", "contacts_24h", "widget_messages")},
    "customer_already_knows": {"reads": ()},
    "expired": {"reads": ()},
    "promotional_wording": {"reads": ()},
    "generic_wording": {"reads": ()},
    "contradicts_history": {"reads": ()},
}


@pytest.mark.parametrize("code", list(FORGETS))
def test_a_filter_that_forgets_an_unknown_input_is_found(code: str) -> None:
    """Promise 2, by its code, with the input that was forgotten."""
    forgotten = set(named(code).reads) - set(FORGETS[code]["reads"])
    failures = checked(without(code, **FORGETS[code]), code).failures
    assert promises(failures) == {2}
    assert failures[0].about == code
    assert any(
        f"`{name}` is unknown" in failures[0].says and failures[0].example[name] == "unknown" for name in forgotten
    )


@pytest.mark.parametrize("code", ["consent_missing", "timezone_unknown", "evidence_missing", "channel_not_allowed"])
def test_a_filter_that_refuses_only_what_is_certain_is_found(code: str) -> None:
    """Unknown is not no news: `== NO` in place of `!= YES`, and no word of what it reads."""
    name = {"consent_missing": "consent", "timezone_unknown": "zoned", "evidence_missing": "found"}.get(code, "allowed")
    certain = without(code, test=lambda c, _: getattr(c, name) == 0, reads=())
    assert 2 in promises(checked(certain, code).failures)


def test_a_filter_that_concerns_too_few_is_found() -> None:
    """Consent that is asked for on one channel only."""
    fewer = without("consent_missing", concerns=lambda c: (c.outbound == 1) & (c.channel == 3))
    failures = checked(fewer, "consent_missing").failures
    assert 2 in promises(failures)
    assert {"consent", "outbound", "channel"} <= set(failures[0].example)


def test_a_filter_that_reads_another_s_column_is_found() -> None:
    """An opt-out that an open complaint covers up: promise 5, with the complaint in the example."""
    covered = asking("opted_out", lambda c, _: (c.opted_out == 1) & (c.complaint_open != 1))
    failures = checked(covered, "opted_out").failures
    assert promises(failures) == {5}
    assert "a harm to `complaint_open`" in failures[0].says
    assert (failures[0].example["opted_out"], failures[0].example["complaint_open"]) == ("yes", "yes")


def test_a_filter_that_forgives_the_stalest_is_found() -> None:
    """Evidence so old that it is taken for new."""

    def forgiving(c: Columns, limits: Limits) -> Any:
        return named("evidence_stale").test(c, limits) & (c.evidence_time > 0)

    failures = checked(asking("evidence_stale", forgiving), "evidence_stale").failures
    assert 5 in promises(failures)


def test_a_cap_that_one_more_contact_lifts_is_found() -> None:
    """`==` in place of `>=`."""
    capped = asking("frequency_cap", lambda c, limits: (c.outbound == 1) & (c.contacts_24h == limits.contacts_24h))
    assert 5 in promises(checked(capped, "frequency_cap").failures)


def test_a_second_clock_that_wakes_the_first_is_found() -> None:
    """Two sources that place a customer differently: the stricter counts."""

    def kinder(c: Columns, limits: Limits) -> Any:
        quiet = [(one >= limits.quiet_start) | (one < limits.quiet_end) for one in (c.minute, c.minute_too)]
        return quiet[0] & (quiet[1] | np.isnan(c.minute_too))

    failures = checked(asking("quiet_hours", kinder), "quiet_hours").failures
    assert promises(failures) == {5}
    assert "`minute_too`" in failures[0].says


LOOSENS = {
    "cooling_off": (
        "cooling_off_days",
        lambda c, limits: c.now < c.last_complaint + (28 - limits.cooling_off_days) * 86_400,
    ),
    "frequency_cap": (
        "contacts_7d",
        lambda c, limits: (c.outbound == 1) & (c.contacts_7d >= (5 if limits.contacts_7d == 5 else 6)),
    ),
    "quiet_hours": (
        "quiet_start",
        lambda c, limits: (c.minute > 2520 - limits.quiet_start) | (c.minute < limits.quiet_end),
    ),
    "purpose_switched_off": (
        "switched_off",
        lambda c, limits: np.full(c.rows, len(limits.switched_off) == 1),
    ),
    "too_soon": ("dwell_seconds", lambda c, limits: ~(c.now >= c.settled_since + 60 - limits.dwell_seconds)),
}


@pytest.mark.parametrize("code", list(LOOSENS))
def test_a_limit_that_loosens_is_found(code: str) -> None:
    """Promise 4, with the limit and both of its values."""
    limit, test = LOOSENS[code]
    failures = [each for each in checked(asking(code, test), code).failures if each.promise == 4]
    assert [each.about for each in failures] == [code]
    assert f"`{limit}`" in failures[0].says
    assert f"limits.{limit}" in failures[0].example


def test_a_filter_that_raises_is_found() -> None:
    """It refuses, but a filter that cannot judge valid inputs is no filter."""

    def explodes(_: Columns, __: Limits) -> Any:
        raise ZeroDivisionError("no contacts")

    [failure] = checked(asking("opted_out", explodes), "opted_out").failures
    assert (failure.about, failure.says) == (
        "opted_out",
        "cannot be judged on valid inputs: ZeroDivisionError: no contacts",
    )


def test_what_some_filter_refuses_anyway_is_no_way_out() -> None:
    """Without evidence or text other filters are not asked; the row is refused all the same."""
    assert refused_anyway(SUBJECT) >= {("found", 0), ("found", -1), ("complete", 0), ("grounded", 0), ("own", 0)}
    without_it = Subject(filters=tuple(each for each in FILTERS if each.code != "evidence_missing"))
    assert {name for name, _ in refused_anyway(without_it)}.isdisjoint({"found"})


def test_losing_the_evidence_is_a_harm_where_nobody_refuses_it() -> None:
    """Without `evidence_missing`, no evidence would silence what asks about it."""
    fewer = Subject(filters=tuple(each for each in FILTERS if each.code != "evidence_missing"))
    failures = checked(fewer, "already_told").failures
    assert promises(failures) == {5}
    assert "`found`" in failures[0].says


def test_harms_are_steps_for_the_worse() -> None:
    """One way only; unknown is promise 2's, and a second clock is worse than none."""
    assert list(harms("opted_out", 3)) == [(1, 2)]
    assert list(harms("consent", 3)) == [(2, 1)]
    assert list(harms("last_complaint", 4)) == [(0, 1), (1, 2)]
    assert list(harms("evidence_time", 4)) == [(1, 0), (2, 1)]
    assert list(harms("minute_too", 3)) == [(2, 0), (2, 1)]
    assert list(harms("channel", 7)) == []


def test_evidence_alone_makes_a_service() -> None:
    """In the columns: what is not found, does not fit, or is another's, and what is no service, is refused."""
    part = evidence_alone(SUBJECT, TINY)
    assert (part.failures, part.cases) == ([], 11 * 3 * 3 * 3)


@pytest.mark.parametrize(
    "code",
    [
        "purpose_is_marketing",
        "purpose_unknown",
        "evidence_missing",
        "evidence_wrong_type",
        "evidence_of_another_customer",
    ],
)
def test_a_lost_filter_of_evidence_is_found(code: str) -> None:
    """Each of the five is needed: promise 1, with what would pass."""
    fewer = Subject(filters=tuple(each for each in FILTERS if each.code != code))
    [failure] = evidence_alone(fewer, TINY).failures
    assert (failure.promise, set(failure.example)) == (1, {"purpose", "found", "fits", "theirs"})


def test_a_flag_that_stands_in_for_evidence_is_found() -> None:
    """A mark is given by evidence; a filter that takes it for evidence is no proof."""
    trusting = without("evidence_missing", test=lambda c, _: (c.found != 1) & (c.mark < 2), reads=())
    assert promises(evidence_alone(trusting, TINY).failures) == {1}


def test_an_unwaived_copy_changes_nothing() -> None:
    """A filter that is replaced by its equal keeps all promises."""
    same = Subject(filters=tuple(replace(each) for each in FILTERS))
    assert checked(same, "opted_out").failures == []
