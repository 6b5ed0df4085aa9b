"""Sends in numbers, for the tests of the breaker."""

from datetime import datetime

from model.contracts import Candidate, Message
from serving.ports import Transaction
from serving.standing import Breaker
from tests.contracts.ledgers import NOW, candidate, context, send

MOST, TIMES = 200, 10
TEMPLATE = "parcel_delayed"
TEXT = Message(text="Your parcel A-7 now arrives on Friday.", next_step="Reply to change the address.")


def about(message: Message | str = TEMPLATE, *, user: str = "u") -> Candidate:
    """Describe a message by its template's id, or a whole one."""
    return candidate(user_id=user, message=Message(template=message) if isinstance(message, str) else message)


def sent(tx: Transaction, count: int, *, at: datetime = NOW, message: Message | str = TEMPLATE, name: str = "") -> None:
    """Record so many sends of one instant, each to another customer."""
    for number in range(count):
        identity = f"{name}{message if isinstance(message, str) else 'text'}-{at.isoformat()}-{number}"
        send(tx, identity, at=at, to=about(message, user=identity))


def let_go(
    tx: Transaction, count: int = 1, *, now: datetime = NOW, message: Message | str = TEMPLATE, most: int = MOST
) -> int:
    """Return how many of so many sends the breaker lets go."""
    return tx.passing([about(message)] * count, now=now, most=most, times=TIMES)


def room(tx: Transaction, *, now: datetime = NOW, most: int = MOST) -> int:
    """Return how many would be let go if a thousand asked, whatever the median; nothing of it stays."""
    with tx.savepoint(keep=False):
        return tx.passing([about()] * 1000, now=now, most=most, times=0)


def room_for(tx: Transaction, count: int, *, now: datetime = NOW) -> int:
    """Return how many of so many would be let go by the usual limits; nothing of it stays."""
    with tx.savepoint(keep=False):
        return let_go(tx, count, now=now)


def is_open(tx: Transaction, message: Message | str = TEMPLATE, *, now: datetime = NOW) -> bool:
    """Return what a decision would be told of the breaker."""
    return context(tx, about(message), now=now).breaker_open


def opened(tx: Transaction) -> list[Breaker]:
    """List the breakers that are open."""
    return tx.breakers(released=0)
