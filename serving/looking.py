"""What is read of a ledger for people to look at: beside the writer, as of one instant, changing nothing.

What is only ever shown is here; what deciding reads as well is in `serving.ports`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from model.contracts import JSON, Candidate, Context, Message, OutcomeKind
from model.monitor import Counts, Watch
from serving.acts import Act
from serving.analytics.occasions import Occasions
from serving.complaining import Reaction, Watched
from serving.embargo import Recent
from serving.leafing import Leafing
from serving.model_card.challenger import Heard
from serving.ports import Approval, KeyRecord, Preferences
from serving.refused import Refused
from serving.reviewing import HeldFor, Review
from serving.signing_in import SignedIn
from serving.standing import Breaker, Experiment, Standing, Trip
from serving.stories import Stories
from serving.what_if import Replayable


class Looking(Stories, Leafing, Replayable, Protocol):
    """A ledger as it stands at one instant; the words of `serving.ports.Transaction` mean the same here."""

    def signed_in(self, sha256: str) -> SignedIn | None:
        """Return what a token of the console stands for, until it is signed out; None where there is none."""
        ...

    def seen(self, now: datetime) -> Standing:
        """Return what may go out now, without ending what is over, and without the monitor's looking."""
        ...

    def tallied(self, dim: str, start: datetime, end: datetime) -> list[tuple[str, str, int]]:
        """Return how many decisions there were with `start <= decided < end`: (name, what, how many), in order.

        `dim` is '' for all of them, or `purpose`, `channel`, `template`, `arm`, `reason` (a decision may have many);
        `name` is '' where there is none. `what` is `send`, `hold` or `deny`, the last word of each; or `delivered`,
        `not_delivered`, `engaged`, `thanked`, `complained`, `opted_out`, `dismissed`: of how many it was reported by
        `decision_id`, whenever that was.
        """
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

    def between(
        self, start: datetime, end: datetime, *, after: tuple[int, int] | None, limit: int
    ) -> tuple[list[dict[str, JSON]], tuple[int, int] | None]:
        """Return records decided from `start` until before `end`, in order of time, after a cursor; and the next one.

        None: that was the last page.
        """
        ...

    def contexts(
        self, candidates: Sequence[Candidate], *, now: datetime, digests: Sequence[str | None]
    ) -> list[Context]:
        """Read what is known for each candidate; `digests` are those of the template or text it would use."""
        ...

    def marketing(self, *, since: datetime, most: int) -> list[Refused]:
        """Return the newest `most` messages that were refused as marketing since then, the newest first."""
        ...

    def doings(self, *, since: datetime | None, until: datetime | None, sign_ins: bool = True) -> list[Act]:
        """Return what people did from `since` until before `until`, the newest first; who came and went, if wanted."""
        ...

    def held_for(self, *, since: datetime, most: int) -> list[HeldFor]:
        """Return for whom each free text was held since then: those asked for last first."""
        ...

    def held_texts(self, *, since: datetime) -> list[Message]:
        """Return the free texts (with next steps) that were held for approval since then, each once, oldest first."""
        ...

    def breakers(self, *, released: int) -> list[Breaker]:
        """List the open breakers, the longest open first, then at most so many of the releases, the newest first."""
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

    def customer(self, name: str) -> str:
        """Return the customer whom a name stands for."""
        ...

    def attributes(self, user_id: str) -> Mapping[str, JSON]:
        """Return what is known of a customer beside their history."""
        ...

    def approval(self, digest: str) -> Approval | None:
        """Return the newest approval of a digest, withdrawn or not, or None."""
        ...

    def approvals(self, *, limit: int) -> list[Approval]:
        """List the approvals, withdrawn ones included, the newest first."""
        ...

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        ...

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
        ...

    def keys(self) -> list[KeyRecord]:
        """List all API keys, revoked ones included."""
        ...

    def reactions(self, kinds: Sequence[OutcomeKind], *, limit: int) -> list[Reaction]:
        """Return the newest outcomes of these kinds with what they are about, the newest recorded first."""
        ...

    def watched_occasions(self, *, now: datetime, limit: int) -> list[Watched]:
        """Return the newest occasions that were to be contacted but for chance, and whose 14 days are over."""
        ...

    def drawn_occasions(self, *, watch: str, limit: int) -> list[Watched]:
        """Return the newest occasions drawn under the certificate or experiment of this key, contacted or not."""
        ...

    def challenged(self, *, newest: int) -> list[Heard]:
        """Return what the model and its challenger said of those of the newest decisions that both were asked about."""
        ...

    def effect_rows(self, *, start: datetime, end: datetime, as_of: datetime) -> Occasions:
        """Return the occasions of decisions in [start, end), and which windows had closed at `as_of`."""
        ...
