"""The same requests, posted to the API as time goes by, and fed from a file; and all that a ledger file then holds."""

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.event_days import START, Request
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.feeding.fed import Fed
from serving.feeding.feed import TOGETHER, Feed, Turned
from serving.feeding.lines import Line, lines_of
from serving.feeding.output import DecisionsFile
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Scorer
from serving.routes.edge import BODY_LIMIT
from serving.routes.event_lines import arrived, decided
from serving.settings import Settings
from tests.serving.served import Served, Watch, with_keys

Json = dict[str, Any]
SCORER = FakeScorer(feature="tenure_days", cutoff=300.0)
LATER = datetime.fromisoformat("2026-01-01T00:00:00Z")  # the present of those who feed
ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
OF_THE_API = ("keys", "responses")  # tables that no event changes


@contextmanager
def books(path: Path) -> Iterator[Ledger]:
    """Open a ledger file, made with a fixed salt where there is none."""
    opened = open_ledger(f"sqlite:///{path}", now=START, salt=b"a fixed salt for both", shipped=shipped_digests())
    try:
        yield opened
    finally:
        opened.close()


def feed_of(
    ledger: Ledger,
    policy: Path | None,
    *,
    out: Path | None = None,
    together: int = TOGETHER,
    scorer: Scorer | None = SCORER,
) -> Feed:
    """Compose a feed as the command does, with a scorer of ours."""
    clock = Turned()
    api = create_app(Settings(policy=policy), scorer=scorer, ledger=ledger, clock=clock).state.api
    output = None if out is None else DecisionsFile(out)
    if output is not None:
        output.resume(ledger)
    return Feed(
        ledger=ledger,
        happenings=api.happenings,
        confirmer=api.confirmer,
        clock=clock,
        read=partial(arrived, present=LATER),
        write=decided,
        output=output,
        together=together,
    )


def run(feed: Feed, lines: Iterable[Line], **more: Any) -> Fed:
    """Run a feed to its end."""
    return asyncio.run(feed.run(lines, **more))


def fed(
    path: Path, ledger: Path, policy: Path | None, *, out: Path | None = None, together: int = TOGETHER, **more: Any
) -> Fed:
    """Feed a file into a ledger file."""
    with books(ledger) as opened:
        return run(feed_of(opened, policy, out=out, together=together), lines_of(path, longest=BODY_LIMIT), **more)


def lived(
    requests: Iterable[Request], ledger: Path, policy: Path | None, *, until: datetime | None = None
) -> list[Json]:
    """Post every request when it comes, with a timekeeper that ticks whenever something is due; return the answers."""
    clock, answers = Watch(START), []
    with books(ledger) as opened:
        app = create_app(Settings(policy=policy), scorer=SCORER, ledger=with_keys(opened, START), clock=clock)
        with Served(app) as api:
            for request in requests:
                _pass(api, opened, clock, request.at)
                answer = api.post("/v1/events", request.body)
                assert answer.status_code in {202, 422}, answer.text
                answers.append(answer.json())
                if answers[-1].get("pending"):
                    api._wait(app.state.api.timekeeper.tick())
            _pass(api, opened, clock, until or clock.at)
    return answers


def _pass(api: Served, ledger: Ledger, clock: Watch, to: datetime) -> None:
    """Let time go on, and the timekeeper tick at every instant at which something is due."""
    while (due := _next_due(ledger)) is not None and due <= to:
        clock.at = max(clock.at, due)
        api._wait(api.app.state.api.timekeeper.tick())
    clock.at = max(clock.at, to)


def _next_due(ledger: Ledger) -> datetime | None:
    with ledger.transaction() as transaction:
        return transaction.next_due()


def held(path: Path) -> dict[str, list[str]]:
    """Return every row of every table of a ledger file but the API's own, with ids of decisions as their numbers."""
    connection = sqlite3.connect(path)
    try:
        names = dict(connection.execute("SELECT decision_id, 'decision ' || seq FROM decisions"))
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            if name not in OF_THE_API and not name.startswith("sqlite_")
        ]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
    finally:
        connection.close()
    return {name: sorted(plain(repr(row), names) for row in found) for name, found in rows.items()}


def plain(text: str, names: dict[str, str]) -> str:
    """Return a text in which ids of decisions have become their numbers."""
    return ULID.sub(lambda found: names.get(found[0], found[0]), text)


def read(path: Path) -> list[Json]:
    """Return the lines of a file of decisions."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def without_id(decision: Json) -> Json:
    """Return a decision without the one field that may differ."""
    return {name: value for name, value in decision.items() if name != "decision_id"}
