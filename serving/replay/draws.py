"""Which occasions were drawn otherwise than things are drawn now: by an experiment, or under another model."""

import numpy as np
from numpy.typing import NDArray

from model.contracts import Arm
from serving.analytics.occasions import Occasions


def drawn_otherwise(seen: Occasions) -> NDArray[np.bool_]:
    """Return which an experiment drew, or another model than the one that drew the newest of them all."""
    by_experiment = seen.named("arm", str(Arm.EXPERIMENT))
    others = np.flatnonzero(~by_experiment)
    if not others.size:
        return by_experiment
    watch = seen.names["watch"]
    newest = others[np.lexsort((seen.decision[others], seen.at[others]))[-1]]
    return np.asarray(by_experiment | (watch != watch[newest]))
