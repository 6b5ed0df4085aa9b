"""What contact truly does on every row of the table: what no real history can show."""

from dataclasses import dataclass

import numpy as np

from model.history import DAY, FEATURES
from model.synthetic.chance import Script
from model.synthetic.customers import TYPES, Floats, Ints, Words
from model.synthetic.effects import (
    BENEFIT_DAYS,
    COMPLAINT_DAYS,
    COMPLAINTS_PER_DAY,
    complained_by,
    tired_gain,
    tired_opt_out,
)
from model.synthetic.simulate import Run


@dataclass(frozen=True, slots=True)
class Truth:
    """The true effects, one entry per table row, in the table's order.

    `tau_*` is P(outcome in its window | contacted) − P(… | not) for this very customer, type and history included.
    `tau_benefit` and `tau_opt_out` are exact. `tau_complaint` leaves out one second-order path (an opt-out in the
    window spares the customer a later message, and its harm): below 5 % of the effect, checked in the tests.
    `odds` is what the attributes tell about the type: P(type | attributes), the best that any model could know.
    """

    response: Words  # helped, indifferent, annoyed
    odds: Floats  # (n, 3), columns in the order of TYPES
    tau_benefit: Floats
    tau_complaint: Floats
    tau_opt_out: Floats

    def net_benefit(self, *, benefit: float = 1.0, complaint: float = 1.0, opt_out: float = 1.0) -> Floats:
        """U = v·τ_B − λ_C·τ_C − λ_A·τ_A, at no cost of contact."""
        return benefit * self.tau_benefit - complaint * self.tau_complaint - opt_out * self.tau_opt_out


def truth(script: Script, run: Run, rows: Ints) -> Truth:
    """Compute the truth of the occasions `rows` (indices into the schedule)."""
    customers, plan, rates = script.people, script.plan, script.rates
    customer = plan.customer[rows]
    recent = run.history[rows, FEATURES.index("contacts_7d")]
    gain = np.array([tired_gain(g, r) for g, r in zip(rates.engage_gain[rows], recent, strict=True)])
    harm = np.array([tired_opt_out(a, r) for a, r in zip(rates.opt_out[rows], recent, strict=True)])
    return Truth(
        response=np.array(TYPES)[customers.response[customer]],
        odds=customers.odds[customer],
        tau_benefit=gain * np.exp(-customers.activity[customer] * BENEFIT_DAYS),
        tau_complaint=(rates.complain_contacted - rates.complain)[rows] * _no_other_complaint(script, run)[rows],
        tau_opt_out=harm,
    )


def _no_other_complaint(script: Script, run: Run) -> Floats:
    """P(no complaint in the 14 days from each occasion, its own aside | what is known at its decision).

    An earlier occasion may still bring its complaint (none has come yet, else cooling-off had skipped this one), a
    later one may bring one after an assignment that is not yet drawn.
    """
    plan, rates = script.plan, script.rates
    clear = np.full(len(plan.time), np.exp(-COMPLAINTS_PER_DAY * COMPLAINT_DAYS))
    scored = np.flatnonzero(~plan.essential)
    contacted = np.where(run.contacted, rates.complain_contacted, rates.complain)
    e = np.nan_to_num(run.propensity, nan=0.5)
    expected = e * rates.complain_contacted + (1.0 - e) * rates.complain
    for apart in (1, 2):  # at most three scored occasions each
        earlier, later = scored[:-apart], scored[apart:]
        same = plan.customer[earlier] == plan.customer[later]
        earlier, later = earlier[same], later[same]
        gap = (plan.time[later] - plan.time[earlier]) / DAY
        clear[earlier] *= 1.0 - expected[later] * complained_by(COMPLAINT_DAYS - gap)
        p, so_far = np.where(run.kept[earlier], contacted[earlier], 0.0), complained_by(gap)
        clear[later] *= 1.0 - p * (1.0 - so_far) / (1.0 - p * so_far)
    return clear
