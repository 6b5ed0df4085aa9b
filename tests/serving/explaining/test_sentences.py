"""Both questions in plain words: figures out of a hundred, no score for essential service, what chance did."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from model.contracts import Candidate, Context, CustomerWouldThank, Message
from serving.arms import Exploration
from serving.explaining.sentences import first_question, listed, second_question
from serving.explaining.verdicts import verdict_rows
from serving.record.record import Recorded
from serving.standing import Standing
from tests.occasions import (
    ALL_MODEL,
    NOW,
    FixedScorer,
    about,
    candidate,
    context,
    decided,
    event,
    mostly,
    on_page,
    sent_at,
    trial,
)

LOW = FixedScorer(net_benefit=0.001)
FAILED = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "nobody was there"})
QUIET = "Is none of the customer's known clocks in the quiet hours?"


def recorded(one: Candidate | None = None, known: Context | None = None, **more: Any) -> Recorded:
    """Decide an occasion."""
    one, known = one or candidate(), known or context()
    return Recorded(candidate=one, context=known, decided=decided(one, known, **more))


def essential(**fields: Any) -> Recorded:
    """Decide about a failed delivery."""
    one, known = about(event("shipment.failed", data=dict(FAILED.facts)), message=FAILED)
    return recorded(one, replace(known, **fields))


def thanked(**figures: float) -> str:
    """Answer the second question with these figures."""
    told = recorded()
    thank = replace(told.decided.decision.customer_would_thank, **figures)
    decision = replace(told.decided.decision, customer_would_thank=thank)
    return second_question(replace(told, decided=replace(told.decided, decision=decision)))


def detail(told: Recorded, code: str) -> str:
    """Return what the table says of one code."""
    return str(next(row["detail"] for row in verdict_rows(told) if row["code"] == code))


def test_yes_counts_the_filters() -> None:
    """How many passed; what does not concern it is not worth a word."""
    actual = first_question(recorded())
    assert actual == "Yes: 30 filters pass, none refuses."


def test_one_no_gives_its_reason() -> None:
    """As it was answered then."""
    actual = first_question(recorded(known=context(opted_out=True)))
    assert actual == "No: the customer opted out of this channel."


def test_several_are_numbered() -> None:
    """In the catalogue's order."""
    actual = first_question(recorded(known=context(opted_out=True, complaint_open=True)))
    assert actual == (
        "No, for 2 reasons: (1) the customer opted out of this channel (2) a complaint of this customer is open."
    )


def test_a_hold_says_from_when_it_may_be_asked_again() -> None:
    """Where time alone stands in the way."""
    actual = first_question(recorded(known=context(**sent_at(timedelta(minutes=10)))))
    assert actual.endswith(" It may be asked again from 2026-11-20T11:50:00Z.")


def test_a_list_of_one_has_no_number() -> None:
    """Two have."""
    assert [listed(["a"]), listed(["a", "b"])] == ["a", "(1) a (2) b"]


def test_figures_are_out_of_a_hundred() -> None:
    """What the contract's example says."""
    actual = thanked(benefit=0.034, complaint_effect=0.002, opt_out=0.001, net_benefit=0.031, cutoff=0.004)
    assert actual == (
        "Yes: of 100 customers like this one, 3.4 more would benefit, 0.2 more would complain and 0.1 more would opt "
        "out than without it; the net benefit of 3.1 per 100 contacts is at or above the certified cut-off of 0.4."
    )


def test_good_outreach_may_save_complaints_and_bad_may_harm() -> None:
    """The effects have signs."""
    actual = thanked(benefit=-0.01, complaint_effect=-0.02)
    assert "1 fewer would benefit, 2 fewer would complain and 0.1 more would opt out" in actual


def test_a_benefit_weighted_by_value_is_no_share_of_customers() -> None:
    """It is said per contact."""
    actual = thanked(benefit=3.2)
    assert actual.startswith(
        "Yes: a benefit of 3.2 per contact; of 100 customers like this one, 0.1 more would complain and"
    )


def test_below_the_cutoff_the_answer_is_no() -> None:
    """With the figures."""
    actual = second_question(recorded(scorer=LOW))
    assert actual.startswith("No: of 100")
    assert actual.endswith("the net benefit of 0.1 per 100 contacts is below the certified cut-off of 0.4.")


def test_without_a_score_the_reasons_are_said() -> None:
    """Why nobody could answer."""
    actual = second_question(recorded(scorer=None))
    assert actual.startswith("No: no verified model, or it cannot score these features; no issued certificate")


def test_essential_service_has_no_score_sentence() -> None:
    """Whatever was waived for it."""
    actual = [second_question(essential()), second_question(essential(consent=False, complaint_open=True))]
    assert actual == ["Not asked: this is essential service, which goes out without a score."] * 2


def test_what_was_waived_belongs_to_the_first_question_and_says_why() -> None:
    """By the evidence that waives it, where the answer is yes and where it is no."""
    open_complaint = {"consent": False, "complaint_open": True}
    actual = [first_question(essential(**open_complaint)), first_question(essential(opted_out=True, **open_complaint))]
    waived = "Waived, because `shipment.failed` is essential (CONTRACT section 5): consent_missing, complaint_open."
    assert actual == [
        f"Yes: 28 filters pass, none refuses. {waived}",
        f"No: the customer opted out of this channel. {waived}",
    ]


def test_an_instant_is_said_to_the_second() -> None:
    """Never before it."""
    at = NOW + timedelta(microseconds=250_000)
    actual = first_question(recorded(known=context(**sent_at(timedelta(minutes=10), now=at)), now=at))
    assert actual.endswith(" It may be asked again from 2026-11-20T11:50:01Z.")


def test_after_a_no_nobody_asks() -> None:
    """Also where it is essential."""
    told = recorded(known=context(opted_out=True))
    actual = (second_question(told), second_question(essential(opted_out=True)))
    assert actual == ("Not asked: the first question was answered no.",) * 2


@pytest.mark.parametrize(
    ("arm", "scorer", "expected"),
    [
        ("holdout", FixedScorer(), " It was withheld by chance, so that the effect of outreach stays measured."),
        ("policy_only", LOW, " It was sent all the same by chance, so that the score stays checked."),
        ("policy_only", FixedScorer(), " of 0.4."),
        ("model", FixedScorer(), " of 0.4."),
    ],
    ids=["held out", "below, sent", "above", "model"],
)
def test_what_chance_did_is_said_where_it_decided(arm: str, scorer: FixedScorer, expected: str) -> None:
    """And nowhere else."""
    actual = second_question(recorded(scorer=scorer, exploration=Exploration(shares=mostly(arm), salt=b"salt")))
    assert actual.endswith(expected)


@pytest.mark.parametrize(("share", "drawn"), [(1.0 - 1e-9, "to be contacted"), (1e-9, "not to be contacted")], ids=str)
def test_an_experiment_draws_without_a_score(share: float, drawn: str) -> None:
    """Contacted or not."""
    exploration = replace(ALL_MODEL, standing=Standing(experiment=trial(share=share)))
    actual = second_question(recorded(scorer=None, exploration=exploration))
    assert actual == f"Not asked: an experiment draws without a score. It was drawn {drawn}."


def test_the_outranked_were_not_asked_about() -> None:
    """Another message of the request was."""
    told = recorded(scorer=LOW)
    decision = replace(told.decided.decision, customer_would_thank=CustomerWouldThank(asked=False))
    verdicts = {**told.decided.verdicts, "outranked": "refuse"}
    actual = second_question(replace(told, decided=replace(told.decided, decision=decision, verdicts=verdicts)))
    assert actual == "Not asked: another message of the same request was ranked before it."


def test_a_verdict_says_what_was_asked_and_answered() -> None:
    """Passed, refused, waived, and not asked."""
    night = recorded(known=context(evidence=event(time=NOW)), now=NOW + timedelta(hours=10))
    essential_mark = "`shipment.failed` is essential (CONTRACT section 5)"
    actual = [
        detail(recorded(), "opted_out"),
        detail(night, "quiet_hours"),
        detail(essential(consent=False), "consent_missing"),
        detail(recorded(), "session_missing"),
        detail(recorded(), "outranked"),
        detail(night, "below_cutoff"),
    ]
    assert actual == [
        "Is there no opt-out of this channel? Yes.",
        f"{QUIET} No: it is 22:00 in Europe/Paris; quiet hours are 21:00 to 08:00.",
        f"Did the customer consent to this channel? No, but that is waived: {essential_mark}.",
        "Is the customer there, in a live session? Not asked: it needs no session.",
        "Was it ranked first in its request? Not asked: it was alone.",
        "Is the net benefit at or above the certified cut-off? Not asked: the first question was answered no.",
    ]


def test_a_verdict_of_the_score_is_said_out_of_a_hundred() -> None:
    """As the second question says it; the record's own reason keeps the exact figures."""
    told = recorded(scorer=LOW)
    actual = (detail(told, "below_cutoff"), told.decided.decision.reasons[0].detail)
    said = "the net benefit of 0.1 per 100 contacts is below the certified cut-off of 0.4"
    assert actual == (
        f"Is the net benefit at or above the certified cut-off? No: {said}.",
        "net benefit 0.001 is below the cut-off 0.004",
    )


def test_a_filter_that_could_not_be_judged_says_so() -> None:
    """It was not asked because an input is unknown, not because it does not matter."""
    told = recorded(known=context(unknown=frozenset({"opted_out"})))
    actual = detail(told, "opted_out")
    assert actual.endswith("Not asked: an input of it is unknown, see `filter_failed`.")


def test_nothing_of_an_unreadable_occasion_was_judged() -> None:
    """Every filter says so."""
    told = recorded(known=context(dismissed_at=NOW.replace(tzinfo=None)))
    asked = [row["detail"] for row in verdict_rows(told) if row["code"] in {"quiet_hours", "evidence_stale"}]
    actual = [text.split("? ")[1] for text in asked]
    assert actual == ["Not asked: the message, or what is known of the customer, could not be read."] * 2


def test_a_score_that_chance_or_absence_let_pass_is_no_yes() -> None:
    """The verdict `pass` of the record is explained, not repeated."""
    sent = Exploration(shares=mostly("policy_only"), salt=b"salt")
    actual = [
        detail(recorded(scorer=LOW, exploration=sent), "below_cutoff"),
        detail(recorded(scorer=None), "below_cutoff"),
        detail(recorded(exploration=None), "held_out"),
    ]
    assert [text.split("? ")[1] for text in actual] == [
        "No, but chance sent it whatever the score says.",
        "That cannot be said without both.",
        "Nothing was drawn.",
    ]


OCCASIONS = {
    "parcel": recorded(),
    "page": recorded(*on_page()),
    "essential": essential(),
    "no model": recorded(scorer=None),
}


@pytest.mark.parametrize("told", OCCASIONS.values(), ids=list(OCCASIONS))
def test_the_table_never_repeats_what_a_sender_wrote(told: Recorded) -> None:
    """Texts and free words stay in the record's own fields."""
    text = " ".join(str(row["detail"]) for row in verdict_rows(told))
    assert "nobody was there" not in text
