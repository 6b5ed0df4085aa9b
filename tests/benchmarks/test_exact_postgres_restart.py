"""PostgreSQL that goes away under load: the small version of the script, and what it would find."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.exact_postgres_restart import VIOLATIONS, Asking, run
from tests.postgres import needed


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own user reaches, where the tests run as root."""
    made = Path(tempfile.mkdtemp(prefix="outreach-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_nothing_acknowledged_is_lost(folder: Path) -> None:
    """A power cut and a dead session under load: what was answered is there once, and nobody restarts a server."""
    needed()
    faults = ("stopped at once", "session killed")
    found = run(folder, Asking(rounds=2, clients=4, seed=7, faults=faults))
    happened = [found[name] > 0 for name in ("acknowledged decisions", "acknowledged outcomes")]
    suffered = [found[f"fault: {name}"] for name in faults]
    actual = ({name: found[name] for name in VIOLATIONS}, happened, suffered)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), [True, True], [1, 1])


def test_a_database_that_forgets_is_seen(folder: Path) -> None:
    """One that comes back as it was before it answered loses decisions that were acknowledged."""
    needed()
    found = run(folder, Asking(rounds=1, clients=4, seed=7, naive=True, faults=("stopped fast",)))
    assert found["acknowledged decisions lost or other"] > 0
