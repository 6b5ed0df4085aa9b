"""An offer in a relay's book, and what becomes of it with everything that happens. Pure.

A wait that nobody asked for is the one of a webhook's deliveries (`serving.offers.offering.delay_after`), and ends at
the offer's end; what was perhaps processed is looked for when it has settled.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from serving.offers.offering import LONGEST_WAIT, delay_after
from serving.relay.states import OPEN, Happening, State, is_maybe, next_state

LATER: Final = frozenset(
    {Happening.NO_ANSWER, Happening.AGAIN, Happening.CANNOT_SAY, Happening.NOT_THERE, Happening.REPEATABLE}
)
TOLD: Final = frozenset({State.POSTED, State.REFUSED})  # to be reported, however long that takes
TRIED: Final = frozenset({Happening.SEND, Happening.DELIVERED})
NOTHING: Final = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An offer in the book: `tries` since it stands where it does, `at` its last try; when it is over, no `body`.

    `due`: when there is something to do about it; None while it is posted, and when it is over. `maybe`: an earlier try
    may have been processed. `revision`: how often it was offered again.
    """

    number: int
    decision_id: str
    state: State
    due: datetime | None
    tries: int
    at: datetime
    expires_at: datetime
    body: bytes | None = field(repr=False)
    maybe: bool = False
    revision: int = 0


def after(
    entry: Entry, happening: Happening, *, now: datetime, settle: timedelta, wait: timedelta | None = None
) -> Entry:
    """Return an offer as it stands after that; `wait` is what the platform asked us to wait."""
    state = next_state(entry.state, happening, maybe=entry.maybe)
    tries = entry.tries + (happening in LATER)
    return replace(
        entry,
        state=state,
        tries=tries,
        at=now if happening in TRIED or (state is State.REFUSED and entry.state is not state) else entry.at,
        due=_due(replace(entry, tries=tries), state, happening, now=now, settle=settle, wait=wait),
        body=entry.body if state in OPEN else None,
        maybe=is_maybe(happening, maybe=entry.maybe),
    )


def _due(  # noqa: PLR0913  (all but the first three are named)
    entry: Entry, state: State, happening: Happening, *, now: datetime, settle: timedelta, wait: timedelta | None
) -> datetime | None:
    if happening in LATER:
        due = now + max(delay_after(entry.number, attempts=entry.tries), min(wait or NOTHING, LONGEST_WAIT))
        return due if state in TOLD else max(min(due, entry.expires_at), now)
    if state is State.UNSURE:
        return now + settle
    return now if state in TOLD | {State.WAITING} else None
