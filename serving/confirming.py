"""Confirming a decision at send time, or after a hold (CONTRACT section 4): what still stands of what was said. Pure.

    it was denied                            cancel, with the reasons on record: nothing is decided again
    it was cancelled before                  the same answer, for ever
    the message has reached the customer     decided again with `already_told`: cancel
    it was confirmed as a send               the same answer until its `expires_at`, unless it was not delivered, or the
                                             customer has opted out of the channel since
    it was held, and its time had come       decided again: nobody has acted on that answer yet
    it was held                              decided again; whoever asked before that answer shares it
    anything else                            decided again

Deciding again is `serving.decide.decide`, with the draw on record and everything else as of now.

Example:
    >>> Confirmed.of(Action.DENY)
    <Confirmed.CANCEL: 'cancel'>
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from model.contracts import JSON, Action
from serving.standing import Assignment, Experiment

HOUR = timedelta(hours=1)  # the breaker's (CONTRACT section 6)


class Confirmed(StrEnum):
    """What a confirmation says: a denial here is the end of the message."""

    SEND = "send"
    HOLD = "hold"
    CANCEL = "cancel"

    @classmethod
    def of(cls, action: Action) -> "Confirmed":
        """Return the word for what was decided."""
        return {Action.SEND: cls.SEND, Action.HOLD: cls.HOLD, Action.DENY: cls.CANCEL}[action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What was said when a decision was about to be acted on; `answer` are the bytes, to be said again.

    Not `asked`: time had come for what was held, and nobody has acted on that answer yet.
    """

    decision_id: str
    action: Confirmed
    at: datetime
    expires_at: datetime | None
    answer: bytes
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmable:
    """What is on record of a decision that somebody wants to act on.

    `action` is what was decided first, `assignment` its draw, whenever that was made, `experiment` the one that drew
    it, where that may still make the contacts that it counted (its dates are to be compared); `last` the newest answer.
    `reached`: an outcome says that the customer saw it. `reserved`: its reservation counts. `opted_out`: of its
    channel, as nobody knew at the newest answer. `counted_at`: when its breaker counted it last; None where it never
    did, or that try failed.
    """

    record: Mapping[str, JSON]
    action: Action
    assignment: Assignment | None = None
    experiment: Experiment | None = None
    last: Confirmation | None = None
    reached: bool = False
    reserved: bool = False
    opted_out: bool = False
    counted_at: datetime | None = None

    @property
    def held(self) -> bool:
        """Whether the last word about it is hold."""
        return self.action is Action.HOLD if self.last is None else self.last.action is Confirmed.HOLD


def is_volume(counted_at: datetime | None, now: datetime) -> bool:
    """Return whether what was counted then is still among what went out within the hour; else it counts again."""
    return counted_at is not None and now - counted_at < HOUR


def standing_answer(known: Confirmable, *, asked: datetime, now: datetime) -> Confirmation | None:
    """Return the confirmation that still stands, or None where a new one is due; `asked` is when the question came.

    A send without an end stands no longer than its instant: unknown means no.
    """
    last = known.last
    if last is None or last.action is Confirmed.CANCEL:
        return last
    if known.reached or known.opted_out:
        return None
    if not last.asked:
        return None
    if last.action is Confirmed.HOLD:
        return last if asked <= last.at <= now else None
    return last if known.reserved and last.expires_at is not None and now < last.expires_at else None
