"""Candidates and contexts to rule on, as the API has them: read, ruled and explained, or decided whole."""

from datetime import UTC, datetime, timedelta

import numpy as np

from model.contracts import Candidate, Context, Event, EvidenceRef, Message, Reason
from serving.arms import Exploration
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.policy.details import Case, explain, failures
from serving.policy.engine import rule
from serving.policy.rows import columns_of
from serving.policy.rules import FILTERS
from serving.policy_files.templates import load_policy
from serving.ports import Decided

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
POLICY = load_policy()
EXPLORATION = Exploration(salt=b"benchmark")
SCORER = FakeScorer()
ZONES = ("Europe/Paris", "Europe/Lisbon", "Africa/Nairobi", "Asia/Tokyo")
Pairs = tuple[list[Candidate], list[Context]]


def occasions(many: int, seed: int = 0) -> Pairs:
    """Return delayed parcels of as many customers; every fifth has something in the way, and some sleep."""
    chance = np.random.default_rng(seed)
    return [candidate(place, chance) for place in range(many)], [context(place, chance) for place in range(many)]


def candidate(place: int, chance: np.random.Generator) -> Candidate:
    """Return one customer's message from the shipped template."""
    return Candidate(
        user_id=f"u-{place}",
        purpose="delivery_update",
        channel="push",
        message=Message(template="parcel_delayed", facts={"parcel": f"A-{place}", "new_eta": "Friday"}),
        evidence=EvidenceRef(type="shipment.delayed", id=f"ev-{place}"),
        timezone=str(chance.choice(ZONES)),
    )


def context(place: int, chance: np.random.Generator) -> Context:
    """Return what is known about that customer."""
    trouble, earlier = chance.random(3) < 0.07, NOW - timedelta(hours=3)
    return Context(
        evidence=Event(
            source="carrier",
            id=f"ev-{place}",
            type="shipment.delayed",
            time=NOW - timedelta(hours=1),
            subject=f"u-{place}",
            data={"parcel": f"A-{place}", "new_eta": "Friday", "depot": "Lyon"},
        ),
        consent=True,
        approval="approved",
        complaint_open=bool(trouble[0]),
        opted_out=bool(trouble[1]),
        contacts=(earlier, earlier) if trouble[2] else (),
        contacts_24h=2 * int(trouble[2]),
        contacts_7d=2 * int(trouble[2]),
    )


def policy_of(candidates: list[Candidate], contexts: list[Context]) -> list[tuple[Reason, ...]]:
    """Read, rule and explain: the whole policy, wording included, without score, chance and answer."""
    read = columns_of(candidates, contexts, now=NOW, policy=POLICY)
    ruling = rule(read.columns, POLICY.limits, FILTERS)
    reasons: list[tuple[Reason, ...]] = [()] * len(candidates)
    for row in np.flatnonzero(ruling.denied | ruling.held).tolist():
        one = read.columns.take(slice(row, row + 1))
        case = Case(candidates[row], contexts[row], one, POLICY, failures(ruling, row))
        reasons[row] = explain(case, ruling.codes(row))
    return reasons


def decide_some(candidates: list[Candidate], contexts: list[Context]) -> list[Decided]:
    """Decide whole: policy, a scorer that says the same of everyone, the draw, the answer."""
    ids = ["d"] * len(candidates)
    return decide(candidates, contexts, ids=ids, now=NOW, policy=POLICY, scorer=SCORER, exploration=EXPLORATION)
