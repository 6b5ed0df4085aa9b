"""What followed an occasion, as labels (METHOD sections 1 and 5): each looks at [decided, decided + window).

The edges are those of the monitor and of `model.history`: what happened strictly before the decision is history.

    engaged      the customer engaged on their own side within 3 days, reported by `user_id`; a reply to the message
                 (by `decision_id`) is a response, and no benefit
    complained   any complaint of the customer within 14 days, whoever reported it
    opted_out    contacted, and a complaint or an opt-out within 14 days with this very `decision_id`, or with that of a
                 further contact about the same fact (not delivered, sent once more: it is one occasion)
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from model.contracts import Outcome, OutcomeKind
from model.history import BEFORE_DAYS, OTHER_DAYS

BENEFIT_DAYS, HARM_DAYS = 3, 14
LONGEST = timedelta(days=HARM_DAYS)  # of the labels: a row whose window is open is no row yet
NOTHING = timedelta(0)

BOOLEANS = (
    "engaged",
    "complained",
    "opted_out",
    "engaged_before",
    "opted_out_before",
    *(f"{name}_{days}d" for name in ("engaged", "complained") for days in OTHER_DAYS),
)


@dataclass(frozen=True, slots=True)
class _Since:
    """When things happened, as time since the decision: negative before it."""

    engaged: tuple[timedelta, ...]
    complained: tuple[timedelta, ...]
    opted_out: tuple[timedelta, ...]
    harmed: tuple[timedelta, ...]


def labels(
    outcomes: Iterable[Outcome], *, contacts: Collection[str], decided_at: datetime, contacted: bool, as_of: datetime
) -> dict[str, bool | None]:
    """Return the columns `BOOLEANS` of one occasion; a window beyond `as_of` is None, whatever was seen in it.

    `contacts` are the ids of its decision and of further contacts about the fact: what harm may name.
    """
    since = _since(outcomes, contacts, decided_at)
    found: dict[str, bool | None] = {
        "engaged": _within(since.engaged, BENEFIT_DAYS),
        "complained": _within(since.complained, HARM_DAYS),
        "opted_out": contacted and any(ago < timedelta(days=HARM_DAYS) for ago in since.harmed),
        "engaged_before": _before(since.engaged),
        "opted_out_before": _before(since.opted_out),
    }
    for name, times in (("engaged", since.engaged), ("complained", since.complained)):
        for days in OTHER_DAYS:
            closed = decided_at + timedelta(days=days) <= as_of
            found[f"{name}_{days}d"] = _within(times, days) if closed else None
    return found


def opted_out_unprompted(outcomes: Iterable[Outcome], *, decision_id: str, decided_at: datetime) -> bool:
    """Whether the customer opted out within 14 days other than because of this message: the control count."""
    others = [outcome for outcome in outcomes if outcome.decision_id != decision_id]
    return _within(_since(others, (), decided_at).opted_out, HARM_DAYS)


def _since(outcomes: Iterable[Outcome], contacts: Collection[str], decided_at: datetime) -> _Since:
    engaged, complained, opted_out, harmed = [], [], [], []
    for outcome in outcomes:
        ago = outcome.time - decided_at
        if outcome.kind is OutcomeKind.ENGAGED and outcome.decision_id is None:
            engaged.append(ago)
        elif outcome.kind is OutcomeKind.COMPLAINED:
            complained.append(ago)
        elif outcome.kind is OutcomeKind.OPTED_OUT:
            opted_out.append(ago)
        if outcome.decision_id in contacts and outcome.kind in (OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT):
            harmed.append(ago)
    return _Since(tuple(engaged), tuple(complained), tuple(opted_out), tuple(harmed))


def _within(times: Iterable[timedelta], days: int) -> bool:
    return any(NOTHING <= ago < timedelta(days=days) for ago in times)


def _before(times: Iterable[timedelta]) -> bool:
    return any(-timedelta(days=BEFORE_DAYS) <= ago < NOTHING for ago in times)
