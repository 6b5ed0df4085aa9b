import threading
from datetime import timedelta

import pytest

from model.contracts import Action, Context, EvidenceRef
from model.errors import InvalidInput, OutreachError, Unavailable
from serving.ports import Ledger, Transaction
from serving.record.record import read_record
from tests.contracts.ledgers import NOW, SALT, ago, candidate, context, event, record, ruling, send


class RefusalError(OutreachError):
    """Something that a job raises on purpose."""


def test_the_salt_is_the_one_it_was_made_with(ledger: Ledger) -> None:
    """The secret of the arms is stored in the ledger."""
    actual = ledger.salt
    assert actual == SALT


def test_what_is_committed_is_there_in_the_next_transaction(ledger: Ledger) -> None:
    """Leaving a transaction normally keeps everything in it."""
    with ledger.transaction() as tx:
        send(tx, "d-1")
    with ledger.transaction() as tx:
        actual = tx.decision("d-1") is not None
    assert actual is True


def refuse_after(tx: Transaction, *names: str) -> None:
    """Record sends, then refuse."""
    for name in names:
        send(tx, name)
    raise RefusalError


def names_in(tx: Transaction, *names: str) -> list[str]:
    """Keep the names under which a decision is recorded."""
    return [name for name in names if tx.decision(name) is not None]


def test_an_exception_undoes_the_whole_transaction(ledger: Ledger) -> None:
    """Leaving by an exception means that nothing of it happened, and the exception goes on."""
    with pytest.raises(RefusalError), ledger.transaction() as tx:
        refuse_after(tx, "d-1", "d-2")
    with ledger.transaction() as tx:
        actual = (names_in(tx, "d-1", "d-2"), context(tx, candidate()).contacts_7d)
    assert actual == ([], 0)


def test_a_savepoint_undoes_only_its_part(ledger: Ledger) -> None:
    """A refusing job takes back what it wrote and leaves its neighbours' work alone."""
    with ledger.transaction() as tx:
        send(tx, "before")
        with pytest.raises(RefusalError), tx.savepoint():
            refuse_after(tx, "inside")
        send(tx, "after")
    with ledger.transaction() as tx:
        actual = names_in(tx, "before", "inside", "after")
    assert actual == ["before", "after"]


def outer_and_inner(tx: Transaction) -> None:
    """Keep an inner part, then refuse the outer one."""
    with tx.savepoint():
        with tx.savepoint():
            send(tx, "inner")
        refuse_after(tx, "outer")


def test_savepoints_nest(tx: Transaction) -> None:
    """An inner part that fails leaves the outer part whole; an outer one takes its inner parts with it."""
    with pytest.raises(RefusalError):
        outer_and_inner(tx)
    with tx.savepoint():
        send(tx, "kept")
        with pytest.raises(RefusalError), tx.savepoint():
            refuse_after(tx, "lost")
    actual = names_in(tx, "outer", "inner", "kept", "lost")
    assert actual == ["kept"]


def test_a_dry_run_leaves_nothing(tx: Transaction) -> None:
    """A part that is not kept is visible inside, and gone afterwards."""
    with tx.savepoint(keep=False):
        record(tx, event())
        send(tx, "trial")
        inside = tx.decision("trial") is not None
    actual = (inside, tx.decision("trial"), context(tx, candidate(event())).contacts_7d)
    assert actual == (True, None, 0)


def test_a_transaction_that_is_over_refuses(ledger: Ledger) -> None:
    """A write after the commit would be durable on its own; it is refused instead."""
    with ledger.transaction() as tx:
        pass
    with pytest.raises(Unavailable, match="the transaction is over") as caught:
        send(tx, "late")
    actual = "try again" in str(caught.value)
    assert actual is True


def test_threads_take_turns(ledger: Ledger) -> None:
    """Transactions of several threads follow one another; none is lost."""

    def write(name: str) -> None:
        for number in range(20):
            with ledger.transaction() as tx:
                send(tx, f"{name}-{number}", at=NOW + timedelta(seconds=number))

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.transaction() as tx:
        actual = len(tx.decisions(action=None, user=None, since=None, after=None, limit=1000))
    assert actual == 80


def test_an_event_is_recorded_once(tx: Transaction) -> None:
    """The same `(source, id)` again changes nothing, whatever it says now."""
    first = tx.add_event(event(), recorded_at=NOW)
    again = tx.add_event(event(data={"parcel": "B-8"}), recorded_at=NOW)
    found = context(tx, candidate(event())).evidence
    actual = (first, again, found.data if found else None)
    assert actual == (True, False, {"parcel": "A-7"})


def test_a_record_holds_all_that_is_needed_to_decide_again(tx: Transaction) -> None:
    """Candidate, context and decision come back equal to what was written."""
    record(tx, event())
    asked = candidate(event())
    known = context(tx, asked, digest="sha256:shipped")
    decided = ruling("d-1", fact_key="f")
    tx.add_decision(asked, known, decided)
    read = read_record(tx.decision("d-1") or {})
    actual = (read.candidate, repr(read.context), read.decided)
    assert actual == (asked, repr(known), decided)


def test_a_decision_is_appended_once(tx: Transaction) -> None:
    """A second decision with the same id is refused, and the first stays as it was."""
    send(tx, "d-1")
    with pytest.raises(InvalidInput, match="already recorded"):
        send(tx, "d-1", action=Action.DENY)
    actual = (tx.decision("d-1") or {})["decided"]["decision"]["action"]
    assert actual == "send"


def test_an_unknown_decision_is_none(tx: Transaction) -> None:
    """Asking for what is not there is no error."""
    actual = tx.decision("nobody")
    assert actual is None


def fill(tx: Transaction) -> None:
    """Record six decisions, two customers and two actions in turn, ten minutes apart."""
    for number in range(6):
        to = candidate(user_id="uv"[number % 2])
        action = (Action.SEND, Action.DENY, Action.HOLD)[number % 3]
        tx.add_decision(to, Context(), ruling(f"d-{number}", at=ago(minutes=60 - 10 * number), action=action))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "012345"),
        ({"user": "v"}, "135"),
        ({"action": "send"}, "03"),
        ({"action": "deny", "user": "u"}, "4"),
        ({"since": ago(minutes=30)}, "345"),
        ({"since": ago(minutes=30), "user": "u"}, "4"),
        ({"after": "d-3"}, "45"),
        ({"after": "d-1", "user": "u"}, "24"),
        ({"limit": 2}, "01"),
        ({"after": "d-1", "limit": 2}, "23"),
        ({"since": NOW}, ""),
        ({"user": "w"}, ""),
    ],
)
def test_decisions_are_listed_in_the_order_they_were_made(
    tx: Transaction, asked: dict[str, object], expected: str
) -> None:
    """Conditions narrow the list, the cursor goes on after a decision, the limit ends a page."""
    fill(tx)
    wanted = {"action": None, "user": None, "since": None, "after": None, "limit": 100} | asked
    actual = "".join(one["decision_id"][-1] for one in tx.decisions(**wanted))  # type: ignore[arg-type]
    assert actual == expected


def test_an_unknown_cursor_is_refused(tx: Transaction) -> None:
    """A cursor that is no decision would silently start anew."""
    with pytest.raises(InvalidInput) as caught:
        tx.decisions(action=None, user=None, since=None, after="x", limit=1)
    actual = str(caught.value)
    assert actual == "cursor: no decision has this id; start again without a cursor"


def test_contexts_come_in_the_order_of_the_candidates(tx: Transaction) -> None:
    """A group is read at once, one context per candidate."""
    record(tx, event(), event(identity="ev-2", subject="v"))
    asked = [candidate(event(identity="ev-2"), user_id="v"), candidate(), candidate(event())]
    found = tx.contexts(asked, now=NOW, digests=[None, None, None])
    actual = [one.evidence.id if one.evidence else None for one in found]
    assert actual == ["ev-2", None, "ev-1"]


def test_text_that_cannot_be_stored_is_the_senders_fault(tx: Transaction) -> None:
    """A lone surrogate in an id is refused as input and harms nothing else."""
    with pytest.raises(InvalidInput, match="Unicode"):
        tx.add_event(event(identity="\ud800"), recorded_at=NOW)
    actual = tx.add_event(event(data={"note": "\ud800"}), recorded_at=NOW)
    assert actual is True


def test_a_name_with_a_zero_byte_is_the_senders_fault(tx: Transaction) -> None:
    """No customer has one; looked up in a list, it would be another's name."""
    with pytest.raises(InvalidInput, match="NUL"):
        record(tx, event(subject="u\x00x"))
    with pytest.raises(InvalidInput, match="NUL"):
        context(tx, candidate(user_id="u\x00x"))
    actual = context(tx, candidate(event())).evidence
    assert actual is None


@pytest.mark.parametrize("kind", ["x'; DROP TABLE events; --", "Zürich 🚚", ""])
def test_any_text_is_only_text(tx: Transaction, kind: str) -> None:
    """Quotes and any script are values, never statements."""
    record(tx, event(identity=kind, subject=kind, data={"parcel": kind, kind: kind}))
    asked = candidate(user_id=kind)
    found = tx.contexts([asked], now=NOW, digests=[kind])[0]
    send(tx, kind, to=asked)
    reference = EvidenceRef(type="shipment.delayed", id=kind)
    evidence = context(tx, candidate(event(identity=reference.id), user_id=kind)).evidence
    actual = (found.contacts_7d, evidence.data if evidence else None, (tx.decision(kind) or {})["decision_id"])
    assert actual == (0, {"parcel": kind, kind: kind}, kind)
