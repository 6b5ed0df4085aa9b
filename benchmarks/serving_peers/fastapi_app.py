"""FastAPI with scikit-learn as it is usually written: a model of the body, the pickled model, one prediction.

`async def`, so that no thread pool stands between; started with uvicorn, httptools and uvloop.
"""

import os
from typing import Any

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

model: Any = joblib.load(os.environ["BENCHMARK_MODEL"])
app = FastAPI()


class Customer(BaseModel):
    """The features of one customer."""

    tenure_days: float
    orders_90d: float
    calls_90d: float
    late_parcels_365d: float
    delay_hours: float
    basket: float
    returns_365d: float
    sessions_30d: float
    days_since_order: float
    satisfaction: float


@app.post("/predict")
async def predict(customer: Customer) -> dict[str, float]:
    """Score one customer."""
    row = np.array([list(customer.model_dump().values())])
    return {"prediction": float(model.predict(row)[0])}
