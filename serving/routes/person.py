"""`GET /v1/users/{id}`: one customer at a glance, with what they were told, what was withheld, and what followed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Request, Response

from model.contracts import JSON, Action, OutcomeKind
from serving.confirming import Confirmed
from serving.embargo import embargo
from serving.errors import NotFound
from serving.people.looking import Looking
from serving.people.stories import Person
from serving.policy.limits import Limits
from serving.policy.tightening import in_force
from serving.ports import KeyRecord
from serving.routes.access import needs
from serving.routes.api import api_of
from serving.routes.reading import read_beside
from serving.routes.user_ids import UserId
from serving.schemas.answers import json_bytes
from serving.schemas.base import write_time

MOST = 100  # entries of each list
NOBODY = "nothing is on record of this customer; check the id"


class History(NamedTuple):
    """A customer with their newest decisions and outcomes."""

    person: Person
    decided: Sequence[Mapping[str, JSON]]
    outcomes: Sequence[Mapping[str, JSON]]


async def read_person(request: Request, _: Annotated[KeyRecord, Depends(needs("read"))], user_id: UserId) -> Response:
    """Return how this customer stands and the newest of what happened; 404 for strangers and the erased."""
    api = api_of(request)
    now = api.clock()
    found, policy = await read_beside(
        request, lambda looking: (_history(looking, user_id, now), in_force(looking, api.policy))
    )
    if found is None:
        raise NotFound(NOBODY)
    return Response(json_bytes(person_values(found, policy.limits, now)), media_type="application/json")


def _history(looking: Looking, user_id: str, now: datetime) -> History | None:
    person = looking.person(user_id, now=now)
    if person is None:
        return None
    decided = looking.decided_about(user_id, limit=MOST + 1)
    return History(person, decided, looking.outcomes_about(user_id, limit=MOST))


def person_values(found: History, limits: Limits, now: datetime) -> dict[str, JSON]:
    """Return what the answer says, in the order of `serving.schemas.people.PersonAnswer`."""
    person = found.person
    until = embargo(person.recent, now=now, cooling_off_days=limits.cooling_off_days)
    decided = [(record, _is_told(record)) for record in found.decided[:MOST]]
    return {
        "id": person.id,
        "ids": list(person.ids),
        "preferences": {"timezone": person.timezone, "consent": dict(sorted(person.consent.items()))},
        "attributes": dict(person.attributes),
        "opted_out": {
            "everything": None in person.opted_out,
            "channels": sorted(channel for channel in person.opted_out if channel is not None),
        },
        "complaint_open": person.complaint_open,
        "conversation_open": person.conversation_open,
        "embargo": {"until": write_time(until.until), "because": until.because},
        "contacts": _contacts(person, limits),
        "told": [_told(record) for record, told in decided if told],
        "withheld": [_withheld(record) for record, told in decided if not told],
        "outcomes": list(found.outcomes),
        "earlier": len(found.decided) > MOST,
    }


def _contacts(person: Person, limits: Limits) -> dict[str, JSON]:
    caps = (limits.contacts_60m, limits.contacts_24h, limits.contacts_7d)
    names = ("last_60_minutes", "last_24_hours", "last_7_days")
    return {name: {"used": used, "limit": cap} for name, used, cap in zip(names, person.contacts, caps, strict=True)}


def last_word(record: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the newest answer about a decision: its last confirmation's, or the one that it was made with."""
    last: Mapping[str, JSON] = (record["confirmations"] or [record["decided"]["decision"]])[-1]
    return last


def _is_told(record: Mapping[str, JSON]) -> bool:
    """Whether the last word was to send it, or whatever was said, it reached them."""
    reached = any(outcome["kind"] != OutcomeKind.NOT_DELIVERED for outcome in record["outcomes"])
    return reached or last_word(record)["action"] == Action.SEND


def _said(record: Mapping[str, JSON]) -> dict[str, JSON]:
    asked, last = record["candidate"], last_word(record)
    return {
        "decision_id": record["decision_id"],
        "at": last.get("confirmed_at", last["decided_at"]),
        "purpose": asked["purpose"],
        "channel": asked["channel"],
        "template": asked["message"]["template"],
    }


def _told(record: Mapping[str, JSON]) -> dict[str, JSON]:
    message = last_word(record)["message"] or record["decided"]["decision"]["message"]
    return _said(record) | {"text": None if message is None else message["text"], "outcomes": record["outcomes"]}


def _withheld(record: Mapping[str, JSON]) -> dict[str, JSON]:
    last = last_word(record)
    cancelled = bool(record["confirmations"]) and last["action"] != Action.HOLD
    codes = [reason["code"] for reason in last["reasons"]]
    action = Confirmed.CANCEL.value if cancelled else last["action"]
    return _said(record) | {"action": action, "reasons": codes, "not_before": last["not_before"]}
