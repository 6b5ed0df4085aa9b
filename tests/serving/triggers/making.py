"""Made-up conditions with made-up data, and what a strict reader says of them who asks a second implementation.

A condition is a tree of `&&`, `||`, `!` and `?:` over short questions. Each question is put to `cel-python` by itself;
from left to right, one that it cannot answer ends it. That is all the strictness there is, restated in ten lines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from celpy import CELEvalError, Environment, celtypes
from celpy.adapter import json_to_cel

from model.contracts import JSON

NAMES = ("p", "q", "r", "s")
VALUES: tuple[JSON, ...] = (
    *(None, "a", "b", "ab", "", "A-7", "é", "1", "true", True, False, 0, 1, 2, -1, 12, 1.0, 1.5, 12.5, -0.5, 2**53),
    *(["a", "b"], ["a", None], [1, 2], [2.5], [], [None], {"z": 1}, {"z": "a"}, {"z": None}, {}, {"z": {"z": True}}),
)
CONSTANTS = ('"a"', '"1"', '""', "1", "12", "1.5", "-1", "true", "false", '"é"')
LISTS = ('["a", "b"]', "[1, 2]", "[true]", "[1.5, 2]", '["1"]')


@dataclass(frozen=True)
class Made:
    """A condition: a question in the language, or a connective over parts."""

    how: str
    parts: tuple["Made", ...] = ()
    question: str = ""

    @property
    def source(self) -> str:
        """The condition in the language."""
        said = [f"({part.source})" for part in self.parts]
        if self.how == "?":
            return f"{said[0]} ? {said[1]} : {said[2]}"
        return (
            {"!": f"!{said[-1]}", "ask": self.question}.get(self.how, f" {self.how} ".join(said))
            if said
            else self.question
        )

    def questions(self) -> Iterator[str]:
        """All questions in it."""
        if self.question:
            yield self.question
        for part in self.parts:
            yield from part.questions()


def make(rng: np.random.Generator, depth: int) -> Made:
    """A condition of at most this depth."""
    how = str(rng.choice(["&&", "||", "!", "?", "ask"])) if depth else "ask"
    if how == "ask":
        return Made(how, question=question(rng))
    return Made(how, tuple(make(rng, depth - 1) for _ in range({"!": 1, "?": 3}.get(how, 2))))


def question(rng: np.random.Generator) -> str:
    """One comparison, test or look-up."""

    def one(choices: tuple[str, ...]) -> str:
        return choices[int(rng.integers(len(choices)))]

    name = f"event.data.{one(NAMES)}" + one(("", "", "", ".z"))
    made = (
        f"{name} == {one(CONSTANTS)}",
        f"{name} != {one(CONSTANTS)}",
        f"{name} {one(('<', '<=', '>', '>='))} {one(CONSTANTS[:7])}",
        f"{name} in {one(LISTS)}",
        f"has({name})",
        f"{name}.{one(('startsWith', 'endsWith', 'contains'))}({one(CONSTANTS[:1])})",
        f"size({name}) {one(('>', '==', '!='))} {one(('0', '1', '2'))}",
        f"{name} {one(('==', '!='))} event.data.{one(NAMES)}",
        name,
        f"event.data.{one(NAMES)}.{one(('exists', 'all'))}(x, x {one(('==', '!=', '<'))} {one(CONSTANTS[:7])})",
        f'"{one(NAMES)}" in event.data',
        f"{name} + {one(CONSTANTS[:7])} {one(('==', '!='))} {one(CONSTANTS)}",
    )
    return made[int(rng.integers(len(made)))]


def make_data(rng: np.random.Generator) -> dict[str, JSON]:
    """Data in which each name stands four times of five, with any value."""
    return {name: VALUES[int(rng.integers(len(VALUES)))] for name in NAMES if rng.random() < 0.8}


def without_nulls(value: JSON) -> JSON:
    """The data as our rule reads it, said once more: a null is absent, a list with a null is absent."""
    if isinstance(value, Mapping):
        kept = {name: without_nulls(part) for name, part in value.items()}
        return {name: part for name, part in kept.items() if part is not None}
    return None if isinstance(value, list) and None in value else value


class Second:
    """The second implementation; it compiles each source once."""

    def __init__(self) -> None:
        self.environment = Environment()
        self.programs: dict[str, JSON] = {}

    def answer(self, source: str, data: Mapping[str, JSON]) -> bool | None:
        """True, False, or None for an error and for anything that is no truth."""
        if source not in self.programs:
            self.programs[source] = self.environment.program(self.environment.compile(source))
        try:
            found = self.programs[source].evaluate({"event": json_to_cel({"data": data})})
        except (CELEvalError, TypeError):  # it goes through a number, and Python says so
            return None
        return bool(found) if isinstance(found, celtypes.BoolType) else None

    def strictly(self, made: Made, data: Mapping[str, JSON]) -> bool | None:
        """The answer of a reader who goes from left to right and stops at the first question without an answer."""
        if made.how == "ask":
            return self.answer(made.question, data)
        first = self.strictly(made.parts[0], data)
        if first is None:
            return None
        if made.how == "!":
            return not first
        if made.how == "?":
            return self.strictly(made.parts[1 if first else 2], data)
        decided = first if made.how == "||" else not first
        return first if decided else self.strictly(made.parts[1], data)
