"""The promises of the house and Cedar's theorems, over random occasions (`tests.scenarios`)."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.contracts import Action, Arm, Candidate, Context, MarketingPurpose, Purpose, Shares
from model.errors import InvalidInput
from serving import decide as decide_module
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.engine import Filter, rule
from serving.policy.limits import TIGHTER, Limits, tighten
from serving.policy.policy import make_policy
from serving.policy.reasons import CATALOGUE, POLICY_CODES, REASONS, SCORE_CODES
from serving.policy.rows import columns_of
from serving.policy.rules import FILTERS
from serving.standing import Standing
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
    shipped,
    standing,
    trial,
)
from tests.scenarios import INSTANTS, UNKNOWABLE, Draw, occasion

ROOT = Path(__file__).parents[2]
ANY_SCORE = [-1.0, 0.0039, 0.004, 1e9, float("nan"), float("inf"), float("-inf")]
EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
FEWER = settings(EXAMPLES, max_examples=70)  # where each example is decided several times


def drawn(seed: int) -> tuple[Candidate, Context, datetime, Draw]:
    """Return a random occasion, mostly good, with its clock."""
    draw = Draw(seed)
    now = draw.pick([NOW, *INSTANTS])
    return *occasion(draw, now, trouble=draw.pick([0.0, 0.01, 0.05])), now, draw


occasions = st.integers(0, 2**31).map(drawn)


def in_experiment(draws: str, now: datetime) -> Exploration:
    """Return the arms while an experiment runs that leaves chance no choice: `contacted` or `held_out`."""
    share = 1 - RARE if draws == "contacted" else RARE
    return replace(ALL_MODEL, standing=Standing(experiment=trial(now=now, share=share)))


@EXAMPLES
@given(occasions)
def test_promise_1_no_word_replaces_evidence(drawn_one: tuple[Candidate, Context, datetime, Draw]) -> None:
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
    monkeypatch.setattr(decide_module, "FILTERS", ())
    answers = [decided(*drawn(seed)[:2], now=drawn(seed)[2]) for seed in range(40)]
    assert {codes(answer) for answer in answers} == {("filter_failed",)}


@pytest.mark.parametrize("lost", range(len(FILTERS)), ids=[each.code for each in FILTERS])
def test_promise_2_a_failing_filter_refuses(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """Whichever filter raises, what would have been sent is denied with `filter_failed`."""

    def explodes(*_: object) -> Any:
        raise MemoryError

    broken = [Filter(each.code, explodes) if place == lost else each for place, each in enumerate(FILTERS)]
    monkeypatch.setattr(decide_module, "FILTERS", tuple(broken))
    answer = decided()
    assert (answer.decision.action, codes(answer)) == (Action.DENY, ("filter_failed",))


@EXAMPLES
@given(occasions, st.sampled_from(ANY_SCORE))
def test_promise_3_score_never_permits(drawn_one: tuple[Candidate, Context, datetime, Draw], value: float) -> None:
    """What the policy refuses stays refused with the same reasons, whatever the model says, or if it dies saying it."""
    one, known, now, _ = drawn_one
    agent = decided(one, known, now=now).decision
    for scorer in (FixedScorer(net_benefit=value), FixedScorer(fails=RuntimeError()), None):
        again = decided(one, known, now=now, scorer=scorer).decision
        assert again.agent_would_send == agent.agent_would_send
        if not agent.agent_would_send.answer:
            assert again == replace(agent, model_version=again.model_version)


@FEWER
@given(occasions, st.sampled_from(ANY_SCORE), st.sampled_from(["contacted", "held_out"]))
def test_promise_3_score_never_permits_in_an_experiment(
    drawn_one: tuple[Candidate, Context, datetime, Draw], value: float, draws: str
) -> None:
    """With an experiment running, a score turns no refusal into a send, nor what the experiment holds out."""
    one, known, now, _ = drawn_one
    running = in_experiment(draws, now)
    without = decided(one, known, now=now, scorer=None, exploration=running)
    scorers = (FixedScorer(net_benefit=value, cutoff=None), FixedScorer(fails=RuntimeError(), cutoff=None))
    for scorer in (*scorers, FixedScorer(net_benefit=value, scope=())):
        again = decided(one, known, now=now, scorer=scorer, exploration=running)
        assert again.decision == replace(without.decision, model_version=again.decision.model_version)
        assert (again.assignment, again.verdicts) == (without.assignment, without.verdicts)
    certified = decided(one, known, now=now, scorer=FixedScorer(net_benefit=value), exploration=running)
    assert certified.decision.trigger <= certified.decision.agent_would_send.answer
    if not without.decision.agent_would_send.answer:
        assert certified.decision == replace(without.decision, model_version=certified.decision.model_version)


@FEWER
@given(occasions, st.sampled_from(ANY_SCORE), st.sampled_from(["tripped", "silent"]), st.booleans())
def test_promise_3_score_never_permits_what_is_stopped(
    drawn_one: tuple[Candidate, Context, datetime, Draw],
    value: float,
    stopped: str,
    in_one: bool,  # noqa: FBT001  (drawn, not called)
) -> None:
    """No score and no experiment sends while the monitor has tripped or nobody reports."""
    one, known, now, _ = drawn_one
    under = replace(standing(stopped, now=now), experiment=trial(now=now, share=1 - RARE) if in_one else None)
    exploration = replace(ALL_MODEL, standing=under)
    answer = decided(one, known, now=now, scorer=FixedScorer(net_benefit=value), exploration=exploration)
    assert answer.decision.trigger <= answer.essential


OVERRIDES: dict[str, list[Any]] = {
    "quiet_start": ["21:00", "20:15", "18:00"],
    "quiet_end": ["08:00", "09:30", "11:00"],
    "contacts_60m": [1, 0],
    "contacts_24h": [2, 1, 0],
    "contacts_7d": [5, 2],
    "essential_24h": [10, 1, 0],
    "cooling_off_days": [14, 60],
    "dismissal_days": [30, 365],
    "dwell_seconds": [30, 400],
    "widget_per_session": [1, 0],
    "evidence_hours": [24, 1, 0],
    "essential_hours": [72, 1],
    "widget_minutes": [5, 1],
    "switched_off": [[], ["delivery_update"], ["onboarding", "remediation"]],
    "channels_off": [[], ["chat"], ["widget", "email"]],
    "opt_out_binds": [[], ["chat", "sms", "email", "push"]],
}


@EXAMPLES
@given(occasions, st.fixed_dictionaries({}, optional={name: st.sampled_from(OVERRIDES[name]) for name in OVERRIDES}))
def test_promise_4_configuration_only_tightens(
    drawn_one: tuple[Candidate, Context, datetime, Draw], overrides: dict[str, Any]
) -> None:
    """Whatever configuration is accepted, it sends nothing that the default would not send."""
    one, known, now, _ = drawn_one
    tightened = make_policy(tighten(Limits(), overrides), shipped())
    strict = decided(one, known, now=now, rules=tightened).decision
    assert strict.trigger <= decided(one, known, now=now).decision.trigger


def test_promise_4_every_limit_is_tried() -> None:
    """The property above leaves no limit out."""
    assert set(OVERRIDES) == set(TIGHTER)


Harm = Callable[[Candidate, Context, datetime], tuple[Candidate, Context]]


def on_context(**changes: Any) -> Harm:
    """Return the harm that changes the context so."""
    return lambda one, known, _: (one, replace(known, **changes))


def staler(one: Candidate, known: Context, _: datetime) -> tuple[Candidate, Context]:
    """Age the evidence by two hours."""
    found = known.evidence
    return one, known if found is None else replace(
        known, evidence=replace(found, time=found.time - timedelta(hours=2))
    )


def contacted(one: Candidate, known: Context, now: datetime) -> tuple[Candidate, Context]:
    """Add a contact of five minutes ago to what is listed and counted."""
    counts = {name: getattr(known, name) + 1 for name in ("contacts_60m", "contacts_24h", "contacts_7d")}
    return one, replace(known, contacts=(now - timedelta(minutes=5), *known.contacts), **counts)


def complained(one: Candidate, known: Context, now: datetime) -> tuple[Candidate, Context]:
    """Let the customer complain an hour ago."""
    return one, replace(known, last_complaint_at=now - timedelta(hours=1))


def dismissed(one: Candidate, known: Context, now: datetime) -> tuple[Candidate, Context]:
    """Let the customer dismiss such a message now."""
    return one, replace(known, dismissed_at=now)


def wrote(one: Candidate, known: Context, now: datetime) -> tuple[Candidate, Context]:
    """Let the customer write about it just now."""
    return one, replace(known, last_inbound_at=now + timedelta(seconds=1))


def elsewhere(one: Candidate, known: Context, _: datetime) -> tuple[Candidate, Context]:
    """Let another source place a customer whose zone is given in another one."""
    return one, known if one.timezone is None or known.timezone else replace(known, timezone="Asia/Tokyo")


HARMS: dict[str, Harm] = {
    "opted out": on_context(opted_out=True),
    "consent withdrawn": on_context(consent=False),
    "complaint open": on_context(complaint_open=True),
    "conversation open": on_context(conversation_open=True),
    "breaker open": on_context(breaker_open=True),
    "superseded": on_context(superseded=True),
    "already told": on_context(already_told=True),
    "approval withdrawn": on_context(approval="none"),
    "approval outdated": on_context(approval="changed"),
    "session gone": on_context(session=None),
    "staler": staler,
    "one more contact": contacted,
    "complained": complained,
    "dismissed": dismissed,
    "wrote about it": wrote,
    "another zone": elsewhere,
}


@pytest.mark.parametrize("name", list(HARMS))
def test_promise_5_more_harm_never_permits(name: str) -> None:
    """Over random occasions: with the harm added, whatever is sent would have been sent without it."""
    prevented = 0
    for seed in range(250):
        one, known, now, _ = drawn(seed)
        before = decided(one, known, now=now).decision
        after = decided(*HARMS[name](one, known, now), now=now).decision
        assert after.trigger <= before.trigger, (seed, one, known)
        prevented += before.trigger and not after.trigger
    assert prevented > 0


@EXAMPLES
@given(occasions)
def test_promise_6_every_filter_is_heard(drawn_one: tuple[Candidate, Context, datetime, Draw]) -> None:
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
def test_promise_8_deciding_changes_nothing(drawn_one: tuple[Candidate, Context, datetime, Draw]) -> None:
    """Asked twice, the answer is the same; candidate and context are as before."""
    one, known, now, _ = drawn_one
    copies = repr((one, known))
    assert decided(one, known, now=now) == decided(one, known, now=now)
    assert repr((one, known)) == copies


@EXAMPLES
@given(occasions)
def test_promise_10_chance_comes_after_every_filter(drawn_one: tuple[Candidate, Context, datetime, Draw]) -> None:
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
def test_promise_10_an_experiment_comes_after_every_filter(
    drawn_one: tuple[Candidate, Context, datetime, Draw], scorer: FixedScorer | None
) -> None:
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
def test_promise_10_what_is_drawn_is_recorded_exactly(
    drawn_one: tuple[Candidate, Context, datetime, Draw], draws: str, stopped: str | None
) -> None:
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
def test_promise_11_no_certificate_no_discretionary_send(
    drawn_one: tuple[Candidate, Context, datetime, Draw], scorer: FixedScorer | None
) -> None:
    """In no arm; essential service goes out as if nothing were missing."""
    one, known, now, draw = drawn_one
    shares = draw.pick([ALL_MODEL, Exploration(shares=mostly("policy_only"), salt=b"s")])
    answer = decided(one, known, now=now, scorer=scorer, exploration=shares)
    with_model = decided(one, known, now=now)
    assert answer.decision.trigger == (with_model.decision.trigger and with_model.essential)


@FEWER
@given(occasions, st.sampled_from([None, FixedScorer(cutoff=None), FixedScorer(scope=()), FixedScorer(watched=False)]))
def test_promise_11_only_an_experiment_sends_without_a_certificate(
    drawn_one: tuple[Candidate, Context, datetime, Draw], scorer: FixedScorer | None
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
def test_promise_11_a_trip_stops_all_but_essential_service(
    drawn_one: tuple[Candidate, Context, datetime, Draw], stopped: str
) -> None:
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


@pytest.mark.parametrize("channel", ["chat", "widget", "push", "sms", "email", "whatsapp"])
@pytest.mark.parametrize("purpose", [*Purpose])
def test_default_deny(purpose: Purpose, channel: str) -> None:
    """A customer about whom nothing is on record is never written to, for any purpose on any channel."""
    empty = [Candidate(user_id="u", purpose=purpose, channel=channel), candidate(purpose=purpose, channel=channel)]
    assert [decided(one, Context()).decision.action for one in empty] == [Action.DENY] * 2


@EXAMPLES
@given(occasions)
def test_deny_trumps_send(drawn_one: tuple[Candidate, Context, datetime, Draw]) -> None:
    """One deny among any number of passes denies, one hold without a deny holds, and only nothing at all sends."""
    one, known, now, _ = drawn_one
    read = columns_of([one], [known], now=now, policy=policy())
    refusing = rule(read.columns, Limits(), FILTERS).codes(0)
    outcomes = {REASONS[code].outcome for code in refusing}
    action = decided(one, known, now=now).decision.action
    late = "expired" in decided(one, known, now=now).decision.agent_would_send.reasons
    expected = Action.DENY if Action.DENY in outcomes or late else Action.HOLD if outcomes else Action.SEND
    assert action is expected
    assert not set(refusing) & set(SCORE_CODES)
