"""The decisions of one reason: each that gave it, in the order they were made, with all other conditions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest

from model.contracts import Action, Candidate, Context, Reason
from model.errors import InvalidInput
from serving.confirming import Confirmed
from serving.policy.reasons import REASONS
from serving.ports import Decided, Ledger, Transaction
from tests.contracts.confirmed import confirmation
from tests.contracts.ledgers import NOW, ago, candidate, ruling

MARKETING, WORDING, CAP = "purpose_is_marketing", "promotional_wording", "frequency_cap"


def refuse(
    tx: Transaction, identity: str, codes: Iterable[str], *, to: Candidate | None = None, **given: object
) -> None:
    """Record a decision that gave these reasons."""
    tx.add_decision(to or candidate(), Context(), refused(identity, codes, at=given.get("at", NOW)))  # type: ignore[arg-type]


def refused(identity: str, codes: Iterable[str], *, at: datetime = NOW) -> Decided:
    """Describe a refusal with these reasons."""
    listed = [Reason(code=code, outcome=REASONS[code].outcome, detail="d", would_change="w") for code in codes]
    action = Action.DENY if any(one.outcome is Action.DENY for one in listed) else Action.HOLD
    told = ruling(identity, action=action, at=at)
    return replace(told, decision=replace(told.decision, reasons=tuple(listed)))


def confirm_refused(tx: Transaction, identity: str, *codes: str) -> None:
    """Refuse at its confirmation what was decided before."""
    again = refused(identity, codes)
    tx.add_confirmation(confirmation(identity, Confirmed.of(again.decision.action)), (candidate(), Context(), again))


def fill(tx: Transaction) -> None:
    """Record six decisions about two customers in turn, ten minutes apart: their reasons, or a send."""
    for number, codes in enumerate([[MARKETING], [WORDING], [MARKETING, WORDING], [], [MARKETING, CAP], [CAP]]):
        to = candidate(user_id="uv"[number % 2])
        at = ago(minutes=60 - 10 * number)
        if codes:
            refuse(tx, f"d-{number}", codes, to=to, at=at)
        else:
            tx.add_decision(to, Context(), ruling(f"d-{number}", at=at))


def listed(tx: Transaction, **asked: object) -> str:
    """Return the numbers of the decisions that are listed."""
    wanted = {"action": None, "user": None, "since": None, "after": None, "limit": 100} | asked
    return "".join(one["decision_id"][-1] for one in tx.decisions(**wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"reason": MARKETING}, "024"),
        ({"reason": WORDING}, "12"),
        ({"reason": CAP}, "45"),
        ({"reason": "quiet_hours"}, ""),
        ({"reason": None}, "012345"),
        ({"reason": CAP, "action": "deny"}, "4"),
        ({"reason": CAP, "action": "hold"}, "5"),
        ({"reason": MARKETING, "action": "send"}, ""),
        ({"reason": MARKETING, "user": "u"}, "024"),
        ({"reason": WORDING, "user": "u"}, "2"),
        ({"reason": CAP, "user": "v", "action": "hold"}, "5"),
        ({"reason": MARKETING, "user": "w"}, ""),
        ({"reason": MARKETING, "since": ago(minutes=40)}, "24"),
        ({"reason": MARKETING, "since": ago(minutes=39), "user": "u"}, "4"),
        ({"reason": MARKETING, "since": NOW}, ""),
        ({"reason": MARKETING, "after": "d-0"}, "24"),
        ({"reason": MARKETING, "after": "d-1"}, "24"),
        ({"reason": MARKETING, "after": "d-4"}, ""),
        ({"reason": MARKETING, "after": "d-0", "since": ago(minutes=39)}, "4"),
        ({"reason": MARKETING, "limit": 2}, "02"),
        ({"reason": MARKETING, "after": "d-0", "limit": 1, "user": "u"}, "2"),
    ],
)
def test_a_reason_narrows_the_list(tx: Transaction, asked: dict[str, object], expected: str) -> None:
    """Alone and together with every other condition."""
    fill(tx)
    actual = listed(tx, **asked)
    assert actual == expected


def test_any_reason_of_the_catalogue_can_be_asked_for(tx: Transaction) -> None:
    """One decision that gave them all is found by each."""
    refuse(tx, "d-0", REASONS)
    actual = {code: listed(tx, reason=code) for code in REASONS}
    assert actual == dict.fromkeys(REASONS, "0")


def test_an_unknown_cursor_is_refused(tx: Transaction) -> None:
    """As without a reason."""
    with pytest.raises(InvalidInput, match="no decision has this id"):
        listed(tx, reason=MARKETING, after="x")


def test_what_is_undone_is_not_listed(ledger: Ledger) -> None:
    """A dry run leaves no reason behind."""
    with ledger.transaction() as tx:
        with tx.savepoint(keep=False):
            refuse(tx, "d-0", [MARKETING])
        actual = listed(tx, reason=MARKETING)
    assert actual == ""


def test_a_decision_that_cannot_be_recorded_is_not_listed(tx: Transaction) -> None:
    """The second one of an id is refused as a whole: its reasons are not added to the first's."""
    refuse(tx, "d-0", [WORDING])
    with pytest.raises(InvalidInput, match="already recorded"):
        refuse(tx, "d-0", [MARKETING])
    actual = (listed(tx, reason=MARKETING), listed(tx, reason=WORDING))
    assert actual == ("", "0")


def test_a_later_page_keeps_to_the_time_asked_for(tx: Transaction) -> None:
    """Decisions may be recorded out of order; a cursor lets none slip in that is too old."""
    for number, minutes in enumerate((50, 10, 60, 5)):
        refuse(tx, f"d-{number}", [MARKETING], at=ago(minutes=minutes))
    since = ago(minutes=30)
    actual = (
        listed(tx, reason=MARKETING, since=since),
        listed(tx, reason=MARKETING, since=since, after="d-1"),
        listed(tx, since=since, after="d-1"),
        listed(tx, since=since, after="d-0"),
    )
    assert actual == ("13", "3", "3", "13")


def test_what_a_confirmation_refused_is_listed_too(tx: Transaction) -> None:
    """Beside what the decision gave, once each; among the others it stands where it was decided."""
    fill(tx)
    confirm_refused(tx, "d-3", CAP)
    confirm_refused(tx, "d-3", CAP, WORDING)
    confirm_refused(tx, "d-5", CAP)
    actual = [listed(tx, reason=code) for code in (MARKETING, WORDING, CAP)]
    assert actual == ["024", "123", "345"]


def test_a_denial_that_is_confirmed_adds_nothing(tx: Transaction) -> None:
    """Its reasons are on record."""
    refuse(tx, "d-0", [MARKETING])
    tx.add_confirmation(confirmation("d-0", Confirmed.CANCEL), None)
    actual = listed(tx, reason=MARKETING)
    assert actual == "0"
