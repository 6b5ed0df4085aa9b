"""The arms (METHOD section 2): chance that only withholds or sends what every filter permits, with exact propensities.

The draw is a hash of the ledger's secret salt and the occasion: a retry or a hold of the same fact gets the same one.
"""

import hashlib
import math
from dataclasses import dataclass, field

from model.contracts import Arm
from model.errors import InvalidInput

LAYER = "arm"
MODEL, POLICY_ONLY, HOLDOUT, _ = Arm
EXACT = 12  # decimal digits: .93 + .02 is .95


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """The shares of the arms (they sum to 1) and the ledger's secret salt.

    Raises:
        InvalidInput: a share outside [0, 1], shares that do not sum to 1, an empty salt.
    """

    model: float = 0.93
    policy_only: float = 0.02
    holdout: float = 0.05
    salt: bytes = field(repr=False)

    def __post_init__(self) -> None:
        shares = (self.model, self.policy_only, self.holdout)
        if not all(0 <= share <= 1 for share in shares) or not math.isclose(sum(shares), 1, abs_tol=1e-9):
            raise InvalidInput(f"`shares` = {shares} are not three rates that sum to 1; see `shares` in outreach.toml")
        if not self.salt:
            raise InvalidInput("the salt of the arms is empty; it is made with the ledger, pass `ledger.salt`")


def uniform(salt: bytes, layer: str, cluster: str, fact_key: str) -> float:
    """Return a number in [0, 1) for one occasion: the first 53 bits of SHA-256(salt | layer | cluster | fact key).

    Lengths stand before salt and cluster, so that no two occasions share a hash.
    """
    occasion = f"|{layer}|{len(cluster)}|{cluster}|{fact_key}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(len(salt).to_bytes(8, "big") + salt + occasion).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def arm(u: float, shares: Exploration) -> Arm:
    """Return the arm of a draw: `model` first, then `policy_only`, the rest is held out."""
    if u < shares.model:
        return MODEL
    return POLICY_ONLY if u < shares.model + shares.policy_only else HOLDOUT


def logging_propensity(*, sent: bool, above: bool, shares: Exploration) -> float:
    """Return the probability of the logged action given the score's side of the cut-off, marginal over the arms.

    Example:
        >>> logging_propensity(sent=False, above=True, shares=Exploration(salt=b"s"))
        0.05
    """
    contacted = shares.policy_only + (shares.model if above else 0.0)
    return round(contacted if sent else 1 - contacted, EXACT)
