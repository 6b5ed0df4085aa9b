"""Appending decisions: a group at a time, each with its whole record, and what follows from each of them.

    a send          reserves, and is volume
    a hold          is due again when it may have ended; its text waits for a person where that is why
    every decision  gives its reasons, and is tallied; chance may have assigned it; what was read of it is kept

One statement per table, whatever the size of the group. What names a decision by its number is written last.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from model.contracts import Action, Candidate
from model.errors import InvalidInput
from serving.ledger.assignments import add_assignments, check_assignments
from serving.ledger.due import hold_first
from serving.ledger.held_texts import keep_texts
from serving.ledger.instants import micros
from serving.ledger.readings import add_readings
from serving.ledger.refusals import add_refusals
from serving.ledger.reservations import reserve
from serving.ledger.store import Bound, Store
from serving.ledger.tallying import tally
from serving.ledger.volumes import count_sends
from serving.ports import Decided
from serving.record.text import Ruled, records_of

_ADD = """INSERT INTO decisions (decision_id, user_id, action, purpose, channel, decided_at, record, drawn, counted)
    VALUES (:decision_id, :user_id, :action, :purpose, :channel, :decided_at, :record, :drawn, 14)
    ON CONFLICT DO NOTHING"""
_EARLIEST = """SELECT decision_id FROM decisions WHERE decision_id IN (SELECT value FROM json_each(:ids))
    ORDER BY seq LIMIT 1"""


def add_decisions(store: Store, rows: Sequence[Ruled], *, present: datetime | None = None) -> None:
    """Append decisions in order with their records; a send counts from now on, for its breaker by the clock `present`.

    Raises:
        InvalidInput: a decision with one of these ids is already recorded, a value in a record is not JSON, or an
            assignment contradicts its decision, its watch or its experiment.
    """
    if not rows:
        return
    pairs = [(candidate, decided) for candidate, _, decided in rows]
    check_assignments(store, [decided for _, decided in pairs])
    numbered = [(number, *pair) for number, pair in zip(_append(store, rows), pairs, strict=True)]
    _send(store, [pair for pair in pairs if pair[1].decision.action is Action.SEND], present)
    hold_first(store, [each for each in numbered if each[2].decision.action is Action.HOLD])
    keep_texts(store, numbered)
    add_refusals(store, [(number, decided.decision) for number, _, decided in numbered])
    add_assignments(store, [each for each in numbered if each[2].assignment is not None])
    tally(store, numbered)
    add_readings(store, numbered)


def _append(store: Store, rows: Sequence[Ruled]) -> list[int]:
    """Append the rows themselves; return their numbers."""
    bound = [_bound(row, record) for row, record in zip(rows, records_of(rows), strict=True)]
    numbers = store.insert_numbered(_ADD, bound)
    if len(numbers) == len(bound):
        return numbers
    ids = [decided.decision.decision_id for _, _, decided in rows]
    twice = next((one for place, one in enumerate(ids) if one in ids[:place]), None)
    known = twice or next(iter(store.rows(_EARLIEST, ids=json.dumps(ids))))[0]
    raise InvalidInput(f"decision `{known}` is already recorded; use a new id")


def _bound(row: Ruled, record: str) -> dict[str, Bound]:
    candidate, _, decided = row
    return {
        "decision_id": decided.decision.decision_id,
        "user_id": candidate.user_id,
        "action": decided.decision.action.value,
        "purpose": candidate.purpose,
        "channel": candidate.channel,
        "decided_at": micros(decided.decision.decided_at),
        "record": record,
        "drawn": decided.assignment is not None,
    }


def _send(store: Store, sends: Sequence[tuple[Candidate, Decided]], present: datetime | None) -> None:
    """Let sends reserve, and be volume."""
    if sends:
        at = None if present is None else micros(present)
        counted = [micros(decided.decision.decided_at) if at is None else at for _, decided in sends]
        reserve(store, sends, counted_at=counted)
        messages = [candidate.message for candidate, _ in sends]
        count_sends(store, list(zip(messages, counted, strict=True)))
