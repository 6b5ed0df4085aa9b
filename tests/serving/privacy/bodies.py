"""For every operation of the API a body in which each text that a sender can fill is a canary; and how it is spoilt."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import cycle
from typing import Any

from tests.serving.served import NOON

CANARY = "canary7391"
JSON_TYPE = "application/json"
AT = NOON.isoformat()
Body = Any


def mark(name: str) -> str:
    """Return a text that nobody else writes."""
    return f"{CANARY}-{name}"


LOOSE = {mark("key"): mark("value"), "seven": 7, mark("list"): [mark("item")], mark("object"): {mark("deep"): True}}
MESSAGE = {"text": mark("Your parcel is late"), "next_step": mark("Reply to us"), "facts": LOOSE}
DECISION: Body = {
    "user": {"id": mark("user"), "timezone": "Europe/Paris", "attributes": LOOSE},
    "purpose": "delivery_update",
    "channel": "chat",
    "evidence": {"type": "shipment.delayed", "id": mark("event"), "source": mark("source")},
    "message": MESSAGE,
    "expires_at": "2026-11-20T18:00:00Z",
    "session": {"id": mark("session")},
}
INLINE: Body = DECISION | {
    "evidence": DECISION["evidence"] | {"subject": mark("user"), "time": AT, "data": {"parcel": mark("parcel")}},
    "message": {"template": "parcel_delayed", "facts": {"parcel": mark("parcel"), "new_eta": mark("Friday")}},
}
STRANGE: Body = DECISION | {"purpose": mark("purpose"), "message": {"template": mark("template"), "facts": LOOSE}}
EVENT: Body = {
    "specversion": "1.0",
    "source": mark("source"),
    "id": mark("event"),
    "type": "shipment.delayed",
    "time": AT,
    "subject": mark("user"),
    "datacontenttype": JSON_TYPE,
    "dataschema": mark("schema"),
    "data": LOOSE | {"parcel": mark("parcel"), "new_eta": mark("Friday"), "session": mark("session")},
    "extension": mark("extension"),
}
BINARY: Body = {name: value for name, value in EVENT.items() if name != "data"} | {
    "id": mark("binary"),
    "type": mark("type"),
    "data_base64": "Y2FuYXJ5NzM5MS1kYXRh",
}
VISITS: Body = [
    EVENT | {"id": mark(kind), "type": kind, "data": {"session": mark("session"), "page": mark("page"), "seconds": 60}}
    for kind in ("session.started", "page.viewed", "page.dwelled", "exit.intended", "message.dismissed")
]
INCIDENT: Body = EVENT | {
    "id": mark("incident"),
    "type": "incident.update",
    "subject": None,
    "data": {"incident": mark("incident"), "affected": [mark("user"), mark("other")], "status": mark("status")},
}
SEGMENT: Body = {
    "type": "identify",
    "messageId": mark("message"),
    "userId": mark("user"),
    "anonymousId": mark("anonymous"),
    "previousId": mark("previous"),
    "groupId": mark("group"),
    "event": mark("track"),
    "name": mark("name"),
    "timestamp": AT,
    "originalTimestamp": AT,
    "sentAt": AT,
    "receivedAt": AT,
    "properties": LOOSE,
    "traits": LOOSE | {"plan": mark("plan")},
    "context": LOOSE,
}
TRACK: Body = SEGMENT | {"type": "track", "messageId": mark("tracked"), "previousId": None, "groupId": None}
_WROTE = {"id": mark("contact"), "identifier": mark("user"), "name": mark("name"), "custom_attributes": LOOSE}
_TALK = {
    "id": mark("conversation"),
    "channel": "Channel::WebWidget",
    "status": "open",
    "meta": {"sender": _WROTE, "hmac_verified": True},
    "contact_inbox": {"source_id": mark("visit"), "hmac_verified": True},
    "messages": [{"account_id": mark("account"), "content": mark("message"), "message_type": 0}],
    "additional_attributes": LOOSE,
}
CHATWOOT: Body = {
    "event": "message_created",
    "id": mark("message"),
    "message_type": "incoming",
    "content": mark("Where is my parcel"),
    "created_at": AT,
    "sender": _WROTE,
    "account": {"id": mark("account"), "name": mark("account")},
    "conversation": _TALK,
}
TALKS: Body = [
    _TALK | {"event": "conversation_status_changed", "status": "resolved", "first_reply_created_at": None},
    CHATWOOT | {"event": mark("event"), "private": True},
    {"event": "webwidget_triggered", "source_id": mark("visit"), "contact": _WROTE, "event_info": LOOSE},
]
_TALKED = {"id": mark("conversation"), "type": "personal", "metadata": LOOSE, "brandId": mark("brand")}
_USER = {"id": mark("contact"), "externalId": mark("user"), "authenticated": True, "profile": LOOSE}
_SAID = {
    "id": mark("message"),
    "received": AT,
    "author": {"type": "user", "userId": mark("contact"), "displayName": mark("name"), "user": _USER},
    "content": {"type": "text", "text": mark("Where is my parcel"), "payload": mark("payload")},
    "source": {"type": "web", "client": {"externalId": mark("phone")}},
}
_TOLD = {"id": mark("told"), "createdAt": AT, "type": "conversation:message"}
ZENDESK: Body = {
    "app": {"id": mark("app")},
    "webhook": {"id": mark("webhook"), "version": "v2"},
    "events": [
        _TOLD | {"payload": {"conversation": _TALKED, "message": _SAID}},
        _TOLD | {"id": mark("read"), "type": mark("type"), "payload": {"conversation": _TALKED, "user": _USER}},
        _TOLD | {"id": mark("merge"), "type": "user:merge", "payload": {"mergedUsers": {"surviving": _USER}}},
        _TOLD | {"id": mark("late"), "createdAt": mark("time"), "payload": mark("payload")},
        mark("event"),
    ],
}
_CONTACT = {
    "type": "contact",
    "id": mark("contact"),
    "external_id": mark("user"),
    "location": {"timezone": mark("zone")},
}
_ADDED = {"author": {"type": "user", "id": mark("contact"), "email": mark("email")}, "body": mark("<p>Where is it")}
INTERCOM: Body = {
    "type": "notification_event",
    "app_id": mark("app"),
    "id": mark("notification"),
    "topic": "conversation.user.created",
    "created_at": int(NOON.timestamp()),
    "data": {
        "item": {
            "id": mark("conversation"),
            "title": mark("title"),
            "state": "open",
            "source": _ADDED | {"subject": mark("subject"), "type": "email"},
            "contacts": {"contacts": [_CONTACT, _CONTACT | {"id": mark("other"), "external_id": None}]},
            "conversation_parts": {"conversation_parts": [_ADDED]},
        }
    },
}
UNSUBSCRIBED: Body = INTERCOM | {"topic": "contact.unsubscribed", "data": {"item": {"contact": _CONTACT}}}
REVIEW: Body = {
    "reviewer": mark("reviewer"),
    "agent_would_send": True,
    "customer_would_thank": False,
    "comment": mark("comment"),
}
# What is sent to each operation that reads a body; a test compares both, and every member, with the OpenAPI document.
BODIES: Mapping[tuple[str, str], list[Body]] = {
    ("POST", "/v1/decisions"): [DECISION, INLINE, STRANGE],
    ("POST", "/v1/decisions/batch"): [[DECISION, INLINE, STRANGE]],
    ("POST", "/v1/decisions/{decision_id}/confirm"): [{}],
    ("POST", "/v1/offers/{number}/retry"): [{}],
    ("POST", "/v1/events"): [
        EVENT,
        BINARY,
        [*VISITS, INCIDENT, EVENT | {"time": mark("time")}],
        TRACK,
        {"batch": [SEGMENT, TRACK], "sentAt": AT, "context": LOOSE, mark("more"): mark("more")},
    ],
    ("POST", "/v1/adapters/chatwoot"): [CHATWOOT, *TALKS],
    ("POST", "/v1/adapters/intercom"): [INTERCOM, UNSUBSCRIBED, INTERCOM | {"topic": mark("topic"), "id": None}],
    ("POST", "/v1/adapters/segment"): [SEGMENT, [SEGMENT, TRACK], {"batch": [SEGMENT], "sentAt": AT}],
    ("POST", "/v1/adapters/zendesk"): [ZENDESK, {"type": mark("type"), "id": mark("id"), "detail": LOOSE}],
    ("POST", "/v1/outcomes"): [
        {"decision_id": mark("decision"), "kind": "complained", "time": AT, "channel": None},
        [{"user_id": mark("user"), "kind": "opted_out", "time": AT, "channel": "chat"}],
    ],
    ("PUT", "/v1/users/{user_id}/preferences"): [{"timezone": "Europe/Paris", "consent": {"chat": True}}],
    ("POST", "/v1/approvals"): [
        {"text": MESSAGE["text"], "next_step": MESSAGE["next_step"]},
        {"text": MESSAGE["text"], "next_step": MESSAGE["next_step"], "review": REVIEW},
        {"template": mark("template")},
        {"digest": mark("digest")},
        {"breaker": mark("breaker"), "why": mark("why")},
    ],
}


def spoilt(body: Body) -> Iterator[bytes]:
    """Yield the body whole and in every way that a careless sender may have it: each is to be refused in our words."""
    whole = json.dumps(body).encode()
    yield whole
    yield whole[:-1]
    yield whole + mark("trailing").encode()
    yield whole.replace(b'"', b"'")
    yield whole + b"\xff" + mark("bytes").encode()
    yield json.dumps(mark("scalar")).encode()
    yield b"%s=%s" % (mark("form").encode(), mark("form").encode())
    wrong = cycle((mark("wrong"), {mark("wrong"): mark("wrong")}, [mark("wrong")]))
    for place in _places(body):
        yield json.dumps(_with(body, place, next(wrong))).encode()
    for place in _objects(body):
        twice = json.dumps(_with(body, (*place, mark("unknown")), mark("unknown")))
        yield twice.encode()
        yield twice.replace("{", f'{{"{mark("twice")}":1,"{mark("twice")}":2,', 1).encode()


def names_in(body: Body) -> set[str]:
    """Return every name of a member, however deep."""
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    own = set(body) if isinstance(body, dict) else set()
    return own.union(*(names_in(part) for part in inner))


def _places(body: Body, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, part in parts:
        yield (*at, name)
        yield from _places(part, (*at, name))


def _objects(body: Body) -> Iterator[tuple[Any, ...]]:
    for place in [(), *_places(body)]:
        if isinstance(_at(body, place), dict):
            yield place


def _at(body: Body, place: tuple[Any, ...]) -> Body:
    for name in place:
        body = body[name]
    return body


def _with(body: Body, place: tuple[Any, ...], value: Body) -> Body:
    changed = deepcopy(body)
    _at(changed, place[:-1])[place[-1]] = value
    return changed
