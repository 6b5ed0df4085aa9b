"""The arms (METHOD section 2): chance that only withholds or sends what every filter permits, with exact propensities.

The draw is a hash of the ledger's secret salt and the occasion: a retry or a hold of the same fact gets the same one.
"""

import hashlib
from dataclasses import dataclass, field

from model.contracts import EXACT, Arm, Shares
from model.errors import InvalidInput

LAYER = "arm"
MODEL, POLICY_ONLY, HOLDOUT, _ = Arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The shares of the arms and the ledger's secret salt.

    Raises:
        InvalidInput: an empty salt.
    """

    shares: Shares = field(default_factory=Shares)
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.salt:
            raise InvalidInput("the salt of the arms is empty; it is made with the ledger, pass `ledger.salt`")


def uniform(salt: bytes, layer: str, cluster: str, fact_key: str) -> float:
    """Return a number in [0, 1) for one occasion: the first 53 bits of SHA-256(salt | layer | cluster | fact key).

    Lengths stand before salt and cluster, so that no two occasions share a hash.
    """
    occasion = f"|{layer}|{len(cluster)}|{cluster}|{fact_key}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(len(salt).to_bytes(8, "big") + salt + occasion).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def arm(u: float, shares: Shares) -> Arm:
    """Return the arm of a draw: `model` first, then `policy_only`, the rest is held out."""
    if u < shares.model:
        return MODEL
    return POLICY_ONLY if u < shares.model + shares.policy_only else HOLDOUT


def logging_propensity(*, sent: bool, above: bool, shares: Shares) -> float:
    """Return the probability of the logged action given the score's side of the cut-off, marginal over the arms.

    Example:
        >>> logging_propensity(sent=False, above=True, shares=Shares())
        0.05
    """
    contacted = shares.above if above else shares.below
    return round(contacted if sent else 1 - contacted, EXACT)
