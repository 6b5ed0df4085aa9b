"""The body of an offer, its signature, and when it is tried again."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Candidate, EvidenceRef
from model.errors import InvalidInput
from serving.offers.offering import (
    DELAYS,
    JITTER,
    TRIES,
    data_of,
    delay_after,
    next_try,
    offer_body,
    offered,
    signed,
    webhook_id,
)
from serving.record.record import to_json
from serving.schemas.answers import confirmation_bytes, decision_bytes, decision_values, offered_bytes
from tests.contracts.ledgers import NOW, ruling

PUBLISHED = {
    "the specification's own libraries": (
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    "the guide of its first sender": (
        "plJ3nmyCDGBKInavdOK15jsl",
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    ),
}
DAY = timedelta(days=1)
ABOUT = Candidate(
    user_id="u-17",
    purpose="delivery_update",
    channel="chat",
    evidence=EvidenceRef(type="shipment.delayed", id="ev-1", source="urn:shop"),
    session_id="s-1",
    matched="parcel_delayed",
)


@pytest.mark.parametrize("name", PUBLISHED)
def test_signatures_are_those_that_were_published(name: str) -> None:
    """Secret, id, time and body as printed there."""
    secret, identity, at, body, signature = PUBLISHED[name]
    actual = signed(identity, datetime.fromtimestamp(at, UTC), body, [base64.b64decode(secret)])
    assert actual == {"webhook-id": identity, "webhook-timestamp": str(at), "webhook-signature": signature}


def test_every_secret_signs() -> None:
    """In their order, with a space between: a receiver takes the one that it knows."""
    keys = [b"a" * 24, b"b" * 24]
    alone = [signed("i", NOW, b"{}", [key])["webhook-signature"] for key in keys]
    together = signed("i", NOW, b"{}", keys)["webhook-signature"]
    assert (together, len(set(alone))) == (" ".join(alone), 2)


@pytest.mark.parametrize("part", ["identity", "at", "body", "secret"])
def test_a_signature_is_of_everything(part: str) -> None:
    """Another id, second, body or secret is another signature; a fraction of a second is not sent."""
    first: dict[str, Any] = {"identity": "i", "at": NOW, "body": b"{}", "secret": b"a" * 24}
    other = first | {
        part: {"identity": "j", "at": NOW + timedelta(seconds=1), "body": b"[]", "secret": b"b" * 24}[part]
    }
    one, two = (
        signed(given["identity"], given["at"], given["body"], [given["secret"]])["webhook-signature"]
        for given in (first, other)
    )
    assert one != two
    assert signed("i", NOW + timedelta(microseconds=999_999), b"{}", [b"a" * 24]) == signed(
        "i", NOW, b"{}", [b"a" * 24]
    )


def test_an_id_holds_no_full_stop() -> None:
    """It stands between full stops in what is signed; offers of one decision have ids of their own."""
    ids = [webhook_id(number, "01JDXQ") for number in (1, 11)]
    assert (ids, any("." in one for one in ids)) == (["offer_1_01JDXQ", "offer_11_01JDXQ"], False)


def test_a_body_says_what_whom_and_why() -> None:
    """Type and time of Standard Webhooks; the decision's answer as it is, and about whom it is."""
    decision = ruling("d-1").decision
    body = json.loads(offered_bytes(ABOUT, decision))
    data = body.pop("data")
    assert body == {"type": "decision.send", "timestamp": "2026-11-20T12:00:00Z"}
    assert data == decision_values(decision) | {
        "user": {"id": "u-17"},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": "ev-1", "source": "urn:shop"},
        "session": {"id": "s-1"},
        "matched": "parcel_delayed",
    }


def test_what_is_not_there_is_null() -> None:
    """Without evidence, session and trigger."""
    bare = Candidate(user_id="u", purpose="onboarding", channel="widget")
    data = data_of(offered_bytes(bare, ruling("d-1").decision))
    assert [data[name] for name in ("evidence", "session", "matched")] == [None, None, None]


@pytest.mark.parametrize("encode", [decision_bytes, confirmation_bytes])
def test_a_record_and_its_answer_give_the_same_body(encode: Any) -> None:
    """However it was answered, now or when it was confirmed."""
    decision = ruling("d-1").decision
    record = {"decision_id": "d-1", "candidate": to_json(ABOUT)}
    actual = offer_body(record, encode(decision))
    assert actual == offered_bytes(ABOUT, decision)


def test_a_body_names_the_customer_that_an_id_stands_for() -> None:
    """Whoever was anonymous when it was decided has a name by now."""
    answer = decision_bytes(ruling("d-1").decision)
    data = data_of(offer_body({"candidate": to_json(ABOUT)}, answer, customer="anna"))
    assert (data["user"], data["purpose"]) == ({"id": "anna"}, "delivery_update")


@pytest.mark.parametrize("action", [Action.HOLD, Action.DENY])
def test_only_a_send_is_offered(action: Action) -> None:
    """Nothing else can become a body, whoever asks."""
    decision = ruling("d-1", action=action).decision
    with pytest.raises(InvalidInput, match="`d-1` is no send"):
        offered_bytes(ABOUT, decision)
    with pytest.raises(InvalidInput, match="is no send"):
        offered({"action": "cancel", "decision_id": "d-1", "decided_at": None})


def test_waits_grow_as_documented() -> None:
    """Five seconds, half a minute, 2, 10 and 30 minutes, an hour, then two hours each time; each a little longer."""
    waits = [delay_after(7, attempts=tried) for tried in range(1, TRIES)]
    bare = [*DELAYS, *[DELAYS[-1]] * (TRIES - 1 - len(DELAYS))]
    assert [round(delay.total_seconds()) for delay in DELAYS] == [5, 30, 120, 600, 1800, 3600, 7200]
    assert all(delay <= wait < delay * (1 + JITTER) for delay, wait in zip(bare, waits, strict=True))
    assert timedelta(hours=19) < sum(waits, timedelta()) < timedelta(hours=24)


def test_offers_that_fail_together_are_not_tried_together_again() -> None:
    """The jitter follows from the offer's number and the try: the same each time, spread over the fifth."""
    waits = [delay_after(number, attempts=4) for number in range(200)]
    spread = sorted((wait / DELAYS[3] - 1) / JITTER for wait in waits)
    again = [delay_after(number, attempts=4) for number in range(200)]
    assert (waits == again, len(set(waits)), spread[0] < 0.05, spread[-1] > 0.95) == (True, 200, True, True)
    assert 0.4 < sum(spread) / 200 < 0.6


@pytest.mark.parametrize(
    ("attempts", "asked", "expires", "expected"),
    [
        (1, None, DAY, delay_after(7, attempts=1)),
        (1, timedelta(seconds=1), DAY, delay_after(7, attempts=1)),
        (1, timedelta(hours=3), DAY, timedelta(hours=3)),
        (1, timedelta(days=900), 3 * DAY, DAY),
        (1, None, timedelta(seconds=2), timedelta(seconds=2)),
        (1, timedelta(hours=3), timedelta(hours=1), timedelta(hours=1)),
        (TRIES - 1, None, DAY, delay_after(7, attempts=TRIES - 1)),
        (TRIES, None, DAY, None),
        (TRIES + 1, timedelta(hours=1), DAY, None),
    ],
    ids=[
        *("as planned", "asked for less", "asked for more", "asked for years", "over before", "over before it asks"),
        *("the last try to come", "after the last", "after a crash in the last"),
    ],
)
def test_when_an_offer_is_tried_again(
    attempts: int, asked: timedelta | None, expires: timedelta, expected: timedelta | None
) -> None:
    """Never sooner than planned, or than the receiver asks, and at its end at the latest: there it is over."""
    actual = next_try(7, attempts=attempts, now=NOW, asked=asked, expires_at=NOW + expires)
    assert actual == (None if expected is None else NOW + expected)
