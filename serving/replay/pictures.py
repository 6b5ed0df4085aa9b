"""Differences as points with their intervals, to be drawn as inline SVG: a line for each outcome, one scale for all.

The text stands beside them in HTML, so that it is as large on a phone as anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from model.contracts import JSON
from model.in_words.numbers import digits, number
from serving.replay.judgement import BETTER, side
from serving.replay.tables import OUTCOMES
from serving.replay.units import by_unit

TONES = {1: "yes", -1: "no", 0: "soft"}
EDGE = 4.0  # of a hundred, left free on either side


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One outcome: its words, where point and ends of the interval and 0 lie on a line from 0 to 100, its tone."""

    label: str
    said: str
    zero: float
    low: float
    point: float
    high: float
    tone: str


def differences(effects: Mapping[str, JSON]) -> list[Line]:
    """Return the outcomes that have a figure, by 1,000 contacts where these change one way, else by 1,000 occasions."""
    found = {name: figure for name, each in effects["outcomes"].items() if (figure := by_unit(each))}
    ends = [1000.0 * each[end] for each in found.values() for end in ("low", "high")]
    least, most = min([0.0, *ends]), max([0.0, *ends])
    width = most - least or 1.0

    def place(value: float) -> float:
        inside: float = (1000.0 * value - least) / width
        return round(EDGE + (100.0 - 2.0 * EDGE) * inside, 2)

    return [
        Line(
            label=OUTCOMES[name].capitalize(),
            said=_said(each),
            zero=place(0.0),
            low=place(each["low"]),
            point=place(each["estimate"]),
            high=place(each["high"]),
            tone=TONES[side(each, BETTER[name])],
        )
        for name, each in found.items()
    ]


def _said(each: Mapping[str, JSON]) -> str:
    value, low, high = (1000.0 * each[name] for name in ("estimate", "low", "high"))
    n = digits(low, high, 1)
    return f"{number(value, n, signed=True)} ({number(low, n, signed=True)} to {number(high, n, signed=True)})"
