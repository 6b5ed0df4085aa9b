"""The traffic of `events.py`: what happens on a company's site in which proportions, and triggers that ask about it.

Of 100 events 55 are page views, 15 dwells, 8 sessions that start or end, 8 messages and conversations, 8 parcels, 4
appointments and accounts, 2 of types that nobody knows. About one in eight matches a trigger. Every customer agreed to
chat, and it is noon where they live.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from serving.policy_files.strict_yaml import documents

OF_100 = {
    "page.viewed": 55,
    "page.dwelled": 15,
    "session.started": 4,
    "session.ended": 4,
    "message.received": 4,
    "conversation.opened": 2,
    "conversation.closed": 2,
    "shipment.delayed": 5,
    "shipment.delivered": 3,
    "appointment.confirmed": 2,
    "account.signed_in_new_device": 2,
    "com.example.cart": 2,
}
TEN = (
    *("parcel_delayed", "parcel_rescheduled", "parcel_delivered", "appointment_confirmed", "new_device"),
    *("left_unresolved", "pricing_help", "returning_to_a_page", "leaving_unsure", "first_visit"),
)
NEVER = {  # conditions that no event of this traffic meets, with the number of the trigger
    "page.dwelled": 'event.data.page == "landing-{n}" && event.data.seconds > 30 && !session.conversation_started',
    "session.started": 'event.data.page == "landing-{n}" && !session.returning',
    "shipment.delayed": "event.data.delay_hours >= 1{n}",
    "appointment.confirmed": 'event.data.place == "room {n}"',
    "account.signed_in_new_device": 'event.data.country == "country {n}"',
}
PAGES = np.array(["home", "pricing", "docs", "contact", "status"])
CUSTOMERS = 4_000
IDENTIFIED_AT_ONCE = 250


def policy_folder(folder: Path, *, triggers: int, on: str | None) -> None:
    """Write a policy: the shipped templates, ten of the shipped triggers, and more that never match.

    These are on five types in turn, or all on one (`on`).
    """
    folder.mkdir()
    files = [found.content for found in documents(None)]
    templates, shipped = ([each for one in files for each in one.get(name) or []] for name in ("templates", "triggers"))
    written = [trigger for trigger in shipped if trigger["id"] in TEN][:triggers]
    like = {trigger["on"]: trigger for trigger in reversed(shipped)}
    types = list(NEVER) if on is None else [on]
    for number in range(len(written), triggers):
        kind = types[number % len(types)]
        written.append({**like[kind], "id": f"never_{number}", "when": NEVER[kind].format(n=number)})
    policy = json.loads(json.dumps({"templates": templates, "triggers": written}))  # what is shared would be an anchor
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy), encoding="utf-8")


def introductions(now: datetime) -> Iterator[bytes]:
    """Yield arrays of events that make the customers known: consent to chat, and a zone where it is noon now."""
    zone = f"Etc/GMT{now.hour - 12:+d}".replace("+0", "")
    told = {"timezone": zone, "consent": {"chat": True, "widget": True}, "traits": {"tenure_days": 410}}
    for start in range(0, CUSTOMERS, IDENTIFIED_AT_ONCE):
        some = [
            _event("customer.identified", f"known-{number}", now, f"u-{number}", told)
            for number in range(start, start + IDENTIFIED_AT_ONCE)
        ]
        yield json.dumps(some).encode()


def bodies(requests: int, at_once: int, now: datetime, *, seed: int) -> list[bytes]:
    """Return the bodies of requests with one event each, or arrays of `at_once`; another seed, other events."""
    chance = np.random.default_rng(seed)
    kinds = np.repeat(list(OF_100), list(OF_100.values()))
    made = []
    for number in range(requests):
        some = [_any(chance, str(chance.choice(kinds)), f"{seed}-{number}-{part}", now) for part in range(at_once)]
        made.append(json.dumps(some if at_once > 1 else some[0]).encode())
    return made


def _any(chance: np.random.Generator, kind: str, identity: str, now: datetime) -> dict[str, Any]:
    """Return an event of this kind about some customer."""
    number, thing = (int(chance.integers(most)) for most in (CUSTOMERS, 1_000_000))
    family = kind.partition(".")[0]
    session = {"session": f"s-{number}"}
    page = str(chance.choice(PAGES))
    data: dict[str, dict[str, Any]] = {
        "page": {**session, "page": page, "seconds": int(chance.integers(5, 60))},
        "session": {**session, "page": page} if kind == "session.started" else session,
        "message": {
            **session,
            "conversation": f"c-{thing}",
            "text": "Where can I see what it costs?",
            "topic": "plans",
        },
        "conversation": {**session, "conversation": f"c-{thing}", "topic": "plans"},
        "shipment": {
            "parcel": f"A-{thing}",
            "new_eta": "Friday",
            "delay_hours": 3 + 11 * (thing % 2),
            "place": "at the door",
        },
        "appointment": {"appointment": f"P-{thing}", "starts_at": "Friday at ten", "place": "room 1"},
        "account": {"device": "a phone", "country": "here"},
    }
    return _event(kind, identity, now, f"u-{number}", data.get(family, {"cart": thing}))


def _event(kind: str, identity: str, at: datetime, user: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return a CloudEvent that happened a second ago."""
    time = (at - timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    whole = {"specversion": "1.0", "source": "urn:shop", "id": identity, "type": kind, "time": time, "subject": user}
    return {**whole, "data": data}
