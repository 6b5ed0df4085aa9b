"""How far a log can carry an answer, known before the draw: from propensities and evaluation policy alone.

    q = π²/e + (1 − π)²/(1 − e)            the expected squared weight of a row; its expected weight is 1
    expected size  n²/Σ_g (n_g² + Σ_i (q_i − 1))       Kish's, rows of a cluster g drawn one by one

The weights that were drawn cannot show what was not drawn: where contact hardly ever happened, and did not, those of
the withheld rows are small and even, and the rows that would have weighed most are missing.

Example:
    >>> rows, rare = np.arange(1000), np.arange(1000) < 100
    >>> e = np.where(rare, 1e-6, 0.5)
    >>> log = Log(contacted=~rare & (rows % 2 == 0), propensity=e, outcome=rows % 2, cluster=rows)
    >>> round(expected_size(log, np.where(rare, 0.95, 0.5)), 4)
    0.0111
"""

import numpy as np
from numpy.typing import NDArray

from model.errors import Unanswerable
from model.off_policy.log import Log

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LEAST_EFFECTIVE = 200.0  # METHOD section 8
LEAST_IN_PART = 5.0  # to be expected: with fewer nothing at all is drawn more than once in 150 logs (e⁻⁵)
MATTERS = 0.1  # of the variance to be expected: a part with less hardly moves the answer


def expected_size(log: Log, contacts: Floats) -> float:
    """Return the effective sample size to be expected, in clusters; `contacts` is the evaluation policy's π."""
    return _size(log, _squares(log, contacts), np.ones(log.rows, np.bool_))


def refuse_unexplored(log: Log, contacts: Floats) -> None:
    """Raise `Unanswerable` where fewer than 200 are to be expected, or under 5 in a part that the answer rests on."""
    squares = _squares(log, contacts)
    size = _size(log, squares, np.ones(log.rows, np.bool_))
    if size < LEAST_EFFECTIVE:
        raise Unanswerable(
            f"the effective sample size to be expected is {size:.1f}, below {LEAST_EFFECTIVE:.0f}, however even the "
            f"weights of the {log.rows} rows that were drawn; the log is thinnest in {thinnest(log, contacts)}: log "
            "more rows, or explore more there"
        )
    names, code = log.parts()
    own = np.bincount(code, weights=squares) / float(np.sum(squares))
    for part in np.argsort(-own, kind="stable")[: int(np.sum(own >= MATTERS))].tolist():
        inside = code == part
        found = _size(log, squares, inside)
        if len(names) > 1 and found < LEAST_IN_PART:
            raise Unanswerable(
                f"{_described(log, contacts, names[part], inside)} was hardly explored: an effective sample size of "
                f"{found:.1f} is to be expected there, below {LEAST_IN_PART:.0f}, and {100 * own[part]:.0f} % of the "
                "variance to be expected is its own; explore more there, or ask only about the other parts and say so"
            )


def thinnest(log: Log, contacts: Floats) -> str:
    """Return the part with the most squared weight to be expected, in words.

    It is known before the draw: a part in which nothing happened to be drawn has no weight that would show it.
    """
    names, code = log.parts()
    worst = int(np.argmax(np.bincount(code, weights=_squares(log, contacts))))
    return _described(log, contacts, names[worst], code == worst)


def _weights(log: Log, contacts: Floats) -> tuple[Floats, Floats]:
    """Return π and 1 − π, and the weight that a row would have if contacted and if held out, float64[2, n] each."""
    asked, logged = (np.stack([rate, 1.0 - rate]) for rate in (contacts, log.propensity))
    with np.errstate(over="ignore"):  # a weight beyond all numbers has an effective sample size of 0
        return asked, np.divide(asked, logged, out=np.zeros_like(asked), where=asked > 0.0)


def _squares(log: Log, contacts: Floats) -> Floats:
    """Return the expected squared weight of each row, float64[n]."""
    asked, weights = _weights(log, contacts)
    with np.errstate(over="ignore"):
        return np.asarray(np.sum(asked * weights, axis=0))


def _size(log: Log, squares: Floats, inside: Bools) -> float:
    """Return the effective sample size to be expected of some rows, in clusters."""
    counts = np.bincount(log.cluster[inside])
    total = float(np.sum(counts**2) + np.sum(squares[inside] - 1.0))
    return float(np.sum(counts)) ** 2 / total


def _described(log: Log, contacts: Floats, name: str, inside: Bools) -> str:
    largest = float(np.max(_weights(log, contacts)[1][:, inside]))
    return f"`{name}` ({int(np.sum(inside))} rows, weights up to {largest:.3g})"
