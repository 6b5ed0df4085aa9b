"""An API whose offers go to a receiver on this machine, and sends to offer."""

import base64
import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import Any

from serving.adapters.webhooks import Webhooks
from serving.ledger import open_ledger
from serving.offers.offering import offer_body
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Transaction
from serving.settings import Settings
from serving.timetable import Offer
from tests.serving.adapters.webhooks.receiving import Received, Receiver
from tests.serving.routes.confirming import decided
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, with_keys

KEY = b"thirty-two bytes that nobody has"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def settings_of(receiver: Receiver | str, *, secret: str = SECRET) -> Settings:
    """Settings of an API that delivers there."""
    url = receiver if isinstance(receiver, str) else receiver.url
    return Settings(webhook_url=url, webhook_secret=secret)


def hooked(receiver: Receiver | str, clock: Watch, ledger: Ledger | None = None, **more: Any) -> Served:
    """Serve an API that delivers there; its clock stands, so that a test says when it looks."""
    return Served(app_of(ledger, clock=clock, settings=settings_of(receiver, **more)))


def webhooks(api: Served) -> Webhooks:
    """Return what delivers."""
    found = api.app.state.api.webhooks
    assert isinstance(found, Webhooks)
    return found


def tick(api: Served) -> int:
    """Deliver what is due."""
    return api._wait(webhooks(api).tick())


def offer(api: Served, number: int = 1, *, user: str = "u-17") -> int:
    """Decide about a parcel, confirm the send, and offer it, as the timekeeper does; return the offer's number."""
    consent(api, user)
    return offer_of(api, decided(api, number, user=user)["decision_id"])


def offer_of(api: Served, identity: str) -> int:
    """Confirm this send, and offer it."""
    answer = api.call("POST", f"/v1/decisions/{identity}/confirm")
    assert answer.json()["action"] == "send", answer.text
    at, end = (datetime.fromisoformat(answer.json()[name]) for name in ("decided_at", "expires_at"))

    def add(transaction: Transaction) -> int:
        known = transaction.confirmable(identity)
        assert known is not None
        body = offer_body(known.record, answer.content)
        return transaction.add_offer(identity, body, at=at, expires_at=end)

    return api._wait(api.app.state.api.loop.submit(lambda _, transaction: add(transaction)))


def several(api: Served, count: int) -> list[int]:
    """Offer to so many customers, leaving out those that chance holds out; return the numbers."""
    numbers: list[int] = []
    for place in range(2 * count):
        consent(api, f"u-{place}")
        api.post("/v1/events", event(place, user=f"u-{place}"))
        trial = api.post("/v1/decisions?dry_run=true", candidate(place, user=f"u-{place}")).json()
        if len(numbers) < count and trial["action"] == "send":
            numbers.append(offer(api, place, user=f"u-{place}"))
    return numbers


def offered(api: Served, number: int) -> Offer:
    """Read one offer from the ledger."""
    found: list[Offer] = api._wait(
        api.app.state.api.loop.submit(lambda _, tx: tx.offers(state=None, after=number - 1, limit=1))
    )
    return found[0]


def verified(got: Received, key: bytes = KEY) -> bool:
    """Return whether one of the signatures of a delivery was made with this key: the standard library is enough."""
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in got.headers["webhook-signature"].split(" "))


def file_ledger(path: Path) -> Ledger:
    """Open a ledger file with the shipped approvals, a fixed salt and, where it is new, the keys of the tests."""
    new = not path.exists()
    opened = open_ledger(f"sqlite:///{path}", now=NOON, salt=b"a fixed salt for tests", shipped=shipped_digests())
    return with_keys(opened, NOON) if new else opened
