"""Two accounts of one customer as one: for each field the stricter, so that neither can permit what the other forbids.

What cannot be ordered (two zones, two sessions, two subjects of one event) and differs becomes unknown, and the policy
reads unknown as no. `stricter(a, b) == stricter(b, a)`, and `stricter(a, a) == a`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from model.contracts import Context, Event

APPROVALS = ("none", "changed", "approved")  # the stricter first
HARMS = (
    *("superseded", "already_told", "opted_out", "complaint_open", "conversation_open", "returning"),
    "breaker_open",
)
COUNTS = ("contacts_60m", "contacts_24h", "contacts_7d")
MOMENTS = ("last_inbound_at", "last_complaint_at", "dismissed_at")  # None: never


def stricter(a: Context, b: Context) -> Context:
    """Return, field by field, what forbids more; `history`, which no rule reads, is joined.

    Example:
        >>> stricter(Context(consent=True), Context(opted_out=True)).consent
        False
    """
    fields: dict[str, Any] = {name: getattr(a, name) or getattr(b, name) for name in HARMS}
    fields |= {name: max(getattr(a, name), getattr(b, name)) for name in COUNTS}
    fields |= {name: _later(getattr(a, name), getattr(b, name)) for name in MOMENTS}
    alike = {name: _alike(getattr(a, name), getattr(b, name)) for name in ("timezone", "session")}
    evidence, same_event = _evidence(a.evidence, b.evidence)
    differing = {name for name, (_, same) in alike.items() if not same} | (set() if same_event else {"evidence"})
    return Context(
        **fields,
        **{name: value for name, (value, _) in alike.items()},
        evidence=evidence,
        consent=a.consent and b.consent,
        contacts=tuple(sorted((Counter(a.contacts) | Counter(b.contacts)).elements(), reverse=True)),
        requested_channels=a.requested_channels & b.requested_channels,
        earlier_request=a.earlier_request and b.earlier_request,
        approval=min(a.approval, b.approval, key=APPROVALS.index),
        history=_agreed(a.history, b.history),
        unknown=a.unknown | b.unknown | differing,
    )


def _later(a: datetime | None, b: datetime | None) -> datetime | None:
    return max((moment for moment in (a, b) if moment is not None), default=None)


def _alike(a: Any, b: Any) -> tuple[Any, bool]:
    """Return the one value that both accounts leave possible, and whether they agree."""
    if a is None or b is None or a == b:
        return (b if a is None else a), True
    return None, False


def _agreed(a: Mapping[str, float], b: Mapping[str, float]) -> Mapping[str, float]:
    """Return the numbers that one account gives, or both give alike; the others are missing.

    Where one account gives none, the other's are returned as they are: the very mapping, with what never happened.
    """
    if not a or not b or a == b:
        return a or b
    return {name: value for name, value in {**a, **b}.items() if a.get(name, value) == b.get(name, value)}


def _evidence(a: Event | None, b: Event | None) -> tuple[Event | None, bool]:
    """Return the event as the older account dates it, None where one account has none; and whether they agree.

    The subject decides whose event it is: two different ones leave it unknown.
    """
    if a is None or b is None or a == b:
        return (None if a is None or b is None else a), True
    older = min(a, b, key=lambda event: (event.time, event.source, event.id, repr(sorted(event.data.items()))))
    same = (a.type, a.id, a.subject) == (b.type, b.id, b.subject)
    return (older if same else replace(older, subject=None)), same
