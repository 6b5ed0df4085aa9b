"""What a sender claims beside the ledger: kept with the candidate, and stricter or nothing."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Candidate, Claim, Context, Event
from serving.candidates.columns import CONTEXT
from serving.claims import SAID, WINDOWS, claimed, with_claim
from serving.record.record import from_json, to_json
from serving.stricter import COUNTS, stricter

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASKED = Candidate(user_id="u-1", purpose="delivery_update", channel="chat")
EVENT = Event(source="carrier", id="ev-1", type="shipment.delayed", time=NOON, subject="u-1", data={"parcel": "A-7"})
KNOWN = Context(evidence=EVENT, consent=True, contacts=(NOON,), contacts_60m=1, contacts_24h=1, contacts_7d=1)
AGO = st.none() | st.integers(0, 99).map(lambda hours: NOON - timedelta(hours=hours))
CLAIMS = st.builds(
    Claim,
    evidence=st.none() | st.builds(replace, st.just(EVENT), subject=st.sampled_from(["u-1", "u-2", None])),
    **{name: st.booleans() for name in ("superseded", "already_told", "consent", "opted_out", "complaint_open")},
    **{name: st.integers(0, 9) for name in COUNTS},
    **dict.fromkeys(("last_inbound_at", "last_complaint_at"), AGO),
    unknown=st.frozensets(st.sampled_from(["consent", "contacts_60m"])),
)


def told(event: Event | None, known: Context = KNOWN) -> Context:
    """Return what counts where this event came with the question."""
    return claimed(with_claim(ASKED, known, event), known, at=NOON, now=NOON)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (None, (NOON, False)),
        (EVENT, (NOON, False)),
        (replace(EVENT, subject=None), (NOON, False)),
        (replace(EVENT, time=NOON + timedelta(minutes=1)), (NOON, False)),
        (replace(EVENT, time=NOON - timedelta(days=2)), (NOON - timedelta(days=2), False)),
        (replace(EVENT, data={"parcel": "B-8"}), (NOON, True)),
        (replace(EVENT, data={"parcel": "A-7", "note": "more"}), (NOON, False)),
        (replace(EVENT, data={"affected": ["u-1", "u-2"]}), (NOON, False)),
        (replace(EVENT, data={}), (NOON, False)),
    ],
)
def test_what_is_said_anew_of_an_event_can_only_forbid(event: Event | None, expected: tuple[datetime, bool]) -> None:
    """The older time counts, another value under the same name supersedes; what is added says nothing."""
    found = told(event)
    assert found.evidence is not None
    assert (found.evidence.time, found.superseded, found.unknown) == (*expected, frozenset())


def test_whose_an_event_is_nobody_knows_where_the_accounts_differ() -> None:
    """The sender names another customer than the record does."""
    found = told(replace(EVENT, subject="u-2"))
    actual = (found.evidence, found.unknown)
    assert actual == (replace(EVENT, subject=None), {"evidence"})


@pytest.mark.parametrize("recorded", [None, "u-1", "u-2"])
def test_that_an_event_is_the_customers_own_is_for_the_record_to_say(recorded: str | None) -> None:
    """An incident names nobody, but lists them; who says that it is theirs adds nothing."""
    known = replace(KNOWN, evidence=replace(EVENT, subject=recorded))
    actual = told(EVENT, known)
    assert actual == known


@pytest.mark.parametrize("known", [Context(), Context(evidence=EVENT, superseded=True)])
def test_a_claim_about_nothing_on_record_changes_nothing(known: Context) -> None:
    """Without evidence there is nothing to contradict; what was superseded stays so."""
    actual = told(EVENT, known)
    assert actual == known


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (EVENT, {}),
        (None, {"consent": True, "complaint_open": False, "contacts_24h": 0}),
        (replace(EVENT, data={"parcel": "A-7", "affected": ["u-2"]}), {"opted_out": False}),
    ],
)
def test_what_can_forbid_nothing_is_not_kept(event: Event | None, says: dict[str, Any]) -> None:
    """Neither the event that is on record as it was told, nor a clean customer."""
    actual = with_claim(ASKED, KNOWN, event, says)
    assert actual == ASKED


def test_what_is_kept_reads_back() -> None:
    """As JSON, without the other customers of an incident; a record older than claims has none."""
    event = replace(EVENT, time=NOON - timedelta(hours=1), data={"parcel": "A-7", "affected": ["u-2"]})
    says = {"last_complaint_at": NOON, "complaint_open": True, "contacts_7d": 3}
    kept = with_claim(ASKED, KNOWN, event, says, frozenset({"opted_out"}))
    read = from_json(Candidate, json.loads(json.dumps(to_json(kept))))
    older = {name: part for name, part in to_json(ASKED).items() if name != "claim"}
    expected = Claim(**says, evidence=replace(event, data={"parcel": "A-7"}), unknown=frozenset({"opted_out"}))
    assert (read, read.claim, from_json(Candidate, older)) == (kept, expected, ASKED)


def test_a_claim_has_the_fields_that_a_file_has_columns_for() -> None:
    """And the evidence, and what is unknown; each with the name that it has in a context."""
    actual = ({field.name for field in fields(Claim)}, set(SAID) <= {field.name for field in fields(Context)})
    assert actual == ({name for name, _ in CONTEXT.values()} | {"evidence", "unknown"}, True)


@given(CLAIMS, st.integers(-1, 200).map(lambda hours: timedelta(hours=hours)))
def test_the_record_and_the_claim_both_bind(claim: Claim, later: timedelta) -> None:
    """Never less than the record says, nor than was claimed, but for counts whose window is over."""
    found = claimed(replace(ASKED, claim=claim), KNOWN, at=NOON, now=NOON + later)
    over = {name for name, window in WINDOWS.items() if later >= window}
    said = {name: getattr(claim, name) for name in SAID if name not in over}
    expected = stricter(KNOWN, replace(KNOWN, **said))
    actual = {name: getattr(found, name) for name in SAID if name not in COUNTS}
    counts = {name: getattr(found, name) for name in COUNTS}
    more = {name: KNOWN.contacts_7d if name in over else max(1, getattr(claim, name) + 1) for name in COUNTS}
    assert actual == {name: getattr(expected, name) for name in actual}
    assert (counts, found.unknown - {"evidence"}) == (more, claim.unknown - over)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (-1, (2, 4, 6)),
        (0, (2, 4, 6)),
        (0.99, (2, 4, 6)),
        (1, (0, 4, 6)),
        (23.9, (0, 4, 6)),
        (24, (0, 0, 6)),
        (168, (0, 0, 0)),
    ],
)
def test_a_count_ends_with_its_window(hours: float, expected: tuple[int, ...]) -> None:
    """It counted what was sent before the decision; a clock that went back makes it no older."""
    says = {"contacts_60m": 2, "contacts_24h": 4, "contacts_7d": 6}
    found = claimed(with_claim(ASKED, Context(), None, says), Context(), at=NOON, now=NOON + timedelta(hours=hours))
    actual = (found.contacts_60m, found.contacts_24h, found.contacts_7d)
    assert actual == expected


@pytest.mark.parametrize(("sent", "expected"), [(-1, 2), (0, 3), (30, 3)])
def test_what_was_sent_since_the_decision_comes_on_top(sent: int, expected: int) -> None:
    """Nobody can have counted it before; what was sent earlier may be among what was counted."""
    at = NOON + timedelta(minutes=sent)
    known = Context(contacts=(at,), contacts_60m=1, contacts_24h=1, contacts_7d=1)
    later = NOON + timedelta(minutes=40)
    actual = claimed(with_claim(ASKED, known, None, {"contacts_60m": 2}), known, at=NOON, now=later).contacts_60m
    assert actual == expected
