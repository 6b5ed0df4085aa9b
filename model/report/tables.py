"""The report's tables as words: each row of a table is a row heading and its cells, ready to be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from model.certifying.words import HARMS
from model.contracts import JSON
from model.gate import LEAST_ROWS
from model.in_words.numbers import figure, interval, number, percent, plain
from model.in_words.rules import SCORER_NAMES, Scale, constant, policy_names, rule, share_named
from model.report.words import OUTCOMES, SCORERS

ESTIMATED = ". The chance of contact was estimated: the value rests on that, and no certificate can be issued."
FIRST_LINES = 12  # of the profile, before the rest is folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: the first column holds row headings; `words` are the columns of running text, the others figures."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: frozenset[int] = frozenset()


def tables(report: Mapping[str, JSON]) -> dict[str, Grid]:
    """Return the report's tables by name; those without rows are left out."""
    ordered = {} if constant(report) else by_order(report)
    found = {
        "effects": effects(report),
        "policies": policies(report),
        "bounds": bounds(report),
        "scorers": scorers(report),
        "ideas": ideas(report),
        "nuisances": nuisances(report),
        "gate": gate(report),
        "segments": segments(report),
        "overlap": overlap(report),
    } | ordered
    return {name: grid for name, grid in found.items() if grid.rows}


def by_order(report: Mapping[str, JSON]) -> dict[str, Grid]:
    """Return the tables that only an order can have."""
    return {
        "groups": groups(report),
        "profile": profile(report, slice(0, FIRST_LINES)),
        "profile_rest": profile(report, slice(FIRST_LINES, None)),
        "shares": shares(report),
    }


def effects(report: Mapping[str, JSON]) -> Grid:
    """Average effects of contact on each outcome."""
    scale = Scale.of(report)
    rows = []
    for name, found in report["average_effect"].items():
        if not found:
            rows.append((OUTCOMES[name], "not recorded", "–", "–", "–", "nothing is known, nothing can be certified"))
            continue
        f = scale.of_outcome(name)[0]
        means = found.get("means") or {"contacted": None, "held_out": None}
        arms = (figure(means["contacted"], 2, f), figure(means["held_out"], 2, f))
        rows.append((OUTCOMES[name], interval(found, 2, f), figure(found["se"], 3, f), *arms, found.get("method", "")))
    unit = "; harms ".join(dict.fromkeys((scale.unit, scale.of_outcome("complaint")[1])))
    columns = ("outcome", "effect (interval)", "standard error", "seen with contact", "seen without", "how")
    return Grid(caption=f"Average effects, {unit}", columns=columns, rows=tuple(rows), words=frozenset({5}))


def groups(report: Mapping[str, JSON]) -> Grid:
    """What was predicted and found in each group."""
    f, part = Scale.of(report).factor, share_named(report)
    rows = tuple(
        (
            f"{number} ({group['rows']:,})",
            figure(group["predicted"], 1, f),
            interval(group["net_benefit"], 1, f),
            interval(group["benefit"], 1, f),
            interval(group["complaint"], 1, 1000.0),
            interval(group["opt_out"], 1, 1000.0),
            figure(group["without"]["benefit"], 1, f),
            figure(group["without"]["complaint"], 1, 1000.0),
        )
        for number, group in enumerate(report.get("groups", ()), start=1)
    )
    columns = (
        f"{part} (occasions)", "predicted", "found", "benefit", "complaints", "opt-outs", "benefit without contact",
        "complaints without contact",
    )  # fmt: skip
    unit = Scale.of(report).unit
    caption = f"By predicted {part}, the highest first; benefits {unit}, harms per 1,000 occasions, 95 % intervals"
    return Grid(caption=caption + _ways(report), columns=columns, rows=rows)


def _ways(report: Mapping[str, JSON]) -> str:
    """Say how the intervals of harms were made, as far as that is known."""
    found = [(words, group.get(harm) or {}) for harm, words in HARMS.items() for group in report.get("groups", ())]
    said = dict.fromkeys(f"{words}: {effect['method']}" for words, effect in found if "method" in effect)
    return f" ({'; '.join(said)})" if said else ""


def profile(report: Mapping[str, JSON], part: slice) -> Grid:
    """How the first and the last group differ from everybody."""
    found = report.get("profile") or {"features": [], "rows": {}}
    rows = tuple(
        (
            line["name"],
            _average(line, "highest"),
            _average(line, "everyone"),
            _average(line, "lowest"),
            figure(line["apart"], 2),
        )
        for line in found["features"][part]
    )
    counts = {name: f"{count:,}" for name, count in found["rows"].items()}
    columns = ("feature", "highest group", "everyone", "lowest group", "apart (standard deviations)")
    caption = (
        "" if not rows else f"Averages in the {counts['highest']} occasions ranked highest, the {counts['lowest']} "
        f"ranked lowest, and all {counts['everyone']} of the part that the model never saw; the farthest apart first"
    )  # fmt: skip
    return Grid(caption=caption, columns=columns, rows=rows)


def _average(line: Mapping[str, JSON], group: str) -> str:
    """Write a share in per cent and a mean to four digits."""
    return f"{figure(100.0 * line[group], 1)} %" if line["kind"] == "share" else plain(float(line[group]))


def policies(report: Mapping[str, JSON]) -> Grid:
    """The rule that would be used against the obvious alternatives."""
    scale, used = Scale.of(report), rule(report)
    known = {
        "certified": "the certified rule, which would be used",
        "model": "the model at cut-off 0" + (", not certified" if used.key == "model" else ""),
    }
    rows = [
        (
            known.get(name, words),
            percent(used.of(name, report)["contacted"]),
            interval(used.of(name, report), 2, scale.factor),
            "" if name == used.key else interval(used.minus(name), 2, scale.factor),
        )
        for name, words in policy_names(report).items()
    ]
    against = report.get("champion")
    if against and against["value"]:
        words = f"the model in charge, version {against['version']}"
        gained = interval(against["difference"], 2, scale.factor)
        rows.append((words, percent(against["contacted"]), interval(against["value"], 2, scale.factor), gained))
    columns = ("policy", "contacts", "value (interval)", "the first is better by (paired)")
    caption = f"Policies compared on the certification half, net benefit {scale.unit} over contacting nobody"
    return Grid(caption=caption, columns=columns, rows=tuple(rows))


def shares(report: Mapping[str, JSON]) -> Grid:
    """The model's order at ten shares."""
    scale, others = Scale.of(report), ["random"] + ["response"] * ("response" in policy_names(report))
    rows = tuple(
        (
            percent(row["share"]) + (f" (ties: {percent(row['model']['contacted'])})" if row.get("ties") else ""),
            interval(row["model"], 2, scale.factor),
            *(interval(row["differences"][f"model_minus_{other}"], 2, scale.factor) for other in others),
        )
        for row in report["policy_value"]["at_shares"]
    )
    words = {"random": "over random choice (paired)", "response": "over likely responders (paired)"}
    columns = ("share", "value (interval)", *(words[other] for other in others))
    caption = f"The model’s choice by share contacted, cut-offs fixed beforehand on D1, net benefit {scale.unit}"
    return Grid(caption=caption, columns=columns, rows=rows)


def bounds(report: Mapping[str, JSON]) -> Grid:
    """Each certified harm with its bound."""
    keys = ("estimate", "bound", "alpha", "control_rate")
    rows = tuple(
        (HARMS.get(bound["harm"], bound["harm"]), *(figure(bound[key], 2, 1000.0) for key in keys))
        for bound in report["certificate"]["bounds"]
    )
    columns = ("harm", "estimate", "certified bound", "allowed", "rate without contact")
    caption = "Harm caused per 1,000 contacts under the rule as deployed, exploration included"
    return Grid(caption=caption, columns=columns, rows=rows)


def scorers(report: Mapping[str, JSON]) -> Grid:
    """Every scorer that was tried."""
    scale = Scale.of(report)
    rows = []
    for row in report["scorers"]:
        own = {"low": None, "high": None} | row | {"estimate": row["dr_qini"]}
        figures = (interval(own, 3, scale.factor), interval(row.get("behind_best"), 3, scale.factor))
        rows.append((_scorer(row), "chosen" if row["chosen"] else "", *figures, _why(str(row["reason"]), scale)))
    columns = ("scorer", "chosen", "DR-Qini (interval)", "behind the best (paired)", "why")
    caption = f"Scorers compared on D1, the simplest first; DR-Qini {scale.unit}"
    return Grid(caption=caption, columns=columns, rows=tuple(rows), words=frozenset({4}))


def _scorer(row: Mapping[str, JSON]) -> str:
    """Name a scorer: the short name, which options take, and the plain one of the pictures."""
    plainly = SCORER_NAMES.get(row["name"])
    return f"{row['name']}: {plainly}" if plainly else str(row["name"])


def _why(reason: str, scale: Scale) -> str:
    """Write a reason in the unit of the table: what a column beside it says is left out."""
    said = re.sub(r": [\d.e+-]+ behind `.*", "", reason)

    def scaled(found: re.Match[str]) -> str:
        low, high = (number(scale.factor * float(end), 2) for end in found.groups())
        return f"RATE interval {low} to {high}"

    return re.sub(r"RATE interval (-?[\d.e+-]+) to (-?[\d.e+-]+)", scaled, said)


def ideas(report: Mapping[str, JSON]) -> Grid:
    """What every scorer does, and with what it learned."""
    rows = tuple((_scorer(row), SCORERS.get(row["name"], ""), row.get("learned", "")) for row in report["scorers"])
    columns = ("scorer", "how it ranks", "what it learned with")
    return Grid(caption="What each scorer does", columns=columns, rows=rows, words=frozenset({1, 2}))


def nuisances(report: Mapping[str, JSON]) -> Grid:
    """With what the mean of each outcome was learned."""
    learned = (report.get("learning") or {}).get("nuisances") or {}
    rows = tuple(
        (OUTCOMES.get(name, name), str(arms.get("contacted", "–")), str(arms.get("held_out", "–")))
        for name, arms in learned.items()
    )
    columns = ("outcome", "with contact", "without contact")
    caption = "How the outcome with and without contact was learned"
    return Grid(caption=caption, columns=columns, rows=rows, words=frozenset({1, 2}))


def gate(report: Mapping[str, JSON]) -> Grid:
    """Every check of the gate."""
    estimated = {"value": ESTIMATED} if report["propensity_check"].get("estimated") else {}
    rows = tuple(
        (c["name"], "passed" if c["passed"] else "failed", c["detail"] + estimated.get(c["name"], ""))
        for c in report["gate"]["checks"]
    )
    promoted = report["gate"]["promoted"]
    caption = "Every check passed: a named person may promote this model." if promoted else "A failed check stops it."
    return Grid(caption=caption, columns=("check", "result", "figures"), rows=rows, words=frozenset({2}))


def segments(report: Mapping[str, JSON]) -> Grid:
    """Groups that were named beforehand."""
    scale = Scale.of(report)
    rows = tuple(
        (
            f"{row['column']} = {row['value']}",
            f"{row['rows']:,}",
            interval(row, 2, scale.factor) if "estimate" in row else "–",
            figure(row.get("detectable"), 2, scale.factor),
            ("passed" if row["passed"] else "failed") if row["judged"] else _unjudged(row),
        )
        for row in report["segments"]
    )
    columns = ("group", "rows", "value (interval)", "a loss of this size would be found", "result")
    against = report.get("champion")
    over = f", over the model in charge, version {against['version']}" if against and against["value"] else ""
    caption = f"Groups that were named beforehand, net benefit of the rule {scale.unit}{over}"
    return Grid(caption=caption, columns=columns, rows=rows)


def _unjudged(row: Mapping[str, JSON]) -> str:
    """Say why a group was not judged: few rows, or the new rule and the one before act alike in it."""
    return "too small to judge" if row["rows"] < LEAST_ROWS else "nothing changes: nothing to judge"


def overlap(report: Mapping[str, JSON]) -> Grid:
    """How much both arms weigh."""
    found = report["overlap"]
    parts = [("all", found), *found.get("arms", {}).items()]
    names = {"all": "both arms", "contacted": "contacted", "held_out": "held out"}
    rows = tuple(
        (
            names.get(name, name),
            f"{part['rows']:,}",
            figure(part["effective_sample_size"], 0),
            figure(part["largest_weight"], 1),
        )
        for name, part in parts
    )
    columns = ("arm", "rows", "weigh as much as", "largest weight")
    return Grid(caption="Overlap: how much the rows of each arm weigh", columns=columns, rows=rows)
