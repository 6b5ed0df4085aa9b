import resource
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop.lately import REMEMBERED_SECONDS
from serving.policy_files.templates import shipped_digests
from serving.settings import Settings
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, with_keys

PATIENCE = 0.2


def _wait_out_the_verdict() -> None:
    """Let the remembered verdict of `/readyz` grow old."""
    time.sleep(REMEMBERED_SECONDS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger file is."""
    return tmp_path / "outreach.db"


def on_disk(path: Path) -> Any:
    """Open a real ledger file with keys."""
    ledger = open_ledger(f"sqlite:///{path}", now=NOON, salt=b"on disk", shipped=shipped_digests(), patience=PATIENCE)
    return with_keys(ledger, NOON)


def rows(path: Path, table: str) -> int:
    """Count rows as another process sees them."""
    with closing(sqlite3.connect(path)) as file:
        found: int = file.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return found


def test_an_answer_is_on_disk_before_it_is_given(path: Path) -> None:
    """Another process sees the decision and its event as soon as the answer is there."""
    with Served(app_of(on_disk(path))) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        api.post("/v1/decisions", candidate())
        actual = (rows(path, "events"), rows(path, "decisions"), rows(path, "reservations"))

    assert actual == (1, 1, 1)


def test_a_full_disk_is_503_and_leaves_nothing(path: Path) -> None:
    """SQLite's own `disk is full`: refused whole, nothing half-done, and well again when there is room."""
    ledger = on_disk(path)
    with Served(app_of(ledger)) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        connection = ledger._store._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        big = [event(f"{number}-" + "x" * 200, data={"parcel": "y" * 900}) for number in range(500)]
        refused = api.post("/v1/events", big)
        left = rows(path, "events")
        connection.execute("PRAGMA max_page_count = 1000000")
        accepted = api.post("/v1/events", big).json()["accepted"]

    actual = (refused.status_code, refused.headers["retry-after"], left, accepted)
    assert actual == (503, "1", 1, 500)


def test_a_ledger_that_somebody_else_holds_is_503(path: Path) -> None:
    """Another process with the write lock: 503 for questions and readiness, then well again."""
    ledger = on_disk(path)
    with Served(app_of(ledger)) as api:
        consent(api, "u-17")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            held = [api.post("/v1/decisions", candidate()), api.get("/readyz", key=None)]
            other.execute("ROLLBACK")
        _wait_out_the_verdict()
        free = [api.post("/v1/decisions", candidate()), api.get("/readyz", key=None)]

    statuses = (
        [answer.status_code for answer in held],
        [answer.status_code for answer in free],
        rows(path, "decisions"),
    )
    assert statuses == ([503, 503], [200, 200], 1)


def test_many_customers_at_once_are_all_recorded(path: Path) -> None:
    """Three hundred customers together: every answer has its record, in far fewer commits than requests."""
    ledger = on_disk(path)
    with Served(app_of(ledger)) as api:
        api.get("/v1/decisions")
        answers = api.together(
            ("POST", "/v1/decisions", {"json": candidate(user=f"u-{number}")}) for number in range(300)
        )

    ids = {answer.json()["decision_id"] for answer in answers}
    assert (len(ids), rows(path, "decisions")) == (300, 300)


@pytest.mark.parametrize("how", ["moved", "removed"])
def test_a_ledger_that_is_gone_is_503_until_it_is_back(path: Path, how: str) -> None:
    """No send is acknowledged into a file without a name, no empty ledger is made, and nothing is lost."""
    on_disk(path).close()
    backup = path.with_suffix(".backup")
    with Served(create_app(Settings(ledger=f"sqlite:///{path}"), scorer=FakeScorer(), clock=Watch())) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        shutil.copy(path, backup)
        path.rename(path.with_suffix(".moved")) if how == "moved" else path.unlink()
        gone = [api.post("/v1/decisions", candidate()).status_code for _ in range(3)]
        made = path.exists()
        _wait_out_the_verdict()
        ready = api.get("/readyz", key=None).status_code
        if how == "moved":
            path.with_suffix(".moved").rename(path)
        else:
            for log in path.parent.glob("*.db-*"):
                log.unlink()
            backup.rename(path)
        back = api.post("/v1/decisions", candidate())
        _wait_out_the_verdict()
        well = api.get("/readyz", key=None).status_code

    actual = (gone, made, ready, back.status_code, well)
    assert actual == ([503] * 3, False, 503, 200, 200)


def test_a_disk_without_room_is_not_ready(path: Path) -> None:
    """The system itself refuses to let any file grow (as `ENOSPC` would): 503 for both, then well again."""
    on_disk(path).close()
    with Served(create_app(Settings(ledger=f"sqlite:///{path}"), scorer=FakeScorer(), clock=Watch())) as api:
        before = api.get("/readyz", key=None).status_code
        _wait_out_the_verdict()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_suffix(".db-wal").stat().st_size, hard))
        try:
            full = [api.get("/readyz", key=None).status_code, api.post("/v1/events", event()).status_code]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        _wait_out_the_verdict()
        after = [api.get("/readyz", key=None).status_code, api.post("/v1/events", event()).status_code]

    assert (before, full, after) == (200, [503, 503], [200, 202])
