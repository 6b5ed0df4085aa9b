"""Cedar's theorems, by their names: properties of every decision, over random occasions (`tests.drawing`)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Action, Candidate, Context, Purpose
from serving.policy.engine import Filter, rule
from serving.policy.limits import TIGHTER, Limits, tighten
from serving.policy.policy import make_policy
from serving.policy.reasons import POLICY_CODES, REASONS, SCORE_CODES
from serving.policy.rows import columns_of
from serving.policy.rules import FILTERS
from serving.policy_files.templates import shipped_wording
from tests.drawing import ANY_SCORE, EXAMPLES, FEWER, Drawn, drawn, in_experiment, occasions
from tests.occasions import ALL_MODEL, RARE, FixedScorer, candidate, decided, policy, shipped, standing, trial


@EXAMPLES
@given(occasions)
def test_default_deny(drawn_one: Drawn) -> None:
    """A customer about whom nothing is on record is never written to, whatever is asked for."""
    one, _, now, _ = drawn_one
    best = FixedScorer(net_benefit=1e9)
    asked = [one, Candidate(user_id=one.user_id, purpose=one.purpose, channel=one.channel)]
    assert [decided(each, Context(), now=now, scorer=best).decision.action for each in asked] == [Action.DENY] * 2


@pytest.mark.parametrize("channel", ["chat", "widget", "push", "sms", "email", "whatsapp"])
@pytest.mark.parametrize("purpose", [*Purpose])
def test_default_deny_for_every_purpose_on_every_channel(purpose: Purpose, channel: str) -> None:
    """A customer about whom nothing is on record is never written to: each pair."""
    empty = [Candidate(user_id="u", purpose=purpose, channel=channel), candidate(purpose=purpose, channel=channel)]
    assert [decided(one, Context()).decision.action for one in empty] == [Action.DENY] * 2


@EXAMPLES
@given(occasions)
def test_deny_trumps_send(drawn_one: Drawn) -> None:
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


@EXAMPLES
@given(st.sets(st.sampled_from(POLICY_CODES)), occasions)
def test_deny_trumps_send_whichever_filters_refuse(refusing: set[str], drawn_one: Drawn) -> None:
    """Filters that refuse at will: the action follows from the outcomes alone, in any number and order."""
    one, known, now, draw = drawn_one
    marked = replace(known, evidence=None)  # without a mark nothing is waived
    willful = [Filter(code, lambda c, _, no=code in refusing: np.full(c.rows, no)) for code in POLICY_CODES]
    willful.sort(key=lambda _: draw.value())
    ruling = rule(columns_of([one], [marked], now=now, policy=policy()).columns, Limits(), willful)
    outcomes = {REASONS[code].outcome for code in refusing}
    expected = (tuple(code for code in POLICY_CODES if code in refusing), Action.DENY in outcomes)
    assert (ruling.codes(0), bool(ruling.denied[0])) == expected
    assert bool(ruling.held[0]) == (Action.HOLD in outcomes)


@EXAMPLES
@given(occasions, st.sampled_from(ANY_SCORE))
def test_score_never_permits(drawn_one: Drawn, value: float) -> None:
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
def test_score_never_permits_in_an_experiment(drawn_one: Drawn, value: float, draws: str) -> None:
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
def test_score_never_permits_what_is_stopped(
    drawn_one: Drawn,
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
    "breaker_volume": [200, 20, 0],
    "breaker_times": [10, 0],
    "switched_off": [[], ["delivery_update"], ["onboarding", "remediation"]],
    "channels_off": [[], ["chat"], ["widget", "email"]],
    "opt_out_binds": [[], ["chat", "sms", "email", "push"]],
}


@EXAMPLES
@given(occasions, st.fixed_dictionaries({}, optional={name: st.sampled_from(OVERRIDES[name]) for name in OVERRIDES}))
def test_configuration_only_tightens(drawn_one: Drawn, overrides: dict[str, Any]) -> None:
    """Whatever configuration is accepted, it sends nothing that the default would not send."""
    one, known, now, _ = drawn_one
    tightened = make_policy(tighten(Limits(), overrides), shipped(), shipped_wording())
    strict, usual = decided(one, known, now=now, rules=tightened).decision, decided(one, known, now=now).decision
    assert strict.trigger <= usual.trigger
    late = {"expired"}  # it follows from when a hold ends, and a tighter hold may have no end that is known
    assert set(usual.agent_would_send.reasons) - late <= set(strict.agent_would_send.reasons)


def test_every_limit_is_tried() -> None:
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


@EXAMPLES
@given(occasions, st.lists(st.sampled_from(list(HARMS)), min_size=1, max_size=4, unique=True))
def test_more_harm_never_permits(drawn_one: Drawn, names: list[str]) -> None:
    """With harms added, one by one, whatever is sent would have been sent without them."""
    one, known, now, _ = drawn_one
    allowed = decided(one, known, now=now).decision.trigger
    for name in names:
        one, known = HARMS[name](one, known, now)
        after = decided(one, known, now=now).decision.trigger
        assert after <= allowed, name
        allowed = after


@pytest.fixture(scope="module")
def unharmed() -> list[tuple[Drawn, bool]]:
    """Random occasions, each with whether its message is sent."""
    several = [drawn(seed) for seed in range(200)]
    return [(each, decided(each[0], each[1], now=each[2]).decision.trigger) for each in several]


@pytest.mark.parametrize("name", list(HARMS))
def test_each_harm_prevents_something(name: str, unharmed: list[tuple[Drawn, bool]]) -> None:
    """Over the same random occasions: there are messages that this harm alone stops, and none that it lets out."""
    prevented = 0
    for seed, ((one, known, now, _), before) in enumerate(unharmed):
        after = decided(*HARMS[name](one, known, now), now=now).decision.trigger
        assert after <= before, (seed, one, known)
        prevented += before and not after
    assert prevented > 0
