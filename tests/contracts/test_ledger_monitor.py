from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from model.contracts import OutcomeKind
from model.errors import InvalidInput
from model.monitor import Counts, Signal, Watch, signals
from serving.ledger import trips
from serving.ports import Ledger, Transaction
from tests.contracts.drawn import (
    EVEN,
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
    tried,
)
from tests.contracts.ledgers import NOW
from tests.contracts.test_ledger import RefusalError

MANY = 30  # complaints of contacted customers, more than enough once their windows have closed
EVIDENCE = (
    "opt_out harm above 0.005 per contact, log evidence 9.011 where 8.896 trips; 1 per contact over all 13 occasions "
    "since the last release"
)
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


def stops(tx: Transaction, *at: float) -> list[str | None]:
    """Ask for the standing at each of these days, and keep what stops."""
    return [tx.standing(day(one)).stopped for one in at]


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


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines that people were told."""
    return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]


def test_people_are_told(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """One line: what tripped, on which evidence, what goes on, and what to do."""
    with ledger.transaction() as tx:
        harm_until_tripped(tx)
        tx.standing(NOW)
    line = (
        f"the monitor tripped on watch `w`: {EVIDENCE}; everything discretionary stops, essential service goes on; "
        "find the cause, then release it: `outreach monitor release`"
    )
    actual = told(caplog)
    assert actual == [line]


def undone(ledger: Ledger, at: datetime) -> None:
    """Let the switch fall, or silence be found, and leave by an exception."""
    with ledger.transaction() as tx:
        harm_until_tripped(tx, name="lost")
        tx.standing(at)
        raise RefusalError


def test_nobody_is_told_of_what_did_not_happen(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """A dry run and a transaction that fails: no trip, no silence, no line. Nor before it is durable."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        tx.standing(NOW)
        with tx.savepoint(keep=False):
            seen = [tx.standing(day(14)).stopped]
            harm_until_tripped(tx)
            seen += stops(tx, 14)
    with pytest.raises(RefusalError):
        undone(ledger, day(20))
    with ledger.transaction() as tx:
        seen += stops(tx, 0)
        harm_until_tripped(tx)
        seen += stops(tx, 0)
        early = told(caplog)
    actual = (seen, early, len(told(caplog)))
    assert actual == (["silent", "tripped", None, "tripped"], [], 1)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often the counts of a watch are judged."""
    seen: list[str] = []

    def counted(known: Counts, watch: Watch, *, today: int) -> tuple[Signal, Signal]:
        seen.append(watch.key)
        return signals(known, watch, today=today)

    monkeypatch.setattr(trips, "signals", counted)
    return seen


def test_many_harms_of_one_transaction_are_one_look(ledger: Ledger, looks: list[str]) -> None:
    """However many are reported at once: each watch that they are about is judged once, before the commit."""
    with ledger.transaction() as tx:
        for number in range(2 * TRIPS_AT):
            decide(tx, f"d-{number}", user=f"u-{number}")
        decide(tx, "even", assigned(watch=EVEN))
    with ledger.transaction() as tx:
        report(tx, OutcomeKind.OPTED_OUT, decision_id="even")
        for number in range(2 * TRIPS_AT):
            report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
        before = list(looks)
    after = list(looks)
    with ledger.transaction() as tx:
        actual = (before, after, [trip.watch for trip in tx.trips()], looks == after)
    assert actual == ([], ["even", "w"], ["w"], True)


def test_a_standing_looks_before_it_says_anything(tx: Transaction, looks: list[str]) -> None:
    """What was reported in the same transaction stops what is asked after it; without news nothing is judged again."""
    tx.standing(NOW)
    for number in range(TRIPS_AT):
        decide(tx, f"d-{number}", user=f"u-{number}")
    tx.standing(NOW)
    looks.clear()
    for number in range(TRIPS_AT):
        report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
    actual = (stops(tx, 0, 0), looks)
    assert actual == (["tripped", "tripped"], ["w"])


def test_a_dry_run_does_not_use_up_the_look(ledger: Ledger) -> None:
    """What it judged was undone with it: the harm reported before it is judged all the same."""
    with ledger.transaction() as tx:
        for number in range(TRIPS_AT):
            decide(tx, f"d-{number}", user=f"u-{number}")
            report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
        with tx.savepoint(keep=False):
            seen = stops(tx, 0)
    with ledger.transaction() as tx:
        actual = (seen, stops(tx, 0))
    assert actual == (["tripped"], ["tripped"])


@pytest.mark.parametrize("act", ["start", "release"])
def test_harm_of_the_same_transaction_comes_before_what_people_do(tx: Transaction, act: str) -> None:
    """An experiment that is started after it is refused; a release is one of the trip that it makes."""
    for number in range(TRIPS_AT):
        decide(tx, f"d-{number}", user=f"u-{number}")
        report(tx, OutcomeKind.OPTED_OUT, decision_id=f"d-{number}")
    if act == "start":
        with pytest.raises(InvalidInput, match="find the cause, then release it"):
            tx.start_experiment(TRIAL)
    else:
        assert tx.release(at=NOW, by="ann", why="a wrong template") is True
    actual = [trip.released_by for trip in tx.trips()]
    assert actual == [None if act == "start" else "ann"]


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


@pytest.mark.parametrize(("by", "why"), [("", "found it"), (" ", "found it"), ("ann", ""), ("ann", "\t")])
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


@pytest.mark.parametrize("at", [13.99, 14, 15])
def test_sends_without_any_outcome_are_silence(tx: Transaction, at: float) -> None:
    """Fourteen days after anybody first asked since a send; contacts, not the held out."""
    decide(tx, "held", assigned(contacted=False))
    seen = stops(tx, -9)
    for number in range(3):
        decide(tx, f"d-{number}", user=f"u-{number}")
        seen += stops(tx, number)
    standing = tx.standing(day(at))
    actual = (seen, standing.stopped, standing.silent_since)
    assert actual == ([None] * 4, *((None, None) if at < 14 else ("silent", NOW)))


@pytest.mark.parametrize("decided", [-20, 0, 400])
def test_silence_does_not_ask_when_a_send_was_decided(tx: Transaction, decided: float) -> None:
    """A batch decides as of another day, a clock is wrong: its age is counted from the first look at the present."""
    decide(tx, "d-1", at=day(decided))
    actual = stops(tx, 0, 13, 14)
    assert actual == [None, None, "silent"]


def test_an_experiments_contacts_can_be_silent_too(tx: Transaction) -> None:
    """Nobody would hear what it does; it does not end, it waits."""
    tx.start_experiment(TRIAL)
    decide(tx, "d-1", tried())
    tx.standing(NOW)
    standing = tx.standing(day(14))
    actual = (standing.stopped, standing.experiment)
    assert actual == ("silent", replace(TRIAL, contacts=1))


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (OutcomeKind.DELIVERED, {"decision_id": "d-1"}),
        (OutcomeKind.NOT_DELIVERED, {"decision_id": "d-1"}),
        (OutcomeKind.ENGAGED, {"user_id": "somebody else"}),
        (OutcomeKind.CONTACTED_US, {"user_id": "u"}),
    ],
)
def test_any_outcome_ends_the_silence(tx: Transaction, kind: OutcomeKind, about: dict[str, str]) -> None:
    """Of any kind, of anybody: reports do arrive. The next fourteen days begin with the next send."""
    decide(tx, "d-1")
    seen = stops(tx, 0, 20)
    report(tx, kind, time=day(20), **about)
    seen += stops(tx, 20, 90)
    decide(tx, "d-2", at=day(90))
    seen += stops(tx, 90, 103, 104)
    actual = seen
    assert actual == [None, "silent", None, None, None, None, "silent"]


def test_what_reports_nothing_new_does_not_end_the_silence(tx: Transaction) -> None:
    """A duplicate and an unknown decision say nothing."""
    report(tx, OutcomeKind.ENGAGED, user_id="u")
    decide(tx, "d-1")
    told = [report(tx, OutcomeKind.ENGAGED, user_id="u"), report(tx, OutcomeKind.DELIVERED, decision_id="nobody")]
    actual = (told, stops(tx, 0, 14))
    assert actual == (["duplicate", "unknown_decision"], [None, "silent"])


def test_a_clock_that_jumps_back_does_not_hide_silence(ledger: Ledger) -> None:
    """Once found it lasts until somebody reports an outcome."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        tx.standing(NOW)
        seen = stops(tx, 14)
    with ledger.transaction() as tx:
        decide(tx, "d-2", at=day(-30))
        seen += stops(tx, -30, 0, 1)
        actual = (seen, tx.standing(NOW).silent_since)
    assert actual == (["silent"] * 4, NOW)


def test_a_look_by_a_fast_clock_does_not_postpone_silence(tx: Transaction) -> None:
    """The earliest look counts, whenever it comes."""
    decide(tx, "d-1")
    actual = stops(tx, 400, 0, 13, 14)
    assert actual == [None, None, None, "silent"]


def test_people_are_told_of_silence_once(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """What stopped, since when, and what to do."""
    with ledger.transaction() as tx:
        decide(tx, "d-1")
        stops(tx, 0, 14, 14, 15)
    with ledger.transaction() as tx:
        stops(tx, 16)
    line = (
        "no outcome was reported since 2026-11-20T12:00:00+00:00, and messages went out: everything discretionary "
        "stops, essential service goes on; report outcomes to `/v1/outcomes`"
    )
    actual = told(caplog)
    assert actual == [line]


def test_tripped_comes_before_silent(tx: Transaction) -> None:
    """Both hold; a person has to look into the first."""
    harm_until_tripped(tx)
    decide(tx, "d-1", user="v")
    tx.standing(NOW)
    standing = tx.standing(day(20))
    actual = (standing.stopped, standing.silent_since)
    assert actual == ("tripped", NOW)
