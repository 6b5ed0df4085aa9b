"""The columnar policy against its scalar restatement, on seeded random occasions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from model.contracts import JSON, Candidate, Context, Shares
from model.monitor import Watch
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.limits import Limits, tighten
from serving.policy.policy import Policy, make_policy
from serving.policy_files import shipped_templates
from serving.ports import Decided, Scores
from tests.occasions import mostly, standing, trial, watch
from tests.oracle_facts import World
from tests.oracle_time import Expected, expected
from tests.scenarios import GENERIC, INSTANTS, PROMOTIONAL, Draw, occasion

GROUPS, OF_EACH = 210, 100  # 21,000 cases
SHIPPED = shipped_templates()
ARMS = ("model", "policy_only", "holdout")
EXPERIMENTS = {"contacted": 1.0 - 1e-9, "held_out": 1e-9}  # shares that leave chance no choice
TIGHTER: tuple[Mapping[str, JSON], ...] = (
    {},
    {},
    {},
    {"quiet_start": "19:30", "quiet_end": "09:15"},
    {"contacts_24h": 1, "contacts_7d": 2, "essential_24h": 3},
    {"opt_out_binds": ["chat", "sms"], "channels_off": ["email"], "switched_off": ["onboarding"]},
    {"evidence_hours": 2, "essential_hours": 20, "widget_minutes": 3, "cooling_off_days": 30, "dwell_seconds": 60},
)


@dataclass
class AttributeScorer:
    """A scorer that reads its answer from the attribute `u`."""

    cutoff: float | None
    shares: Shares
    version: str = "1"
    feature_names: tuple[str, ...] = ("u",)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Return `u` as every figure."""
        u = np.array([row["u"] for row in rows], dtype=np.float64)
        return Scores(benefit=u, complaint_effect=u, opt_out=u, net_benefit=u)

    def permits(self, purpose: str, channel: str, now: datetime) -> bool:  # noqa: ARG002  (the port's arguments)
        """Permit everything, where there is a cut-off."""
        return self.cutoff is not None

    def holds_for(self, shares: Shares) -> bool:
        """Hold for the group's shares."""
        return self.shares == shares

    @property
    def watch(self) -> Watch:
        """Watch the group's shares."""
        return watch("certificate", above=self.shares.above, below=self.shares.below)


def wording(text: str) -> set[str]:
    """Return the verdict on the few texts that the occasions use."""
    codes = {"promotional_wording"} if PROMOTIONAL in text else set()
    return codes | ({"generic_wording"} if GENERIC in text else set())


def group(seed: int) -> tuple[list[Candidate], list[Context], World, Policy, AttributeScorer | None, Exploration]:
    """Return one clock, one policy and one model, with its occasions."""
    draw = Draw(seed)
    now = draw.pick(INSTANTS) + timedelta(minutes=draw.pick([0, 0, 7, 60 * 9, 60 * 14]))
    limits = tighten(Limits(), draw.pick(TIGHTER))
    policy = make_policy(limits, SHIPPED)
    arm = draw.pick(ARMS)
    experiment = draw.pick([None, None, *EXPERIMENTS])
    stopped = draw.pick([None, None, None, "tripped", "silent"])
    cutoff = draw.pick([0.004, 0.004, 0.0, None])
    scorer = None if draw.chance(0.1) else AttributeScorer(cutoff, mostly(arm))
    templates = {
        name: {"purpose": one.purpose, "text": one.text, "facts": list(one.facts), "next_step": one.next_step}
        for name, one in policy.templates.items()
    }
    world = World(
        now,
        limits,
        templates,
        wording,
        cutoff=cutoff if scorer else None,
        arm=arm,
        experiment=experiment,
        stopped=stopped is not None,
    )
    trouble = draw.pick([0.0, 0.02, 0.05, 0.12])
    pairs = [occasion(draw, now, trouble=trouble) for _ in range(OF_EACH)]
    running = None if experiment is None else trial(share=EXPERIMENTS[experiment], now=now)
    under = replace(standing(stopped, now=now), experiment=running)
    return (
        [one for one, _ in pairs],
        [two for _, two in pairs],
        world,
        policy,
        scorer,
        Exploration(shares=mostly(arm), salt=b"s", standing=under),
    )


def said(decided: Decided) -> Expected:
    """Return the decision in the oracle's words."""
    one = decided.decision
    return Expected(
        str(one.action),
        tuple(reason.code for reason in one.reasons),
        one.not_before,
        one.expires_at,
        one.message.text if one.message else None,
    )


@pytest.mark.parametrize("part", range(5))
def test_the_columns_say_what_the_oracle_says(part: int) -> None:
    """21,000 random occasions get the oracle's action, codes, instants and text, every one of them."""
    seen: dict[str, int] = {}
    for seed in range(part, GROUPS, 5):
        candidates, contexts, world, policy, scorer, exploration = group(seed)
        ids = [f"d-{place}" for place in range(len(candidates))]
        decided = decide(
            candidates, contexts, ids=ids, now=world.now, policy=policy, scorer=scorer, exploration=exploration
        )
        for candidate, context, one in zip(candidates, contexts, decided, strict=True):
            scored = None if scorer is None else candidate.attributes["u"]
            world_of_one = World(**{**vars(world), "net_benefit": scored})
            assert said(one) == expected(candidate, context, world_of_one), (seed, candidate, context, world.now)
            for code in (str(one.decision.action), *(reason.code for reason in one.decision.reasons)):
                seen[code] = seen.get(code, 0) + 1
    assert {"send", "hold", "deny", "held_out", "no_certificate"} <= set(seen), json.dumps(seen)
