"""What contact does to each type of customer: probabilities with and without it, and how late outcomes come.

Rates are per occasion and hold the occasion's *own* outcomes; unprompted ones come on top (see `truth`).
"""

from dataclasses import dataclass

import numpy as np

from model.history import DAY
from model.synthetic.customers import Customers, Floats, Ints
from model.synthetic.purposes import KINDS

BENEFIT_DAYS, COMPLAINT_DAYS, OPT_OUT_DAYS = 3.0, 14.0, 14.0
COMPLAINTS_PER_DAY = 2e-5  # unprompted, per customer
OPT_OUTS_PER_DAY = 8e-6  # unprompted: from everything, and never attributed to a message

ANNOYED = 2  # the last of the three types, as below
#                      helped  indifferent  annoyed
ENGAGE = np.array([0.080, 0.280, 0.100])  # without contact: the indifferent find their own way
ENGAGE_GAIN = np.array([0.120, 0.005, -0.045])
COMPLAIN = np.array([0.0085, 0.0065, 0.0090])  # without contact
COMPLAIN_GAIN = np.array([-0.0050, -0.0005, 0.0400])
OPT_OUT = np.array([0.0002, 0.0004, 0.0450])  # because of this message
GAIN_BY_PURPOSE = {"in_session_help": 0.9, "onboarding": 0.9, "unresolved_followup": 1.1}
COMPLAIN_BY_PURPOSE = {"in_session_help": 0.6, "onboarding": 0.5, "unresolved_followup": 1.4, "delivery_update": 1.15}
MEAN_DELAY_DAYS = (0.8, 4.0, 2.0)  # engagement, complaint, opt-out; exponential, cut off at the window


@dataclass(frozen=True, slots=True)
class Rates:
    """One entry per scored occasion: own probabilities before tiredness from recent contacts."""

    engage: Floats
    engage_gain: Floats
    complain: Floats
    complain_contacted: Floats
    opt_out: Floats


def rates(customers: Customers, customer: Ints, kind: Ints) -> Rates:
    """Compute the rates of occasions of `kind` (index into KINDS) for each `customer` (index)."""
    response = customers.response[customer]
    gain_by = np.array([GAIN_BY_PURPOSE.get(k.purpose, 1.0) for k in KINDS])[kind]
    complain_by = np.array([COMPLAIN_BY_PURPOSE.get(k.purpose, 1.0) for k in KINDS])[kind]
    lively = 1.0 + 0.4 * (customers.plan[customer] == "pro") + 0.4 * (customers.age_group[customer] == "18-29")
    complain = COMPLAIN[response] * complain_by
    return Rates(
        engage=ENGAGE[response] * lively,
        engage_gain=ENGAGE_GAIN[response] * gain_by,
        complain=complain,
        complain_contacted=complain + COMPLAIN_GAIN[response] * np.where(response == ANNOYED, 1.0, complain_by),
        opt_out=OPT_OUT[response],
    )


def tired_gain(gain: float, contacts_7d: float) -> float:
    """Return the engagement gain after recent contacts: a good message loses 15 % per contact in the last 7 days."""
    return gain * max(0.0, 1.0 - 0.15 * contacts_7d) if gain > 0.0 else gain


def tired_opt_out(opt_out: float, contacts_7d: float) -> float:
    """Return the attributable opt-out rate after recent contacts: 30 % more per contact in the last 7 days."""
    return min(1.0, opt_out * (1.0 + 0.3 * contacts_7d))


def delays(n: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Draw how many seconds after the decision an engagement, complaint and opt-out come, within their windows."""
    seconds = []
    for mean, window in zip(MEAN_DELAY_DAYS, (BENEFIT_DAYS, COMPLAINT_DAYS, OPT_OUT_DAYS), strict=True):
        u = rng.random(n) * -np.expm1(-window / mean)
        seconds.append(1 + np.floor(-mean * np.log1p(-u) * (DAY - 1.0)).astype(np.int64))
    return seconds[0], seconds[1], seconds[2]


def complained_by(days: Floats) -> Floats:
    """P(an own complaint has come within `days` | it comes at all): the distribution of the complaint delay."""
    mean = MEAN_DELAY_DAYS[1]
    return np.asarray(np.expm1(-np.clip(days, 0.0, COMPLAINT_DAYS) / mean) / np.expm1(-COMPLAINT_DAYS / mean))


def contact_odds(linear: float) -> float:
    """P(contacted | features) of the confounded variant: logistic, kept within [0.08, 0.92]."""
    return float(np.clip(0.5 + 0.5 * np.tanh(linear / 2.0), 0.08, 0.92))
