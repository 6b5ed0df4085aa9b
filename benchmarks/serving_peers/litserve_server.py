"""The model under LitServe: one API server, one worker; with BENCHMARK_BATCH its dynamic batching."""

import os
import sys
from typing import Any

import joblib
import litserve
import numpy as np

BATCH = bool(os.environ.get("BENCHMARK_BATCH"))


class Customers(litserve.LitAPI):
    """One scikit-learn model."""

    def setup(self, device: str) -> None:
        """Load it."""
        del device
        self.model = joblib.load(os.environ["BENCHMARK_MODEL"])

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        """Return one row."""
        return np.asarray(request["features"], dtype=np.float64)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Score one row, or a batch of them."""
        predicted: np.ndarray = self.model.predict(x if BATCH else x[None])
        return predicted

    def encode_response(self, output: np.ndarray) -> dict[str, float]:
        """Return the score of one row."""
        return {"prediction": float(output if BATCH else output[0])}


if __name__ == "__main__":
    batching = {"max_batch_size": 16, "batch_timeout": 0.002} if BATCH else {}
    server = litserve.LitServer(
        Customers(**batching), accelerator="cpu", workers_per_device=1, fast_queue=bool(os.environ.get("BENCHMARK_ZMQ"))
    )
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        generate_client_file=False,
        log_level="warning",
        access_log=False,
    )
