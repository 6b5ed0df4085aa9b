"""Promise 1 at the reader: a word that stands in for evidence is found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Context
from serving.policy.purposes import EVENT_TYPES, PURPOSE_INDEX, SERVICES
from serving.policy.rows import Read, columns_of
from serving.verify.evidence import DATE, DATES, MARKETING, OTHERS, PROVES, PURPOSES, TYPES, Point, of_purposes, points
from serving.verify.subject import FULL, Subject
from tests.serving.verify.broken import TINY, promises

GOOD = Point("delivery_update", "shipment.delayed", "right", "theirs", "an hour ago", 0, True, False, "chat", False)


def test_nothing_but_evidence_makes_a_service_here() -> None:
    """A sample of the combinations, through the installed reader."""
    part = of_purposes(Subject(), TINY, 0, 1)
    assert (list(part.failures), part.cases > 5_000) == ([], True)


def reading(change: Any) -> Subject:
    """Return the policy with a reader whose columns are changed."""

    def reader(candidates: Sequence[Candidate], contexts: Sequence[Context], **options: Any) -> Read:
        read = columns_of(candidates, contexts, **options)
        return replace(read, columns=change(read.columns, candidates, contexts))

    return Subject(read=reader)


def column(c: Any, name: str, where: Any, value: int) -> Any:
    """Return the columns with this value on some rows of one."""
    return replace(c, **{name: np.where(where, value, getattr(c, name)).astype(np.int8)})


def proved(c: Any, where: Any) -> Any:
    """Return the columns with evidence that is found, fits and is theirs on some rows."""
    return column(column(column(c, "found", where, 1), "fits", where, 1), "theirs", where, 1)


def urgent(candidates: Sequence[Candidate]) -> Any:
    """Return which candidates say that they are urgent."""
    return np.array([bool(one.attributes.get("urgent")) for one in candidates])


CHANGES: dict[str, Any] = {
    "a flag is evidence": lambda c, ones, _: column(c, "found", urgent(ones), 1),
    "a flag is a mark": lambda c, ones, _: column(c, "mark", urgent(ones), 2),
    "any event fits": lambda c, _, __: column(c, "fits", c.purpose >= 0, 1),
    "any customer will do": lambda c, _, __: column(c, "theirs", c.found == 1, 1),
    "what is listed in a text counts": lambda c, _, known: column(
        c,
        "theirs",
        np.array([isinstance(k.evidence and k.evidence.data.get("affected"), str) for k in known]),
        1,
    ),
    "the future counts": lambda c, _, known: column(
        c, "found", np.array([bool(k.evidence and k.evidence.time.microsecond) for k in known]), 1
    ),
    "another event's id counts": lambda c, ones, _: proved(
        c, np.array([bool(one.evidence and one.evidence.id == "ev-2") for one in ones])
    ),
    "a marketing word is a delivery": lambda c, _, __: column(
        column(
            column(column(c, "fits", c.purpose == -2, 1), "found", c.purpose == -2, 1), "theirs", c.purpose == -2, 1
        ),
        "purpose",
        c.purpose == -2,
        0,
    ),
    "evidence is forgotten": lambda c, _, __: column(c, "found", c.channel == 0, 0),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_word_that_stands_in_for_evidence_is_found(name: str) -> None:
    """Promise 1, with the whole combination."""
    failures = of_purposes(reading(CHANGES[name]), replace(TINY, thin=9), 0, 6).failures
    assert promises(failures) == {1}
    assert set(failures[0].example) == set(Point.__slots__)


def test_the_table_is_the_contract_s() -> None:
    """Restated, and the same as the code's: purposes, types, marks; no type is left out."""
    assert {purpose: dict(kinds) for purpose, kinds in PROVES.items()} == {
        str(purpose): {kind: int(mark) for kind, mark in service.evidence.items()}
        for purpose, service in SERVICES.items()
    }
    assert set(TYPES) >= EVENT_TYPES
    assert len(TYPES) == len(set(TYPES))


def test_every_word_for_a_purpose_is_tried() -> None:
    """Nine services, eight marketing words, and others that only look like one."""
    assert {str(word) for word in PURPOSE_INDEX} == {*PROVES, *MARKETING}
    assert set(OTHERS).isdisjoint(PURPOSE_INDEX)
    assert {point.purpose for point in points(TINY)} == set(PURPOSES)


@pytest.mark.parametrize(
    ("changes", "proved"),
    [
        ({}, True),
        ({"reference": "right, with its source"}, True),
        ({"reference": "another source"}, False),
        ({"reference": "another id"}, False),
        ({"reference": "another type"}, False),
        ({"reference": "none"}, False),
        ({"kind": None}, False),
        ({"kind": "shipment.delayed "}, False),
        ({"kind": "account.fraud_suspected"}, False),
        ({"purpose": "promotion"}, False),
        ({"purpose": "Delivery_Update"}, False),
        ({"subject": "another's"}, False),
        ({"subject": "nobody's, listed"}, False),
        ({"purpose": "remediation", "kind": "incident.resolved", "subject": "nobody's, listed"}, True),
        ({"purpose": "remediation", "kind": "incident.resolved", "subject": "nobody's, in a text"}, False),
        ({"purpose": "remediation", "kind": "incident.opened"}, False),
        ({"time": "5 min ahead"}, True),
        ({"time": "more than 5 min ahead"}, False),
        ({"unknown": True}, False),
        ({"urgent": True, "kind": None}, False),
        ({"purpose": "requested_reminder", "kind": "reminder.requested"}, True),
        ({"purpose": "requested_reminder", "kind": "reminder.requested", "dates": 2}, False),
        ({"purpose": "progress_update", "kind": "item.available"}, True),
        ({"purpose": "progress_update", "kind": "item.available", "asked": None}, False),
    ],
)
def test_what_proves_a_service(changes: dict[str, Any], proved: bool) -> None:  # noqa: FBT001  (a table's column)
    """By hand, from CONTRACT section 5."""
    assert replace(GOOD, **changes).proved is proved


def test_marks_come_from_the_event_on_record() -> None:
    """Essential and critical by type and purpose; nothing without a record."""
    fraud = replace(GOOD, purpose="account_event", kind="account.fraud_suspected")
    marks = [
        fraud,
        replace(fraud, purpose="onboarding"),
        replace(fraud, unknown=True),
        replace(GOOD, kind="shipment.failed"),
    ]
    assert [each.mark for each in marks] == [2, 0, 0, 1]


def test_the_parts_are_the_whole() -> None:
    """Shared out by purpose and type: nothing twice, nothing left out; the full grid is large."""
    few = replace(TINY, thin=301)
    parts = [point for part in range(3) for point in points(few, part, 3)]
    whole = [*points(few)]
    assert sorted(map(repr, parts)) == sorted(map(repr, whole))
    assert sum(1 for _ in points(FULL, 0, 40)) > 10_000


def test_what_is_no_date_is_among_the_dates() -> None:
    """Missing, naive, in words, a number."""
    later = [each.get("due_at") for each in DATES]
    assert later == [DATE, None, "2026-11-21T10:00:00", DATE, 1_795_000_000, None]


def test_a_page_whose_evidence_ages_like_a_parcel_is_found() -> None:
    """Five minutes are a limit of the two purposes of a page, whatever the event."""

    def reader(*about: Any, **options: Any) -> Read:
        read = columns_of(*about, **options)
        return replace(read, columns=replace(read.columns, ages_as=read.columns.mark))

    failures = of_purposes(Subject(read=reader), replace(TINY, thin=37), 0, 1).failures
    assert [failure.says for failure in failures] == ["becomes stale by another limit than its evidence has"]
