"""A training's result in plain sentences, for people who answer to customers; every figure comes from the report."""

from collections.abc import Mapping
from dataclasses import dataclass

from model.certifying.words import HARMS, shown_up
from model.contracts import JSON
from model.in_words.numbers import counted, digits, number, percent
from model.in_words.rules import Rule, Scale, rule, share_named
from model.manifest import LIFETIME, quotable

OUTCOMES = {"benefit": "benefit", **HARMS}
SCORERS = {
    "average": "the same average effect for everyone",
    "response": "whoever is likely to respond comes first, whatever contact adds",
    "t_logit": "the difference of two logistic models, with contact and without",
    "s_boosting": "one model of boosted trees that knows whether there was contact; the difference that it makes",
    "t_boosting": "the difference of two models of boosted trees, with contact and without",
    "x": "effects imputed in each arm from the other, then learned and mixed (Künzel and others)",
    "r": "what contact explains of what features leave over (Nie and Wager)",
    "dr": "a regression on doubly robust effects of single occasions (Kennedy)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One question of the summary and its answer; `unclear`: neither good nor bad; `more` can be unfolded."""

    question: str
    answer: str
    good: bool
    unclear: bool = False
    more: str = ""


def verdict(report: Mapping[str, JSON]) -> Point:
    """Say in one sentence what may be done with this model."""
    failed = [check["name"] for check in report["gate"]["checks"] if not check["passed"]]
    issued = report["certificate"]["issued"]
    if rule(report).figures["contacted"] == 0.0:
        stopped = f" The gate stopped it: {', '.join(f'“{name}”' for name in failed)}." if failed else ""
        words = f"The model finds no occasion on which contact pays.{stopped} Essential service goes out as before."
        return Point(question="Contact nobody", answer=words, good=False)
    doubts = ", ".join(f"“{each['name']}”" for each in report.get("checks", ()) if each["passed"] is False)
    if report["gate"]["promoted"] and doubts:
        words = f"The gate let it pass, but it failed a sceptic’s check: {doubts}. Find out why before it is promoted."
        return Point(question="In doubt: not yet to be promoted", answer=words, good=False)
    if report["gate"]["promoted"] and issued:
        words = "This model passed every check. A named person may promote it; nothing changes until somebody does."
        return Point(question="Ready to be promoted", answer=words, good=True)
    if report["gate"]["promoted"]:
        words = "It passed every check that applies, but without a certificate nothing but essential service is sent."
        return Point(question="Not certified: no discretionary messages", answer=words, good=False)
    names = ", ".join(f"“{name}”" for name in failed)
    words = f"Do not put this model in charge: it failed {names}. Essential service goes out as before."
    return Point(question="Not to be promoted", answer=words, good=False)


def summary(report: Mapping[str, JSON]) -> list[Point]:
    """Answer the questions that a customer-experience lead would ask, in that order."""
    return [helps(report), who(report), worth(report), costs(report), certified(report), trusted(report)]


def helps(report: Mapping[str, JSON]) -> Point:
    """Does contacting help on average?"""
    effect, scale = report["average_effect"]["benefit"], Scale.of(report)
    figures = _interval(effect, scale.factor)
    base = f"on average over all {report['rows']:,} occasions ({_means(effect, scale)})"
    unclear = effect["low"] <= 0.0 <= effect["high"]
    if effect["low"] > 0.0:
        words = f"Yes. Contact adds {figures} benefits {scale.unit} {base}."
    elif effect["high"] < 0.0:
        words = f"No, it does harm: contact changes benefits by {figures} {scale.unit} {base}."
    else:
        words = f"There is no evidence that it does: {figures} {scale.unit} {base}; the interval includes 0."
    good = effect["low"] > 0.0
    return Point(question="Does contacting customers first help?", answer=words, good=good, unclear=unclear)


def who(report: Mapping[str, JSON]) -> Point:
    """Who benefits?"""
    scale, rate = Scale.of(report), report["rate"]
    if rate["low"] is None or not rate["low"] > 0.0:
        words = "There is no evidence that customers differ: contacting all or none is all that may be proposed."
        return Point(question="Who benefits?", answer=words, good=False)
    words = f"Customers differ. {_ends(report, scale)}{_gain(report)}{_marks(report)}"
    return Point(question="Who benefits?", answer=words, good=True)


def _ends(report: Mapping[str, JSON], scale: Scale) -> str:
    """Say what the first and the last group gain, in a report that has them."""
    groups, part = report.get("groups") or (), share_named(report)
    if not groups:
        return ""
    best, worst = (_interval(groups[k]["net_benefit"], scale.factor) for k in (0, -1))
    return (
        f"The {part} of occasions that the model ranks highest gains {best} {scale.unit}; "
        f"the {part} it ranks lowest, {worst}. "
    )


def _gain(report: Mapping[str, JSON]) -> str:
    """Say what a gain is made of: only what was recorded."""
    known = [words for harm, words in HARMS.items() if report["average_effect"].get(harm)]
    return f"“Gain” is benefit less {' and '.join(known)}, by weight." if known else "“Gain” is benefit alone."


def _marks(report: Mapping[str, JSON]) -> str:
    """Name the three features in which the first and the last group differ most."""
    lines = (report.get("profile") or {}).get("features", [])[:3]
    if not lines:
        return ""
    named = ", ".join(f"{'more' if line['apart'] > 0 else 'less'} “{line['name']}”" for line in lines)
    return f" What sets the first apart from the last most: {named}."


def worth(report: Mapping[str, JSON]) -> Point:
    """What is the rule worth?"""
    scale, value, used = Scale.of(report), report["policy_value"], rule(report)
    share, everyone = used.figures["contacted"], _interval(value["everyone"], scale.factor)
    on = "on the certification half alone"
    certified = used.key == "certified"
    gains = f"{_interval(used.figures, scale.factor)} {scale.unit} over contacting nobody, {on}"
    if share == 0.0:
        words = f"Contact nobody. The model expects no occasion to gain; contacting everyone brings {everyone} "
        words += f"{scale.unit}, {on}."
    elif share == 1.0:
        words = f"The rule is to contact everyone{'' if certified else ' (not certified)'}. That gains {gains}."
    elif certified:
        words = f"Under the certified rule, which contacts {percent(share)} of occasions, contact gains {gains}; "
        words += f"contacting everyone gains {everyone}. {_choosing(used, scale)}"
    else:
        words = f"No rule is certified. At cut-off 0 the model would contact {percent(share)} of occasions and gain "
        words += f"{gains}; contacting everyone gains {everyone}. {_choosing(used, scale)}"
    unclear = used.figures["low"] <= 0.0 <= used.figures["high"]
    return Point(question="What is the rule worth?", answer=words, good=used.figures["low"] > 0.0, unclear=unclear)


def _choosing(used: Rule, scale: Scale) -> str:
    """Say whether choosing is better than contacting everyone."""
    against = used.minus("everyone")
    if against["low"] > 0.0:
        return f"Choosing beats contacting everyone by {_interval(against, scale.factor)}."
    return "Choosing is not shown to beat contacting everyone."


def costs(report: Mapping[str, JSON]) -> Point:
    """What does contact cost customers? Good only where no harm rises, or where the certificate bounds it."""
    found = {name: report["average_effect"].get(harm) for harm, name in HARMS.items()}
    said = [f"{_interval(effect, 1000.0, signed=True)} {name}" for name, effect in found.items() if effect]
    missing = [name for name, effect in found.items() if not effect]
    words = f"If everybody were contacted, 1,000 contacts would bring {' and '.join(said)}." if said else ""
    if missing:
        words = f"{words} {' and '.join(missing).capitalize()} were not recorded, so nobody knows.".strip()
    bounds = report["certificate"]["bounds"]
    if bounds:
        shown = " and ".join(f"{shown_up(1000 * b['bound'])} {HARMS[b['harm']]}" for b in bounds)
        words += f" Under the certified rule, at most {shown} are caused per 1,000 contacts."
    rises = [name for name, effect in found.items() if effect and effect["low"] is not None and effect["low"] > 0.0]
    if rises and not bounds:
        words += f" Contact is shown to cause {' and '.join(rises)}, and no certificate bounds that."
    falls = not missing and all(effect["high"] is not None and effect["high"] <= 0.0 for effect in found.values())
    good = not missing and (bool(bounds) or falls)
    unclear = not (good or missing or rises)
    return Point(question="What does it cost customers?", answer=words, good=good, unclear=unclear)


def certified(report: Mapping[str, JSON]) -> Point:
    """Is the harm certified, and if not, what is missing?"""
    certificate = report["certificate"]
    if not certificate["issued"]:
        words = f"No. {refusal(report)} Until then only essential service is sent."
        return Point(question="Is the harm certified?", answer=words, good=False, more=certificate["reason"])
    words = f"Yes. {quote(report)} It holds for {LIFETIME.days} days from its issue."
    return Point(question="Is the harm certified?", answer=words, good=True)


def quote(report: Mapping[str, JSON]) -> str:
    """Return the certificate's sentence, as stored or, in a report from before it was, from the figures."""
    certificate = report["certificate"]
    return str(certificate["sentence"]) if "sentence" in certificate else quotable(certificate)


def refusal(report: Mapping[str, JSON]) -> str:
    """Say in one sentence of plain words why there is no certificate; the figures are in its reason."""
    missing = [words for harm, words in HARMS.items() if not report["average_effect"].get(harm)]
    check, reason = report["propensity_check"], report["certificate"]["reason"]
    if check.get("estimated"):
        return "The chance of contact was not logged but estimated, and on an estimate nothing can be certified."
    if missing:
        return f"{' and '.join(missing).capitalize()} were not recorded, and what nobody recorded cannot be certified."
    if not check["passed"]:
        return "Contact does not look as it was logged, so no figure of harm can be relied on."
    if rule(report).figures["contacted"] == 0.0 or reason.startswith("no customer"):
        return "Nobody is to be contacted, so there is nothing to certify."
    if reason.startswith("both harms are certified"):
        return "Harm would be low enough, but it is not shown that contact then gains anything."
    return "It is not shown that both harms stay below what is allowed."


def trusted(report: Mapping[str, JSON]) -> Point:
    """Can these figures be trusted?"""
    check = report["propensity_check"]
    controls = [control for control in report["negative_controls"] if control.get("available")]
    silent = sum(bool(control["passed"]) for control in controls)
    asked = [each for each in report.get("checks", ()) if each.get("available") and each["passed"] is not None]
    failed = [each for each in asked if not each["passed"]]
    said = "Contact was drawn as logged"
    if not check["passed"]:
        said = f"The assignment of contact is in doubt: {check['detail']}"
    said += f"; {silent} of {len(controls)} tests on what contact cannot change found nothing, as they should. "
    further = [each for each in asked if not _mentioned(each["name"], report)]
    if further:
        passed = sum(bool(each["passed"]) for each in further)
        said += f"Of {counted(len(further), 'further check')} of a sceptic {passed} passed. "
    said += "".join(f"Failed: {each['name']}: {each['detail']}. " for each in failed)
    said += f"Averages come from {report['rows']:,} occasions, figures on choosing from the part the model never saw."
    good = bool(check["passed"]) and silent == len(controls) and not failed
    return Point(question="Can the figures be trusted?", answer=said, good=good)


def _mentioned(name: str, report: Mapping[str, JSON]) -> bool:
    """Whether a check is one that the answer names before it counts the others: of the draw, or with a placebo."""
    drawn = name in {"sample ratio", "features do not predict the draw"}
    return drawn or "placebo" in name or name in {control["name"] for control in report["negative_controls"]}


def _interval(figure: Mapping[str, JSON], factor: float, *, signed: bool = False) -> str:
    """Write an estimate with its 95 % interval."""
    if figure["estimate"] is None or figure["low"] is None:
        return "an unknown number of"
    low, high = factor * figure["low"], factor * figure["high"]
    n = digits(low, high, 1)
    return f"{number(factor * figure['estimate'], n, signed=signed)} ({number(low, n)} to {number(high, n)})"


def _means(effect: Mapping[str, JSON], scale: Scale) -> str:
    """Write the benefit with contact and without."""
    means = effect.get("means")
    if not means:
        return f"{scale.unit}, 95 % interval in brackets"
    there, without = (number(scale.factor * means[arm]) for arm in ("contacted", "held_out"))
    allowed = "; seen, while the effect allows for who was contacted" if effect.get("method") == "doubly robust" else ""
    return f"{there} with contact, {without} without{allowed}"
