"""Deciding an occasion again whose draw is on record: the same chance, today's policy and score."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Arm, Shares
from serving.arms import Exploration, drawn_before
from serving.decide import decide
from serving.ports import Decided, Scorer
from serving.standing import Assignment, Experiment, Standing
from serving.thanks import Thanks, settle
from tests.occasions import NOW, FixedScorer, candidate, codes, context, mostly, policy, standing, trial
from tests.serving.test_decide import failed_delivery

SHARES = Shares()
HIGH, LOW = FixedScorer(shares=SHARES), FixedScorer(shares=SHARES, net_benefit=0.001)
CLOSED = replace(HIGH, cutoff=None)
OUT_OF_SCOPE = replace(HIGH, scope=())
UNSCORED = replace(HIGH, net_benefit=float("nan"))


def made(arm: Arm, *, contacted: bool = True, above: bool | None = True, e: float = 0.95) -> Assignment:
    """Return what is on record of an occasion; `e` is none of today's, so that it shows where it is kept."""
    watch = "x-1" if arm is Arm.EXPERIMENT else "then"
    return Assignment(arm=arm, contacted=contacted, contact_probability=e, above=above, watch=watch)


MODEL, POLICY_ONLY = made(Arm.MODEL), made(Arm.POLICY_ONLY)
OF_EXPERIMENT = made(Arm.EXPERIMENT, above=None, e=0.4)
RUNNING = Standing(experiment=trial())
FULL = Standing(experiment=trial(contacts=1000, stopped_at=NOW))


def again(
    before: Assignment | None,
    *,
    scorer: Scorer | None = HIGH,
    stands: Standing = RUNNING,
    shares: Shares = SHARES,
    present: datetime | None = None,
    **known: Any,
) -> Decided:
    """Decide the good occasion once more, with its draw."""
    exploration = Exploration(shares=shares, salt=b"s", standing=stands, present=present)
    (answer,) = decide(
        [candidate()],
        [context(**known)],
        ids=["d-1"],
        now=NOW,
        policy=policy(),
        scorer=scorer,
        exploration=exploration,
        drawn=[before],
    )
    return answer


@pytest.mark.parametrize("before", [MODEL, POLICY_ONLY, OF_EXPERIMENT], ids=lambda one: one.arm.value)
@pytest.mark.parametrize("share", ["model", "policy_only", "holdout"])
def test_what_was_contacted_is_sent_whatever_chance_would_say_now(before: Assignment, share: str) -> None:
    """Arm, P(contacted) and watch are those on record, even where today's draw would be another one."""
    shares = mostly(share)
    answer = again(before, scorer=replace(HIGH, shares=shares), shares=shares)
    one = answer.decision
    actual = (one.action, one.arm, one.logging_propensity, answer.assignment)
    assert actual == (Action.SEND, before.arm, before.contact_probability, before)


@pytest.mark.parametrize(
    ("before", "scorer", "expected"),
    [
        (MODEL, LOW, ("below_cutoff",)),
        (POLICY_ONLY, LOW, ()),
        (OF_EXPERIMENT, LOW, ()),
        (OF_EXPERIMENT, None, ()),
        (OF_EXPERIMENT, UNSCORED, ()),
        (MODEL, CLOSED, ("no_certificate",)),
        (POLICY_ONLY, OUT_OF_SCOPE, ("no_certificate",)),
        (MODEL, UNSCORED, ("score_unavailable",)),
        (POLICY_ONLY, None, ("score_unavailable", "no_certificate")),
    ],
)
def test_the_score_is_asked_again(before: Assignment, scorer: Scorer | None, expected: tuple[str, ...]) -> None:
    """Below the cut-off only the arm `model` refuses; a certificate must cover it; an experiment asks neither."""
    answer = again(before, scorer=scorer)
    actual = (codes(answer), answer.decision.trigger)
    assert actual == (expected, not expected)


@pytest.mark.parametrize(
    ("before", "kept"), [(MODEL, 0.95), (POLICY_ONLY, 0.95), (replace(POLICY_ONLY, contact_probability=0.02), 0.02)]
)
def test_what_is_logged_is_the_draw_and_not_its_end(before: Assignment, kept: float) -> None:
    """Intention to treat: a score that changed sides changes neither the assignment nor its propensity."""
    answer = again(before, scorer=LOW)
    actual = (answer.assignment, answer.decision.arm, answer.decision.logging_propensity)
    assert actual == (before, before.arm, kept)


@pytest.mark.parametrize("before", [MODEL, POLICY_ONLY, OF_EXPERIMENT], ids=lambda one: one.arm.value)
@pytest.mark.parametrize("stopped", ["tripped", "silent"])
def test_a_draw_on_record_does_not_outlive_the_kill_switch(before: Assignment, stopped: str) -> None:
    """Tripped or silent: nothing discretionary goes, not even what an experiment has counted."""
    answer = again(before, stands=standing(stopped))
    actual = (codes(answer), answer.decision.arm, answer.assignment, answer.stopped)
    assert actual == (("no_certificate",), None, None, stopped)


@pytest.mark.parametrize("stands", [RUNNING, FULL], ids=["running", "full"])
@pytest.mark.parametrize("scorer", [HIGH, LOW, None], ids=["above", "below", "none"])
def test_an_experiment_makes_the_contact_that_it_counted(stands: Standing, scorer: Scorer | None) -> None:
    """Also when it ended with its last contact: this one was counted."""
    answer = again(OF_EXPERIMENT, scorer=scorer, stands=stands)
    actual = (answer.decision.action, answer.decision.customer_would_thank.asked)
    assert actual == (Action.SEND, False)


@pytest.mark.parametrize(
    "experiment",
    [
        None,
        trial(id="x-2"),
        trial(until=NOW),
        trial(until=NOW, contacts=1000, stopped_at=NOW),
        trial(started_at=NOW + timedelta(seconds=1)),
    ],
    ids=["none", "another", "end", "full and end", "a clock that went back"],
)
@pytest.mark.parametrize("scorer", [HIGH, LOW, None], ids=["above", "below", "none"])
@pytest.mark.parametrize("contacted", [True, False])
def test_nothing_goes_for_an_experiment_that_is_over(
    experiment: Experiment | None, scorer: Scorer | None, *, contacted: bool
) -> None:
    """Neither for its own sake, nor drawn anew by another, nor by a certificate that was issued since."""
    before = replace(OF_EXPERIMENT, contacted=contacted)
    answer = again(before, scorer=scorer, stands=Standing(experiment=experiment))
    reason = answer.decision.reasons[-1]
    actual = (answer.decision.action, reason.code, reason.detail, answer.assignment, answer.decision.arm)
    assert actual == (Action.DENY, "no_certificate", "the experiment `x-1`, which drew this, is over", None, None)


@pytest.mark.parametrize(("days", "expected"), [(29, ()), (30, ("score_unavailable", "no_certificate"))])
@pytest.mark.parametrize("stands", [RUNNING, FULL], ids=["running", "full"])
def test_an_experiment_ends_by_the_real_clock_too(stands: Standing, days: int, expected: tuple[str, ...]) -> None:
    """Where decisions are dated by another one."""
    answer = again(OF_EXPERIMENT, scorer=None, stands=stands, present=NOW + timedelta(days=days))
    assert codes(answer) == expected


@pytest.mark.parametrize("before", [MODEL, POLICY_ONLY], ids=lambda one: one.arm.value)
def test_a_certificates_occasion_never_becomes_an_experiments(before: Assignment) -> None:
    """The same draw: without a certificate it is not drawn again in another layer."""
    answer = again(before, scorer=None, stands=Standing(experiment=trial(share=0.999)))
    actual = codes(answer)
    assert actual == ("score_unavailable", "no_certificate")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (made(Arm.HOLDOUT, contacted=False), ("held_out",)),
        (made(Arm.HOLDOUT, contacted=False, above=False), ("below_cutoff", "held_out")),
        (made(Arm.MODEL, contacted=False, above=False), ("below_cutoff",)),
        (made(Arm.EXPERIMENT, contacted=False, above=None), ("held_out",)),
        (made(Arm.MODEL, contacted=False), ("held_out",)),
    ],
)
def test_whom_chance_withheld_it_from_is_never_sent_it(before: Assignment, expected: tuple[str, ...]) -> None:
    """Not even where the score rose above the cut-off since, or the record makes no sense."""
    answer = again(before)
    actual = (answer.decision.action, codes(answer))
    assert actual == (Action.DENY, expected)


def test_the_policy_comes_first() -> None:
    """A refusal of the policy leaves the draw unasked: no arm, no propensity, no assignment to keep."""
    answer = again(MODEL, conversation_open=True)
    actual = (answer.decision.action, codes(answer), answer.decision.arm, answer.assignment)
    assert actual == (Action.HOLD, ("conversation_open",), None, None)


def test_essential_service_has_no_draw_to_take_up() -> None:
    """Even where a record claims one."""
    one, known = failed_delivery()
    (answer,) = decide(
        [one],
        [known],
        ids=["d-1"],
        now=NOW,
        policy=policy(),
        scorer=HIGH,
        exploration=Exploration(salt=b"s"),
        drawn=[made(Arm.HOLDOUT, contacted=False)],
    )
    actual = (answer.decision.action, answer.decision.arm, answer.assignment)
    assert actual == (Action.SEND, None, None)


def test_an_occasion_without_a_draw_is_drawn_beside_one_that_has_its_own() -> None:
    """Row by row: one on record, one for the first time."""
    ones = [candidate(user_id=name) for name in ("u-1", "u-2")]
    found = context().evidence
    assert found is not None
    answers = decide(
        ones,
        [context(evidence=replace(found, subject=one.user_id)) for one in ones],
        ids=["d-1", "d-2"],
        now=NOW,
        policy=policy(),
        scorer=replace(HIGH, shares=mostly("holdout")),
        exploration=Exploration(shares=mostly("holdout"), salt=b"s"),
        drawn=[MODEL, None],
    )
    actual = [one.decision.arm for one in answers]
    assert actual == [Arm.MODEL, Arm.HOLDOUT]


@pytest.mark.parametrize("above", [True, False, None])
@pytest.mark.parametrize("arm", list(Arm), ids=str)
@pytest.mark.parametrize("stopped", [True, False])
@pytest.mark.parametrize("over", [True, False])
def test_a_recorded_draw_contacts_no_more_than_it_did(
    arm: Arm, *, above: bool | None, stopped: bool, over: bool
) -> None:
    """Whatever is on record and whatever the score says: only who was contacted can be, and nobody while stopped."""
    over = over or stopped  # as `Draws.over` says
    above = None if stopped or (over and arm is Arm.EXPERIMENT) else above  # as `decide` withholds it
    thanks = Thanks({}, (0.0, 0.0, 0.0, 0.0), 0.0, above)
    told = []
    for contacted in (True, False):
        before = made(arm, contacted=contacted, above=above)
        now = drawn_before(before, above=above, over=over)
        told.append(now is not None and settle(thanks, now) == ())
    scored = above is True or (above is False and arm is Arm.POLICY_ONLY)
    expected = not over if arm is Arm.EXPERIMENT else scored
    assert told == [expected, False]
