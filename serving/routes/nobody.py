"""Events that could prove something, and are about nobody: stored all the same, and named in the answer."""

from collections.abc import Mapping
from itertools import islice

from model.contracts import JSON, Event
from serving.events.spelling import SHOWN
from serving.loop.happening import concerned
from serving.policy.facts import family
from serving.policy.purposes import SERVICES

EVIDENCE = frozenset(kind for service in SERVICES.values() for kind in service.evidence)
STORED = "stored, but it matches no trigger; send it about somebody, under a new id"


def about_nobody(events: Mapping[int, Event]) -> list[dict[str, JSON]]:
    """Return, for each event that is evidence and concerns nobody, its index and what to do; at most 20.

    Every trigger is on a type that is evidence.

    Example:
        >>> from datetime import UTC, datetime
        >>> lost = Event(source="s", id="e", type="shipment.delayed", time=datetime(2026, 1, 1, tzinfo=UTC))
        >>> about_nobody({3: lost})[0]["index"]
        3
    """
    lost = (index for index, event in events.items() if event.type in EVIDENCE and not any(concerned(event)))
    return [{"index": index, "detail": _detail(events[index].type)} for index in islice(lost, SHOWN)]


def _detail(event_type: str) -> str:
    if family(event_type) == "incident":
        return f"neither `subject` nor `data.affected` names a customer: {STORED}"
    return f"no `subject` names the customer: {STORED}"
