"""A device that one customer used and then another: what is on record under its id stays the first one's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Event
from serving.ports import Ledger, Transaction
from tests.serving.timekeeping import Company, company, happens, late, moved, of_appointment, of_parcel

EVENING = datetime(2026, 11, 20, 22, tzinfo=UTC)  # 23:00 in Paris
MORNING = datetime(2026, 11, 21, 7, tzinfo=UTC)
PARIS = "Europe/Paris"
DEVICE, FIRST, SECOND = "x-1", "A", "B"


def identified(user: str, at: datetime) -> Event:
    """Say who holds the device."""
    said = {"anonymous_id": DEVICE}
    return Event(source="shop", id=f"{user}/{at}", type="customer.identified", time=at, subject=user, data=said)


def shared(it: Company) -> str:
    """Have an appointment's message to the device held over night, and two customers name it theirs; return its id."""
    moves = moved("p", at=it.clock.at, user=DEVICE)
    it.told(moves)
    answer = it.asked(of_appointment(moves, timezone=PARIS))
    it.told(identified(FIRST, it.clock.at), identified(SECOND, it.clock.at + timedelta(minutes=1)))
    assert answer["action"] == "hold", answer
    return str(answer["decision_id"])


def confirmed(it: Company, name: str) -> None:
    """Confirm a decision, as whoever asked for it does."""

    def confirm(ledger: Ledger, transaction: Transaction) -> None:
        it.confirmer.confirm(ledger, transaction, name, asked=it.clock.at)

    it.runs(it.loop.submit(confirm))


def known_of(it: Company) -> list[object]:
    """Say when either of them was last told anything: the first, the second."""
    return [it.does(lambda tx, user=user: tx.recent(user, now=it.clock.at).message_at) for user in (FIRST, SECOND)]


@pytest.mark.parametrize("asked", [False, True], ids=["looked at", "confirmed"])
def test_what_a_shared_device_is_held_stays_the_first_customers(tmp_path: Path, *, asked: bool) -> None:
    """It is sent in the morning, about the first one's appointment, and is nobody else's contact."""
    with company(tmp_path, EVENING) as it:
        name = shared(it)
        it.clock.at = MORNING
        if asked:
            confirmed(it, name)
        else:
            it.ticks()
        actual = (it.confirmations(name), known_of(it))
    assert actual == (["send"], [MORNING, None])


def test_what_the_second_customer_said_holds_nothing_of_the_firsts(tmp_path: Path) -> None:
    """A conversation of theirs, and the end of it."""
    with company(tmp_path, EVENING) as it:
        name = shared(it)
        it.told(happens("conversation.opened", at=it.clock.at, user=SECOND, conversation="C-1"))
        it.clock.at = MORNING
        actual = (it.ticks(), it.confirmations(name))
    assert actual == (1, ["send"])


def test_what_the_first_customer_said_holds_what_the_device_was_to_get(tmp_path: Path) -> None:
    """It is woken where their conversation ends, by their own id."""
    with company(tmp_path, MORNING + timedelta(hours=4)) as it:
        it.prefers(DEVICE, PARIS, chat=True)
        parcel = late("p", at=it.clock.at, user=DEVICE)
        it.told(happens("conversation.opened", at=it.clock.at, user=DEVICE, conversation="C-1"), parcel)
        name = str(it.asked(of_parcel(parcel))["decision_id"])
        it.told(identified(FIRST, it.clock.at), identified(SECOND, it.clock.at + timedelta(seconds=1)))
        it.clock.at += timedelta(minutes=5)
        it.ticks()
        held = it.confirmations(name)
        it.told(happens("conversation.closed", at=it.clock.at, user=FIRST, conversation="C-1"))
        actual = (held, it.ticks(), it.confirmations(name))
    assert actual == (["hold"], 1, ["hold", "send"])
