"""A batch with a ledger that is killed at a commit: `python -m tests.serving.batch_killed URL FILE OUT COMMIT WHEN`.

`WHEN` is `before` or `after`: the transaction that is cut off has happened, or has not; nothing is tidied up.
"""

import os
import signal
import sys
from pathlib import Path

from serving.arms import Exploration
from serving.batch import deciding as batch_deciding
from serving.batch.run import run_batch
from serving.ledger import open_ledger
from serving.ledger.sqlite.store import SqliteStore
from serving.policy_files.templates import load_policy, shipped_digests
from tests.serving.batch.test_ledger import ALL_MODEL, SALT, SCORER
from tests.serving.candidate_examples import NOW

GROUP, SHARD = 3, 4  # rows


def main(url: str, file: Path, out: Path, *, commit: int, when: str) -> None:
    """Run it, and die at the commit with this number."""
    ledger = open_ledger(url, now=NOW, salt=SALT, shipped=shipped_digests())
    batch_deciding.TRANSACTION_ROWS = GROUP
    real, commits = SqliteStore._commit, iter(range(1, 1000))

    def committing(self: SqliteStore) -> None:
        last = next(commits) == commit
        if not last or when == "after":
            real(self)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    SqliteStore._commit = committing  # type: ignore[method-assign]
    exploration = Exploration(shares=ALL_MODEL, salt=ledger.salt)
    options = {"policy": load_policy(), "scorer": SCORER, "ledger": ledger, "exploration": exploration}
    run_batch(file, out, now=NOW, shard_rows=SHARD, **options)  # type: ignore[arg-type]  (named, as the tests have them)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), commit=int(sys.argv[4]), when=sys.argv[5])
