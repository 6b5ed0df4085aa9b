"""Small quarters for the tests of the closed loop: plans, rounds and accounts made by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from model.synthetic.accounts import Account
from serving.cli.quarter.company import Company
from serving.cli.quarter.plan import Plan
from serving.cli.quarter.ways import Lived
from serving.standing import Trip

PLAN = Plan(customers=250, days=8, learning_days=(4,), experiment_at_most=0.2, jobs=1)
QUARTER = Plan(customers=100, days=21, learning_days=(7, 14))
OURS = (
    Account(occasions=10, contacts=5, benefit=0.5, complaint=0.2, opt_out=0.1),
    Account(occasions=10, contacts=8, benefit=1.0, complaint=-0.04, opt_out=0.008),
    Account(occasions=10, contacts=8, benefit=1.1, complaint=0.008, opt_out=0.016),
)
RULED = Account(occasions=10, contacts=9, benefit=1.2, complaint=0.06, opt_out=0.04)
REST = Account(occasions=10, contacts=10, benefit=1.0, complaint=0.4, opt_out=0.3)


def quietly(_what: str, _share: float) -> None:
    """Tell nobody how far it is."""


def company(folder: Path, plan: Plan = PLAN, **changes: Any) -> Company:
    """Found a small company whose experiment runs."""
    folder.mkdir()
    made = Company.founded(folder, replace(plan, **changes))
    made.start_experiment(made.plan.share, at_most=made.plan.experiment_at_most)
    return made


def days(weeks: tuple[Account, ...]) -> tuple[Account, ...]:
    """Spread weeks over days: everything on the first of each."""
    return tuple(each if day == 0 else Account() for each in weeks for day in range(7))


def ways(trips: tuple[Trip, ...] = (), ours: tuple[Account, ...] = OURS) -> dict[str, Lived]:
    """Three ways through three weeks."""
    other = Lived(accounts=days((REST,) * 3), trips=())
    return {
        "ours": Lived(accounts=days(ours), trips=trips, ruled=days((RULED,) * 3)),
        "everyone": other,
        "experiment": other,
    }


def learned(number: int, day: int, *, promoted: bool = True, certified: bool = True) -> dict[str, Any]:
    """What a round of learning came to."""
    return {
        "number": number,
        "day": day,
        "version": str(number),
        "rows": 1000,
        "contacted": 500,
        "open": 200,
        "scorer": "response",
        "certified": certified,
        "sentence": "With 95 % confidence …" if certified else "No certificate: …",
        "alpha": {"complaint": 0.01, "opt_out": 0.02},
        "bounds": {"complaint": 0.012, "opt_out": 0.005} if certified else {},
        "value": {"estimate": 0.05, "low": 0.03, "high": 0.08} if certified else None,
        "checks": [
            {"name": "value", "passed": True, "detail": "0.05 per occasion over contacting nobody"},
            {"name": "harm", "passed": promoted, "detail": "…"},
        ],
        "promoted": promoted,
        "refused": "" if promoted else "version `1` did not pass the gate (harm: …)",
    }
