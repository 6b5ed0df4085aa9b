"""The report's figures as tables of words, ready to be shown: a row heading and its cells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from model.contracts import JSON
from model.in_words.numbers import counted, figure, interval, number, percent
from model.report.tables import Grid
from serving.in_words.contract import of_channel, of_purpose
from serving.replay.units import OCCASIONS, unit

ACTIONS: Final = {"send": "sent", "hold": "held", "deny": "not sent"}
NET: Final = "net_benefit"
OUTCOMES: Final = {"benefit": "customers helped", "complaint": "complaints", "opt_out": "opt-outs"}
LABELS: Final = {NET: "net benefit", **OUTCOMES}
ESTIMATORS: Final = {
    "doubly_robust": "doubly robust: the one to quote",
    "ips": "inverse propensity (IPS)",
    "self_normalised": "self-normalised",
    "clipped_doubly_robust": "doubly robust, weights clipped",
    "clipped_ips": "IPS, weights clipped",
}
FIRST_LINES: Final = 12  # of the segments, before the rest is folded


def tables(report: Mapping[str, JSON]) -> dict[str, Grid]:
    """Return the tables by name; those without rows are left out."""
    groups = report["segments"]["groups"]
    found = {
        "purposes": purposes(report["purposes"]),
        "segments": segments(groups[:FIRST_LINES], report),
        "segments_rest": segments(groups[FIRST_LINES:], report),
        "effects": effects(report["effects"]),
        "by_purpose": by_purpose(report["effects"]["purposes"]),
        **{f"estimators_{name}": estimators(name, each) for name, each in _outcomes(report["effects"]).items()},
    }
    return {name: grid for name, grid in found.items() if grid.rows}


def _moved(before: float, after: float) -> str:
    """Write a count before and after; one number where it stays."""
    one, other = number(before, 0), number(after, 0)
    return one if one == other else f"{one} → {other}"


def _by_answer(each: Mapping[str, JSON]) -> list[str]:
    return [_moved(each["before"][action], each["after"][action]) for action in ACTIONS]


def purposes(found: Iterable[Mapping[str, JSON]]) -> Grid:
    """How each purpose is answered, before and after."""
    rows = tuple(
        (
            of_purpose(each["purpose"]),
            *_by_answer(each),
            f"{each['flipped']:,}",
            number(1000.0 * each["flipped"] / sum(each["before"].values())),
        )
        for each in found
    )
    columns = ("for", "sent", "held", "not sent", "told otherwise", "of 1,000 decisions")
    return Grid(caption="Decisions by their first answer, before → after", columns=columns, rows=rows)


def segments(groups: list[Mapping[str, JSON]], report: Mapping[str, JSON]) -> Grid:
    """Whom the change concerns more than others."""
    rows = tuple((_segment(each), *_by_answer(each), figure(each["flipped"], 0), _per_1000(each)) for each in groups)
    looked_at, decisions = report["segments"]["looked_at"], report["segments"]["decisions"]
    how = f"All {counted(decisions, 'decision')} were read"
    if looked_at < decisions:
        how = f"Estimated from {looked_at:,} of {decisions:,} decisions; 95 % intervals are for that"
    columns = ("customers or messages", "sent", "held", "not sent", "told otherwise", "of 1,000 decisions")
    everybody = 1000.0 * report["decisions"]["flipped"] / max(decisions, 1)
    return Grid(caption=f"{how}; groups overlap; of all, {number(everybody)} of 1,000", columns=columns, rows=rows)


def _segment(each: Mapping[str, JSON]) -> str:
    named = {"channel": of_channel}.get(each["kind"], str)(each["name"])
    return f"{each['kind'].replace('_', ' ')}: {named}"


def _per_1000(each: Mapping[str, JSON]) -> str:
    share = each["flipped_per_1000"]
    return number(share["estimate"]) if share["low"] == share["high"] else interval(share, 1)


def effects(found: Mapping[str, JSON]) -> Grid:
    """What it does to customers: per occasion, per contact where these change one way, and in all."""
    one_way = unit(found) != OCCASIONS
    by_contact = [f"by 1,000 {unit(found)}"] * one_way
    rows = tuple(
        (
            LABELS[name],
            *[interval(each["per_contact"], 1, 1000.0)] * one_way,
            interval(each["difference"], 1, 1000.0),
            interval(each["total"], 0),
            _events(name, each),
        )
        for name, each in _outcomes(found).items()
    )
    in_all = f"in all {counted(found['occasions'], 'occasion')}"
    columns = ("difference in", *by_contact, "by 1,000 occasions", in_all, "events they rest on")
    caption = "With the proposal less without it: 95 % intervals, clustered by customer; – stands for too few events"
    return Grid(caption=caption, columns=columns, rows=rows)


def _outcomes(found: Mapping[str, JSON]) -> dict[str, Mapping[str, JSON]]:
    """Return the net benefit, where it is known, and the outcomes that it is made of."""
    net = {} if found["net_benefit"] is None else {NET: found["net_benefit"]}
    return {**net, **found["outcomes"]}


def _events(name: str, each: Mapping[str, JSON]) -> str:
    """Say what a figure rests on; the net benefit on its weights."""
    if name == NET:
        weights = {OUTCOMES[which]: weight for which, weight in each["weights"].items()}
        return "; ".join(
            f"{which}: {'−' * (which != OUTCOMES['benefit'])}{value:g}" for which, value in weights.items()
        )
    written = f"{each['events']['contacted']:,} of those written to"
    return written if name == "opt_out" else f"{written}, {each['events']['held_out']:,} of those left out"


def by_purpose(found: Sequence[Mapping[str, JSON]]) -> Grid:
    """What it does to customers, each purpose by itself, per 1,000 occasions."""
    rows = tuple((of_purpose(each["purpose"]), f"{each['changed']:,}", *_differences(each)) for each in found)
    if not any(each["outcomes"] and any(one["difference"] for one in each["outcomes"].values()) for each in found):
        rows = ()
    columns = ("for", "occasions that change", *OUTCOMES.values())
    caption = (
        "Difference by 1,000 occasions of that purpose; each 95 % interval stands by itself: of twenty, one misses"
    )
    return Grid(caption=caption, columns=columns, rows=rows)


def _differences(each: Mapping[str, JSON]) -> list[str]:
    outcomes = each["outcomes"]
    return [interval(outcomes[name]["difference"], 1, 1000.0) if name in outcomes else "–" for name in OUTCOMES]


def estimators(name: str, outcome: Mapping[str, JSON]) -> Grid:
    """Every estimator of one outcome (METHOD section 8), with the evenness of its weights."""
    rows = [
        (
            ESTIMATORS[how],
            interval(each["proposed"], 1, 1000.0),
            interval(each["difference"], 1, 1000.0),
            figure(each["proposed"]["effective_sample_size"], 0),
            figure(each["proposed"]["largest_weight"], 1),
        )
        for how, each in outcome["estimators"].items()
    ]
    if rows:
        rows.insert(0, ("as it was logged", interval(outcome["logged"], 1, 1000.0), "–", "–", "–"))
    columns = ("estimator", "by 1,000 occasions", "difference", "effective sample size (customers)", "largest weight")
    return Grid(caption=f"{LABELS[name].capitalize()}, 95 % intervals", columns=columns, rows=tuple(rows))


def share(part: float, whole: float) -> str:
    """Write a share of decisions in per cent."""
    return percent(part / whole) if whole else "–"
