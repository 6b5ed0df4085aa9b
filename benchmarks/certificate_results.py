"""Many repeats of a cell in a few figures, and the binomial error that they carry."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from benchmarks.certificate_cells import METHODS, OURS, Cell, Found
from benchmarks.certificate_rivals import VALID
from model.certifying.harm import HARMS

Floats = NDArray[np.float64]


def clopper_pearson(count: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a rate (Clopper & Pearson 1934).

    Example:
        >>> tuple(round(end, 4) for end in clopper_pearson(0, 400))
        (0.0, 0.0092)
    """
    tail = (1.0 - level) / 2.0
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(1.0 - tail, count + 1, of - count))
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One harm of one power cell, each figure by method: float[methods], NaN where a method does not apply.

    `power`: share of repeats with a certified cut-off; `missed`: share whose bound lies below the truth; `median` and
    `mean` of bound − truth.
    """

    harm: str
    truth: float
    power: Floats
    missed: Floats
    median: Floats
    mean: Floats

    def best(self, figures: Floats) -> tuple[float, str]:
        """Return the smallest figure among the alternatives that hold at every n, and whose it is."""
        known = {name: figures[METHODS.index(name)] for name in VALID if np.isfinite(figures[METHODS.index(name)])}
        name = min(known, key=known.__getitem__)
        return float(known[name]), name

    def ratio(self, figures: Floats) -> float:
        """Return ours over the best valid alternative's; 1 where nobody is above 0."""
        best = self.best(figures)[0]
        ours = float(figures[METHODS.index(OURS)])
        return ours / best if best > 0.0 else (1.0 if ours <= 0.0 else float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One cell: its repeats, violations with their interval, how often a certificate was given, the comparison.

    `alone` counts the violations of each harm by itself.
    """

    cell: Cell
    repeats: int
    violations: int
    certified: int
    below: int
    alone: tuple[int, int] = (0, 0)
    compared: tuple[Compared, ...] = ()
    scaled: Floats | None = None
    both: Floats | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the share of violations."""
        return clopper_pearson(self.violations, self.repeats)

    def row(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        cell = {k: v for k, v in asdict(self.cell).items() if k not in ("shares", "assumed")}
        compared = [
            {"harm": c.harm, "truth": c.truth}
            | {
                name: dict(zip(METHODS, np.round(getattr(c, name), 8).tolist(), strict=True))
                for name in ("power", "missed", "median", "mean")
            }
            for c in self.compared
        ]
        interval = [round(end, 6) for end in self.interval]
        return cell | {
            "repeats": self.repeats,
            "violations": self.violations,
            "violations_95": interval,
            "violations_alone": dict(zip(HARMS, self.alone, strict=True)),
            "certified": self.certified,
            "bound_below_truth": self.below,
            "compared": compared,
        }


def summed(cell: Cell, found: Sequence[Found]) -> Result:
    """Return the figures of all repeats of a cell."""
    usual = Result(
        cell=cell,
        repeats=len(found),
        violations=sum(each.violated for each in found),
        certified=sum(each.certified for each in found),
        below=sum(each.below for each in found),
        alone=(sum(each.alone[0] for each in found), sum(each.alone[1] for each in found)),
    )
    if cell.study != "power":
        return usual
    passed, bounds = (np.stack([getattr(each, name) for each in found]) for name in ("passed", "bounds"))
    compared = []
    for h, harm in enumerate(HARMS):
        truth = cell.truth[h] * cell.alpha
        margins = bounds[:, h] - truth
        missed = np.where(np.isnan(margins), np.nan, margins < 0.0)
        compared.append(
            Compared(
                harm=harm,
                truth=truth,
                power=passed[:, h].mean(axis=0),
                missed=missed.mean(axis=0),
                median=np.median(margins, axis=0),
                mean=margins.mean(axis=0),
            )
        )
    return replace(
        usual,
        compared=tuple(compared),
        scaled=np.concatenate([each.scaled for each in found if each.scaled is not None]),
        both=np.stack([each.both for each in found if each.both is not None]).mean(axis=0),
    )
