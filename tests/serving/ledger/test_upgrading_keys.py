"""A ledger of an older version keeps its keys; they are bound to nothing, and its public ones open nothing."""

from contextlib import closing
from pathlib import Path

import pytest

from serving.ledger import open_ledger
from serving.ledger.instants import micros
from serving.ports import KeyRecord
from tests.contracts.ledgers import NOW
from tests.serving.ledger.test_upgrading import made

OLD = "INSERT INTO keys (id, name, sha256, scopes, created_at) VALUES (?, 'n', ?, ?, ?)"


@pytest.mark.parametrize("version", [1, 10])
def test_old_keys_are_as_they_were(tmp_path: Path, version: int) -> None:
    """No origin, no rate of their own, no end."""
    with closing(made(tmp_path / "l.db", version=version)) as old:
        old.execute(OLD, ("k", "hash", '["decide","widget"]', micros(NOW)))
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOW, salt=b"new", create=False)
    with ledger.transaction() as tx:
        found = tx.keys()
    ledger.close()
    assert found == [KeyRecord(id="k", name="n", sha256="hash", scopes=("decide", "widget"), created_at=NOW)]
