"""`POST /v1/adapters/intercom`: signed as Intercom signs, and what comes of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from model.contracts import EvidenceRef
from serving.ports import Ledger
from serving.settings import Settings
from tests.needs import shared
from tests.serving.adapters.signing import SECRET, signed
from tests.serving.adapters.test_intercom import AT, MARY, contact, notification, part, talk
from tests.serving.served import NOON, Served, Watch, app_of, consent, event

PATH = "/v1/adapters/intercom"
CREATED = notification("conversation.user.created", talk())


@pytest.fixture
def intercom(ledger: Ledger, clock: Watch) -> Iterator[Served]:
    """Serve an API that shares two secrets with Intercom, and asks the shipped triggers."""
    settings = Settings(intercom_secret=f"the-one-after-this-one {SECRET}", shipped_triggers=True)
    with Served(app_of(ledger, clock=clock, settings=settings)) as served:
        yield served


def posted(api: Served, body: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Post a body as Intercom does, or with other headers."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **(signed("intercom", raw) if headers is None else headers)}
    return api.call("POST", PATH, key=None, content=raw, headers=sent)


def test_it_is_seen_in_the_ledger(intercom: Served, ledger: Ledger) -> None:
    """What the customer wrote, as theirs, at the time that Intercom says."""
    posted(intercom, CREATED)
    name = EvidenceRef(type="message.received", id="notif_1:message.received:64f0c0ffee")
    with ledger.transaction() as transaction:
        found = transaction.event(name, user_id="u-17", now=NOON)
    assert found is not None
    actual = (found.source, found.subject, found.time.isoformat(), found.data["text"])
    assert actual == ("urn:intercom:workspace:shop1", "u-17", "2026-11-20T11:57:00+00:00", "Hello there")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed("intercom", json.dumps(CREATED).encode(), secret="not-what-intercom-signs-with"),
        signed("intercom", json.dumps(CREATED | {"id": "notif_2"}).encode()),
        {"X-Hub-Signature": signed("intercom", json.dumps(CREATED).encode())["X-Hub-Signature"].removeprefix("sha1=")},
        {"X-Signature": signed("intercom", json.dumps(CREATED).encode())["X-Hub-Signature"]},
    ],
    ids=["none", "another secret", "another body", "no mark", "another header"],
)
def test_what_is_not_signed_is_not_theirs(intercom: Served, headers: Mapping[str, str]) -> None:
    """401, and nothing is recorded: the good one is new."""
    refused, good = posted(intercom, CREATED, headers), posted(intercom, CREATED)
    assert (refused.status_code, good.json()["accepted"]) == (401, 3)


def test_their_own_example_of_a_signature() -> None:
    """RFC 2202, test case 2, in the form of the header: HMAC-SHA1 of the raw body."""
    headers = signed("intercom", b"what do ya want for nothing?", secret="Jefe")
    assert headers == {"X-Hub-Signature": "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"}


def test_before_they_keep_an_address_they_ask_head(intercom: Served) -> None:
    """200, and nothing in it; no signature goes with it."""
    answer = intercom.call("HEAD", PATH, key=None)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_ping_concerns_nobody(intercom: Served) -> None:
    """It is recorded, under a type that no rule reads."""
    answer = posted(intercom, notification("ping", {"type": "ping"}, id=None)).json()
    assert (answer["accepted"], answer["rejected"], len(answer["unknown_types"])) == (1, [], 1)


def late(api: Served, clock: Watch) -> list[tuple[str, list[str]]]:
    """Let a parcel be late, and return what is decided of it, after what Intercom told; the offers are theirs."""
    answer = api.post("/v1/events", event(at=clock.at)).json()
    return [(one["action"], [reason["code"] for reason in one["reasons"]]) for one in answer["decisions"]]


def ready(api: Served) -> None:
    """Let the customer agree to chat, in a zone where it is day."""
    told = {"timezone": "Europe/Paris", "consent": {"chat": True}}
    assert api.call("PUT", "/v1/users/u-17/preferences", json=told).status_code == 200


def test_nothing_told_nothing_held(intercom: Served, clock: Watch) -> None:
    """The other tests hold what would be sent without them."""
    ready(intercom)
    assert late(intercom, clock) == [("send", [])]


def test_an_open_conversation_holds_until_it_is_closed(intercom: Served, clock: Watch) -> None:
    """A late parcel can wait while somebody talks to them."""
    ready(intercom)
    posted(intercom, CREATED)
    held = late(intercom, clock)
    clock.turn(minutes=5)
    posted(
        intercom,
        notification("conversation.admin.closed", talk(state="closed", waiting_since=None), created_at=AT + 400),
    )
    assert (held, [one[0] for one in confirmed(intercom)]) == ([("hold", ["conversation_open"])], ["send"])


def confirmed(api: Served) -> list[tuple[str, list[str]]]:
    """Confirm everything that was decided."""
    ids = [one["decision_id"] for one in api.get("/v1/decisions").json()["decisions"]]
    answers = [api.call("POST", f"/v1/decisions/{one}/confirm").json() for one in ids]
    return [(one["action"], [reason["code"] for reason in one["reasons"]]) for one in answers]


def test_who_wrote_about_it_knows_it(intercom: Served, clock: Watch) -> None:
    """The parcel is named in their reply, in HTML."""
    ready(intercom)
    [(action, _)] = late(intercom, clock)
    clock.turn(minutes=1)
    reply = talk(part(MARY, "<p>Where&nbsp;is parcel <b>A-1</b>?</p>"), state="closed")
    posted(intercom, notification("conversation.user.replied", reply, created_at=int(clock.at.timestamp())))
    assert (action, confirmed(intercom)) == ("send", [("cancel", ["customer_already_knows"])])


def test_who_unsubscribed_gets_no_email(intercom: Served) -> None:
    """Of the channels only that one."""
    consent(intercom, "u-17")
    posted(intercom, notification("contact.unsubscribed", {"contact": contact()}))
    found = intercom.get("/v1/users/u-17/preferences").json()["consent"]
    assert found == {"chat": True, "email": False}


@pytest.mark.parametrize(("zone", "kept"), [("Europe/Dublin", "Europe/Dublin"), ("Mars/Olympus", None)])
def test_only_a_zone_that_exists_counts(intercom: Served, zone: str, kept: str | None) -> None:
    """One that does not is left out, and the event is recorded all the same."""
    answer = posted(intercom, notification("contact.user.created", contact(location_data={"timezone": zone}))).json()
    found = intercom.get("/v1/users/u-17/preferences")
    timezone = found.json().get("timezone") if found.status_code == 200 else None
    assert (answer["accepted"], timezone) == (1, kept)


def test_what_a_lead_did_is_the_customers_once_they_are_known(intercom: Served, clock: Watch) -> None:
    """They wrote before they had an id of ours; Intercom names both ids since."""
    ready(intercom)
    nobody = talk(contacts={"contacts": [{"id": "64f0c0ffee"}]})
    posted(intercom, notification("conversation.user.created", nobody))
    before = late(intercom, clock)
    posted(intercom, notification("contact.user.updated", contact(), id="notif_2", created_at=AT + 60))
    assert (before, confirmed(intercom)) == ([("send", [])], [("hold", ["conversation_open"])])


def test_what_a_lead_has_open_is_the_customers_once_they_are_merged(intercom: Served, clock: Watch) -> None:
    """A user who wrote before they signed in: Intercom keeps the user, and names the lead that is gone."""
    ready(intercom)
    lead = {"id": "1ead", "external_id": "drawn", "role": "lead"}
    posted(intercom, notification("conversation.user.created", talk(contacts={"contacts": [lead]})))
    before = late(intercom, clock)
    item = contact(merged_from={"type": "contact", "id": "1ead"})
    posted(intercom, notification("contact.merged", item, id="notif_2", created_at=AT + 60))
    assert (before, confirmed(intercom)) == ([("send", [])], [("hold", ["conversation_open"])])


def test_intercom_speaks_for_itself_alone(intercom: Served) -> None:
    """Whatever it says, its secret makes no evidence under another's source."""
    forged = {
        "specversion": "1.0",
        "source": "urn:shop",
        "id": "ev-1",
        "type": "shipment.delayed",
        "time": NOON.isoformat(),
    }
    answer = posted(intercom, forged).json()
    assert (answer["accepted"], len(answer["unknown_types"])) == (1, 1)


@pytest.mark.parametrize(("days", "offers"), [(0, ["conversation.left_unresolved"]), (7, [])])
def test_only_what_is_fresh_proves_anything(intercom: Served, days: int, offers: list[str]) -> None:
    """Who was left without an answer is asked; not a week later, though that is recorded too."""
    ready(intercom)
    source = talk()["source"] | {"subject": "My order"}
    closed = notification(
        "conversation.admin.closed", talk(state="closed", source=source), created_at=AT - days * 86400
    )
    assert posted(intercom, closed).json()["accepted"] == 2
    found = [one["decision"]["evidence"]["type"] for one in intercom.get("/v1/offers").json()["offers"]]
    assert found == offers


def test_a_real_one(intercom: Served) -> None:
    """As Intercom sent it."""
    raw = shared("examples/payloads/intercom_webhook_conversation.json").read_bytes()
    answer = posted(intercom, raw)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (200, 1, [])
