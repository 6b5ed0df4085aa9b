"""Promise 3, through the real `decide`: what score, arms and standing can do to what the policy permits or refuses.

Every figure, cut-off, scope, watch and failure of a scorer × every arm, experiment and stop × every kind of ruling.
What must come out is restated from CONTRACT section 4 and METHOD sections 2 and 4: the score only ever withholds.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import numpy as np

from model.contracts import JSON, Action, Shares
from model.monitor.detector import Watch
from serving.arms import Exploration
from serving.ports import Decided, Scores
from serving.standing import Experiment, Standing, Trip
from serving.verify.occasions import NAMES, NOW, Occasion, occasion, policy
from serving.verify.report import MOST_SHOWN, Failure, Part
from serving.verify.subject import Scale, Subject

CUTOFF, RARE = 0.004, 1e-9
NAN, INF = float("nan"), float("inf")
FIGURES = ("none", "raises", "too many", "no numbers", NAN, INF, -INF, -1e9, 0.0039, CUTOFF, 1e9)
CUTOFFS = (CUTOFF, None, NAN, -INF, INF, "raises")
PERMITS = (True, False, 1, "raises", "not now")
HOLDS = (True, False, "raises")
WATCHES = ("right", None, "other", "raises")
STANDINGS = ("free", "tripped", "silent", "contacted", "held out", "over", "tripped in one")
ARMS = ("model", "policy_only", "holdout", "plan")
SIMPLE = ((CUTOFF, None), (True, False), (True, False), ("right", None))


class Fault(Exception):  # noqa: N818  (what a scorer of these checks fails with)
    """A scorer that fails."""


@dataclass(frozen=True, slots=True)
class Said:
    """A scorer that says what it is told, fails where it is told, and is asked under `shares`."""

    shares: Shares
    figure: float | str
    cut: float | str | None
    permit: bool | int | str
    hold: bool | str
    watching: str | None
    version: str = "verify"
    feature_names: tuple[str, ...] = ("tenure_days",)

    @property
    def cutoff(self) -> Any:
        """The cut-off, or a failure."""
        return _or_fault(self.cut)

    @property
    def watch(self) -> Watch | None:
        """How the certificate is watched, or a failure."""
        if self.watching is None or _or_fault(self.watching) != "right":
            return None if self.watching is None else _watch(Shares(model=0.5, policy_only=0.1, holdout=0.4))
        return _watch(self.shares)

    def score(self, rows: Sequence[Mapping[str, JSON]]) -> Scores:
        """Give every row the same figures, in one shape or another."""
        _or_fault(self.figure)
        if self.figure == "no numbers":
            much: Any = ["much"] * len(rows)
            return Scores(benefit=much, complaint_effect=much, opt_out=much, net_benefit=much)
        value = self.figure if isinstance(self.figure, float) else 1e9
        figures = np.full(len(rows) + (self.figure == "too many"), value)
        harmless = np.zeros_like(figures)
        return Scores(benefit=figures, complaint_effect=harmless, opt_out=harmless, net_benefit=figures)

    def permits(self, purpose: str, channel: str, now: datetime) -> Any:  # noqa: ARG002  (the port's arguments)
        """Whether the certificate covers the pair at `now`."""
        return now != NOW if self.permit == "not now" else _or_fault(self.permit)

    def holds_for(self, shares: Shares) -> Any:  # noqa: ARG002  (the port's argument)
        """Whether it holds for these shares."""
        return _or_fault(self.hold)


def _or_fault(value: Any) -> Any:
    if value == "raises":
        raise Fault
    return value


def _watch(shares: Shares) -> Watch:
    limits = {"complaint_at_most": 0.005, "opt_out_at_most": 0.005, "control_rate": 0.006}
    return Watch(key="certificate", **limits, contact_above=shares.above, contact_below=shares.below)


@dataclass(frozen=True, slots=True)
class World:
    """What stands beside the score: the arm that is drawn (or a plan), and what may go out at all."""

    arm: str
    state: str

    @property
    def shares(self) -> Shares:
        """Shares that leave chance no choice."""
        shares = dict.fromkeys(ARMS[:3], RARE) | {"model" if self.arm == "plan" else self.arm: 1 - 2 * RARE}
        return Shares(**shares)

    def exploration(self) -> Exploration | None:
        """Return what `decide` is told of arms and standing."""
        if self.arm == "plan":
            return None
        trip = (
            Trip(watch="certificate", harm="opt_out", detail="60 of 900", at=NOW) if "tripped" in self.state else None
        )
        silent = NOW - timedelta(days=15) if self.state == "silent" else None
        standing = Standing(experiment=self._experiment(), trip=trip, silent_since=silent)
        return Exploration(shares=self.shares, salt=b"verify", standing=standing)

    def _experiment(self) -> Experiment | None:
        shares = {"contacted": 1 - RARE, "tripped in one": 1 - RARE, "over": 1 - RARE, "held out": RARE}
        if self.state not in shares:
            return None
        until = NOW if self.state == "over" else NOW + timedelta(days=1)
        return Experiment(
            id="x",
            share=shares[self.state],
            max_contacts=10**6,
            until=until,
            by="ann",
            started_at=NOW - timedelta(days=1),
        )


def occasions() -> dict[str, Occasion]:
    """Return one occasion of every kind of ruling, by name: what it is, and whether the policy permits it."""
    good = {
        f"{name}, permitted": occasion(name) for name in ("ordinary", "essential", "critical", "on_page", "progress")
    }
    changes: Mapping[str, Mapping[str, Any]] = {
        "denied": {"already_told": True},
        "held": {"last_complaint_at": NOW, "contacts_24h": 99, "contacts_60m": 99, "contacts_7d": 99},
        "held and denied": {"complaint_open": True, "superseded": True, "contacts_24h": 99},
        "unknown": {"unknown": frozenset({"opted_out", "already_told"})},
        "unreadable": {"last_inbound_at": "yesterday"},
        "without evidence": {"evidence": None},
    }
    bad = {
        f"{name}, {how}": occasion(name).but(context=change)
        for name in ("ordinary", "essential", "critical")
        for how, change in changes.items()
    }
    late = occasion("ordinary").but(
        context={"last_complaint_at": NOW}, candidate={"expires_at": NOW + timedelta(hours=1)}
    )
    return good | bad | {"ordinary, held until after its expiry": late}


def told() -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield what scorers say, and whether all kinds of ruling are asked about it or only what the policy permits.

    Every way in which a certificate can fail to give leave × three figures; every figure × leave by each part of it.
    """
    leaves = product(CUTOFFS, PERMITS, HOLDS, WATCHES)
    yield from (((figure, *leave), False) for figure, leave in product((NAN, 0.0039, 1e9), leaves))
    yield from (((figure, *leave), False) for figure, leave in product(FIGURES, product(*SIMPLE)))
    yield from (((figure, cut, True, True, "right"), True) for figure, cut in product(FIGURES, (CUTOFF, None)))


def of_scores(subject: Subject, scale: Scale, part: int, parts: int) -> Part:
    """Check one part of the combinations of score, arm and standing."""
    named = occasions()
    permitted = {name: each for name, each in named.items() if name == "ordinary, permitted"}
    plain = dict(zip(named, _decided(subject, named, None, World("model", "free")), strict=True))
    cases, failures = 0, list[Failure]()
    worlds = [World(*each) for each in product(ARMS, STANDINGS)]
    for world, (said, everyone) in [*product(worlds, told())][:: scale.thin][part::parts]:
        asked = named if everyone else permitted
        scorer = Said(world.shares, *said)
        answers = _decided(subject, asked, None if scorer.figure == "none" else scorer, world)
        cases += len(answers)
        for name, answer in zip(asked, answers, strict=True):
            wrong = _wrong(plain[name], answer, scorer, world)
            if wrong and len(failures) < MOST_SHOWN:
                failures.append(_failure(name, wrong, scorer, world))
    return Part(name="score, arms and standing", promises=(3,), cases=cases, failures=failures)


def _decided(subject: Subject, named: Mapping[str, Occasion], scorer: Said | None, world: World) -> list[Decided]:
    return subject.decide(
        [each.candidate for each in named.values()],
        [each.context for each in named.values()],
        ids=[*named],
        now=NOW,
        policy=_POLICY,
        scorer=scorer,
        exploration=world.exploration(),
    )


_POLICY = policy()


def _wanted(said: Said, world: World) -> Action:
    """Return what becomes of a discretionary message that the policy permits: sent with leave only, if it is drawn."""
    scored = isinstance(said.figure, float) and math.isfinite(said.figure)
    above = scored and float(said.figure) >= CUTOFF
    leave = said.figure != "none" and said.cut == CUTOFF and said.permit is True
    if world.arm == "plan":
        return Action.SEND if leave and above else Action.DENY
    if world.state in {"tripped", "silent", "tripped in one"}:
        return Action.DENY
    if leave and said.hold is True and said.watching == "right":
        drawn = above if world.arm == "model" else world.arm == "policy_only"
        return Action.SEND if scored and drawn else Action.DENY
    return Action.SEND if world.state == "contacted" else Action.DENY


def _wrong(before: Decided, answer: Decided, said: Said, world: World) -> str | None:
    """Return what is wrong with an answer, given the one without score and experiment; None where nothing is."""
    permitted = before.decision.agent_would_send.answer
    asked = permitted and not before.essential
    wanted = _wanted(said, world) if asked else before.decision.action
    if not permitted and answer.decision.trigger:
        return "what the policy refuses is sent"
    if answer.decision.action is not wanted:
        return f"the answer is `{answer.decision.action}` where it must be `{wanted}`"
    if answer.decision.agent_would_send != before.decision.agent_would_send:
        return "the policy's own answer is another one under this score"
    if not asked and answer.decision != replace(before.decision, model_version=answer.decision.model_version):
        return "an answer in which the score has no say is another one under this score"
    return None


def _failure(name: str, wrong: str, said: Said, world: World) -> Failure:
    example = {
        "occasion": name,
        "net benefit": str(said.figure),
        "cut-off": str(said.cut),
        "certificate covers it": str(said.permit),
        "certificate holds for the shares": str(said.hold),
        "watch": str(said.watching),
        "arm": world.arm,
        "standing": world.state,
    }
    return Failure(promise=3, check="score, arms and standing", about=name, says=wrong, example=example)


def good_ones(subject: Subject, _: Scale) -> Part:
    """Check that the policy permits the good occasions: if it refused all, nothing else here would say anything."""
    answers = _decided(subject, {name: occasion(name) for name in NAMES}, None, World("model", "free"))
    failures = [
        Failure(promise=1, check="good occasions", about=name, says=f"is refused: {', '.join(agent.reasons)}")
        for name, agent in zip(NAMES, (each.decision.agent_would_send for each in answers), strict=True)
        if not agent.answer
    ]
    return Part(name="good occasions", promises=(1,), cases=len(answers), failures=failures)
