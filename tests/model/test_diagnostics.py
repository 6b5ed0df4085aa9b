from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from model.diagnostics import BEFORE, negative_controls, overlap, predictability, propensity_check, sample_ratio
from model.split import Half, unit_hash


def half(rows: int = 3000, *, seed: int = 0, e: float = 0.5, drawn: float | None = None, tilt: float = 0.0) -> Half:
    """Rows contacted with probability `drawn` (as logged without it), `tilt` more where the first feature is high."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    true = np.clip((e if drawn is None else drawn) + tilt * np.sign(X[:, 0]), 0, 1)
    return Half(
        X=X,
        contacted=rng.random(rows) < true,
        propensity=np.full(rows, e),
        cluster=np.arange(rows),
        benefit=(rng.random(rows) < 0.2).astype(float),
        complaint=(rng.random(rows) < 0.05).astype(float),
        opt_out=None,
    )


def checked(first: Half, second: Half, *, estimated: bool = False) -> dict[str, object]:
    """The check with five folds."""
    return propensity_check(first, second, estimated=estimated, folds=np.arange(len(first.contacted)) % 5)


def test_contact_as_logged_passes() -> None:
    """Drawn with the probability that the table names."""
    assert checked(half(), half(2000, seed=1))["passed"] is True


def test_a_wrong_share_fails() -> None:
    """.55 contacted where .5 was logged."""
    found = checked(half(drawn=0.55), half(2000, seed=1, drawn=0.55))
    assert found["passed"] is False
    assert "failed: sample ratio" in str(found["detail"])


def test_contact_that_follows_the_features_fails() -> None:
    """The share is right, but who was contacted was not drawn: features predict T − e."""
    found = checked(half(tilt=0.1), half(2000, seed=1, tilt=0.1))
    assert found["passed"] is False
    assert "failed: predictability" in str(found["detail"])


def test_one_level_of_the_propensity_that_is_wrong_fails() -> None:
    """Two arms off in opposite directions cancel in the total, not level by level."""
    rng = np.random.default_rng(0)
    level = rng.random(8000) < 0.5
    e = np.where(level, 0.95, 0.05)
    contacted = rng.random(8000) < np.where(level, 0.90, 0.10)
    found = sample_ratio(contacted, e, np.arange(8000))
    plain = abs((contacted - e).sum()) / np.sqrt((e * (1 - e)).sum())
    assert (found["p"] < 0.001, bool(plain < 3)) == (True, True)


DAYS = np.datetime64("2026-01-01") + np.arange(8000) * np.timedelta64(10, "m")


def test_a_day_that_was_not_drawn_as_logged_fails() -> None:
    """A tenth of the period sends far more and the rest a little less: only the blocks of time see it."""
    e = np.full(8000, 0.5)
    true = np.where(np.arange(8000) // 800 == 7, 0.62, 0.5 - 0.12 / 9)
    contacted = np.random.default_rng(0).random(8000) < true
    cluster = np.arange(8000)
    without, found = sample_ratio(contacted, e, cluster), sample_ratio(contacted, e, cluster, DAYS)
    assert (without["p"] > 0.05, found["p"] < 0.001) == (True, True)
    assert (without["blocks"], found["blocks"]) == (0, 10)


def test_the_time_of_both_halves_is_looked_at() -> None:
    """The whole check fails for one wrong stretch of D2."""
    first, second = half(), half(2000, seed=1)
    first = replace(first, contacted=np.random.default_rng(5).permutation(np.arange(3000) % 2 == 0))
    wrong = np.random.default_rng(6).permutation(np.arange(2000) % 2 == 0)
    wrong[:400], wrong[400:800] = True, np.arange(400) % 16 == 0
    time = np.datetime64("2026-01-01") + np.arange(5000) * np.timedelta64(10, "m")
    found = propensity_check(
        first, replace(second, contacted=wrong), estimated=False, folds=np.arange(3000) % 5, time=time
    )
    assert (found["passed"], "failed: sample ratio" in str(found["detail"])) == (False, True)


def test_rows_of_one_instant_are_in_one_block() -> None:
    """A file sorted by arm within each day is no evidence of a wrong draw."""
    days = np.repeat(np.datetime64("2026-01-01") + np.arange(13), 300)
    contacted = np.tile(np.arange(300) < 150, 13)
    found = sample_ratio(contacted, np.full(3900, 0.5), np.arange(3900), days)
    assert (found["p"], 2 <= found["blocks"] <= 10) == (1.0, True)


@pytest.mark.parametrize("e", [0.5, 0.02, (0.95, 0.02)])
def test_an_honest_draw_passes_in_every_block(e: float | tuple[float, float]) -> None:
    """Also where contact is rare: at most a false alarm in 200 tables."""
    rng = np.random.default_rng(9)
    alarms = 0
    for _ in range(200):
        given = np.full(8000, e) if isinstance(e, float) else np.where(rng.random(8000) < 0.5, *e)
        alarms += sample_ratio(rng.random(8000) < given, given, np.arange(8000), DAYS)["p"] < 0.001
    assert alarms <= 2


def test_an_estimated_propensity_is_no_evidence() -> None:
    """It was fitted to the very contacts that it would have to explain."""
    found = checked(half(), half(2000, seed=1), estimated=True)
    assert (found["passed"], found["estimated"]) == (False, True)


def test_the_sample_ratio_is_exact_where_it_can_be() -> None:
    """Constant e, single rows: the binomial test, also at 99.9 % contacted."""
    contacted = np.ones(1000, dtype=bool)
    contacted[:3] = False
    found = sample_ratio(contacted, np.full(1000, 0.999), np.arange(1000))
    assert found["p"] == pytest.approx(binomtest(997, 1000, 0.999).pvalue)


def test_clusters_contacted_as_one_do_not_fail_for_it() -> None:
    """A household drawn together has more spread than its rows alone would."""
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(50):
        contacted = np.repeat(rng.random(150) < 0.5, 20)
        passed += sample_ratio(contacted, np.full(3000, 0.5), np.repeat(np.arange(150), 20))["p"] >= 0.001
    assert passed == 50


def test_predictability_is_rarely_small_by_chance() -> None:
    """Under an honest draw p ≤ .05 about one time in twenty."""
    small = 0
    for seed in range(120):
        first, second = half(400, seed=seed), half(250, seed=1000 + seed)
        small += predictability(first, second, np.arange(400) % 5)["p"] <= 0.05
    assert small <= 14


def test_overlap_states_range_and_concentration() -> None:
    """Constant e = ½: every row weighs 2 and all of them count."""
    found = overlap(np.array([True, False, True]), np.full(3, 0.5))
    assert found == {"lowest": 0.5, "highest": 0.5, "effective_sample_size": 3.0, "largest_weight": 2.0, "rows": 3}


def test_a_rare_arm_lowers_the_effective_sample() -> None:
    """One row contacted at e = .01 weighs as much as a hundred."""
    found = overlap(np.array([True, False, False]), np.array([0.01, 0.01, 0.01]))
    assert (found["largest_weight"], found["effective_sample_size"] < 1.1) == (100.0, True)


def test_a_placebo_among_the_held_out_shows_nothing() -> None:
    """A coin that nobody acted on has no effect on benefit or complaints."""
    rows = negative_controls(half(4000), [str(i) for i in range(4000)], np.ones(4000))
    shown = [row for row in rows if row["available"]]
    assert [row["outcome"] for row in shown] == ["benefit", "benefit", "complaint", "complaint"]
    assert all(row["passed"] for row in shown)


def test_a_placebo_that_shows_something_fails() -> None:
    """Benefit that follows the coin: the check can fail."""
    data = half(4000)
    names = [str(i) for i in range(4000)]
    coin = np.array([unit_hash("outreach placebo 1", name) < 0.5 for name in names])
    rows = negative_controls(replace(data, benefit=coin.astype(float)), names, np.ones(4000))
    assert not rows[0]["passed"]


def test_what_the_table_cannot_check_is_said() -> None:
    """No outcome from before the decision is in a training table."""
    last = negative_controls(half(200), [str(i) for i in range(200)], np.ones(200))[-1]
    assert (last["name"], last["available"]) == (BEFORE, False)


def test_a_handful_of_held_out_rows_have_no_placebo() -> None:
    """One held-out customer cannot be compared."""
    data = half(200)
    lonely = replace(data, contacted=np.arange(200) != 5)
    assert len(negative_controls(lonely, [str(i) for i in range(200)], np.ones(200))) == 1
