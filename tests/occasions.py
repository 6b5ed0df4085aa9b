"""One good occasion to start from: a delayed parcel, told at noon in Paris to a customer who said yes to chat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from model.contracts import JSON, Candidate, Context, Event, EvidenceRef, Message, Session, Shares
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.limits import Limits, tighten
from serving.policy.policy import Policy, limited, make_policy
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_templates, shipped_wording
from serving.ports import Decided, Scorer, Scores
from serving.standing import Experiment, Standing, Trip

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # noon in Paris
USER = "u-17"
RARE = 1e-9  # an arm that is never drawn here, and still has a share: without one nothing is learnt, or watched


def mostly(arm: str) -> Shares:
    """Return shares that draw this arm."""
    return Shares(**({"model": RARE, "policy_only": RARE, "holdout": RARE} | {arm: 1.0 - 2 * RARE}))


ALL_MODEL = Exploration(shares=mostly("model"), salt=b"salt")


@dataclass
class FixedScorer:
    """A scorer that gives every row one net benefit; `fails` makes it raise.

    Its certificate is for `shares` (None: for those that `decided` asks it under) and watched, unless not `watched`.
    """

    net_benefit: float = 0.02
    cutoff: float | None = 0.004
    version: str = "7"
    feature_names: tuple[str, ...] = ("tenure_days", "contacts_7d", "purpose")
    scope: tuple[tuple[str, str], ...] | None = None
    shares: Shares | None = None
    watched: bool = True
    fails: Exception | None = None
    seen: list[Mapping[str, JSON]] = field(default_factory=list)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Give each row the same figures."""
        if self.fails is not None:
            raise self.fails
        self.seen.extend(rows)
        figures = np.full(len(rows), self.net_benefit)
        small = np.full(len(rows), 0.001)
        return Scores(benefit=figures, complaint_effect=small, opt_out=small, net_benefit=figures)

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Whether the pair is in the scope (None: all are)."""
        return self.scope is None or (purpose, channel) in self.scope

    def holds_for(self, shares: Shares) -> bool:
        """Whether these are the shares that it is certified for (None: any)."""
        return self.shares is None or self.shares == shares

    @property
    def watch(self) -> Watch | None:
        """How its certificate is watched."""
        shares = self.shares or Shares()
        if self.cutoff is None or not self.watched:
            return None
        return watch("certificate", above=shares.above, below=shares.below)


def watch(key: str, *, above: float, below: float) -> Watch:
    """Return a watch at usual limits."""
    return Watch(
        key=key,
        complaint_at_most=0.005,
        opt_out_at_most=0.005,
        control_rate=0.006,
        contact_above=above,
        contact_below=below,
    )


GOOD_SCORER = FixedScorer()


def trial(*, now: datetime = NOW, **changes: Any) -> Experiment:
    """Return an experiment that runs at `now`: half of at most 1,000 contacts are drawn."""
    running = Experiment(
        id="x-1",
        share=0.5,
        max_contacts=1000,
        until=now + timedelta(days=30),
        by="ann",
        started_at=now - timedelta(days=1),
    )
    return replace(running, **changes)


def standing(stopped: str | None, *, now: datetime = NOW) -> Standing:
    """Return a standing in which everything discretionary is stopped so (None: nothing is)."""
    if stopped == "tripped":
        tripped = Trip(watch="certificate", harm="opt_out", detail="60 of 900 contacts", at=now - timedelta(hours=2))
        return Standing(trip=tripped)
    return Standing(silent_since=None if stopped is None else now - timedelta(days=15))


def event(kind: str = "shipment.delayed", *, age: timedelta = timedelta(hours=1), **changes: Any) -> Event:
    """Return an event of this age about the customer."""
    data = changes.pop("data", {"parcel": "A-7", "new_eta": "Friday"})
    values = {"source": "shop", "id": "ev-1", "subject": USER, "time": NOW - age, "data": data}
    return Event(type=kind, **(values | changes))


def candidate(**changes: Any) -> Candidate:
    """Return the good candidate with changes; `evidence` defaults to the event `ev-1` of a delayed parcel."""
    good = Candidate(
        user_id=USER,
        purpose="delivery_update",
        channel="chat",
        message=Message(template="parcel_delayed", facts={"parcel": "A-7", "new_eta": "Friday"}),
        evidence=EvidenceRef(type="shipment.delayed", id="ev-1"),
        timezone="Europe/Paris",
    )
    return replace(good, **changes)


def context(**changes: Any) -> Context:
    """Return the good context with changes."""
    return replace(Context(evidence=event(), consent=True, approval="approved"), **changes)


def about(found: Event, **changes: Any) -> tuple[Candidate, Context]:
    """Return candidate and context about this event; changes to the candidate only."""
    ref = EvidenceRef(type=found.type, id=found.id)
    return candidate(**({"evidence": ref} | changes)), context(evidence=found)


def sent_at(*ages: timedelta, now: datetime = NOW) -> dict[str, Any]:
    """Return the context's fields for outbound sends of these ages."""
    times = tuple(sorted((now - age for age in ages), reverse=True))
    windows = {"60m": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7)}
    counts = {f"contacts_{name}": sum(now - at < window for at in times) for name, window in windows.items()}
    return {"contacts": times, **counts}


def session(**changes: Any) -> Session:
    """Return the customer's own live session of an hour, six minutes on the pricing page."""
    mine = Session(
        id="s-1",
        user_id=USER,
        started_at=NOW - timedelta(hours=1),
        last_event_at=NOW - timedelta(minutes=1),
        page="pricing",
        page_since=NOW - timedelta(minutes=6),
    )
    return replace(mine, **changes)


def on_page(**changes: Any) -> tuple[Candidate, Context]:
    """Return help on the pricing page; changes to the context only."""
    dwelled = event("page.dwelled", age=timedelta(seconds=5), data={"page": "pricing", "session": "s-1"})
    help_there = candidate(
        purpose="in_session_help",
        channel="widget",
        message=Message(template="compare_plans", facts={"page": "pricing"}),
        evidence=EvidenceRef(type="page.dwelled", id="ev-1"),
        session_id="s-1",
    )
    return help_there, replace(context(evidence=dwelled, session=session()), **changes)


@cache
def shipped() -> tuple[Template, ...]:
    """Return the shipped templates, read once."""
    return tuple(shipped_templates())


@cache
def usual() -> Policy:
    """Return the shipped policy, made once: six times as dear as a decision by it, and nothing in it can be changed."""
    return make_policy(Limits(), shipped(), shipped_wording())


def policy(overrides: Mapping[str, JSON] | None = None) -> Policy:
    """Return the shipped policy under tightened limits."""
    return limited(usual(), tighten(Limits(), overrides or {}))


def decided(
    one: Candidate | None = None,
    known: Context | None = None,
    *,
    now: datetime = NOW,
    rules: Policy | None = None,
    scorer: Scorer | None = GOOD_SCORER,
    exploration: Exploration | None = ALL_MODEL,
    shadow: Scorer | None = None,
) -> Decided:
    """Decide one occasion; whatever is not given is good."""
    if isinstance(scorer, FixedScorer) and scorer.shares is None and exploration is not None:
        scorer = replace(scorer, shares=exploration.shares)
    [answer] = decide(
        [candidate() if one is None else one],
        [context() if known is None else known],
        ids=["d-1"],
        now=now,
        policy=policy() if rules is None else rules,
        scorer=scorer,
        exploration=exploration,
        shadow=shadow,
    )
    return answer


def codes(answer: Decided) -> tuple[str, ...]:
    """Return the codes of all reasons, in order."""
    return tuple(reason.code for reason in answer.decision.reasons)
