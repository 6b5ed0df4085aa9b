"""What a sceptic asks before believing any estimate, one file per question (METHOD section 5).

ratio, draw      was contact drawn as logged, everywhere, and not by the features?
controls         effects that cannot be there: a placebo, and outcomes from before
knowing          features that know the draw, or a label, better than anything known beforehand
maturity         effects by window, outcomes missing by arm
drift            has the world moved between D1 and D2?
overlap          how many rows the weights are worth, and the floor
sceptic          all of them as the report's `checks`
"""

from model.diagnostics.controls import BEFORE, PLACEBO, negative_controls, outcomes_before, placebo
from model.diagnostics.draw import predictability, propensity_check
from model.diagnostics.overlap import overlap, refuse_thin
from model.diagnostics.ratio import blocks, sample_ratio
from model.diagnostics.sceptic import sceptics

__all__ = [
    "BEFORE",
    "PLACEBO",
    "blocks",
    "negative_controls",
    "outcomes_before",
    "overlap",
    "placebo",
    "predictability",
    "propensity_check",
    "refuse_thin",
    "sample_ratio",
    "sceptics",
]
