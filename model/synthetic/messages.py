"""Candidates of the live world: what would be said about each event, and the facts that it carries to prove it.

The templates are the shipped ones, by their id; a kind without one (a visit needs its own live session) is not told by
the live world.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np

from model.contracts import JSON
from model.synthetic.customers import ATTRIBUTES, ZONES, Customers
from model.synthetic.occasions import Schedule
from model.synthetic.purposes import KINDS

Row = dict[str, JSON]

_WEEKDAY = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PLACE = ("with your neighbour", "in your letter box", "at the pick-up point")
_REASON = ("nobody was home", "the address is incomplete", "the card has expired")
_TOPIC = ("the invoice", "a return", "the delivery", "your password")
_HOURS = ("9 to 12", "12 to 15", "15 to 18")
_AMOUNT = ("12.90", "48.00", "105.50")

# event → template, then its facts beside the entity: name → what it may be
TOLD: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "shipment.delayed": ("parcel_delayed", {"new_eta": _WEEKDAY}),
        "shipment.rescheduled": ("parcel_delayed", {"new_eta": _WEEKDAY}),
        "shipment.out_for_delivery": ("parcel_out_for_delivery", {"window": _HOURS}),
        "shipment.delivered": ("parcel_delivered", {"place": _PLACE}),
        "appointment.confirmed": ("appointment_confirmed", {"starts_at": _WEEKDAY}),
        "appointment.upcoming": ("appointment_confirmed", {"starts_at": _WEEKDAY}),
        "conversation.left_unresolved": ("unresolved_followup", {"topic": _TOPIC}),
        "shipment.failed": ("parcel_failed", {"reason": _REASON}),
        "appointment.changed": ("appointment_changed", {"starts_at": _WEEKDAY}),
        "appointment.cancelled": ("appointment_cancelled", {"reason": _REASON}),
        "account.payment_failed": ("payment_failed", {"amount": _AMOUNT, "reason": _REASON}),
    }
)


def told(kind: int, number: int) -> tuple[str, dict[str, str]]:
    """Return the template of an event of `kind` (index into KINDS) and all its facts; `number` is the occasion's.

    Example:
        >>> told(0, 8)
        ('parcel_delayed', {'parcel': 'P-8', 'new_eta': 'Tuesday'})
    """
    each = KINDS[kind]
    template, choices = TOLD[each.event]
    own = {each.entity: f"{each.entity[0].upper()}-{number}"} if each.event in _SAYS_ITS_ENTITY else {}
    return template, own | {name: values[number % len(values)] for name, values in choices.items()}


_SAYS_ITS_ENTITY = frozenset(event for event in TOLD if not event.startswith("account."))


def row_of(people: Customers, plan: Schedule, i: int, now: datetime) -> Row:
    """Return occasion `i` as a row of a candidates file (CONTRACT section 9) at the clock `now`, evidence inline."""
    kind, who = KINDS[plan.kind[i]], int(plan.customer[i])
    template, facts = told(int(plan.kind[i]), i)
    return {
        "candidate_id": f"o{i}",
        "user.id": f"c{who}",
        "user.timezone": ZONES[people.region[who]],
        **{f"user.attributes.{name}": _plain(getattr(people, name)[who]) for name in ATTRIBUTES},
        "purpose": kind.purpose,
        "channel": str(plan.channel[i]),
        "evidence.type": kind.event,
        "evidence.id": f"e{i}",
        "evidence.source": "shop",
        "evidence.subject": f"c{who}",
        "evidence.time": now - timedelta(seconds=int(plan.time[i] - plan.evidence_time[i])),
        **{f"evidence.data.{name}": fact for name, fact in facts.items()},
        "message.template": template,
        **{f"message.facts.{name}": fact for name, fact in facts.items()},
    }


def _plain(value: np.generic) -> JSON:
    """Return a number, truth or text as JSON has it; NaN is null."""
    plain = value.item()
    return None if plain != plain else plain  # noqa: PLR0124  (NaN alone differs from itself)
