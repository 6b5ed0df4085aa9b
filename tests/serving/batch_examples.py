"""Runs of a batch for the tests: what a folder holds, rows with repeated customers and ids, and a small origin."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from serving.batch.run import run_batch
from serving.batch.summary import Summary
from serving.fakes import FakeScorer
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Scorer
from tests.serving.candidate_examples import NOW, Row, candidate

POLICY = load_policy()
SCORER = FakeScorer(feature="tenure_days", cutoff=100.0)


@dataclass(frozen=True)
class Shipped:
    """The shipped policy and the tests' scorer, loaded in another process."""

    version: str = "fake"

    def load(self) -> tuple[Policy, Scorer | None]:
        """Load them."""
        return load_policy(), FakeScorer(version=self.version, feature="tenure_days", cutoff=100.0)


def plan(path: Path, out: Path | None, **options: Any) -> Summary:
    """Run a plan at the tests' clock."""
    return run_batch(path, out, **{"now": NOW, "policy": POLICY, "scorer": SCORER, **options})


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def decisions(out: Path) -> list[Row]:
    """Read all decisions of a folder, in order."""
    shards = sorted(out.glob("decisions-*.parquet"))
    return pa.concat_tables([pa.parquet.read_table(shard) for shard in shards]).to_pylist()


def crowded(seed: int, count: int = 24, customers: int = 6) -> list[Row]:
    """Rows in which customers, ids and facts repeat, and some cells cannot be read, as `seed` has it."""
    chance = np.random.default_rng(seed)
    return [_row(number, chance, customers) for number in range(count)]


def _row(number: int, chance: np.random.Generator, customers: int) -> Row:
    own = f"u-{chance.integers(customers)}" if chance.random() < 0.7 else f"v-{number}"
    parcel = f"A-{chance.integers(3)}"
    changes: dict[str, Any] = {"user__id": own, "evidence__subject": own}
    changes |= {"evidence__data__parcel": parcel, "message__facts__parcel": parcel}
    if chance.random() < 0.3:  # essential: its cap is ten a day, so one customer is sent several
        changes |= {"evidence__type": "shipment.failed", "message__template": "parcel_failed"}
        changes |= {"evidence__data__reason": "nobody at home", "message__facts__reason": "nobody at home"}
    if chance.random() < 0.1:
        changes |= {"channel": "pigeon"}
    if chance.random() < 0.15:
        changes |= {"candidate_id": f"c-{chance.integers(number + 1)}"}
    return candidate(number, **changes)
