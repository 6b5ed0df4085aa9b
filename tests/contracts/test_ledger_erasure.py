"""Erasure: the person goes, what protects them stays; the same on every ledger."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from model.contracts import Action, Context, Message, OutcomeKind
from model.errors import InvalidInput
from serving.confirming import Confirmation, Confirmed
from serving.forgetting import Erased
from serving.ledger import erasure, preferences, pseudonyms
from serving.ledger.schema.migrations import MIGRATIONS
from serving.ports import Ledger, Preferences, Transaction
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, ruling, send, sqlite_file

CANARY = "canary-7f3a"
SECRET = event(identity="ev-secret", subject=CANARY, data={"parcel": f"parcel-of-{CANARY}"})
TO_CANARY = candidate(SECRET, user_id=CANARY, message=Message(text=f"Dear {CANARY}, your parcel is late."))
LATER = NOW + timedelta(minutes=1)


def lived(tx: Transaction) -> None:
    """Record a customer who was told, held, answered, visited, identified themselves and said what they permit."""
    record(
        tx, SECRET, event("page.viewed", "pv", subject=CANARY, data={"session": f"anon-{CANARY}", "page": f"/{CANARY}"})
    )
    identify(tx, f"anon-{CANARY}", CANARY, traits={"plan": f"plan-{CANARY}"})
    tx.set_preferences(CANARY, Preferences(consent={"email": True, "sms": False}, timezone="Europe/Berlin"), at=NOW)
    send(tx, "d-1", to=TO_CANARY, fact_key="fact-1")
    tx.add_decision(TO_CANARY, Context(evidence=SECRET), ruling("d-2", action=Action.HOLD))
    report(tx, OutcomeKind.ENGAGED, decision_id="d-1")


def test_nothing_of_the_person_is_left_in_the_file(tmp_path: Path) -> None:
    """Not in a table, not in a free page, not in the write-ahead log."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        lived(tx)
    before = CANARY.encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with ledger.transaction() as tx:
        tx.erase(CANARY, at=NOW)
    after = CANARY.encode() in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    ledger.close()
    assert (before, after) == (True, False)


def test_their_records_are_shown_to_nobody(tx: Transaction) -> None:
    """Decisions cannot be read, listed or confirmed, preferences and attributes are gone, nothing is due."""
    lived(tx)
    erased = tx.erase(CANARY, at=NOW)
    listed = tx.decisions(action=None, user=None, since=None, after=None, limit=10)
    alone = [tx.decision("d-1"), tx.confirmable("d-1"), tx.preferences(CANARY), *tx.due(now=NOW, limit=9)]
    told = dict(tx.attributes(CANARY)), tx.held_texts(since=ago(days=9)), listed
    expected = Preferences(consent={"sms": False})
    actual = (erased, alone, told)
    assert actual == (Erased(decisions=2, events=3, outcomes=1), [None, None, expected], ({}, [], []))


PROTECTIONS: dict[str, tuple[Callable[[Transaction], object], Callable[[Context], object]]] = {
    "opt-out": (lambda tx: report(tx, OutcomeKind.OPTED_OUT, user_id=CANARY), lambda known: known.opted_out),
    "opt-out of the decision": (
        lambda tx: report(tx, OutcomeKind.OPTED_OUT, decision_id="d-1"),
        lambda known: known.opted_out,
    ),
    "opt-out by another id": (
        lambda tx: report(tx, OutcomeKind.OPTED_OUT, user_id=f"anon-{CANARY}"),
        lambda known: known.opted_out,
    ),
    "complaint": (
        lambda tx: report(tx, OutcomeKind.COMPLAINED, user_id=CANARY),
        lambda known: (known.complaint_open, known.last_complaint_at),
    ),
    "dismissal": (
        lambda tx: report(tx, OutcomeKind.DISMISSED, decision_id="d-1"),
        lambda known: known.dismissed_at,
    ),
    "contacts": (lambda _: None, lambda known: (known.contacts_60m, known.contacts_24h, known.contacts_7d)),
}


@pytest.mark.parametrize("name", PROTECTIONS)
@pytest.mark.parametrize("times", [1, 2])
def test_what_protects_them_goes_on(tx: Transaction, name: str, times: int) -> None:
    """Under every id that was theirs, and though they are erased twice."""
    happened, seen = PROTECTIONS[name]
    lived(tx)
    happened(tx)
    before = seen(context(tx, candidate(user_id=CANARY), now=LATER))
    for _ in range(times):
        tx.erase(CANARY, at=NOW)
    after = [seen(context(tx, candidate(user_id=who), now=LATER)) for who in (CANARY, f"anon-{CANARY}")]
    assert (after, bool(before)) == ([before, before], True)


def test_a_consent_that_was_taken_back_stays_so(tx: Transaction) -> None:
    """An older grant that arrives late changes nothing; a newer one does."""
    tx.set_preferences(CANARY, Preferences(consent={"sms": False}), at=ago(hours=1))
    tx.erase(CANARY, at=NOW)
    identify(tx, None, CANARY, time=ago(days=1), consent={"sms": True, "push": True})
    late = tx.preferences(CANARY)
    identify(tx, None, CANARY, time=NOW, consent={"sms": True})
    newer = tx.preferences(CANARY)
    assert (late, newer) == (Preferences(consent={"sms": False}), Preferences(consent={"sms": True}))


def test_evidence_that_is_sent_again_proves_nothing(tx: Transaction) -> None:
    """It is a duplicate, and no evidence any more."""
    lived(tx)
    tx.erase(CANARY, at=NOW)
    again = tx.add_event(SECRET, recorded_at=LATER)
    found = context(tx, TO_CANARY, now=LATER).evidence
    assert (again, found) == (False, None)


def test_erased_again_only_what_came_in_since_is_counted(tx: Transaction) -> None:
    """What stays to protect them is not erased twice; nobody is told so."""
    listed = event("incident.opened", "inc", subject=None, data={"incident": "i-1", "affected": [CANARY, "u"]})
    talk = event("conversation.opened", "talk", subject=CANARY, data={"conversation": "c-1"})
    record(tx, listed, talk)
    lived(tx)
    report(tx, OutcomeKind.COMPLAINED, user_id=CANARY)
    told = [tx.erase(CANARY, at=NOW), tx.erase(CANARY, at=NOW)]
    again = event(identity="ev-new", subject=CANARY)
    record(tx, again, at=LATER)
    send(tx, "d-3", to=candidate(again, user_id=tx.customer(CANARY)), fact_key="fact-3")
    report(tx, OutcomeKind.ENGAGED, decision_id="d-3")
    told += [tx.erase(CANARY, at=LATER), tx.erase(f"anon-{CANARY}", at=LATER)]
    nothing = Erased(decisions=0, events=0, outcomes=0)
    once = Erased(decisions=1, events=1, outcomes=1)
    assert told == [Erased(decisions=2, events=5, outcomes=2), nothing, once, nothing]


def test_who_comes_back_is_known_by_a_pseudonym_alone(tx: Transaction) -> None:
    """What is recorded after the erasure names nobody either, and is found by their id."""
    lived(tx)
    tx.erase(CANARY, at=NOW)
    record(tx, event(identity="ev-new", subject=CANARY), at=LATER)
    who = tx.customer(CANARY)
    found = context(tx, candidate(event(identity="ev-new"), user_id=CANARY), now=LATER).evidence
    shape = re.fullmatch("erased:[0-9a-f]{64}", who)
    assert (shape is not None, found is not None and found.subject) == (True, who)


def test_others_lose_nothing(tx: Transaction) -> None:
    """Neither a customer with the same evidence type nor one who was listed in the same incident."""
    listed = event("incident.opened", "inc", subject=None, data={"incident": "i-1", "affected": [CANARY, "u"]})
    record(tx, listed, event())
    lived(tx)
    send(tx, "d-u")
    before = repr([context(tx, candidate(one), now=LATER) for one in (event(), listed)])
    tx.erase(CANARY, at=NOW)
    after = repr([context(tx, candidate(one), now=LATER) for one in (event(), listed)])
    assert (after, tx.decision("d-u") is not None) == (before, True)


def test_a_device_that_stands_for_somebody_else_stays_theirs(tx: Transaction) -> None:
    """Of a shared device only what was the customer's own goes."""
    identify(tx, "device", CANARY)
    identify(tx, "device", "u", time=LATER)
    tx.erase(CANARY, at=LATER)
    assert (tx.customer("device"), tx.owner("device")) == ("u", "u")


def test_nobody_knows_a_stranger(tx: Transaction) -> None:
    """There is nothing to erase, and no pseudonym is made."""
    assert (tx.erase("stranger", at=NOW), tx.customer("stranger")) == (None, "stranger")


def test_what_is_undone_was_not_erased(ledger: Ledger) -> None:
    """A transaction that fails erases nobody, and leaves the records append-only."""
    with ledger.transaction() as tx:
        lived(tx)
    with suppress(ZeroDivisionError), ledger.transaction() as tx:
        tx.erase(CANARY, at=NOW)
        raise ZeroDivisionError
    with ledger.transaction() as tx:
        actual = tx.customer(CANARY), tx.decision("d-1") is not None
    assert actual == (CANARY, True)


@pytest.mark.parametrize("name", PROTECTIONS)
@pytest.mark.parametrize("known", [CANARY, f"anon-{CANARY}"])
def test_who_is_said_to_be_another_takes_the_protection_along(tx: Transaction, name: str, known: str) -> None:
    """An identification after the erasure merges what stayed, as one before it would have."""
    happened, seen = PROTECTIONS[name]
    lived(tx)
    happened(tx)
    before = seen(context(tx, candidate(user_id=CANARY), now=LATER))
    tx.erase(CANARY, at=NOW)
    identify(tx, known, "x")
    after = [seen(context(tx, candidate(user_id=who), now=LATER)) for who in (CANARY, known, "x")]
    assert after == [before] * 3


def test_two_who_were_erased_turn_out_to_be_one(tx: Transaction) -> None:
    """What protected either protects both."""
    record(tx, event(identity="q", subject="a"))
    tx.erase("a", at=NOW)
    lived(tx)
    report(tx, OutcomeKind.OPTED_OUT, user_id=CANARY)
    tx.erase(CANARY, at=NOW)
    identify(tx, CANARY, "a")
    assert [context(tx, candidate(user_id=who), now=LATER).opted_out for who in ("a", CANARY)] == [True, True]


def test_the_id_of_somebody_who_was_erased_is_written_nowhere(tmp_path: Path) -> None:
    """Not when they are identified again, nor when an incident lists them."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        lived(tx)
        tx.erase(CANARY, at=NOW)
    with ledger.transaction() as tx:
        tx.add_event(event("customer.identified", "id", subject="x", data={"anonymous_id": CANARY}), recorded_at=NOW)
        record(tx, event("incident.opened", "inc", subject=None, data={"incident": "i", "affected": [CANARY, "u"]}))
        ledger._store.checkpoint()
    ledger.close()
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_device_of_two_goes_with_its_second_owner(tx: Transaction) -> None:
    """The opt-out that was said under it goes on counting under it."""
    identify(tx, "dev", "a")
    identify(tx, "dev", "c", time=NOW + timedelta(seconds=1))
    report(tx, OutcomeKind.OPTED_OUT, user_id="dev")
    before = context(tx, candidate(user_id="dev"), now=LATER).opted_out
    tx.erase("dev", at=NOW)
    assert (before, context(tx, candidate(user_id="dev"), now=LATER).opted_out) == (True, True)


def test_an_id_that_only_begins_like_a_pseudonym_is_an_id(tx: Transaction) -> None:
    """It is erased like any other."""
    record(tx, event(subject="erased:bob"))
    tx.erase("erased:bob", at=NOW)
    assert tx.customer("erased:bob") != "erased:bob"


def test_news_of_others_stays_theirs(tx: Transaction) -> None:
    """An incident that names its reporter is still told to those whom it lists."""
    news = event("incident.resolved", "inc", subject=CANARY, data={"incident": "i", "affected": [CANARY, "u"]})
    record(tx, news)
    tx.erase(CANARY, at=NOW)
    assert context(tx, candidate(news), now=LATER).evidence is not None


def test_a_session_of_two_stays_nobodys(tx: Transaction) -> None:
    """Erasing one of them does not make it the other's."""
    pages = [
        event("page.viewed", who, subject=who, time=ago(minutes=3), data={"session": "s"}) for who in (CANARY, "u")
    ]
    record(tx, *pages)
    tx.erase(CANARY, at=NOW)
    found = context(tx, candidate(session_id="s"), now=NOW).session
    assert (found is not None and found.user_id) is None


def test_a_session_has_had_its_message(tx: Transaction) -> None:
    """The one widget message of a session is not given again."""
    record(tx, event("page.viewed", "p", subject=CANARY, time=ago(minutes=3), data={"session": "s"}))
    asked = candidate(user_id=CANARY, session_id="s", channel="widget")
    send(tx, "d", to=asked, at=ago(minutes=2), outbound=False)
    before = context(tx, asked, now=NOW).session
    tx.erase(CANARY, at=ago(minutes=1))
    after = context(tx, asked, now=NOW).session
    assert [one is not None and one.widget_messages for one in (before, after)] == [1, 1]


def test_an_open_conversation_stays_open(tx: Transaction) -> None:
    """Nobody is written to while they talk to somebody."""
    record(tx, event("conversation.opened", "c", subject=CANARY, data={"conversation": "k"}))
    tx.erase(CANARY, at=NOW)
    assert context(tx, candidate(user_id=CANARY), now=LATER).conversation_open is True


def test_what_is_dated_ahead_stops_no_retention(tx: Transaction) -> None:
    """It is passed over, and keeps its content."""
    send(tx, "d-ahead", at=NOW + timedelta(days=900))
    send(tx, "d-then", at=ago(days=200))
    tx.retain(before=ago(days=100), now=NOW, most=10)
    assert [tx.decision(name) is not None for name in ("d-ahead", "d-then")] == [True, False]


def test_what_belongs_to_what_is_dated_ahead_stays_with_it(tx: Transaction) -> None:
    """A clock that was ahead decided, one that is right confirmed, and forgets what is old: all of it is readable."""
    ahead = NOW + timedelta(days=900)
    send(tx, "d-ahead", at=ahead)
    record(tx, event(identity="ahead"), at=ahead)
    said = {"decision_id": "d-ahead", "action": Confirmed.SEND, "expires_at": None, "answer": b'{"action": "send"}'}
    tx.add_confirmation(Confirmation(at=NOW, **said), None)  # type: ignore[arg-type]
    send(tx, "d-then", at=ago(days=200))
    tx.retain(before=ago(days=100), now=NOW, most=10)
    kept, evidence = tx.decision("d-ahead"), context(tx, candidate(event(identity="ahead")), now=ahead).evidence
    assert kept is not None
    assert ([one["action"] for one in kept["confirmations"]], evidence is not None) == (["send"], True)


def test_retention_empties_what_is_old_and_nothing_else(tx: Transaction) -> None:
    """Records of then are shown to nobody, those of now are; contacts, harms and preferences stay."""
    old = ago(days=200)
    record(tx, event(identity="then", time=old), at=old)
    send(tx, "d-then", at=old)
    report(tx, OutcomeKind.OPTED_OUT, decision_id="d-then", time=old)
    record(tx, event(identity="now"))
    send(tx, "d-now")
    emptied = tx.retain(before=ago(days=100), now=NOW, most=10)
    shown = [tx.decision(name) is not None for name in ("d-then", "d-now")]
    evidence = [
        context(tx, candidate(event(identity=name)), now=LATER).evidence is not None for name in ("then", "now")
    ]
    known = context(tx, candidate(), now=LATER)
    actual = (shown, evidence, known.opted_out, emptied, tx.retain(before=ago(days=100), now=NOW, most=10))
    assert actual == ([False, True], [False, True], True, 2, 0)


def test_visits_that_are_old_are_gone(tx: Transaction) -> None:
    """The session is not known any more, of whom nor where."""
    old = ago(days=200)
    record(tx, event("page.viewed", "pv", time=old, data={"session": "s", "page": "/p"}), at=old)
    asked = candidate(session_id="s")
    before = context(tx, asked, now=old).session
    tx.retain(before=NOW, now=NOW, most=10)
    assert (before is not None, context(tx, asked, now=old).session) == (True, None)


def test_retention_goes_on_where_it_stopped(tx: Transaction) -> None:
    """However few it takes at a time."""
    old = ago(days=200)
    for number in range(5):
        send(tx, f"d-{number}", at=old)
    steps = []
    while emptied := tx.retain(before=NOW, now=NOW, most=2):
        steps.append(emptied)
    assert (steps, [tx.decision(f"d-{number}") for number in range(5)]) == ([2, 2, 1], [None] * 5)


def test_what_is_undone_was_not_emptied(ledger: Ledger) -> None:
    """The next one takes it, whichever process that is."""
    with ledger.transaction() as tx:
        send(tx, "d", at=ago(days=200))
    with suppress(ZeroDivisionError), ledger.transaction() as tx:
        tx.retain(before=NOW, now=NOW, most=9)
        raise ZeroDivisionError
    with ledger.transaction() as tx:
        actual = tx.decision("d") is not None, tx.retain(before=NOW, now=NOW, most=9), tx.decision("d")
    assert actual == (True, 1, None)


def test_answers_that_nobody_can_ask_for_go(tx: Transaction) -> None:
    """After a day."""
    tx.remember("k", "old", "sha", b"{}", at=ago(hours=25))
    tx.remember("k", "new", "sha", b"{}", at=ago(hours=23))
    tx.forget_answers(now=NOW)
    actual = [tx.remembered("k", name, since=ago(days=9)) is not None for name in ("old", "new")]
    assert actual == [False, True]


@pytest.mark.parametrize("times", [1, 2])
def test_a_reader_keeps_the_log_for_a_while(tmp_path: Path, times: int) -> None:
    """Nobody waits for whoever reads an older state; the next commit after they left empties it."""
    ledger = sqlite_file(tmp_path)
    with ledger.transaction() as tx:
        lived(tx)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM decisions").fetchone()
        with ledger.transaction() as tx:
            tx.erase(CANARY, at=NOW)
        kept = CANARY.encode() in (tmp_path / "ledger.db-wal").read_bytes()
    for _ in range(times):
        with ledger.transaction() as tx:
            record(tx, event())
    gone = CANARY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    ledger.close()
    assert (kept, gone) == (True, True)


def test_every_table_about_customers_is_thought_of() -> None:
    """A migration that adds one has to say here what an erasure does with it."""
    statements = " ".join(
        [*erasure._FORGET, *erasure._MOVE, erasure._EMPTY, erasure._EMPTY_EVENT, preferences._FORGET, pseudonyms._ADD]
    )
    with closing(sqlite3.connect(":memory:")) as made:
        for migration in MIGRATIONS:
            for statement in migration:
                made.execute(statement)
        tables = [name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        personal = {
            table
            for table in tables
            for _, column, *_ in made.execute(f"PRAGMA table_info({table})")
            if column in {"user_id", "subject", "owner", "alias", "record", "answer", "body", "text"}
        }
    assert {table for table in personal if not re.search(rf"(FROM|UPDATE|INTO) {table}\b", statements)} == set()


def test_what_is_retained_away_is_said_of_no_decision(tx: Transaction) -> None:
    """An outcome about it is still taken, and a late confirmation finds nothing."""
    send(tx, "d", at=ago(days=200))
    tx.retain(before=NOW, now=NOW, most=10)
    told = report(tx, OutcomeKind.COMPLAINED, decision_id="d")
    with pytest.raises(InvalidInput):
        tx.add_decision(candidate(), Context(), ruling("d"))
    assert (told, tx.confirmable("d")) == ("accepted", None)
