"""What becomes of an offer in a relay's book, step by step; the table is docs/relay.md's. Pure.

    waiting ──confirm: send──► posting ──► posted ───► reported
       ▲  └─ hold, cancel ──► an end  └──► refused ──► reported
       └────── not there ────── unsure

A message is posted only out of `waiting`. What is `waiting` was never processed, or may be posted again all the same,
since the platform drops a repeat: such a one is a `maybe`, and whatever ends it without another try, it counts as told.

Example:
    >>> next_state(State.POSTING, Happening.DIED)
    <State.UNSURE: 'unsure'>
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where an offer stands."""

    WAITING = "waiting"  # it may be tried
    POSTING = "posting"  # a try is on its way, or was when the relay died
    UNSURE = "unsure"  # it may have been processed
    POSTED = "posted"  # it counts as told; to be reported `delivered`
    REFUSED = "refused"  # it was never processed and never will be; to be reported `not_delivered`
    REPORTED = "reported"
    CANCELLED = "cancelled"
    HELD = "held"  # it comes again as an offer
    DROPPED = "dropped"  # Outreach does not know it: the customer was erased


class Happening(StrEnum):
    """What an offer can meet."""

    SEND = "confirm: send"
    HOLD = "confirm: hold"
    CANCEL = "confirm: cancel"
    NO_ANSWER = "no answer of Outreach"
    UNKNOWN = "unknown to Outreach"
    DELIVERED = "delivered"
    REFUSED = "refused"
    AGAIN = "again"
    UNSURE = "unsure"
    DIED = "the relay died"
    THERE = "find: there"
    NOT_THERE = "find: not there"
    REPEATABLE = "find: repeatable"
    CANNOT_SAY = "find: cannot say"
    OVER = "its end"
    TAKEN = "report taken"
    OFFERED = "offered again"


NEXT: Mapping[tuple[State, Happening], State] = MappingProxyType(
    {
        (State.WAITING, Happening.SEND): State.POSTING,
        (State.WAITING, Happening.HOLD): State.HELD,
        (State.WAITING, Happening.CANCEL): State.CANCELLED,
        (State.WAITING, Happening.NO_ANSWER): State.WAITING,
        (State.WAITING, Happening.UNKNOWN): State.DROPPED,
        (State.WAITING, Happening.OVER): State.REFUSED,
        (State.WAITING, Happening.OFFERED): State.WAITING,
        (State.POSTING, Happening.DELIVERED): State.POSTED,
        (State.POSTING, Happening.REFUSED): State.REFUSED,
        (State.POSTING, Happening.AGAIN): State.WAITING,
        (State.POSTING, Happening.UNSURE): State.UNSURE,
        (State.POSTING, Happening.DIED): State.UNSURE,
        (State.UNSURE, Happening.THERE): State.POSTED,
        (State.UNSURE, Happening.NOT_THERE): State.WAITING,
        (State.UNSURE, Happening.REPEATABLE): State.WAITING,
        (State.UNSURE, Happening.CANNOT_SAY): State.UNSURE,
        (State.UNSURE, Happening.OVER): State.POSTED,
        (State.POSTED, Happening.TAKEN): State.REPORTED,
        (State.POSTED, Happening.NO_ANSWER): State.POSTED,
        (State.POSTED, Happening.UNKNOWN): State.DROPPED,
        (State.REFUSED, Happening.TAKEN): State.REPORTED,
        (State.REFUSED, Happening.NO_ANSWER): State.REFUSED,
        (State.REFUSED, Happening.UNKNOWN): State.DROPPED,
        (State.HELD, Happening.OFFERED): State.WAITING,
    }
)
OPEN = frozenset({State.WAITING, State.POSTING, State.UNSURE})  # the message itself is still needed
UNTOLD = frozenset({State.REFUSED, State.CANCELLED, State.HELD})  # of what was never processed


def next_state(state: State, happening: Happening, *, maybe: bool = False) -> State:
    """Return where an offer stands next; `maybe`: an earlier try may have been processed.

    Raises:
        KeyError: nothing of the kind can happen there.
    """
    becomes = NEXT[state, happening]
    return State.POSTED if maybe and becomes in UNTOLD else becomes


def is_maybe(happening: Happening, *, maybe: bool) -> bool:
    """Whether any try may have been processed, after this: only a proof that nothing is there takes it back."""
    return happening in {Happening.UNSURE, Happening.DIED} or (maybe and happening is not Happening.NOT_THERE)
