import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from model.errors import InvalidInput
from model.monitor.detector import Cell, bets, signals
from model.monitor.words import delay_said
from serving.ports import Ledger, Transaction
from serving.standing import Experiment
from tests.contracts.drawn import (
    TODAY,
    TRIAL,
    TRIPS_AT,
    WATCH,
    assigned,
    counts,
    day,
    decide,
    harm_until_tripped,
    tried,
)
from tests.contracts.ledgers import NOW

NAN = float("nan")


def ended(experiment: Experiment) -> tuple[datetime | None, str | None, str | None]:
    """Keep when it stopped, by whom and why."""
    return experiment.stopped_at, experiment.stopped_by, experiment.why


def test_an_experiment_is_recorded_as_it_was_started(tx: Transaction) -> None:
    """Share, size, end, limits and who; it runs at once, and nothing else stands in the way."""
    tx.start_experiment(TRIAL)
    standing = tx.standing(NOW)
    actual = (tx.experiments(), standing.experiment, standing.stopped)
    assert actual == ([TRIAL], TRIAL, None)


def test_without_an_experiment_none_runs(tx: Transaction) -> None:
    """A new ledger stands still: nothing runs, nothing tripped, nobody is silent."""
    standing = tx.standing(NOW)
    actual = (standing.experiment, standing.trip, standing.silent_since, tx.experiments())
    assert actual == (None, None, None, [])


def test_only_starts_are_recorded(tx: Transaction) -> None:
    """Contacts and an end that come along with a start are not believed."""
    tx.start_experiment(replace(TRIAL, contacts=2, stopped_at=NOW, stopped_by="ann", why="done"))
    actual = tx.experiments()
    assert actual == [TRIAL]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"share": 0.0}, "`share` is `0.0`; the monitor can watch shares from 0.001 to 0.999"),
        ({"share": 0.00099}, "`share` is `0.00099`"),
        ({"share": 0.9991}, "`share` is `0.9991`"),
        ({"share": 1.0}, "`share` is `1.0`"),
        ({"share": -0.1}, "`share` is `-0.1`"),
        ({"share": NAN}, "`share` is `nan`"),
        ({"complaint_at_most": 0.0}, "`complaint_at_most` is `0.0`; the monitor can watch limits from 1e-06 to 0.25"),
        ({"complaint_at_most": 9e-7}, "`complaint_at_most` is `9e-07`"),
        ({"opt_out_at_most": 1e-20}, "`opt_out_at_most` is `1e-20`; the monitor can watch limits from 1e-06 to 0.25"),
        ({"opt_out_at_most": 0.251}, "`opt_out_at_most` is `0.251`"),
        ({"complaint_at_most": NAN}, "`complaint_at_most` is `nan`"),
        ({"opt_out_at_most": 1.0}, "`opt_out_at_most` is `1.0`"),
        ({"max_contacts": 0}, "`max_contacts` is `0`; give 1 to 1,000,000,000,000"),
        ({"max_contacts": 10**13}, "`max_contacts` is `10000000000000`; give 1 to 1,000,000,000,000"),
        ({"max_contacts": -5}, "`max_contacts` is `-5`"),
        ({"max_contacts": 10**30}, "`max_contacts` is `1" + "0" * 30),
        ({"until": TRIAL.started_at}, "is not after its start; give a later time"),
        ({"until": day(-1)}, "is not after its start"),
        ({"until": day(9).replace(tzinfo=None)}, "`until`, `2026-11-29T12:00:00`, has no offset; add one"),
        ({"started_at": NOW.replace(tzinfo=None)}, "`started_at`, `2026-11-20T12:00:00`, has no offset"),
        ({"by": " "}, "`by` or its id is blank; name the person who starts it"),
        ({"by": "\u200b"}, "`by` or its id is blank"),
        ({"id": ""}, "`by` or its id is blank"),
    ],
    ids=lambda value: None if isinstance(value, str) else "-".join(f"{key} {part}" for key, part in value.items()),
)
def test_what_is_not_bounded_or_by_nobody_is_refused(tx: Transaction, given: Mapping[str, Any], words: str) -> None:
    """One line, and nothing is started."""
    with pytest.raises(InvalidInput) as caught:
        tx.start_experiment(replace(TRIAL, **given))
    message = str(caught.value)
    actual = (words in message, message.startswith("experiment: "), "\n" in message, tx.experiments())
    assert actual == (True, True, False, [])


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
@pytest.mark.parametrize("limit", [1e-6, 0.005, 0.25])
def test_whatever_may_start_can_be_watched(tx: Transaction, share: float, limit: float) -> None:
    """At every corner of the bounds both bets have a stake, and a delay that can be stated."""
    experiment = replace(TRIAL, share=share, complaint_at_most=limit, opt_out_at_most=limit)
    tx.start_experiment(experiment)
    heard = signals({}, tx.watched()[0][0], today=TODAY)
    words = [delay_said(signal, experiment.watch) for signal in heard]
    actual = [(bet.stake > 0, math.isfinite(bet.delay)) for bet in bets(experiment.watch)]
    assert (actual, ["cannot" in line or "inf" in line for line in words]) == ([(True, True)] * 2, [False] * 2)


def test_a_long_experiment_is_fine(tx: Transaction) -> None:
    """Its size bounds it as well."""
    tx.start_experiment(replace(TRIAL, until=day(3650)))
    actual = tx.standing(day(3649)).experiment is not None
    assert actual is True


def test_one_runs_at_a_time(tx: Transaction) -> None:
    """A second one is refused, under a new id too; once the first is over it may start."""
    second = replace(TRIAL, id="x-2", started_at=NOW)
    tx.start_experiment(TRIAL)
    with pytest.raises(InvalidInput, match="`x-1` runs until 2026-12-20T12:00:00Z; stop it first: `outreach exp"):
        tx.start_experiment(second)
    tx.stop_experiment("x-1", at=NOW, by="bob", why="enough")
    tx.start_experiment(second)
    actual = ([one.id for one in tx.experiments()], tx.standing(NOW).experiment)
    assert actual == (["x-2", "x-1"], second)


def test_one_that_is_past_its_end_is_in_nobodys_way(tx: Transaction) -> None:
    """It ends with the start of the next, since nobody asked before."""
    tx.start_experiment(TRIAL)
    tx.start_experiment(replace(TRIAL, id="x-2", started_at=day(31), until=day(40)))
    actual = [ended(one) for one in tx.experiments()]
    assert actual == [(None, None, None), (day(31), "outreach", "its end, 2026-12-20T12:00:00Z, has come")]


def test_an_id_is_used_once(tx: Transaction) -> None:
    """Assignments name it."""
    tx.start_experiment(TRIAL)
    tx.stop_experiment("x-1", at=NOW, by="bob", why="enough")
    with pytest.raises(InvalidInput, match="experiment `x-1` was started before; use a new id"):
        tx.start_experiment(TRIAL)
    actual = len(tx.experiments())
    assert actual == 1


def test_a_person_stops_it_once(tx: Transaction) -> None:
    """With who and why; a second stop, and a stop of what never ran, change nothing."""
    tx.start_experiment(TRIAL)
    told = [
        tx.stop_experiment(name, at=NOW, by=by, why="enough")
        for name, by in (("x-9", "ann"), ("x-1", "bob"), ("x-1", "eve"))
    ]
    actual = (told, ended(tx.experiments()[0]), tx.experiments()[0].remaining, tx.standing(NOW).experiment)
    assert actual == ([False, True, False], (NOW, "bob", "enough"), 0, None)


@pytest.mark.parametrize(
    ("by", "why"), [("", "enough"), ("\u200b", "enough"), ("ann", ""), ("ann", "\u200b")], ids=ascii
)
def test_whoever_stops_it_has_a_name_and_a_reason(tx: Transaction, by: str, why: str) -> None:
    """A recorded act."""
    tx.start_experiment(TRIAL)
    with pytest.raises(InvalidInput, match="experiment: `by` or `why` is blank; name the person who stops it, and why"):
        tx.stop_experiment("x-1", at=NOW, by=by, why=why)
    actual = tx.standing(NOW).experiment
    assert actual == TRIAL


def test_contacts_are_counted_and_the_last_one_ends_it(tx: Transaction) -> None:
    """Only contacts count towards its size; it stops by itself in the moment of the last."""
    tx.start_experiment(TRIAL)
    seen = []
    for number, contacted in enumerate((True, False, True, False, True)):
        decide(tx, f"d-{number}", tried(contacted=contacted), user=f"u-{number}")
        running = tx.standing(NOW).experiment
        seen.append(None if running is None else (running.contacts, running.remaining))
    whole = tx.experiments()[0]
    actual = (seen, whole.contacts, ended(whole))
    assert actual == (
        [(1, 2), (1, 2), (2, 1), (2, 1), None],
        3,
        (NOW, "outreach", "all its contacts are made"),
    )


@pytest.mark.parametrize("how", ["by a person", "by itself", "never started"])
def test_nothing_is_sent_for_an_experiment_that_is_over(ledger: Ledger, how: str) -> None:
    """Its size holds whatever the caller believes: the decision is refused, and nothing of it is recorded."""
    with ledger.transaction() as tx:
        tx.watch(TRIAL.watch)
        if how != "never started":
            tx.start_experiment(replace(TRIAL, max_contacts=1))
        if how == "by itself":
            decide(tx, "last", tried())
        elif how == "by a person":
            tx.stop_experiment("x-1", at=NOW, by="bob", why="enough")
    with pytest.raises(InvalidInput, match="`x-1` does not run any more"), ledger.transaction() as tx:
        decide(tx, "more", tried(), user="v")
    with ledger.transaction() as tx:
        decide(tx, "held", tried(contacted=False), user="x")
        actual = (tx.decision("more"), sum(one.contacts for one in tx.experiments()))
    assert actual == (None, 1 if how == "by itself" else 0)


def test_contacts_under_a_certificate_are_not_the_experiments(tx: Transaction) -> None:
    """Both may go on at once: each occasion belongs to what was in force for it."""
    tx.watch(WATCH)
    tx.start_experiment(TRIAL)
    decide(tx, "d-1", assigned())
    decide(tx, "d-2", tried(), user="v")
    running = tx.standing(NOW).experiment
    occasion = Cell(day=TODAY, e=0.5, contacted=True, complained=False, harmed=False)
    actual = (running and running.contacts, counts(tx, "x-1"), tx.watched()[0][0])
    assert actual == (1, {occasion: 1}, TRIAL.watch)


@pytest.mark.parametrize(("at", "runs"), [(-1, False), (0, True), (29.99, True), (30, False), (31, False)])
def test_it_runs_from_its_start_to_before_its_end(tx: Transaction, *, at: float, runs: bool) -> None:
    """At `until` it is over."""
    tx.start_experiment(TRIAL)
    actual = tx.standing(day(at)).experiment is not None
    assert actual is runs


def test_a_clock_that_jumps_back_does_not_revive_it(ledger: Ledger) -> None:
    """Its end is on record, once, whatever the clock says later."""
    with ledger.transaction() as tx:
        tx.start_experiment(TRIAL)
        tx.standing(day(30))
    with ledger.transaction() as tx:
        seen = [tx.standing(day(at)).experiment for at in (1, 40, 2)]
        actual = (seen, ended(tx.experiments()[0]))
    assert actual == ([None] * 3, (day(30), "outreach", "its end, 2026-12-20T12:00:00Z, has come"))


def test_a_clock_before_its_start_neither_runs_nor_ends_it(tx: Transaction) -> None:
    """When the clock is right again, it goes on."""
    tx.start_experiment(TRIAL)
    seen = [tx.standing(day(at)).experiment for at in (-400, 1)]
    actual = seen
    assert actual == [None, TRIAL]


def test_an_end_that_is_undone_did_not_happen(ledger: Ledger) -> None:
    """A dry run under a clock of its own leaves the experiment alone."""
    with ledger.transaction() as tx:
        tx.start_experiment(TRIAL)
        with tx.savepoint(keep=False):
            within = tx.standing(day(99)).experiment
        actual = (within, tx.standing(NOW).experiment)
    assert actual == (None, TRIAL)


def test_none_starts_while_the_switch_has_fallen(tx: Transaction) -> None:
    """Somebody looks into it first."""
    tx.watch(WATCH)
    assert harm_until_tripped(tx) == TRIPS_AT
    with pytest.raises(InvalidInput, match="tripped on opt_out of watch `w`; find the cause, then release it: `out"):
        tx.start_experiment(TRIAL)
    tx.release(at=NOW, by="ann", why="a wrong template, taken out")
    tx.start_experiment(TRIAL)
    actual = tx.standing(NOW).experiment
    assert actual == TRIAL
