"""What every answer to a bad request owes, and an API on which hundreds of customers wait to be written to."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from model.contracts import Event, Shares
from serving.fakes import FakeScorer
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ports import Preferences
from serving.settings import Settings
from tests.serving.bad_values import CANARY, UNREADABLE
from tests.serving.served import NOON, Served, Watch, app_of, memory_ledger

JSON_TYPE = {"Content-Type": "application/json"}
RARE = 1e-9
REVIEWED = re.compile(r'"(reviewer|comment)":"[^"]*"')
ALWAYS = Settings(shares=Shares(model=1 - 2 * RARE, policy_only=RARE, holdout=RARE))  # nobody is held out by chance
AGO = NOON - timedelta(minutes=1)
SCORER = FakeScorer(feature="tenure_days", cutoff=100.0, shares=ALWAYS.shares)


@dataclass
class Desk:
    """A served API with its ledger; `rows` counts what is on record, `sent` are decisions that a test keeps."""

    api: Served
    ledger: SqliteLedger
    clock: Watch
    sent: list[str] = field(default_factory=list)

    def rows(self) -> Mapping[str, int]:
        """Return the number of rows of every table."""
        connection = self.ledger._store._connection
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counted = connection.execute(f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in names)}")
        return dict(zip(names, counted.fetchone(), strict=True))

    def send(self, method: str, path: str, content: bytes = b"", **more: Any) -> httpx.Response:
        """Make one request with these bytes as JSON."""
        return self.api.call(method, path, content=content, headers=JSON_TYPE | more.pop("headers", {}), **more)


@contextmanager
def desk(customers: int = 0, *, consenting: bool = True, **served: Any) -> Iterator[Desk]:
    """Serve an API; customer `u-{n}` said yes to chat, has a delayed parcel and a session on the pricing page."""
    clock = Watch()
    ledger = memory_ledger()
    assert isinstance(ledger, SqliteLedger)
    with ledger.transaction() as transaction:
        for number in [*range(customers), "other"]:
            for event in events(number):
                transaction.add_event(event, recorded_at=AGO)
            if consenting:
                transaction.set_preferences(f"u-{number}", Preferences(consent={"chat": True}), at=AGO)
    parts: dict[str, Any] = {"settings": ALWAYS, "scorer": SCORER} | served
    with Served(app_of(ledger, clock=clock, **parts)) as api:
        yield Desk(api, ledger, clock)


def events(number: int | str) -> list[Event]:
    """Return what is on record of one customer: a parcel that is late, and two minutes on the pricing page."""
    user, session = f"u-{number}", f"s-{number}"
    late: dict[str, Any] = {"parcel": f"A-{number}", "new_eta": "Friday"}
    told: list[tuple[str, str, datetime, dict[str, Any]]] = [
        ("ev", "shipment.delayed", AGO, late),
        ("start", "session.started", AGO - timedelta(minutes=1), {"session": session}),
        ("page", "page.dwelled", AGO, {"session": session, "page": "pricing", "seconds": 60}),
    ]
    return [
        Event(source="urn:shop", id=f"{name}-{number}", type=kind, time=time, subject=user, data=data)
        for name, kind, time, data in told
    ]


def badly_answered(answer: httpx.Response) -> list[str]:
    """Return what is wrong with an answer to a bad request, whatever it says: status, form, echo."""
    wrong = []
    if not (answer.status_code in {200, 202} or 400 <= answer.status_code < 500):
        wrong.append(f"status {answer.status_code}")
    if answer.status_code >= 400:
        if answer.headers["content-type"] != "application/problem+json":
            wrong.append(f"a problem of type {answer.headers['content-type']}")
        elif answer.json()["status"] != answer.status_code:
            wrong.append("a problem with another status")
    said = answer.text + str(answer.headers)
    if answer.status_code < 400:
        said = said.replace(f"`{CANARY}`", "")  # a decision's detail may name a short id
        said = REVIEWED.sub("", said)  # a review that is on record is answered as it was recorded
    if CANARY in said:
        wrong.append("it repeats the input")
    return wrong


def misread(answer: httpx.Response, kind: str) -> list[str]:
    """Return what is wrong with the answer to a body that is too large, or no JSON."""
    wrong = []
    if kind == "10 MB" and answer.status_code != 413:
        wrong.append("10 MB are read")
    if kind in UNREADABLE and answer.status_code != 422:
        wrong.append("what is no JSON is read")
    return wrong
