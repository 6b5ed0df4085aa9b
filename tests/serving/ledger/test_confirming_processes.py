"""Two processes confirm on one file: nothing is said in two ways, and no cap gives way."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from model.contracts import Event, Message
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Preferences
from tests.contracts.confirmed import hold
from tests.contracts.ledgers import NOW, ago, candidate, context

ROOT = Path(__file__).resolve().parents[3]
LATER = NOW + timedelta(hours=2)
CUSTOMERS, EACH = 6, 4


def made(ledger: Ledger) -> list[str]:
    """Hold some messages for each customer, each about a parcel of its own; return the ids."""
    names = [f"u-{user}/{number}" for user in range(CUSTOMERS) for number in range(EACH)]
    with ledger.transaction() as tx:
        for name in names:
            user = name.split("/")[0]
            facts = {"parcel": f"A-{name[-1]}", "new_eta": "Friday"}
            late = Event(source="shop", id=name, type="shipment.delayed", time=ago(minutes=9), subject=user, data=facts)
            tx.add_event(late, recorded_at=NOW)
            told = Preferences(timezone="Europe/Paris", consent={"chat": True})
            tx.set_preferences(user, told, at=ago(days=1))
            asked = candidate(late, user_id=user, message=Message(template="parcel_delayed", facts=facts))
            hold(tx, name, to=asked)
    return names


def confirming(url: str, names: list[str]) -> "subprocess.Popen[str]":
    """Start a process that confirms these, two hours later."""
    command = [sys.executable, "-m", "tests.serving.ledger.confirmer", url, LATER.isoformat(), *names]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_confirm_once_and_keep_the_caps(tmp_path: Path) -> None:
    """In opposite orders: the same answer for each decision, one record of it, one contact per customer and hour."""
    url = f"sqlite:///{tmp_path}/l.db"
    ledger = open_ledger(url, now=NOW, salt=b"s", shipped=shipped_digests(), patience=60.0)
    names = made(ledger)
    running = [confirming(url, order) for order in (names, names[::-1])]
    first, second = (process.communicate(timeout=120)[0].splitlines()[1:] for process in running)
    with ledger.transaction() as tx:
        kept = [len((tx.decision(name) or {})["confirmations"]) for name in names]
        contacts = [context(tx, candidate(user_id=f"u-{user}"), now=LATER).contacts_60m for user in range(CUSTOMERS)]
    ledger.close()
    sends = sum(json.loads(answer)["action"] == "send" for answer in first)
    actual = (first == second[::-1], kept, contacts, sends)
    assert actual == (True, [1] * len(names), [1] * CUSTOMERS, CUSTOMERS)
