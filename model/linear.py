"""The scorer that is certified and deployed: logistic or linear arms, one calibration, plain arithmetic (numpy only).

For outcome k in (benefit, complaint, opt_out), with z = Σ_j x_j·coef_kj + intercept:

    raw_k = link_k(z1_k) − link_k(z0_k)             (no second term without `coef0`)
    τ_k   = offset_k + slope·(raw_k − centre_k)
    U     = v·τ_B − λC·τ_C − λA·τ_A − contact       so that the shown parts add up to the net benefit

Sums run column by column in a fixed order, never through BLAS: a row scores to the same bits alone, in a batch of a
million, or on an executor. An outcome without a label has link `identity` and zeros throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.canonical import canonical, sha256
from model.contracts import JSON
from model.design import design
from model.features import Feature, to_json

Floats = NDArray[np.float64]

OUTCOMES = ("benefit", "complaint", "opt_out")
WEIGHTS = ("benefit", "complaint", "opt_out", "contact")
SCORERS = ("average", "response", "t_logit")  # the simplest first
LINKS = ("identity", "logistic")
BLOCK = 8192  # rows scored at once: keeps the work in the processor's cache


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
class LinearScorer:
    """A learned scorer as data.

    `coef1` and `coef0` are float64[3, p + 1], outcomes in the order of `OUTCOMES`, the intercept last; `offset` and
    `centre` are float64[3]; `weights` has exactly the keys of `WEIGHTS`, all ≥ 0.
    """

    name: str
    features: tuple[Feature, ...]
    links: tuple[str, ...]
    coef1: Floats
    coef0: Floats | None = None
    offset: Floats = field(default_factory=lambda: np.zeros(3))
    centre: Floats = field(default_factory=lambda: np.zeros(3))
    slope: float = 1.0
    weights: Mapping[str, float]

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays by name, as they are stored (`coef0` only where there is one)."""
        named = {"coef1": self.coef1, "coef0": self.coef0, "offset": self.offset, "centre": self.centre}
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

    def raw(self, X: Floats) -> Floats:
        """Return the uncalibrated effects, float64[n, 3], of rows as codes float64[n, f].

        Raises:
            ValueError: X has another number of columns than the scorer has features.
        """
        if X.ndim != 2 or X.shape[1] != len(self.features):
            raise ValueError(f"rows of shape {X.shape} do not fit a scorer of {len(self.features)} features")
        out = np.empty((len(X), 3))
        for start in range(0, len(X), BLOCK):
            block = design(self.features, np.asarray(X[start : start + BLOCK], dtype=np.float64))
            raw = _linked(_linear(block, self.coef1), self.links)
            if self.coef0 is not None:
                raw -= _linked(_linear(block, self.coef0), self.links)
            out[start : start + BLOCK] = raw
        return out

    def predict(self, X: Floats) -> Effects:
        """Return the calibrated effects of rows as codes float64[n, f]."""
        tau = self.offset + self.slope * (self.raw(X) - self.centre)
        benefit, complaint, opt_out = (np.ascontiguousarray(tau[:, k]) for k in range(3))
        w = self.weights
        net = w["benefit"] * benefit - w["complaint"] * complaint - w["opt_out"] * opt_out - w["contact"]
        return Effects(benefit=benefit, complaint_effect=complaint, opt_out=opt_out, net_benefit=net)


def _linear(X: Floats, coef: Floats) -> Floats:
    """Return z float64[n, 3]: the intercept, then one column after the other."""
    z = np.repeat(coef[None, :, -1], len(X), axis=0)
    for j in range(X.shape[1]):
        z += X[:, j, None] * coef[None, :, j]
    return z


def _linked(z: Floats, links: tuple[str, ...]) -> Floats:
    """Apply each outcome's link to its column."""
    for k, link in enumerate(links):
        z[:, k] = linked(z[:, k], link)
    return z


def linked(z: Floats, link: str) -> Floats:
    """Return the mean of an outcome: z itself, or 1/(1 + exp(−z)), cut at ±500, where it is 0 or 1 to the last bit."""
    return z if link == "identity" else 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))
