"""No skew and no leak: what the ledger computes online is what is found in the raw logs as they were known then."""

from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import Candidate, OutcomeKind
from model.history import FEATURES
from serving.ledger.instants import instant, micros
from serving.ledger_table.columns import logged_features
from serving.ports import Transaction
from serving.record.history import unpacked
from tests.contracts.ledgers import KINDS, NOW, ago, candidate, report, send
from tests.lives import DAY, Asked, Journal, Life

STEPS = 120
SEEDS = range(6)  # hundreds were run when this was written
ANYBODY = Candidate(user_id="u", purpose="p", channel="c")
ANYBODY_NOW = Asked(decision="", user="u", now=micros(NOW), logged={})


def rows(journal: Journal) -> dict[str, str]:
    """Return the features of each decision as they were logged, to the last digit."""
    return {one.decision: repr(one.logged) for one in journal.asked}


def asked_again(tx: Transaction, one: Asked) -> str:
    """Compute the features of a decision's moment anew, with all that is on record by now."""
    (found,) = tx.contexts([candidate(user_id=one.user)], now=instant(one.now), digests=[None])
    return repr(dict(found.history))


@pytest.mark.parametrize("seed", SEEDS)
def test_online_is_what_was_known_then(tx: Transaction, seed: int) -> None:
    """Every feature of every decision: late, doubled, failed, confirmed and merged as they may be."""
    journal = Life(tx, seed).live(STEPS)
    expected = {one.decision: repr(journal.known(one)) for one in journal.asked}

    assert rows(journal) == expected


def test_the_lives_hold_what_they_are_for(tmp_path: Path) -> None:
    """Every feature takes several values, and every kind of change happens: else they would prove nothing."""
    seen: dict[str, set[str]] = {name: set() for name in FEATURES}
    ledger = KINDS["sqlite memory"](tmp_path)
    with ledger.transaction() as tx:
        life = Life(tx, 3)
        journal = life.live(3 * STEPS)
    ledger.close()
    for one in journal.asked:
        for name, value in one.logged.items():
            seen[name].add(repr(value))
    late = sum(journal.late(one) for one in journal.asked)

    assert min(len(values) for values in seen.values()) >= 2, seen
    assert min(late, len(journal.bound), len(life.confirmed), len(life.cancelled), len(life.reached)) >= 2
    assert any(contact.until is not None for contact in journal.contacts)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_comes_later_changes_nothing(tx: Transaction, seed: int) -> None:
    """No leak: where nothing is reported late, every moment's features are the same ever after."""
    journal = Life(tx, seed, late=False, changes=False).live(STEPS)
    actual = {one.decision: asked_again(tx, one) for one in journal.asked}

    assert actual == rows(journal)


@pytest.mark.parametrize("seed", SEEDS)
def test_raw_logs_of_stated_times_agree_where_nothing_was_late(tx: Transaction, seed: int) -> None:
    """A log that does not say when a line came in gives the same features, but for decisions with a late report."""
    journal = Life(tx, seed, changes=False).live(STEPS)
    on_time = {one.decision: repr(journal.stated(one)) for one in journal.asked if not journal.late(one)}
    differing = [one for one in journal.asked if repr(journal.stated(one)) != repr(one.logged)]

    assert on_time == {name: row for name, row in rows(journal).items() if name in on_time}
    assert differing, "no late report made a difference"
    assert all(journal.late(one) for one in differing)


def test_a_late_report_is_in_the_history_from_its_recording_on(tx: Transaction) -> None:
    """It cannot be known before; then it counts at its own time. What is logged is never written again."""
    life = Life(tx, 0, late=False, changes=False)
    life.decide()
    first = life.journal.asked[0]
    before = tx.decision(first.decision)
    life.clock += 2 * DAY
    life.when = lambda: first.now - DAY  # type: ignore[method-assign]  # a day before the decision
    life.who = lambda: first.user  # type: ignore[method-assign]
    life.hear()
    life.clock += 1
    life.decide()
    second = life.journal.asked[1]
    counts = [sum(value for name, value in one.logged.items() if name.endswith("_30d")) for one in (first, second)]

    assert second.logged["days_on_record"] == pytest.approx(3, abs=1e-6)
    assert counts[1] > counts[0] == 0.0
    assert (tx.decision(first.decision) or {})["context"] == (before or {})["context"]


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_the_table_has_the_features_as_logged(tx: Transaction, seed: int) -> None:
    """Whatever was reported since, a row says what the scorer was given (HOUSE promise 9)."""
    journal = Life(tx, seed).live(STEPS)
    records = {one.decision: (tx.decision(one.decision) or {})["context"]["history"] for one in journal.asked}
    actual = {name: logged_features(ANYBODY, unpacked(history)) for name, history in records.items()}
    expected = {
        one.decision: {name: None if value != value else value for name, value in one.logged.items()}  # noqa: PLR0124  (NaN is never)
        for one in journal.asked
    }

    assert {name: {key: row[key] for key in FEATURES} for name, row in actual.items()} == expected


def test_the_first_contact_ever_is_remembered(tx: Transaction) -> None:
    """However long ago, and whatever came between: days on record, and not the day that the counts look back."""
    for days in (400, 300, 10):
        send(tx, f"d-{days}", at=ago(days=days))
    (found,) = tx.contexts([candidate()], now=NOW, digests=[None])
    names = ("days_on_record", "days_since_contact", "contacts_90d")

    assert [found.history[name] for name in names] == [400.0, 10.0, 1.0]


def test_what_protects_the_erased_is_their_history(tx: Transaction) -> None:
    """Under the same id again, contacts, complaints and opt-outs count on; what they did by themselves is gone."""
    send(tx, "d-1", at=ago(days=40))
    for kind, days in ((OutcomeKind.ENGAGED, 50), (OutcomeKind.COMPLAINED, 20), (OutcomeKind.OPTED_OUT, 10)):
        report(tx, kind, time=ago(days=days), user_id="u")
    before = asked_again(tx, ANYBODY_NOW)
    tx.erase("u", at=NOW)
    (found,) = tx.contexts([candidate()], now=NOW, digests=[None])
    names = ("days_since_contact", "engagements_90d", "days_since_complaint", "days_since_opt_out", "days_on_record")

    assert "'days_on_record': 50.0" in before
    assert [found.history[name] for name in names] == [40.0, 0.0, 20.0, 10.0, 40.0]


def test_retention_leaves_the_history_as_it_is(tx: Transaction) -> None:
    """Contents go; that and when somebody was contacted, engaged or complained stays."""
    send(tx, "d-1", at=ago(days=400))
    report(tx, OutcomeKind.ENGAGED, time=ago(days=300), user_id="u")
    before = asked_again(tx, ANYBODY_NOW)
    emptied = tx.retain(before=ago(days=120), now=NOW, most=10)

    assert (emptied, asked_again(tx, ANYBODY_NOW)) == (1, before)


def test_a_group_reads_what_each_alone_would(tx: Transaction) -> None:
    """The features of many customers at one moment, asked together and one by one."""
    life = Life(tx, 1)
    life.live(STEPS)
    now = instant(life.clock) + timedelta(seconds=1)
    every = [candidate(user_id=name) for name in ("u", "v", "anon-1", "anon-2", "nobody", "u")]
    together = tx.contexts(every, now=now, digests=[None] * len(every))
    alone = [tx.contexts([one], now=now, digests=[None])[0] for one in every]

    assert [repr(dict(one.history)) for one in together] == [repr(dict(one.history)) for one in alone]
