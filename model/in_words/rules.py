"""What a report's figures are called and scaled by, and the rules it compares: words for pages, without any drawing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from model.contracts import JSON

SCORER_NAMES = {
    "average": "same for everyone",
    "response": "likely responders",
    "t_logit": "two logistic models",
    "s_boosting": "boosted trees, one model",
    "t_boosting": "boosted trees, two models",
    "x": "X (imputed effects)",
    "r": "R (residuals)",
    "dr": "DR (robust effects)",
}
TENTHS = 10  # groups of equal size: all of them, where the scores differ
HUNDRED = "per 100 occasions"
POLICY_NAMES = {
    "certified": "certified rule",
    "model": "model, cut-off 0",
    "response": "likely responders first",
    "random": "as many, at random",
    "everyone": "contact everyone",
    "nobody": "contact nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """By what figures are multiplied for people to read, and what they then are.

    `factor` and `unit` are those of benefits and net benefits; a harm is a rate, whatever the benefit is.
    """

    factor: float
    unit: str

    @classmethod
    def of(cls, report: Mapping[str, JSON]) -> Self:
        """Return the scale of a report: only a 0/1 benefit has a Qini by counts."""
        if report["qini_sklift"] is None:
            return cls(factor=1.0, unit="benefit per occasion")
        return cls(factor=100.0, unit=HUNDRED)

    def of_outcome(self, name: str) -> tuple[float, str]:
        """Return factor and unit of one outcome's effect: harms are per 100 even where a benefit is an amount."""
        return (self.factor, self.unit) if name == "benefit" else (100.0, HUNDRED)


def policy_names(report: Mapping[str, JSON]) -> dict[str, str]:
    """Return the policies to compare, the rule in use first; one that is the same as another is left out."""
    value, used = report["policy_value"], rule(report)
    left_out = {"certified"} if value.get("certified") is None else set()
    if used.key == "certified" and _same(used):
        left_out.add("model")
    if used.figures["contacted"] in {0.0, 1.0}:
        left_out.add("random")
    if any(scorer["chosen"] and scorer["name"] == "response" for scorer in report["scorers"]):
        left_out.add("response")
    return {key: words for key, words in POLICY_NAMES.items() if key not in left_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule that a reader cares for: `key` is `certified`, or `model` (cut-off 0) where nothing is certified."""

    key: str
    figures: Mapping[str, JSON]
    differences: Mapping[str, Mapping[str, JSON]]

    def of(self, other: str, report: Mapping[str, JSON]) -> Mapping[str, JSON]:
        """Return a policy's figures; `random` contacts as many as this rule does."""
        own = self.figures if other == "random" and "random" in self.figures else report["policy_value"]
        found: Mapping[str, JSON] = own[other]
        return found

    def minus(self, other: str) -> Mapping[str, JSON]:
        """Return the paired difference from another policy."""
        return self.differences[f"{self.key}_minus_{other}"]


def rule(report: Mapping[str, JSON]) -> Rule:
    """Return the certified rule, which would be used, or the model's at cut-off 0 without a certificate."""
    value = report["policy_value"]
    found = value.get("certified")
    if found is None:
        return Rule(key="model", figures=value["model"], differences=value["differences"])
    return Rule(key="certified", figures=found, differences=found["differences"])


def share_named(report: Mapping[str, JSON]) -> str:
    """Return what a group is called: a tenth of occasions, or, where equal scores left fewer than ten, a group."""
    return "tenth" if len(report.get("groups") or ()) == TENTHS else "group"


def constant(report: Mapping[str, JSON]) -> bool:
    """Whether the model gives everybody the same score: then there is no order, and nothing to draw by it."""
    return report["calibration"]["slope"] is None and len(report.get("groups") or ()) <= 1


def _same(used: Rule) -> bool:
    """Whether the certified rule contacts the very rows that the model does at cut-off 0."""
    gap = used.minus("model")
    return bool(gap["estimate"] == 0.0 and gap["low"] == gap["high"])
