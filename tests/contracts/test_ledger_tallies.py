"""What decisions came to is counted as it happens: always what a recount of everything would give."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from model.contracts import Action, Arm, Context, Message, OutcomeKind
from model.errors import InvalidInput
from serving.ports import Ledger
from tests.contracts.confirmed import confirm, hold
from tests.contracts.counted import counted, defined, kept, tallies
from tests.contracts.drawn import WATCH, assigned, decide
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, candidate, report, ruling, send
from tests.contracts.test_ledger_groups import drawn_row, refused

LONG = timedelta(days=300)
EVER = (NOW - LONG, NOW + LONG)
HOLD, DENY = Action.HOLD, Action.DENY


def drawn(tx: Any, seed: int) -> None:
    """Record whatever there may be of 30 decisions: in groups, confirmed, and what followed, in any order."""
    rng = np.random.default_rng(seed)
    rows = [drawn_row(rng, number) for number in range(30)]
    for row in rows:
        place = int(rng.integers(3))
        moment = NOW + timedelta(minutes=int(rng.integers(-150, 150)))
        told = ruling(row[2].decision.decision_id, at=moment, action=row[2].decision.action)
        codes = [reason.code for reason in row[2].decision.reasons]
        tx.add_decisions([(row[0], row[1], refused(told, codes))])
        if row[2].decision.action is not DENY and place:
            action = (Action.SEND, HOLD, DENY)[int(rng.integers(3))]
            confirm(tx, told.decision.decision_id, action, at=moment, to=row[0])
    kinds = [OutcomeKind(kind) for kind in ("delivered", "not_delivered", "engaged", "complained", "opted_out")]
    for _ in range(40):
        identity, kind = f"d-{rng.integers(30)}", kinds[int(rng.integers(len(kinds)))]
        report(tx, kind, time=NOW + timedelta(hours=int(rng.integers(3))), decision_id=identity)


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_rows_themselves(tx: Any, seed: int) -> None:
    """Over everything, within an hour, over whole hours, from any instant to any other."""
    drawn(tx, seed)
    hour = timedelta(hours=1)
    periods = [EVER, (NOW, NOW + hour), (NOW - hour, NOW + 2 * hour), (NOW + hour / 7, NOW + hour / 3), (NOW, NOW)]
    periods += [(NOW - hour / 3, NOW + hour / 3), (NOW - 1.7 * hour, NOW + 1.3 * hour), (NOW + hour, NOW - hour)]

    actual = [tallies(tx, *period) for period in periods]

    assert actual == [counted(tx, *period) for period in periods]


def test_what_is_kept_is_what_the_one_definition_gives(tx: Any) -> None:
    """No row of it is more or less, whatever it is read for."""
    drawn(tx, 5)
    actual = kept(tx)
    assert actual == defined(tx)


def test_every_dimension_has_its_words(tx: Any) -> None:
    """A send by its purpose, channel, template and arm; a denial by each of its reasons, once."""
    tx.watch(WATCH)
    decide(tx, "sent")
    told = refused(ruling("refused", action=DENY), ["no_evidence", "quiet_hours"])
    tx.add_decision(candidate(purpose="win_back", channel="sms", message=Message(text="Back?")), Context(), told)
    report(tx, OutcomeKind.THANKED, decision_id="sent")

    actual = tallies(tx, *EVER)

    assert actual == {
        "": [("", "deny", 1), ("", "send", 1), ("", "thanked", 1)],
        "purpose": [("delivery_update", "send", 1), ("delivery_update", "thanked", 1), ("win_back", "deny", 1)],
        "channel": [("chat", "send", 1), ("chat", "thanked", 1), ("sms", "deny", 1)],
        "template": [("", "deny", 1), ("parcel_delayed", "send", 1), ("parcel_delayed", "thanked", 1)],
        "arm": [("", "deny", 1), ("model", "send", 1), ("model", "thanked", 1)],
        "reason": [("no_evidence", "deny", 1), ("quiet_hours", "deny", 1)],
    }


@pytest.mark.parametrize(
    ("action", "words"),
    [(Action.SEND, ["send"]), (HOLD, ["hold"]), (DENY, ["deny"])],
)
def test_a_confirmation_is_the_last_word(tx: Any, action: Action, words: list[str]) -> None:
    """What was held is counted as what became of it; one that was cancelled is denied."""
    hold(tx, "d-1")
    confirm(tx, "d-1", action)
    actual = [what for _, what, _ in tx.tallied("", *EVER)]
    assert actual == words


def test_the_draw_of_a_confirmation_is_the_arm(tx: Any) -> None:
    """What was held before the draw has none; drawn at its confirmation, it is counted there."""
    tx.watch(WATCH)
    hold(tx, "d-1", fact_key="f")
    before = tx.tallied("arm", *EVER)
    confirm(tx, "d-1", DENY, fact_key="f", assignment=assigned(contacted=False))
    actual = (before, tx.tallied("arm", *EVER))
    assert actual == ([("", "hold", 1)], [(Arm.HOLDOUT.value, "deny", 1)])


def test_an_outcome_is_counted_of_its_decision_once(tx: Any) -> None:
    """At the hour of the decision, however often and whenever it is reported; by a customer's id of none."""
    send(tx, "d-1")
    for minutes in range(3):
        report(tx, OutcomeKind.ENGAGED, time=NOW + timedelta(hours=5, minutes=minutes), decision_id="d-1")
    report(tx, OutcomeKind.COMPLAINED, user_id="u")
    actual = (tx.tallied("", NOW, NOW + timedelta(minutes=1)), tx.tallied("", NOW + timedelta(minutes=1), EVER[1]))
    assert actual == ([("", "engaged", 1), ("", "send", 1)], [])


def do(tx: Any) -> None:
    """Decide, confirm what was held and report."""
    send(tx, "d-1")
    confirm(tx, "d-0")
    report(tx, OutcomeKind.ENGAGED, decision_id="d-1")


def test_a_dry_run_is_not_counted(tx: Any) -> None:
    """Of a part that is undone nothing stays."""
    hold(tx, "d-0")
    with tx.savepoint(keep=False):
        do(tx)
    actual = tx.tallied("", *EVER)
    assert actual == [("", "hold", 1)]


def test_what_fails_is_not_counted(ledger: Ledger) -> None:
    """A transaction that is undone leaves no count behind."""
    with ledger.transaction() as tx:
        hold(tx, "d-0")
    with suppress(InvalidInput), ledger.transaction() as tx:
        do(tx)
        send(tx, "d-1")  # its id is taken
    with ledger.transaction() as tx:
        actual = tallies(tx, *EVER)[""]
    assert actual == [("", "hold", 1)]


def test_an_erased_customer_leaves_the_counts_of_decisions(tx: Any) -> None:
    """What was decided stays counted, and the harm; what else they did is in no figure any more."""
    send(tx, "d-1")
    send(tx, "d-2", to=candidate(user_id="v"))
    for kind in (OutcomeKind.DELIVERED, OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED):
        report(tx, kind, decision_id="d-1")
        report(tx, kind, decision_id="d-2")
    tx.erase("u", at=NOW + timedelta(days=2))
    actual = (tx.tallied("", *EVER), tallies(tx, *EVER) == counted(tx, *EVER), kept(tx) == defined(tx))
    words = [("", "complained", 2), ("", "delivered", 1), ("", "engaged", 1), ("", "send", 2)]
    assert actual == (words, True, True)


def test_what_is_emptied_stays_counted(tx: Any) -> None:
    """Retention takes what was said, not how often something was."""
    drawn(tx, 7)
    before = tallies(tx, *EVER)
    emptied = tx.retain(before=NOW + LONG, now=NOW + 2 * LONG, most=1000)
    report(tx, OutcomeKind.THANKED, time=NOW + timedelta(hours=4), decision_id="d-0")
    after = tallies(tx, *EVER)
    thanked = [row for row in after[""] if row[1] == "thanked"]
    actual = (emptied > 0, thanked, [row for row in after[""] if row[1] != "thanked"], after == counted(tx, *EVER))
    assert actual == (True, [("", "thanked", 1)], before[""], True)


def test_whose_a_decision_is_changes_no_count(tx: Any) -> None:
    """Two customers who turn out to be one are counted as before; erased, what both did goes, and once."""
    for number, name in enumerate(("a", "u")):
        send(tx, f"d-{number}", to=candidate(user_id=name))
        report(tx, OutcomeKind.ENGAGED, decision_id=f"d-{number}")
    before = tallies(tx, *EVER)
    identify(tx)
    report(tx, OutcomeKind.ENGAGED, time=NOW + timedelta(hours=1), decision_id="d-0")
    merged = tallies(tx, *EVER)
    for days in (2, 3):
        tx.erase("u", at=NOW + timedelta(days=days))
    actual = (merged == before, before[""], tx.tallied("", *EVER))
    assert actual == (True, [("", "engaged", 2), ("", "send", 2)], [("", "send", 2)])
