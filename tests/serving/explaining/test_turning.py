"""What would have stopped a send: the nearest first, each proved, none where it would have gone out all the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.contracts import Action, Candidate, Context, Message
from serving.arms import Exploration
from serving.explaining.flipping import Flip
from serving.explaining.turning import turns
from tests.occasions import (
    NOW,
    FixedScorer,
    about,
    candidate,
    context,
    decided,
    event,
    mostly,
    on_page,
    policy,
    sent_at,
)
from tests.serving.explaining.recorded import case

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def turned(one: Candidate | None = None, known: Context | None = None, **more: Any) -> Flip:
    """Decide an occasion that is sent, and return what would have stopped it."""
    one, known = one or candidate(), known or context()
    ruling = decided(one, known, **more)
    assert ruling.decision.action is Action.SEND
    found = turns(case(one, known, at=more.get("now", NOW)), ruling)
    assert isinstance(found, Flip)
    return found


def inputs(flip: Flip) -> list[tuple[str, tuple[str, ...]]]:
    """Return every named change with the codes that would refuse."""
    return [(change.input, change.codes) for change in (*flip.changes, *flip.others)]


def test_the_nearest_change_is_time_then_come_the_others() -> None:
    """The next quiet start, one more contact, the score's margin, an opt-out, a newer event."""
    flip = turned()
    assert inputs(flip) == [
        ("time", ("quiet_hours",)),
        ("contacts", ("frequency_cap",)),
        ("net_benefit", ("below_cutoff",)),
        ("opt_out", ("opted_out",)),
        ("evidence", ("fact_superseded",)),
    ]
    assert (flip.leads_to, flip.until) == ("hold", datetime(2026, 11, 20, 20, tzinfo=UTC))


def test_old_evidence_ends_before_the_night() -> None:
    """It is stale first, and that is a denial."""
    flip = turned(known=context(evidence=event(age=20 * HOUR)))
    actual = (flip.leads_to, flip.until, flip.changes[0].codes)
    assert actual == ("deny", NOW + 4 * HOUR, ("evidence_stale",))


def test_the_senders_own_expiry_may_be_the_nearest() -> None:
    """At that very instant."""
    flip = turned(candidate(expires_at=NOW + HOUR))
    assert (flip.until, flip.changes[0].codes) == (NOW + HOUR, ("expired",))


def test_time_is_said_with_the_customers_clock_and_the_reason() -> None:
    """In a sentence."""
    actual = turned().changes[0].change
    assert actual == (
        "waiting until 2026-11-20T20:00:00Z (21:00 on Friday in Europe/Paris): "
        "it is 21:00 in Europe/Paris; quiet hours are 21:00 to 08:00"
    )


def test_one_more_contact_names_the_caps() -> None:
    """What would have been counted, and what is allowed."""
    flip = turned(known=context(**sent_at(2 * HOUR)))
    contact = next(change for change in flip.others if change.input == "contacts")
    assert contact.change == (
        "one more message before it: 1 message in the last 60 min, at most 1; 2 messages in the last 24 h, at most 2"
    )


def test_one_more_contact_stops_essential_service_only_at_its_own_cap() -> None:
    """Ten in a day."""
    message = Message(template="parcel_failed", facts={"parcel": "A-7", "reason": "nobody was there"})
    one, known = about(event("shipment.failed", data=dict(message.facts)), message=message)
    few, many = (sent_at(*[timedelta(hours=hour) for hour in range(1, count + 1)]) for count in (3, 9))
    actual = [
        [name for name, _ in inputs(turned(one, context(evidence=known.evidence, **sent)))] for sent in (few, many)
    ]
    assert actual == [["time", "opt_out", "evidence"], ["time", "contacts", "opt_out", "evidence"]]


def test_a_widget_message_counts_in_its_session() -> None:
    """One per session."""
    flip = turned(*on_page())
    assert ("contacts", ("frequency_cap",)) in inputs(flip)


def test_a_critical_message_is_stopped_by_age_and_a_newer_event_alone() -> None:
    """Night and opt-out are waived, one contact is not enough, no score stands."""
    facts = {"device": "a phone in Oslo"}
    one, known = about(
        event("account.signed_in_new_device", data=facts),
        purpose="account_event",
        message=Message(template="new_device", facts=facts),
    )
    actual = inputs(turned(one, known))
    assert actual == [("time", ("evidence_stale",)), ("evidence", ("fact_superseded",))]


def test_an_opt_out_binds_where_the_configuration_says_so() -> None:
    """The same message under a policy in which an opt-out of chat stops critical messages too."""
    facts = {"device": "a phone in Oslo"}
    one, known = about(
        event("account.signed_in_new_device", data=facts),
        purpose="account_event",
        message=Message(template="new_device", facts=facts),
    )
    rules = policy({"opt_out_binds": ["chat"]})
    found = turns(case(one, known, policy=rules), decided(one, known, rules=rules))
    assert isinstance(found, Flip)
    assert ("opt_out", ("opted_out",)) in inputs(found)


def test_the_margin_to_the_cutoff_is_said() -> None:
    """The net benefit as it was, and the cut-off."""
    flip = turned(scorer=FixedScorer(net_benefit=0.031))
    [score] = [change.change for change in flip.others if change.input == "net_benefit"]
    assert score == "a net benefit lower by more than 2.7 per 100 contacts: 3.1 against a cut-off of 0.4"


def test_a_lower_score_does_not_stop_what_chance_sends_anyway() -> None:
    """Arm `policy_only` sends whatever the score says."""
    exploration = Exploration(shares=mostly("policy_only"), salt=b"salt")
    actual = [name for name, _ in inputs(turned(exploration=exploration))]
    assert actual == ["time", "contacts", "opt_out", "evidence"]


def test_a_plan_is_settled_by_its_score() -> None:
    """Without a draw, as in arm `model`."""
    actual = [name for name, _ in inputs(turned(exploration=None))]
    assert "net_benefit" in actual


@pytest.mark.parametrize(
    ("net", "lower"), [(0.004, "any lower"), (0.0042, "lower by more than 0.02"), (0.5, "lower by more than 49.6")]
)
def test_at_the_cutoff_any_loss_stops_it(net: float, lower: str) -> None:
    """At or above sends; the margin may be nothing."""
    flip = turned(scorer=FixedScorer(net_benefit=net))
    [score] = [change.change for change in flip.others if change.input == "net_benefit"]
    assert score.startswith(f"a net benefit {lower} per 100 contacts: ")
