"""What the company asks: a row of the live world, or a moment of somebody's story, as a candidate with its evidence."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from model.contracts import JSON, NOTHING, Candidate, Event, EvidenceRef, Message
from model.synthetic.messages import Row
from serving.loop.deciding import Question

SHOP = "urn:shop"
FRESH = timedelta(minutes=10)
LIVELY = {
    "tenure_days": 60,
    "plan": "plus",
    "region": "france",
    "age_group": "30-44",
    "app_user": True,
    "notifications_muted": False,
    "chats_per_month": 6,
}
MUTED = {**LIVELY, "tenure_days": 900, "plan": "basic", "app_user": False} | {
    "notifications_muted": True,
    "chats_per_month": 0,
}


def of_row(row: Row, *, zone: str | None, earlier: timedelta) -> Question:
    """Return a row as a question; it is asked, and its evidence happened, so much `earlier` than the row says."""
    kind, name, source = row["evidence.type"], row["evidence.id"], SHOP
    event = Event(
        source=source,
        id=name,
        type=kind,
        time=row["evidence.time"] - earlier,
        subject=row["user.id"],
        data=_under(row, "evidence.data."),
    )
    return Question(
        candidate=Candidate(
            user_id=row["user.id"],
            purpose=row["purpose"],
            channel=row["channel"],
            message=Message(template=row["message.template"], facts=_under(row, "message.facts.")),
            evidence=EvidenceRef(type=kind, id=name, source=source),
            timezone=zone,
            attributes=_under(row, "user.attributes."),
        ),
        inline=event,
    )


def _under(row: Row, stem: str) -> dict[str, JSON]:
    return {name.removeprefix(stem): value for name, value in row.items() if name.startswith(stem)}


def about(  # noqa: PLR0913  (a moment of a story, each part by its name)
    user: str,
    kind: str,
    name: str,
    data: Mapping[str, JSON],
    *,
    at: datetime,
    purpose: str,
    channel: str = "chat",
    template: str | None = None,
    text: str | None = None,
    next_step: str | None = None,
    attributes: Mapping[str, Any] = NOTHING,
) -> Question:
    """Return a question about an event that happened ten minutes before; a template is filled with all its data."""
    facts = NOTHING if template is None else data
    return Question(
        candidate=Candidate(
            user_id=user,
            purpose=purpose,
            channel=channel,
            message=Message(template=template, facts=facts, text=text, next_step=next_step),
            evidence=EvidenceRef(type=kind, id=name, source=SHOP),
            attributes=attributes or LIVELY,
        ),
        inline=Event(source=SHOP, id=name, type=kind, time=at - FRESH, subject=user, data=data),
    )
