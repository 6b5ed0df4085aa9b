"""What can be done about a cause of complaints, and where: the text, a limit that can be tried first, or the model.

Example:
    >>> [fix.path for fix in fixes_of("message", "channel", "sms")]
    ['/console/what-if?channels_off=sms']
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from model.contracts import JSON, OutcomeKind
from serving.analytics.causes import EVENING, NIGHT, PARTS, TIME, part_of_day
from serving.console.templating import in_path

HARMS = (OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT)
MORNING = PARTS[1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One thing to do: its words, and where."""

    words: str
    path: str


def fixes_of(of: str, kind: str, name: str) -> list[Fix]:
    """Return what can be done where this group complains more than others.

    What customers are no limit knows: whom to leave alone the model learns.
    """
    if of == "customer":
        return []
    if kind == "template":
        return [Fix(words="Read the text, and review it", path=f"/console/templates/{in_path(name)}")]
    if kind == "purpose":
        return [Fix(words="Try without this service", path=_try(switched_off=name))]
    if kind == "channel":
        return [Fix(words="Try without this channel", path=_try(channels_off=name))]
    return _of_time(name) if kind == TIME else []


def fixes_after(record: Mapping[str, JSON]) -> list[Fix]:
    """Return what can be done about a message that somebody complained of, given its whole record; else nothing."""
    if not any(each["kind"] in HARMS for each in record["outcomes"]):
        return []
    asked, template = record["candidate"], record["candidate"]["message"]["template"]
    zone = asked["timezone"] or record["context"].get("timezone")
    part = part_of_day(datetime.fromisoformat(record["decided_at"]), zone)
    about = [("template", template), ("purpose", asked["purpose"]), ("channel", asked["channel"]), (TIME, part)]
    return [
        Fix(words="See which customers are annoyed, and by what", path="/console/complaints"),
        *(fix for kind, name in about if name is not None for fix in fixes_of("message", kind, name)),
    ]


def _of_time(name: str) -> list[Fix]:
    """Return other quiet hours to try; the afternoon stays."""
    if name in (EVENING, NIGHT):
        return [Fix(words="Try an earlier evening", path=_try(quiet_start="19:00"))]
    return [Fix(words="Try a later morning", path=_try(quiet_end="10:00"))] if name == MORNING else []


def _try(**limits: str) -> str:
    return f"/console/what-if?{urlencode(limits)}"
