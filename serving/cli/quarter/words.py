"""What the simulated quarter says on the terminal: each round as it comes, then the periods, the ways, the verdict."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from model.certifying.words import shown_up
from model.in_words.numbers import percent
from serving.cli.quarter.plan import WEEK, Plan

Figures = Mapping[str, Any]
NAMES = {
    "ours": "experiment, then learn and certify (ours)",
    "everyone": "contact all whom the policy permits",
    "experiment": "experiment for ever, learn nothing",
    "nobody": "essential service alone",
}
EACH, MOST = "caused per\n1,000\ncontacts", "certified\nat most"
HARMS = {"complaint": "complaints caused", "opt_out": "opt-outs caused"}


def beginning(plan: Plan) -> list[str]:
    """Say what is about to be simulated."""
    weeks = ", ".join(str(day // WEEK) for day in plan.learning_days)
    size = f"{plan.customers:,} customers, {plan.days} days, seed {plan.seed}"
    share, most = percent(plan.share), f"{1000 * plan.harm_at_most:g}"
    return [
        f"[bold]A simulated quarter[/bold]  {size}",
        "   what contact truly does to each customer is known to the simulation, and to nothing that decides or learns",
        f"   an experiment contacts {share} of those whom the policy permits; after weeks {weeks} we learn",
        f"   promoted is what is certified to cause at most {most} complaints and {most} opt-outs per 1,000 contacts",
    ]


def said(found: Figures) -> list[str]:
    """Say what a round of learning came to."""
    rows = f"{found['rows']:,} occasions with closed windows, {found['contacted']:,} contacted"
    failed = [check["name"] for check in found["checks"] if not check["passed"]]
    value = next(check["detail"] for check in found["checks"] if check["name"] == "value")
    end = f"[green]promoted[/green]: version {found['version']} is the champion"
    if not found["promoted"]:
        end = f"not promoted: the gate refused version {found['version']} ({', '.join(failed)})"
    return [
        f"[bold]after week {found['day'] // WEEK}[/bold]  {rows} ({found['open']:,} still open)",
        f"   learned: {found['scorer']}; value {value}",
        f"   {found['sentence']}",
        f"   {end}",
    ]


def of_periods(found: Figures) -> Table:
    """Return ours, period by period: true figures beside what was certified."""
    shown = Table(
        "weeks", "decided by", box=None, padding=(0, 2, 0, 0), title="Ours, as it truly was", title_justify="left"
    )
    figures = ("occasions", "contacts", "net benefit\nper 100\noccasions", "without\nexploration")
    for heading in (*figures, f"complaints\n{EACH}", MOST, f"opt-outs\n{EACH}", MOST):
        shown.add_column(heading, justify="right", overflow="fold")
    for each in found["periods"]:
        own, most, rule = each["ways"]["ours"], each["certified"] or {}, each["rule"] or {}
        by = "the experiment" if each["version"] is None else f"version {each['version']}"
        shown.add_row(
            each["weeks"],
            by,
            f"{own['occasions']:,}",
            f"{own['contacts']:,}",
            number(own["net_per_100"], 2),
            number(rule.get("net_per_100"), 2),
            number(own["complaint_per_1000"]),
            upwards(most.get("complaint")),
            number(own["opt_out_per_1000"]),
            upwards(most.get("opt_out")),
        )
    return shown


def of_ways(found: Figures) -> Table:
    """Return the whole quarter of each way, and its last period."""
    shown = Table("the same customers, the same chance", box=None, padding=(0, 2, 0, 0))
    headings = (
        "contacts",
        "net benefit of\nthe quarter per\n100 customers",
        "of the last\nperiod per\n100 occasions",
        f"complaints\n{EACH}",
        f"opt-outs\n{EACH}",
    )
    for heading in headings:
        shown.add_column(heading, justify="right", overflow="fold")
    for name, words in NAMES.items():
        shown.add_row(words, *of_way(found, name))
    return shown


def of_way(found: Figures, name: str) -> tuple[str, ...]:
    """Return the figures of one way: of the quarter and, the third, of its last period."""
    total, last = found["ways"][name]["total"], found["periods"][-1]["ways"][name]
    return (
        f"{total['contacts']:,}",
        number(total["per_100_customers"], 2),
        number(last["net_per_100"], 2),
        number(total["complaint_per_1000"]),
        number(total["opt_out_per_1000"]),
    )


def verdict(found: Figures) -> list[str]:
    """Say whether it came out as promised, and plainly where it did not."""
    kept, periods = found["kept"], found["periods"]
    if not kept["certified"]:
        return ["no certificate was issued in this quarter, so nothing but the experiment was ever sent; see why above"]
    first, last = (each["ways"]["ours"]["net_per_100"] for each in (periods[0], periods[-1]))
    rose = "rose" if kept["rose"] else "[bold red]did not rise[/bold red]:"
    lines = [f"true net benefit per 100 occasions {rose} from {number(first, 2)} to {number(last, 2)}"]
    if kept["rose"] and kept["largest_fall"] > 0.0:
        lines.append(f"from one period to the next it fell by {number(kept['largest_fall'], 2)} at most")
    for harm, words in HARMS.items():
        under = "stayed under" if kept[f"{harm}_under"] else "[bold red]broke[/bold red]"
        lines.append(f"{words} per contact {under} what was certified, in every period that a certificate covers")
    stopped = "; ".join(found["trips"])
    lines.append(
        f"the monitor stopped everything discretionary: {stopped}" if stopped else "the monitor saw no cause to stop"
    )
    return lines


def upwards(value: float | None) -> str:
    """Write a limit as the certificate's sentence does: to two digits, rounded up."""
    return number(None) if value is None else shown_up(value)


def number(value: float | None, digits: int = 1) -> str:
    """Write a figure with a true minus; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}".replace("-", "−")
