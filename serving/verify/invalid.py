"""What is no value at all: flags out of their range are unreadable rows, limits that loosen are not accepted.

The grids of the other checks hold values of the columns' domains only. Here every other int8 is tried in every flag,
and every limit with what would loosen it, is of another kind, or is no limit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from model.errors import InvalidInput
from serving.policy.columns import YES, Flags, Numbers, Sends, stack
from serving.policy.limits import LONGEST, WORDS, Limits
from serving.verify.classes import FLAGS, NUMBERED
from serving.verify.report import Failure, Part
from serving.verify.subject import Scale, Subject

TIGHTER_IS_LESS: Mapping[str, bool] = MappingProxyType(
    {name: values[1] < values[0] for name, values in NUMBERED.items()}
)
NO_NUMBERS: tuple[Any, ...] = (True, None, "x", 1.5, float("nan"), float("inf"), -1, LONGEST + 1, [], {}, "25:00")
BASES = (  # the default, what is tighter already, and what holds words already: these are only added to
    Limits(),
    replace(Limits(), quiet_start=1200, quiet_end=500, evidence_hours=12, contacts_24h=1),
    replace(Limits(), **{name: frozenset(sorted(words)[:2]) for name, words in WORDS.items()}),  # type: ignore[arg-type]  # sets of words
    replace(Limits(), **WORDS),  # type: ignore[arg-type]  # all of them
)
NO_LIMITS = ("override", "allow", "waive", "evidence", "purposes", "essential", "Switched_off", "")


def out_of_range(subject: Subject, _: Scale) -> Part:
    """Check that a flag out of its range makes its row unreadable, and leaves the rows beside it alone."""
    failures, cases = list[Failure](), 0
    known = Flags(**{name: max(values) if name == "readable" else values[-1] for name, values in FLAGS.items()})
    for name, values in FLAGS.items():
        others = [value for value in range(-128, 128) if value not in values]
        rows = [known, *[known._replace(**{name: value}) for value in others], known]
        c = stack(rows, [Numbers()] * len(rows), [Sends()] * len(rows), 0.0)
        ruling = subject.rule(c, Limits(), subject.filters)
        passed = np.flatnonzero((c.readable[1:-1] == YES) | ~ruling.denied[1:-1]).tolist()
        cases += len(rows)
        if passed or c.readable[0] != YES or c.readable[-1] != YES:
            example = {name: str(others[passed[0]]) if passed else "a value of its own, beside rows out of range"}
            says = (
                "a value that is none of its own is read as if it were" if passed else "its neighbours are unreadable"
            )
            failures.append(Failure(promise=2, check="flags out of range", about=name, says=says, example=example))
    return Part(name="flags out of range", promises=(2,), cases=cases, failures=failures)


def overrides(subject: Subject, _: Scale) -> Part:
    """Check that what configuration may set never loosens, from the default or from what is tighter already."""
    failures, cases = list[Failure](), 0
    for name, value, accepted in _settings():
        cases += 1
        for base in BASES:
            try:
                made = subject.tighten(base, {name: value})
            except InvalidInput:
                continue
            loosened = [
                field.name
                for field in fields(Limits)
                if _looser(field.name, getattr(base, field.name), getattr(made, field.name))
            ]
            lost = name in WORDS and accepted and getattr(made, name) != getattr(base, name) | frozenset(value)
            if not accepted or loosened or lost:
                says = f"configuration may set it to {value!r}" + (
                    f", and `{loosened[0]}` is looser then" if loosened else ", and that is not added to it" * lost
                )
                failures.append(Failure(promise=4, check="what configuration may set", about=name, says=says))
    return Part(name="what configuration may set", promises=(1, 4), cases=len(BASES) * cases, failures=failures[:2])


def _settings() -> Iterator[tuple[str, Any, bool]]:
    for name, values in NUMBERED.items():
        looser = values[0] + (1 if TIGHTER_IS_LESS[name] else -1)
        yield name, looser, False
        yield from ((name, value, True) for value in values)
        yield from ((name, value, False) for value in NO_NUMBERS)
    for name, words in WORDS.items():
        yield from ((name, [word], True) for word in sorted(words))
        yield from ((name, value, False) for value in (True, None, "chat", 1, ["fax"], [None], {"chat": 1}, ["Chat"]))
        yield name, [], True
    yield from ((name, value, False) for name in NO_LIMITS for value in (True, 1, ["chat"]))


def _looser(name: str, before: Any, after: Any) -> bool:
    if name in WORDS:
        return not after >= before
    return bool(after > before if TIGHTER_IS_LESS[name] else after < before)
