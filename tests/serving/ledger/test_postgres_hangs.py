"""A server that says nothing: whoever asks hears so within their patience, and never that all is well."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from model.errors import Unavailable
from serving.ledger import open_ledger
from serving.ledger.postgres.opening import STATEMENT_SECONDS
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.ports import Ledger, Unsure
from tests.contracts.ledgers import NOW, SALT, send
from tests.postgres import wiped

PATIENCE = 0.1


class Network:
    """What lies between a ledger and its server; it can swallow what either says."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.swallow_when: Callable[[bytes], bool] = lambda _: False
        self.silent = False
        self.deaf = False
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                behind = socket.socket(socket.AF_UNIX)
                behind.connect(self._address)
                self._ends += [client, behind]
                threading.Thread(target=self._asking, args=(client, behind), daemon=True).start()
                threading.Thread(target=self._telling, args=(behind, client), daemon=True).start()

    def _asking(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while not self.deaf and (said := source.recv(65536)):
                self.silent = self.silent or self.swallow_when(said)
                target.sendall(said)

    def _telling(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while said := source.recv(65536):
                if not self.silent:
                    target.sendall(said)

    def close(self) -> None:
        """Cut every connection."""
        for one in (self.listening, *self._ends):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def networked(url: str) -> Iterator[tuple[Network, str]]:
    """Put a network before the server; yield it, and the address of the ledger through it."""
    network = Network(str(_socket(url)))
    host, port = network.listening.getsockname()
    try:
        yield network, f"postgresql://postgres@{host}:{port}/{url.partition('?')[0].rpartition('/')[2]}"
    finally:
        network.close()


def _socket(url: str) -> Path:
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  (an extra)

    return next(Path(str(conninfo_to_dict(url)["host"])).glob(".s.PGSQL.*[0-9]"))


def opened(url: str, *, serving: bool = True, patience: float = 2.0) -> SqliteLedger:
    """Open a ledger as a process that answers does."""
    return open_ledger(url, now=NOW, salt=b"mine", patience=patience, serving=serving)


def limited(ledger: SqliteLedger) -> SqliteLedger:
    """Have a ledger wait for no more than a moment."""
    ledger._store.limit = PATIENCE  # type: ignore[attr-defined]
    return ledger


def recorded(ledger: Ledger, name: str) -> None:
    """Record one decision."""
    with ledger.transaction() as tx:
        send(tx, name)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Name a ledger that is there."""
    return wiped(tmp_path, salt=SALT, at=NOW)


def test_a_silent_server_is_away_for_now(url: str) -> None:
    """The connection is closed, what was under way never happened, and another connection is as good as before."""
    with networked(url) as (network, through):
        ledger = limited(opened(through))
        recorded(ledger, "d-1")
        network.silent = True
        with pytest.raises(Unavailable, match=r"did not answer within 0\.1 seconds; nothing was half-done") as first:
            recorded(ledger, "d-2")
        with pytest.raises(Unavailable, match="closed"):
            recorded(ledger, "d-3")
        ledger.close()
    with closing(opened(url)) as again, again.transaction() as tx:
        found = [tx.decision(f"d-{number}") is not None for number in (1, 2, 3)]
    assert (found, isinstance(first.value, Unsure)) == ([True, False, False], False)


def test_a_commit_without_an_answer_may_have_happened(url: str) -> None:
    """It is not said that nothing was recorded: here it was, and who asks again finds it."""
    with networked(url) as (network, through):
        ledger = limited(opened(through))
        network.swallow_when = lambda said: b"COMMIT\0" in said
        with pytest.raises(Unsure, match="whether it was recorded is not known; ask again with the same"):
            recorded(ledger, "d-1")
        ledger.close()
    with closing(opened(url)) as again, again.transaction() as tx:
        found = tx.decision("d-1") is not None
    assert found


def test_a_commit_that_was_never_sent_did_not_happen(url: str) -> None:
    """Who swallows an error in a transaction hears at its end that it is over, and not that it may be there."""
    with networked(url) as (network, through):
        ledger = limited(opened(through))

        def swallowed() -> None:
            with ledger.transaction() as tx:
                network.silent = True
                with pytest.raises(Unavailable):
                    send(tx, "d-1")

        with pytest.raises(Unavailable) as caught:
            swallowed()
        ledger.close()
    assert not isinstance(caught.value, Unsure)


def test_a_server_that_reads_nothing_is_away_too(url: str) -> None:
    """What is sent does not go out: more than the buffers on the way hold."""
    with networked(url) as (network, through):
        ledger = limited(opened(through))
        rows = [{"name": "n" * 100_000, "value": b"%d" % number} for number in range(200)]

        def told() -> None:
            with ledger.transaction():
                network.deaf = True
                ledger._store.insert_all("INSERT INTO secrets (name, value) VALUES (:name, :value)", rows)

        with pytest.raises(Unavailable, match="did not answer"):
            told()
        ledger.close()


def test_a_server_that_falls_silent_while_a_ledger_is_opened_is_away(url: str) -> None:
    """Before the first statement and after it."""
    with networked(url) as (network, through):
        network.swallow_when = lambda said: b"plan_cache_mode" in said
        with pytest.raises(Unavailable, match="did not answer"):
            opened(through, patience=0.01)


@pytest.mark.parametrize(("serving", "limit"), [(True, 2.5), (False, STATEMENT_SECONDS)])
def test_only_who_serves_has_little_patience(url: str, limit: float, *, serving: bool) -> None:
    """A page of a training table may take longer than a client waits for an answer."""
    with closing(opened(url, serving=serving)) as ledger:
        assert ledger._store.limit == limit  # type: ignore[attr-defined]


def test_many_rows_go_through_a_narrow_network(url: str) -> None:
    """More than the buffers hold is sent and read in turns; a refused statement leaves the connection as it was."""
    rows = [{"name": f"{number} {'n' * 20_000}", "value": b"%d" % number} for number in range(1200)]
    with networked(url) as (_, through):
        ledger = opened(through)
        store = ledger._store
        with ledger.transaction():
            kept = store.insert_all("INSERT INTO secrets (name, value) VALUES (:name, :value)", rows[:5])
        with pytest.raises(Unavailable, match="duplicate key"), ledger.transaction():
            store.insert_all("INSERT INTO secrets (name, value) VALUES (:name, :value)", rows)
        with ledger.transaction():
            kept += store.change("DELETE FROM secrets WHERE name <> 'salt'")
        ledger.close()
    assert kept == 10
