"""A table of 6,000 rows that passes every check, to be broken in one place, as the evidence that the checks look at."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from model.diagnostics import propensity_check
from model.diagnostics.evidence import Evidence
from model.diagnostics.sceptic import checks
from model.reading.roles import Roles
from model.split import Half, split
from model.table import Table
from tests.model.diagnostics.halves import coded

ROWS = 6000
ROLES: dict[str, Any] = {
    "contacted": "sent",
    "benefit": "visit",
    "complaint": "complained",
    "propensity": 0.5,
    "cluster": "household",
    "time": "decided_at",
    "features_time": "observed_at",
    "version": "release",
    "features": ["age", "plan", "calls"],
    "before": {"benefit": "visit_before"},
    "windows": {"benefit": {"7": "visit", "28": "visit_28"}},
}
Break = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def frame(rows: int = ROWS) -> pd.DataFrame:
    """Return an honest history."""
    rng = np.random.default_rng(0)
    row = np.arange(rows)
    decided = pd.Timestamp("2026-03-01T12:00:00Z") + pd.to_timedelta(row * 30, unit="min")
    sent = rng.random(rows) < 0.5
    age = rng.normal(50, 15, rows)
    visit = rng.random(rows) < 0.15 + 0.1 * sent * (age > 50)
    late = np.where(row < 0.8 * rows, np.maximum(visit, rng.random(rows) < 0.1), np.nan)
    return pd.DataFrame(
        {
            "household": rng.permutation(row) // 2,
            "decided_at": decided,
            "observed_at": decided - pd.Timedelta(hours=1),
            "sent": sent.astype(int),
            "visit": visit.astype(int),
            "complained": (rng.random(rows) < 0.03).astype(int),
            "visit_before": (rng.random(rows) < 0.2).astype(int),
            "visit_28": late,
            "release": np.where(row % 3 == 0, "r2", "r1"),
            "age": age,
            "plan": rng.choice(["basic", "plus", None], rows),
            "calls": np.where(rng.random(rows) < 0.2, np.nan, rng.poisson(2, rows)),
        }
    )


def evidence(broken: Break | None = None, *, scores: Any = None, **changes: Any) -> Evidence:
    """Return the evidence of the honest history, broken; a change to None takes a role out."""
    data = frame() if broken is None else broken(frame(), np.random.default_rng(1))
    roles = Roles.from_mapping({key: value for key, value in (ROLES | changes).items() if value is not None})
    table = Table.from_frame(data, roles)
    parts = split(table)
    first, second = _half(table, parts.first), _half(table, parts.second)
    rows = np.concatenate([parts.first, parts.second])
    checked = propensity_check(
        first,
        second,
        estimated=table.propensity is None,
        folds=np.arange(len(parts.first)) % 5,
        time=None if table.time is None else table.time[rows],
        version=None if table.version is None else table.version[rows],
    )
    score = table.features["age"].to_numpy() / 100.0 - 0.4 if scores is None else scores(table)
    return Evidence(
        table=table,
        first=first,
        second=second,
        rows1=parts.first,
        rows2=parts.second,
        names=[str(code) for code in range(ROWS)],
        estimated=table.propensity is None,
        score1=score[parts.first],
        score2=score[parts.second],
        cutoff=0.0,
        checked=checked,
    )


def named(seen: Evidence) -> dict[str, dict[str, Any]]:
    """Return the checks by name."""
    return {check["name"]: check for check in checks(seen)}


def _half(table: Table, rows: np.ndarray) -> Half:
    """Return a half; only the numbers of the features are encoded."""
    e = np.full(table.rows, 0.5) if table.propensity is None else table.propensity
    _, cluster = np.unique(table.cluster[rows], return_inverse=True)
    return Half(
        rows=coded(table.features[["age", "calls"]].to_numpy(dtype=float)[rows]),
        contacted=table.contacted[rows],
        propensity=e[rows],
        cluster=cluster,
        benefit=table.benefit[rows],
        complaint=None if table.complaint is None else table.complaint[rows],
        opt_out=None,
    )
