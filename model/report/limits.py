"""What a result does not say, in plain sentences: each is there only where the facts call for it."""

from collections.abc import Iterator, Mapping

from model.certifying.words import HARMS
from model.contracts import JSON
from model.gate import LEAST_ROWS
from model.in_words.numbers import counted, number

LEAST_SHARE = 0.5  # of the rows that the weights leave: below it few rows carry much
SMALL_RATE = 0.05  # e below it, or above 1 less it, leaves little to compare with


def limits(report: Mapping[str, JSON]) -> list[str]:
    """Return what this result does not say, the gravest first."""
    return [
        *_assignment(report),
        *_champion(report),
        *_labels(report),
        *_order(report),
        *_learning(report),
        *_scope(report),
        *_always(),
    ]


def _assignment(report: Mapping[str, JSON]) -> Iterator[str]:
    """How contact came about, and how much there is to compare."""
    check, overlap = report["propensity_check"], report["overlap"]
    if check.get("estimated") or overlap.get("estimated"):
        yield (
            "The chance of contact was not logged; it was estimated from the features. What the features do not hold, "
            "such as an agent’s hunch, may explain part of every effect. The value that the gate judged rests on that "
            "estimate, and no certificate can be issued on such data."
        )
    elif not check["passed"]:
        yield "Contact does not look as it was logged. Until that is explained, no effect on this page is safe to use."
    if overlap["lowest"] < SMALL_RATE or overlap["highest"] > 1.0 - SMALL_RATE:
        yield (
            f"For some occasions the chance of contact was as low as {number(overlap['lowest'], 3)} or as high as "
            f"{number(overlap['highest'], 3)}. For those there is little to compare with, and one row can weigh as "
            f"much as {number(overlap['largest_weight'], 0)}."
        )
    if overlap["effective_sample_size"] < LEAST_SHARE * overlap["rows"]:
        yield (
            f"Weights are uneven: {overlap['rows']:,} rows carry the information of about "
            f"{number(overlap['effective_sample_size'], 0)}. The intervals allow for it."
        )
    if overlap.get("clipped"):
        yield f"The estimated chance of contact of {overlap['clipped']:,} rows was clipped; their effects are biased."


def _champion(report: Mapping[str, JSON]) -> Iterator[str]:
    """What the comparison with the model in charge leaves open."""
    against = report.get("champion")
    if not against:
        return
    named = f"the model in charge, version {against['version']}"
    if not against["value"]:
        yield f"The gate could not compare this model with {named}, so nobody knows which is better: {against['note']}."
    elif against["note"]:
        yield f"The gate compared this model with {named}, which contacts nobody now: {against['note']}."
    else:
        yield (
            f"The gate compared this model with {named}. Where that one had learned from occasions that judge here, "
            "the comparison favours it."
        )


def _labels(report: Mapping[str, JSON]) -> Iterator[str]:
    """What was not recorded, and what was recorded as an amount."""
    missing = [words for harm, words in HARMS.items() if not report["average_effect"].get(harm)]
    if missing:
        yield (
            f"{' and '.join(missing).capitalize()} were not recorded. They count as 0 in the net benefit, which may "
            "flatter contact, and their harm cannot be certified."
        )
    if report["qini_sklift"] is None:
        yield (
            "The benefit is an amount, not yes or no. Its intervals hold only in large samples, and a few large "
            "amounts can move them."
        )
    for check in report.get("checks", ()):
        if not check["available"]:
            yield f"Not checked: {check['name']}. {check['detail'][:1].upper()}{check['detail'][1:]}."


def _order(report: Mapping[str, JSON]) -> Iterator[str]:
    """Whether customers differ, and how far the groups can be told apart."""
    rate = report["rate"]
    if rate["low"] is None or not rate["low"] > 0.0:
        yield "There is no evidence that customers differ. The order of the groups may be chance; do not act on it."
    groups = report.get("groups") or []
    if len(groups) > 1:
        yield (
            f"Each group holds about {number(sum(g['rows'] for g in groups) / len(groups), 0)} occasions, so its "
            "interval is wide. Neighbouring groups are rarely told apart; the first and the last often are."
        )
    if len(groups) > 1 and report.get("profile", {}).get("features"):
        yield (
            "The table of features describes whom the model ranks first and last. It does not say that a feature "
            "causes the gain."
        )
    small = [row for row in report["segments"] if not row["judged"] and row["rows"] < LEAST_ROWS]
    if small:
        names = ", ".join(f"{row['column']} = {row['value']}" for row in small)
        yield f"Too few rows to judge these groups by themselves: {names}. A loss there would not be seen."


def _learning(report: Mapping[str, JSON]) -> Iterator[str]:
    """On how much of the data the choice rests."""
    found = report.get("learning") or {}
    rows, used = found.get("d1_rows"), found.get("selection_rows")
    if rows and used and used < rows:
        yield (
            f"Settings were tuned, and the scorers that were compared were taught, on {used:,} of the {rows:,} rows of "
            "the learning part, drawn by hash. All of it compared and calibrated them, and taught the one deployed."
        )


def _scope(report: Mapping[str, JSON]) -> Iterator[str]:
    """For whom a certificate speaks."""
    certificate = report["certificate"]
    if not certificate["issued"]:
        return
    if not certificate["scope"]:
        yield "The table names no purpose and channel. The certificate is a finding; it permits no message."
    else:
        yield (
            f"The certificate covers {counted(len(certificate['scope']), 'pair')} of purpose and channel, "
            "seen in the part of the history that it was made on, and no other."
        )
    yield (
        "What is certified is the average over contacts, not the harm to any one customer or group, and only while "
        "the arms are drawn with the shares that it was computed for."
    )


def _always() -> Iterator[str]:
    """What holds for every result of this method."""
    yield (
        "Effects are of “contact now, then go on as usual”, for customers who passed every policy filter. They say "
        "nothing about anyone else, and nothing about one single customer."
    )
    yield (
        "The data are of one period. Another season, another kind of message or other customers may answer "
        "differently; only later data can tell."
    )
    yield (
        "Intervals hold one by one. Of the many on this page about 1 in 20 misses the truth by chance. Only the light "
        "band of a curve holds for the whole curve."
    )
