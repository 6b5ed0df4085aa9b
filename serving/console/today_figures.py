"""What the first page counts: sends, holds and denials step by step, and why what was not sent was not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.console.periods import Period
from serving.in_words.contract import of_reason
from serving.people.looking import Looking

SEND, HOLD, DENY = "send", "hold", "deny"
Chart = list[dict[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason: how many decisions it held back or denied, and what share of those that were not sent."""

    code: str
    words: str
    held: int
    denied: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """What was decided in a period, by its last word; `steps` are (when, sent, held, not sent)."""

    since: datetime
    sent: int
    held: int
    denied: int
    steps: Sequence[tuple[str, int, int, int]]
    reasons: Sequence[Why]

    @property
    def decided(self) -> int:
        """How many decisions there were."""
        return self.sent + self.held + self.denied

    @property
    def series(self) -> Chart:
        """The columns of the chart."""
        named = (("sent", SEND), ("held", HOLD), ("not sent", DENY))
        return [
            {"label": label, "tone": tone, "values": [step[place] for step in self.steps]}
            for place, (label, tone) in enumerate(named, start=1)
        ]


def funnel(looking: Looking, period: Period, now: datetime) -> Funnel:
    """Count what was decided in a period that ends now."""
    starts = period.starts(now)
    ends = [*starts[1:], period.end(now)]
    counted = [_words(looking, start, end) for start, end in zip(starts, ends, strict=True)]
    total = Counter[str]()
    for each in counted:
        total.update(each)
    return Funnel(
        since=starts[0],
        sent=total[SEND],
        held=total[HOLD],
        denied=total[DENY],
        steps=[
            (period.label(start), each[SEND], each[HOLD], each[DENY])
            for start, each in zip(starts, counted, strict=True)
        ],
        reasons=_reasons(looking, starts[0], ends[-1], total[HOLD] + total[DENY]),
    )


def _words(looking: Looking, start: datetime, end: datetime) -> Counter[str]:
    return Counter({what: n for _, what, n in looking.tallied("", start, end)})


def _reasons(looking: Looking, start: datetime, end: datetime, unsent: int) -> list[Why]:
    """Return the reasons of what was not sent, the most frequent first."""
    counts: dict[str, Counter[str]] = {}
    for code, what, n in looking.tallied("reason", start, end):
        counts.setdefault(code, Counter())[what] += n
    found = [
        Why(
            code=code,
            words=of_reason(code),
            held=each[HOLD],
            denied=each[DENY],
            share=(each[HOLD] + each[DENY]) / max(unsent, 1),
        )
        for code, each in counts.items()
        if each[HOLD] + each[DENY]
    ]
    return sorted(found, key=lambda each: (-each.held - each.denied, each.code))
