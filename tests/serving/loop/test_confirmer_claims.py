"""What a file claimed binds when its decision is confirmed, as it did when it was decided (CONTRACT section 9)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Outcome, OutcomeKind
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.loop.confirmer import Confirmer
from serving.models.in_use import InUse
from serving.schemas.answers import confirmation_bytes
from tests.serving.batch.test_ledger import ALL_MODEL, POLICY, SCORER, decisions, known, plain, run
from tests.serving.candidate_examples import NOW, Row, candidate
from tests.serving.routes.confirming import said

FAILED: Row = {  # essential: it may go beside nine others today
    "evidence.type": "shipment.failed",
    "evidence.data.reason": "closed",
    "message.template": "parcel_failed",
    "message.facts.reason": "closed",
}


@pytest.fixture
def ledger() -> Iterator[SqliteLedger]:
    """A ledger that knows twenty customers, their consent to push, and a delayed parcel each."""
    opened = known("sqlite://")
    yield opened
    opened.close()


def failed(number: int, **changes: Any) -> Row:
    """A row about a delivery that failed, with the event itself; it says of the customer only what is given here."""
    row = {name: value for name, value in candidate(number).items() if not name.startswith("context.")} | FAILED
    return row | {"evidence.id": f"failed-{number}"} | {name.replace("__", "."): one for name, one in changes.items()}


def confirm(ledger: SqliteLedger, identity: str, **later: float) -> tuple[str, ...]:
    """Confirm so much later than the file's clock; return the action and the codes."""
    now = NOW + timedelta(**later)
    models = InUse(scorer=SCORER)
    asks = Confirmer(policy=POLICY, models=models, shares=ALL_MODEL, clock=lambda: now, encode=confirmation_bytes)
    with ledger.transaction() as tx:
        told = asks.confirm(ledger, tx, identity, asked=now)
    assert told is not None
    return said(json.loads(told.answer))


def decided(tmp_path: Path, ledger: SqliteLedger, row: Row, *, out: str = "out") -> tuple[str, tuple[str, ...]]:
    """Decide one row; return the id, and the action with the codes."""
    run(tmp_path, ledger, [row], out=out)
    (one,) = decisions(tmp_path, out)
    return one["decision_id"], (one["action"], *one["reasons"])


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("complaint_open", True, "complaint_open"),
        ("conversation_open", True, "conversation_open"),
        ("last_complaint_at", NOW - timedelta(days=13, hours=12), "cooling_off"),
        ("contacts_60m", 1, "frequency_cap"),
        ("contacts_24h", 2, "frequency_cap"),
        ("contacts_7d", 5, "frequency_cap"),
    ],
)
def test_what_the_file_said_still_holds(
    tmp_path: Path, ledger: SqliteLedger, column: str, value: Any, code: str
) -> None:
    """The ledger knows nothing of it, at once or twenty minutes later."""
    identity, first = decided(tmp_path, ledger, plain(1, **{f"context__{column}": value}))
    actual = [first, confirm(ledger, identity), confirm(ledger, identity, minutes=20)]
    assert actual == [("hold", code)] * 3


@pytest.mark.parametrize(
    ("row", "hours"),
    [
        (plain(1, context__contacts_60m=1), 1),
        (plain(1, context__contacts_60m=1, context__contacts_24h=1), 1),
        (failed(1, context__contacts_24h=10), 24),
        (failed(1, context__contacts_24h=10, context__contacts_7d=10), 24),
    ],
)
def test_a_count_binds_as_long_as_its_window_lasts(tmp_path: Path, ledger: SqliteLedger, row: Row, hours: int) -> None:
    """What was sent within an hour before the decision is older than an hour an hour later."""
    identity, first = decided(tmp_path, ledger, row)
    late = [confirm(ledger, identity, hours=hours, seconds=seconds) for seconds in (-1, 0)]
    actual = (first, late)
    assert actual == (("hold", "frequency_cap"), [("hold", "frequency_cap"), ("send",)])


def test_what_was_sent_since_comes_on_top_of_a_count(tmp_path: Path, ledger: SqliteLedger) -> None:
    """The file knows of one that the ledger does not, and one more went out since: two today."""
    identity, first = decided(tmp_path, ledger, plain(1, context__contacts_24h=1))
    own = {"user__id": "u-1", "evidence__subject": "u-1"}
    other = failed(7, **own, evidence__data__parcel="B-7", message__facts__parcel="B-7")
    run(tmp_path, ledger, [other], out="other", now=NOW + timedelta(minutes=5))
    actual = (first, decisions(tmp_path, "other")[0]["action"], confirm(ledger, identity, hours=2))
    assert actual == (("send",), "send", ("hold", "frequency_cap"))


def test_an_account_of_the_evidence_that_is_older_binds(tmp_path: Path, ledger: SqliteLedger) -> None:
    """The ledger's event is an hour and a half old, the file's 23 hours: it is stale an hour later, not tomorrow."""
    row = plain(1, evidence__time=NOW - timedelta(hours=23), evidence__source="carrier", context__complaint_open=True)
    identity, first = decided(tmp_path, ledger, row)
    actual = (first, confirm(ledger, identity, minutes=59), confirm(ledger, identity, minutes=60))
    assert actual == (
        ("hold", "complaint_open"),
        ("hold", "complaint_open"),
        ("cancel", "evidence_stale", "complaint_open"),
    )


def test_the_stricter_of_both_counts(tmp_path: Path, ledger: SqliteLedger) -> None:
    """What the ledger has learnt since adds to what was claimed; a clean file takes nothing away."""
    identity, first = decided(tmp_path, ledger, plain(1, context__conversation_open=True))
    clean, second = decided(tmp_path, ledger, candidate(2, evidence__source="carrier"), out="clean")
    with ledger.transaction() as tx:
        for user in ("u-1", "u-2"):
            tx.add_outcome(Outcome(kind=OutcomeKind.COMPLAINED, time=NOW, user_id=user), recorded_at=NOW)
    actual = [first, confirm(ledger, identity), second, confirm(ledger, clean)]
    assert actual == [
        ("hold", "conversation_open"),
        ("hold", "cooling_off", "complaint_open", "conversation_open"),
        ("send",),
        ("hold", "cooling_off", "complaint_open"),
    ]
