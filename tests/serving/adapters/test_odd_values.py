"""One odd value in a body that a platform signed costs no more than itself; `POST /v1/events` stays strict."""

import json
from typing import Any

import pytest

from serving.settings import Settings
from tests.serving.adapters.chatwoot_bodies import SECONDS, message
from tests.serving.adapters.signing import SECRET, signed
from tests.serving.served import NOON, Served, app_of, event

ALL = Settings(chatwoot_secret=SECRET, intercom_secret=SECRET, zendesk_secret=SECRET, segment_secret=SECRET)
PLACE = "what is odd"
ODD = {
    "half of a character": r'"cut \ud83d"',
    "NUL": r'"a\u0000b"',
    "a long integer": "12345678901234567890",
    "beyond a double": "1e400",
    "a key twice": '{"a": 1, "a": 2}',
    "not a number": "NaN",
}


def talk(text: str) -> dict[str, Any]:
    """Return a conversation of Intercom's in which a customer wrote."""
    parts = [{"id": "p", "body": text, "author": {"type": "user", "id": "i"}}]
    contacts = {"contacts": [{"id": "i", "external_id": "u-17"}]}
    return {"id": "1", "state": "open", "contacts": contacts, "conversation_parts": {"conversation_parts": parts}}


def written(number: str, text: str) -> dict[str, Any]:
    """Return an event of Zendesk's: somebody wrote."""
    author = {"type": "user", "userId": "z1", "user": {"id": "z1", "externalId": "u-17"}}
    said = {"id": number, "received": NOON.isoformat(), "author": author, "content": {"type": "text", "text": text}}
    payload = {"conversation": {"id": "c", "type": "sdkGroup"}, "message": said}
    return {"id": number, "type": "conversation:message", "createdAt": NOON.isoformat(), "payload": payload}


def call(number: str, text: str) -> dict[str, Any]:
    """Return a call of Segment's."""
    more = {"messageId": number, "userId": "u-17", "timestamp": NOON.isoformat(), "properties": {"parcel": text}}
    return {"type": "track", "event": "Shipment Delayed", **more}


BODIES: dict[str, tuple[Any, int]] = {
    "chatwoot": (message(content=PLACE), 3),
    "intercom": (
        {"topic": "conversation.user.replied", "id": "n", "created_at": SECONDS, "data": {"item": talk(PLACE)}},
        2,
    ),
    "segment": ([call("m-1", "A-1"), call("m-2", PLACE)], 1),
    "zendesk": ({"events": [written("1", "A-1"), written("2", PLACE)]}, 3),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("platform", BODIES)
def test_the_rest_is_kept(platform: str, odd: str) -> None:
    """Nobody there would send it better: each element is looked at by itself."""
    body, least = BODIES[platform]
    raw = json.dumps(body).replace(json.dumps(PLACE), odd).encode()
    with Served(app_of(settings=ALL)) as api:
        headers = {"Content-Type": "application/json", **signed(platform, raw)}
        answer = api.call("POST", f"/v1/adapters/{platform}", key=None, content=raw, headers=headers).json()
    assert answer["accepted"] >= least


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_posted_with_a_key_is_refused(odd: str) -> None:
    """Who posts it reads the answer, and mends it."""
    raw = json.dumps(event() | {"data": {"parcel": PLACE}}).replace(json.dumps(PLACE), odd).encode()
    with Served(app_of()) as api:
        answer = api.call("POST", "/v1/events", content=raw, headers={"Content-Type": "application/cloudevents+json"})
    assert answer.status_code == 422
