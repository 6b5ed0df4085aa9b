"""The ledger on SQLite: one file, one writer at a time, every answer durable before it is given.

The themes (events, contexts, decisions, outcomes, people, experiments, watches, trips, …) are functions over a `Store`;
these two classes hold the state: an open file, and one transaction on it.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from model.contracts import JSON, Candidate, Context, Event, Message, Outcome
from model.errors import Unavailable
from model.monitor.detector import Counts, Watch
from serving.access.signing_in import SignedIn
from serving.confirming import Confirmable, Confirmation
from serving.embargo import Recent
from serving.ledger import (
    breaker,
    confirmations,
    decisions,
    experiments,
    outcomes,
    people,
    rewriting,
    signed_in,
    trips,
    watches,
)
from serving.ledger import preferences as told
from serving.ledger.appending import add_decisions
from serving.ledger.challenging import challenged
from serving.ledger.contexts import contexts_of
from serving.ledger.embargo import recent
from serving.ledger.events import add_event, add_events
from serving.ledger.held_texts import held_texts
from serving.ledger.identities import customer
from serving.ledger.occasions import occasions, repeats
from serving.ledger.reported import reported
from serving.ledger.reservations import set_aside
from serving.ledger.rewriting import Rewritten
from serving.ledger.sqlite.complaining import SqliteComplaining
from serving.ledger.sqlite.effects import SqliteEffects
from serving.ledger.sqlite.forgetting import SqliteForgetting
from serving.ledger.sqlite.replaying import SqliteReplaying
from serving.ledger.sqlite.reviews import SqliteReviews
from serving.ledger.sqlite.stories import SqliteStories
from serving.ledger.sqlite.tallies import SqliteTallies
from serving.ledger.sqlite.tightening import SqliteTightening
from serving.ledger.sqlite.timetable import SqliteTimetable
from serving.ledger.standing import seen, standing
from serving.ledger.store import Store
from serving.people.challenger import Heard
from serving.ports import Decided, KeyRecord, Preferences
from serving.standing import Breaker, Experiment, Occasion, Standing, Trip


class SqliteTransaction(
    SqliteTimetable,
    SqliteReviews,
    SqliteForgetting,
    SqliteStories,
    SqliteComplaining,
    SqliteTightening,
    SqliteEffects,
    SqliteTallies,
    SqliteReplaying,
):
    """What `serving.ports.Transaction` says, inside one `BEGIN IMMEDIATE` … `COMMIT`."""

    def savepoint(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """Nest a part that an exception undoes alone; `keep=False` undoes it in any case (a dry run)."""
        return self._store.savepoint(keep=keep)

    def add_event(self, event: Event, *, recorded_at: datetime) -> bool:
        """Record an event; False where `(source, id)` is already recorded."""
        return add_event(self._store, event, recorded_at=recorded_at) is not None

    def add_events(self, events: Sequence[Event], *, recorded_at: datetime) -> None:
        """Record events in order, as `add_event` does each."""
        add_events(self._store, events, recorded_at=recorded_at)

    def contexts(
        self,
        candidates: Sequence[Candidate],
        *,
        now: datetime,
        digests: Sequence[str | None],
        without: str | None = None,
    ) -> list[Context]:
        """Read what is known for each candidate as of `now`; what the decision `without` reserves is left out."""
        with set_aside(self._store, without):
            return contexts_of(self._store, candidates, now=now, digests=digests)

    def add_decision(
        self, candidate: Candidate, context: Context, decided: Decided, *, present: datetime | None = None
    ) -> None:
        """Append a decision with its whole record; a send reserves at once, and is volume at `present`."""
        self.add_decisions([(candidate, context, decided)], present=present)

    def add_decisions(
        self, rows: Sequence[tuple[Candidate, Context, Decided]], *, present: datetime | None = None
    ) -> None:
        """Append decisions in order, as `add_decision` does each."""
        add_decisions(self._store, rows, present=present)

    def decision(self, decision_id: str) -> dict[str, JSON] | None:
        """Return the whole record, outcomes included, or None."""
        return decisions.decision(self._store, decision_id)

    def records(self, ids: Sequence[str]) -> list[dict[str, JSON]]:
        """Return the records of those of these decisions that there are, as they were made, in any order."""
        return decisions.records(self._store, ids)

    def decisions(  # noqa: PLR0913  (the conditions of one list, all named)
        self,
        *,
        action: str | None,
        user: str | None,
        since: datetime | None,
        after: str | None,
        limit: int,
        reason: str | None = None,
    ) -> list[dict[str, JSON]]:
        """Return records in the order they were made, after the cursor `after`; `reason` is one of those they gave."""
        wanted = decisions.Wanted(action=action, user=user, since=since, reason=reason)
        return decisions.decisions(self._store, wanted, after=after, limit=limit)

    def confirmable(self, decision_id: str) -> Confirmable | None:
        """Return what is on record of a decision that somebody wants to act on, or None."""
        return confirmations.confirmable(self._store, decision_id)

    def add_confirmation(self, confirmation: Confirmation, ruled: tuple[Candidate, Context, Decided] | None) -> None:
        """Append what was said and let it take effect on what the decision reserves, and on its draw."""
        confirmations.add_confirmation(self._store, confirmation, ruled)

    def held_texts(self, *, since: datetime) -> list[Message]:
        """Return the free texts that were held for approval since then, each once, oldest first."""
        return held_texts(self._store, since=since)

    def add_outcome(self, outcome: Outcome, *, recorded_at: datetime) -> str:
        """Record an outcome: `accepted`, `duplicate` or `unknown_decision`."""
        return outcomes.add_outcome(self._store, outcome, recorded_at=recorded_at)

    def reported(
        self, *, since: datetime | None, after: str | None, limit: int
    ) -> tuple[list[dict[str, JSON]], str | None]:
        """Return outcomes in the order they were recorded, after the cursor `after`, and the next page's cursor."""
        return reported(self._store, since=since, after=after, limit=limit)

    def passing(self, sends: Sequence[Candidate], *, now: datetime, most: int, times: int) -> int:
        """Return how many of these sends, in order, come before the first that opens a breaker; it opens here."""
        return breaker.passing(self._store, sends, now=now, most=most, times=times)

    def breakers(self, *, released: int) -> list[Breaker]:
        """List the open breakers, then at most so many of the releases, the newest first."""
        return breaker.breakers(self._store, released=released)

    def release_breaker(self, key: str, *, at: datetime, by: str, why: str) -> bool:
        """Close a breaker; its volume counts from here on. False where it is not open."""
        return breaker.release(self._store, key, at=at, by=by, why=why)

    def standing(self, now: datetime) -> Standing:
        """Return what may go out now; ends what is over, for good, and lets the monitor look."""
        return standing(self._store, now)

    def seen(self, now: datetime) -> Standing:
        """Return the same, changing nothing."""
        return seen(self._store, now)

    def watch(self, watch: Watch) -> None:
        """Make a watch known before its first assignment; the same one again changes nothing."""
        watches.add_watch(self._store, watch)

    def watched(self) -> list[tuple[Watch, Counts]]:
        """Return every watch, the newest first, with its counts since the last release."""
        return watches.watched(self._store)

    def trips(self) -> list[Trip]:
        """List every time that the kill switch fell, newest first."""
        self._store.settle()
        return trips.trips(self._store)

    def release(self, *, at: datetime, by: str, why: str) -> bool:
        """Let discretionary messages go out again; False where nothing was tripped."""
        self._store.settle()
        return trips.release(self._store, at=at, by=by, why=why)

    def start_experiment(self, experiment: Experiment) -> None:
        """Record a new experiment; refused while the switch has fallen."""
        self._store.settle()
        trips.refuse_while_tripped(self._store)
        experiments.start(self._store, experiment)

    def stop_experiment(self, experiment_id: str, *, at: datetime, by: str, why: str) -> bool:
        """End an experiment; False where none with this id runs."""
        self._store.settle()
        return experiments.stop(self._store, experiment_id, at=at, by=by, why=why)

    def experiments(self) -> list[Experiment]:
        """List all experiments, newest first."""
        self._store.settle()
        return experiments.experiments(self._store)

    def occasions(self, *, after: int, limit: int) -> tuple[list[Occasion], int]:
        """Return a page of occasions after the cursor `after`, and the next cursor."""
        return occasions(self._store, after=after, limit=limit)

    def repeats(self) -> int:
        """Return how many later decisions about a fact reached the draw."""
        return repeats(self._store)

    def recent(self, user_id: str, *, now: datetime) -> Recent:
        """Return when this customer was last told anything, complained, and was part of an incident."""
        return recent(self._store, user_id, now=now)

    def preferences(self, user_id: str) -> Preferences | None:
        """Return what the customer told us, or None."""
        return told.preferences(self._store, customer(self._store, user_id))

    def set_preferences(self, user_id: str, preferences: Preferences, *, at: datetime) -> None:
        """Record what the customer told us; the newest record counts."""
        told.set_preferences(self._store, customer(self._store, user_id), preferences, at=at)

    def add_key(self, key: KeyRecord) -> None:
        """Record a new API key."""
        people.add_key(self._store, key)

    def key(self, sha256: str) -> KeyRecord | None:
        """Find an API key by its hash."""
        return people.key(self._store, sha256)

    def keys(self) -> list[KeyRecord]:
        """List all API keys, revoked ones included."""
        return people.keys(self._store)

    def sign_in(self, session: SignedIn) -> None:
        """Record that a key signed in to the console."""
        signed_in.begin(self._store, session)

    def challenged(self, *, newest: int) -> list[Heard]:
        """Return what the model in charge and its challenger said of the newest decisions, the newest first."""
        return challenged(self._store, newest=newest)

    def signed_in(self, sha256: str) -> SignedIn | None:
        """Return what a token of the console stands for, until it is signed out; None where there is none."""
        return signed_in.session(self._store, sha256)

    def sign_out(self, sha256: str, *, at: datetime) -> bool:
        """End a session of the console; False where none goes on."""
        return signed_in.end(self._store, sha256, at=at)

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        """Revoke a key; False where there is none with this id."""
        return people.revoke_key(self._store, key_id, at=at)

    def expire_key(self, key_id: str, *, at: datetime) -> bool:
        """Let a key end by itself; False where none with this id would be active for longer."""
        return people.expire_key(self._store, key_id, at=at)

    def remembered(self, key_id: str, name: str, *, since: datetime) -> tuple[str, bytes] | None:
        """Return what is stored under this Idempotency-Key after `since`, or None."""
        return people.remembered(self._store, key_id, name, since=since)

    def remember(self, key_id: str, name: str, body_sha256: str, response: bytes, *, at: datetime) -> None:
        """Store the response of a request that carried an Idempotency-Key."""
        people.remember(self._store, (key_id, name), body_sha256, response, at=at)


class SqliteLedger:
    """An open ledger file. Threads may share it: transactions follow one another; `patience` is in seconds."""

    def __init__(self, store: Store, *, salt: bytes, patience: float) -> None:
        self._store = store
        self._salt = salt
        self._patience = patience
        self._turn = threading.Lock()

    @property
    def salt(self) -> bytes:
        """The secret of the arms, made with the ledger and stored in it."""
        return self._salt

    @property
    def in_memory(self) -> bool:
        """Whether it ends when it is closed."""
        return self._store.in_memory

    @contextmanager
    def transaction(self, *, about: Sequence[str] | None = None) -> Iterator[SqliteTransaction]:
        """Open a write transaction: durable on leaving normally, undone on leaving by an exception."""
        with self._my_turn(), self._store.transaction(about):
            yield SqliteTransaction(self._store)

    def rewrite(self, *, whatever_size: bool = False) -> Rewritten:
        """Write the whole file anew where that is due, so that nothing that was erased is left between its rows."""
        with self._my_turn():
            return rewriting.rewrite(self._store, whatever_size=whatever_size)

    def close(self) -> None:
        """Close the file, after the transaction that may still run."""
        with self._my_turn():
            self._store.close()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Wait for the other threads of this process, for as long as for other processes."""
        if not self._turn.acquire(timeout=self._patience):
            raise Unavailable("ledger: another transaction of this process is still open; try again")
        try:
            yield
        finally:
            self._turn.release()
