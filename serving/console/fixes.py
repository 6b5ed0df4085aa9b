"""What can be done about a cause of complaints, and where: the text, a limit that can be tried first, or the model.

Example:
    >>> [fix.path for fix in fixes_of("message", "channel", "sms")]
    ['/console/what-if?channels_off=sms']
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from serving.analytics.causes import EVENING, NIGHT, PARTS, TIME
from serving.console.words import in_path

MORNING = PARTS[1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One thing to do: its words, and where."""

    words: str
    path: str


def fixes_of(of: str, kind: str, name: str) -> list[Fix]:
    """Return what can be done where this group complains more than others."""
    if of == "customer":
        return [
            Fix(words="See what the model does about them", path="/console/model"),
            Fix(words="Try fewer messages a week", path=_try(contacts_7d="2")),
        ]
    if kind == "template":
        return [Fix(words="Read the text, and review it", path=f"/console/templates/{in_path(name)}")]
    if kind == "purpose":
        return [Fix(words="Try without this service", path=_try(switched_off=name))]
    if kind == "channel":
        return [Fix(words="Try without this channel", path=_try(channels_off=name))]
    return _of_time(name) if kind == TIME else []


def _of_time(name: str) -> list[Fix]:
    """Return other quiet hours to try; the afternoon stays."""
    if name in (EVENING, NIGHT):
        return [Fix(words="Try an earlier evening", path=_try(quiet_start="19:00"))]
    return [Fix(words="Try a later morning", path=_try(quiet_end="10:00"))] if name == MORNING else []


def _try(**limits: str) -> str:
    return f"/console/what-if?{urlencode(limits)}"
