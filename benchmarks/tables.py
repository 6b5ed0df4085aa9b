"""The Markdown: per data set the four rows that matter, every learner apart, costs, and a verdict per figure."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.configurations import LIBRARIES
from benchmarks.exchange import Floats
from benchmarks.figures import Paired, paired
from benchmarks.protocol import CHOSEN, EVERYONE, OURS, RESPONSE, Outcome

COLUMNS = {
    "qini": "Qini (sklift)",
    "dr_qini": "DR-Qini",
    "value": "value at 0",
    "true_qini": "true Qini",
    "regret": "regret",
    "pehe": "PEHE",
}
TIME_LIMIT = 1.1
COUNTERPARTS = {
    "t": (("causalml", "t_{base}"), ("econml", "t_{base}"), ("sklift", "two_{base}")),
    "s": (("causalml", "s_{base}"), ("econml", "s_{base}"), ("sklift", "solo_{base}")),
    "x": (("causalml", "x_{base}"), ("econml", "x_{base}")),
    "r": (("causalml", "r_{base}"), ("econml", "nonparam_dml_{base}")),
    "dr": (("causalml", "dr_{base}"), ("econml", "dr_{base}")),
}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(value: float) -> str:
    """Return a figure with three significant digits; a dash where there is none."""
    return f"{value:.3g}" if np.isfinite(value) else "–"


def difference(found: Paired) -> str:
    """Return a difference with its standard error."""
    return f"{number(found.mean)} ± {number(found.se)}" if np.isfinite(found.mean) else "–"


def mean(values: Floats) -> float:
    """Return the mean over repeats; NaN where any is missing."""
    return float(np.mean(values))


def against(outcome: Outcome, measure: str, other: str) -> Paired:
    """Return ours less another's over the repeats."""
    return paired(outcome.of(measure, OURS) - outcome.of(measure, other), ratio=outcome.ratio)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the table of all data sets: ours, the response ranker, everyone, and the peer that D1 chose."""
    rows = []
    for outcome in outcomes:
        size = f"{outcome.name} ({outcome.rows:,} × {outcome.features}, {len(outcome.chosen)} repeats)"
        for name in (OURS, RESPONSE, EVERYONE, CHOSEN):
            figures = [number(mean(outcome.of(measure, name))) for measure in COLUMNS]
            label = {OURS: _counted(outcome.ours), CHOSEN: _counted(outcome.chosen)}.get(name, "")
            gap = "" if name == OURS else difference(against(outcome, "dr_qini", name))
            rows.append([size if name == OURS else "", f"{name}{label}", *figures, gap])
    return table(["data set", "learner", *COLUMNS.values(), "ours − it, DR-Qini"], rows)


def details(outcome: Outcome) -> str:
    """Return every learner of one data set, the best DR-Qini first, with the seconds of one fit."""
    seconds: dict[str, float] = {}
    for process, result in outcome.results.items():
        named = [f"outreach {name}" for name in result.names] if process == OURS else result.names
        seconds |= dict(zip(named, result.seconds.mean(axis=0), strict=True))
    order = sorted(outcome.names, key=lambda name: -np.nan_to_num(mean(outcome.of("dr_qini", name)), nan=-np.inf))
    rows = [
        [name, *(number(mean(outcome.of(measure, name))) for measure in COLUMNS), number(seconds.get(name, np.nan))]
        for name in order
    ]
    failed = [f"- {line}" for result in outcome.results.values() for line in result.failed]
    return "\n".join(
        [table(["learner", *COLUMNS.values(), "CPU s, one fit"], rows), *(["", *failed] if failed else [])]
    )


def costs(outcomes: Sequence[Outcome]) -> str:
    """Return seconds and memory per process: all with one thread, selection included."""
    rows = []
    for outcome in outcomes:
        for process, result in outcome.results.items():
            total, memory = number(mean(result.total)), f"{result.peak_mib:.0f}"
            rows.append([outcome.name, process, number(result.import_seconds), total, memory])
    return table(["data set", "process", "import, CPU s", "learn and select, CPU s per repeat", "peak MiB"], rows)


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a line per figure to reach: met or not, with the numbers."""
    lines = []
    for outcome in outcomes:
        for name in (CHOSEN, RESPONSE):
            found = against(outcome, "dr_qini", name)
            lines.append(_line(outcome.name, f"DR-Qini not below the {name}", found.not_below(), difference(found)))
        lines += _regret(outcome)
        ours = mean(outcome.results[OURS].total)
        theirs = sum(mean(outcome.results[name].total) for name in LIBRARIES)
        words = f"{number(ours)} s against {number(theirs)} s"
        lines.append(_line(outcome.name, "portfolio ≤ the peers' sum", ours <= theirs, words))
    return lines


def _regret(outcome: Outcome) -> list[str]:
    """Return the verdict on policy regret where the truth is known: against the lowest mean of all learners."""
    means = {name: mean(outcome.of("regret", name)) for name in outcome.names}
    known = {name: figure for name, figure in means.items() if np.isfinite(figure)}
    if not known:
        return []
    lowest = min(known, key=known.__getitem__)
    found = against(outcome, "regret", lowest)
    words = f"{difference(found)} ({number(means[OURS])} against {number(known[lowest])} of `{lowest}`)"
    return [_line(outcome.name, "regret within one error of the lowest", found.not_above(), words)]


def timings(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a verdict per learner and counterpart: the seconds of one fit with the same base, over all data sets."""
    lines = []
    for name in next((o.results[OURS].names for o in outcomes), []):
        kind, _, base = name.removeprefix("alone ").partition("_")
        if not name.startswith("alone "):
            continue
        for library, counterpart in COUNTERPARTS[kind]:
            found = [_pair(o, name, library, f"{library} {counterpart.format(base=base)}") for o in outcomes]
            both = [pair for pair in found if pair is not None and np.isfinite(pair).all()]
            if both:
                ours, theirs = (sum(pair[k] for pair in both) for k in (0, 1))
                words = f"{number(ours)} s against {number(theirs)} s, ratio {number(ours / theirs)}"
                what = f"{name} ≤ {TIME_LIMIT} × {library} {counterpart.format(base=base)}"
                lines.append(_line("one fit", what, ours <= TIME_LIMIT * theirs, words))
    return lines


def _pair(outcome: Outcome, ours: str, library: str, theirs: str) -> tuple[float, float] | None:
    """Return the mean seconds of one fit of both; None where the library has no such learner here."""
    own, other = outcome.results[OURS], outcome.results[library]
    if theirs not in other.names:
        return None
    return mean(own.seconds[:, own.names.index(ours)]), mean(other.seconds[:, other.names.index(theirs)])


def _line(where: str, what: str, met: bool, numbers: str) -> str:  # noqa: FBT001  (a verdict is yes or no)
    return f"- {'met' if met else 'NOT met'}: {where}: {what}: {numbers}"


def _counted(names: Sequence[str]) -> str:
    """Return what was chosen, the most frequent first."""
    return " (" + ", ".join(f"{name} {count}×" for name, count in Counter(names).most_common(3)) + ")"
