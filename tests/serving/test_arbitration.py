"""Of several messages that one request has for one customer, one goes on (CONTRACT section 7)."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from model.contracts import Action, Candidate, Context, EvidenceRef, Message, Purpose
from serving.arbitration import outranked
from serving.decide import decide
from serving.ports import Decided
from tests.occasions import ALL_MODEL, GOOD_SCORER, NOW, USER, FixedScorer, codes, context, event, mostly, policy
from tests.scenarios import OCCASIONS, occasion
from tests.spoiling import Draw

POLICY = policy()
SECTION_5 = [str(purpose) for purpose in Purpose]  # declared in the order of the contract's table
ESSENTIAL = {
    *("shipment.failed", "appointment.changed", "appointment.cancelled", "account.signed_in_new_device"),
    *("account.password_changed", "account.fraud_suspected", "account.details_changed", "account.payment_failed"),
    *("incident.update", "incident.resolved", "reminder.requested"),
}
ALL = mostly("model")
SURE = FixedScorer(shares=ALL)


def rival(kind: str, *, age: float = 1.0, user: str = USER, **changes: object) -> tuple[Candidate, Context]:
    """Return a good candidate of this kind of event, so many hours old, with its context."""
    purpose, word, template, data = next(row for row in OCCASIONS if row[1] == kind)
    facts = {name: value for name, value in data.items() if name not in {"affected", "incident", "session"}}
    data = {name: value for name, value in data.items() if name != "affected"}
    if word == "reminder.requested":
        asked = {"remind_at": NOW - timedelta(hours=1), "due_at": NOW + timedelta(days=9)}
        data = {**data, **{name: at.isoformat() for name, at in asked.items()}}
    found = event(word, age=timedelta(hours=age), data=data, subject=user)
    candidate = Candidate(
        user_id=user,
        purpose=purpose,
        channel="chat",
        message=Message(template=template, facts=facts),
        evidence=EvidenceRef(type=word, id="ev-1"),
        timezone="Europe/Paris",
    )
    known = context(evidence=found, earlier_request=True, requested_channels=frozenset({"chat"}))
    return replace(candidate, **changes), known  # type: ignore[arg-type]  # fields of a candidate


def ranked(*rivals: tuple[Candidate, Context], now: datetime = NOW) -> list[bool]:
    """Return who is outranked."""
    candidates, contexts = zip(*rivals, strict=True)
    return outranked(candidates, contexts, now=now, policy=POLICY)


def decided(*rivals: tuple[Candidate, Context], scorer: FixedScorer = SURE) -> list[Decided]:
    """Decide them as one request does."""
    candidates, contexts = zip(*rivals, strict=True)
    return decide(
        candidates,
        contexts,
        ids=[f"d-{place}" for place in range(len(rivals))],
        now=NOW,
        policy=POLICY,
        scorer=scorer,
        exploration=ALL_MODEL,
        outranked=ranked(*rivals),
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("shipment.failed", "shipment.delayed"),  # essential before ordinary, though both are deliveries
        ("incident.update", "shipment.delayed"),  # … and whatever the order of purposes says
        ("account.password_changed", "conversation.left_unresolved"),
        ("shipment.delayed", "appointment.confirmed"),  # the same expiry: the order of section 5
        ("appointment.cancelled", "account.payment_failed"),
        ("request.progressed", "conversation.left_unresolved"),
    ],
)
def test_one_goes_before_the_other_in_whatever_order_they_come(first: str, second: str) -> None:
    """The order in which they are listed decides nothing as long as anything else differs."""
    one, other = rival(first), rival(second)

    assert (ranked(one, other), ranked(other, one)) == ([False, True], [True, False])


def test_the_one_that_expires_first_goes_first() -> None:
    """Among equals in need, the older evidence has less time left."""
    older, newer = rival("appointment.confirmed", age=5), rival("shipment.delayed", age=1)

    assert ranked(newer, older) == [True, False]


def test_the_request_may_end_it_sooner() -> None:
    """The expiry that ranks is the earlier of the request's and the evidence's."""
    soon = rival("request.progressed", expires_at=NOW + timedelta(hours=1))

    assert ranked(rival("shipment.delayed", age=5), soon) == [True, False]


def test_need_goes_before_haste() -> None:
    """An essential one with days left goes before an ordinary one that is about to expire."""
    haste = rival("shipment.delayed", expires_at=NOW + timedelta(minutes=5))

    assert ranked(haste, rival("account.details_changed")) == [True, False]


def test_two_alike_are_taken_in_the_order_they_came() -> None:
    """Something has to decide, and it is not chance."""
    assert ranked(rival("shipment.delayed"), rival("shipment.delayed"), rival("shipment.delayed")) == [
        False,
        True,
        True,
    ]


def test_what_a_filter_refuses_takes_nobodys_place() -> None:
    """A refused essential message leaves the first place to the one that may be sent, and keeps its own reasons."""
    refused = (rival("shipment.failed")[0], replace(rival("shipment.failed")[1], already_told=True))
    answers = decided(refused, rival("shipment.delayed"))

    assert [(one.decision.action, codes(one)) for one in answers] == [
        (Action.DENY, ("already_told",)),
        (Action.SEND, ()),
    ]


def test_what_is_held_takes_nobodys_place() -> None:
    """A hold has a reason of policy: it is not ranked, and stays a hold."""
    held = (rival("shipment.delayed")[0], replace(rival("shipment.delayed")[1], conversation_open=True))
    answers = decided(held, rival("appointment.changed"))

    assert [one.decision.action for one in answers] == [Action.HOLD, Action.SEND]


def test_customers_do_not_compete() -> None:
    """One message each, for as many customers as there are."""
    assert ranked(rival("shipment.delayed"), rival("shipment.failed", user="u-2")) == [False, False]


def test_the_loser_is_denied_without_figures_and_without_a_draw() -> None:
    """`outranked`: null score, arm and propensity; no row of any training table."""
    _, loser = decided(rival("shipment.failed"), rival("shipment.delayed"))
    decision = loser.decision
    thank = decision.customer_would_thank
    actual = (decision.action, codes(loser), thank.asked, thank.answer, thank.net_benefit, decision.arm)

    assert (*actual, decision.logging_propensity, loser.assignment, loser.features) == (
        *(Action.DENY, ("outranked",), False, None, None, None),
        *(None, None, {}),
    )


def test_the_loser_passed_every_filter() -> None:
    """A competent agent would have sent it: only the other one came first."""
    _, loser = decided(rival("shipment.failed"), rival("shipment.delayed"))
    asked = {code: verdict for code, verdict in loser.verdicts.items() if verdict == "refuse"}

    assert (loser.decision.agent_would_send.answer, asked) == (True, {"outranked": "refuse"})


def test_an_essential_loser_is_denied_too() -> None:
    """One at a time, whoever it is: the second of two urgent ones is said afterwards."""
    answers = decided(rival("account.password_changed"), rival("account.fraud_suspected"))

    assert [codes(one) for one in answers] == [(), ("outranked",)]


def test_the_others_stay_behind_even_where_the_first_is_withheld() -> None:
    """Ranking comes before score and draw: a low score gives nobody the first one's place."""
    low = FixedScorer(net_benefit=-1.0, shares=ALL)
    answers = decided(rival("shipment.delayed", age=2), rival("appointment.confirmed"), scorer=low)

    assert [codes(one) for one in answers] == [("below_cutoff",), ("outranked",)]


def test_only_the_first_is_asked_about() -> None:
    """The model never sees the others: they are no occasions."""
    scorer = FixedScorer(shares=ALL)
    decided(
        rival("shipment.delayed", age=2), rival("appointment.confirmed"), rival("request.progressed"), scorer=scorer
    )

    assert len(scorer.seen) == 1


def test_every_order_of_four_has_the_same_winner() -> None:
    """A total order: who wins does not depend on who is compared first."""
    four = [rival(kind) for kind in ("shipment.delayed", "incident.update", "shipment.failed", "request.completed")]
    winners = {order[ranked(*order).index(False)][0].evidence.type for order in permutations(four)}  # type: ignore[union-attr]

    assert winners == {"shipment.failed"}


def test_a_single_candidate_is_never_outranked() -> None:
    """By nobody: not even where it is refused."""
    assert ranked(rival("shipment.delayed")) == [False]


def restated(rivals: list[tuple[Candidate, Context]], now: datetime) -> list[bool]:
    """Say the rule again, one candidate at a time, from the answers of `decide` alone."""
    keys: list[tuple[bool, datetime, int, int] | None] = []
    for place, (candidate, known) in enumerate(rivals):
        (alone,) = decide(
            [candidate], [known], ids=["d"], now=now, policy=POLICY, scorer=GOOD_SCORER, exploration=ALL_MODEL
        )
        if not alone.decision.agent_would_send.answer or known.evidence is None:
            keys.append(None)
            continue
        hours = 72 if known.evidence.type in ESSENTIAL else 24
        end = known.evidence.time + timedelta(hours=hours)
        if known.evidence.type in {"page.dwelled", "exit.intended", "session.started"}:
            end = known.evidence.time + timedelta(minutes=5)
        if known.evidence.type == "reminder.requested":
            end = datetime.fromisoformat(known.evidence.data["due_at"])
        end = min(end, candidate.expires_at or end)
        keys.append((known.evidence.type not in ESSENTIAL, end, SECTION_5.index(candidate.purpose), place))
    best = min((key for key in keys if key is not None), default=None)
    return [key is not None and key != best for key in keys]


@pytest.mark.parametrize("seed", range(60))
def test_any_group_is_ranked_as_the_rule_says_it(seed: int) -> None:
    """Random occasions of one customer, some of them refused, against the rule restated."""
    draw = Draw(seed)
    drawn = [occasion(draw, NOW, trouble=0.02) for _ in range(draw.pick([2, 3, 4, 5]))]
    group = [(one, known) for one, known in drawn if one.user_id == USER]
    actual = outranked([one for one, _ in group], [known for _, known in group], now=NOW, policy=POLICY)

    assert actual == restated(group, NOW)
