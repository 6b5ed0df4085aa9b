"""Chance at a confirmation: a draw is made once per decision, and its row is as of when it was made."""

from dataclasses import replace
from datetime import timedelta

import pytest

from model.contracts import Action, Context, OutcomeKind
from model.errors import InvalidInput
from serving.ports import Ledger, Transaction
from serving.standing import Assignment
from tests.contracts.confirmed import CANCELLED, HELD, confirm, hold, known
from tests.contracts.drawn import TRIAL, WATCH, assigned, cell, counts, day, decide, harm_until_tripped, report, tried
from tests.contracts.ledgers import NOW, candidate, ruling

HELD_OUT = assigned(contacted=False)
SECOND = replace(TRIAL, id="x-2")


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)


def rows(tx: Transaction) -> list[tuple[str, str]]:
    """Return the occasions: decision and time of its record."""
    found = [one.record["decided"]["decision"] for one in tx.occasions(after=0, limit=99)[0]]
    return [(one["decision_id"], one["decided_at"][:10]) for one in found]


def drawn_by(tx: Transaction, identity: str) -> str | None:
    """Return the experiment that may still make this contact."""
    experiment = known(tx, identity).experiment
    return experiment and experiment.id


@pytest.mark.parametrize(("action", "drawn"), [(Action.SEND, assigned()), (CANCELLED, HELD_OUT)])
def test_a_hold_is_drawn_when_it_is_confirmed(tx: Transaction, action: Action, drawn: Assignment) -> None:
    """An occasion of that day, with that record; counted once, and on record of the decision from then on."""
    hold(tx, "d-1", fact_key="f")
    before = (known(tx, "d-1").assignment, counts(tx), rows(tx))
    confirm(tx, "d-1", action, at=day(2), fact_key="f", assignment=drawn)
    actual = (before, known(tx, "d-1").assignment, counts(tx), rows(tx))
    expected = {cell(2, contacted=drawn.contacted): 1}
    assert actual == ((None, {}, []), drawn, expected, [("d-1", "2026-11-22")])


def test_a_draw_is_not_made_again(tx: Transaction) -> None:
    """Neither at a second confirmation nor at the first of a decision that was drawn at once."""
    hold(tx, "d-1", fact_key="f")
    decide(tx, "d-2", fact="g")
    for number in range(1, 4):
        confirm(tx, "d-1", at=day(number), fact_key="f", assignment=assigned())
        confirm(tx, "d-2", at=day(number), fact_key="g", assignment=assigned())
    actual = (counts(tx), rows(tx), tx.repeats())
    assert actual == ({cell(1): 1, cell(): 1}, [("d-1", "2026-11-21"), ("d-2", "2026-11-20")], 0)


def test_a_cancel_changes_nothing_of_a_draw(tx: Transaction) -> None:
    """Intention to treat: it was assigned to be contacted, and stays a row as such."""
    decide(tx, "d-1", fact="f")
    confirm(tx, "d-1", CANCELLED, at=day(1), fact_key="f", assignment=assigned())
    page, _ = tx.occasions(after=0, limit=9)
    actual = (counts(tx), page[0].assignment, page[0].record["decided"]["decision"]["action"])
    assert actual == ({cell(): 1}, assigned(), "send")


@pytest.mark.parametrize("confirmed_first", [True, False])
def test_a_fact_has_one_first_row(tx: Transaction, *, confirmed_first: bool) -> None:
    """Whichever is drawn first; the other is a further contact, watched for its own harm."""
    hold(tx, "d-1", fact_key="f")
    steps = [
        lambda: confirm(tx, "d-1", at=day(1), fact_key="f", assignment=assigned()),
        lambda: decide(tx, "d-2", fact="f", at=day(1)),
    ]
    for step in steps if confirmed_first else steps[::-1]:
        step()  # type: ignore[no-untyped-call]
    page, _ = tx.occasions(after=0, limit=9)
    row, other = ("d-1", "d-2") if confirmed_first else ("d-2", "d-1")
    actual = ([one.record["decision_id"] for one in page], page[0].again, counts(tx))
    assert actual == ([row], (other,), {cell(1): 1, cell(1, again=True): 1})


@pytest.mark.parametrize(("at", "complained"), [(0, False), (2, True), (15.9, True), (16, False)])
def test_harm_is_counted_from_the_draw_on(tx: Transaction, at: float, *, complained: bool) -> None:
    """A complaint between hold and confirmation is no harm of it; the window opens with the draw."""
    hold(tx, "d-1", fact_key="f")
    if at < 2:
        report(tx, time=day(at), user_id="u")
    confirm(tx, "d-1", at=day(2), fact_key="f", assignment=assigned())
    if at >= 2:
        report(tx, time=day(at), user_id="u")
    actual = counts(tx)
    assert actual == {cell(2, complained=complained): 1}


def test_an_opt_out_by_the_decision_finds_its_draw(tx: Transaction) -> None:
    """The id is the decision's, whenever it was drawn."""
    hold(tx, "d-1", fact_key="f")
    confirm(tx, "d-1", at=day(2), fact_key="f", assignment=assigned())
    report(tx, OutcomeKind.OPTED_OUT, time=day(3), decision_id="d-1")
    page, _ = tx.occasions(after=0, limit=9)
    actual = (counts(tx), [one.decision_id for one in page[0].outcomes])
    assert actual == ({cell(2, harmed=True): 1}, ["d-1"])


def test_an_experiment_counts_a_hold_when_it_is_drawn_and_no_send_twice(tx: Transaction) -> None:
    """Three contacts are three: two at once, the third at a confirmation, which ends it."""
    tx.start_experiment(TRIAL)
    decide(tx, "d-1", tried())
    decide(tx, "d-2", tried(), user="v")
    hold(tx, "d-3", fact_key="f", to=candidate(user_id="x"))
    seen = []
    for name, fact in (
        ("d-1", "fact of d-1"),
        ("d-2", "fact of d-2"),
        ("d-3", "f"),
        ("d-3", "f"),
        ("d-1", "fact of d-1"),
    ):
        confirm(tx, name, at=NOW + timedelta(minutes=1), fact_key=fact, assignment=tried())
        seen.append(tx.experiments()[0].contacts)
    actual = (seen, tx.experiments()[0].why)
    assert actual == ([2, 2, 3, 3, 3], "all its contacts are made")


def test_a_draw_names_its_experiment_while_that_runs(tx: Transaction) -> None:
    """Also when it is full, for as long as its own dates say; never once somebody stopped it."""
    tx.start_experiment(TRIAL)
    seen = []
    for number in range(1, 4):
        decide(tx, f"d-{number}", tried(), user=f"u-{number}")
        seen.append(drawn_by(tx, "d-1"))
    tx.start_experiment(SECOND)
    decide(tx, "d-4", tried(trial=SECOND), user="u-4")
    seen += [drawn_by(tx, "d-1"), drawn_by(tx, "d-4")]
    tx.stop_experiment("x-2", at=day(1), by="ann", why="enough")
    seen += [drawn_by(tx, "d-1"), drawn_by(tx, "d-4")]
    assert seen == [TRIAL.id] * 4 + ["x-2", TRIAL.id, None]


def test_no_draw_of_before_a_trip_names_an_experiment(tx: Transaction) -> None:
    """One that ran has ended with it; one that was full makes no more contacts either, once it is released."""
    tx.start_experiment(replace(TRIAL, max_contacts=1))
    decide(tx, "d-1", tried(), user="u-1")
    before = drawn_by(tx, "d-1")
    harm_until_tripped(tx)
    tx.release(at=day(9), by="ann", why="looked into it")
    tx.start_experiment(SECOND)
    decide(tx, "d-2", tried(trial=SECOND), user="u-2", at=day(9))
    actual = (before, drawn_by(tx, "d-1"), drawn_by(tx, "d-2"))
    assert actual == (TRIAL.id, None, "x-2")


def test_other_draws_name_no_experiment(tx: Transaction) -> None:
    """A certificate's, whatever runs; and where nothing was drawn."""
    tx.start_experiment(TRIAL)
    decide(tx, "d-1")
    hold(tx, "d-2", fact_key="f")
    actual = (drawn_by(tx, "d-1"), drawn_by(tx, "d-2"))
    assert actual == (None, None)


@pytest.mark.parametrize(
    ("action", "drawn"),
    [(Action.SEND, HELD_OUT), (HELD, assigned()), (CANCELLED, assigned()), (Action.SEND, tried())],
    ids=["sent though held out", "held though contacted", "cancelled though contacted", "no such experiment"],
)
def test_a_draw_that_contradicts_is_refused_whole(tx: Transaction, action: Action, drawn: Assignment) -> None:
    """Nothing of the confirmation stays."""
    hold(tx, "d-1", fact_key="f")
    with pytest.raises(InvalidInput), tx.savepoint():
        confirm(tx, "d-1", action, fact_key="f", assignment=drawn)
    actual = (known(tx, "d-1").last, known(tx, "d-1").assignment, counts(tx), rows(tx))
    assert actual == (None, None, {}, [])


@pytest.mark.parametrize("assignment", [assigned(), None])
def test_a_message_that_goes_now_can_be_followed_by_silence(tx: Transaction, assignment: Assignment | None) -> None:
    """Drawn before, and an outcome since: it is one more send that nobody reported on. An essential one is none."""
    told = ruling("d-1", fact_key="f", assignment=assignment)
    tx.add_decision(candidate(), Context(), told)
    report(tx, OutcomeKind.ENGAGED, user_id="u")
    confirm(tx, "d-1", at=day(1), fact_key="f", assignment=assignment)
    actual = [tx.standing(day(at)).stopped for at in (1, 15)]
    assert actual == [None, None if assignment is None else "silent"]
