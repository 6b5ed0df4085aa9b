"""The model that every contestant of `serving.py` serves, its customers' features, and the artefact made of it.

One histogram boosting of 200 trees by scikit-learn is the whole of what the peers are asked for. Our artefact holds the
same trees as the benefit, to the bit, and on top linear heads for complaints and opt-outs and a certificate. That
certificate is written down here, not earned: the benchmark measures seconds, and needs one that is in scope.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from model.artefact import write
from model.features import fit_features
from model.golden import golden_rows
from model.heads import Heads, Linear
from model.learning.coded import Coded
from model.learning.design import width
from model.scorer import Scorer
from model.trees.boosted import boosted

Floats = NDArray[np.float64]

NAMES = (
    *("tenure_days", "orders_90d", "calls_90d", "late_parcels_365d", "delay_hours"),
    *("basket", "returns_365d", "sessions_30d", "days_since_order", "satisfaction"),
)
TREES = 200
LEARNED_FROM = 20_000
CUTOFF = 0.004
SMALL = 0.0005  # mean of complaint effect and of opt-outs
SEED = 8
FILE = "model.joblib"


def customers(count: int, *, seed: int) -> Floats:
    """Return features float64[count, 10] as requests carry them: a few decimals, nothing missing."""
    chance = np.random.default_rng(seed)
    scale = np.array([900.0, 3.0, 1.0, 2.0, 18.0, 60.0, 1.0, 12.0, 40.0, 3.0])
    return np.round(chance.gamma(2.0, scale / 2.0, (count, len(NAMES))), 2)


def learn(rows: int = LEARNED_FROM, trees: int = TREES) -> HistGradientBoostingRegressor:
    """Teach scikit-learn so many trees; nine of ten customers come out above the cut-off."""
    X = customers(rows, seed=SEED)
    chance = np.random.default_rng(SEED + 1)
    effect = 0.05 + 0.03 * np.tanh(X[:, 4] / 12.0 - 1.0) + 0.03 * np.sin(X[:, 0] / 500.0) - 0.01 * X[:, 2]
    model = HistGradientBoostingRegressor(max_iter=trees, learning_rate=0.05, early_stopping=False, random_state=SEED)
    with threadpool_limits(limits=1):  # threads that wait for each other on one processor take minutes
        return model.fit(X, effect + chance.normal(0.0, 0.05, rows))


def save(folder: Path, model: HistGradientBoostingRegressor, *, issued_at: datetime) -> None:
    """Write the model as scikit-learn pickles it, and as our artefact (`folder/artefact`).

    Raises:
        SystemExit: the artefact does not score like scikit-learn, to the last bit.
    """
    joblib.dump(model, folder / FILE)
    X = customers(LEARNED_FROM, seed=SEED)
    learned = _scorer(model, X)
    probed = customers(2_000, seed=SEED + 2)
    if not np.array_equal(learned.predict(probed).benefit, model.predict(probed)):
        raise SystemExit("the artefact does not score like scikit-learn; nothing is measured")
    golden = golden_rows(Coded(features=learned.features, codes=X), learned)
    write(folder / "artefact", learned, extra=written_down(learned), golden=golden, issued_at=issued_at)


def _scorer(model: HistGradientBoostingRegressor, X: Floats) -> Scorer:
    """Return the trees as the benefit, between small linear effects on complaints and opt-outs."""
    features = fit_features({name: X[:, j] for j, name in enumerate(NAMES)})
    chance = np.random.default_rng(SEED + 3)
    linear = [Linear(np.append(chance.normal(0.0, SMALL / 10, width(features)), SMALL)) for _ in range(2)]
    heads = {
        "benefit": Heads("identity", (1.0, 0.0), boosted(model)),
        "complaint": Heads("identity", (1.0, 0.0), linear[0]),
        "opt_out": Heads("identity", (1.0, 0.0), linear[1]),
    }
    return Scorer.of("r", heads, features)


def written_down(learned: Scorer, *, cutoff: float = CUTOFF) -> dict[str, Any]:
    """Return the least that an artefact carries: a certificate for delivery updates in chat."""
    bound = {"estimate": 0.001, "bound": 0.004, "alpha": 0.005, "control_rate": 0.006}
    certificate = {
        "issued": True,
        "reason": "written down for the benchmark of serving, not earned",
        "cutoff": cutoff,
        "share_contacted": 0.9,
        "bounds": [{"harm": "complaint", **bound}, {"harm": "opt_out", **bound}],
        "alpha": {"complaint": 0.005, "opt_out": 0.005},
        "delta": 0.05,
        "n": LEARNED_FROM,
        "scope": [["delivery_update", "chat"]],
        "expires": None,
        "method": "none",
        "assumptions": ["none: the data are made up"],
        "scorer_sha256": learned.sha256(),
    }
    checks = [{"name": "harm", "passed": True, "detail": "made up"}]
    gate = {"promoted": True, "checks": checks}
    return {"certificate": certificate, "gate": gate, "data_sha256": "0" * 64, "seed": SEED, "versions": {}}
