"""What deciding needs from outside, as protocols: the composition root passes real things, tests pass fakes.

A `Transaction` is the only way to read or write the ledger; leaving `Ledger.transaction()` normally means that
everything in it is durable (one fsync), leaving it by an exception means that nothing of it happened.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON, Candidate, Context, Decision, Event, Message, Outcome, Shares
from model.errors import Unavailable
from model.monitor.detector import Counts, Watch
from serving.access.signing_in import SigningIn
from serving.clock.believed import Clocks
from serving.confirming import Confirmable, Confirmation
from serving.embargo import Recent
from serving.forgetting import Forgetting
from serving.policy.tightening import Tightenings
from serving.record.kept import Kept
from serving.reviewing import Review, Reviews
from serving.standing import Assignment, Breaker, Experiment, Occasion, Standing, Trip
from serving.timetable import Timetable, Visitors

Floats = NDArray[np.float64]
Clock = Callable[[], datetime]  # aware, UTC
UNRECORDED = "unrecorded"  # marks a field that no record has


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Effects per candidate, one array each; NaN in `net_benefit` means that this row could not be scored."""

    benefit: Floats
    complaint_effect: Floats
    opt_out: Floats
    net_benefit: Floats


class Scorer(Protocol):
    """A verified model that answers the second question. It has no say in the first."""

    @property
    def version(self) -> str:
        """What the answers show as the model's version."""
        ...

    @property
    def cutoff(self) -> float | None:
        """The certified cut-off in net-benefit units; None where no certificate was issued."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that the model reads, in its order."""
        ...

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Score feature mappings (absent or null is missing; a wrong type makes the row NaN)."""
        ...

    @property
    def watch(self) -> Watch | None:
        """What the monitor needs to know of the certificate; None where none was issued: then nothing is permitted."""
        ...

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:
        """Whether an issued certificate covers this purpose and channel and has not expired."""
        ...

    def holds_for(self, shares: Shares) -> bool:
        """Whether the certificate speaks of a system that contacts with the probabilities of these shares."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision with what its record keeps: the features read, each filter's verdict, and what it reserves.

    `verdicts` maps every code to `pass`, `refuse`, `waived` or `not_asked`. `fact_key` is None without evidence,
    `assignment` where no draw was reached. `stopped` says what kept everything discretionary back (`tripped`,
    `silent`), `shadow` what a challenger would have said; it had no say. `read` is what the filters read, for whoever
    decides it again: no part of the record, from which it can be read anew.
    """

    decision: Decision
    features: Mapping[str, JSON]
    verdicts: Mapping[str, str]
    fact_key: str | None
    outbound: bool
    essential: bool
    assignment: Assignment | None = None
    stopped: str | None = None
    shadow: Mapping[str, JSON] | None = None
    read: Kept | None = field(default=None, compare=False, repr=False, metadata={UNRECORDED: True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a customer told us: zone, consent per channel (absent is no)."""

    timezone: str | None = None
    consent: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """An API key as stored: never the key, only its SHA-256.

    `origin` is where a widget's key may be used, `per_second` what it may ask where that is less than the settings say,
    `expires_at` when it ends by itself.
    """

    id: str
    name: str
    sha256: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None
    origin: str | None = None
    per_second: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved which digest, when, and what it was (`template:parcel_delayed` or `text`).

    `withdrawn` is the review that took it back, None where it stands; whoever approves leaves it out.
    """

    digest: str
    what: str
    by: str
    at: datetime
    withdrawn: Review | None = None


class OnRecord(Protocol):
    """What is on record, for whoever decides and for whoever only looks."""

    def breakers(self, *, released: int) -> list[Breaker]:
        """List the open breakers, the longest open first, then at most so many of the releases, the newest first."""
        ...

    def decision(self, decision_id: str) -> dict[str, JSON] | None:
        """Return the whole record, outcomes included, or None."""
        ...

    def records(self, ids: Sequence[str]) -> list[dict[str, JSON]]:
        """Return the records of those of these decisions that there are, as they were made, in any order."""
        ...

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
        ...

    def held_texts(self, *, since: datetime) -> list[Message]:
        """Return the free texts (with next steps) that were held for approval since then, each once, oldest first."""
        ...

    def experiments(self) -> list[Experiment]:
        """List all experiments, newest first."""
        ...

    def trips(self) -> list[Trip]:
        """List every time that the kill switch fell, newest first."""
        ...

    def watched(self) -> list[tuple[Watch, Counts]]:
        """Return every watch, the newest first, with its counts since the last release."""
        ...

    def recent(self, user_id: str, *, now: datetime) -> Recent:
        """Return when this customer was last told anything, complained, and was part of an incident."""
        ...

    def preferences(self, user_id: str) -> Preferences | None:
        """Return what the customer told us, or None."""
        ...

    def approval(self, digest: str) -> Approval | None:
        """Return the newest approval of a digest, withdrawn or not, or None."""
        ...

    def approvals(self, *, limit: int) -> list[Approval]:
        """List the approvals, withdrawn ones included, the newest first."""
        ...

    def keys(self) -> list[KeyRecord]:
        """List all API keys, revoked ones included."""
        ...


class Transaction(OnRecord, Visitors, Timetable, Reviews, Tightenings, Forgetting, Clocks, SigningIn, Protocol):
    """Everything that one group of requests reads and writes, all or nothing."""

    def savepoint(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """Nest a part that an exception undoes alone (and leaves by); `keep=False` undoes it in any case (dry runs)."""
        ...

    def add_event(self, event: Event, *, recorded_at: datetime) -> bool:
        """Record an event; False where `(source, id)` is already recorded (nothing changes then)."""
        ...

    def add_events(self, events: Sequence[Event], *, recorded_at: datetime) -> None:
        """Record events in order, as `add_event` does each."""
        ...

    def contexts(
        self,
        candidates: Sequence[Candidate],
        *,
        now: datetime,
        digests: Sequence[str | None],
        without: str | None = None,
    ) -> list[Context]:
        """Read what is known for each candidate; `digests` are those of the template or text it would use.

        As if the decision `without` had reserved nothing: no contact, no fact told, no message of its session.
        """
        ...

    def passing(self, sends: Sequence[Candidate], *, now: datetime, most: int, times: int) -> int:
        """Return how many of these sends, in order, come before the first that opens a breaker; it opens here.

        A breaker opens where one more of its template, or text, would make more than `most` within an hour, and more
        than `times` its trailing median. That send and what follows it have to be decided again.
        """
        ...

    def release_breaker(self, key: str, *, at: datetime, by: str, why: str) -> bool:
        """Close a breaker, named and with a reason; its volume counts from here on. False where it is not open."""
        ...

    def standing(self, now: datetime) -> Standing:
        """Return what may go out now; ends the experiment that reached its bounds, and lets the monitor look.

        A trip, and the end of an experiment, are recorded here, for good: a clock that jumps back revives nothing.
        """
        ...

    def watch(self, watch: Watch) -> None:
        """Make a watch known before its first assignment; the same one again changes nothing.

        Raises `InvalidInput` where another watch has this key: a certificate never changes.
        """
        ...

    def add_decision(
        self, candidate: Candidate, context: Context, decided: Decided, *, present: datetime | None = None
    ) -> None:
        """Append a decision with its whole record; an outbound or session send reserves at once, and is volume.

        Volume counts by the real clock, `present`; None: it was decided by that.
        Its assignment, if any, is fed to the monitor and counted by its experiment, which the last contact ends. Raises
        `InvalidInput` where it contradicts the action or its watch, or its experiment is over: nothing is recorded.
        """
        ...

    def add_decisions(
        self, rows: Sequence[tuple[Candidate, Context, Decided]], *, present: datetime | None = None
    ) -> None:
        """Append decisions in order, as `add_decision` does each; where one is refused nothing of them is recorded."""
        ...

    def confirmable(self, decision_id: str) -> Confirmable | None:
        """Return what is on record of a decision that somebody wants to act on, or None."""
        ...

    def add_confirmation(self, confirmation: Confirmation, ruled: tuple[Candidate, Context, Decided] | None) -> None:
        """Append what was said; `ruled` is what it was decided from, None where a denial on record was said again.

        A send reserves from now on, and is volume, once within an hour; a hold keeps what was reserved until its
        expiry, a cancel releases it unless the customer saw the message. An assignment is kept, fed and counted as
        `add_decision` does where the decision had none yet, else left alone. Raises `InvalidInput` as `add_decision`
        does, and after a cancel.
        """
        ...

    def add_outcome(self, outcome: Outcome, *, recorded_at: datetime) -> str:
        """Record an outcome: `accepted`, `duplicate` or `unknown_decision`.

        A harm is fed to the monitor, which looks once before the transaction ends, or before it is asked for.
        """
        ...

    def reported(
        self, *, since: datetime | None, after: str | None, limit: int
    ) -> tuple[list[dict[str, JSON]], str | None]:
        """Return outcomes recorded since then, in that order, after a cursor, and the next page's; None: the last page.

        A page may be empty and not the last. Raises `InvalidInput` for what is no cursor.
        """
        ...

    def start_experiment(self, experiment: Experiment) -> None:
        """Record a new experiment; raises `InvalidInput` where one runs, the switch has fallen, or a bound is wrong."""
        ...

    def stop_experiment(self, experiment_id: str, *, at: datetime, by: str, why: str) -> bool:
        """End an experiment; False where none with this id runs."""
        ...

    def release(self, *, at: datetime, by: str, why: str) -> bool:
        """Let discretionary messages go out again; the monitor starts afresh. False where nothing was tripped."""
        ...

    def occasions(self, *, after: int, limit: int) -> tuple[list[Occasion], int]:
        """Return a page of occasions in the order they were decided, after the cursor `after` (0: from the start).

        Returns the rows and the next cursor.
        """
        ...

    def repeats(self) -> int:
        """Return how many later decisions about a fact reached the draw: they are no occasions."""
        ...

    def set_preferences(self, user_id: str, preferences: Preferences, *, at: datetime) -> None:
        """Record what the customer told us; the newest record counts."""
        ...

    def approve(self, approval: Approval) -> None:
        """Record that a digest was approved; one that is approved already keeps that approval."""
        ...

    def add_key(self, key: KeyRecord) -> None:
        """Record a new API key."""
        ...

    def key(self, sha256: str) -> KeyRecord | None:
        """Find an API key by its hash."""
        ...

    def revoke_key(self, key_id: str, *, at: datetime) -> bool:
        """Revoke a key; False where there is none with this id."""
        ...

    def expire_key(self, key_id: str, *, at: datetime) -> bool:
        """Let a key end by itself at this instant; False where none with this id would be active for longer."""
        ...

    def remembered(self, key_id: str, name: str, *, since: datetime) -> tuple[str, bytes] | None:
        """Return `(body digest, response bytes)` stored under this Idempotency-Key after `since`, or None."""
        ...

    def remember(self, key_id: str, name: str, body_sha256: str, response: bytes, *, at: datetime) -> None:
        """Store the response of a request that carried an Idempotency-Key."""
        ...


class NotAlone(BaseException):
    """A transaction that was opened for some customers needs the whole ledger: no error, so nothing may handle it."""


class Unsure(Unavailable):
    """A commit whose answer never came: all of the transaction is durable, or nothing of it."""


class Ledger(Protocol):
    """The append-only record; SQLite and PostgreSQL speak the same port."""

    @property
    def salt(self) -> bytes:
        """The secret of the arms, made with the ledger and stored in it."""
        ...

    def transaction(self, *, about: Sequence[str] | None = None) -> AbstractContextManager[Transaction]:
        """Open a write transaction; raises `Unavailable` where the ledger cannot be written.

        With None it is the only one. `about` names customers, and whatever else no two transactions may share: one that
        keeps to those may run beside others that keep to theirs. Where it turns out to need more it raises `NotAlone`:
        nothing of it happened, begin it anew with None.
        """
        ...

    def close(self) -> None:
        """Release the file or connection."""
        ...
