"""`POST /v1/adapters/zendesk`: several events in one delivery, by whoever shows Zendesk's secret."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from model.contracts import EvidenceRef
from serving.ports import Ledger
from serving.settings import Settings
from tests.needs import shared
from tests.serving.adapters.zendesk_payloads import (
    AGENTS,
    BOT,
    KNOWN,
    STRANGER,
    TALK,
    answer,
    blocked,
    created,
    message,
    passed,
    posted,
    released,
    told,
)
from tests.serving.served import NOON, Served, Watch, app_of, consent, event

PATH = "/v1/adapters/zendesk"
SECRET = "what-sunshine-conversations-shows"
SHOWN: Mapping[str, str] = {"X-API-Key": SECRET}
BODY = json.dumps(posted(message()), indent=1).encode()


@pytest.fixture
def zendesk(ledger: Ledger, clock: Watch) -> Iterator[Served]:
    """Serve an API that shares two secrets with Zendesk, and asks the shipped triggers."""
    settings = Settings(zendesk_secret=f"the-one-after-this-one {SECRET}", shipped_triggers=True)
    with Served(app_of(ledger, clock=clock, settings=settings)) as served:
        yield served


def delivered(api: Served, body: Any, headers: Mapping[str, str] = SHOWN) -> httpx.Response:
    """Post a body as Sunshine Conversations does, or with other headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.call("POST", PATH, key=None, content=raw, headers={"Content-Type": "application/json", **headers})


def signed(body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOON) -> dict[str, str]:
    """Sign as Zendesk's other webhooks do: base64 of HMAC-SHA256 of the time and the body."""
    time = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(hmac.new(secret.encode(), time.encode() + body, hashlib.sha256).digest()).decode()
    return {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": time}


def test_it_is_seen_in_the_ledger(zendesk: Served, ledger: Ledger) -> None:
    """With who it is, and what they wrote."""
    delivered(zendesk, BODY)
    with ledger.transaction() as transaction:
        found = transaction.event(EvidenceRef(type="message.received", id="64ee01"), user_id="u-17", now=NOON)
    assert found is not None
    assert (found.source, found.data["text"]) == ("urn:zendesk:app:64aa000000000000000000a1", "Where is my parcel A-7?")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "not-what-zendesk-shows"},
        {"X-API-Key": SECRET[:-1]},
        {"X-API-Key": f"{SECRET}€".encode()},
        {"Authorization": f"Bearer {SECRET}"},
        signed(secret="not-what-zendesk-signs-with"),
        signed(b"another body"),
        signed(at=NOON - timedelta(minutes=6)),
        signed(at=NOON + timedelta(minutes=6)),
        signed() | {"X-Zendesk-Webhook-Signature-Timestamp": "1795176000"},
        signed() | {"X-Zendesk-Webhook-Signature-Timestamp": "2026-11-20T12:00:00"},
        {"X-Zendesk-Webhook-Signature": signed()["X-Zendesk-Webhook-Signature"]},
        SHOWN | {"X-Zendesk-Webhook-Signature": "A" * 43 + "="},
        SHOWN | {"X-Zendesk-Webhook-Signature": ""},
        SHOWN | signed(at=NOON - timedelta(minutes=6)),
        signed() | {"X-API-Key": "not-what-zendesk-shows"},
    ],
)
def test_what_is_not_theirs_is_refused(zendesk: Served, headers: Any) -> None:
    """401, and nothing is recorded: the good one is new. A right key makes no wrong signature good."""
    refused, good = delivered(zendesk, BODY, headers), delivered(zendesk, BODY)
    assert (refused.status_code, good.json()["accepted"]) == (401, 3)


@pytest.mark.parametrize("headers", [signed(), SHOWN | signed(), {"X-API-Key": "the-one-after-this-one"}])
def test_either_way_of_theirs_will_do(zendesk: Served, headers: Mapping[str, str]) -> None:
    """The secret shown, or a signature with it; with one secret or the next."""
    assert delivered(zendesk, BODY, headers).json()["accepted"] == 3


def test_two_secrets_are_none(zendesk: Served) -> None:
    """Nobody can say which of two headers counts."""
    sent = [("Content-Type", "application/json"), ("X-API-Key", SECRET), ("X-API-Key", "another")]
    refused = zendesk._wait(zendesk._client.request("POST", PATH, headers=sent, content=BODY))
    assert (refused.status_code, delivered(zendesk, BODY).json()["accepted"]) == (422, 3)


def test_without_a_secret_nobody_is_let_in() -> None:
    """An empty setting is opened by nothing."""
    with Served(app_of()) as api:
        actual = [delivered(api, BODY, headers).status_code for headers in (SHOWN, {}, {"X-API-Key": ""})]
    assert actual == [401] * 3


def test_several_events_come_in_one_delivery(zendesk: Served) -> None:
    """Each for itself: what is none of ours is kept as theirs, and what is no event is rejected in its place."""
    body = posted(
        message(),
        7,
        message(event_id="64ee02"),
        answer() | {"id": "64ee03"},
        told("conversation:typing", {}, event_id="64ee04"),
        created() | {"id": "64ee05", "createdAt": (NOON + timedelta(hours=1)).isoformat()},
    )
    found = delivered(zendesk, body).json()
    actual = (found["accepted"], found["duplicates"], [one["index"] for one in found["rejected"]])
    assert (actual, len(found["unknown_types"])) == ((6, 2, [3, 9, 10, 11]), 2)


def test_a_number_is_no_delivery(zendesk: Served) -> None:
    """200, and what is wrong stands in the answer."""
    found = delivered(zendesk, b"7")
    assert (found.status_code, found.json()["accepted"], len(found.json()["rejected"])) == (200, 0, 1)


def test_without_a_user_it_concerns_nobody(zendesk: Served) -> None:
    """Recorded all the same."""
    nobody = message()
    nobody["payload"]["message"]["author"] = {"type": "user"}
    found = delivered(zendesk, posted(nobody)).json()
    assert (found["accepted"], found["rejected"]) == (1, [])


def ready(api: Served) -> None:
    """Let the customer agree to chat, in a zone where it is day."""
    told = {"timezone": "Europe/Paris", "consent": {"chat": True}}
    assert api.call("PUT", "/v1/users/u-17/preferences", json=told).status_code == 200


def late(api: Served, clock: Watch) -> list[tuple[str, list[str]]]:
    """Let a parcel be late, and return what is decided of it."""
    found = api.post("/v1/events", event(at=clock.at)).json()
    return [(one["action"], [reason["code"] for reason in one["reasons"]]) for one in found["decisions"]]


def confirmed(api: Served) -> list[tuple[str, list[str]]]:
    """Confirm everything that was decided."""
    ids = [one["decision_id"] for one in api.get("/v1/decisions").json()["decisions"]]
    found = [api.call("POST", f"/v1/decisions/{one}/confirm").json() for one in ids]
    return [(one["action"], [reason["code"] for reason in one["reasons"]]) for one in found]


HELD = [("hold", ["conversation_open"])]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([message()], [("send", [])]),
        ([message(holder=BOT)], [("send", [])]),
        ([message(holder=AGENTS)], HELD),
        ([created()], HELD),
        ([created("notification")], [("send", [])]),
        ([created(user=STRANGER)], [("send", [])]),
        ([message(), passed(AGENTS)], HELD),
        ([message(), passed(AGENTS) | {"type": "switchboard:acceptControl"}], HELD),
        ([message(), passed(BOT) | {"type": "switchboard:acceptControl"}], [("send", [])]),
        ([created(), released()], [("send", [])]),
        ([created(), passed(BOT, reason="ticketClosed")], [("send", [])]),
        ([created(), released("conversation:remove")], [("send", [])]),
        ([created(), released(conversation={"id": "64aa0d", "type": "personal"})], HELD),
        ([created(user=STRANGER), message() | {"id": "64ee02"}], HELD),
    ],
    ids=[
        *("wrote", "a bot", "agents", "began", "ours", "a stranger", "passed on", "taken", "by a bot"),
        *("released", "closed", "removed", "another is released", "a stranger signs in"),
    ],
)
def test_an_open_conversation_holds_until_it_is_over(
    zendesk: Served, clock: Watch, events: list[Any], expected: list[Any]
) -> None:
    """Also where only the switchboard says so, which names no user; one delivery or several."""
    ready(zendesk)
    for number, one in enumerate(events):
        delivered(zendesk, posted(one | {"createdAt": (NOON + timedelta(seconds=number)).isoformat()}))
    clock.turn(minutes=1)
    assert late(zendesk, clock) == expected


def test_who_wrote_about_it_knows_it(zendesk: Served, clock: Watch) -> None:
    """The parcel is named in their message."""
    ready(zendesk)
    [(action, _)] = late(zendesk, clock)
    clock.turn(minutes=1)
    wrote = message(KNOWN, "And where is A-1?")
    wrote["payload"]["message"]["received"] = clock.at.isoformat()
    delivered(zendesk, posted(wrote))
    assert (action, confirmed(zendesk)) == ("send", [("cancel", ["customer_already_knows"])])


def test_who_unsubscribed_gets_no_more_of_it(zendesk: Served) -> None:
    """Of the channels only that one; no secret of Zendesk's gives a consent."""
    consent(zendesk, "u-17")
    delivered(zendesk, posted(blocked("whatsapp")))
    assert zendesk.get("/v1/users/u-17/preferences").json()["consent"] == {"chat": True, "whatsapp": False}


def test_zendesk_speaks_for_itself_alone(zendesk: Served, clock: Watch) -> None:
    """Whatever it says, its secret makes no evidence under another's source."""
    ready(zendesk)
    for body in (event(), [event()], posted(event()), {"events": event()}, {"batch": [event()]}):
        delivered(zendesk, body)
    sources = {one["decision"]["evidence"]["source"] for one in zendesk.get("/v1/offers").json()["offers"]}
    assert (sources, late(zendesk, clock)) == (set(), [("send", [])])


def test_what_their_other_webhooks_tell_is_kept(zendesk: Served) -> None:
    """Signed, of another form: an event of Zendesk's own, which no rule reads."""
    body = json.dumps({"type": "zen:event-type:ticket.created", "id": "64ff", "time": NOON.isoformat()}).encode()
    found = delivered(zendesk, body, signed(body)).json()
    assert (found["accepted"], len(found["unknown_types"]), found["rejected"]) == (1, 1, [])


def test_a_real_one(zendesk: Served) -> None:
    """As Zendesk sent it."""
    raw = shared("examples/payloads/zendesk_sunshine_conversation_message.json").read_bytes()
    found = delivered(zendesk, raw)
    assert (found.status_code, found.json()["accepted"], found.json()["rejected"]) == (200, 3, [])


def test_one_conversation_is_one_in_every_event() -> None:
    """Its name is what opens and closes it."""
    assert TALK in json.dumps([created(), released(), passed(AGENTS)])
