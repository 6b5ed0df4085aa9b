"""How much the rows tell about both arms: the weights T/e + (1 − T)/(1 − e), and a floor below which none is learned.

Kish's effective sample size (Σw)²/Σw² is how many equally weighted rows would say as much.
"""

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.crossfit import LEAST_PROPENSITY
from model.leakage import ARMS
from model.reading.columns import refusal, shown

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FLOOR = 50.0  # effective rows of either arm: of a rate of one half, so many say ± 14 points and no more
WEIGHED = 0.75  # of an arm's rows: if they count for less, their weights are what is wrong, not their number


def overlap(contacted: Bools, e: Floats, *, estimated: bool = False, clipped: int = 0) -> dict[str, JSON]:
    """Return the range of e and how much the weights concentrate, overall and per arm.

    `largest_share` is the largest weight as a share of all; `clipped` is how many rows' estimated e was cut to the end
    of its range, where the truth lies beyond (`Prepared.clipped`).
    """
    weight = weights(contacted, e)
    return {
        "lowest": float(e.min()),
        "highest": float(e.max()),
        "effective_sample_size": kish(weight),
        "largest_weight": float(weight.max()),
        "largest_share": float(weight.max() / weight.sum()),
        "rows": len(e),
        "arms": {arm: _arm(weight[contacted == is_it]) for arm, is_it in ARMS},
        "clipped": clipped,
        "estimated": estimated,
    }


def weights(contacted: Bools, e: Floats) -> Floats:
    """Return each row's weight: 1 over the probability of the arm that it is in."""
    return np.where(contacted, 1.0 / e, 1.0 / (1.0 - e))


def kish(weight: Floats) -> float:
    """Return Kish's effective sample size, 0 for no rows."""
    return float(weight.sum() ** 2 / (weight @ weight)) if len(weight) else 0.0


def refuse_thin(contacted: Bools, e: Floats, *, column: str = "contacted") -> None:
    """Refuse rows of which either arm counts for fewer than 50: they cannot tell benefit from chance.

    Raises:
        InvalidTable: names the arm, its rows, what they count for and what to do.
    """
    weight = weights(contacted, e)
    for arm, is_it in ARMS:
        mine = weight[contacted == is_it]
        size = kish(mine)
        if size >= FLOOR:
            continue
        words = arm.replace("_", " ")
        rule = f"{len(mine)} {words} rows of {len(e)} count for {size:.1f}, below {FLOOR:.0f}"
        if size < WEIGHED * len(mine):
            rule += f" (the largest weight is {mine.max():.6g}, of e = {shown(_extreme(e, contacted, is_it=is_it))})"
            step = "log a treatment propensity further from 0 and 1, or collect more rows"
        else:
            step = "hold out a larger share" if arm == "held_out" else "contact a larger share"
            step += ", or collect more rows"
        raise refusal(column, None, f"{rule}: too few to tell benefit from chance", step)


def refuse_certain(contacted: Bools, e: Floats, *, column: str = "contacted") -> None:
    """Refuse an estimated e that is certain of nearly every row's arm: clipped weights hide that no two are alike.

    Raises:
        InvalidTable: in both arms fewer than 50 effective rows could have gone the other way.
    """
    open_rows = np.where(contacted, e < 1.0 - LEAST_PROPENSITY, e > LEAST_PROPENSITY)
    weight = weights(contacted, e)
    if max(kish(weight[open_rows & (contacted == is_it)]) for _, is_it in ARMS) >= FLOOR:
        return
    rule = f"the features tell who was contacted: {int(open_rows.sum())} of {len(e)} rows could have gone the other way"
    step = "log the propensity, contact some at random, or leave out the features that decide contact"
    raise refusal(column, None, f"{rule}, too few to compare", step)


def _extreme(e: Floats, contacted: Bools, *, is_it: bool) -> float:
    """Return the propensity behind the largest weight of an arm."""
    mine = e[contacted == is_it]
    return float(f"{(mine.min() if is_it else mine.max()):.6g}")


def _arm(weight: Floats) -> dict[str, JSON]:
    return {
        "rows": len(weight),
        "effective_sample_size": kish(weight),
        "largest_weight": float(weight.max()) if len(weight) else 0.0,
    }
