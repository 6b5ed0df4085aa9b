"""The usual way, to show that the check can fail: read what was sent, and where that is below the cap, insert.

Each of the two is atomic and durable; nothing holds them together. Many clients ask for each customer once. What they
sent is judged as everything else is.
"""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.exact_judge import Judge, Sent

TABLE = "CREATE TABLE sends (customer INTEGER NOT NULL, client INTEGER NOT NULL)"
READ = "SELECT count(*) FROM sends WHERE customer = ?"
INSERT = "INSERT INTO sends VALUES (?, ?)"
IN_ORDER = "SELECT rowid, customer FROM sends ORDER BY rowid"


def naive(path: Path, *, customers: int, clients: int, at: datetime) -> dict[str, int]:
    """Let clients that start together ask for one send for each customer; count the customers who got more."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute(TABLE)
    together = threading.Barrier(clients)

    def ask(client: int) -> None:
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as file:
            together.wait()
            for customer in range(customers):
                if file.execute(READ, (customer,)).fetchone()[0] == 0:
                    file.execute(INSERT, (customer, client))

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(clients)))
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(IN_ORDER).fetchall()
    return counted(rows, at) | {"customers": customers}


def counted(rows: list[tuple[int, int]], at: datetime) -> dict[str, int]:
    """Judge sends, `(number, customer)` in order, a millisecond apart."""
    judge = Judge()
    for number, customer in rows:
        sent = Sent(at=at + number * timedelta(milliseconds=1), outbound=True, essential=False, fact=None)
        judge.send(str(customer), str(number), sent)
    over = {line.partition(":")[0] for line in judge.verdict.over}
    return {"sends": judge.verdict.sends, "over a cap": len(over)}
