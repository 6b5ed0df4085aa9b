"""Complaints with the messages they are about, and the occasions that tell whom contact annoys."""

from datetime import timedelta
from typing import Any, cast

import pytest

from model.contracts import Candidate, Context, Message, OutcomeKind
from serving.people.complaining import Reaction, Told, Watched
from serving.people.looking import Looking
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import EVEN, TRIAL, WATCH, assigned, day, decide, report, tried
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, candidate, ruling, send

LATER = day(15)


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watches known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        tx.watch(EVEN)


def complaints(tx: Transaction, *, limit: int = 50) -> list[Reaction]:
    """Read them as a page does."""
    return cast("Looking", tx).reactions((OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT), limit=limit)


def occasions(tx: Transaction, *, limit: int = 100, **given: Any) -> list[Watched]:
    """Read them as a page does, once the windows of today are closed."""
    return cast("Looking", tx).watched_occasions(now=given.get("now", LATER), limit=limit)


def test_a_complaint_names_its_message(tx: Transaction) -> None:
    """With the decision, what it was and when it was made; opt-outs too, the newest recorded first."""
    send(tx, "d-1")
    report(tx, decision_id="d-1", time=NOW)
    report(tx, OutcomeKind.OPTED_OUT, decision_id="d-1", time=NOW)
    report(tx, OutcomeKind.THANKED, decision_id="d-1", time=NOW)
    told = Told(decision_id="d-1", at=NOW, purpose="delivery_update", channel="chat", template="parcel_delayed")
    actual = [(each.kind, each.at, each.user_id, each.named, each.before) for each in complaints(tx)]
    assert actual == [("opted_out", NOW, "u", told, None), ("complained", NOW, "u", told, None)]


def test_a_complaint_that_names_none_comes_with_the_last_message_before(tx: Transaction) -> None:
    """Of two weeks, of this customer, and sent: what was held or denied told them nothing."""
    for identity, age in (("d-old", 15), ("d-1", 3), ("d-2", 2)):
        send(tx, identity, at=day(-age))
    decide(tx, "d-held-out", assigned(contacted=False), at=day(-1))
    send(tx, "d-other", to=candidate(user_id="v"), at=day(-1))
    report(tx, user_id="u", time=NOW)
    [found] = complaints(tx)
    assert (found.named, found.before and found.before.decision_id) == (None, "d-2")


@pytest.mark.parametrize(("age", "expected"), [(13.9, "d-1"), (14.0, None), (-0.1, None)])
def test_what_was_said_long_before_or_after_is_not_what_it_is_about(
    tx: Transaction, age: float, expected: str | None
) -> None:
    """The window is that of the labels."""
    send(tx, "d-1", at=day(-age))
    report(tx, user_id="u", time=NOW)
    [found] = complaints(tx)
    actual = found.before and found.before.decision_id
    assert actual == expected


def test_the_last_message_is_found_under_any_name(tx: Transaction) -> None:
    """Somebody who was a visitor when they were told something complains as the customer they turned out to be."""
    send(tx, "d-1", to=candidate(user_id="visitor"), at=day(-1))
    identify(tx, "visitor")
    report(tx, user_id="u", time=NOW)
    actual = [each.before and each.before.decision_id for each in complaints(tx)]
    assert actual == ["d-1"]


def test_as_many_as_are_asked_for(tx: Transaction) -> None:
    """The newest of them."""
    for number in range(4):
        report(tx, user_id=f"u-{number}", time=NOW)
    actual = [each.user_id for each in complaints(tx, limit=2)]
    assert actual == ["u-3", "u-2"]


def test_without_any_there_are_none(tx: Transaction) -> None:
    """A ledger that nobody reported anything to."""
    assert complaints(tx) == []


def test_an_occasion_says_whose_what_chance_did_and_what_followed(tx: Transaction) -> None:
    """With everything that groups it, as it was on record when it was decided."""
    asked = Candidate(
        user_id="u",
        purpose="delivery_update",
        channel="sms",
        message=Message(template="parcel_delayed"),
        timezone="Europe/Paris",
        attributes={"plan": "plus"},
    )
    tx.add_decision(asked, Context(), ruling("d-1", fact_key="f", assignment=assigned()))
    report(tx, decision_id="d-1", time=NOW)
    assert occasions(tx) == [
        Watched(
            customer="u",
            at=NOW,
            contacted=True,
            chance=0.95,
            complained=True,
            harmed=True,
            purpose="delivery_update",
            channel="sms",
            template="parcel_delayed",
            timezone="Europe/Paris",
            attributes={"plan": "plus"},
        )
    ]


def test_only_occasions_that_were_to_be_contacted_are_compared(tx: Transaction) -> None:
    """Held out ones too, and those of experiments; neither what lies below the cut-off nor what was drawn again."""
    tx.start_experiment(TRIAL)
    decide(tx, "contacted")
    decide(tx, "held-out", assigned(contacted=False), user="v")
    decide(tx, "below", assigned(contacted=False, above=False), user="w")
    decide(tx, "tried", tried(contacted=False), user="x")
    decide(tx, "again", assigned(contacted=False), user="v", fact="fact of held-out")
    actual = [(each.customer, each.contacted, each.chance) for each in occasions(tx)]
    assert actual == [("x", False, 0.5), ("v", False, 0.95), ("u", True, 0.95)]


@pytest.mark.parametrize(("later", "expected"), [(14.0, 1), (13.99, 0)])
def test_an_open_window_is_not_compared(tx: Transaction, later: float, expected: int) -> None:
    """Complaints may still come in."""
    decide(tx, "d-1")
    actual = len(occasions(tx, now=NOW + timedelta(days=later)))
    assert actual == expected


def test_the_newest_are_compared(tx: Transaction) -> None:
    """As many as are asked for."""
    for number in range(4):
        decide(tx, f"d-{number}", user=f"u-{number}")
    actual = [each.customer for each in occasions(tx, limit=2)]
    assert actual == ["u-3", "u-2"]


def test_nothing_is_known_of_the_erased(tx: Transaction) -> None:
    """Their occasions group nobody, and their complaint stays without a name."""
    decide(tx, "d-1")
    report(tx, decision_id="d-1", time=NOW)
    tx.erase("u", at=NOW)
    [found] = complaints(tx)
    assert (occasions(tx), found.user_id.startswith("erased:"), found.named is not None) == ([], True, True)


def test_several_names_are_one_customer(tx: Transaction) -> None:
    """A visitor's occasions and the customer's own are of one cluster."""
    decide(tx, "d-1", user="visitor")
    identify(tx, "visitor")
    decide(tx, "d-2", user="u")
    actual = {each.customer for each in occasions(tx)}
    assert actual == {"u"}


def test_what_was_drawn_under_a_watch_is_read_contacted_or_not(tx: Transaction) -> None:
    """Held out and below the cut-off too, the windows open or closed; of this watch alone, each occasion once."""
    tx.start_experiment(TRIAL)
    decide(tx, "contacted")
    decide(tx, "below", assigned(contacted=False, above=False), user="w")
    decide(tx, "tried", tried(contacted=False), user="x")
    decide(tx, "again", assigned(contacted=False), fact="fact of contacted")
    found = cast("Looking", tx).drawn_occasions(watch=assigned().watch, limit=9)
    assert [(each.customer, each.contacted) for each in found] == [("w", False), ("u", True)]
