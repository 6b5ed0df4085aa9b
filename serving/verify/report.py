"""What was looked at and what was found: numbers, and a counterexample that a person can read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from serving.policy.columns import Numbers
from serving.policy.purposes import CHANNELS, SERVICES
from serving.verify.classes import COUNTS, MINUTES

PROMISES = {
    1: "a message is service because of evidence, never because of a flag",
    2: "unknown means no",
    3: "the score never turns a refusal into a send",
    4: "configuration can tighten the policy, never loosen it",
    5: "adding a harm never turns a no into a yes",
    6: "every filter is heard",
}
MOST_SHOWN = 3  # counterexamples of one check
TRUTHS = {-1: "unknown", 0: "no", 1: "yes"}
WORDS: Mapping[str, Mapping[int, str]] = {
    "purpose": {-2: "a marketing word", -1: "an unknown word", **dict(enumerate(map(str, SERVICES)))},
    "channel": {-1: "none of the six", **dict(enumerate(map(str, CHANNELS)))},
    "mark": {0: "ordinary", 1: "essential", 2: "critical"},
    "ages_as": {0: "ordinary", 1: "essential", 2: "critical", 3: "on a page"},
    "approval": {-1: "unknown", 0: "none", 1: "approved", 2: "changed since"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One promise that does not hold: which check saw it, about what, and where."""

    promise: int
    check: str
    about: str
    says: str
    example: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Return it as lines that can be read."""
        inputs = [f"        {name} = {value}" for name, value in self.example.items()]
        head = f"promise {self.promise} ({PROMISES[self.promise]}) does not hold: `{self.about}`: {self.says}"
        return "\n".join([head, f"    found by: {self.check}", *(["    for example"] if inputs else []), *inputs])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One check: how many cases were evaluated, and what failed (at most a few of each kind are kept)."""

    name: str
    promises: tuple[int, ...]
    cases: int
    failures: Sequence[Failure] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)


def merged(name: str, parts: Iterable[Part]) -> Part:
    """Put the parts of one check together."""
    whole = list(parts)
    return Part(
        name=name,
        promises=tuple(sorted({each for part in whole for each in part.promises})),
        cases=sum(part.cases for part in whole),
        failures=tuple(failure for part in whole for failure in part.failures),
        notes={key: value for part in whole for key, value in part.notes.items()},
    )


def shown(name: str, value: float, now: float) -> str:
    """Write a column's value as a person would say it."""
    if name in Numbers._fields:
        if value != value:  # noqa: PLR0124  (NaN)
            return "unknown"
        if abs(value) == float("inf"):
            return "never (−inf)" if value < 0 else "no end (+inf)"
        if name in COUNTS or name in MINUTES:
            return f"{value:g}"
        return "now" if value == now else f"now {'+' if value > now else '−'} {abs(value - now):.6f} s"
    return WORDS.get(name, TRUTHS).get(int(value), f"{value:g}")


def described(values: Mapping[str, float], now: float) -> dict[str, str]:
    """Write a row's columns as a person would say them."""
    return {name: shown(name, float(value), now) for name, value in values.items()}
