"""`decide` in process, for one candidate and in groups: processor microseconds each, contexts already read.

Every candidate is a customer of a prepared ledger whom nobody was asked about before; the artefact, the policy and the
arms are those of the API. Only the ledger's reading and writing, and HTTP, are outside.
"""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.serving_load import Bodies
from benchmarks.serving_ours import candidate
from model.contracts import Shares
from serving.arms import Exploration
from serving.decide import decide, digest_of
from serving.ledger import open_ledger
from serving.policy_files.templates import load_policy, shipped_digests
from serving.scorer import load_scorer
from serving.system import new_id, new_salt

GROUPS = {1: 400, 256: 24}  # candidates in a call, calls


def in_process(url: str, asked: Bodies, artefact: Path, *, at: datetime) -> dict[int, float]:
    """Return the median processor microseconds per candidate, by how many are in a call.

    `url` is a prepared ledger, `asked` the requests about those of its customers whom nobody was asked about.
    """
    policy, scorer = load_policy(None), load_scorer(artefact)
    ledger = open_ledger(url, now=at, salt=new_salt(), shipped=shipped_digests())
    exploration = Exploration(shares=Shares(), salt=ledger.salt)
    taken: dict[int, list[float]] = {}
    with asked.path.open("rb") as lines:
        lines.seek(asked.place)
        bodies: Iterator[bytes] = iter(lines)
        for size, calls in GROUPS.items():
            for _ in range(calls):
                some = [candidate(json.loads(line)) for line in islice(bodies, size)]
                if len(some) < size:
                    break
                with ledger.transaction() as transaction:
                    known = transaction.contexts(some, now=at, digests=[digest_of(each, policy) for each in some])
                ids = [new_id(at) for _ in some]
                began = time.thread_time()
                decide(some, known, ids=ids, now=at, policy=policy, scorer=scorer, exploration=exploration)
                taken.setdefault(size, []).append((time.thread_time() - began) / size * 1e6)
    ledger.close()
    return {size: median(each[len(each) // 4 :]) for size, each in taken.items()}  # the first quarter warms up
