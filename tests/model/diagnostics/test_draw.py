from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from model.diagnostics import predictability, propensity_check
from model.split import Half
from tests.model.diagnostics.halves import half


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


def test_an_estimated_propensity_is_no_evidence() -> None:
    """It was fitted to the very contacts that it would have to explain."""
    found = checked(half(), half(2000, seed=1), estimated=True)
    assert (found["passed"], found["estimated"]) == (False, True)


def test_predictability_is_rarely_small_by_chance() -> None:
    """Under an honest draw p ≤ .05 about one time in twenty."""
    small = 0
    for seed in range(25):
        first, second = half(400, seed=seed), half(250, seed=1000 + seed)
        small += predictability(first, second, np.arange(400) % 5)["p"] <= 0.05
    assert small <= 5


@pytest.mark.parametrize("how", ["far", "both"])
def test_contact_that_follows_the_features_crookedly_fails(how: str) -> None:
    """|x| and an interaction are invisible to a linear test; trees see them."""
    found = predictability(half(6000, tilt=0.12, how=how), half(4000, seed=1, tilt=0.12, how=how), np.arange(6000) % 5)
    assert (found["ridge"]["p"] > 0.01, found["boosted"]["p"] < 1e-6, found["p"] < 0.001) == (True, True, True)


def test_each_test_has_half_the_level() -> None:
    """The stated p is twice the smaller one, and that twice the normal tail above z: the sums are skewed upwards."""
    found = predictability(half(600), half(400, seed=1), np.arange(600) % 5)
    assert [found[g]["p"] for g in ("ridge", "boosted")] == [
        min(1.0, 2.0 * norm.sf(found[g]["z"])) for g in ("ridge", "boosted")
    ]
    assert found["p"] == min(1.0, 2.0 * min(found["ridge"]["p"], found["boosted"]["p"]))


def test_a_version_that_lies_closes_the_certificate() -> None:
    """The version goes from the table into the sample ratio, and the detail names it."""
    first, second = half(4000), half(2000, seed=1)
    second = replace(second, contacted=np.random.default_rng(2).random(2000) < 0.6)
    version = np.array(["v1"] * 4000 + ["v2"] * 2000, dtype=object)
    found = propensity_check(first, second, estimated=False, folds=np.arange(4000) % 5, version=version)
    assert (found["passed"], "in version v2" in str(found["detail"])) == (False, True)
