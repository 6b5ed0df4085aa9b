"""Offers: what is said of a send that nobody asked for by hand, how it is signed, and when it is tried again. Pure.

Source: Standard Webhooks 1.0.0 (standardwebhooks.com). Signed are `id.timestamp.body`, with HMAC-SHA256 and every
secret that is given, so that a receiver may change from one to the next at its own pace.

An offer is delivered at least once, and `webhook-id` stays the same: what comes twice is dropped by it. Deliveries stop
at the offer's `expires_at`: the first at once, the next after `DELAYS`, each longer by up to a fifth, which follows
from the offer's number and the try, so that offers that failed together are not tried together again.

Example:
    >>> [round(delay_after(7, attempts=tried) / timedelta(seconds=1)) for tried in (1, 2, 3)]
    [5, 31, 126]
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from model.contracts import JSON, Action, Candidate
from model.errors import InvalidInput
from serving.offers.waits import chance_of
from serving.record.record import from_json

SEND = "decision.send"
DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),  # this one again, until the last try
)
TRIES = 16  # the last one about 20 hours after the first
JITTER = 0.2
LONGEST_WAIT = timedelta(days=1)  # that a receiver may ask for


def about(candidate: Candidate) -> dict[str, JSON]:
    """Return whom and what a decision is about, for those who did not ask for it."""
    evidence, session = candidate.evidence, candidate.session_id
    return {
        "user": {"id": candidate.user_id},
        "purpose": str(candidate.purpose),
        "channel": str(candidate.channel),
        "evidence": evidence and {"type": evidence.type, "id": evidence.id, "source": evidence.source},
        "session": session and {"id": session},
        "matched": candidate.matched,
    }


def offered(data: Mapping[str, JSON]) -> bytes:
    """Return the body of an offer; `data` is the answer of a send, with whom and what it is about.

    Raises:
        InvalidInput: it is no send.
    """
    if data["action"] != Action.SEND:
        raise InvalidInput(f"decision `{data['decision_id']}` is no send; offer only what may be sent")
    body = {"type": SEND, "timestamp": data["decided_at"], "data": dict(data)}
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def offer_body(record: Mapping[str, JSON], answer: bytes, *, customer: str | None = None) -> bytes:
    """Return the body of an offer, of a record and of what its decision was answered, or confirmed, with.

    `customer` is who its customer turned out to be; None: as recorded.

    Raises:
        InvalidInput: the answer is no send.
    """
    candidate = from_json(Candidate, record["candidate"])
    concerned = candidate if customer is None else replace(candidate, user_id=customer)
    return offered(json.loads(answer) | about(concerned))


def data_of(body: bytes) -> dict[str, JSON]:
    """Return what an offer says of its decision."""
    data: dict[str, JSON] = json.loads(body)["data"]
    return data


def webhook_id(number: int, decision_id: str) -> str:
    """Return what identifies an offer, however often it is delivered.

    Example:
        >>> webhook_id(7, "01J0")
        'offer_7_01J0'
    """
    return f"offer_{number}_{decision_id}"


def signed(identity: str, at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """Return the three headers of one delivery at `at`; a signature for every secret, in their order."""
    timestamp = str(int(at.timestamp()))
    content = f"{identity}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in secrets]
    return {
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def delay_after(number: int, *, attempts: int) -> timedelta:
    """Return how long to wait after so many tries, at least one, to deliver the offer of this number."""
    return DELAYS[min(attempts, len(DELAYS)) - 1] * (1 + JITTER * chance_of(f"{number}.{attempts}"))


def next_try(
    number: int, *, attempts: int, now: datetime, asked: timedelta | None, expires_at: datetime | None
) -> datetime | None:
    """Return when to try again after a try that failed; None: never, it was the last.

    `asked` is how long the receiver asks us to wait. Nothing is tried after the offer's end: there it is over.
    """
    if attempts >= TRIES:
        return None
    wait = max(delay_after(number, attempts=attempts), min(asked or timedelta(), LONGEST_WAIT))
    return now + wait if expires_at is None else min(now + wait, expires_at)
