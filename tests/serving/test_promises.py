"""The promises of the house over random occasions (`tests.drawing`); 3, 4 and 5 are in `policy/test_theorems.py`."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Action, Arm, Candidate, MarketingPurpose, Shares
from model.errors import InvalidInput
from serving import judging
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.engine import Filter
from serving.policy.limits import Limits, tighten
from serving.policy.reasons import CATALOGUE, POLICY_CODES, REASONS
from serving.policy.rules import FILTERS
from serving.standing import Standing
from tests.drawing import EXAMPLES, FEWER, Drawn, drawn, in_experiment, occasions
from tests.occasions import (
    ALL_MODEL,
    NOW,
    RARE,
    FixedScorer,
    candidate,
    codes,
    context,
    decided,
    mostly,
    policy,
    sent_at,
    standing,
)
from tests.spoiling import UNKNOWABLE

ROOT = Path(__file__).parents[2]


@EXAMPLES
@given(occasions)
def test_promise_1_no_word_replaces_evidence(drawn_one: Drawn) -> None:
    """Without its recorded event nothing goes out, and no flag in any field makes a difference."""
    one, known, now, _ = drawn_one
    bare = [(replace(one, evidence=None), known), (one, replace(known, evidence=None))]
    assert [decided(*pair, now=now).decision.action for pair in bare] == [Action.DENY] * 2
    flags = {"override": True, "urgent": True, "priority": "critical", "essential": True, "force": 1}
    flagged = replace(one, attributes={**one.attributes, **flags})
    assert decided(flagged, known, now=now).decision == decided(one, known, now=now).decision


@pytest.mark.parametrize("word", [*MarketingPurpose, "urgent", "Delivery_Update", "delivery_update ", ""])
def test_promise_1_no_other_purpose_is_ever_sent(word: str) -> None:
    """Marketing by name, and every word that is not exactly one of the nine: refused for that very reason."""
    answer = decided(candidate(purpose=word))
    expected = "purpose_is_marketing" if word in set(MarketingPurpose) else "purpose_unknown"
    assert (answer.decision.action, codes(answer)[0]) == (Action.DENY, expected)


def test_promise_1_there_is_no_override() -> None:
    """Neither the candidate nor the limits have a field that says so, and no unknown limit is taken."""
    names = {field.name for kind in (Candidate, Limits) for field in fields(kind)}
    suspicious = {
        name for name in names if any(word in name for word in ("override", "force", "urgent", "bypass", "skip"))
    }
    assert suspicious == set()
    for name in ("override", "allow", "waive", "purposes", "evidence"):
        with pytest.raises(InvalidInput):
            tighten(Limits(), {name: True})


@pytest.mark.parametrize("name", UNKNOWABLE)
def test_promise_2_unknown_means_no(name: str) -> None:
    """Over random occasions: not knowing never sends what knowing would not, and refuses where the answer matters."""
    matters = 0
    for seed in range(120):
        one, known, now, _ = drawn(seed)
        before = decided(one, known, now=now).decision
        after = decided(one, replace(known, unknown=known.unknown | {name}), now=now).decision
        assert after.trigger <= before.trigger
        matters += after != before
    assert matters > 0


def test_promise_2_an_empty_policy_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost filters are not permission, not even for essential service."""
    monkeypatch.setattr(judging, "FILTERS", ())
    answers = [decided(*drawn(seed)[:2], now=drawn(seed)[2]) for seed in range(40)]
    assert {codes(answer) for answer in answers} == {("filter_failed",)}


@pytest.mark.parametrize("lost", range(len(FILTERS)), ids=[each.code for each in FILTERS])
def test_promise_2_a_failing_filter_refuses(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """Whichever filter raises, what would have been sent is denied with `filter_failed`."""

    def explodes(*_: object) -> Any:
        raise MemoryError

    broken = [Filter(each.code, explodes) if place == lost else each for place, each in enumerate(FILTERS)]
    monkeypatch.setattr(judging, "FILTERS", tuple(broken))
    answer = decided()
    assert (answer.decision.action, codes(answer)) == (Action.DENY, ("filter_failed",))


@EXAMPLES
@given(occasions)
def test_promise_6_every_filter_is_heard(drawn_one: Drawn) -> None:
    """Reasons are exactly the refusing verdicts, in the catalogue's order, each with what would change it."""
    one, known, now, draw = drawn_one
    net_benefit = draw.pick([0.001, 0.02])
    answer = decided(one, known, now=now, scorer=FixedScorer(net_benefit=net_benefit))
    refusing = [entry.code for entry in CATALOGUE if answer.verdicts[entry.code] == "refuse"]
    assert list(codes(answer)) == refusing
    assert all(reason.detail and reason.would_change for reason in answer.decision.reasons)
    assert all(reason.outcome is REASONS[reason.code].outcome for reason in answer.decision.reasons)
    assert answer.decision.agent_would_send.reasons == tuple(code for code in refusing if code in POLICY_CODES)


def test_promise_6_no_reason_hides_another() -> None:
    """Ten things wrong at once are ten reasons."""
    known = context(
        superseded=True,
        already_told=True,
        consent=False,
        opted_out=True,
        complaint_open=True,
        conversation_open=True,
        approval="none",
        last_inbound_at=NOW,
        **sent_at(timedelta(minutes=1)),
    )
    expected = (
        "fact_superseded",
        "already_told",
        "customer_already_knows",
        "template_not_approved",
        "consent_missing",
        "opted_out",
        "timezone_unknown",
        "frequency_cap",
        "complaint_open",
        "conversation_open",
    )
    assert codes(decided(candidate(timezone=None), known)) == expected


REPLAY = """
from tests.occasions import decided
from tests.scenarios import INSTANTS, Draw, occasion
draw = Draw(3)
for place in range(60):
    now = draw.pick(INSTANTS)
    print(decided(*occasion(draw, now, trouble=0.15), now=now))
"""


def test_promise_8_a_decision_replays_to_the_same_bytes() -> None:
    """Two processes with different hash seeds and local zones say the same, to the last character."""
    said = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", REPLAY], cwd=ROOT, env=environment, capture_output=True, check=True, timeout=120
        )
        said.append(done.stdout)
    assert said[0] == said[1]
    assert said[0].count(b"Decided(") == 60


@EXAMPLES
@given(occasions)
def test_promise_8_deciding_changes_nothing(drawn_one: Drawn) -> None:
    """Asked twice, the answer is the same; candidate and context are as before."""
    one, known, now, _ = drawn_one
    copies = repr((one, known))
    assert decided(one, known, now=now) == decided(one, known, now=now)
    assert repr((one, known)) == copies


@EXAMPLES
@given(occasions)
def test_promise_10_chance_comes_after_every_filter(drawn_one: Drawn) -> None:
    """What is refused or essential is never drawn; what is drawn passed everything; no arm permits anything."""
    one, known, now, _ = drawn_one
    for arm in ("model", "policy_only", "holdout"):
        exploration = Exploration(shares=mostly(arm), salt=b"s")
        answer = decided(one, known, now=now, exploration=exploration)
        scored = answer.decision.agent_would_send.answer and not answer.essential
        assert (answer.decision.arm is not None) == scored
        assert (answer.decision.logging_propensity is not None) == scored
        assert answer.decision.trigger <= answer.decision.agent_would_send.answer
        if answer.essential:
            assert answer.decision == decided(one, known, now=now).decision


@FEWER
@given(occasions, st.sampled_from([None, FixedScorer(), FixedScorer(cutoff=None)]))
def test_promise_10_an_experiment_comes_after_every_filter(drawn_one: Drawn, scorer: FixedScorer | None) -> None:
    """It draws what passed, is not essential and has no certificate, and nothing else; its coin only ever withholds."""
    one, known, now, _ = drawn_one
    usual = decided(one, known, now=now)
    certified = scorer is not None and scorer.cutoff is not None
    for draws in ("contacted", "held_out"):
        answer = decided(one, known, now=now, scorer=scorer, exploration=in_experiment(draws, now))
        passed = answer.decision.agent_would_send.answer and not answer.essential
        drawn_here = answer.decision.arm is Arm.EXPERIMENT
        assert drawn_here == (passed and not certified)
        assert answer.decision.agent_would_send == usual.decision.agent_would_send
        if drawn_here:
            assert answer.decision.trigger == (draws == "contacted")
            assert answer.decision.logging_propensity == 1 - RARE
        else:
            assert answer.decision == decided(one, known, now=now, scorer=scorer).decision


@FEWER
@given(occasions, st.sampled_from(["contacted", "held_out"]), st.sampled_from(["tripped", "silent", None]))
def test_promise_10_what_is_drawn_is_recorded_exactly(drawn_one: Drawn, draws: str, stopped: str | None) -> None:
    """An assignment stands exactly where an arm does; it says what was done, and its e is what the propensity says."""
    one, known, now, draw = drawn_one
    scorer = draw.pick([None, FixedScorer(), FixedScorer(net_benefit=0.001)])
    shares = draw.pick([Shares(), mostly("holdout")])
    stands = replace(standing(stopped, now=now), experiment=in_experiment(draws, now).standing.experiment)
    answer = decided(
        one, known, now=now, scorer=scorer, exploration=Exploration(shares=shares, salt=b"s", standing=stands)
    )
    told, drawn_as = answer.decision, answer.assignment
    assert (drawn_as is None) == (told.arm is None) == (told.logging_propensity is None)
    if drawn_as is not None and told.logging_propensity is not None:
        assert (drawn_as.arm, drawn_as.contacted, stopped) == (told.arm, told.trigger, None)
        e = told.logging_propensity if told.trigger else 1 - told.logging_propensity
        assert abs(e - drawn_as.contact_probability) < 1e-12


@pytest.mark.parametrize(("net_benefit", "expected"), [(0.02, 0.95), (0.001, 0.02)])
def test_promise_10_the_logged_propensity_is_the_frequency(net_benefit: float, expected: float) -> None:
    """4,000 occasions under the default shares: as many sends as the propensities say, each logged as what it was."""
    many = 4000
    ones = [candidate(user_id=f"u-{place}") for place in range(many)]
    base = context()
    found = base.evidence
    assert found is not None
    knowns = [replace(base, evidence=replace(found, subject=one.user_id)) for one in ones]
    answers = decide(
        ones,
        knowns,
        ids=["d"] * many,
        now=NOW,
        policy=policy(),
        scorer=FixedScorer(net_benefit=net_benefit),
        exploration=Exploration(salt=b"s"),
    )
    sent = np.array([answer.decision.trigger for answer in answers])
    logged = {(one.decision.trigger, one.decision.logging_propensity) for one in answers}
    assert logged == {(True, expected), (False, round(1 - expected, 12))}
    assert abs(sent.mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / many)
    assert {answer.decision.arm for answer in answers} == {Arm.MODEL, Arm.POLICY_ONLY, Arm.HOLDOUT}


@EXAMPLES
@given(
    occasions,
    st.sampled_from([None, FixedScorer(cutoff=None), FixedScorer(scope=()), FixedScorer(net_benefit=float("nan"))]),
)
def test_promise_11_no_certificate_no_discretionary_send(drawn_one: Drawn, scorer: FixedScorer | None) -> None:
    """In no arm; essential service goes out as if nothing were missing."""
    one, known, now, draw = drawn_one
    shares = draw.pick([ALL_MODEL, Exploration(shares=mostly("policy_only"), salt=b"s")])
    answer = decided(one, known, now=now, scorer=scorer, exploration=shares)
    with_model = decided(one, known, now=now)
    assert answer.decision.trigger == (with_model.decision.trigger and with_model.essential)


@FEWER
@given(occasions, st.sampled_from([None, FixedScorer(cutoff=None), FixedScorer(scope=()), FixedScorer(watched=False)]))
def test_promise_11_only_an_experiment_sends_without_a_certificate(
    drawn_one: Drawn, scorer: FixedScorer | None
) -> None:
    """One that runs, has places left and was started by somebody: bounded, filtered, and over when it is over."""
    one, known, now, _ = drawn_one
    passed = decided(one, known, now=now).decision.agent_would_send.answer
    essential = decided(one, known, now=now).essential
    running = in_experiment("contacted", now)
    sent = decided(one, known, now=now, scorer=scorer, exploration=running).decision.trigger
    assert sent == passed
    experiment = running.standing.experiment
    assert experiment is not None
    over: list[dict[str, Any]] = [
        {"contacts": experiment.max_contacts},
        {"stopped_at": now},
        {"until": now},
        {"started_at": now + timedelta(seconds=1)},
    ]
    for changes in over:
        ended = replace(running, standing=Standing(experiment=replace(experiment, **changes)))
        without = decided(one, known, now=now, scorer=scorer, exploration=ended).decision
        assert without.trigger == (passed and essential)


@FEWER
@given(occasions, st.sampled_from(["tripped", "silent"]))
def test_promise_11_a_trip_stops_all_but_essential_service(drawn_one: Drawn, stopped: str) -> None:
    """With the best of certificates and in every arm; essential service does not notice."""
    one, known, now, draw = drawn_one
    usual = decided(one, known, now=now)
    under = Exploration(
        shares=mostly(draw.pick(["model", "policy_only"])), salt=b"s", standing=standing(stopped, now=now)
    )
    answer = decided(one, known, now=now, exploration=under)
    assert answer.decision.trigger == (usual.decision.trigger and usual.essential)
    if usual.essential or not usual.decision.agent_would_send.answer:
        assert answer.decision == usual.decision
    else:
        assert (codes(answer), answer.stopped, answer.assignment) == (("no_certificate",), stopped, None)
