"""Occasions with what followed, as columns: the labels are those of the training table, on every ledger."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from model.contracts import OutcomeKind
from serving.analytics.occasions import OUTCOMES, Occasions
from serving.ledger import effect_rows
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.ledger_table.labels import labels
from serving.standing import Occasion
from tests.contracts.drawn import TRIAL, WATCH, assigned, day, decide, report, tried
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW

FIRST, LAST = day(-1), day(40)
LATER = day(100)
INSTANT = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 2, tzinfo=UTC)
KINDS = (OutcomeKind.ENGAGED, OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT, OutcomeKind.CONTACTED_US)


def rows(tx: SqliteTransaction, start: datetime = FIRST, end: datetime = LAST, as_of: datetime = LATER) -> Occasions:
    """Read the occasions of a period."""
    return tx.effect_rows(start=start, end=end, as_of=as_of)


def by_hand(occasion: Occasion) -> tuple[bool, ...]:
    """Return its labels in the order of `OUTCOMES`, as the training table builds them."""
    decision = occasion.record["decided"]["decision"]
    at = datetime.fromisoformat(decision["decided_at"])
    told = labels(
        occasion.outcomes,
        contacts=(decision["decision_id"], *occasion.again),
        decided_at=at,
        contacted=occasion.assignment.contacted,
        as_of=LATER,
    )
    wrote = any(
        one.kind is OutcomeKind.CONTACTED_US and timedelta(0) <= one.time - at < timedelta(days=3)
        for one in occasion.outcomes
    )
    return bool(told["engaged"]), bool(told["complained"]), bool(told["opted_out"]), wrote


def happen(tx: SqliteTransaction, chance: np.random.Generator) -> None:
    """Decide, repeat, report early and late, by decision and by customer, and let customers turn out to be others."""
    made: list[str] = []
    for number in range(300):
        user, at = f"u-{chance.integers(25)}", day(chance.random() * 30)
        what = chance.random()
        if what < 0.35:
            drawn = assigned(contacted=chance.random() < 0.7, above=chance.random() < 0.6)
            decide(tx, f"d-{number}", drawn, user=tx.customer(user), at=at, fact=f"f-{chance.integers(20)}")
            made.append(f"d-{number}")
        elif what < 0.4:
            identify(tx, user, f"c-{chance.integers(9)}", time=at)
        elif made:
            about = {"decision_id": str(chance.choice(made))} if what < 0.7 else {"user_id": user}
            kind = KINDS[chance.integers(3 if what < 0.7 else 4)]
            time = (at, day(chance.random() * 3), EPOCH)[chance.integers(3)]
            report(tx, kind, time=time, recorded=max(time, day(chance.random() * 45)), **about)


@pytest.mark.parametrize("seed", range(6))
def test_labels_are_those_of_the_training_table(tx: SqliteTransaction, seed: int) -> None:
    """Whatever happened in whatever order: each occasion of the table, with its label for every outcome."""
    tx.watch(WATCH)
    happen(tx, np.random.default_rng(seed))
    table, _ = tx.occasions(after=0, limit=999)
    found = rows(tx)
    actual = sorted(zip(found.contacted, found.chance, *(found.labels[name] for name in OUTCOMES), strict=True))
    told = [(one.assignment.contacted, one.assignment.contact_probability, *by_hand(one)) for one in table]
    assert actual == sorted(told)


@pytest.fixture
def watched(tx: SqliteTransaction) -> SqliteTransaction:
    """Know the certificate."""
    tx.watch(WATCH)
    return tx


@pytest.mark.parametrize(
    ("name", "report_it", "days"),
    [
        ("benefit", lambda tx, at: report(tx, OutcomeKind.ENGAGED, time=at, user_id="u"), 3),
        ("contacted_us", lambda tx, at: report(tx, OutcomeKind.CONTACTED_US, time=at, user_id="u"), 3),
        ("complaint", lambda tx, at: report(tx, OutcomeKind.COMPLAINED, time=at, user_id="u"), 14),
        ("complaint", lambda tx, at: report(tx, OutcomeKind.COMPLAINED, time=at, decision_id="d"), 14),
        ("opt_out", lambda tx, at: report(tx, OutcomeKind.OPTED_OUT, time=at, decision_id="d"), 14),
    ],
    ids=["benefit", "contacted us", "complaint of a customer", "complaint about a decision", "opt-out"],
)
def test_a_window_begins_with_the_draw_and_ends_before_its_last_day(
    watched: SqliteTransaction, name: str, report_it: Callable[[SqliteTransaction, datetime], str], days: int
) -> None:
    """One microsecond decides."""
    decide(watched, "d")
    report_it(watched, day(days))
    late = rows(watched).labels[name].tolist()
    report_it(watched, day(days) - INSTANT)
    assert (late, rows(watched).labels[name].tolist()) == ([False], [True])


@pytest.mark.parametrize(("name", "days"), [("benefit", 3), ("contacted_us", 3), ("complaint", 14), ("opt_out", 14)])
def test_a_window_has_closed_when_it_is_over(watched: SqliteTransaction, name: str, days: int) -> None:
    """Not a microsecond before."""
    decide(watched, "d")
    actual = [rows(watched, as_of=at).closed[name].tolist() for at in (day(days) - INSTANT, day(days))]
    assert actual == [[False], [True]]


def test_a_period_ends_before_its_end(watched: SqliteTransaction) -> None:
    """Decisions of its first instant are in it, those of its last are in the next one."""
    for number in range(3):
        decide(watched, f"d-{number}", at=day(number))
    actual = [len(rows(watched, *period)) for period in ((day(0), day(2)), (day(2), day(3)), (day(5), day(9)))]
    assert actual == [2, 1, 0]


def test_it_is_read_page_by_page(watched: SqliteTransaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of decisions of one instant, and of more outcomes than a page has; none is lost or comes twice."""
    for number in range(7):
        decide(watched, f"d-{number}", user=f"u-{number}", at=day(number // 4))
        report(watched, OutcomeKind.ENGAGED, time=day(2), user_id=f"u-{number}")
    whole = rows(watched)
    monkeypatch.setattr(effect_rows, "PAGE", 2)
    parts = rows(watched)
    actual = (len(parts), parts.labels["benefit"].all(), np.array_equal(parts.customer, whole.customer))
    assert actual == (7, True, True)


def test_late_news_is_found(watched: SqliteTransaction) -> None:
    """What was reported weeks later counts from when it happened; what was reported before the period is no news."""
    for number in range(60):
        report(watched, OutcomeKind.ENGAGED, time=day(-50 + number / 2), user_id=f"other-{number}")
    decide(watched, "d")
    report(watched, OutcomeKind.CONTACTED_US, time=day(1), recorded=day(35), user_id="u")
    assert rows(watched, start=NOW).labels["contacted_us"].tolist() == [True]


def test_columns_say_what_it_was(watched: SqliteTransaction) -> None:
    """A certificate's occasions and an experiment's, with purpose, channel, template, arm and watch."""
    watched.start_experiment(replace(TRIAL, max_contacts=9))
    decide(watched, "d-1", assigned(contacted=False, above=False))
    decide(watched, "d-2", tried(), user="v", at=day(1))
    found = rows(watched)
    named = [
        [found.words[name][place] for place in found.names[name]] for name in ("purpose", "template", "arm", "watch")
    ]
    actual = (found.chance.tolist(), found.above.tolist(), named)
    told = [["delivery_update"] * 2, ["parcel_delayed"] * 2, ["holdout", "experiment"], [WATCH.key, TRIAL.id]]
    assert actual == ([0.02, 0.5], [0, -1], told)


def test_two_ids_of_a_customer_are_one_cluster(watched: SqliteTransaction) -> None:
    """And what follows under either is theirs."""
    decide(watched, "d-1", user="a")
    decide(watched, "d-2", user="u", at=day(1))
    identify(watched, "a", "u", time=day(2))
    report(watched, OutcomeKind.ENGAGED, time=day(2), user_id="u")
    found = rows(watched)
    actual = (len(set(found.customer)), found.labels["benefit"].tolist())
    assert actual == (1, [True, True])


def test_who_was_erased_is_left_out(watched: SqliteTransaction) -> None:
    """What they did is gone, so an occasion of theirs would look as if nothing followed."""
    decide(watched, "d-1")
    decide(watched, "d-2", user="v")
    watched.erase("u", at=day(1))
    assert len(rows(watched)) == 1


def test_an_empty_ledger_has_no_rows(watched: SqliteTransaction) -> None:
    """Columns of no length."""
    found = rows(watched)
    actual = (len(found), found.chance.dtype, found.labels["benefit"].dtype)
    assert actual == (0, np.float64, np.bool_)
