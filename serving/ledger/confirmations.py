"""Confirmations: what is on record of a decision that is about to be acted on, and what a new answer does to it.

    send     its reservation counts from now on; a hold that never had one gets it; it is volume, once within an hour
    hold     the reservation, if there is one, counts until the candidate's expiry; it is due again
    cancel   the reservation is released, unless an outcome says that the customer saw the message

The draw is made once per decision: where it was held at first, by the confirmation that reaches it.
"""

import json

from model.contracts import JSON, Action, Arm, Candidate, Context
from model.errors import InvalidInput
from serving.confirming import Confirmable, Confirmation, Confirmed, is_volume
from serving.ledger.assignments import add_assignments, check_assignments
from serving.ledger.due import end, hold
from serving.ledger.experiments import that_drew
from serving.ledger.held_texts import keep_texts
from serving.ledger.identities import names, owner
from serving.ledger.instants import instant, instant_or_none, micros
from serving.ledger.offers import withdraw
from serving.ledger.refusals import add_refusals
from serving.ledger.reservations import keep_until, release, reserve
from serving.ledger.silence import note_contact
from serving.ledger.store import Store
from serving.ledger.tallying import move, tallied_anew
from serving.ledger.volumes import count_sends
from serving.ports import Decided
from serving.record.record import timestamp
from serving.record.text import records_of
from serving.standing import Assignment

Ruled = tuple[Candidate, Context, Decided]

_ABOUT = """SELECT d.seq, d.user_id, d.channel, d.action, d.record,
        EXISTS (SELECT 1 FROM outcomes WHERE decision_id = :decision_id AND kind <> 'not_delivered'),
        EXISTS (SELECT 1 FROM reservations WHERE decision_id = :decision_id AND released_at IS NULL),
        (SELECT counted_at FROM reservations WHERE decision_id = :decision_id AND released_at IS NULL)
    FROM decisions d WHERE d.decision_id = :decision_id AND d.record <> ''"""
_DRAW = "SELECT arm, contacted, e, above, watch FROM assignments WHERE decision = :decision"
_LAST = """SELECT action, at, expires_at, answer, asked, record FROM confirmations
    WHERE decision = :decision ORDER BY seq DESC LIMIT 1"""
_OPTED_OUT = """SELECT 1 FROM outcomes WHERE user_id = :user AND kind = 'opted_out'
    AND (channel IS NULL OR channel = :channel) LIMIT 1"""
_OF_DECISION = """SELECT at, answer FROM confirmations
    WHERE decision = (SELECT seq FROM decisions WHERE decision_id = :decision_id) ORDER BY seq"""
_ADD = """INSERT INTO confirmations (decision, action, at, expires_at, drawn, record, answer, asked, counted)
    VALUES (:decision, :action, :at, :expires_at, :drawn, :record, :answer, :asked, 14)"""


def confirmable(store: Store, decision_id: str) -> Confirmable | None:
    """Return what is on record of a decision, or None where there is none with this id."""
    row = store.row(_ABOUT, decision_id=decision_id)
    if row is None:
        return None
    seq, user, channel, action, record, reached, reserved, counted_at = row
    last, knew = _last(store, seq, decision_id)
    return Confirmable(
        record=json.loads(record),
        action=Action(action),
        assignment=_assignment(store, seq),
        experiment=that_drew(store, seq),
        last=last,
        reached=bool(reached),
        reserved=bool(reserved),
        opted_out=last is not None and not knew and _opted_out(store, user, channel),
        counted_at=instant_or_none(counted_at),
    )


def _opted_out(store: Store, user: str, channel: str) -> bool:
    """Return whether the customer, under any of the names that they have by now, has opted out of the channel."""
    every = names(store, owner(store, user))
    return any(store.holds(_OPTED_OUT, user=name, channel=channel) for name in every)


def _assignment(store: Store, decision: int) -> Assignment | None:
    row = store.row(_DRAW, decision=decision)
    if row is None:
        return None
    arm, contacted, e, above, watch = row
    return Assignment(
        arm=Arm(arm),
        contacted=bool(contacted),
        contact_probability=e,
        above=None if above is None else bool(above),
        watch=watch,
    )


def _last(store: Store, decision: int, decision_id: str) -> tuple[Confirmation | None, bool]:
    """Return the newest answer, and whether it was given though an opt-out was known then."""
    row = store.row(_LAST, decision=decision)
    if row is None:
        return None, False
    action, at, expires_at, answer, asked, record = row
    confirmation = Confirmation(
        decision_id=decision_id,
        action=Confirmed(action),
        at=instant(at),
        expires_at=instant_or_none(expires_at),
        answer=bytes(answer),
        asked=bool(asked),
    )
    return confirmation, record is not None and _knew_opt_out(record)


def _knew_opt_out(record: str) -> bool:
    """Return whether what it was decided from says so; older records may lack a part."""
    return json.loads(record).get("context", {}).get("opted_out") is True


def add_confirmation(store: Store, confirmation: Confirmation, ruled: Ruled | None) -> None:
    """Append what was said and let it take effect; `ruled` is what it was decided from, None for a denial on record.

    Raises:
        InvalidInput: there is no such decision, it was cancelled before, a value in the record is not JSON, or the
            assignment contradicts the decision, its watch or its experiment.
    """
    row = store.row(_ABOUT, decision_id=confirmation.decision_id)
    if row is None:
        raise InvalidInput(f"decision `{confirmation.decision_id}` is not recorded; confirm one that is")
    seq, counted_at = row[0], row[-1]
    (last, _), drawn = _last(store, seq, confirmation.decision_id), _assignment(store, seq)
    if last is not None and last.action is Confirmed.CANCEL:
        raise InvalidInput(f"decision `{confirmation.decision_id}` was cancelled; that is final, decide anew")
    with tallied_anew(store, [seq]):
        _append(store, confirmation, ruled, number=seq, drawn=drawn)
        move(store, seq, confirmation.action)
    _take_effect(store, confirmation, ruled, counted_at=counted_at)
    if confirmation.action is not Confirmed.SEND:
        withdraw(store, seq)
    if confirmation.action is Confirmed.HOLD and ruled is not None:
        hold(store, ruled[2].decision, number=seq, user_id=ruled[0].user_id)
    else:
        end(store, confirmation.decision_id)


def _append(
    store: Store, confirmation: Confirmation, ruled: Ruled | None, *, number: int, drawn: Assignment | None
) -> None:
    """Append what was said with its reasons and texts, and the draw that it made, if it made one."""
    draws = drawn is None and ruled is not None and ruled[2].assignment is not None
    store.insert(
        _ADD,
        decision=number,
        action=confirmation.action.value,
        at=micros(confirmation.at),
        expires_at=None if confirmation.expires_at is None else micros(confirmation.expires_at),
        drawn=draws,
        record=None if ruled is None else records_of([ruled])[0],
        answer=confirmation.answer,
        asked=confirmation.asked,
    )
    if ruled is not None:
        add_refusals(store, [(number, ruled[2].decision)])
        keep_texts(store, [(number, ruled[0], ruled[2])], at=confirmation.at)
    if draws and ruled is not None:
        check_assignments(store, [ruled[2]])
        add_assignments(store, [(number, ruled[0], ruled[2])])
    elif drawn is not None and confirmation.action is Confirmed.SEND:
        note_contact(store)


def _take_effect(store: Store, confirmation: Confirmation, ruled: Ruled | None, *, counted_at: int | None) -> None:
    """Move, keep or release what the decision reserves; the breaker counts what it does not see."""
    if confirmation.action is Confirmed.SEND and ruled is not None:
        candidate, _, decided = ruled
        if counted_at is None or not is_volume(instant(counted_at), confirmation.at):
            counted_at = micros(confirmation.at)
            count_sends(store, [(candidate.message, counted_at)])
        reserve(store, [(candidate, decided)], counted_at=[counted_at])
    elif confirmation.action is Confirmed.HOLD:
        keep_until(store, confirmation.decision_id, confirmation.expires_at)
    else:
        release(store, confirmation.decision_id, at=confirmation.at)


def confirmations_of(store: Store, decision_id: str) -> list[JSON]:
    """Return every answer that a confirmation gave, the oldest first, with the time when it was given."""
    rows = store.rows(_OF_DECISION, decision_id=decision_id)
    return [{"confirmed_at": timestamp(instant(at)), **json.loads(answer)} for at, answer in rows]
