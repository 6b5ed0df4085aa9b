"""Assignments and their labels: what chance did with each occasion, and the harm that followed in its window.

An occasion is the first assignment about a fact. A later one that contacted is counted too, for its own harm alone.

    complained   occasions: a complaint of the customer, by any id, with decided ≤ time < decided + 14 days
    harmed       contacted, and a complaint or opt-out with this `decision_id`, time < decided + 14 days

Times are those from which an outcome counts, `min(time, recorded_at)`; when a report arrives does not matter. A label
only ever rises, and moves its row to another count of the monitor in the same transaction: the counts are always
what a recount of the assignments would give.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from model.contracts import Action, Arm, Candidate, Outcome, OutcomeKind
from model.errors import InvalidInput
from model.monitor.detector import WINDOW_DAYS, Cell, Watch
from serving.ledger.experiments import count_contacts
from serving.ledger.identities import names, owner
from serving.ledger.instants import DAY, micros
from serving.ledger.lists import listed, placed
from serving.ledger.silence import note_contact
from serving.ledger.store import Row, Store
from serving.ledger.trips import note_harm, releases
from serving.ledger.watches import count_all, move, watch_of
from serving.ports import Decided
from serving.standing import Assignment

WINDOW = WINDOW_DAYS * DAY
HARMS = (OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT)

_ADD = """INSERT INTO assignments
        (decision, user_id, fact_key, at, watch, arm, above, contacted, e, first, epoch, complained, harmed)
    VALUES (:decision, :user, :fact_key, :at, :watch, :arm, :above, :contacted, :e, :first, :epoch, :complained, 0)"""
_KNOWN = """SELECT asked.value, EXISTS (SELECT 1 FROM assignments
            WHERE user_id = substr(asked.value, 21, CAST(substr(asked.value, 1, 20) AS INTEGER))
                AND fact_key = substr(asked.value, 21 + CAST(substr(asked.value, 1, 20) AS INTEGER)) AND first = 1),
        EXISTS (SELECT 1 FROM outcomes
            WHERE user_id = substr(asked.value, 21, CAST(substr(asked.value, 1, 20) AS INTEGER))
                AND kind = 'complained' AND time >= :at AND min(time, recorded_at) >= :at
                AND min(time, recorded_at) < :end)
    FROM json_each(:facts) AS asked"""
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


def check_assignments(store: Store, told: Sequence[Decided]) -> None:
    """Check what chance is said to have done, before anything of it is recorded.

    Raises:
        InvalidInput: an assignment contradicts its decision or its watch, which must be known.
    """
    watches: dict[str, Watch | None] = {}
    for decided in told:
        assignment, about = decided.assignment, decided.decision
        if assignment is None:
            continue
        if decided.fact_key is None or assignment.contacted != (about.action is Action.SEND):
            raise InvalidInput(
                f"decision `{about.decision_id}`: its assignment contradicts its action, or has no fact; decide again"
            )
        key, e = assignment.watch, assignment.contact_probability
        if key not in watches:
            watches[key] = watch_of(store, key)
        watch = watches[key]
        if watch is None or e not in (watch.contact_above, watch.contact_below):
            raise InvalidInput(
                f"decision `{about.decision_id}`: P(contacted) `{e}` is none of watch `{key}`, or this watch "
                "was not made known; decide again"
            )


def add_assignments(store: Store, told: Sequence[tuple[int, Candidate, Decided]]) -> None:
    """Append what chance did, in order, where it did, with the numbers of the decisions; `check_assignments` passed.

    It is counted for the monitor, for its experiment, and against silence.

    Raises:
        InvalidInput: an experiment is over, or is over before the last of these.
    """
    drawn = [(*each, each[-1].assignment) for each in told if each[-1].assignment is not None]
    if not drawn:
        return
    epoch = releases(store)
    rows = _rows(store, drawn, epoch)
    store.insert_all(_ADD, rows)
    count_all(store, Counter((str(row["watch"]), _cell(row)) for row in rows if row["epoch"] is not None), epoch)
    contacts = [(one, decided.decision.decided_at) for _, _, decided, one in drawn if one.contacted]
    if contacts:
        note_contact(store)
    trials = {one.watch: at for one, at in contacts if one.arm is Arm.EXPERIMENT}
    more = Counter(one.watch for one, _ in contacts if one.arm is Arm.EXPERIMENT)
    for watch, last in trials.items():
        count_contacts(store, watch, more=more[watch], at=micros(last))


def _rows(
    store: Store, drawn: Sequence[tuple[int, Candidate, Decided, Assignment]], epoch: int
) -> list[dict[str, Any]]:
    """Lay out rows; their labels may be known already: a clock that jumped back decides after a complaint.

    The first about its fact is an occasion, whether the other is on record or comes before it here.
    """
    facts = [placed(len(one.user_id), f"{one.user_id}{decided.fact_key}") for _, one, decided, _ in drawn]
    times = [micros(decided.decision.decided_at) for _, _, decided, _ in drawn]
    known: dict[tuple[str, int], tuple[bool, bool]] = {}
    for at in set(times):
        asked = listed(fact for fact, time in zip(facts, times, strict=True) if time == at)
        for fact, before, complained in store.rows(_KNOWN, facts=asked, at=at, end=at + WINDOW):
            known[fact, at] = bool(before), bool(complained)
    seen: set[str] = set()
    rows: list[dict[str, Any]] = []
    for each, fact, at in zip(drawn, facts, times, strict=True):
        before, complained = known[fact, at]
        first = not before and fact not in seen
        seen.add(fact)
        rows.append(_bound(*each, at=at, first=first, complained=first and complained, epoch=epoch))
    return rows


def _bound(  # noqa: PLR0913  (what is on record of one, and what was found of it)
    number: int,
    candidate: Candidate,
    decided: Decided,
    drawn: Assignment,
    *,
    at: int,
    first: bool,
    complained: bool,
    epoch: int,
) -> dict[str, Any]:
    return {
        "decision": number,
        "user": candidate.user_id,
        "fact_key": decided.fact_key,
        "at": at,
        "watch": drawn.watch,
        "arm": drawn.arm.value,
        "above": drawn.above,
        "contacted": int(drawn.contacted),
        "e": drawn.contact_probability,
        "first": int(first),
        "epoch": epoch if first or drawn.contacted else None,
        "complained": int(complained),
    }


def _cell(row: Mapping[str, Any]) -> Cell:
    """Return where a new row is counted, of one day and kind together."""
    return Cell(
        day=row["at"] // DAY,
        e=row["e"],
        contacted=bool(row["contacted"]),
        complained=bool(row["complained"]),
        harmed=False,
        again=not row["first"],
    )


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
