"""Quantiles of the beta distribution without scipy, which is too heavy for where requests are answered.

The distribution function I_x(a, b) by Lentz's continued fraction (Press et al., Numerical Recipes, section 6.4), its
inverse by halving: some 60 steps, a tenth of a millisecond.

Example:
    >>> round(beta_quantile(0.975, 1.0, 100.0), 6)
    0.036217
"""

import math

TINY = 1e-300  # in place of a 0 that would be divided by
STEPS = 10_000  # the fraction needs about the root of the larger parameter


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return x with I_x(a, b) = p, for 0 < p < 1 and positive a and b, to the last digits."""
    low, high, scale = 0.0, 1.0, _scale(a, b)
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high or high - low < 1e-15 * high:
            return middle
        if _cdf(middle, a, b, scale) < p:
            low = middle
        else:
            high = middle


def beta_cdf(x: float, a: float, b: float) -> float:
    """Return I_x(a, b), the probability of at most x, for 0 < x < 1."""
    return _cdf(x, a, b, _scale(a, b))


def _scale(a: float, b: float) -> float:
    """Return −log B(a, b)."""
    return math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)


def _cdf(x: float, a: float, b: float, scale: float) -> float:
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x))  # x^a (1 − x)^b / B(a, b)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of I_x(a, b), from the front on; written out, for a page asks for thousands."""
    both, c, d = a + b, 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, STEPS):
        at = a + 2 * m
        even = m * (b - m) * x / ((at - 1.0) * at)
        odd = -(a + m) * (both + m) * x / (at * (at + 1.0))
        d = 1.0 + even * d
        d = 1.0 / (d if d > TINY else _not_zero(d))
        c = 1.0 + even / c
        c = c if c > TINY else _not_zero(c)
        value *= c * d
        d = 1.0 + odd * d
        d = 1.0 / (d if d > TINY else _not_zero(d))
        c = 1.0 + odd / c
        c = c if c > TINY else _not_zero(c)
        value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
