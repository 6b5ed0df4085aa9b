"""A relay with an Outreach and a platform that say what a test tells them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import RenderedMessage
from serving.access.shared_secrets import secrets_of
from serving.client import Decision, NoAnswer, Refused
from serving.offers.offering import signed
from serving.relay import book
from serving.relay.messenger import Offer, Posted, Verdict
from serving.relay.relay import LONGEST, Relay
from serving.schemas.answers import json_bytes
from tests.examples.frame import SECRET
from tests.serving.served import Watch

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURS = timedelta(hours=1)
WORDS = "Your parcel A-7 now arrives on Friday."


@dataclass
class Asked:
    """Outreach: what it says is used up from its front, the last one stays; an exception is raised."""

    says: list[Any] = field(default_factory=lambda: ["send"])
    takes: list[bool | Exception] = field(default_factory=lambda: [True])
    confirmed: list[str] = field(default_factory=list)
    reported: list[tuple[str, str, datetime]] = field(default_factory=list)

    def confirm(self, decision_id: str) -> Decision | NoAnswer:
        """Say what comes next."""
        self.confirmed.append(decision_id)
        said = _next(self.says)
        if isinstance(said, str):
            return confirmation(decision_id, said)
        assert isinstance(said, Decision | NoAnswer)
        return said

    def report(self, kind: str, *, decision_id: str, time: datetime) -> bool:
        """Take it or not."""
        self.reported.append((kind, decision_id, time))
        return bool(_next(self.takes))


@dataclass
class Told:
    """A platform: what `post` and `find` come to is used up from its front, the last one stays."""

    posts: list[Any] = field(default_factory=lambda: [Verdict.DELIVERED])
    finds: list[Any] = field(default_factory=lambda: [None])
    posted: list[Offer] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    sought: list[Offer] = field(default_factory=list)

    def takes(self, offer: Offer) -> bool:
        """Chat only."""
        return offer.channel == "chat"

    def post(self, offer: Offer) -> Posted:
        """Come to what comes next."""
        self.posted.append(offer)
        said = _next(self.posts)
        return said if isinstance(said, Posted) else Posted(said)

    def find(self, offer: Offer) -> bool | None:
        """Say what comes next."""
        self.looked.append(offer.decision_id)
        self.sought.append(offer)
        found: bool | None = _next(self.finds)
        return found


def _next(says: list[Any]) -> Any:
    said = says.pop(0) if len(says) > 1 else says[0]
    if isinstance(said, Exception):
        raise said
    return said


def confirmation(decision_id: str, action: str, *, text: str = WORDS, trigger: bool | None = None) -> Decision:
    """Return what a client makes of a confirmation."""
    sends = action == "send" if trigger is None else trigger
    return Decision(
        decision_id=decision_id,
        action=action,
        trigger=sends,
        message=RenderedMessage(text=text, expects_reply=True) if sends else None,
        reasons=(),
        not_before=None,
        expires_at=NOON + 8 * HOURS if sends else None,
        decided_at=NOON,
        raw={},
    )


REFUSED_404 = Refused(404, "there is no decision with this id", unknown=True)
PROXY_404 = Refused(404, "the answer says no more; is this the address of the API?")
AHEAD_422 = Refused(422, "`time` is more than 5 minutes ahead; set the clock of who sends it")
REFUSED_401 = Refused(401, "the key is not known")


def body(name: str = "d-1", **more: Any) -> bytes:
    """Return the body of a delivery."""
    data = {
        "decision_id": name,
        "action": "send",
        "message": {"text": WORDS, "expects_reply": True},
        "expires_at": (NOON + 8 * HOURS).isoformat(),
        "user": {"id": "u-17"},
        "purpose": "delivery_update",
        "channel": "chat",
    }
    return json_bytes({"type": "decision.send", "timestamp": NOON.isoformat(), "data": data | more})


def headers(content: bytes, *, at: datetime = NOON, number: int = 1) -> dict[str, str]:
    """Return the headers of a delivery, as Outreach signs it."""
    return signed(f"offer_{number}_d-1", at, content, secrets_of(SECRET))


@contextmanager
def relaying(folder: Path, asked: Asked, told: Told, clock: Watch, *, longest: timedelta = LONGEST) -> Iterator[Relay]:
    """Open a relay whose book is in this folder; close it."""
    relay = Relay(
        asked,  # type: ignore[arg-type]  # a fake
        told,
        folder / "relay.db",
        secret=SECRET,
        clock=clock,
        longest=longest,
        passing=lambda: clock().timestamp(),
    )
    try:
        yield relay
    finally:
        relay.close()


def written_at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let books not wait for the disk: what is committed outlives the process all the same, if no power cut."""
    quick = tuple(each.replace("synchronous = EXTRA", "synchronous = OFF") for each in book.PREPARED)
    assert quick != book.PREPARED
    monkeypatch.setattr(book, "PREPARED", quick)


def took(relay: Relay, *names: str, clock: Watch | None = None, **more: Any) -> Sequence[int]:
    """Deliver offers; return the statuses."""
    at = NOON if clock is None else clock()
    contents = [body(name, **more) for name in names or ("d-1",)]
    return [relay.take(headers(content, at=at), content) for content in contents]


def on(relay: Relay, clock: Watch) -> None:
    """Go on until there is nothing left to do."""
    relay.step()
    while (due := relay.book.next_due()) is not None:
        clock.at = max(due, clock.at)
        relay.step()
