"""The model as a BentoML service: one worker, arrays in and out; with BENCHMARK_BATCH its adaptive batching.

Batching gets the `max_batch_size` of its documentation's examples and a bound on the wait that no request here meets.
"""

import os

import bentoml
import joblib
import numpy as np

BATCH = bool(os.environ.get("BENCHMARK_BATCH"))


@bentoml.service(workers=1, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Customers:
    """One scikit-learn model."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["BENCHMARK_MODEL"])

    @bentoml.api(batchable=BATCH, max_batch_size=32, max_latency_ms=1000)
    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Score rows float64[n, 10]."""
        predicted: np.ndarray = self.model.predict(rows)
        return predicted
