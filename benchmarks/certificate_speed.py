"""Seconds to certify many rows at twenty rules: `model.certifying.issue.issue`, checked columns to certificate.

One thread, so that on an idle machine the clock shows the processor's seconds; these another load hardly changes.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.certificate_tables import line
from benchmarks.certificate_worlds import World
from benchmarks.tables import table
from model.certifying.issue import issue
from model.contracts import Shares
from model.split import Half, rank_in_cluster

Floats = NDArray[np.float64]

LIMIT = 20.0  # seconds
TARGETS = SimpleNamespace(complaint_at_most=0.01, opt_out_at_most=0.01, confidence=0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What issuing reads of an assessment: one chosen scorer, its scores on both halves, Γu, complaint arms."""

    fitted: list[Any]
    chosen: int
    deployed: int
    chosen_score: Floats
    score: Floats
    gamma: Floats
    complaint_arms: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
    scorer: Any


def speed(*, rows: int) -> str:
    """Return the table of seconds, and the verdict."""
    cases = [
        (f"{rows:,} rows of D1 and D2 together", rows * 2 // 5, "one"),
        (f"{rows:,} rows of D2 alone", rows, "one"),
        (f"{rows:,} rows of D2 alone, three per customer", rows, "three"),
    ]
    found = [(name, *_seconds(second, size)) for name, second, size in cases]
    lines = [
        line(f"{name} ≤ {LIMIT:g} s", cpu <= LIMIT, f"{cpu:.1f} s of one processor, {wall:.1f} s by the clock")
        for name, wall, cpu, _ in found
    ]
    header = ["what is certified, both harms at twenty rules", "seconds", "CPU seconds", "issued"]
    shown = [[name, f"{wall:.1f}", f"{cpu:.1f}", str(issued)] for name, wall, cpu, issued in found]
    return "\n\n".join(["# A million rows", table(header, shown), "\n".join(lines)]) + "\n"


def _seconds(rows: int, size: str) -> tuple[float, float, bool]:
    """Certify a world of this many rows of D2; returns wall and processor seconds, and whether it was issued."""
    world = World(truth=(0.004, 0.004), base=0.01, e=(0.95, 0.02), size=size)
    rng = np.random.default_rng(0)
    (one, u1), (two, u2) = world.half(rng, rows * 3 // 2), world.half(rng, rows)
    data, prepared = _columns(one, two), _halves(one, two)
    mean = [(np.full(len(u), 0.01), np.full(len(u), 0.01)) for u in (u1, u2)]
    assessed = Learned(
        fitted=[SimpleNamespace(out_of_fold=np.full(len(u1), 0.2)), SimpleNamespace(out_of_fold=u1)],
        chosen=1,
        deployed=1,
        chosen_score=u2,
        score=u2,
        gamma=u2,
        complaint_arms=(mean[0], mean[1]),
        scorer=SimpleNamespace(sha256=lambda: "0" * 64),
    )
    check: Mapping[str, Any] = {"passed": True, "detail": ""}
    began, used = time.perf_counter(), time.process_time()
    certificate = issue(
        cast("Any", data), prepared, cast("Any", assessed), propensity=check, attempt=1, shares=Shares()
    ).certificate
    return time.perf_counter() - began, time.process_time() - used, certificate.issued


def _columns(one: Half, two: Half) -> SimpleNamespace:
    """Return what issuing reads of a table: D1's rows and then D2's, with a time each."""
    n = len(one.contacted) + len(two.contacted)
    both = {name: np.concatenate([getattr(one, name), getattr(two, name)]) for name in ("complaint", "opt_out")}
    return SimpleNamespace(
        roles=SimpleNamespace(certificate=TARGETS),
        **both,
        propensity=np.concatenate([one.propensity, two.propensity]),
        time=np.arange(n).astype("datetime64[s]"),
        purpose=np.full(n, "delivery_update", dtype=object),
        channel=np.full(n, "chat", dtype=object),
        benefit_binary=True,
        data_sha256="0" * 64,
    )


def _halves(one: Half, two: Half) -> Any:
    """Return what issuing reads of the prepared halves."""
    n1, n = len(one.contacted), len(one.contacted) + len(two.contacted)
    assert rank_in_cluster(two.cluster, None).min() == 0
    return SimpleNamespace(
        first=one,
        second=two,
        names=[f"customer-{k}" for k in range(int(two.cluster.max()) + 1)],
        split=SimpleNamespace(first=np.arange(n1), second=np.arange(n1, n), note="D1 and D2 are made apart"),
    )
