from dataclasses import replace
from datetime import timedelta

import pytest

from model.contracts import Action, Context, OutcomeKind
from model.errors import InvalidInput
from model.monitor.detector import Watch
from serving.ports import Ledger, Transaction
from serving.standing import Assignment
from tests.contracts.drawn import WATCH, assigned, cell, counts, day, decide, report
from tests.contracts.ledgers import candidate, ruling

LONG = timedelta(days=14)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)


def test_assignments_are_counted_by_day_and_side(tx: Transaction) -> None:
    """Day of the decision (UTC), P(contacted), and whether chance contacted."""
    decide(tx, "d-1")
    decide(tx, "d-2", user="v")
    decide(tx, "d-3", assigned(contacted=False), user="x")
    decide(tx, "d-4", assigned(above=False), user="y", at=day(1))
    actual = counts(tx)
    assert actual == {cell(): 2, cell(contacted=False): 1, replace(cell(1), e=0.02): 1}


def test_an_occasion_is_a_row_once(tx: Transaction) -> None:
    """One per customer and fact: the first that reached the draw; another customer's, or another fact, is another."""
    decide(tx, "d-1", assigned(contacted=False), fact="f")
    decide(tx, "d-2", assigned(contacted=False), fact="f", at=day(1))
    decide(tx, "d-3", fact="f", user="v")
    decide(tx, "d-4", fact="g")
    actual = counts(tx)
    assert actual == {cell(contacted=False): 1, cell(): 2}


def test_the_first_is_the_first_on_record(tx: Transaction) -> None:
    """A clock that jumps back does not make a later decision the occasion's row."""
    decide(tx, "d-1", fact="f")
    decide(tx, "d-2", fact="f", at=day(-3))
    actual = counts(tx)
    assert actual == {cell(): 1, cell(-3, again=True): 1}


def test_without_an_assignment_nothing_is_counted(tx: Transaction) -> None:
    """Essential, refused and outranked messages are neither drawn nor rows."""
    tx.add_decision(candidate(), Context(), ruling("d-1", fact_key="f"))
    decide(tx, "d-2", fact="f")
    actual = counts(tx)
    assert actual == {cell(): 1}


def test_the_record_holds_the_assignment(tx: Transaction) -> None:
    """As it was decided: arm, contact, P(contacted), side and watch."""
    decide(tx, "d-1")
    actual = (tx.decision("d-1") or {})["decided"]["assignment"]
    assert actual == {"arm": "model", "contacted": True, "contact_probability": 0.95, "above": True, "watch": "w"}


def test_a_watch_is_known_once(tx: Transaction) -> None:
    """The same one again changes nothing; the newest stands first."""
    second = replace(WATCH, key="v")
    for watch in (second, WATCH, second):
        tx.watch(watch)
    actual = tx.watched()
    assert actual == [(second, {}), (WATCH, {})]


def test_a_watch_never_changes(tx: Transaction) -> None:
    """Other limits or other shares under the same key are another certificate: refused."""
    with pytest.raises(InvalidInput) as caught:
        tx.watch(replace(WATCH, contact_above=0.9))
    actual = str(caught.value)
    assert actual == (
        "watch `w` is known with other limits or contact probabilities; a certificate never changes, issue a new one"
    )


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (replace(assigned(), contact_probability=0.93), "P(contacted) `0.93` is none of watch `w`"),
        (replace(assigned(), contact_probability=float("nan")), "P(contacted) `nan` is none of watch `w`"),
        (replace(assigned(), watch="nobody"), "`0.95` is none of watch `nobody`, or this watch was not made known"),
        (replace(assigned(), watch=""), "none of watch ``, or this watch was not made known"),
        (assigned(contacted=False), "its assignment contradicts its action"),
    ],
    ids=["another arm's", "not a number", "unknown", "blank", "sent though held out"],
)
def test_an_assignment_that_contradicts_itself_is_refused(ledger: Ledger, drawn: Assignment, words: str) -> None:
    """Propensities that contradict the arms would make the monitor's figures false: nothing is recorded or sent."""
    told = ruling("d-1", action=Action.SEND, fact_key="f", assignment=drawn)
    with pytest.raises(InvalidInput) as caught, ledger.transaction() as tx:
        tx.add_decision(candidate(), Context(), told)
    with ledger.transaction() as tx:
        actual = (words in str(caught.value), tx.decision("d-1"), counts(tx))
    assert actual == (True, None, {})


def test_an_assignment_needs_a_fact(tx: Transaction) -> None:
    """Without one there is no occasion to draw for."""
    with pytest.raises(InvalidInput, match="or has no fact"):
        tx.add_decision(candidate(), Context(), ruling("d-1", assignment=assigned()))
    actual = counts(tx)
    assert actual == {}


def decide_twice(tx: Transaction, identity: str) -> None:
    """Record a decision, then the same id again, which is refused."""
    decide(tx, identity)
    decide(tx, identity)


def test_decision_and_counts_are_undone_together(ledger: Ledger) -> None:
    """One transaction: what is not recorded is not counted, in a dry run or where an error undoes all of it."""
    with pytest.raises(InvalidInput), ledger.transaction() as tx:
        decide_twice(tx, "d-1")
    with ledger.transaction() as tx:
        with tx.savepoint(keep=False):
            decide(tx, "d-2")
        decide(tx, "d-3", fact="fact of d-1")
        actual = (counts(tx), tx.occasions(after=0, limit=9)[0][0].record["decision_id"])
    assert actual == ({cell(): 1}, "d-3")


@pytest.mark.parametrize(
    ("after", "label"),
    [(-HOUR, False), (-INSTANT, False), (0 * HOUR, True), (HOUR, True), (LONG - INSTANT, True), (LONG, False)],
    ids=["before", "just before", "at once", "after", "at last", "too late"],
)
@pytest.mark.parametrize("contacted", [True, False])
def test_any_complaint_of_the_customer_in_the_window_is_a_label(
    tx: Transaction, *, after: timedelta, label: bool, contacted: bool
) -> None:
    """From the decision on and before its fourteenth day is over, contacted or held out."""
    decide(tx, "d-1", assigned(contacted=contacted))
    report(tx, time=day(0) + after, user_id="u")
    report(tx, time=day(1), user_id="somebody else")
    actual = counts(tx)
    assert actual == {cell(contacted=contacted, complained=label): 1}


@pytest.mark.parametrize("kind", [OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT])
@pytest.mark.parametrize(
    ("after", "label"), [(HOUR, True), (LONG - INSTANT, True), (LONG, False)], ids=["after", "at last", "too late"]
)
def test_harm_about_the_message_is_attributable(
    tx: Transaction, *, kind: OutcomeKind, after: timedelta, label: bool
) -> None:
    """A complaint or opt-out with its `decision_id` within the window; only a complaint is a complaint."""
    decide(tx, "d-1")
    report(tx, kind, time=day(0) + after, decision_id="d-1")
    complained = label and kind is OutcomeKind.COMPLAINED
    actual = counts(tx)
    assert actual == {cell(harmed=label, complained=complained): 1}


def test_a_complaint_about_one_message_counts_for_the_customers_other_occasions(tx: Transaction) -> None:
    """Total complaints, whatever they are about; attributable is only the message's own."""
    decide(tx, "d-1")
    decide(tx, "d-2", assigned(contacted=False), at=day(1))
    decide(tx, "d-3", at=day(3))
    report(tx, time=day(2), decision_id="d-1")
    actual = counts(tx)
    assert actual == {
        cell(complained=True, harmed=True): 1,
        cell(1, contacted=False, complained=True): 1,
        cell(3): 1,
    }


@pytest.mark.parametrize("kind", [OutcomeKind.ENGAGED, OutcomeKind.OPTED_OUT, OutcomeKind.COMPLAINT_CLOSED])
def test_what_is_no_harm_of_a_message_labels_nothing(tx: Transaction, kind: OutcomeKind) -> None:
    """An opt-out by customer happens without contact too; it is nobody's message's."""
    decide(tx, "d-1")
    report(tx, kind, time=day(1), user_id="u")
    actual = counts(tx)
    assert actual == {cell(): 1}


def test_nobody_is_harmed_by_a_message_that_was_withheld(tx: Transaction) -> None:
    """A complaint that names a withheld decision is the customer's, not attributable."""
    decide(tx, "d-1", assigned(contacted=False))
    report(tx, time=day(1), decision_id="d-1")
    actual = counts(tx)
    assert actual == {cell(contacted=False, complained=True): 1}


def test_duplicates_and_second_harms_change_nothing_twice(tx: Transaction) -> None:
    """A label is a truth, not a number."""
    decide(tx, "d-1")
    for hours in (1, 1, 2):
        report(tx, time=day(0) + hours * HOUR, decision_id="d-1")
        report(tx, OutcomeKind.OPTED_OUT, time=day(0) + hours * HOUR, decision_id="d-1")
        report(tx, time=day(0) + hours * HOUR, user_id="u")
    actual = counts(tx)
    assert actual == {cell(complained=True, harmed=True): 1}


def test_a_late_report_corrects_the_counts(tx: Transaction) -> None:
    """What happened within the window counts whenever it arrives; what happened after it never does."""
    decide(tx, "d-1")
    decide(tx, "d-2", user="v")
    report(tx, time=day(13), recorded=day(60), decision_id="d-1")
    report(tx, time=day(15), recorded=day(60), decision_id="d-2")
    actual = counts(tx)
    assert actual == {cell(complained=True, harmed=True): 1, cell(): 1}


@pytest.mark.parametrize(("recorded", "label"), [(13, True), (15, False)])
def test_a_fast_clock_counts_from_when_it_was_recorded(tx: Transaction, *, recorded: int, label: bool) -> None:
    """The ledger's rule: `min(time, recorded_at)`."""
    decide(tx, "d-1")
    report(tx, time=day(20), recorded=day(recorded), decision_id="d-1")
    actual = counts(tx)
    assert actual == {cell(complained=label, harmed=label): 1}


def test_a_decision_in_the_past_learns_what_is_known_already(tx: Transaction) -> None:
    """A clock that jumped back decides before a complaint that is on record: its window is open, it counts."""
    report(tx, time=day(1), user_id="u")
    report(tx, time=day(30), user_id="u")
    for number, at in enumerate((-14, -13, 1, 2)):
        decide(tx, f"d-{number}", at=day(at) + HOUR * (at == -13))
    actual = counts(tx)
    assert actual == {cell(-14): 1, cell(-13, complained=True): 1, cell(1, complained=True): 1, cell(2): 1}


@pytest.mark.parametrize("kind", [OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT])
@pytest.mark.parametrize("contacted", [True, False])
def test_harm_of_a_further_contact_is_its_own(tx: Transaction, *, kind: OutcomeKind, contacted: bool) -> None:
    """Sent once more about a fact: what it does to people is watched, once; the occasion's contact is not blamed."""
    decide(tx, "d-1", assigned(contacted=contacted), fact="f")
    decide(tx, "d-2", fact="f", at=day(1))
    report(tx, kind, time=day(2), decision_id="d-2")
    report(tx, kind, time=day(3), decision_id="d-2")
    actual = counts(tx)
    complained = kind is OutcomeKind.COMPLAINED
    assert actual == {
        cell(contacted=contacted, complained=complained): 1,
        cell(1, again=True, harmed=True): 1,
    }


def test_a_further_contact_takes_no_complaint(tx: Transaction) -> None:
    """Complaints are compared between occasions; those about other things are no harm of a message either."""
    report(tx, time=day(1.5), user_id="u")
    decide(tx, "d-1", fact="f")
    decide(tx, "d-2", fact="f", at=day(1))
    report(tx, time=day(2), user_id="u")
    actual = counts(tx)
    assert actual == {cell(complained=True): 1, cell(1, again=True): 1}


def test_a_further_contact_has_its_own_window_side_and_watch(tx: Transaction) -> None:
    """Fourteen days from its own decision, counted for what was in force then; a withheld one is nothing at all."""
    other = Watch(key="v", complaint_at_most=0.01, opt_out_at_most=0.01, control_rate=0.0)
    tx.watch(other)
    decide(tx, "d-1", fact="f")
    decide(tx, "d-2", assigned(watch=other, above=False), fact="f", at=day(10))
    decide(tx, "d-3", assigned(contacted=False), fact="f", at=day(11))
    report(tx, OutcomeKind.OPTED_OUT, time=day(24) - INSTANT, decision_id="d-2")
    report(tx, OutcomeKind.OPTED_OUT, time=day(12), decision_id="d-3")
    actual = (counts(tx), counts(tx, "v"))
    assert actual == ({cell(): 1}, {replace(cell(10, again=True, harmed=True), e=0.02): 1})


def test_watches_do_not_mix(tx: Transaction) -> None:
    """Each occasion is counted for what was in force when it was decided."""
    other = Watch(key="v", complaint_at_most=0.01, opt_out_at_most=0.01, control_rate=0.0)
    tx.watch(other)
    decide(tx, "d-1")
    decide(tx, "d-2", assigned(watch=other))
    report(tx, OutcomeKind.OPTED_OUT, time=day(0) + HOUR, decision_id="d-2")
    actual = (counts(tx), counts(tx, "v"))
    assert actual == ({cell(): 1}, {cell(harmed=True): 1})
