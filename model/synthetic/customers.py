"""Who the customers are, and which of three ways they respond to being contacted.

The response is latent, but all that decides its odds is observed: customers who chat often, are new or use the app are
*helped*; those who muted notifications and never chat are *annoyed*; the rest are *indifferent*.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Words = NDArray[Any]

TYPES = ("helped", "indifferent", "annoyed")
ZONES = {
    "france": "Europe/Paris",
    "britain": "Europe/London",
    "us_east": "America/New_York",
    "us_west": "America/Los_Angeles",
    "brazil": "America/Sao_Paulo",
    "india": "Asia/Kolkata",
}
ATTRIBUTES = (
    "tenure_days",
    "plan",
    "region",
    "age_group",
    "app_user",
    "notifications_muted",
    "chats_per_month",
)


@dataclass(frozen=True, slots=True)
class Customers:
    """One entry per customer in every array; `activity` and `response` are latent, the others are on record."""

    tenure_days: Floats  # NaN: a visitor without an account
    plan: Words
    region: Words
    age_group: Words
    app_user: Bools
    notifications_muted: Bools
    chats_per_month: Floats
    activity: Floats  # unprompted engagements per day
    response: Ints  # index into TYPES
    odds: Floats  # (n, 3): P(type | attributes)


def new_customers(n: int, rng: np.random.Generator) -> Customers:
    """Draw `n` customers; the same generator state gives the same customers."""
    tenure = np.floor(np.minimum(rng.exponential(420.0, n), 4_000.0))
    tenure[rng.random(n) < 0.08] = np.nan
    plan = rng.choice(["basic", "plus", "pro"], n, p=[0.5, 0.35, 0.15])
    region = rng.choice(list(ZONES), n, p=[0.3, 0.2, 0.2, 0.12, 0.08, 0.1])
    age = rng.choice(["18-29", "30-44", "45-64", "65+"], n, p=[0.24, 0.33, 0.3, 0.13])
    app = rng.random(n) < np.where(age == "65+", 0.35, 0.65)
    muted = rng.random(n) < np.where(app, 0.16, 0.24)
    chats = rng.poisson(rng.gamma(1.5, np.where(muted, 0.6, 1.8), n)).astype(np.float64)
    activity = 0.016 * (1.0 + 0.8 * (plan == "pro") + 0.4 * (age == "18-29")) * rng.gamma(2.0, 0.5, n)
    odds = type_odds(tenure_days=tenure, plan=plan, app_user=app, notifications_muted=muted, chats_per_month=chats)
    response = (rng.random(n)[:, None] > np.cumsum(odds, axis=1)[:, :2]).sum(axis=1)
    return Customers(tenure, plan, region, age, app, muted, chats, activity, response.astype(np.int64), odds)


def type_odds(
    *, tenure_days: Floats, plan: Words, app_user: Bools, notifications_muted: Bools, chats_per_month: Floats
) -> Floats:
    """P(helped), P(indifferent), P(annoyed) given the attributes; shape (n, 3), rows sum to 1.

    annoyed = σ(−6.5 + 8·muted + 1.5·[basic] + [no app] − 0.9·chats); of the others,
    helped = σ(−2.1 + 0.8·chats + 1.2·app + 0.6·[plus or pro] + 1.4·newness), newness = exp(−tenure/200), 1 if unknown.
    """
    basic = np.asarray(plan) == "basic"
    annoyed = _sigmoid(-6.5 + 8.0 * notifications_muted + 1.5 * basic + 1.0 * ~app_user - 0.9 * chats_per_month)
    newness = np.exp(-np.nan_to_num(tenure_days, nan=0.0) / 200.0)
    helped = _sigmoid(-2.1 + 0.8 * chats_per_month + 1.2 * app_user + 0.6 * ~basic + 1.4 * newness)
    return np.column_stack([helped * (1.0 - annoyed), (1.0 - helped) * (1.0 - annoyed), annoyed])


def _sigmoid(x: Floats) -> Floats:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))
