"""Batches in which it hangs on single cells whether a text is tied to its evidence: short values, figures everywhere.

Rows of one class differ in nothing but such cells: numbers that no fact repeats, one or two letters, figures of a
template's own words, days and times that a text repeats.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from serving.policy.policy import Policy, make_policy
from serving.policy.templates import parse
from tests.serving.candidate_examples import TYPES, candidate
from tests.serving.columnar.nasty_rows import NOW, POLICY, filled, one, some

SHORT = (
    *("B", "b", "A", "7", "-", "_", "/", "\u00e9", "\u00df", "\u00b2", "\u0663", "x"),
    *("#", "#", "##", "A#", "#A", "#-", "-#", "A-", "-A", "(#)", "#.", ".#", "_#", "#_", "B7", "AB", "a#", "+#", "#:#"),
    *(
        "A-##",
        "door",
        "Door",
        "late",
        "LATE",
        "the",
        "24",
        "3",
        "3 parcels",
        "B #",
        "# B",
        "#/#",
        "#/# a",
        "fi",
        "\ufb01",
    ),
    *("2026-11-2#", "2026-11-2#T0#:00:00Z", "1#", "2#.5", "-3", "3.0", "03", "", " ", "B ", " #", "n/a", "count"),
)
LETTERS = ("B", "b", "-", "_", "\u00e9", "x", "(", "\u00df", "5", "#")  # of which the figures alone tie a text
NOTES = (
    "at the door",
    "3",
    "24",
    "late",
    "parcels",
    "B",
    "A-##",
    "##",
    "#",
    "door B",
    "until 24",
    "STRASSE",
    "7 B",
    "day",
)
NAMES = ("door", "count", "line", "parcels", "hours", "at", "note", "session", "page", "day", "affected", "channel")
WORDS = (
    "Your delivery at door {door}: {count} parcels are late until the evening.",
    "Your 3 parcels at door {door} are late, {line} says, until 24 hours have gone.",
    "{door} is where your delivery is late until the evening",
    "Your delivery is late until the evening at door ({door})/{line}.",
    "Your delivery is late at door {door}{line}, until the evening.",
    "Your delivery is late at door x{door}, or at {line}2, until the evening.",
    "Your delivery is late until the evening at -{door}- or _{line}_.",
    "Your delivery is late until the evening of 2026-11-21, at door {door}.",
    "Your delivery is late until the evening. There are 7, 3 or 24 parcels.",
    "Your delivery at stra\u00dfe {door} is late until the evening, says {line}.",
)
STEPS = ("Reply to change it.", "Reply B.", "Reply 3 to change it.")


def tied_policy() -> Policy:
    """Return the usual templates, and such as say letters, figures and days of their own."""
    extra = []
    for number, text in enumerate(WORDS):
        facts = {name: "string" for name in ("door", "line") if f"{{{name}}}" in text}
        for kind in ("integer", "number", "string") if "{count}" in text else ("string",):
            said = facts | ({"count": kind} if "{count}" in text else {})
            entry = {"id": f"tied_{number}_{kind}", "purpose": "delivery_update", "text": text, "facts": said}
            extra.append(parse(entry | {"next_step": STEPS[number % len(STEPS)]}, "tests"))
    return make_policy(POLICY.limits, [*POLICY.templates.values(), *extra], POLICY.wording)


TIED = tied_policy()
OWN = [name for name in TIED.templates if name.startswith("tied_")]


def tied_batch(seed: int, rows: int = 64) -> pa.RecordBatch:
    """Return rows of one or two templates, which are tied to their evidence by one cell or another, or by none."""
    chance = np.random.default_rng(seed)
    free, lonely = chance.random() < 0.1, chance.random() < 0.3
    templates = some(chance, OWN, 1 if lonely else 2)
    cells: dict[str, list[Any]] = {name: [] for name in candidate() if ".facts." not in name and ".data." not in name}
    for row in range(rows):
        usual = candidate(row, message__template=None if free else one(chance, templates))
        for name, values in cells.items():
            values.append(usual[name])
    cells["channel"] = [one(chance, ["push", "push", "push", "widget"]) for _ in range(rows)]
    if chance.random() < 0.2:
        cells["evidence.type"] = [one(chance, ["shipment.delayed", "page.dwelled", "incident.opened"])] * rows
    if free:
        texts = some(chance, WORDS, 2)
        cells["message.text"] = [_spoken(chance, one(chance, texts)) for _ in range(rows)]
        cells["message.next_step"] = [one(chance, STEPS)] * rows
    arrays = {name: pa.array(values, type=TYPES.get(name)) for name, values in cells.items()}
    for name in _names(chance, [] if free else templates):
        kinds = {TIED.templates[each].facts.get(name) for each in templates}
        arrays |= _letters(chance, name, rows, kinds) if lonely else _fact(chance, name, rows, kinds)
    for name in some(chance, NAMES, 3):
        arrays.setdefault(f"evidence.data.{name}", _numbers(chance, rows) if lonely else _data(chance, rows))
    return pa.RecordBatch.from_pydict(arrays)


def _spoken(chance: np.random.Generator, text: str) -> str:
    for name in ("door", "line", "count"):
        text = text.replace(f"{{{name}}}", filled(one(chance, ("B", "#", "A#", "24")), chance))
    return text


def _names(chance: np.random.Generator, templates: Sequence[str]) -> list[str]:
    """Return the facts of these templates, sometimes with one that none of them says."""
    said = sorted({name for each in templates for name in TIED.templates[each].facts})
    return [*said, *(some(chance, NAMES[:6], 1) if chance.random() < 0.3 else ())]


def _letters(chance: np.random.Generator, name: str, rows: int, kinds: set[str | None]) -> dict[str, pa.Array]:
    """Return a fact that ties nothing: one letter, which the evidence says too, or a number that it does not say."""
    if "string" not in kinds:
        return {f"message.facts.{name}": pa.array([one(chance, [3, 7, 24])] * rows)}
    text = filled(one(chance, LETTERS), chance)
    return {f"message.facts.{name}": pa.array([text] * rows), f"evidence.data.{name}": pa.array([text] * rows)}


def _numbers(chance: np.random.Generator, rows: int) -> pa.Array:
    """Return numbers that no fact repeats, some of which the texts say."""
    return pa.array([one(chance, [3, 3, 7, 24, 2, 1, -3, 0, None]) for _ in range(rows)], type=pa.int64())


def _fact(chance: np.random.Generator, name: str, rows: int, kinds: set[str | None]) -> dict[str, pa.Array]:
    """Return a fact, and perhaps what the evidence says under its name: mostly the same."""
    patterns = some(chance, SHORT, 2)
    facts = [filled(one(chance, patterns), chance) for _ in range(rows)]
    fact, data = f"message.facts.{name}", f"evidence.data.{name}"
    if kinds & {"integer", "number"} or chance.random() < 0.05:
        numbers = pa.array(chance.integers(-1, 5, rows) * one(chance, [1, 1, 1, 12]))
        numbers = numbers.cast(pa.float64()) if chance.random() < 0.3 else numbers
        found = {fact: numbers, data: numbers}
    elif chance.random() < 0.15:
        found = _days(chance, fact, data, rows)
    else:
        equal = one(chance, [1.0, 1.0, 0.8, 0.0])
        again = [text if chance.random() < equal else filled(one(chance, patterns), chance) for text in facts]
        found = {fact: pa.array(facts), data: pa.array(again)}
    draw = chance.random()
    if draw < 0.2:
        found.pop(data)
    elif draw < 0.35:
        found[data] = _data(chance, rows)
    elif draw < 0.4:
        found[data] = pa.array([text if chance.random() < 0.8 else None for text in found[data].to_pylist()])
    return found


def _days(chance: np.random.Generator, fact: str, data: str, rows: int) -> dict[str, pa.Array]:
    """Return a text and a day or time, either of which may be on record."""
    days = [date(2026, 11, 20) + timedelta(days=int(day)) for day in chance.integers(0, 3, rows)]
    if chance.random() < 0.5:
        stored, texts = pa.array(days), [day.isoformat() for day in days]
    else:
        stored = pa.array([NOW] * rows, type=pa.timestamp("us", tz="UTC"))
        texts = [f"2026-11-20T1{figure}:00:00Z" for figure in chance.integers(1, 4, rows)]
    columns = [pa.array(texts), stored]
    return dict(zip((fact, data), columns if chance.random() < 0.7 else reversed(columns), strict=True))


def _data(chance: np.random.Generator, rows: int) -> pa.Array:
    """Return cells that no fact repeats: small numbers, times, days, truths, or short texts."""
    draw = chance.random()
    if draw < 0.4:
        return _numbers(chance, rows)
    if draw < 0.5:
        return pa.array(
            [one(chance, [3.0, 24.0, 2.5, float("nan"), None, -0.0]) for _ in range(rows)], type=pa.float64()
        )
    if draw < 0.6:
        return pa.array([date(2026, 11, 20) + timedelta(days=int(day)) for day in chance.integers(0, 3, rows)])
    if draw < 0.65:
        return pa.array([one(chance, [True, False, None]) for _ in range(rows)], type=pa.bool_())
    if draw < 0.7:
        return pa.array(
            [NOW + timedelta(days=int(day)) for day in chance.integers(0, 3, rows)], pa.timestamp("us", "UTC")
        )
    patterns = some(chance, NOTES if chance.random() < 0.5 else SHORT, 2)
    return pa.array([filled(one(chance, patterns), chance) for _ in range(rows)])
