"""The quarter in figures: by week and by period, for each way, and whether it kept what it promised. JSON, pure.

Rates of harm are per 1,000 contacts, net benefit per 100 occasions. `certified` is the most that the certificate in
force promises for a harm: its limit, or the bound that was shown where that is smaller. `rule` is what the champion
would have come to without exploration, per period: what the interval of its estimate speaks of. None: there was none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from model.synthetic.accounts import Account, together
from serving.cli.quarter.plan import WEEK, Plan
from serving.cli.quarter.ways import Lived

HARMS = ("complaint", "opt_out")
NOBODY = "nobody"
Figures = dict[str, Any]


def figures_of(plan: Plan, ways: Mapping[str, Lived], rounds: Sequence[Figures]) -> Figures:
    """Put everything together; `ways` holds `ours` first, `rounds` what each round of learning came to."""
    accounts = {name: way.accounts for name, way in ways.items()}
    accounts[NOBODY] = [Account(occasions=each.occasions) for each in ways["ours"].accounts]
    periods = [period(each, accounts, ways["ours"].ruled) for each in spans(plan, rounds)]
    return {
        "plan": asdict(plan),
        "rounds": list(rounds),
        "ways": {
            name: {
                "weeks": [stated(each) for each in weekly(daily)],
                "total": stated(together(daily)) | {"per_100_customers": per_customers(together(daily), plan)},
            }
            for name, daily in accounts.items()
        },
        "periods": periods,
        "trips": [f"{each.harm}: {each.detail}" for each in ways["ours"].trips],
        "kept": kept(periods),
    }


def stated(one: Account) -> Figures:
    """Return an account as JSON, with its rates."""
    complaint, opt_out = one.complaint_per_contact, one.opt_out_per_contact
    return {
        **asdict(one),
        "net_per_100": one.net_per_100,
        "complaint_per_1000": None if complaint is None else 1000.0 * complaint,
        "opt_out_per_1000": None if opt_out is None else 1000.0 * opt_out,
    }


def weekly(daily: Sequence[Account]) -> list[Account]:
    """Add days up to weeks; the last may be short."""
    return [together(daily[start : start + WEEK]) for start in range(0, len(daily), WEEK)]


def per_customers(total: Account, plan: Plan) -> float:
    """Return the net benefit of the whole quarter per 100 customers of the company."""
    return 100.0 * total.net_benefit / plan.customers


def spans(plan: Plan, rounds: Sequence[Figures]) -> list[Figures]:
    """Cut the quarter at each round of learning: from which day to which, and which round's model is in charge."""
    edges = [0, *(each["day"] for each in rounds), plan.days]
    found, champion = [], None
    for place, (start, end) in enumerate(pairwise(edges)):
        if place and rounds[place - 1]["promoted"]:
            champion = rounds[place - 1]
        found.append({"start": start, "end": end, "champion": champion})
    return found


def period(span: Figures, accounts: Mapping[str, Sequence[Account]], ruled: Sequence[Account]) -> Figures:
    """Account for one period of every way, beside what was certified for ours."""
    start, end, champion = span["start"], span["end"], span["champion"]
    return {
        "from_day": start,
        "to_day": end,
        "weeks": f"{start // WEEK + 1}-{-(-end // WEEK)}",
        "version": None if champion is None else champion["version"],
        "certified": None if champion is None else certified(champion),
        "rule": None if champion is None else stated(together(ruled[start:end])),
        "ways": {name: stated(together(daily[start:end])) for name, daily in accounts.items()},
    }


def certified(found: Figures) -> Figures:
    """Return the most harm per 1,000 contacts that a round's certificate promises."""
    return {harm: 1000.0 * min(found["alpha"][harm], found["bounds"][harm]) for harm in HARMS}


def kept(periods: Sequence[Figures]) -> Figures:
    """Say whether the true net benefit rose over the quarter, and whether the true harm stayed as certified.

    `largest_fall` is from one period to the next, below nought where each is better than the one before.
    """
    net = [each["ways"]["ours"]["net_per_100"] for each in periods]
    under = {
        harm: [
            each["ways"]["ours"][f"{harm}_per_1000"] <= each["certified"][harm]
            for each in periods
            if each["certified"] is not None and each["ways"]["ours"]["contacts"]
        ]
        for harm in HARMS
    }
    ruled = [each["version"] is not None for each in periods]
    return {
        "certified": any(ruled),
        "rose": any(ruled) and net[-1] > net[0],
        "largest_fall": max((earlier - later for earlier, later in pairwise(net)), default=0.0),
        **{f"{harm}_under": all(held) if held else None for harm, held in under.items()},
    }
