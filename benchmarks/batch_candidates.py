"""What `batch.py` decides: made-up candidates of a parcel service, and the one model that all contestants score with.

One customer, one row. Most are told of a delay (scored), one in twenty of a failed delivery (essential); many are
refused: no consent, an opt-out, an open complaint, night where they live, old news, marketing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from benchmarks.serving_model import LEARNED_FROM, NAMES, SEED, SMALL, customers, written_down
from model.artefact import write
from model.features import fit_features
from model.golden import golden_rows
from model.heads import Heads, Linear
from model.learning.coded import Coded
from model.learning.design import width
from model.scorer import Scorer
from model.trees.boosted import boosted

TREES = 200
CUTOFF = 0.45  # of a probability: about one customer in five lies below
PART = 131_072  # rows of a row group
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "tomorrow")
ZONES = ("Europe/Paris", "Europe/London", "Europe/Berlin", "Europe/Madrid", "America/New_York", "Asia/Tokyo")
FILE = "model.joblib"


def learn(rows: int = LEARNED_FROM, trees: int = TREES) -> HistGradientBoostingClassifier:
    """Teach scikit-learn so many trees: who comes to look after their parcel."""
    X = customers(rows, seed=SEED)
    chance = np.random.default_rng(SEED + 1)
    logit = 0.8 * np.tanh(X[:, 4] / 12.0 - 1.0) + 0.5 * np.sin(X[:, 0] / 500.0) - 0.2 * X[:, 2]
    model = HistGradientBoostingClassifier(max_iter=trees, learning_rate=0.05, early_stopping=False, random_state=SEED)
    with threadpool_limits(limits=1):
        return model.fit(X, chance.random(rows) < 1.0 / (1.0 + np.exp(-logit)))


def save(folder: Path, model: HistGradientBoostingClassifier, *, issued_at: datetime) -> None:
    """Write the model as scikit-learn pickles it, and as our artefact (`folder/artefact`).

    Raises:
        SystemExit: the artefact does not give scikit-learn's probabilities.
    """
    joblib.dump(model, folder / FILE)
    X = customers(LEARNED_FROM, seed=SEED)
    features = fit_features({name: X[:, j] for j, name in enumerate(NAMES)})
    chance = np.random.default_rng(SEED + 3)
    linear = [Linear(np.append(chance.normal(0.0, SMALL / 10, width(features)), SMALL)) for _ in range(2)]
    heads = {
        "benefit": Heads("logistic", (1.0, 0.0), boosted(model)),
        "complaint": Heads("identity", (1.0, 0.0), linear[0]),
        "opt_out": Heads("identity", (1.0, 0.0), linear[1]),
    }
    learned = Scorer.of("r", heads, features)
    probed = customers(2_000, seed=SEED + 2)
    if not np.allclose(learned.predict(probed).benefit, model.predict_proba(probed)[:, 1], rtol=0, atol=1e-12):
        raise SystemExit("the artefact does not score like scikit-learn; nothing is measured")
    golden = golden_rows(Coded(features=learned.features, codes=X), learned)
    write(folder / "artefact", learned, extra=written_down(learned, cutoff=CUTOFF), golden=golden, issued_at=issued_at)


def candidates(path: Path, rows: int, *, now: datetime) -> None:
    """Write so many candidates as of `now` (aware), in row groups."""
    with pyarrow.parquet.ParquetWriter(path, _part(0, 1, now).schema, compression="zstd") as writer:
        for first, count in _parts(rows):
            writer.write_table(_part(first, count, now), row_group_size=PART)


def _parts(rows: int) -> Iterator[tuple[int, int]]:
    for first in range(0, rows, PART):
        yield first, min(PART, rows - first)


def _part(first: int, count: int, now: datetime) -> pa.Table:
    """Return rows `first` to `first + count`, always the same for the same place."""
    chance = np.random.default_rng((SEED, first))
    numbers = np.arange(first, first + count)
    share = chance.random(count)
    failed, marketing = share < 0.05, share > 0.99
    names = [f"u-{n:09d}" for n in numbers]
    parcels = [f"A-{n:09d}" for n in chance.permutation(numbers)]
    etas = _of(DAYS, chance, count)
    template = np.where(failed, "parcel_failed", "parcel_delayed")
    columns: dict[str, Any] = {
        "candidate_id": [f"c-{n:09d}" for n in numbers],
        "user.id": names,
        "user.timezone": _of(ZONES, chance, count),
        "purpose": np.where(marketing, "win_back", "delivery_update"),
        "channel": np.full(count, "chat"),
        "evidence.type": np.where(failed, "shipment.failed", "shipment.delayed"),
        "evidence.id": [f"ev-{n:010d}" for n in numbers],
        "evidence.subject": names,
        "evidence.time": _times(now, chance.uniform(0.1, 25.0, count)),
        "evidence.data.parcel": parcels,
        "evidence.data.new_eta": etas,
        "evidence.data.reason": pa.array(np.full(count, "nobody was home"), mask=~failed),
        "message.template": template,
        "message.facts.parcel": parcels,
        "message.facts.new_eta": pa.array(etas, mask=failed),
        "message.facts.reason": pa.array(np.full(count, "nobody was home"), mask=~failed),
        "context.consent": chance.random(count) < 0.96,
        "context.opted_out": chance.random(count) < 0.02,
        "context.contacts_60m": (chance.random(count) < 0.01).astype(np.int64),
        "context.contacts_24h": chance.poisson(0.2, count) + 1 * (chance.random(count) < 0.02),
        "context.contacts_7d": chance.poisson(0.8, count) + 1,
        "context.last_complaint_at": _times(now, chance.uniform(1.0, 2000.0, count), mask=chance.random(count) < 0.97),
        "context.complaint_open": chance.random(count) < 0.01,
        "context.conversation_open": chance.random(count) < 0.01,
        "context.last_inbound_at": _times(now, chance.uniform(20.0, 2000.0, count), mask=chance.random(count) < 0.7),
        "context.already_told": chance.random(count) < 0.01,
        "context.evidence_superseded": chance.random(count) < 0.005,
    }
    X = customers(count, seed=SEED + 10 + first)
    return pa.table(columns | {f"user.attributes.{name}": X[:, j] for j, name in enumerate(NAMES)})


def _of(words: tuple[str, ...], chance: np.random.Generator, count: int) -> NDArray[np.str_]:
    return np.array(words)[chance.integers(0, len(words), count)]


def _times(now: datetime, hours: NDArray[np.float64], *, mask: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return instants so many hours before `now`, to the second; null where the mask says so."""
    latest = int(now.timestamp())
    seconds = (latest - (hours * timedelta(hours=1).total_seconds()).astype(np.int64)) * 1_000_000
    return pa.array(seconds, mask=mask).cast(pa.timestamp("us", tz="UTC"))
