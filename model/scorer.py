"""The scorer that is certified and deployed: linear models and boosted trees, one calibration, plain arithmetic.

For outcome k in (benefit, complaint, opt_out), with two heads z1 and z0 (`model.heads`):

    z     = (intercept + Σ_j x_j·coef_kj) + Σ_t leaf_t          x the design of the row, leaves from its codes
    raw_k = a_k·link_k(z1_k) + b_k·link_k(z0_k)                 (no second term without `coef0`)
    τ_k   = offset_k + slope·(raw_k − centre_k)
    U     = v·τ_B − λC·τ_C − λA·τ_A − contact                   so that the shown parts add up to the net benefit

Sums run column by column and then tree by tree in a fixed order, never through BLAS: a row scores to the same bits
alone, in a batch of a million, or on an executor. An outcome without a label has link `identity` and zeros throughout.
numpy and the standard library only: this module is on the request path.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.canonical import canonical, sha256
from model.contracts import JSON
from model.feature_rows import Encoder
from model.features import Feature, to_json
from model.heads import Boosted, Head, Heads, Linear, linked
from model.learning.design import width
from model.plan import WEIGHTS, Plan, sums
from model.trees.forest import Forest

Floats = NDArray[np.float64]

OUTCOMES = ("benefit", "complaint", "opt_out")
SCORERS = ("average", "response", "t_logit", "s_boosting", "t_boosting", "x", "r", "dr")  # the simplest first
BLOCK = 8192  # rows scored at once: keeps the work in the processor's cache
CELLS = 2**24  # of a block: of a scorer with thousands of columns fewer rows are scored at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Effects of contact per row, float64[n] each; complaints are signed, `net_benefit` is in benefit units."""

    benefit: Floats
    complaint_effect: Floats
    opt_out: Floats
    net_benefit: Floats

    def stacked(self) -> Floats:
        """Return float64[n, 4] in the order of the fields."""
        return np.stack([self.benefit, self.complaint_effect, self.opt_out, self.net_benefit], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What turns raw effects into effects: `offset` and `centre` float64[3], one slope ≥ 0."""

    offset: Floats
    centre: Floats
    slope: float


AS_THEY_ARE = Calibration(offset=np.zeros(3), centre=np.zeros(3), slope=1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scorer:
    """A learned scorer as data.

    `links` are those of the three outcomes, `mix` float64[3, 2] their (a, b); `coef1` and `coef0` float64[3, p + 1],
    the intercept last; `forest` holds the trees of the heads z1 (0, 1, 2) and z0 (3, 4, 5); `offset` and `centre` are
    float64[3]; `weights` has exactly the keys of `WEIGHTS`, all ≥ 0.

    Raises:
        ValueError: there are trees for the second heads, and no `coef0`.
    """

    name: str
    features: tuple[Feature, ...]
    links: tuple[str, ...]
    mix: Floats
    coef1: Floats
    coef0: Floats | None = None
    forest: Forest | None = None
    offset: Floats
    centre: Floats
    slope: float
    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.forest is not None and self.coef0 is None and self.forest.roots[-1, 1] >= len(OUTCOMES):
            raise ValueError("the forest has trees for a second head, and there is no `coef0`")

    @classmethod
    def of(
        cls,
        name: str,
        heads: Mapping[str, Heads],
        features: tuple[Feature, ...],
        calibration: Calibration = AS_THEY_ARE,
        weights: Mapping[str, float] | None = None,
    ) -> Self:
        """Assemble a scorer from the portable learners of the outcomes that have a label.

        Without `weights` an effect counts 1 and a contact nothing.
        """
        columns = width(features) + 1
        learned = [heads.get(outcome) for outcome in OUTCOMES]
        ones = [None if each is None else each.one for each in learned]
        zeros = [None if each is None else each.zero for each in learned]
        trees = {k: head.trees for k, head in enumerate([*ones, *zeros]) if isinstance(head, Boosted)}
        return cls(
            name=name,
            features=features,
            links=tuple("identity" if each is None else each.link for each in learned),
            mix=np.array([_mix(each) for each in learned]),
            coef1=_coefficients(ones, columns),
            coef0=_coefficients(zeros, columns) if any(zeros) else None,
            forest=Forest.of(trees),
            offset=calibration.offset,
            centre=calibration.centre,
            slope=calibration.slope,
            weights=weights or {**dict.fromkeys(WEIGHTS, 1.0), "contact": 0.0},
        )

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays by name, as they are stored: only those that there are."""
        named = {"mix": self.mix, "coef1": self.coef1, "coef0": self.coef0}
        named |= {"offset": self.offset, "centre": self.centre}
        if self.forest is not None:
            named |= {"forest_nodes": self.forest.nodes, "forest_roots": self.forest.roots}
            named |= {"forest_sets": self.forest.sets} if len(self.forest.sets) else {}
        return {name: np.ascontiguousarray(array, dtype="<f8") for name, array in named.items() if array is not None}

    def to_json(self) -> dict[str, JSON]:
        """Return everything but the arrays, as JSON."""
        return {
            "name": self.name,
            "features": to_json(self.features),
            "links": list(self.links),
            "slope": float(self.slope),
            "weights": {name: float(self.weights[name]) for name in WEIGHTS},
        }

    def sha256(self) -> str:
        """Return the identity of the scorer: SHA-256 of its JSON and of the shape and bytes of each array."""
        arrays = {n: {"shape": list(a.shape), "sha256": sha256(a.tobytes())} for n, a in self.arrays().items()}
        return sha256(canonical({"scorer": self.to_json(), "arrays": arrays}))

    def encode(self, rows: Sequence[Mapping[str, JSON]]) -> tuple[Floats, NDArray[np.bool_]]:
        """Return rows of named values as codes float64[n, f], and which of them hold a wrong type."""
        return self._encoder.encode(rows)

    def raw(self, codes: Floats) -> Floats:
        """Return the uncalibrated effects, float64[n, 3], of rows as codes float64[n, f].

        Raises:
            ValueError: the rows have another number of columns than the scorer has features.
        """
        out = np.empty((len(codes), len(OUTCOMES)))
        for some, block in self._blocks(codes):
            out[some] = self._mixed(block).T
        return out

    def table(self, codes: Floats) -> Floats:
        """Return the calibrated effects and the net benefit, float64[4, n], of rows as codes float64[n, f]."""
        plan = self._plan
        out = np.empty((len(OUTCOMES) + 1, len(codes)))
        for some, block in self._blocks(codes):
            tau, net = out[:-1, some], out[-1, some]
            np.subtract(self._mixed(block), plan.centre, out=tau)
            np.multiply(self.slope, tau, out=tau)
            np.add(plan.offset, tau, out=tau)
            benefit, complaint, opt_out = plan.weights * tau
            np.subtract(benefit, complaint, out=net)
            net -= opt_out
            net -= plan.contact
        return out

    def predict(self, codes: Floats) -> Effects:
        """Return the calibrated effects of rows as codes float64[n, f]."""
        benefit, complaint, opt_out, net = self.table(codes)
        return Effects(benefit=benefit, complaint_effect=complaint, opt_out=opt_out, net_benefit=net)

    def _blocks(self, codes: Floats) -> Iterator[tuple[slice, Floats]]:
        """Yield so many rows at once, and where they stand."""
        if codes.ndim != 2 or codes.shape[1] != len(self.features):
            raise ValueError(f"rows of shape {codes.shape} do not fit a scorer of {len(self.features)} features")
        step = max(1, min(BLOCK, CELLS // (self._plan.design.width + 1)))
        for start in range(0, len(codes), step):
            some = slice(start, start + step)
            yield some, np.ascontiguousarray(codes[some], dtype=np.float64)

    def _heads(self, codes: Floats) -> Floats:
        """Return z float64[3, n] or [6, n]: the intercepts, then the linear parts that there are, then the trees."""
        plan = self._plan
        z = np.empty((len(plan.intercept), len(codes)))
        z[:] = plan.intercept
        if plan.coef.size:
            z[plan.linear] = sums(plan.design.columns(codes), z[plan.linear], plan.coef)
        return z if self.forest is None else np.ascontiguousarray(self.forest.raw(codes, z.T).T)

    def _mixed(self, codes: Floats) -> Floats:
        """Return a·link(z1) + b·link(z0), float64[3, n]."""
        plan, z = self._plan, self._heads(codes)
        for k, link in plan.links:
            z[k] = linked(z[k], link)
        raw = plan.one * z[: len(OUTCOMES)]
        if self.coef0 is not None:
            raw += plan.zero * z[len(OUTCOMES) :]
        return raw

    @cached_property
    def _plan(self) -> Plan:
        """What does not depend on the rows, made when the first ones come."""
        coef = self.coef1 if self.coef0 is None else np.concatenate([self.coef1, self.coef0])
        return Plan.of(
            features=self.features,
            links=self.links,
            mix=self.mix,
            coef=coef,
            offset=self.offset,
            centre=self.centre,
            weights=self.weights,
        )

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder.of(self.features)


def _mix(heads: Heads | None) -> tuple[float, float]:
    """Return (a, b) of one outcome: b counts for nothing without a second head."""
    if heads is None:
        return (0.0, 0.0)
    return (heads.mix[0], heads.mix[1] if heads.zero else 0.0)


def _coefficients(heads: list[Head | None], columns: int) -> Floats:
    """Return float64[3, p + 1]: linear coefficients, a baseline where there are trees, zeros where there is no head."""
    coef = np.zeros((len(heads), columns))
    for row, head in zip(coef, heads, strict=True):
        if isinstance(head, Linear):
            if head.coef.shape != row.shape:
                raise ValueError(f"a linear head of {len(head.coef)} coefficients does not fit {columns}")
            row[:] = head.coef
        elif head is not None:
            row[-1] = head.baseline
    return coef
