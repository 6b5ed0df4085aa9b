"""What deciding needs of visitors and of time, as protocols and values: `serving.ports.Transaction` has all of it.

A decision that is held is due again when its `not_before` comes; a send that no request was answered with is an offer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from model.contracts import JSON, NOTHING, Event, EvidenceRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What triggers may know of a customer, by name: `session` None where the event is of no session on record.

    The names and their types are `serving.events.variables`.
    """

    session: Mapping[str, JSON] | None = None
    customer: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An event that some trigger is on, and a customer for whom it is still to be decided."""

    event: EvidenceRef
    user_id: str


class OfferState(StrEnum):
    """What became of an offer.

    `waiting`: to be delivered, or asked for; `delivered`, also where an outcome says that the customer has the message;
    `expired` before anybody took it; `dead`: given up; `withdrawn`: its decision is no send any more.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    DEAD = "dead"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A send that no request was answered with. `body` is what a webhook delivers; `number` its place in the order.

    `attempts` counts deliveries tried, `next_at` when the next one is due; `status` and `error` are those of the last.
    """

    number: int
    decision_id: str
    at: datetime
    expires_at: datetime | None
    body: bytes
    state: OfferState
    attempts: int
    next_at: datetime
    status: int | None = None
    error: str | None = None


class OnPage(StrEnum):
    """What became of a send that a page of ours was to show.

    `waiting`: nobody asked for it yet; `taken`: a page asked whether it may be shown, or an outcome says that it was;
    `over`: it was cancelled or not delivered.
    """

    WAITING = "waiting"
    TAKEN = "taken"
    OVER = "over"


class Visitors(Protocol):
    """Who a customer is, and what they did before."""

    def customer(self, name: str) -> str:
        """Return the customer that an id that came in stands for by now; itself, where no `identify` said otherwise."""
        ...

    def customers(self, ids: Iterable[str]) -> dict[str, str]:
        """Return, for each id that came in, the customer that it stands for by now: one look for all of them."""
        ...

    def owner(self, name: str) -> str:
        """Return the customer whose the records under an id are by now: the first that a shared device was bound to."""
        ...

    def event(self, reference: EvidenceRef, *, user_id: str, now: datetime) -> Event | None:
        """Return a recorded event as this customer may see it, or None; of a list it shows them only themselves."""
        ...

    def events(self, asked: Sequence[tuple[EvidenceRef | None, str]], *, now: datetime) -> list[Event | None]:
        """Return for each reference and customer what `event` does."""
        ...

    def attributes(self, user_id: str) -> Mapping[str, JSON]:
        """Return what `identify` told last of a customer, as the model's attributes; empty where nothing."""
        ...

    def visitor(self, event: Event, *, user_id: str, now: datetime) -> Visitor:
        """Return what triggers on this event may know of this customer as of `now`."""
        ...


class Timetable(Protocol):
    """What is to be done later. Holds become due, and cease to, as decisions and confirmations are recorded."""

    def due(self, *, now: datetime, limit: int) -> list[str]:
        """Return the ids of held decisions that are to be decided again by now, the longest due first."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next of both is due, a held decision or a match; None where there is neither."""
        ...

    def put_off(self, decision_id: str, *, now: datetime) -> bool:
        """Look later at what is due and cannot be decided now; False where it has expired, and is due no more."""
        ...

    def add_matches(self, event: EvidenceRef, users: Sequence[str], *, at: datetime) -> int:
        """Let these customers of one event wait for their turn, from `at` on; an id stands for its customer.

        Returns how many; the same one again changes nothing. Raises `InvalidInput` where the event is not on record.
        """
        ...

    def take_matches(self, *, now: datetime, limit: int) -> list[Match]:
        """Take the longest waiting matches off the list: they are decided in this transaction, or stay on it."""
        ...

    def add_offer(self, decision_id: str, body: bytes, *, at: datetime, expires_at: datetime | None) -> int:
        """Record an offer, due for delivery at once; return its number."""
        ...

    def waiting_in(self, session: str) -> list[str]:
        """Return the ids of the sends that a session of a page is to show and that nobody was offered, oldest first.

        Each waits until the customer has it, or it is held, cancelled or not delivered; some may have expired.
        """
        ...

    def is_page(self, session: str, *, now: datetime) -> bool:
        """Return whether a page with our widget reported something in this session within its idle time."""
        ...

    def open_page(self, user_id: str, *, now: datetime) -> str | None:
        """Return the session of the one page with our widget that a customer has open; None: none, or several.

        `user_id` is the id that they have by now.
        """
        ...

    def told_on_page(self, event: EvidenceRef, user_id: str, *, now: datetime) -> Mapping[str, OnPage]:
        """Return what triggers sent to a customer's pages about an event, by decision, and what became of each.

        As far back as an event may be told of at all. `user_id` is the id that they have by now.
        """
        ...

    def offers(self, *, state: OfferState | None, after: int, limit: int) -> list[Offer]:
        """Return offers in the order they were made, after the number `after`."""
        ...

    def claim_offers(self, *, now: datetime, until: datetime, limit: int) -> list[Offer]:
        """Return offers that are due for delivery and let nobody else have them before `until`; it counts as a try.

        One that has expired, or has no end, is marked so (`expire_offers`), and not returned.
        """
        ...

    def expire_offers(self, now: datetime) -> None:
        """Mark what waits and has expired by now, or has no end: nobody may have claimed anything for a long time."""
        ...

    def settle_offer(  # noqa: PLR0913  (what became of one try, all named)
        self,
        number: int,
        *,
        lease: datetime,
        state: OfferState,
        next_at: datetime,
        status: int | None,
        error: str | None,
    ) -> None:
        """Record what became of one try to deliver an offer; that it was delivered counts whatever it is by now.

        Anything else changes only an offer that waits, and that nobody has claimed since: `lease` is the end of the
        claim that was tried, its `next_at`.
        """
        ...

    def revive_offer(self, number: int, *, now: datetime) -> Offer | None:
        """Let a dead offer that has not expired be delivered anew, from now on; None where there is none such."""
        ...

    def count_offers(self) -> Mapping[OfferState, int]:
        """Return how many offers wait, are dead, and expired with nobody taking them, by the last `expire_offers`."""
        ...
