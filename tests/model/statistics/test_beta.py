"""The quantiles against those of scipy."""

import pytest
from scipy.stats import beta

from model.statistics.beta import beta_cdf, beta_quantile

SHAPES = [(1.0, 100.0), (0.37, 25.2), (5.0, 96.0), (19.5, 3.25), (1.0, 0.5), (20.0, 1e6), (250_000.0, 750_001.0)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("p", [0.025, 0.5, 0.975])
def test_quantiles_are_those_of_scipy(shape: tuple[float, float], p: float) -> None:
    """Whole and broken parameters, rare events among a million rows."""
    actual = beta_quantile(p, *shape)

    assert actual == pytest.approx(float(beta.ppf(p, *shape)), rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("x", [1e-9, 0.01, 0.25, 0.9, 1.0 - 1e-9])
def test_probabilities_are_those_of_scipy(shape: tuple[float, float], x: float) -> None:
    """Also far in the tails."""
    actual = beta_cdf(x, *shape)

    assert actual == pytest.approx(float(beta.cdf(x, *shape)), rel=1e-7, abs=1e-12)
