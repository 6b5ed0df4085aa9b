"""The Markdown of benchmarks/certificate.py: violations, comparison, stress, and a verdict per figure to reach."""

from collections.abc import Sequence

import numpy as np

from benchmarks.certificate_cells import DELTA, METHODS, MODES, OURS
from benchmarks.certificate_results import Compared, Floats, Result, clopper_pearson
from benchmarks.tables import number, table

MARGIN, POWER, ENOUGH = 1.1, 0.75, 0.8
WORTHLESS = 0.95
SHOWN = 6  # worlds that a verdict names
NAMES = {"bets": "bets", "exact": "Clopper–Pearson", "bernstein": "Maurer–Pontil", "hb": "Hoeffding–Bentkus"}
CLT = METHODS.index("clt")


def of(results: Sequence[Result], study: str) -> list[Result]:
    """Return the cells of one study."""
    return [each for each in results if each.cell.study == study]


def violations(results: Sequence[Result]) -> str:
    """Return the boundary grid: violations with the upper end of their interval, by which harm is at 1.02 α."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for each in of(results, "boundary"):
        cell = each.cell
        key = (f"{cell.n:,}", cell.e, f"{cell.alpha:.1%}", cell.shape)
        rows.setdefault(key, {})[cell.name] = f"{each.violations}/{each.repeats} (≤ {each.interval[1]:.1%})"
    header = ["n of D2", "e", "α", "harm over the score", *MODES]
    return table(header, [[*key, *(found.get(mode, "–") for mode in MODES)] for key, found in rows.items()])


def stresses(results: Sequence[Result]) -> str:
    """Return the stress cells and the arms: what holds, and what must not."""
    rows = [
        [
            each.cell.name,
            "holds" if each.cell.holds else "fails",
            f"{each.violations}/{each.repeats}",
            "{:.1%} to {:.1%}".format(*each.interval),
            f"{each.certified / each.repeats:.0%}",
            f"{each.below / each.repeats:.1%}" if each.cell.study == "arms" else "",
        ]
        for each in [*of(results, "stress"), *of(results, "arms")]
    ]
    header = ["world", "must", "violations", "95 % interval", "certified", "a bound below the truth"]
    return table(header, rows)


def comparison(results: Sequence[Result]) -> str:
    """Return the power grid: coverage, margins and power of every method."""
    rows = []
    for each in of(results, "power"):
        cell = each.cell
        rows += [
            [
                f"{cell.n:,} {cell.kind}, e {cell.e}, α {cell.alpha:.1%}",
                f"{found.harm.replace('_', '-')} at {cell.truth[h]:g} α",
                _all(found.missed, "{:.1%}"),
                _all(found.median / cell.alpha, "{:.2f}"),
                _all(found.mean / cell.alpha, "{:.2f}"),
                number(found.ratio(found.median)),
                _all(found.power, "{:.0%}"),
            ]
            for h, found in enumerate(each.compared)
        ]
    order = "bets / exact / M–P / H–B / CLT"
    header = ["world", "truth", f"bound below truth: {order}", "median margin in α", "mean margin in α"]
    return table([*header, "ours ÷ best valid", "certified"], rows)


def _all(figures: Floats, how: str) -> str:
    """Return a figure per method, a dash where it does not apply."""
    return " / ".join("–" if np.isnan(figure) else how.format(figure) for figure in figures)


def verdicts(results: Sequence[Result]) -> list[str]:
    """Return a line per figure to reach, with the cells that miss it."""
    lines = [*_valid(results), *_alone(results), *_fails(results), *_permuted(of(results, "permuted"))]
    pairs = [(each, found) for each in of(results, "power") for found in each.compared]
    if pairs:
        lines += [*_margins(pairs), *_powers(pairs), *_both(of(results, "power"))]
    return lines


def _valid(results: Sequence[Result]) -> list[str]:
    """Return the verdict on violations: none above δ beyond binomial error, the worst cell named."""
    cells = [each for each in results if each.cell.holds and each.cell.study != "permuted"]
    if not cells:
        return []
    worst = max(cells, key=lambda each: each.violations / each.repeats)
    level = worst.cell.question.level
    above = [each for each in cells if each.interval[0] > level]
    total, repeats = sum(each.violations for each in cells), sum(each.repeats for each in cells)
    words = (
        f"{total} in {repeats:,} repeats of {len(cells)} worlds; at most {worst.violations}/{worst.repeats} "
        f"({where(worst)}); {len(above)} worlds above the level of a first attempt, {level:.4f} (δ = {DELTA:g})"
    )
    return [line("violations ≤ δ within binomial error", not above, words)]


def _alone(results: Sequence[Result]) -> list[str]:
    """Return the verdict on each harm by itself, which a certificate never rests on: nothing hides behind the other."""
    cells = [each for each in results if each.cell.holds and each.cell.study in ("boundary", "power", "stress")]
    edge = [(each, count) for each in cells for count in each.alone]
    if not edge:
        return []
    above = [each for each, count in edge if clopper_pearson(count, each.repeats)[0] > each.cell.question.level]
    worst, most = max(edge, key=lambda pair: pair[1] / pair[0].repeats)
    total = sum(count for _, count in edge)
    words = (
        f"{total} in {len(cells)} worlds, each harm's own; at most {most}/{worst.repeats} ({where(worst)}); "
        f"{len(above)} above the level"
    )
    return [line("one harm alone, false certificates within binomial error", not above, words)]


def _fails(results: Sequence[Result]) -> list[str]:
    """Return the verdict on the mistakes: each must show."""
    cells = [each for each in results if not each.cell.holds]
    return [
        line(
            f"“{each.cell.name}” is found out", each.interval[0] > DELTA, f"{each.violations}/{each.repeats} violations"
        )
        for each in cells
    ]


def _permuted(results: Sequence[Result]) -> list[str]:
    """Return the verdict on shuffled contact."""
    return [
        line(
            "shuffled contact fails the value check in ≥ 95 %",
            each.violations <= (1.0 - WORTHLESS) * each.repeats,
            f"{each.repeats - each.violations} of {each.repeats} (certificate issued in {each.certified})",
        )
        for each in results
    ]


def _margins(pairs: Sequence[tuple[Result, Compared]]) -> list[str]:
    """Return the verdict on margins, per harm."""
    lines = []
    for harm in ("complaint", "opt_out"):
        found = [(each, c) for each, c in pairs if c.harm == harm]
        for what in ("median", "mean"):
            ratios = np.array([c.ratio(getattr(c, what)) for _, c in found])
            wide = np.flatnonzero(ratios > MARGIN)
            worst = int(np.argmax(ratios))
            each, c = found[worst]
            words = (
                f"{len(found) - len(wide)} of {len(found)} worlds, median ratio {np.median(ratios):.2f}, largest "
                f"{ratios[worst]:.2f} against {NAMES[c.best(getattr(c, what))[1]]} ({where(each)})"
            )
            lines.append(line(f"{harm}: {what} margin ≤ {MARGIN} × the best valid alternative", not len(wide), words))
    return lines


def _powers(pairs: Sequence[tuple[Result, Compared]]) -> list[str]:
    """Return the verdicts on power, per harm: only where truth is below the limit and the oracle certifies.

    Once over all worlds, and once over those in which the normal approximation keeps its level at the boundary.
    """
    lines = []
    for harm in ("complaint", "opt_out"):
        found = [(each, c.power) for each, c in pairs if c.harm == harm and c.truth < each.cell.alpha]
        broken = {_world(each) for each, c in pairs if c.harm == harm and _invalid(each, c.power)}
        kept = [(each, p) for each, p in found if _world(each) not in broken]
        lines += _power(f"{harm}: power ≥ ¾ of the CLT's", found)
        lines += _power(f"{harm}: power ≥ ¾ of the CLT's where the CLT keeps its level", kept)
    return lines


def _both(results: Sequence[Result]) -> list[str]:
    """Return the verdicts on power for both harms at once, as a certificate needs it."""
    known = [(each, each.both) for each in results if each.both is not None]
    broken = {_world(each) for each in results for c in each.compared if _invalid(each, c.power)}
    found = [(each, p) for each, p in known if max(each.cell.truth) < 1.0]
    kept = [(each, p) for each, p in found if _world(each) not in broken]
    lines = _power("both harms: power ≥ ¾ of the CLT's", found)
    return lines + _power("both harms: power ≥ ¾ of the CLT's where the CLT keeps its level", kept)


def _world(each: Result) -> tuple[int, str, str, float]:
    """Return what a power cell shares with its boundary."""
    return each.cell.n, each.cell.kind, each.cell.e, each.cell.alpha


def _invalid(each: Result, power: Floats) -> bool:
    """Whether the normal approximation certifies harm above α more often than its level, beyond binomial error."""
    if max(each.cell.truth) <= 1.0:
        return False
    count = round(float(power[CLT]) * each.repeats)
    return clopper_pearson(count, each.repeats)[0] > each.cell.question.level


def _power(what: str, found: Sequence[tuple[Result, Floats]]) -> list[str]:
    """Return one verdict on power."""
    known = [(each, float(p[METHODS.index(OURS)] / p[CLT])) for each, p in found if p[CLT] >= ENOUGH]
    if not known:
        return []
    each, lowest = min(known, key=lambda pair: pair[1])
    weak = [(r, ratio) for r, ratio in known if ratio < POWER]
    missing = "; ".join(f"{where(r)}: {ratio:.2f}" for r, ratio in weak[:SHOWN])
    words = f"{len(known) - len(weak)} of {len(known)} worlds, lowest {lowest:.2f} ({where(each)})"
    return [line(what, not weak, words + (f"; below: {missing}" if weak else ""))]


def where(each: Result) -> str:
    """Return a cell in a few words."""
    cell = each.cell
    if cell.study not in ("boundary", "power"):
        return cell.name
    truth = "" if cell.study == "boundary" else f", truth {cell.truth[0]:g} α"
    shape = f" {cell.shape}" if cell.study == "boundary" else ""
    return f"{cell.name}{shape}, n {cell.n:,}, e {cell.e}, α {cell.alpha:.1%}{truth}"


def line(what: str, met: bool, numbers: str) -> str:  # noqa: FBT001  (a verdict is yes or no)
    """Return one verdict."""
    return f"- {'met' if met else 'NOT met'}: {what}: {numbers}"
