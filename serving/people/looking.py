"""What is read of a ledger for people to look at: beside the writer, as of one instant, changing nothing.

What is only ever shown is here; what deciding reads as well is `serving.ports.OnRecord`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from model.contracts import JSON, Candidate, Context, OutcomeKind
from serving.access.signing_in import SignedIn
from serving.people.acts import Act
from serving.people.challenger import Heard
from serving.people.complaining import Reaction, Watched
from serving.people.leafing import Leafing
from serving.people.refused import Refused
from serving.people.replayable import Replayable
from serving.people.stories import Stories
from serving.ports import OnRecord
from serving.reviewing import HeldFor, Review
from serving.standing import Standing


class Looking(OnRecord, Stories, Leafing, Replayable, Protocol):
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

    def customer(self, name: str) -> str:
        """Return the customer whom a name stands for."""
        ...

    def attributes(self, user_id: str) -> Mapping[str, JSON]:
        """Return what is known of a customer beside their history."""
        ...

    def reviews(self, *, limit: int) -> list[Review]:
        """List the reviews, the newest first."""
        ...

    def review_of(self, digest: str) -> Review | None:
        """Return the newest review of these very words, or None."""
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
