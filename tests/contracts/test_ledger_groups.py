"""Decisions that are appended together leave behind what they leave one by one, or nothing at all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from model.contracts import Action, Candidate, Context, Message, Reason
from model.errors import InvalidInput
from serving.ports import Decided, Ledger, Transaction
from serving.record.text import Ruled
from tests.contracts.drawn import TRIAL, WATCH, assigned, cell, counts, day, report, tried
from tests.contracts.ledgers import NOW, candidate, context, record, ruling

HOLD, DENY, SEND = Action.HOLD, Action.DENY, Action.SEND
LONG = timedelta(days=300)
MESSAGES = (Message(template="parcel_delayed"), Message(template="parcel_failed"), Message(text="It is late."))
Append = Callable[[Transaction, Sequence[Ruled]], None]


def one_by_one(tx: Transaction, rows: Sequence[Ruled]) -> None:
    """Append decisions each on its own."""
    for row in rows:
        tx.add_decision(*row, present=NOW)


def together(tx: Transaction, rows: Sequence[Ruled]) -> None:
    """Append decisions in one call."""
    tx.add_decisions(rows, present=NOW)


def refused(told: Decided, codes: Sequence[str]) -> Decided:
    """Return what was decided with these reasons, the awaited approval among the verdicts."""
    reasons = tuple(Reason(code=code, outcome=told.decision.action, detail="d", would_change="w") for code in codes)
    verdicts = dict.fromkeys(codes, "refuse")
    return replace(told, decision=replace(told.decision, reasons=reasons), verdicts=verdicts)


def drawn_row(rng: np.random.Generator, number: int) -> Ruled:
    """Draw a decision about one of a few customers, facts, texts and sessions, with whatever may follow from it."""
    user, fact = f"u-{rng.integers(4)}", f"f-{rng.integers(3)}"
    action = (SEND, HOLD, DENY)[rng.choice(3, p=[0.6, 0.2, 0.2])]
    assignment = (None, assigned(contacted=action is SEND), tried(contacted=action is SEND))[rng.integers(3)]
    asked = candidate(user_id=user, message=MESSAGES[rng.integers(3)], session_id=f"s-{rng.integers(2)}")
    told = ruling(
        f"d-{number}",
        at=NOW + timedelta(minutes=int(rng.integers(-2, 3))),
        action=action,
        fact_key=fact,
        outbound=bool(rng.integers(2)),
        assignment=assignment,
    )
    codes = [] if action is SEND else ["awaiting_approval", "quiet_hours"][: rng.integers(3)]
    return asked, Context(consent=bool(rng.integers(2))), refused(told, codes)


def left_behind(tx: Transaction) -> list[object]:
    """Return everything that can be seen of what was decided."""
    found: list[object] = [
        tx.decisions(action=None, user=None, since=None, after=None, limit=999),
        [tx.decisions(action=None, user=None, since=None, after=None, limit=9, reason="quiet_hours")],
        [repr(context(tx, candidate(user_id=f"u-{user}"))) for user in range(4)],  # NaN is unlike itself
        tx.held_texts(since=NOW - LONG),
        tx.due(now=NOW + LONG, limit=999),
        tx.watched(),
        [one.contacts for one in tx.experiments()],
        tx.occasions(after=0, limit=999)[0],
        tx.repeats(),
    ]
    asked = [Candidate(user_id="u", purpose="p", channel="chat", message=each) for each in MESSAGES]
    return [*found, [tx.passing([each] * 99, now=NOW, most=20, times=1) for each in asked]]


def begin(ledger: Ledger) -> None:
    """Make a certificate and an experiment known, and a complaint of later than what is decided."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        tx.start_experiment(replace(TRIAL, max_contacts=99))
        record(tx)
        report(tx, time=day(1), user_id="u-2")


def tried_out(ledger: Ledger, append: Append, rows: Sequence[Ruled]) -> list[object]:
    """Append, look, and undo it."""
    with ledger.transaction() as tx, tx.savepoint(keep=False):
        append(tx, rows)
        return left_behind(tx)


@pytest.mark.parametrize("seed", range(4))
def test_a_group_leaves_behind_what_its_decisions_do_one_by_one(ledger: Ledger, seed: int) -> None:
    """Records in order, reservations, volumes, holds, texts, reasons, draws and their counts, all of them equal."""
    rng = np.random.default_rng(seed)
    rows = [drawn_row(rng, number) for number in range(24)]
    begin(ledger)

    actual = tried_out(ledger, together, rows)

    assert actual == tried_out(ledger, one_by_one, rows)


def test_a_fact_that_is_drawn_twice_in_a_group_is_one_occasion(tx: Transaction) -> None:
    """The first of the group is the row; the second counts as a further contact."""
    tx.watch(WATCH)
    told = [ruling(f"d-{number}", fact_key="f", assignment=assigned()) for number in range(2)]
    tx.add_decisions([(candidate(), Context(), one) for one in told], present=None)

    actual = (counts(tx), tx.repeats())

    assert actual == ({cell(): 1, cell(again=True): 1}, 1)


@pytest.mark.parametrize(("size", "left"), [(3, ["d-0", "d-1", "d-2"]), (4, [])])
def test_an_experiment_is_bounded_within_a_group(ledger: Ledger, size: int, left: list[str]) -> None:
    """It ends with its last contact; a group that goes beyond is refused whole."""
    told = [ruling(f"d-{number}", fact_key=f"f-{number}", assignment=tried()) for number in range(size)]
    rows = [(candidate(user_id=f"u-{number}"), Context(), one) for number, one in enumerate(told)]
    with ledger.transaction() as tx:
        tx.start_experiment(TRIAL)
    said = ""
    try:
        with ledger.transaction() as tx:
            tx.add_decisions(rows)
    except InvalidInput as error:
        said = str(error)

    with ledger.transaction() as tx:
        records = tx.decisions(action=None, user=None, since=None, after=None, limit=9)
        actual = ([one["decision_id"] for one in records], tx.experiments()[0].why, said)

    over = "experiment `x-1` does not run any more; ask for the standing again"
    assert actual == (left, "all its contacts are made" if left else None, "" if left else over)


@pytest.mark.parametrize("again", ["twice within", "recorded before"])
def test_an_id_is_used_once(ledger: Ledger, again: str) -> None:
    """It is named, wherever the other one is; nothing of the group stays."""
    ids = ["a", "b", "c", "b"] if again == "twice within" else ["a", "b", "c"]
    if again == "recorded before":
        with ledger.transaction() as tx:
            tx.add_decision(candidate(), Context(), ruling("b"))
    with pytest.raises(InvalidInput) as caught, ledger.transaction() as tx:
        tx.add_decisions([(candidate(), Context(), ruling(identity, action=DENY)) for identity in ids])
    with ledger.transaction() as tx:
        actual = (str(caught.value), tx.decision("a"), tx.decision("c"))

    assert actual == ("decision `b` is already recorded; use a new id", None, None)


def test_an_assignment_that_is_wrong_keeps_its_whole_group_out(ledger: Ledger) -> None:
    """It is found before anything is written, wherever it stands."""
    told = [
        ruling("a"),
        ruling("b", fact_key="f", assignment=assigned(contacted=False)),
        ruling("c", action=DENY, assignment=None),
    ]
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        with pytest.raises(InvalidInput, match="decision `b`: its assignment contradicts its action"):
            tx.add_decisions([(candidate(), Context(), one) for one in told])
        actual = tx.decisions(action=None, user=None, since=None, after=None, limit=9)

    assert actual == []


def test_a_group_of_nobody_is_nothing(tx: Transaction) -> None:
    """No statement runs for it."""
    tx.add_decisions([])

    actual = tx.decisions(action=None, user=None, since=None, after=None, limit=9)

    assert actual == []
