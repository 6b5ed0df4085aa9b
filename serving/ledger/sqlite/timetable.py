"""The part of a SQLite transaction that `serving.timetable` describes: visitors, and what is to be done later."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from model.contracts import JSON, Event, EvidenceRef
from serving.clock.believed import Believed
from serving.ledger import clocks, due, identities, matches, offers, pages, traits, visitors
from serving.ledger.evidence import find, find_all
from serving.ledger.instants import micros
from serving.ledger.store import Store
from serving.timetable import Match, Offer, OfferState, OnPage, Visitor


class SqliteTimetable:
    """What `serving.timetable.Visitors`, `Timetable` and `serving.clock.believed.Clocks` say, on one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def clock_kept(self, boot: str) -> Believed | None:
        """Return what was believed last since the machine was started under this name, or None."""
        return clocks.kept(self._store, boot)

    def keep_clock(self, boot: str, believed: Believed) -> None:
        """Keep it in place of what was."""
        clocks.keep(self._store, boot, believed)

    def customer(self, name: str) -> str:
        """Return the customer that an id that came in stands for by now."""
        return identities.customer(self._store, name)

    def customers(self, ids: Iterable[str]) -> dict[str, str]:
        """Return, for each id that came in, the customer that it stands for by now."""
        return identities.customers(self._store, ids)

    def owner(self, name: str) -> str:
        """Return the customer whose the records under an id are by now."""
        return identities.owner(self._store, name)

    def event(self, reference: EvidenceRef, *, user_id: str, now: datetime) -> Event | None:
        """Return a recorded event as this customer may see it, or None."""
        found = find(self._store, reference, user_id=user_id, now=now)
        return None if found is None else found.event

    def events(self, asked: Sequence[tuple[EvidenceRef | None, str]], *, now: datetime) -> list[Event | None]:
        """Return for each reference and customer the recorded event as they may see it, or None."""
        return [None if one is None else one.event for one in find_all(self._store, asked, now=micros(now))]

    def attributes(self, user_id: str) -> Mapping[str, JSON]:
        """Return what `identify` told last of a customer."""
        return traits.attributes(self._store, identities.customer(self._store, user_id))

    def visitor(self, event: Event, *, user_id: str, now: datetime) -> Visitor:
        """Return what triggers on this event may know of this customer as of `now`."""
        return visitors.visitor(self._store, event, user_id=user_id, now=now)

    def due(self, *, now: datetime, limit: int) -> list[str]:
        """Return the ids of held decisions that are to be decided again by now."""
        return due.due(self._store, now=now, limit=limit)

    def next_due(self) -> datetime | None:
        """Return when the next held decision or match is due."""
        return due.next_due(self._store)

    def put_off(self, decision_id: str, *, now: datetime) -> bool:
        """Look later at what is due and cannot be decided now; False where it is due no more."""
        return due.put_off(self._store, decision_id, now=now)

    def add_matches(self, event: EvidenceRef, users: Sequence[str], *, at: datetime) -> int:
        """Let these customers of one event wait for their turn, from `at` on; return how many."""
        return matches.add_matches(self._store, event, users, at=at)

    def take_matches(self, *, now: datetime, limit: int) -> list[Match]:
        """Take the longest waiting matches off the list."""
        return matches.take_matches(self._store, now=now, limit=limit)

    def add_offer(self, decision_id: str, body: bytes, *, at: datetime, expires_at: datetime | None) -> int:
        """Record an offer, due for delivery at once; return its number."""
        return offers.add_offer(self._store, decision_id, body, at=at, expires_at=expires_at)

    def waiting_in(self, session: str) -> list[str]:
        """Return the ids of the sends that a session of our widget is to show."""
        return pages.waiting(self._store, session)

    def is_page(self, session: str, *, now: datetime) -> bool:
        """Return whether a page with our widget is in this session."""
        return pages.is_ours(self._store, session, now=now)

    def open_page(self, user_id: str, *, now: datetime) -> str | None:
        """Return the session of the one page that a customer has open, by the id that they have now."""
        page = pages.open_page(self._store, user_id, now=now)
        return None if page is None else page.id

    def told_on_page(self, event: EvidenceRef, user_id: str, *, now: datetime) -> Mapping[str, OnPage]:
        """Return what triggers sent to a customer's pages about an event, and what became of each."""
        return pages.told_on_page(self._store, event, user_id, now=now)

    def offers(self, *, state: OfferState | None, after: int, limit: int) -> list[Offer]:
        """Return offers in the order they were made."""
        return offers.offers(self._store, state=state, after=after, limit=limit)

    def claim_offers(self, *, now: datetime, until: datetime, limit: int) -> list[Offer]:
        """Return offers that are due for delivery and let nobody else have them before `until`."""
        return offers.claim_offers(self._store, now=now, until=until, limit=limit)

    def expire_offers(self, now: datetime) -> None:
        """Mark what waits and has expired by now."""
        offers.expire_offers(self._store, now)

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
        """Record what became of one try to deliver an offer, unless another has the lease by now."""
        offers.settle_offer(self._store, number, lease=lease, state=state, next_at=next_at, status=status, error=error)

    def revive_offer(self, number: int, *, now: datetime) -> Offer | None:
        """Let a dead offer that has not expired be delivered anew."""
        return offers.revive_offer(self._store, number, now=now)

    def count_offers(self) -> Mapping[OfferState, int]:
        """Return how many offers wait, are dead, and have expired."""
        return offers.count_offers(self._store)
