"""What a scorer's figures depend on besides the rows, made once: scores of few rows cost little more than their sums.

Every figure stands upright, float64[k, 1], beside rows that lie along: one call serves all heads and all rows, and
elementwise arithmetic gives a row the same bits whatever stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.features import Feature
from model.learning.design import Design, span

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WEIGHTS = ("benefit", "complaint", "opt_out", "contact")
FEW = 32  # rows below which a sum runs along the columns in one call


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """One scorer's figures for h heads: three, or six where there is a second arm.

    `linear` names the g heads with another coefficient than the intercept, `coef` float64[p, g, 1] has theirs;
    `links` the heads whose link is not the identity. What stands in no linear head, or has no link, costs nothing.
    """

    design: Design
    intercept: Floats  # [h, 1]
    linear: Ints | slice
    coef: Floats
    links: tuple[tuple[int, str], ...]
    one: Floats  # a of each outcome, float64[3, 1]
    zero: Floats  # b
    offset: Floats
    centre: Floats
    weights: Floats  # of the three effects
    contact: float

    @classmethod
    def of(  # noqa: PLR0913  (a scorer's fields)
        cls,
        *,
        features: Sequence[Feature],
        links: tuple[str, ...],
        mix: Floats,
        coef: Floats,
        offset: Floats,
        centre: Floats,
        weights: Mapping[str, float],
    ) -> Self:
        """Plan the scorer of these fields; `coef` float64[h, p + 1] has all heads."""
        linear = np.flatnonzero(coef[:, :-1].any(axis=1))
        heads = enumerate(links * (len(coef) // len(links)))
        benefit, complaint, opt_out, contact = (float(weights[name]) for name in WEIGHTS)
        return cls(
            design=Design.of(features),
            intercept=coef[:, -1:],
            linear=span(linear),
            coef=np.ascontiguousarray(coef[linear, :-1].T)[:, :, None],
            links=tuple((k, link) for k, link in heads if link != "identity"),
            one=mix[:, :1],
            zero=mix[:, 1:],
            offset=offset[:, None],
            centre=centre[:, None],
            weights=np.array([[benefit], [complaint], [opt_out]]),
            contact=contact,
        )


def sums(columns: Floats, start: Floats, coef: Floats) -> Floats:
    """Return `start` float64[g, n] plus columns float64[p, n] times coef float64[p, g, 1].

    One column after the other, in that order whatever n: never through BLAS.
    """
    if columns.shape[1] < FEW:
        terms = np.empty((len(columns) + 1, *start.shape))
        terms[0] = start
        np.multiply(coef, columns[:, None], out=terms[1:])
        return np.asarray(np.add.accumulate(terms, axis=0)[-1])
    out = start.copy()
    for column, weight in zip(columns, coef, strict=True):
        out += weight * column
    return out
