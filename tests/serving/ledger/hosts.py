"""Several hosts that decide on one PostgreSQL ledger at once: each a connection and a thread of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from model.contracts import Candidate, Event, EvidenceRef, Message, Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.deciding import Answer, Decider, Question, Repeatable, about_of
from serving.models.in_use import InUse
from serving.policy_files.templates import load_policy, shipped_digests
from serving.ports import Ledger, NotAlone, Preferences
from serving.schemas.answers import decision_bytes
from serving.system import new_id
from tests.contracts.ledgers import NOW, SALT
from tests.postgres import wiped

POLICY = load_policy(None)
Done = TypeVar("Done")


def address(folder: Path) -> str:
    """Return the address of a fresh ledger in which the shipped templates are approved."""
    return wiped(folder, salt=SALT, shipped=shipped_digests(), at=NOW)


def host(url: str, *, patience: float = 30.0) -> Ledger:
    """Connect as one more host does."""
    return open_ledger(url, now=NOW, salt=SALT, patience=patience, create=False)


def decider(*, now: datetime = NOW) -> Decider:
    """Decide with the shipped policy and a scorer that always permits; nobody is held out for its own sake."""
    shares = Shares(model=0.98, policy_only=0.01, holdout=0.01)
    return Decider(
        policy=POLICY,
        models=InUse(scorer=FakeScorer(shares=shares)),
        shares=shares,
        clock=lambda: now,
        new_id=new_id,
        encode=decision_bytes,
    )


def moved(user: str, number: int, *, key: str | None = None, body: str = "b") -> Question:
    """Ask about an appointment of this customer that changed, with its evidence: essential, a fact of its own each."""
    event = Event(
        source="shop",
        id=f"{user}-{number}",
        type="appointment.changed",
        time=NOW - timedelta(minutes=5),
        subject=user,
        data={"appointment": f"P-{number}", "starts_at": "Friday 10:00"},
    )
    message = Message(template="appointment_changed", facts={"appointment": f"P-{number}", "starts_at": "Friday 10:00"})
    candidate = Candidate(
        user_id=user,
        purpose="appointment_update",
        channel="sms",
        message=message,
        evidence=EvidenceRef(type=event.type, id=event.id, source=event.source),
    )
    repeatable = None if key is None else Repeatable(key_id="k", name=key, body_sha256=body)
    return Question(candidate=candidate, inline=event, repeatable=repeatable)


def late(user: str, number: int) -> Question:
    """Ask about a parcel of this customer that is late: no essential message, so that chance has its say."""
    event = Event(
        source="shop",
        id=f"late-{user}-{number}",
        type="shipment.delayed",
        time=NOW - timedelta(minutes=5),
        subject=user,
        data={"parcel": f"A-{number}", "new_eta": "Friday"},
    )
    candidate = Candidate(
        user_id=user,
        purpose="delivery_update",
        channel="sms",
        message=Message(template="parcel_delayed", facts={"parcel": f"A-{number}", "new_eta": "Friday"}),
        evidence=EvidenceRef(type=event.type, id=event.id, source=event.source),
    )
    return Question(candidate=candidate, inline=event)


def welcome(ledger: Ledger, users: Sequence[str]) -> None:
    """Let customers agree to messages."""
    with ledger.transaction() as tx:
        for user in users:
            tx.set_preferences(user, Preferences(timezone="UTC", consent={"sms": True}), at=NOW - timedelta(days=1))


def ask(ledger: Ledger, questions: Sequence[Question], alone: list[int] | None = None) -> list[Answer]:
    """Answer as the decide loop does: about these customers, and for itself where that does not suffice."""
    names = [name for question in questions for name in about_of(question)]
    try:
        with ledger.transaction(about=names) as tx:
            return decider().answer(ledger, tx, questions)
    except NotAlone:
        if alone is not None:
            alone.append(len(questions))
        with ledger.transaction() as tx:
            return decider().answer(ledger, tx, questions)


def at_once(hosts: Sequence[Ledger], work: Callable[[Ledger, int], Done]) -> list[Done]:
    """Let every host do its work at the same time; `work` gets the ledger and the host's number."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        running = [pool.submit(work, ledger, number) for number, ledger in enumerate(hosts)]
        return [one.result(timeout=120) for one in running]


def records(ledger: Ledger) -> list[dict[str, Any]]:
    """Return everything that was decided."""
    with ledger.transaction() as tx:
        return tx.decisions(action=None, user=None, since=None, after=None, limit=10_000)
