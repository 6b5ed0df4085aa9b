from datetime import timedelta

import pytest

from model.contracts import OutcomeKind
from model.errors import InvalidInput
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import (
    EVEN,
    EVIDENCE,
    TRIAL,
    TRIPS_AT,
    WATCH,
    assigned,
    cell,
    counts,
    day,
    decide,
    harm_until_tripped,
    report,
    stops,
)
from tests.contracts.ledgers import NOW

MANY = 30  # complaints of contacted customers, more than enough once their windows have closed
EARLY = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _watching(ledger: Ledger) -> None:
    """Make the watch known before anything is assigned."""
    with ledger.transaction() as tx:
        tx.watch(WATCH)
        tx.watch(EVEN)


def complain(tx: Transaction, *, at: float = 0, name: str = "c", recorded: float | None = None) -> None:
    """Contact many customers on a day; all complain about something within the hour."""
    for number in range(MANY):
        decide(tx, f"{name}-{number}", assigned(watch=EVEN), user=f"{name}-{number}", at=day(at))
        late = None if recorded is None else day(recorded)
        report(tx, time=day(at) + EARLY, recorded=late, user_id=f"{name}-{number}")


def test_opt_outs_trip_as_soon_as_they_are_reported(tx: Transaction) -> None:
    """Thirteen of thirteen: no window has to close, nobody has to ask."""
    tripped_at = harm_until_tripped(tx)
    trip = tx.trips()[0]
    actual = (tripped_at, trip.watch, trip.harm, trip.at, trip.released_at, tx.standing(NOW).stopped)
    assert actual == (TRIPS_AT, "w", "opt_out", NOW, None, "tripped")


@pytest.mark.parametrize("contacted", [True, False], ids=["not delivered at first", "held out at first"])
def test_further_contacts_that_harm_trip_as_well(tx: Transaction, *, contacted: bool) -> None:
    """Whoever is sent a second message about a fact may be harmed by that one."""
    for number in range(2 * TRIPS_AT):
        decide(tx, f"one-{number}", assigned(contacted=contacted), user=f"u-{number}", fact="f")
        decide(tx, f"two-{number}", user=f"u-{number}", fact="f")
        report(tx, OutcomeKind.OPTED_OUT, time=NOW, decision_id=f"two-{number}")
    actual = stops(tx, 0)
    assert actual == ["tripped"]


def test_many_contacts_without_harm_take_more_to_trip(tx: Transaction) -> None:
    """Harm is compared with its limit, occasion by occasion."""
    for number in range(400):
        decide(tx, f"fine-{number}", user=f"fine-{number}")
    actual = harm_until_tripped(tx) > TRIPS_AT
    assert actual is True


def test_harm_at_half_its_limit_trips_nothing(tx: Transaction) -> None:
    """One opt-out in four hundred contacts, day after day."""
    for number in range(2 * 400):
        identity, at = f"d-{number}", day(number // 400)
        decide(tx, identity, user=identity, at=at)
        if number % 400 == 0:
            report(tx, OutcomeKind.OPTED_OUT, time=at, decision_id=identity)
    actual = (stops(tx, 10), tx.trips())
    assert actual == ([None], [])


def test_a_trip_does_not_contradict_itself(tx: Transaction) -> None:
    """A bad day after many good ones: the figure beside the limit is that of the bad day."""
    for number in range(3_000):
        decide(tx, f"good-{number}", user=f"good-{number}", at=day(-9))
    for number in range(TRIPS_AT + 1):
        decide(tx, f"bad-{number}", user=f"bad-{number}", at=day(number % 2))
        report(tx, OutcomeKind.OPTED_OUT, time=day(1), decision_id=f"bad-{number}")
    actual = tx.trips()[0].detail.split(",")[0]
    assert actual == "opt_out harm above 0.005 per contact: 1 for decisions of 2026-11-20 to 2026-11-21"


def test_the_trip_keeps_its_evidence(tx: Transaction) -> None:
    """What was told stands on record."""
    harm_until_tripped(tx)
    actual = tx.trips()[0].detail
    assert actual == EVIDENCE


def test_complaints_trip_when_their_windows_have_closed(tx: Transaction) -> None:
    """Not before: until then the held out may still complain as much."""
    complain(tx)
    seen = stops(tx, 0, 1, 14, 15)
    actual = (seen, [(trip.harm, trip.at) for trip in tx.trips()])
    assert actual == ([None, None, None, "tripped"], [("complaint", day(15))])


def test_a_harm_does_not_hurry_the_complaints(tx: Transaction) -> None:
    """What is looked at once a message's harm is reported are the harms of messages; complaints wait for their day."""
    complain(tx)
    report(tx, OutcomeKind.OPTED_OUT, time=NOW + EARLY, decision_id="c-0")
    actual = (tx.trips(), stops(tx, 14, 15))
    assert actual == ([], [None, "tripped"])


def test_what_makes_everybody_complain_trips_nothing(tx: Transaction) -> None:
    """A carrier strike: contacted and held out complain alike."""
    complain(tx)
    for number in range(MANY):
        decide(tx, f"h-{number}", assigned(contacted=False, watch=EVEN), user=f"h-{number}")
        report(tx, time=NOW + EARLY, user_id=f"h-{number}")
    actual = stops(tx, 15, 16)
    assert actual == [None, None]


def test_it_looks_once_a_day(tx: Transaction) -> None:
    """What is reported after the day's look is seen on the next day (UTC), also by a clock that came back."""
    for number in range(MANY):
        decide(tx, f"c-{number}", assigned(watch=EVEN), user=f"c-{number}")
    seen = stops(tx, 100, 20)
    for number in range(MANY):
        report(tx, time=NOW + EARLY, recorded=day(20), user_id=f"c-{number}")
    seen += stops(tx, 20, 20.4, 20.5)
    actual = seen
    assert actual == [None, None, None, None, "tripped"]


def test_a_fast_clock_does_not_blind_it(tx: Transaction) -> None:
    """Having looked on a day far ahead, it looks again when the clock is right."""
    complain(tx)
    actual = stops(tx, 9999, 15)
    assert actual == [None, "tripped"]


@pytest.mark.parametrize(("at", "stopped"), [(120, "tripped"), (121, None)])
def test_old_watches_are_left_alone(tx: Transaction, at: float, stopped: str | None) -> None:
    """A certificate lives 90 days and its last window 14 more: after 120 days there is nothing to look at."""
    complain(tx)
    actual = stops(tx, at)
    assert actual == [stopped]


def test_every_watch_is_looked_at(tx: Transaction) -> None:
    """Also one that is not in force any more, while another one is."""
    complain(tx)
    tx.start_experiment(TRIAL)
    actual = (stops(tx, 15), tx.trips()[0].watch)
    assert actual == (["tripped"], "even")


def test_a_trip_ends_the_experiment(tx: Transaction) -> None:
    """For good: a release does not start it again."""
    tx.start_experiment(TRIAL)
    harm_until_tripped(tx)
    over = tx.experiments()[0]
    tx.release(at=NOW, by="ann", why="looked into it")
    actual = (over.stopped_at, over.stopped_by, over.why, tx.standing(NOW).experiment)
    assert actual == (NOW, "outreach", "the monitor tripped on opt_out of watch `w`", None)


def test_the_days_look_ends_the_experiment_too(tx: Transaction) -> None:
    """The standing that trips shows no experiment any more."""
    tx.start_experiment(TRIAL)
    complain(tx)
    standing = tx.standing(day(15))
    actual = (standing.experiment, standing.trip is not None, tx.experiments()[0].stopped_by)
    assert actual == (None, True, "outreach")


def test_nothing_further_trips_while_it_is_tripped(tx: Transaction) -> None:
    """One open trip says it; more harm is counted all the same."""
    harm_until_tripped(tx)
    complain(tx)
    decide(tx, "more")
    report(tx, OutcomeKind.OPTED_OUT, decision_id="more")
    actual = (stops(tx, 15, 16), len(tx.trips()), counts(tx)[cell(harmed=True)])
    assert actual == (["tripped", "tripped"], 1, TRIPS_AT + 1)


def test_a_clock_that_jumps_back_releases_nothing(ledger: Ledger) -> None:
    """Only a person does."""
    with ledger.transaction() as tx:
        harm_until_tripped(tx)
    with ledger.transaction() as tx:
        actual = stops(tx, -400, 0, 400)
    assert actual == ["tripped"] * 3


def test_a_named_person_releases_it_once(tx: Transaction) -> None:
    """With a reason; where nothing is tripped there is nothing to release."""
    before = tx.release(at=NOW, by="ann", why="to be sure")
    harm_until_tripped(tx)
    told = [tx.release(at=day(1), by=by, why="a wrong template") for by in (" ann ", "bob")]
    trip = tx.trips()[0]
    actual = (before, told, trip.released_at, trip.released_by, trip.why, stops(tx, 1))
    assert actual == (False, [True, False], day(1), "ann", "a wrong template", [None])


@pytest.mark.parametrize(
    ("by", "why"),
    [("", "found it"), (" ", "found it"), ("ann", ""), ("ann", "\t"), ("ann", "\u200b"), ("–", "found it")],
)
def test_a_release_without_name_or_reason_is_refused(tx: Transaction, by: str, why: str) -> None:
    """It stays tripped."""
    harm_until_tripped(tx)
    with pytest.raises(InvalidInput, match="monitor release: `by` or `why` is blank; name who releases it, and what"):
        tx.release(at=NOW, by=by, why=why)
    actual = stops(tx, 0)
    assert actual == ["tripped"]


def test_after_a_release_the_monitor_starts_afresh(tx: Transaction) -> None:
    """What led to the trip is not counted again, for any watch; new harm trips again, as a second trip."""
    harm_until_tripped(tx)
    complain(tx)
    tx.release(at=day(1), by="ann", why="a wrong template")
    fresh, calm = counts(tx), stops(tx, 15)
    again = harm_until_tripped(tx, at=day(15), name="again")
    actual = (fresh, calm, again, [trip.released_by for trip in tx.trips()])
    assert actual == ({}, [None], TRIPS_AT, [None, "ann"])


def test_a_label_of_an_occasion_before_the_release_stays_there(tx: Transaction) -> None:
    """It corrects the count that it belongs to, which nobody judges any more."""
    decide(tx, "before")
    harm_until_tripped(tx)
    tx.release(at=NOW, by="ann", why="a wrong template")
    decide(tx, "after", user="v")
    report(tx, OutcomeKind.OPTED_OUT, time=NOW + EARLY, decision_id="before")
    report(tx, OutcomeKind.COMPLAINED, time=NOW + EARLY, decision_id="after")
    actual = counts(tx)
    assert actual == {cell(complained=True, harmed=True): 1}


def test_a_trip_that_is_undone_did_not_happen(ledger: Ledger) -> None:
    """It is recorded in the transaction of the report that caused it, with it or not at all."""
    with ledger.transaction() as tx:
        with tx.savepoint(keep=False):
            harm_until_tripped(tx)
        actual = (tx.trips(), counts(tx), stops(tx, 0))
    assert actual == ([], {}, [None])


def test_harm_of_a_day_ahead_trips_at_once(tx: Transaction) -> None:
    """Decided by a fast clock, reported by a right one: the harm is real all the same."""
    for number in range(TRIPS_AT):
        decide(tx, f"d-{number}", user=f"u-{number}", at=day(9))
        report(tx, OutcomeKind.OPTED_OUT, time=NOW, decision_id=f"d-{number}")
    actual = len(tx.trips())
    assert actual == 1


def test_labels_that_arrive_after_the_window_trip_nothing(tx: Transaction) -> None:
    """They happened too late to be this message's."""
    for number in range(MANY):
        decide(tx, f"d-{number}", user=f"u-{number}")
        report(tx, OutcomeKind.OPTED_OUT, time=day(14), decision_id=f"d-{number}")
    actual = (counts(tx), stops(tx, 15, 16))
    assert actual == ({cell(): MANY}, [None, None])
