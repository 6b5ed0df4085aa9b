"""Decisions decided again at once are what each is alone, whatever is proposed."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import starmap
from operator import and_
from typing import Any

import numpy as np
import pytest

from model.contracts import Action, Arm, Shares
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.policy import Policy, make_policy
from serving.record.readings import ACTIONS, CODES, Readings
from serving.record.record import record_of
from serving.replay.judging import LEFT_OUT, Answered, Proposal, decided_again
from serving.replay.rereading import Numbered, columns_under, read_back, readings_of
from tests.occasions import FixedScorer, mostly, policy, trial
from tests.scenarios import INSTANTS, Draw, occasion
from tests.serving.policy.test_not_before import drawn
from tests.serving.replay.slowly import slowly

SHARES = Shares()
STRICT: dict[str, Any] = {"contacts_24h": 1, "quiet_end": "08:30"}


@cache
def records() -> tuple[str, ...]:
    """Decide occasions of all kinds at many instants, with scores on both sides of a cut-off, by every arm."""
    draw, made = Draw(11), []
    for number in range(400):
        if number % 2:
            case = drawn(number)
            one, known, now = case.one, case.known, case.now
        else:
            now = draw.pick(list(INSTANTS)) + timedelta(seconds=draw.value() * 86_400 * 5)
            one, known = occasion(draw, now, trouble=0.02)
        shares = draw.pick([SHARES, *map(mostly, ("model", "policy_only", "holdout"))])
        scorer = FixedScorer(net_benefit=draw.pick([0.001, 0.02]), cutoff=draw.pick([0.004, 0.004, None]))
        exploration = Exploration(shares=shares, salt=b"s")
        if scorer.cutoff is None:
            exploration = replace(exploration, standing=replace(exploration.standing, experiment=trial(now=now)))
        [found] = decide(
            [one],
            [known],
            ids=[f"d-{number}"],
            now=now,
            policy=policy(draw.pick([{}, {}, {}, STRICT])),
            scorer=replace(scorer, shares=shares),
            exploration=exploration,
            outranked=[draw.chance(0.1)],
        )
        made.append(json.dumps(record_of(one, known, found)))
    return tuple(made)


def rows() -> list[Numbered]:
    """Read them back."""
    found, unreadable = read_back(enumerate(records()))
    assert (len(found), unreadable) == (400, 0)
    return found


def other() -> Policy:
    """Return a policy whose templates lost their next steps and names."""
    mine = policy()
    changed = [replace(each, text=f"Dear {{name}}: {each.text}", facts={**each.facts, "name": "string"}) for each in
               mine.templates.values()]  # fmt: skip
    return make_policy(mine.limits, changed[::2] + list(mine.templates.values())[1::2], mine.wording)


PROPOSALS: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "fewer a day": {"limits": {"contacts_24h": 1}},
    "longer nights": {"limits": {"quiet_start": "19:15", "quiet_end": "09:45"}},
    "no parcels": {"limits": {"switched_off": ["delivery_update"]}},
    "a short life": {"limits": {"evidence_hours": 2, "essential_hours": 3}},
    "a low cut-off": {"cutoff": -1.0},
    "a high cut-off": {"cutoff": 0.5, "limits": {"cooling_off_days": 30}},
    "looser than at hand": {"at_hand": STRICT},
    "other templates": {"templates": True},
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_each_decision_is_told_what_it_is_told_alone(name: str) -> None:
    """Left out or not, and why; before and after; the reasons, the chance of a contact, and whether it is a delay."""
    asked = PROPOSALS[name]
    templates = other() if "templates" in asked else None
    proposal = Proposal(
        policy=policy(asked.get("at_hand", {})),
        limits=policy(asked.get("limits", {})).limits,
        cutoff=asked.get("cutoff"),
        templates=templates,
    )
    some = rows()
    then = None if templates is None else columns_under(some, templates)
    again = decided_again(readings_of(some, proposal.policy), proposal, SHARES, then)
    words = list(starmap(_in_words, zip(*[getattr(again, each).tolist() for each in WORDS], strict=True)))
    assert words == [_alone(json.loads(text), proposal) for text in records()]


WORDS = ("before", "after", "codes", "contact", "delayed", "left_out")


def _in_words(before: int, after: int, codes: int, contact: float, delayed: bool, left_out: int) -> object:  # noqa: FBT001, PLR0917  (one row)
    if left_out:
        return next(why for why, number in LEFT_OUT.items() if number == left_out)
    reasons = tuple(code for place, code in enumerate(CODES) if codes >> place & 1)
    return ACTIONS[before], ACTIONS[after], reasons, None if np.isnan(contact) else contact, delayed


def _alone(record: Mapping[str, Any], proposal: Proposal) -> object:
    found = slowly(record, proposal, SHARES)
    if isinstance(found, str):
        return found
    return found.before, found.after, found.reasons, found.contact, found.delayed


def test_the_decisions_are_of_every_kind() -> None:
    """All actions, all arms, an experiment, outranked ones, and each proposal changes or leaves out some."""
    known = [one.one.decided for one in rows()]
    arms = {one.assignment.arm for one in known if one.assignment is not None}
    codes = Counter(reason.code for one in known for reason in one.decision.reasons)
    actions = {one.decision.action for one in known}
    actual = (actions, arms, codes["outranked"] > 5, len(codes) > 20)
    assert actual == (set(ACTIONS), set(Arm), True, True)


@dataclass(slots=True)
class Asked:
    """Another model, that would thank for nothing; it notes about which decisions it is asked."""

    seen: list[int] = field(default_factory=list)

    def asked(self, rows: Readings) -> Answered:
        """Refuse them all."""
        self.seen += rows.number.tolist()
        none = np.zeros(len(rows), dtype=np.int8)
        codes = np.full(len(rows), 1 << CODES.index("below_cutoff"), dtype=np.uint64)
        return Answered(sends=none != 0, contact=np.full(len(rows), 0.02), codes=codes, left_out=none)


def test_another_model_is_asked_about_what_passes_and_nothing_else() -> None:
    """Neither about essential service, nor about what was outranked: those are answered as they were."""
    some, model = rows(), Asked()
    proposal = Proposal(policy=policy(), limits=policy().limits, second=model)
    again = decided_again(readings_of(some, proposal.policy), proposal, SHARES)
    kept = again.left_out == 0
    known = [row.one.decided for row in some]
    spared = [one.essential or "outranked" in {each.code for each in one.decision.reasons} for one in known]
    passed = [not one.decision.agent_would_send.reasons for one in known]
    expected = [place for place in range(400) if kept[place] and passed[place] and not spared[place]]
    asked = np.isin(np.arange(400), model.seen)
    assert (model.seen, sum(map(and_, spared, passed)) > 20) == (expected, True)
    assert (again.before[~asked & kept] == again.after[~asked & kept]).all()
    assert set(again.after[asked].tolist()) == {ACTIONS.index(Action.DENY)}
    assert set(again.contact[asked].tolist()) == {0.02}
