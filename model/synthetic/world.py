"""The whole world from one seed: `World.generate(…)`, its raw logs, its table and its truth."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
import pandas as pd

from model.history import DAY
from model.synthetic.chance import Script, draws
from model.synthetic.customers import Bools, Ints, new_customers
from model.synthetic.effects import rates
from model.synthetic.logs import Logs, contact_order, raw_logs
from model.synthetic.occasions import START, schedule
from model.synthetic.simulate import Run, simulate
from model.synthetic.table import mature, training_table
from model.synthetic.truth import Truth, truth

CUSTOMERS = 28_000  # the shipped sample
DAYS = 120


@dataclass(frozen=True)
class World:
    """One history with its truth; frames are made on demand, always the same ones.

    Example:
        >>> world = World.generate(customers=300, seed=1)
        >>> len(world.table()) == len(world.truth.tau_benefit)
        True
    """

    script: Script
    run: Run
    days: int
    propensity_logged: bool

    @classmethod
    def generate(  # noqa: PLR0913  (each argument is one knob of the world, all named)
        cls,
        *,
        customers: int = CUSTOMERS,
        days: int = DAYS,
        seed: int = 0,
        assignment: Literal["randomised", "confounded"] = "randomised",
        treatment_propensity: float = 0.5,
        propensity_logged: bool = True,
    ) -> Self:
        """Make a world: about 1.9 scored occasions per customer within `days` of 2026-06-01.

        `randomised`: contact is a fresh coin per occasion with `treatment_propensity`. `confounded`: an old rule that
        favours lively customers; its propensity is logged, or hidden with `propensity_logged=False`.
        """
        streams = [np.random.default_rng([seed, stream]) for stream in range(3)]
        people = new_customers(customers, streams[0])
        plan = schedule(people, days=days, rng=streams[1])
        chance = draws(people, plan, days=days, rng=streams[2])
        propensity = None if assignment == "confounded" else treatment_propensity
        script = Script(people, plan, rates(people, plan.customer, plan.kind), chance, propensity)
        return cls(script, simulate(script), days, propensity_logged)

    @property
    def as_of(self) -> int:
        """The epoch second at which the logs were exported; nothing later stands in them."""
        return int(START.timestamp()) + self.days * int(DAY)

    @cached_property
    def logs(self) -> Logs:
        """All raw logs together."""
        return raw_logs(self.script, self.run, until=self.as_of, propensity=self.propensity_logged)

    def contacts(self) -> pd.DataFrame:
        """Every occasion that passed the filters, essential ones included; `contacted` is by assignment."""
        return self.logs.contacts.copy(deep=False)

    def engagements(self) -> pd.DataFrame:
        """What customers did on their own side, observable without contact."""
        return self.logs.engagements.copy(deep=False)

    def complaints(self) -> pd.DataFrame:
        """Complaints, and opt-outs with the contact that they are about."""
        return self.logs.complaints.copy(deep=False)

    def customers(self) -> pd.DataFrame:
        """The customers' records: what an application would send as `user.attributes`."""
        return self.logs.customers.copy(deep=False)

    def events(self) -> pd.DataFrame:
        """The evidence, as CloudEvents."""
        return self.logs.events.copy(deep=False)

    def table(self) -> pd.DataFrame:
        """Return the training table, one row per mature scored occasion, in the order of time.

        It has a column `propensity` where that is logged and differs between rows.
        """
        return self._table.copy(deep=False)

    @cached_property
    def truth(self) -> Truth:
        """The true effects, aligned with the rows of `table()`."""
        return truth(self.script, self.run, self.rows)

    @cached_property
    def rows(self) -> Ints:
        """Which occasions of `script.plan` are the rows of `table()`, in its order."""
        return contact_order(self.script.plan, self.run)[self._chosen]

    @cached_property
    def _table(self) -> pd.DataFrame:
        """The table, made once; callers get copies on write."""
        varies = self.script.propensity is None and self.propensity_logged
        history = self.run.history[self.rows]
        return training_table(self.logs, self._chosen, history=history, propensity=varies, as_of=self.as_of)

    @cached_property
    def _chosen(self) -> Bools:
        """Which lines of the contact log are rows of the table."""
        order, plan = contact_order(self.script.plan, self.run), self.script.plan
        return mature(plan.time[order], plan.essential[order], as_of=self.as_of)
