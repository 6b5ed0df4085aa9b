"""Contact shuffled among the customers (METHOD section 9): it changed nothing, so no model may be of value."""

import numpy as np
import pandas as pd

from model.reading.roles import Roles
from model.table import Table
from model.train import train

ROWS = 1_500
SCORERS = ("average", "response", "t_logit")
ROLES = Roles.from_mapping(
    {
        "contacted": "contacted",
        "benefit": "engaged",
        "complaint": "complained",
        "opt_out": "left",
        "propensity": 0.5,
        "purpose": "delivery_update",
        "channel": "chat",
        "features": ["need", "plan", "member"],
        "certificate": {"complaint_at_most": 0.05, "opt_out_at_most": 0.05},
    }
)


def has_value(seed: tuple[int, ...]) -> tuple[bool, bool]:
    """Train where those in need gained from contact until it was shuffled; returns value shown, certificate issued."""
    rng = np.random.default_rng(seed)
    need, sent = rng.random(ROWS), rng.random(ROWS) < 0.5
    plan = rng.choice(np.array(["basic", "plus", "pro"], dtype=object), ROWS)
    engaged = rng.random(ROWS) < 0.1 + 0.1 * (plan == "pro") + 0.5 * sent * need
    left = sent & (rng.random(ROWS) < 0.005)
    left[np.flatnonzero(sent)[0]] = True  # a label that never varies is refused
    mixed = rng.permutation(ROWS)
    frame = pd.DataFrame(
        {
            "contacted": sent[mixed] * 1,
            "left": left[mixed] * 1,
            "engaged": engaged * 1,
            "complained": (rng.random(ROWS) < 0.02) * 1,
            "need": need,
            "plan": plan,
            "member": rng.random(ROWS) < 0.3,
        }
    )
    report = train(Table.from_frame(frame, ROLES), seed=seed[-1], scorers=SCORERS).report
    (value,) = [check for check in report["gate"]["checks"] if check["name"] == "value"]
    return bool(value["passed"]), bool(report["certificate"]["issued"])
