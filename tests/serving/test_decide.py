"""The one decision: what a record keeps, the second question, the draw, the instants, the order of things."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Arm, CustomerWouldThank, EvidenceRef, Message, Shares
from serving.arms import LAYER, Exploration, arm, uniform
from serving.decide import decide, digest_of
from serving.policy.facts import fact_key
from serving.policy.policy import digest_of as policy_digest_of
from serving.policy.reasons import CATALOGUE
from tests.occasions import (
    NOW,
    USER,
    FixedScorer,
    about,
    candidate,
    codes,
    context,
    decided,
    event,
    mostly,
    on_page,
    policy,
    sent_at,
    session,
)

HOUR = timedelta(hours=1)
HOLDOUT = Exploration(shares=mostly("holdout"), salt=b"s")
POLICY_ONLY = Exploration(shares=mostly("policy_only"), salt=b"s")


def failed_delivery(**changes: Any) -> tuple[Any, Any]:
    """Return an essential occasion."""
    found = event("shipment.failed", data={"parcel": "A-7", "reason": "nobody was there"})
    told = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "nobody was there"})
    return about(found, message=told, **changes)


def test_a_send_says_everything_that_the_contract_shows() -> None:
    """Text, both answers, figures, expiry, arm, propensity, versions, clock."""
    answer = decided(exploration=Exploration(salt=b"s"))
    one = answer.decision
    assert (one.action, one.trigger, one.reasons, one.not_before) == (Action.SEND, True, (), None)
    assert one.message is not None
    assert one.message.text == "Your parcel A-7 now arrives on Friday. Reply to change the address."
    assert one.message.expects_reply
    assert (one.agent_would_send.answer, one.agent_would_send.reasons) == (True, ())
    assert one.customer_would_thank == CustomerWouldThank(
        asked=True,
        answer=True,
        benefit=0.02,
        complaint_effect=0.001,
        opt_out=0.001,
        net_benefit=0.02,
        cutoff=0.004,
    )
    assert (one.arm, one.logging_propensity) == (Arm.MODEL, 0.95)
    assert (one.decision_id, one.model_version, one.policy_version) == ("d-1", "7", policy().version)
    assert (one.decided_at, one.expires_at, one.recorded) == (NOW, datetime(2026, 11, 20, 20, tzinfo=UTC), True)


def test_the_record_keeps_features_verdicts_and_fact_key() -> None:
    """Every code has a verdict, in the catalogue's order."""
    answer = decided(candidate(attributes={"tenure_days": 410}), context(history={"contacts_7d": 1.0}))
    assert answer.features == {"tenure_days": 410, "contacts_7d": 1.0, "purpose": "delivery_update"}
    assert list(answer.verdicts) == [entry.code for entry in CATALOGUE]
    assert set(answer.verdicts.values()) == {"pass", "not_asked"}
    assert answer.fact_key == fact_key(USER, event())
    assert (answer.outbound, answer.essential) == (True, False)


def test_verdicts_say_what_was_waived_and_what_was_not_asked() -> None:
    """An essential message at which a complaint is open, and no score."""
    one, known = failed_delivery()
    verdicts = decided(one, replace(known, complaint_open=True, opted_out=True)).verdicts
    names = (
        "complaint_open",
        "opted_out",
        "session_missing",
        "quiet_hours",
        "below_cutoff",
        "outranked",
        "breaker_open",
    )
    expected = ["waived", "refuse", "not_asked", "pass", "not_asked", "not_asked", "pass"]
    assert [verdicts[name] for name in names] == expected


def test_a_hold_by_policy_is_not_scored() -> None:
    """Neither figures nor arm nor propensity, and no score reason; the expiry says how long a hold makes sense."""
    scorer = FixedScorer(fails=AssertionError())
    one = decided(None, context(complaint_open=True), scorer=scorer).decision
    assert (one.action, one.arm, one.logging_propensity, one.message) == (Action.HOLD, None, None, None)
    assert one.customer_would_thank == CustomerWouldThank(asked=False)
    assert one.expires_at == NOW + 23 * HOUR
    assert (one.agent_would_send.answer, one.agent_would_send.reasons) == (False, ("complaint_open",))


def test_a_deny_has_no_instants() -> None:
    """There is nothing to wait for."""
    one = decided(None, context(opted_out=True)).decision
    assert (one.action, one.not_before, one.expires_at, one.message) == (Action.DENY, None, None, None)


def test_any_deny_denies_and_all_reasons_are_said() -> None:
    """Denies come first, holds after them, in the catalogue's order."""
    known = context(opted_out=True, consent=False, complaint_open=True, already_told=True, **sent_at(timedelta(0)))
    one = decided(candidate(timezone=None), known).decision
    expected = ("already_told", "consent_missing", "opted_out", "timezone_unknown", "frequency_cap", "complaint_open")
    assert (one.action, one.agent_would_send.reasons) == (Action.DENY, expected)
    assert [reason.code for reason in one.reasons] == list(expected)


def test_essential_service_needs_no_model() -> None:
    """Without scorer, with a broken one, with a bad score: it goes, unscored and undrawn."""
    for scorer in (None, FixedScorer(fails=ValueError()), FixedScorer(net_benefit=-1.0), FixedScorer(cutoff=None)):
        answer = decided(*failed_delivery(), scorer=scorer, exploration=HOLDOUT)
        one = answer.decision
        assert (one.action, one.arm, one.logging_propensity, answer.essential) == (Action.SEND, None, None, True)
        assert one.customer_would_thank == CustomerWouldThank(asked=False)


@pytest.mark.parametrize(
    ("scorer", "expected"),
    [
        (None, ("score_unavailable", "no_certificate")),
        (FixedScorer(cutoff=None), ("no_certificate",)),
        (FixedScorer(scope=()), ("no_certificate",)),
        (FixedScorer(net_benefit=float("nan")), ("score_unavailable",)),
        (FixedScorer(fails=RuntimeError()), ("score_unavailable",)),
        (FixedScorer(net_benefit=float("nan"), cutoff=None), ("score_unavailable", "no_certificate")),
    ],
)
def test_without_a_valid_score_nothing_is_drawn(scorer: FixedScorer | None, expected: tuple[str, ...]) -> None:
    """The agent would send, the customer was asked about in vain: deny, no arm, no propensity."""
    answer = decided(scorer=scorer, exploration=POLICY_ONLY)
    one = answer.decision
    assert (one.action, codes(answer), one.arm, one.logging_propensity) == (Action.DENY, expected, None, None)
    assert (one.agent_would_send.answer, one.customer_would_thank.asked) == (True, True)
    assert one.customer_would_thank.answer is False
    assert [answer.verdicts[code] for code in expected] == ["refuse"] * len(expected)


def test_figures_without_a_certificate_are_shown_without_a_cut_off() -> None:
    """What was measured can be read; what was not certified is not claimed."""
    thanks = decided(scorer=FixedScorer(scope=())).decision.customer_would_thank
    assert (thanks.net_benefit, thanks.cutoff, thanks.answer) == (0.02, None, False)


def test_held_out_leaves_both_answers_as_they_were() -> None:
    """The agent would send and the customer would thank; chance withholds."""
    answer = decided(exploration=HOLDOUT)
    one = answer.decision
    assert (one.action, codes(answer), one.arm) == (Action.DENY, ("held_out",), Arm.HOLDOUT)
    assert (one.agent_would_send.answer, one.customer_would_thank.answer) == (True, True)


def test_policy_only_below_the_cut_off_sends_without_reasons() -> None:
    """The answer stays no; the propensity is that of the logged action."""
    one = decided(scorer=FixedScorer(net_benefit=0.001), exploration=POLICY_ONLY).decision
    assert (one.action, one.reasons, one.arm) == (Action.SEND, (), Arm.POLICY_ONLY)
    assert (one.customer_would_thank.answer, one.logging_propensity) == (False, POLICY_ONLY.shares.below)


@pytest.mark.parametrize(
    ("shares", "reasons"),
    [
        (Shares(), ()),
        (Shares(model=0.01, policy_only=0.94, holdout=0.05), ("no_certificate",)),
        (Shares(model=0.9, policy_only=0.02, holdout=0.08), ("no_certificate",)),
        (Shares(model=0.94, policy_only=0.01, holdout=0.05), ("no_certificate",)),
    ],
)
def test_a_certificate_holds_for_the_shares_that_it_was_computed_with(shares: Shares, reasons: tuple[str, ...]) -> None:
    """Under others the arms cause another harm: nothing discretionary goes out, and nothing is drawn."""
    scorer = FixedScorer(shares=Shares())
    answer = decided(scorer=scorer, exploration=Exploration(shares=shares, salt=b"a"))
    drawn = answer.decision.arm is not None
    assert (codes(answer), drawn, answer.decision.trigger) == (reasons, not reasons, not reasons)
    assert decided(scorer=scorer, exploration=None).decision.trigger
    essential = decided(*failed_delivery(), scorer=scorer, exploration=Exploration(shares=shares, salt=b"a"))
    assert essential.decision.trigger


def test_a_plan_draws_nothing() -> None:
    """Decided as arm `model`, without arm and propensity."""
    answers = [decided(scorer=FixedScorer(net_benefit=value), exploration=None) for value in (0.004, 0.003)]
    assert [(one.decision.action, one.decision.arm, one.decision.logging_propensity) for one in answers] == [
        (Action.SEND, None, None),
        (Action.DENY, None, None),
    ]


def test_the_draw_is_by_customer_and_fact() -> None:
    """As METHOD section 2 has it: secret salt, layer, cluster, fact key."""
    shares = Exploration(salt=b"pepper")
    expected = arm(uniform(b"pepper", LAYER, USER, fact_key(USER, event())), shares.shares)
    assert decided(exploration=shares).decision.arm is expected


def test_a_retry_gets_the_same_draw() -> None:
    """Another time, another id of the same fact, another channel: the same arm."""
    shares = Exploration(shares=Shares(model=0.5, policy_only=0.25, holdout=0.25), salt=b"s")
    again = replace(event(), id="ev-2", time=NOW - timedelta(minutes=2))
    ref = EvidenceRef(type="shipment.delayed", id="ev-2")
    answers = [
        decided(exploration=shares),
        decided(candidate(evidence=ref, channel="sms"), context(evidence=again), exploration=shares),
    ]
    assert answers[0].decision.arm is answers[1].decision.arm


@pytest.mark.parametrize(
    ("request_ends", "expected"),
    [
        (None, datetime(2026, 11, 20, 20, tzinfo=UTC)),
        (NOW + HOUR, NOW + HOUR),
        (NOW + 48 * HOUR, datetime(2026, 11, 20, 20, tzinfo=UTC)),
    ],
)
def test_a_send_is_good_until_the_earliest_limit(request_ends: datetime | None, expected: datetime) -> None:
    """The request's, the evidence's, the next quiet start."""
    assert decided(candidate(expires_at=request_ends)).decision.expires_at == expected


def test_the_evidence_s_limit_can_be_the_earliest() -> None:
    """An event of 23 hours ago has an hour left."""
    assert decided(None, context(evidence=event(age=23 * HOUR))).decision.expires_at == NOW + HOUR


def test_a_widget_message_knows_no_night() -> None:
    """Five minutes after the page was dwelled on, whatever the hour."""
    assert decided(*on_page()).decision.expires_at == NOW + timedelta(minutes=5, seconds=-5)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, datetime(2026, 11, 20, 20, tzinfo=UTC)),
        (datetime(2026, 11, 20, 22, tzinfo=UTC), datetime(2026, 11, 21, 20, tzinfo=UTC)),
    ],
)
def test_a_chat_in_their_own_session_ends_with_the_day_as_well(now: datetime, expected: datetime) -> None:
    """Sent at night to somebody who is there: until the next evening, when the session may be over."""
    known = context(
        evidence=event(time=now - timedelta(minutes=5)),
        session=session(started_at=now - HOUR, last_event_at=now, page_since=None, page=None),
    )
    answer = decided(candidate(session_id="s-1", expires_at=None), known, now=now)
    assert (answer.decision.action, answer.decision.expires_at) == (Action.SEND, expected)


def test_two_zones_end_a_send_at_the_first_night() -> None:
    """Kolkata's evening comes before that of Paris."""
    answer = decided(None, context(timezone="Asia/Kolkata"))
    assert answer.decision.expires_at == datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def test_a_hold_that_ends_too_late_is_a_deny() -> None:
    """`expired` joins the reasons that hold, first in order; the hold's own reason stays."""
    answer = decided(None, context(last_complaint_at=NOW - HOUR))
    assert (answer.decision.action, codes(answer)) == (Action.DENY, ("expired", "cooling_off"))
    assert answer.verdicts["expired"] == "refuse"
    assert answer.decision.agent_would_send.reasons == ("expired", "cooling_off")


def test_a_hold_that_ends_exactly_at_the_expiry_is_a_deny() -> None:
    """It has to be before; a second earlier it is a hold."""
    capped = context(**sent_at(timedelta(minutes=30)))
    ends = NOW + timedelta(minutes=30)
    answers = [decided(candidate(expires_at=at), capped) for at in (ends, ends + timedelta(seconds=1))]
    assert [(one.decision.action, one.decision.not_before) for one in answers] == [
        (Action.DENY, None),
        (Action.HOLD, ends),
    ]


@pytest.mark.parametrize("counts", [{"contacts_7d": 2}, {"contacts_60m": 0, "contacts_24h": 2}])
def test_a_cap_whose_contacts_are_not_all_listed_has_no_known_end(counts: dict[str, int]) -> None:
    """A contact that is counted and not listed may leave its window at any time; one that is listed says less."""
    known = replace(context(**sent_at(timedelta(minutes=90 if "contacts_24h" in counts else 30))), **counts)
    one = decided(None, known).decision
    assert (one.action, one.agent_would_send.reasons, one.not_before) == (Action.HOLD, ("frequency_cap",), None)


def test_a_chat_in_their_own_live_session_is_not_outbound() -> None:
    """Neither consent nor zone nor caps; outside of it, all of them."""
    known = context(session=session(), consent=False, **sent_at(timedelta(minutes=1)))
    inside = decided(candidate(session_id="s-1", timezone=None), known)
    outside = decided(candidate(timezone=None), known)
    assert (inside.decision.action, inside.outbound) == (Action.SEND, False)
    assert codes(outside) == ("consent_missing", "timezone_unknown", "frequency_cap")


@pytest.mark.parametrize(
    "change", [{"ended": True}, {"last_event_at": NOW - timedelta(minutes=30)}, {"user_id": None}, {"id": "s-2"}]
)
def test_a_chat_session_that_is_not_live_and_own_is_outbound(change: dict[str, Any]) -> None:
    """Ended, idle for 30 minutes, anonymous, or another one."""
    known = context(session=session(**change), consent=False)
    answer = decided(candidate(session_id="s-1"), known)
    assert (answer.outbound, "consent_missing" in codes(answer)) == (True, True)


def test_many_are_decided_as_one_by_one() -> None:
    """In order, each with its own id, whatever stands beside it."""
    pairs = [(candidate(), context()), (candidate(), context(opted_out=True)), failed_delivery(), on_page()]
    pairs += [(candidate(timezone=None), context()), (candidate(), context(consent=None))]
    together = decide(
        [one for one, _ in pairs],
        [known for _, known in pairs],
        ids=["d-1"] * len(pairs),
        now=NOW,
        policy=policy(),
        scorer=FixedScorer(shares=HOLDOUT.shares),
        exploration=HOLDOUT,
    )
    assert together == [decided(*pair, exploration=HOLDOUT) for pair in pairs]


def test_lengths_must_agree() -> None:
    """A missing context or id is the caller's error, not somebody's decision."""
    for contexts, ids in (([], ["a"]), ([context()], [])):
        with pytest.raises(ValueError, match=r"shorter|argument|contexts"):
            decide([candidate()], contexts, ids=ids, now=NOW, policy=policy(), scorer=None, exploration=None)


def test_nothing_is_decided_about_nobody() -> None:
    """An empty call has an empty answer."""
    assert decide([], [], ids=[], now=NOW, policy=policy(), scorer=None, exploration=None) == []


def test_the_ledger_finds_the_digest_where_it_finds_decide() -> None:
    """The same function under both names."""
    assert digest_of is policy_digest_of
