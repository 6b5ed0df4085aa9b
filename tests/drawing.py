"""Random occasions for property tests: what hypothesis draws, and under which scores and draws it is decided."""

from dataclasses import replace
from datetime import datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from model.contracts import Candidate, Context
from serving.arms import Exploration
from serving.standing import Standing
from tests.occasions import ALL_MODEL, NOW, RARE, trial
from tests.scenarios import INSTANTS, occasion
from tests.spoiling import Draw

Drawn = tuple[Candidate, Context, datetime, Draw]
ANY_SCORE = [-1.0, 0.0039, 0.004, 1e9, float("nan"), float("inf"), float("-inf")]
EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
FEWER = settings(EXAMPLES, max_examples=70)  # where each example is decided several times


def drawn(seed: int) -> Drawn:
    """Return a random occasion, mostly good, with its clock."""
    draw = Draw(seed)
    now = draw.pick([NOW, *INSTANTS])
    return *occasion(draw, now, trouble=draw.pick([0.0, 0.01, 0.05])), now, draw


occasions = st.integers(0, 2**31).map(drawn)


def in_experiment(draws: str, now: datetime) -> Exploration:
    """Return the arms while an experiment runs that leaves chance no choice: `contacted` or `held_out`."""
    share = 1 - RARE if draws == "contacted" else RARE
    return replace(ALL_MODEL, standing=Standing(experiment=trial(now=now, share=share)))
