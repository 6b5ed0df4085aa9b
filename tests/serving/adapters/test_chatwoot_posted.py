"""`POST /v1/adapters/chatwoot`: signed as Chatwoot signs, recorded, and what it means for a message."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from serving.settings import Settings
from tests.serving.adapters.chatwoot_bodies import SECONDS, SESSION, VISIT, contact, message, talk, turned, visit
from tests.serving.adapters.signing import SECRET, signed
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event

SETTINGS = Settings(chatwoot_secret=SECRET)
EVERY = [message(), turned("resolved"), {"event": "contact_updated", "id": 41}]


@pytest.fixture
def clock() -> Watch:
    """Noon, until it is turned."""
    return Watch()


@pytest.fixture
def chatwoot(clock: Watch) -> Iterator[Served]:
    """Serve an API that shares a secret with Chatwoot."""
    with Served(app_of(clock=clock, settings=SETTINGS)) as served:
        yield served


def posted(api: Served, body: Any, **more: Any) -> httpx.Response:
    """Post a body as Chatwoot does: no key, its signature over the time and the raw bytes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **signed("chatwoot", raw, **more)}
    return api.call("POST", "/v1/adapters/chatwoot", key=None, content=raw, headers=headers)


def counted(answer: httpx.Response) -> tuple[int, int, int, int]:
    """Return the status, and how many events were accepted, known already, and rejected."""
    said = answer.json()
    return answer.status_code, said["accepted"], said["duplicates"], len(said["rejected"])


def refused(answer: httpx.Response) -> tuple[str, list[str]]:
    """Return what was decided, and why."""
    said = answer.json()
    return said["action"], [reason["code"] for reason in said["reasons"]]


@pytest.mark.parametrize(("body", "events"), [*zip(EVERY, (3, 3, 1), strict=True)], ids=["wrote", "left", "other"])
def test_the_same_delivery_twice_is_recorded_once(chatwoot: Served, clock: Watch, body: Any, events: int) -> None:
    """Signed anew each time, as it is where Chatwoot sends again; nothing is decided in the answer."""
    first = posted(chatwoot, body)
    clock.turn(seconds=3)
    again = posted(chatwoot, body, at=clock.at)
    actual = (counted(first), counted(again), first.json()["decisions"])
    assert actual == ((200, events, 0, 0), (200, 0, events, 0), [])


def test_another_visit_is_another(chatwoot: Served) -> None:
    """It looks the same: the time that is signed tells them apart, and no header that anybody could change."""
    raw = json.dumps(visit()).encode()
    posts = [(0, "d-1"), (0, "d-2"), (1, "d-1"), (1, "d-1")]
    answers = [
        chatwoot.call(
            "POST",
            "/v1/adapters/chatwoot",
            key=None,
            content=raw,
            headers={"Content-Type": "application/json", "X-Chatwoot-Delivery": number}
            | dict(signed("chatwoot", raw, at=NOON + timedelta(seconds=seconds))),
        )
        for seconds, number in posts
    ]
    assert [counted(answer)[1:3] for answer in answers] == [(1, 0), (0, 1), (1, 0), (0, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "another secret than that"},
        {"at": NOON - timedelta(minutes=5, seconds=1)},
        {"at": NOON + timedelta(minutes=5, seconds=1)},
    ],
    ids=["secret", "old", "ahead"],
)
def test_what_is_not_signed_now_by_them_is_nobodys(chatwoot: Served, change: Any) -> None:
    """Another secret, or a time that is not now: 401, and nothing is recorded."""
    actual = (posted(chatwoot, visit(), **change).status_code, counted(posted(chatwoot, visit())))
    assert actual == (401, (200, 1, 0, 0))


@pytest.mark.parametrize("without", [None, "X-Chatwoot-Signature", "X-Chatwoot-Timestamp", "Body", "Time"])
def test_a_signature_is_of_this_body_at_this_time(chatwoot: Served, without: str | None) -> None:
    """None, half of it, that of another body, or another time beside it."""
    raw = json.dumps(visit()).encode()
    headers = {"Content-Type": "application/json", **signed("chatwoot", raw)}
    headers.pop(without or "", None)
    if without == "Time":
        headers["X-Chatwoot-Timestamp"] = str(SECONDS + 1)
    content = raw + b" " if without == "Body" else raw
    answer = chatwoot.call("POST", "/v1/adapters/chatwoot", key=None, content=content, headers=headers)
    assert answer.status_code == (200 if without is None else 401)


def test_what_is_too_far_ahead_is_rejected_and_the_rest_is_kept(chatwoot: Served) -> None:
    """A message of tomorrow is none; the delivery is good all the same."""
    body = message(created_at=SECONDS + 86400)
    assert counted(posted(chatwoot, body)) == (200, 0, 0, 3)


def test_who_wrote_about_it_knows_it(chatwoot: Served, clock: Watch) -> None:
    """A parcel is late; the customer asks about it in the widget before we tell them."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    clock.turn(minutes=1)
    body = message(created_at=SECONDS + 30, content="<p>Where is <b>a-1</b>?</p>", conversation=talk(status="resolved"))
    posted(chatwoot, body, at=clock.at)
    assert refused(chatwoot.post("/v1/decisions", candidate())) == ("deny", ["customer_already_knows"])


@pytest.mark.parametrize(
    "body",
    [turned("open", "conversation_created"), turned("open"), message()],
    ids=["created", "opened again", "written in"],
)
def test_who_talks_to_us_is_left_alone(chatwoot: Served, clock: Watch, body: Any) -> None:
    """An open conversation holds what is not essential, until it is resolved."""
    chatwoot.post("/v1/events", event(2))
    consent(chatwoot, "u-17")
    posted(chatwoot, body)
    held = refused(chatwoot.post("/v1/decisions", candidate(2)))
    clock.turn(minutes=1)
    posted(chatwoot, turned("resolved", updated_at=SECONDS + 50), at=clock.at)
    after = refused(chatwoot.post("/v1/decisions", candidate(2)))
    assert (held, after) == (("hold", ["conversation_open"]), ("send", []))


def test_what_begins_without_an_account_is_over_as_well(chatwoot: Served, clock: Watch) -> None:
    """Before its first message a conversation names none, and nothing would close it: that message opens it."""
    chatwoot.post("/v1/events", event(2))
    consent(chatwoot, "u-17")
    found = []
    for body in (
        turned("open", "conversation_created", account=None, messages=[]),
        message(),
        turned("resolved", updated_at=SECONDS + 50),
    ):
        clock.turn(seconds=50)
        posted(chatwoot, body, at=clock.at)
        found.append(refused(chatwoot.post("/v1/decisions?dry_run=true", candidate(2))))
    assert found == [("send", []), ("hold", ["conversation_open"]), ("send", [])]


def test_a_visitor_who_proves_who_they_are_is_that_customer(chatwoot: Served) -> None:
    """What they opened before they signed in holds what is for the customer by now."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    visitor = talk(who={"id": 41, "identifier": None}, proved=False)
    posted(chatwoot, visitor | {"event": "conversation_created"})
    before = refused(chatwoot.post("/v1/decisions?dry_run=true", candidate()))
    posted(chatwoot, message(conversation=talk(id=71, status="resolved")))
    after = refused(chatwoot.post("/v1/decisions?dry_run=true", candidate()))
    assert (before, after) == (("send", []), ("hold", ["conversation_open"]))


def test_whoever_claims_to_be_a_customer_is_not(chatwoot: Served) -> None:
    """Chatwoot joins a contact by a claim alone: it holds nothing of the customer's, also once that one is known."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    posted(
        chatwoot,
        turned("open", contact_inbox={"hmac_verified": False}, meta={"sender": {"id": 41, "identifier": "u-17"}}),
    )
    posted(chatwoot, message(conversation=talk(id=71, status="resolved")))
    assert refused(chatwoot.post("/v1/decisions", candidate())) == ("send", [])


@pytest.mark.parametrize("channel", ["Channel::WebWidget", "Channel::Api"])
def test_a_claim_in_a_chat_is_nobodys_word(chatwoot: Served, channel: str) -> None:
    """Anybody may claim to be the customer there: what they write holds nothing back, and opens nothing."""
    assert after_a_claim(chatwoot, channel) == ("send", [])


@pytest.mark.parametrize("channel", ["Channel::Email", "Channel::Sms", "Channel::TwilioSms", "Channel::Whatsapp"])
def test_an_address_can_only_withhold(chatwoot: Served, channel: str) -> None:
    """Most who write from a customer's address are that customer: we wait while they are talked with."""
    assert after_a_claim(chatwoot, channel) == ("hold", ["conversation_open"])


def after_a_claim(chatwoot: Served, channel: str) -> tuple[str, list[str]]:
    """Return what is said of the customer's parcel after somebody wrote as them, with nothing proved."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    who = contact(custom_attributes={"timezone": "Pacific/Auckland"})
    there = talk(id=99, channel=channel, proved=False, who=who)
    posted(chatwoot, message(content="Hello", sender=who, conversation=there))
    return refused(chatwoot.post("/v1/decisions", candidate()))


def test_one_account_resolves_nothing_of_anothers(chatwoot: Served) -> None:
    """Both have a conversation 70."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    posted(chatwoot, message())
    posted(chatwoot, turned("resolved", account={"id": 4}, first_reply_created_at=SECONDS, updated_at=SECONDS + 1))
    assert refused(chatwoot.post("/v1/decisions", candidate())) == ("hold", ["conversation_open"])


def test_who_signs_in_while_they_talk_is_left_alone(chatwoot: Served) -> None:
    """Chatwoot joins the visitor's contact to the customer's, and says so to nobody: an agent's next word does."""
    chatwoot.post("/v1/events", event())
    consent(chatwoot, "u-17")
    visitor = {"id": 20, "identifier": None}
    posted(chatwoot, message(sender=visitor, conversation=talk(proved=False, who=visitor), content="Hello"))
    before = refused(chatwoot.post("/v1/decisions?dry_run=true", candidate()))
    posted(chatwoot, message(id=901, message_type="outgoing", sender={"id": 1, "type": "user"}))
    after = refused(chatwoot.post("/v1/decisions?dry_run=true", candidate()))
    assert (before, after) == (("send", []), ("hold", ["conversation_open"]))


def test_what_nobody_answered_may_be_taken_up(chatwoot: Served) -> None:
    """That it was closed in the same instant does not overtake it."""
    posted(chatwoot, turned("resolved"))
    consent(chatwoot, "u-17")
    evidence = {
        "type": "conversation.left_unresolved",
        "id": "chatwoot:3:70:2026-11-20T12:00:00.250000Z:conversation.left_unresolved",
    }
    body = candidate(evidence=evidence, purpose="unresolved_followup")
    body["message"] = {"template": "unresolved_followup", "facts": {"conversation": "chatwoot:3:70", "topic": "A-1"}}
    assert refused(chatwoot.post("/v1/decisions", body)) == ("send", [])


@pytest.mark.parametrize("before", [None, turned("open"), turned("resolved")], ids=["none", "open", "resolved"])
def test_nobody_is_told_that_it_is_their_first_visit(clock: Watch, before: Any) -> None:
    """Chatwoot does not say whether they were on the site before: no shipped trigger matches, and asking is in vain."""
    talked = before and before | {"meta": {"sender": {"id": 41, "identifier": None}}, "contact_inbox": None}
    welcome = candidate(
        user="chatwoot:3:contact:41",
        evidence={"type": "session.started", "id": f"visit:{VISIT}:{NOON.isoformat()}:session.started"},
        purpose="onboarding",
        channel="widget",
        session={"id": SESSION},
        message={"template": "first_visit", "facts": {}},
    )
    with Served(app_of(clock=clock, settings=Settings(chatwoot_secret=SECRET, shipped_triggers=True))) as api:
        posted(api, visit(current_conversation=talked))
        matched = api.get("/v1/decisions").json()["decisions"]
        clock.at += timedelta(minutes=1)
        action, codes = refused(api.post("/v1/decisions", welcome))
    assert (matched, action, "contradicts_history" in codes, "session_missing" in codes) == ([], "deny", True, False)
