import numpy as np
import pytest
from scipy.stats import binomtest

from model.statistics.few_events import added, caused

N = 400


def rows(**events: int) -> dict[str, np.ndarray]:
    """Return 200 contacted and 200 held-out rows of single-row clusters, the first of each arm with an event."""
    contacted = np.arange(N) < N // 2
    y = np.zeros(N)
    y[: events.get("contacted", 0)] = 1.0
    y[N // 2 : N // 2 + events.get("held_out", 0)] = 1.0
    return {"y": y, "contacted": contacted, "propensity": np.full(N, 0.5), "cluster": np.arange(N)}


@pytest.mark.parametrize("events", [0, 1, 7, 19])
def test_caused_harm_has_the_exact_interval(events: int) -> None:
    """Clopper and Pearson on the contacted rows, as SciPy computes it."""
    exact = binomtest(events, N // 2).proportion_ci(0.95, method="exact")
    found = caused(**rows(contacted=events))
    assert (found["estimate"], found["low"], found["high"]) == pytest.approx((events / 200, exact.low, exact.high))


def test_no_event_is_not_a_certain_nought() -> None:
    """With 200 contacts and no opt-out up to 1.8 % are compatible; only contacted rows count."""
    found = caused(**rows())
    assert (found["low"], round(found["high"], 4), found["method"]) == (
        0.0,
        0.0183,
        "Clopper–Pearson on the contacted rows",
    )


def test_added_harm_has_the_hybrid_score_interval() -> None:
    """Newcombe (1998), method 10: the published example 56/70 and 48/80 gives 0.0524 to 0.3339."""
    contacted = np.arange(150) < 70
    y = np.concatenate([np.arange(70) < 56, np.arange(80) < 48]).astype(float)
    found = added(y, contacted=contacted, propensity=np.full(150, 0.5), cluster=np.arange(150))
    assert (found["estimate"], found["low"], found["high"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_no_complaint_in_either_arm_leaves_room_on_both_sides() -> None:
    """An interval around 0, not a point."""
    found = added(**rows())
    assert found["low"] < -0.01 < 0.01 < found["high"]


def test_uneven_weights_and_clusters_count_for_less() -> None:
    """Rows of one cluster, or with uneven chances of contact, carry less: the interval is wider."""
    plain, uneven, pairs = rows(), rows(), rows()
    uneven["propensity"] = np.where(np.arange(N) % 2 == 0, 0.1, 0.9)
    pairs["cluster"] = np.arange(N) // 2
    highs = [caused(**each)["high"] for each in (plain, uneven, pairs)]
    assert highs[0] < min(highs[1:])
    assert caused(**uneven)["method"] == "Clopper–Pearson on the effective count of contacted rows"


def test_an_arm_without_rows_knows_nothing() -> None:
    """Anything is possible; no figure is made up."""
    given = rows() | {"contacted": np.zeros(N, dtype=bool)}
    assert (caused(**given)["estimate"], added(**given)["estimate"]) == (None, None)


def test_intervals_cover_where_events_are_rare() -> None:
    """A rate of 0.4 % in tenths of 400 rows: the old intervals missed it in most samples without an event."""
    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        given = rows() | {"y": (rng.random(N) < 0.004).astype(float)}
        found = caused(**given)
        missed += not found["low"] <= 0.004 <= found["high"]
    assert missed <= 20
