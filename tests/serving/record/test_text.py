import json
import math
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.contracts import Arm, Candidate, Claim, Context, CustomerWouldThank, Decision, Purpose
from model.errors import InvalidInput
from serving.ports import UNRECORDED, Decided
from serving.record.record import read_record, record_of
from serving.record.text import LARGE, Ruled, has_large, read_text, records_of
from serving.standing import Assignment
from tests.serving.record.test_record import NOW, answered, candidates, contexts, events, maybe_times, ruled

claims = st.builds(Claim, evidence=events | st.none(), last_complaint_at=maybe_times, contacts_7d=st.integers(0, 9))
asked = candidates | st.builds(replace, candidates, claim=claims, matched=st.text(max_size=3))
ASKED = Candidate(user_id="u", purpose="p", channel="c")
KNOWN = Context()
TOLD = Decided(decision=answered(), features={}, verdicts={}, fact_key="f", outbound=True, essential=False)


def walked(row: Ruled) -> Any:
    """Return the record as the walk over every field lays it out, through the text of the standard library."""
    return json.loads(json.dumps(record_of(*row), allow_nan=False))


def laid_out(values: Any) -> str:
    """Return every key in its order, and every value: whole numbers apart from others, zeros by their sign."""
    return repr(values)


def written(**given: Any) -> Any:
    """Return what is stored of a record that says little but this of its candidate's attributes."""
    return json.loads(records_of([(replace(ASKED, **given), KNOWN, TOLD)])[0])


@settings(deadline=None)
@given(st.lists(st.tuples(asked, contexts, ruled), max_size=3))
def test_a_group_is_written_as_the_walk_lays_each_out(rows: list[Ruled]) -> None:
    """The same values to the last digit, in the same order, whatever shares a group with them."""
    actual = [laid_out(json.loads(text)) for text in records_of(rows)]

    assert actual == [laid_out(walked(row)) for row in rows]


def test_no_field_of_the_shared_words_is_left_out() -> None:
    """A field that is added there and not here would be lost from every record: this fails then."""
    record = json.loads(records_of([(ASKED, KNOWN, replace(TOLD, assignment=None))])[0])
    parts = {
        Candidate: record["candidate"],
        Context: record["context"],
        Decided: record["decided"],
        Decision: record["decided"]["decision"],
        CustomerWouldThank: record["decided"]["decision"]["customer_would_thank"],
    }

    actual = {kind: list(part) for kind, part in parts.items()}

    assert actual == {
        kind: [field.name for field in fields(kind) if UNRECORDED not in field.metadata] for kind in parts
    }


@pytest.mark.parametrize(
    "at",
    [
        NOW,
        NOW.replace(microsecond=120),
        NOW.astimezone(timezone(timedelta(0))),
        NOW.astimezone(timezone(timedelta(hours=5, minutes=30))),
        NOW.astimezone(timezone(timedelta(seconds=-59))),
        NOW.astimezone(ZoneInfo("Europe/London")),
        NOW.astimezone(ZoneInfo("America/St_Johns")),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1850, 1, 1, tzinfo=ZoneInfo("Europe/Paris")),
    ],
    ids=["utc", "micro", "zero offset", "half an hour", "seconds", "london", "newfoundland", "year 1", "before zones"],
)
def test_a_time_has_one_text(at: datetime) -> None:
    """With its own offset, `Z` for none; also where a free value holds it."""
    row = (replace(ASKED, expires_at=at, attributes={"seen": at}), replace(KNOWN, contacts=(at, NOW)), TOLD)

    actual = json.loads(records_of([row])[0])

    assert laid_out(actual) == laid_out(walked(row))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.float32("nan"), None),
        (np.int64(-3), -3),
        (np.bool_(1), True),
        (math.inf, None),
        (-0.0, -0.0),
        (1e-7, 1e-7),
        (5e-324, 5e-324),
        (1e16, 1e16),
        (2**53 + 1, 2**53 + 1),
        (2**64, 2**64),
        (-(10**40), -(10**40)),
        ((1, (2,)), [1, [2]]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Purpose.ONBOARDING, "onboarding"),
        (MappingProxyType({"z": MappingProxyType({"a": math.nan})}), {"z": {"a": None}}),
        ("\ud800", "\ud800"),
        ("\0é\u2028", "\0é\u2028"),
        (TOLD.decision.agent_would_send, {"answer": True, "reasons": []}),
    ],
)
def test_what_python_says_otherwise_is_stored_as_ever(value: object, expected: object) -> None:
    """Scalars of arrays, sets, words, whole numbers of any size, and text that is no Unicode."""
    actual = written(attributes={"x": value})["candidate"]["attributes"]["x"]

    assert laid_out(actual) == laid_out(expected)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"bytes", "record: a `bytes` is not JSON"),
        (object(), "record: a `object` is not JSON"),
        ({1: "a"}, "record: a JSON object with the names [1]"),
        ([{"a": {None: 3}}], "record: a JSON object with the names [None]"),
        (datetime(2026, 11, 20), "time `2026-11-20T00:00:00` has no offset"),  # noqa: DTZ001  (that is the point)
        (NOW.date(), "record: a `date` is not JSON"),
    ],
    ids=["bytes", "object", "name", "nested name", "naive", "date"],
)
def test_what_is_not_json_is_refused_by_name(value: object, words: str) -> None:
    """A record that could not be read back is not written."""
    with pytest.raises(InvalidInput) as caught:
        written(attributes={"x": value})

    assert str(caught.value).startswith(words)


def test_a_naive_time_is_refused() -> None:
    """Nobody knows when it was."""
    with pytest.raises(InvalidInput, match="has no offset"):
        written(expires_at=datetime(2026, 11, 20))  # noqa: DTZ001  (that is the point)


def test_verdicts_that_are_shared_stand_in_every_record() -> None:
    """They are written once and read in each; verdicts of others are their own."""
    shared, own = MappingProxyType({"expired": "pass"}), {"expired": "refuse"}
    rows = [(ASKED, KNOWN, replace(TOLD, verdicts=each)) for each in (shared, own, shared)]

    actual = [json.loads(text)["decided"]["verdicts"] for text in records_of(rows)]

    assert actual == [{"expired": "pass"}, {"expired": "refuse"}, {"expired": "pass"}]


def test_what_was_written_replays() -> None:
    """Candidate, context and answer read back equal, with what chance did to the last digit."""
    drawn = Assignment(arm=Arm.EXPERIMENT, contacted=False, contact_probability=0.1 + 0.2, above=None, watch="x")
    row = (ASKED, KNOWN, replace(TOLD, assignment=drawn, shadow={"version": "9", "above": None}))

    read = read_record(json.loads(records_of([row])[0]))

    assert (read.candidate, read.context, read.decided) == row


@given(st.text(st.sampled_from('0123456789-:,["é\ud800'), max_size=60), st.integers(0, 2**70))
def test_large_numbers_are_found_wherever_they_stand(around: str, number: int) -> None:
    """The look at bytes says what the expression says, whatever digits stand elsewhere."""
    text = f"{around}:{number}"
    actual = has_large(text), has_large(around)
    assert actual == (LARGE.search(text) is not None, LARGE.search(around) is not None)


@pytest.mark.parametrize("number", [2**63, -(2**64), 10**25, 7, 1.5])
def test_numbers_of_any_size_are_read_as_the_standard_library_reads_them(number: float) -> None:
    """Whole ones stay whole; among them are texts of digits, which are none."""
    text = json.dumps({"id": "1234567890123456789", "list": [number, "é"]})
    actual = read_text(text)
    assert repr(actual) == repr(json.loads(text))
