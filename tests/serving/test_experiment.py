"""Deciding while an experiment runs, or while everything discretionary is stopped: who is asked, drawn and sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from model.contracts import Action, Arm, Candidate, Context, CustomerWouldThank, Shares
from serving.arms import Exploration
from serving.decide import decide
from serving.ports import Decided, Scorer
from serving.standing import Experiment, Standing
from tests.occasions import (
    NOW,
    RARE,
    FixedScorer,
    candidate,
    codes,
    context,
    decided,
    mostly,
    policy,
    standing,
    trial,
)
from tests.serving.test_decide import failed_delivery

SHARES = mostly("model")
CONTACTED, HELD_OUT = trial(share=1 - RARE), trial(share=RARE)


def under(experiment: Experiment | None = None, *, stopped: str | None = None, shares: Shares = SHARES) -> Exploration:
    """Return the arms under a standing."""
    return Exploration(shares=shares, salt=b"s", standing=replace(standing(stopped), experiment=experiment))


def group(size: int) -> tuple[list[Candidate], list[Context]]:
    """Return so many customers of the good occasion."""
    known = context()
    assert known.evidence is not None
    about = replace(known.evidence, subject=None)
    ones = [candidate(user_id=f"u-{number}") for number in range(size)]
    return ones, [replace(known, evidence=replace(about, subject=one.user_id)) for one in ones]


def together(size: int, experiment: Experiment, scorer: Scorer | None = None) -> list[Decided]:
    """Decide so many customers in one call."""
    ones, knowns = group(size)
    exploration = under(experiment)
    ids = [one.user_id for one in ones]
    return decide(ones, knowns, ids=ids, now=NOW, policy=policy(), scorer=scorer, exploration=exploration)


def test_what_an_experiment_contacts() -> None:
    """Sent without being scored: not asked, no figures, the share as propensity, the draw for the record."""
    answer = decided(scorer=None, exploration=under(trial(share=0.75)))
    one = answer.decision
    shown = (one.action, one.arm, one.logging_propensity, one.reasons, one.customer_would_thank)
    assert shown == (Action.SEND, Arm.EXPERIMENT, 0.75, (), CustomerWouldThank(asked=False))
    assert one.message is not None
    drawn = answer.assignment
    assert drawn is not None
    assert (drawn.arm, drawn.contacted, drawn.contact_probability, drawn.above, drawn.watch) == (
        Arm.EXPERIMENT,
        True,
        0.75,
        None,
        "x-1",
    )


def test_what_an_experiment_holds_out() -> None:
    """Denied for that alone, with the probability of having been withheld; nothing is sent."""
    answer = decided(scorer=None, exploration=under(HELD_OUT))
    one = answer.decision
    assert (one.action, codes(answer), one.arm, one.logging_propensity, one.message) == (
        Action.DENY,
        ("held_out",),
        Arm.EXPERIMENT,
        1 - RARE,
        None,
    )
    assert one.customer_would_thank == CustomerWouldThank(asked=False)
    assert one.agent_would_send.answer
    assert "experiment" in one.reasons[0].detail


@pytest.mark.parametrize(("experiment", "verdict"), [(CONTACTED, "pass"), (HELD_OUT, "refuse")])
def test_of_the_score_s_codes_only_the_draw_was_asked(experiment: Experiment, verdict: str) -> None:
    """The record does not claim that a certificate was found, or a cut-off reached."""
    verdicts = decided(scorer=None, exploration=under(experiment)).verdicts
    asked = ("score_unavailable", "no_certificate", "below_cutoff", "held_out", "outranked")
    assert [verdicts[code] for code in asked] == ["not_asked", "not_asked", "not_asked", verdict, "not_asked"]


@pytest.mark.parametrize(
    "scorer",
    [
        None,
        FixedScorer(cutoff=None),
        FixedScorer(scope=()),
        FixedScorer(shares=Shares()),
        FixedScorer(watched=False),
        FixedScorer(cutoff=float("nan")),
        FixedScorer(cutoff=None, fails=RuntimeError()),
        FixedScorer(cutoff=None, net_benefit=float("nan")),
        FixedScorer(cutoff=None, net_benefit=-1e9),
    ],
    ids=["none", "none issued", "scope", "other shares", "unwatched", "no number", "fails", "no score", "bad score"],
)
def test_rows_that_no_certificate_covers_are_the_experiment_s(scorer: FixedScorer | None) -> None:
    """Whatever is missing; without the experiment the same rows are `no_certificate`."""
    in_it = decided(scorer=scorer, exploration=under(CONTACTED)).decision
    held_out = decided(scorer=scorer, exploration=under(HELD_OUT))
    without = decided(scorer=scorer, exploration=under())
    assert (in_it.arm, in_it.trigger) == (Arm.EXPERIMENT, True)
    assert (codes(held_out), held_out.decision.customer_would_thank.asked) == (("held_out",), False)
    assert (without.decision.trigger, "no_certificate" in codes(without), without.assignment) == (False, True, None)


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (FixedScorer(), ((), Arm.MODEL)),
        (FixedScorer(net_benefit=0.001), (("below_cutoff",), Arm.MODEL)),
        (FixedScorer(net_benefit=float("nan")), (("score_unavailable",), None)),
        (FixedScorer(fails=RuntimeError()), (("score_unavailable",), None)),
    ],
)
def test_where_a_certificate_covers_the_row_the_experiment_has_no_say(scorer: FixedScorer, expected: Any) -> None:
    """Neither does it send what the model would not, nor take a place for it."""
    answer = decided(scorer=scorer, exploration=under(CONTACTED))
    again = decided(scorer=scorer, exploration=under(HELD_OUT))
    assert ((codes(answer), answer.decision.arm), again.decision) == (expected, answer.decision)


def test_a_certificate_s_draw_is_recorded_with_its_watch() -> None:
    """Under default shares: arm, side, probability and the certificate's key."""
    for net_benefit, e in ((0.02, 0.95), (0.001, 0.02)):
        answer = decided(scorer=FixedScorer(net_benefit=net_benefit), exploration=Exploration(salt=b"s"))
        drawn = answer.assignment
        assert drawn is not None
        assert (drawn.arm, drawn.contacted, drawn.contact_probability, drawn.above, drawn.watch) == (
            answer.decision.arm,
            answer.decision.trigger,
            e,
            net_benefit == 0.02,
            "certificate",
        )


@pytest.mark.parametrize("places", [0, 1, 2, 7, 30])
def test_one_call_never_makes_more_contacts_than_are_left(places: int) -> None:
    """Rows in order; once the places are gone the rest is `no_certificate`, without a draw."""
    answers = together(60, trial(max_contacts=100, contacts=100 - places))
    sent = [answer.decision.trigger for answer in answers]
    over = [codes(answer) == ("score_unavailable", "no_certificate") for answer in answers]
    drawn = [answer.assignment is not None for answer in answers]
    first_over = over.index(True) if any(over) else 60
    assert (sum(sent) <= places, sum(sent) == places or not any(over)) == (True, True)
    assert over == [number >= first_over for number in range(60)]
    assert drawn == [number < first_over for number in range(60)]


def test_what_is_not_in_the_experiment_takes_no_place() -> None:
    """Refused, held, essential and certified rows stand between: the five places go to the five others."""
    ones, knowns = group(10)
    essential, failed = failed_delivery()
    others = [(ones[0], replace(knowns[0], opted_out=True)), (ones[1], replace(knowns[1], complaint_open=True))]
    rows = [*others, (essential, failed), *zip(ones[2:7], knowns[2:7], strict=True), *others]
    answers = decide(
        [one for one, _ in rows],
        [known for _, known in rows],
        ids=["d"] * len(rows),
        now=NOW,
        policy=policy(),
        scorer=None,
        exploration=under(replace(CONTACTED, max_contacts=5)),
    )
    assert [answer.decision.arm for answer in answers] == [None] * 3 + [Arm.EXPERIMENT] * 5 + [None] * 2
    assert [answer.decision.trigger for answer in answers] == [False, False, *[True] * 6, False, False]


def test_the_share_is_the_frequency() -> None:
    """4,000 customers at a share of .3: as many sends as it says, each logged as what it was."""
    answers = together(4000, trial(share=0.3, max_contacts=10_000))
    sent = sum(answer.decision.trigger for answer in answers) / 4000
    logged = {(answer.decision.trigger, answer.decision.logging_propensity) for answer in answers}
    assert (abs(sent - 0.3) < 4 * (0.21 / 4000) ** 0.5, logged) == (True, {(True, 0.3), (False, 0.7)})


def test_a_retry_in_an_experiment_gets_the_same_draw() -> None:
    """Later, with another model, in another experiment: still out, or still in."""
    for user in ("u-1", "u-2", "u-3", "u-4"):
        found = context().evidence
        assert found is not None
        one, known = candidate(user_id=user), context(evidence=replace(found, subject=user))
        first = decided(one, known, scorer=None, exploration=under(trial())).decision.trigger
        later = NOW + timedelta(minutes=9)
        again = under(trial(id="x-2", now=later))
        assert decided(one, known, now=later, scorer=FixedScorer(scope=()), exploration=again).decision.trigger == first


def test_a_plan_knows_no_experiment() -> None:
    """Nothing is drawn in a plan; what no certificate covers is not sent."""
    answer = decided(scorer=None, exploration=None)
    assert (codes(answer), answer.assignment, answer.stopped) == (("score_unavailable", "no_certificate"), None, None)


@pytest.mark.parametrize("stopped", ["tripped", "silent"])
@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (FixedScorer(), ("no_certificate",)),
        (FixedScorer(net_benefit=1e9), ("no_certificate",)),
        (FixedScorer(net_benefit=0.001), ("no_certificate",)),
        (FixedScorer(net_benefit=float("nan")), ("score_unavailable", "no_certificate")),
        (None, ("score_unavailable", "no_certificate")),
    ],
    ids=["above", "far above", "below", "no score", "no model"],
)
@pytest.mark.parametrize("experiment", [None, CONTACTED], ids=["alone", "in an experiment"])
@pytest.mark.parametrize("arm", ["model", "policy_only", "holdout"])
def test_what_is_stopped_is_stopped(
    stopped: str, scorer: FixedScorer | None, expected: tuple[str, ...], experiment: Experiment | None, arm: str
) -> None:
    """In every arm, with every score, in an experiment or not: denied, undrawn, and the record says by what."""
    answer = decided(scorer=scorer, exploration=under(experiment, stopped=stopped, shares=mostly(arm)))
    one = answer.decision
    actual = (one.action, codes(answer), one.arm, one.logging_propensity, answer.assignment, answer.stopped)
    assert actual == (Action.DENY, expected, None, None, None, stopped)
    assert (one.customer_would_thank.answer, one.customer_would_thank.cutoff) == (False, None)


@pytest.mark.parametrize(
    ("stopped", "detail", "would_change"),
    [
        (
            "tripped",
            "the monitor tripped on opt-outs at 2026-11-20T09:00:00Z; everything discretionary waits until",
            "a named person's `outreach monitor release`",
        ),
        (
            "silent",
            "messages went out for 14 days, since 2026-11-05T11:00:00Z, and no outcome was reported: whoever",
            "a reported outcome",
        ),
        (
            None,
            "no issued certificate covers this purpose, this channel and these shares of the arms now",
            "a certificate in force for this purpose, channel and arms, or an experiment that a named person starts",
        ),
    ],
)
def test_the_reason_says_since_when_why_and_who_ends_it(stopped: str | None, detail: str, would_change: str) -> None:
    """Three ways to have no certificate, one code."""
    scorer = FixedScorer() if stopped else FixedScorer(scope=())
    [reason] = decided(scorer=scorer, exploration=under(stopped=stopped)).decision.reasons
    said = (reason.code, reason.detail.startswith(detail), reason.would_change)
    assert said == ("no_certificate", True, would_change)


@pytest.mark.parametrize("stopped", ["tripped", "silent"])
def test_what_is_stopped_had_to_be_asked_first(stopped: str) -> None:
    """Essential service goes; what the policy refuses or holds keeps its own reasons, and was not stopped by this."""
    exploration = under(CONTACTED, stopped=stopped)
    pairs = [failed_delivery(), (candidate(), context(opted_out=True)), (candidate(), context(complaint_open=True))]
    stopped_ones = [decided(*pair, exploration=exploration) for pair in pairs]
    free = [decided(*pair, exploration=under(CONTACTED)) for pair in pairs]
    assert [one.decision for one in stopped_ones] == [one.decision for one in free]
    assert [one.stopped for one in stopped_ones] == [None] * 3


def test_the_trip_comes_before_the_silence() -> None:
    """Both at once are one reason, and the person's release is what is missing first."""
    both = replace(standing("tripped"), silent_since=NOW - timedelta(days=20))
    answer = decided(exploration=Exploration(shares=SHARES, salt=b"s", standing=both))
    assert (answer.stopped, "tripped on opt-outs" in answer.decision.reasons[0].detail) == ("tripped", True)


def test_a_standing_of_nothing_changes_nothing() -> None:
    """As before there were experiments and a monitor."""
    plain = decided(exploration=Exploration(shares=SHARES, salt=b"s"))
    assert decided(exploration=Exploration(shares=SHARES, salt=b"s", standing=Standing())) == plain


def arms_of(answers: Sequence[Decided]) -> set[str | None]:
    """Return the arms of answers."""
    return {answer.decision.arm for answer in answers}


def test_one_call_can_hold_both_a_certificate_and_an_experiment() -> None:
    """The pair in scope is the model's, the other one the experiment's."""
    scorer = FixedScorer(scope=(("delivery_update", "chat"),), shares=SHARES)
    ones, knowns = group(20)
    mixed = [replace(one, channel="sms") if number % 2 else one for number, one in enumerate(ones)]
    exploration = under(trial())
    ids = [one.user_id for one in mixed]
    answers = decide(mixed, knowns, ids=ids, now=NOW, policy=policy(), scorer=scorer, exploration=exploration)
    assert (arms_of(answers[::2]), arms_of(answers[1::2])) == ({Arm.MODEL}, {Arm.EXPERIMENT})
