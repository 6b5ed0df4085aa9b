"""What is fixed before the simulated quarter begins: its size, its calendar, and what a contact may cost."""

from dataclasses import dataclass, field

from model.contracts import Shares

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The quarter of `outreach demo --loop`; a test makes it smaller.

    `learning_days` are those on whose morning the ledger becomes a table, and the table a model. The experiment runs
    until the first model is promoted, within its own limits: what it finds out may be worse than what is certified.
    The `shares` of the arms explore more than the default: what they log is worth more to the next certificate
    (decision 31).
    `gain` multiplies what contact does for engagement, `annoyance` its harm to the annoyed (`model.synthetic.live`).
    """

    customers: int = 36_000
    days: int = 13 * WEEK
    seed: int = 0
    gain: float = 1.0
    annoyance: float = 3.0
    share: float = 0.5
    experiment_at_most: float = 0.03
    harm_at_most: float = 0.015
    learning_days: tuple[int, ...] = (6 * WEEK, 10 * WEEK)
    shares: Shares = field(default_factory=lambda: Shares(model=0.8, policy_only=0.1, holdout=0.1))
    jobs: int | None = None
