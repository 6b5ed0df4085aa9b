"""Assignments and their labels: what chance did with each occasion, and the harm that followed in its window.

An occasion is the first assignment about a fact. A later one that contacted is counted too, for its own harm alone.

    complained   occasions: a complaint of the customer, by any id, with decided ≤ time < decided + 14 days
    harmed       contacted, and a complaint or opt-out with this `decision_id`, time < decided + 14 days

Times are those from which an outcome counts, `min(time, recorded_at)`; when a report arrives does not matter. A label
only ever rises, and moves its row to another count of the monitor in the same transaction: the counts are always
what a recount of the assignments would give.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from model.contracts import Action, Arm, Outcome, OutcomeKind
from model.errors import InvalidInput
from model.monitor import WINDOW_DAYS, Cell
from serving.ledger.experiments import count_contact
from serving.ledger.identities import names, owner
from serving.ledger.instants import DAY, micros
from serving.ledger.silence import note_contact
from serving.ledger.store import Row, Store
from serving.ledger.trips import note_harm
from serving.ledger.watches import count, move
from serving.ports import Decided
from serving.standing import Assignment

WINDOW = WINDOW_DAYS * DAY
HARMS = (OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT)

_BEFORE = """SELECT contact_above, contact_below,
        NOT EXISTS (SELECT 1 FROM assignments WHERE user_id = :user AND fact_key = :fact_key AND first = 1),
        (SELECT count(*) FROM trips WHERE released_at IS NOT NULL),
        EXISTS (SELECT 1 FROM outcomes WHERE user_id = :user AND kind = 'complained' AND time >= :at
            AND min(time, recorded_at) >= :at AND min(time, recorded_at) < :end)
    FROM watches WHERE key = :watch"""
_ADD = """INSERT INTO assignments
        (decision, user_id, fact_key, at, watch, arm, above, contacted, e, first, epoch, complained, harmed)
    VALUES (:decision, :user, :fact_key, :at, :watch, :arm, :above, :contacted, :e, :first, :epoch, :complained, 0)"""
_COMPLAINED = """SELECT decision, watch, epoch, at, e, contacted, complained, harmed, first FROM assignments
    WHERE user_id = :user AND first = 1 AND at <= :time AND at > :start AND complained = 0"""
_COMPLAIN = "UPDATE assignments SET complained = 1 WHERE decision = :decision"
_HARMED = """SELECT decision, watch, epoch, at, e, contacted, complained, harmed, first FROM assignments
    WHERE decision = (SELECT seq FROM decisions WHERE decision_id = :decision_id)
        AND contacted = 1 AND harmed = 0 AND at > :start"""
_HARM = "UPDATE assignments SET harmed = 1 WHERE decision = :decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an assignment is counted; `epoch` None: nowhere."""

    decision: int
    watch: str
    epoch: int | None
    cell: Cell


def add_assignment(store: Store, decided: Decided, *, decision: int, user: str) -> None:
    """Append what chance did, if it did; count it for the monitor, for its experiment, and against silence.

    Raises:
        InvalidInput: the assignment contradicts its decision or its watch, which must be known, or its experiment is
            over.
    """
    assignment = decided.assignment
    if assignment is None:
        return
    at = micros(decided.decision.decided_at)
    place = _add(store, decided, assignment, decision=decision, user=user)
    if place.epoch is not None:
        count(store, place.watch, place.epoch, place.cell)
    if assignment.contacted:
        note_contact(store)
        if assignment.arm is Arm.EXPERIMENT:
            count_contact(store, assignment.watch, at=at)


def _add(store: Store, decided: Decided, assignment: Assignment, *, decision: int, user: str) -> _Place:
    """Append the row, with what is known of its labels already: a clock that jumped back decides after a complaint."""
    about, at = decided.decision, micros(decided.decision.decided_at)
    e, contacted, fact_key = assignment.contact_probability, assignment.contacted, decided.fact_key
    before = store.row(_BEFORE, user=user, fact_key=fact_key, at=at, end=at + WINDOW, watch=assignment.watch)
    if fact_key is None or contacted != (about.action is Action.SEND):
        raise InvalidInput(f"decision `{about.decision_id}`: its assignment contradicts its action, or has no fact")
    if before is None or e not in before[:2]:
        raise InvalidInput(
            f"decision `{about.decision_id}`: P(contacted) `{e}` is none of watch `{assignment.watch}`, or this watch "
            "was not made known; decide again"
        )
    first, epoch = bool(before[2]), before[3] if before[2] or contacted else None
    complained = first and bool(before[4])
    store.insert(
        _ADD,
        decision=decision,
        user=user,
        fact_key=fact_key,
        at=at,
        watch=assignment.watch,
        arm=assignment.arm.value,
        above=assignment.above,
        contacted=contacted,
        e=e,
        first=first,
        epoch=epoch,
        complained=complained,
    )
    cell = Cell(day=at // DAY, e=e, contacted=contacted, complained=complained, harmed=False, again=not first)
    return _Place(decision=decision, watch=assignment.watch, epoch=epoch, cell=cell)


def label(store: Store, outcome: Outcome, *, user: str, time: int, recorded_at: datetime) -> None:
    """Let a new outcome label what it is about; a harm may trip the monitor.

    `time` (microseconds) is from when it counts.
    """
    harmed = _harm(store, outcome, time=time)
    if outcome.kind is OutcomeKind.COMPLAINED:
        every = names(store, owner(store, user))
        rows = [row for name in every for row in store.rows(_COMPLAINED, user=name, time=time, start=time - WINDOW)]
        for row in rows:
            place = _place(row)
            store.change(_COMPLAIN, decision=place.decision)
            _moved(store, place, replace(place.cell, complained=True))
    if harmed is not None and harmed.epoch is not None:
        note_harm(store, harmed.watch, now=recorded_at)


def _harm(store: Store, outcome: Outcome, *, time: int) -> _Place | None:
    """Label the contact that did this harm, if any; return it where that is news."""
    if outcome.kind not in HARMS or outcome.decision_id is None:
        return None
    row = store.row(_HARMED, decision_id=outcome.decision_id, start=time - WINDOW)
    if row is None:
        return None
    place = _place(row)
    store.change(_HARM, decision=place.decision)
    _moved(store, place, replace(place.cell, harmed=True))
    return place


def _moved(store: Store, place: _Place, after: Cell) -> None:
    """Count it with its new label, where it is counted at all."""
    if place.epoch is not None:
        move(store, place.watch, place.epoch, before=place.cell, after=after)


def _place(row: Row) -> _Place:
    decision, watch, epoch, at, e, contacted, complained, harmed, first = row
    cell = Cell(
        day=at // DAY,
        e=e,
        contacted=bool(contacted),
        complained=bool(complained),
        harmed=bool(harmed),
        again=not first,
    )
    return _Place(decision=decision, watch=watch, epoch=epoch, cell=cell)
