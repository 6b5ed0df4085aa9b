"""What chance did before, told to `decide` once more: a recorded draw never sends what score or stop forbid now.

Every kind of draw × every figure × leave or none × every standing × every kind of ruling. What must come out is
restated from METHOD sections 2 and 4: the draw stays what it was, and it can only withhold.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Any

from model.contracts import Action, Arm
from serving.ports import Decided
from serving.standing import Assignment
from serving.verify.occasions import NOW, Occasion, policy
from serving.verify.report import MOST_SHOWN, Failure, Part
from serving.verify.scoring import CUTOFF, NAN, SIMPLE, STANDINGS, Said, World, occasions
from serving.verify.subject import Scale, Subject


def _before(arm: Arm, *, contacted: bool, above: bool | None = None, watch: str = "certificate") -> Assignment:
    return Assignment(arm=arm, contacted=contacted, contact_probability=0.5, above=above, watch=watch)


DRAWS: Mapping[str, Assignment] = MappingProxyType(
    {
        "model, above": _before(Arm.MODEL, contacted=True, above=True),
        "model, below": _before(Arm.MODEL, contacted=False, above=False),
        "policy_only, above": _before(Arm.POLICY_ONLY, contacted=True, above=True),
        "policy_only, below": _before(Arm.POLICY_ONLY, contacted=True, above=False),
        "held out": _before(Arm.HOLDOUT, contacted=False, above=True),
        "experiment, contacted": _before(Arm.EXPERIMENT, contacted=True, watch="x"),
        "experiment, held out": _before(Arm.EXPERIMENT, contacted=False, watch="x"),
        "another experiment, contacted": _before(Arm.EXPERIMENT, contacted=True, watch="y"),
    }
)
FIGURES = ("none", "raises", NAN, 0.0039, CUTOFF, 1e9)
LEAVE = (CUTOFF, True, True, "right")  # a certificate that covers it, holds, and is watched
STOPPED = frozenset({"tripped", "silent", "tripped in one"})
RUNNING = frozenset({"contacted", "held out"})  # the standings in which experiment `x` may make contacts


def of_draws(subject: Subject, scale: Scale) -> Part:
    """Check every recorded draw under every score and standing."""
    named = occasions()
    plain = _decided(subject, named, None, World("holdout", "free"), None)
    cases, failures = 0, list[Failure]()
    permitted = {"ordinary, permitted": named["ordinary, permitted"]}
    for place, (draw, state, told) in enumerate(product(DRAWS, STANDINGS, product(FIGURES, *SIMPLE))):
        some = place % scale.thin == 0
        if not some and told[1:] != LEAVE:
            continue
        world = World("model", state)
        said = _said(world, *told)
        asked = named if some and told[2:] == LEAVE[1:] else permitted
        answers = _decided(subject, asked, None if said.figure == "none" else said, world, DRAWS[draw])
        cases += len(answers)
        for name in asked:
            wrong = _wrong(plain[name], answers[name], said, state, DRAWS[draw])
            if wrong and len(failures) < MOST_SHOWN:
                failures.append(_failure(name, wrong, said, state, draw))
    return Part(name="recorded draws", promises=(3,), cases=cases, failures=failures)


def _said(world: World, *told: Any) -> Said:
    return Said(world.shares, *told)


def _decided(
    subject: Subject, named: Mapping[str, Occasion], scorer: Said | None, world: World, before: Assignment | None
) -> dict[str, Decided]:
    answers = subject.decide(
        [each.candidate for each in named.values()],
        [each.context for each in named.values()],
        ids=[*named],
        now=NOW,
        policy=_POLICY,
        scorer=scorer,
        exploration=world.exploration(),
        drawn=[before] * len(named),
    )
    return dict(zip(named, answers, strict=True))


_POLICY = policy()


def wanted(said: Said, state: str, before: Assignment) -> Action:
    """Return what becomes of a discretionary message that the policy permits, given what chance did with it before."""
    if state in STOPPED or not before.contacted:
        return Action.DENY
    if before.arm is Arm.EXPERIMENT:
        return Action.SEND if state in RUNNING and before.watch == "x" else Action.DENY
    scored = isinstance(said.figure, float) and math.isfinite(said.figure)
    leave = (said.cut, said.permit, said.hold, said.watching) == LEAVE
    above = scored and float(said.figure) >= CUTOFF
    return Action.SEND if leave and scored and (above or before.arm is Arm.POLICY_ONLY) else Action.DENY


def _wrong(plain: Decided, answer: Decided, said: Said, state: str, before: Assignment) -> str | None:
    asked = plain.decision.agent_would_send.answer and not plain.essential
    action = wanted(said, state, before) if asked else plain.decision.action
    if answer.decision.action is not action:
        return f"the answer is `{answer.decision.action}` where it must be `{action}`"
    if not asked and answer.decision != replace(plain.decision, model_version=answer.decision.model_version):
        return "an answer in which chance has no say is another one after this draw"
    if answer.assignment is not None and answer.assignment != before:
        return "what chance did before is recorded as something else"
    return None


def _failure(name: str, wrong: str, said: Said, state: str, draw: str) -> Failure:
    example = {
        "occasion": name,
        "drawn before": draw,
        "net benefit": str(said.figure),
        "cut-off": str(said.cut),
        "certificate covers it": str(said.permit),
        "certificate holds for the shares": str(said.hold),
        "watch": str(said.watching),
        "standing": state,
    }
    return Failure(promise=3, check="recorded draws", about=name, says=wrong, example=example)
