"""Asking one expression about one event, in one line."""

from collections.abc import Mapping
from datetime import UTC, datetime

from model.contracts import JSON, Event
from serving.policy_files.strict_yaml import document
from serving.policy_files.templates import read_templates
from serving.policy_files.triggers import read_triggers
from serving.timetable import Visitor
from serving.triggers.checking import condition
from serving.triggers.engine import Triggers
from serving.triggers.expressions import Outcome, Stage
from serving.triggers.fault import Fault
from serving.triggers.scene import Scene

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEMPLATES = """
templates:
  - id: parcel_delayed
    purpose: delivery_update
    text: "Your parcel {parcel} now arrives on {new_eta}. Reply to change the address."
    facts: { parcel: string, new_eta: string }
    next_step: "Reply to change the address."
  - id: parcel_late
    purpose: delivery_update
    text: "Your parcel is {hours} hours late. Reply to change the address."
    facts: { hours: number }
    next_step: "Reply to change the address."
  - id: compare_plans
    purpose: in_session_help
    text: "Shall I compare the plans on this page for you?"
    next_step: "Shall I compare the plans on this page for you?"
"""
TRIGGERS = """
triggers:
  - id: parcel_delayed
    on: shipment.delayed
    when: event.data.delay_hours >= 12
    purpose: delivery_update
    template: parcel_delayed
    facts: { parcel: event.data.parcel, new_eta: event.data.new_eta }
    channel: chat
  - id: pricing_help
    on: page.dwelled
    when: event.data.page == "pricing" && event.data.seconds > 30 && !session.conversation_started
    purpose: in_session_help
    template: compare_plans
    channel: widget
"""


def event(data: Mapping[str, JSON] | None = None, event_type: str = "page.dwelled") -> Event:
    """An event of u-1, an hour ago."""
    at = NOW.replace(hour=11)
    return Event(source="shop", id="ev-1", type=event_type, time=at, subject="u-1", data=data or {})


def scene(
    data: Mapping[str, JSON] | None = None,
    event_type: str = "page.dwelled",
    session: Mapping[str, JSON] | None = None,
    customer: Mapping[str, JSON] | None = None,
) -> Scene:
    """What an expression may see of it."""
    return Scene(event(data, event_type), Visitor(session=session, customer=customer or {}), NOW)


def asked(source: str, seen: Scene) -> Outcome:
    """What becomes of a condition."""
    expression, _ = condition(source, seen.event.type)
    return Stage(seen, expression.strict.variables).outcome(expression)


def said(source: str, data: Mapping[str, JSON] | None = None, **known: Mapping[str, JSON]) -> bool | str | None:
    """Whether a condition on `page.dwelled` matches; the problem where it met one."""
    outcome = asked(source, scene(data, "page.dwelled", **known))
    return outcome.problem or outcome.value


def fault(source: str, event_type: str = "shipment.delayed") -> tuple[int, str]:
    """The offset and the words of what is wrong with a condition; empty where nothing is."""
    try:
        condition(source, event_type)
    except Fault as found:
        return found.offset, found.problem
    return -1, ""


def triggers(text: str = TRIGGERS, templates: str = TEMPLATES) -> Triggers:
    """The triggers of one file `t.yaml`."""
    known = {template.id: template for template in read_templates(templates, "templates.yaml")}
    return read_triggers(document(text, "t.yaml"), known)
