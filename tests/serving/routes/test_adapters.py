"""`POST /v1/adapters/segment`: Segment's own webhook, with its signature in place of a key."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from serving.settings import Settings
from tests.serving.served import NOON, Served, Watch, app_of

SECRET = "what-segment-signs-with"
CALL = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-17",
    "event": "Shipment Delayed",
    "timestamp": NOON.isoformat(),
    "properties": {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 14},
}


@pytest.fixture
def segment(clock: Watch) -> Iterator[Served]:
    """Serve an API that shares two secrets with Segment."""
    with Served(app_of(clock=clock, settings=Settings(segment_secret=f"the-one-after-this-one {SECRET}"))) as served:
        yield served


def posted(api: Served, body: Any, *, secret: str | None = SECRET, **headers: str) -> httpx.Response:
    """Post a body as Segment does: no key, a signature over the raw bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body, indent=1).encode()
    sent = {"Content-Type": "application/json"} | headers
    if secret is not None:
        sent["X-Signature"] = hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()
    return api.call("POST", "/v1/adapters/segment", key=None, content=raw, headers=sent)


@pytest.mark.parametrize("body", [CALL, [CALL], {"batch": [CALL], "sentAt": NOON.isoformat()}])
def test_a_signed_call_is_an_event(segment: Served, body: Any) -> None:
    """Alone, in an array, in an envelope; and once only, however often it is sent again."""
    first, again = posted(segment, body), posted(segment, body)
    actual = [(one.status_code, one.json()["accepted"], one.json()["duplicates"]) for one in (first, again)]
    assert actual == [(202, 1, 0), (202, 0, 1)]


@pytest.mark.parametrize("secret", [None, "not-what-segment-signs-with"])
def test_what_is_not_signed_is_nobodys(segment: Served, secret: str | None) -> None:
    """A missing or wrong signature is a 401 with a challenge, before the body is read; nothing is recorded."""
    refused = posted(segment, b'{"type": oops', secret=secret)
    good = posted(segment, CALL)
    actual = (refused.status_code, "www-authenticate" in refused.headers, good.json()["accepted"])
    assert actual == (401, True, 1)


def test_without_a_secret_nobody_is_let_in(api: Served) -> None:
    """An empty secret signs nothing."""
    actual = [posted(api, CALL, secret=secret).status_code for secret in (None, SECRET)]
    assert actual == [401, 401]


@pytest.mark.parametrize("signature", [None, "", "0" * 39, "0 " * 40, "sha1=" + "0" * 40, "0" * 40])
def test_without_a_signature_the_body_is_not_read(segment: Served, signature: str | None) -> None:
    """By the form of the header: only what could be a signature is worth a digest of the body."""
    read: list[bool] = []

    async def content() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"{}"

    headers = {"Content-Type": "application/json"} | ({} if signature is None else {"X-Signature": signature})
    answer = segment.call("POST", "/v1/adapters/segment", key=None, content=content(), headers=headers)
    assert (answer.status_code, bool(read)) == (401, signature == "0" * 40)


@pytest.mark.parametrize("place", [0, 1])
def test_two_signatures_are_none(segment: Served, place: int) -> None:
    """Nobody can say which of two headers counts, so neither does, wherever the good one stands."""
    raw = json.dumps(CALL).encode()
    good = hmac.new(SECRET.encode(), raw, hashlib.sha1).hexdigest()
    signatures = [("X-Signature", "0" * 40)]
    signatures.insert(place, ("X-Signature", good))
    sent = [("Content-Type", "application/json"), *signatures]
    answer = segment._wait(segment._client.request("POST", "/v1/adapters/segment", headers=sent, content=raw))
    assert (answer.status_code, posted(segment, CALL).json()["accepted"]) == (422, 1)


def test_a_key_is_no_signature(segment: Served) -> None:
    """Whoever has a key uses `/v1/events`."""
    raw = json.dumps(CALL).encode()
    answer = segment.call("POST", "/v1/adapters/segment", content=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


def test_a_signed_cloud_event_is_none_of_segments(segment: Served) -> None:
    """Segment's secret speaks for Segment's calls: it cannot make evidence under another source."""
    forged = {"specversion": "1.0", "source": "urn:shop", "id": "ev-1", "type": "shipment.delayed"}
    answer = posted(segment, [forged, CALL, 7]).json()
    actual = (answer["accepted"], [one["index"] for one in answer["rejected"]])
    assert actual == (1, [0, 2])


@pytest.mark.parametrize("body", [b"", b"{", b'[{"type": NaN]', b"7"])
def test_signed_nonsense_is_refused_like_any_other(segment: Served, body: bytes) -> None:
    """A signature makes JSON no better."""
    assert posted(segment, body).status_code == 422


def test_what_is_signed_goes_at_the_pace_of_one_key(clock: Watch) -> None:
    """An array costs what it holds; what is not signed costs nobody's pace."""
    settings = Settings(segment_secret=SECRET, requests_per_second=1)
    calls = [CALL | {"messageId": f"m-{number}"} for number in range(50)]
    with Served(app_of(clock=clock, settings=settings)) as served:
        unsigned = posted(served, calls, secret=None).status_code
        first, second = posted(served, calls), posted(served, CALL)
        actual = (unsigned, first.status_code, second.status_code, int(second.headers["retry-after"]) > 30)
    assert actual == (401, 202, 429, True)


def test_what_may_be_sent_is_an_offer(clock: Watch) -> None:
    """Nobody at the platform reads an answer: a send that stood only there would be told to nobody, and count."""
    settings = Settings(segment_secret=SECRET, shipped_triggers=True)
    failed = CALL | {"event": "Shipment Failed", "properties": {"parcel": "A-7", "reason": "nobody was home"}}
    with Served(app_of(clock=clock, settings=settings)) as served:
        served.call("PUT", "/v1/users/u-17/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
        answer = posted(served, failed).json()
        offers = served.get("/v1/offers").json()["offers"]
    assert (answer["accepted"], answer["decisions"]) == (1, [])
    assert [one["decision"]["evidence"]["id"] for one in offers] == ["m-1"]
