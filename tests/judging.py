"""The policy before its judge: groups of random occasions, what `decide` says of them, and what the oracle expects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from model.contracts import JSON, Candidate, Context, Shares
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.limits import Limits, tighten
from serving.policy.policy import Policy, make_policy
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_wording
from serving.ports import Decided, Scores
from tests.occasions import mostly, shipped, standing, trial, watch
from tests.oracle_facts import World
from tests.oracle_time import Expected, expected
from tests.scenarios import INSTANTS, OCCASIONS, occasion
from tests.spoiling import FIRST_TIME, GENERIC, PROMOTIONAL, Draw, out_of_this_world

OF_EACH = 100  # occasions that share a clock, a policy and a model
EXPERIMENTS = {"contacted": 1.0 - 1e-9, "held_out": 1e-9}  # shares that leave chance no choice
COUNTED = Template(
    id="request_counted",
    purpose="progress_update",
    text="Your request {request} is number {place} of {waiting}.",
    facts={"request": "string", "place": "integer", "waiting": "number"},
)
KINDS = (
    *OCCASIONS,
    ("progress_update", "request.progressed", "request_counted", {"request": "R-2", "place": 3, "waiting": 12.5}),
)
TIGHTER: Mapping[str, Sequence[JSON]] = {
    "quiet_start": ["20:15", "19:37", "18:00"],
    "quiet_end": ["08:30", "09:11", "11:00"],
    "contacts_60m": [0],
    "contacts_24h": [1, 0],
    "contacts_7d": [4, 2, 1],
    "essential_24h": [9, 3, 0],
    "cooling_off_days": [15, 30, 10_000],
    "dismissal_days": [31, 60],
    "dwell_seconds": [31, 60, 3600],
    "widget_per_session": [0],
    "evidence_hours": [23, 2, 0],
    "essential_hours": [71, 20],
    "widget_minutes": [4, 3, 0],
    "breaker_volume": [20],
    "switched_off": [["delivery_update"], ["onboarding", "remediation"], ["requested_reminder"]],
    "channels_off": [["email"], ["chat", "whatsapp"], ["widget"]],
    "opt_out_binds": [["chat", "sms"], ["push", "email", "whatsapp"]],
}


@dataclass
class AttributeScorer:
    """A scorer that reads its answer from the attribute `u`; its certificate is not for sms."""

    cutoff: float | None
    shares: Shares
    version: str = "1"
    feature_names: tuple[str, ...] = ("u",)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Return `u` as every figure."""
        u = np.array([row["u"] for row in rows], dtype=np.float64)
        return Scores(benefit=u, complaint_effect=u, opt_out=u, net_benefit=u)

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Permit everything but sms, where there is a cut-off."""
        return self.cutoff is not None and channel != "sms"

    def holds_for(self, shares: Shares) -> bool:
        """Hold for the group's shares."""
        return self.shares == shares

    @property
    def watch(self) -> Watch:
        """Watch the group's shares."""
        return watch("certificate", above=self.shares.above, below=self.shares.below)


@dataclass(frozen=True)
class Group:
    """Occasions at one clock, under one policy, one model and one draw."""

    pairs: Sequence[tuple[Candidate, Context]]
    world: World
    scorer: AttributeScorer | None
    exploration: Exploration | None
    one_by_one: bool = False

    def decided(self) -> list[Decided]:
        """Decide all of them in one call, or each in a call of its own."""
        policy, each = policy_of(self.world.limits), 1 if self.one_by_one else max(1, len(self.pairs))
        calls = [self.pairs[start : start + each] for start in range(0, len(self.pairs), each)]
        return [answer for call in calls for answer in self._call(call, policy)]

    def _call(self, pairs: Sequence[tuple[Candidate, Context]], policy: Policy) -> list[Decided]:
        return decide(
            [one for one, _ in pairs],
            [known for _, known in pairs],
            ids=[f"d-{place}" for place in range(len(pairs))],
            now=self.world.now,
            policy=policy,
            scorer=self.scorer,
            exploration=self.exploration,
        )

    def expected(self) -> Iterator[Expected]:
        """Ask the oracle about each."""
        for one, known in self.pairs:
            u = one.attributes["u"]
            known_score = self.scorer is not None and np.isfinite(u)
            cutoff = None if one.channel == "sms" else self.world.cutoff
            yield expected(one, known, replace(self.world, net_benefit=u if known_score else None, cutoff=cutoff))


def policy_of(limits: Limits) -> Policy:
    """Return the shipped policy, with a template that counts, under these limits."""
    return make_policy(limits, [*shipped(), COUNTED], shipped_wording())


@cache
def as_the_oracle_reads() -> Mapping[str, Mapping[str, object]]:
    """Return the templates as plain values."""
    return {
        each.id: {"purpose": each.purpose, "text": each.text, "facts": dict(each.facts), "next_step": each.next_step}
        for each in (*shipped(), COUNTED)
    }


def wording(text: str) -> set[str]:
    """Return the verdict on the few texts that the occasions use."""
    codes = {"promotional_wording"} if PROMOTIONAL in text else set()
    return codes | ({"generic_wording"} if GENERIC in text else set())


def greets(text: str) -> bool:
    """Whether one of the few texts takes its reader for a newcomer."""
    return "first visit" in text or FIRST_TIME in text


def group(seed: int, *, size: int = OF_EACH) -> Group:
    """Return one clock, one policy and one model, with its occasions."""
    draw = Draw(seed)
    now = clock(draw)
    arm, plan = draw.pick(["model", "policy_only", "holdout"]), draw.chance(0.1)
    experiment = draw.pick([None, None, *EXPERIMENTS])
    stopped = draw.pick([None, None, None, "tripped", "silent"])
    cutoff = draw.pick([0.004, 0.004, 0.0, None])
    scorer = None if draw.chance(0.1) else AttributeScorer(cutoff, mostly(arm))
    running = None if experiment is None else trial(share=EXPERIMENTS[experiment], now=now, max_contacts=10**6)
    under = replace(standing(stopped, now=now), experiment=running)
    world = World(
        now,
        tighten(Limits(), tighter(draw)),
        as_the_oracle_reads(),
        wording,
        greets,
        cutoff=cutoff if scorer else None,
        arm=arm,
        experiment=experiment,
        stopped=stopped is not None,
        plan=plan,
    )
    trouble = draw.pick([0.0, 0.01, 0.02, 0.05, 0.12])
    pairs = [occasion(draw, now, trouble=trouble, kinds=KINDS) for _ in range(size)]
    pairs = [out_of_this_world(draw, *pair, now) if draw.chance(trouble / 3) else pair for pair in pairs]
    exploration = None if plan else Exploration(shares=mostly(arm), salt=b"s", standing=under)
    return Group(pairs, world, scorer, exploration, one_by_one=draw.chance(0.2))


def clock(draw: Draw) -> datetime:
    """Return one of the known edges, or any microsecond of six years."""
    if draw.chance(0.3):
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(draw.value() * 6 * 365 * 86_400e6))
    return draw.pick(INSTANTS) + timedelta(minutes=draw.pick([0, 0, 0, 7, 60 * 9, 60 * 14]))


def tighter(draw: Draw) -> dict[str, Any]:
    """Return no overrides, one, or several."""
    share = draw.pick([0.0, 0.0, 1 / len(TIGHTER), 0.25])
    return {name: draw.pick(values) for name, values in TIGHTER.items() if draw.chance(share)}


def said(decided: Decided) -> Expected:
    """Return the decision in the oracle's words."""
    one = decided.decision
    return Expected(
        str(one.action),
        tuple(reason.code for reason in one.reasons),
        one.not_before,
        one.expires_at,
        one.message.text if one.message else None,
        one.message.expects_reply if one.message else None,
        one.customer_would_thank.asked,
        one.customer_would_thank.answer,
        None if one.arm is None else str(one.arm),
    )
