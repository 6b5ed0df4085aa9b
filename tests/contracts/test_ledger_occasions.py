from datetime import timedelta

import pytest

from model.contracts import Context, Outcome, OutcomeKind
from serving.ledger.instants import EPOCH
from serving.ports import Ledger, Transaction
from serving.record.record import read_record
from tests.contracts.drawn import TRIAL, WATCH, assigned, day, decide, report, tried
from tests.contracts.ledgers import NOW, candidate, ruling

INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)


def names(tx: Transaction, *, after: int = 0, limit: int = 99) -> list[str]:
    """Read the ids of a page."""
    return [str(one.record["decision_id"]) for one in tx.occasions(after=after, limit=limit)[0]]


def test_an_occasion_is_the_record_and_its_draw(tx: Transaction) -> None:
    """As logged then; the assignment as it was drawn, in an experiment without a side of the cut-off."""
    tx.start_experiment(TRIAL)
    decide(tx, "d-1", assigned(contacted=False, above=False))
    decide(tx, "d-2", tried(), user="v", at=day(1))
    page, _ = tx.occasions(after=0, limit=9)
    read = [read_record(one.record) for one in page]
    actual = (
        [one.assignment for one in page],
        [one.decided.assignment for one in read],
        [(one.candidate.user_id, one.decided.decision.decided_at) for one in read],
    )
    drawn = [assigned(contacted=False, above=False), tried()]
    assert actual == (drawn, drawn, [("u", NOW), ("v", day(1))])


def test_only_first_decisions_that_reached_the_draw(tx: Transaction) -> None:
    """One per customer and fact; no essential, refused or repeated ones."""
    tx.add_decision(candidate(), Context(), ruling("essential", fact_key="f"))
    decide(tx, "d-1", assigned(contacted=False), fact="f")
    decide(tx, "d-2", fact="f")
    decide(tx, "d-3", fact="f", user="v")
    actual = names(tx)
    assert actual == ["d-1", "d-3"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_follow_one_another(tx: Transaction, limit: int) -> None:
    """Every occasion once, in the order they were decided, whatever the clock said; the last page is empty."""
    for number in range(7):
        decide(tx, f"d-{number}", fact=f"f-{number % 6}", at=day(-number))
    seen, cursor = [], 0
    while True:
        page, following = tx.occasions(after=cursor, limit=limit)
        if not page:
            break
        seen += [one.record["decision_id"] for one in page]
        cursor = following
    actual = (seen, following == cursor, len(page))
    assert actual == ([f"d-{number}" for number in range(6)], True, 0)


def test_what_is_decided_later_is_on_a_later_page(ledger: Ledger) -> None:
    """A cursor that was kept goes on from there."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        _, cursor = tx.occasions(after=0, limit=9)
    with ledger.transaction() as tx:
        decide(tx, "d-2")
        actual = names(tx, after=cursor)
    assert actual == ["d-2"]


def test_no_occasions_are_an_empty_page(tx: Transaction) -> None:
    """The cursor stays; a limit of nothing asks for nothing."""
    before = tx.occasions(after=0, limit=9)
    decide(tx, "d-1")
    actual = (before, tx.occasions(after=5, limit=9), tx.occasions(after=0, limit=0))
    assert actual == (([], 0), ([], 5), ([], 0))


def test_outcomes_are_those_of_the_customer_as_reported(tx: Transaction) -> None:
    """By this decision, by another one or by customer, of any kind, in order of time; nobody else's."""
    decide(tx, "d-1")
    decide(tx, "d-2", at=day(1))
    decide(tx, "other", user="v")
    report(tx, OutcomeKind.OPTED_OUT, time=day(2), user_id="u", channel="sms")
    report(tx, OutcomeKind.DELIVERED, time=day(0.5), decision_id="d-1")
    report(tx, OutcomeKind.COMPLAINED, time=day(1.5), decision_id="d-2")
    report(tx, OutcomeKind.CONTACTED_US, time=day(-3), user_id="u")
    report(tx, OutcomeKind.THANKED, time=day(3), decision_id="other")
    page, _ = tx.occasions(after=0, limit=9)
    own = (
        Outcome(kind=OutcomeKind.CONTACTED_US, time=day(-3), user_id="u"),
        Outcome(kind=OutcomeKind.DELIVERED, time=day(0.5), decision_id="d-1"),
        Outcome(kind=OutcomeKind.COMPLAINED, time=day(1.5), decision_id="d-2"),
        Outcome(kind=OutcomeKind.OPTED_OUT, time=day(2), user_id="u", channel="sms"),
    )
    actual = [one.outcomes for one in page]
    assert actual == [own, own, (Outcome(kind=OutcomeKind.THANKED, time=day(3), decision_id="other"),)]


def test_outcomes_matter_four_weeks_before_and_after(tx: Transaction) -> None:
    """Both ends belong to it: the longest window, and the one before for negative controls."""
    decide(tx, "d-1")
    for time in (day(-28) - INSTANT, day(-28), day(28), day(28) + INSTANT):
        report(tx, OutcomeKind.ENGAGED, time=time, user_id="u")
    page, _ = tx.occasions(after=0, limit=9)
    actual = [one.time for one in page[0].outcomes]
    assert actual == [day(-28), day(28)]


def test_harm_that_names_the_decision_has_no_earliest_time(tx: Transaction) -> None:
    """A sender without a clock says 1970: the monitor counts it, so the table shows it; by customer it is long ago."""
    for number, user in enumerate(("u", "v")):
        decide(tx, f"d-{number}", user=user)
    report(tx, OutcomeKind.OPTED_OUT, time=EPOCH, recorded=day(1), decision_id="d-0")
    report(tx, OutcomeKind.OPTED_OUT, time=EPOCH, recorded=day(1), user_id="v")
    report(tx, OutcomeKind.OPTED_OUT, time=day(28) + INSTANT, decision_id="d-1")
    page, _ = tx.occasions(after=0, limit=9)
    actual = [one.outcomes for one in page]
    assert actual == [(Outcome(kind=OutcomeKind.OPTED_OUT, time=EPOCH, decision_id="d-0"),), ()]


def test_an_occasion_names_the_further_contacts_about_its_fact(tx: Transaction) -> None:
    """Those that were sent, of this customer and fact, in their order; what is said of them has no earliest time."""
    decide(tx, "d-1", fact="f")
    decide(tx, "other fact", fact="g")
    decide(tx, "other customer", user="v", fact="f")
    decide(tx, "d-2", fact="f", at=day(2))
    decide(tx, "withheld", assigned(contacted=False), fact="f", at=day(3))
    decide(tx, "d-3", fact="f", at=day(4))
    for about in ("d-2", "withheld"):
        report(tx, OutcomeKind.OPTED_OUT, time=EPOCH, recorded=day(5), decision_id=about)
    page, _ = tx.occasions(after=0, limit=9)
    actual = [(one.again, [outcome.decision_id for outcome in one.outcomes]) for one in page]
    assert actual == [(("d-2", "d-3"), ["d-2"]), ((), []), ((), [])]


def test_an_outcome_counts_from_when_it_was_recorded_at_the_latest(tx: Transaction) -> None:
    """The ledger's rule for fast clocks, as in the labels; a late report keeps its own time."""
    decide(tx, "d-1")
    report(tx, OutcomeKind.ENGAGED, time=day(40), recorded=day(2), user_id="u")
    report(tx, OutcomeKind.ENGAGED, time=day(1), recorded=day(50), user_id="u")
    page, _ = tx.occasions(after=0, limit=9)
    actual = [one.time for one in page[0].outcomes]
    assert actual == [day(1), day(2)]


def test_a_page_reads_its_own_outcomes_only(tx: Transaction) -> None:
    """Occasions before and after it, of the same customer, keep theirs."""
    for number in range(3):
        decide(tx, f"d-{number}", at=day(number * 60))
        report(tx, OutcomeKind.ENGAGED, time=day(number * 60 + 1), user_id="u")
    _, cursor = tx.occasions(after=0, limit=1)
    page, _ = tx.occasions(after=cursor, limit=1)
    actual = [[outcome.time for outcome in one.outcomes] for one in page]
    assert actual == [[day(61)]]
