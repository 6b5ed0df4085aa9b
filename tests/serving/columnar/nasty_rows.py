"""Batches of candidates for the columnar way: ordinary ones, and ones made of values that could tell two rows apart.

A `#` of a pattern becomes a figure, drawn anew for each row: rows of one pattern differ in their figures alone.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from serving.candidates.columns import FIXED, Kind
from serving.policy.policy import Policy, make_policy
from serving.policy.purposes import CHANNELS, EVENT_TYPES, SERVICES
from serving.policy.templates import parse
from serving.policy_files.templates import load_policy

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAMES = ("parcel", "new_eta", "reason", "window", "line_1", "count")
PATTERNS = (
    *("A-####", "A-##", "PN-###", "#", "##", "Friday", "Monday", "Friday ##:##", "##:##-##:##", "nobody was home"),
    *("# for #", "#for#", "# pro", "#/#", "#/# off", "b#", "b# payday", "s#le", "fr##", "d#scount", "# interest"),
    *("##%", "## %", "## off", "##.##", "##,##", "EUR ##", "##.## EUR", "$#", "# dollars", "#/# preis", "-#", "+##"),
    *("www.a#.com", "a#.com/x", "http://#", "SAVE##", "summer##", "code: ABC##", "call 0## ### ####", "## ### ####"),
    *("Z\u00fcrich #", "\u041f\u0440\u0438\u0432\u0435\u0442 #", "ze\u200bro #", "\u0663 #", "#\u00b2", "caf\u00e9"),
    *("", " ", " A-##", "A-## ", "A-#\n", "A\t#", "n/a", "null", "None", "parcel", "new_eta", "line_1", "line_#"),
    *("x" * 161, "x" * 155 + "######", "x #" * 50, "{parcel} #", "<b>#</b>", "&##;", "%##", "[#]", "f r e e #"),
    *("true", "push", "sms", "2026-11-2#T##:00:00Z", "2026-11-2#T##:00:00", "Free ##", "# free", "50 # off", "#" * 9),
    *("one two three four five six seven #", "uno dos tres cuatro cinco seis siete ocho #", "A", "a-#", "\U0001f600 #"),
)
TEXTS = (
    *(
        "Your parcel A-#### arrives on Friday.",
        "Your parcel is late.",
        "Take # for #, b# payday.",
        "Parcel ##: call us.",
    ),
    *("Parcel A-## now arrives Friday ##:##. Reply to change it.", "# for # today", "Sale: ##% off", "s#le now", "#"),
    *("Your order ## is here.\nLine two ##", "Ihr Paket ## ist da.", "Zur\u00fcck ##", "x " * 1100 + "#", "#" * 5000),
    *("First time here? Ask us ##.", "Hello ##", " ## ", "{parcel} ##", "Reply ## to stop. Your parcel A-## is late."),
)
STEPS = ("Reply to change it.", "Reply ## to stop.", "Reply.", " ", "Call us.", "\u00c4ndern?")
IDS = ("u-#####", "u-#", "cust ##", "\u00fc-##", "x" * 257, "", " u-#", "u\u200b#", "u\x00#")
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Asia/Kolkata",
    "Mars/Phobos",
    "localtime",
    "",
    " ",
    "x" * 65,
    "../etc",
    "UTC",
)
ATTRIBUTES = ("plus", "Z\u00fcrich", "", "n\x00l", "7")
_EXTRA = (
    ("glued", "delivery_update", "Parcel no{parcel} and {new_eta}x come later today.", {"parcel", "new_eta"}, "Reply."),
    (
        "touching",
        "delivery_update",
        "Your parcel {parcel}{new_eta} now arrives later.",
        {"parcel", "new_eta"},
        "Reply.",
    ),
    (
        "figured",
        "delivery_update",
        "Take 2 {parcel} of 24 parcels before {new_eta} day.",
        {"parcel", "new_eta"},
        "Reply.",
    ),
    (
        "stepped",
        "delivery_update",
        "Your parcel {parcel} is late, says {reason} now.",
        {"parcel", "reason"},
        "Reply 1 to stop.",
    ),
    (
        "same_step",
        "delivery_update",
        "Your parcel {parcel} is late. Reply {reason} now.",
        {"parcel", "reason"},
        "Reply 7 now.",
    ),
    ("before", "delivery_update", "Please say b{parcel} payday whether it was late.", {"parcel"}, "Reply."),
    ("many", "delivery_update", "We say {parcel} for {new_eta} as it is late now.", {"parcel", "new_eta"}, "Reply."),
    ("numbered", "delivery_update", "There are {count} parcels for line {line_1} today.", {"line_1"}, "Reply."),
    ("v2", "delivery_update", "Your parcel {parcel} is late.", {"parcel"}, "Reply to change it."),
)


def nasty_policy() -> Policy:
    """Return the shipped policy with templates in which figures could matter."""
    policy = load_policy()
    extra = [
        parse(
            {
                "id": name,
                "purpose": purpose,
                "text": text,
                "facts": dict.fromkeys(facts, "string") | ({"count": "integer"} if "{count}" in text else {}),
                "next_step": step,
            },
            "tests",
        )
        for name, purpose, text, facts, step in _EXTRA
    ]
    return make_policy(policy.limits, [*policy.templates.values(), *extra], policy.wording)


POLICY = nasty_policy()


def filled(pattern: str, chance: np.random.Generator) -> str:
    """Return a pattern with a figure for each `#`, the small ones more often."""
    if "#" not in pattern:
        return pattern
    figures = "".join("0123401234256789"[place] for place in chance.integers(0, 16, pattern.count("#")).tolist())
    parts = pattern.split("#")
    return parts[0] + "".join(figure + part for figure, part in zip(figures, parts[1:], strict=True))


def some(chance: np.random.Generator, pool: Sequence[Any], most: int) -> list[Any]:
    """Draw 1 to `most` values, which may be equal."""
    return [pool[place] for place in chance.integers(0, len(pool), chance.integers(1, most + 1)).tolist()]


def one(chance: np.random.Generator, pool: Sequence[Any]) -> Any:
    """Draw one value."""
    return pool[int(chance.integers(0, len(pool)))]


def nasty_batch(seed: int, rows: int = 96) -> pa.RecordBatch:
    """Return a batch of few patterns and many figures, in layouts that a warehouse could have."""
    chance = np.random.default_rng(seed)
    cells = _message(chance, rows) | _evidence(chance, rows) | _around(chance, rows)
    columns = {name: _array(chance, name, values) for name, values in cells.items()}
    names = [str(name) for name in chance.permutation(list(columns))]
    return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)


def _message(chance: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    """Return purpose, channel, words, facts and the data they are about."""
    template = one(chance, list(POLICY.templates.values()))
    named = sorted({*template.facts, *(some(chance, NAMES, 2) if chance.random() < 0.4 else ())})
    kind = one(chance, sorted(SERVICES[template.purpose].evidence) if chance.random() < 0.9 else sorted(EVENT_TYPES))
    templates = [template.id] * 30 + some(chance, [*POLICY.templates, "no_such", None], 1)
    cells: dict[str, list[Any]] = {name: [] for name in ("purpose", "channel", "evidence.type", "message.template")}
    purposes = [template.purpose] * 8 + some(chance, [*SERVICES, "upsell", "what", "delivery_update2"], 1)
    channels = [*some(chance, [*map(str, CHANNELS)], 2) * 12, *some(chance, [*map(str, CHANNELS), "fax"], 1)]
    texts, steps = some(chance, TEXTS, 3), [None, *some(chance, STEPS, 1)]
    free = chance.random() < 0.3
    for _ in range(rows):
        cells["purpose"].append(template.purpose if chance.random() < 0.9 else one(chance, purposes))
        cells["channel"].append(one(chance, channels))
        cells["evidence.type"].append(
            kind if chance.random() < 0.97 else one(chance, [None, "user.identified", "shipment.lost"])
        )
        cells["message.template"].append(None if free else one(chance, templates))
    if free or chance.random() < 0.2:
        cells["message.text"] = [
            filled(one(chance, texts), chance) if cells["message.template"][row] is None else None
            for row in range(rows)
        ]
        cells["message.next_step"] = [
            filled(step, chance) if text is not None and (step := one(chance, steps)) else None
            for text in cells["message.text"]
        ]
    if SERVICES[template.purpose].until_due and chance.random() < 0.9:
        cells |= _dates(chance, rows)
    for name in named:
        cells |= _fact(chance, name, rows, integer=template.facts.get(name) == "integer")
    return cells


def _fact(chance: np.random.Generator, name: str, rows: int, *, integer: bool) -> dict[str, list[Any]]:
    """Return a fact and what the evidence says of it: the same, nearly the same, or something else."""
    if integer and chance.random() < 0.8:
        numbers: list[Any] = chance.integers(-1, 4, rows).tolist()
        return {f"message.facts.{name}": numbers, f"evidence.data.{name}": numbers}
    patterns = [*some(chance, PATTERNS[:10], 2), *(some(chance, PATTERNS, 2) if chance.random() < 0.4 else ())]
    facts: list[Any] = [filled(one(chance, patterns), chance) for _ in range(rows)]
    equal = one(chance, [1.0, 1.0, 1.0, 0.9, 0.5])
    data: list[Any] = [fact if chance.random() < equal else filled(one(chance, patterns), chance) for fact in facts]
    draw = chance.random()
    if draw < 0.1:
        data = chance.integers(0, 30, rows).tolist()
    elif draw < 0.15:
        facts = [float(number) / 2 for number in chance.integers(0, 9, rows)]
    elif draw < 0.25:
        data = [None if chance.random() < 0.2 else value for value in data]
    cells = {f"message.facts.{name}": facts, f"evidence.data.{name}": data}
    gone = one(chance, [None] * 6 + ["message.facts.", "evidence.data."])
    return (
        cells if gone is None else {column: values for column, values in cells.items() if not column.startswith(gone)}
    )


def _evidence(chance: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    """Return identities, times, and what else the evidence says."""
    users = [filled(one(chance, IDS[:2] * 60 + IDS), chance) for _ in range(rows)]
    cells: dict[str, list[Any]] = {
        "candidate_id": [f"c-{row}" for row in range(rows)],
        "user.id": users,
        "evidence.id": [
            f"ev-{row}" if chance.random() < 0.98 else one(chance, [None, None, "", "e\x00"]) for row in range(rows)
        ],
        "evidence.subject": [
            user if chance.random() < 0.9 else one(chance, [None, "u-1", "u-1", "u-2", "\u00fc"]) for user in users
        ],
        "evidence.time": [_time(chance, ahead=0.02) for _ in range(rows)],
    }
    if chance.random() < 0.3:
        cells["evidence.source"] = [one(chance, ["crm", "crm/2", None]) for _ in range(rows)]
    if chance.random() < 0.4:
        cells["evidence.data.hours"] = _numbers(chance, rows)
    if chance.random() < 0.2:
        cells["evidence.data.at"] = [_time(chance) if chance.random() < 0.9 else None for _ in range(rows)]
    if chance.random() < 0.15:
        cells["evidence.data.deep.er"] = [one(chance, ["x", "7", None, "A-1"]) for _ in range(rows)]
    if chance.random() < 0.2:
        pattern = one(chance, PATTERNS)
        name = one(chance, ["page", "session", "affected", "remind_at", "due_at", "channel", "channels", "incident"])
        cells[f"evidence.data.{name}"] = [filled(pattern, chance) for _ in range(rows)]
    if chance.random() < 0.1:
        cells |= _dates(chance, rows)
    if chance.random() < 0.1:
        cells["evidence.data.affected"] = [[users[row]] if chance.random() < 0.5 else None for row in range(rows)]
    return cells


def _dates(chance: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    """Return what a reminder is asked by: two dates, most of them dates, and channels."""
    cells: dict[str, list[Any]] = {
        "evidence.data.channel": [one(chance, ["push", "push", "sms", "b4", None]) for _ in range(rows)]
    }
    for name in ("remind_at", "due_at"):
        times: list[Any] = [NOW + timedelta(hours=int(hour)) for hour in chance.integers(-30, 30, rows)]
        odd = filled(one(chance, PATTERNS), chance) if chance.random() < 0.5 else None
        if chance.random() < 0.5:
            times = [at.isoformat() if chance.random() < 0.9 else odd for at in times]
        cells[f"evidence.data.{name}"] = times
    return cells


def _numbers(chance: np.random.Generator, rows: int) -> list[Any]:
    if chance.random() < 0.5:
        return [int(number) if number else None for number in chance.integers(0, 30, rows)]
    pool = [1.5, 24.0, float("nan"), 0.0, -0.0, 7.0, None, float("inf")][: 8 if chance.random() < 0.3 else 7]
    return [one(chance, pool) for _ in range(rows)]


def _time(chance: np.random.Generator, ahead: float = 0.0) -> datetime:
    if chance.random() < ahead:
        return NOW + timedelta(minutes=float(chance.random()) * 9)
    return NOW - timedelta(microseconds=int(chance.integers(0, 10**11)))


def _around(chance: np.random.Generator, rows: int) -> dict[str, list[Any]]:
    """Return zones, sessions, expiries, attributes and what is known about the customer; some are no columns."""
    zones = [*ZONES[:3] * 8, *some(chance, ZONES, 2), None]
    odd = chance.random() < 0.2
    counts = [*[0, 0, 1, 5, None] * 20, *([-1, 2.5, 10**16] if odd else [])]
    cells: dict[str, list[Any]] = {
        "user.timezone": [one(chance, zones) for _ in range(rows)],
        "session.id": [one(chance, ["s-1", None]) for _ in range(rows)],
        "expires_at": [one(chance, [None, NOW + timedelta(hours=3), _time(chance)]) for _ in range(rows)],
        "user.attributes.plan": [one(chance, ATTRIBUTES[:3] * 9 + ATTRIBUTES) for _ in range(rows)],
        "user.attributes.spend": [
            one(chance, [*[1.5, None, float("nan")] * 20, *([float("inf")] if odd else [])]) for _ in range(rows)
        ],
        "user.attributes.since": [one(chance, [_time(chance), None]) for _ in range(rows)],
    }
    for name, kind in FIXED.items():
        if name.startswith("context."):
            pool: Sequence[Any] = counts if kind is Kind.COUNT else [True, False, None]
            cells[name] = [
                one(chance, pool) if kind is not Kind.TIME else one(chance, [None, _time(chance)]) for _ in range(rows)
            ]
    return {name: values for name, values in cells.items() if chance.random() < 0.85}


TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))
ZONED: Mapping[str, Any] = {unit: pa.timestamp(unit, tz="UTC") for unit in ("s", "ms", "us", "ns")}


def _array(chance: np.random.Generator, name: str, values: Sequence[Any]) -> pa.Array:
    """Return cells in one of the layouts of their kind."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pa.array(
            values,
            type=one(chance, [pa.null(), pa.string()])
            if "context" not in name and "at" not in name[-4:]
            else pa.null(),
        )
    if kinds == {str}:
        return _sliced(
            chance, pa.array(values, type=TEXT_TYPES[int(chance.integers(0, 9)) % 4 if chance.random() < 0.3 else 0])
        )
    if kinds == {datetime}:
        if chance.random() < 0.2:
            return pa.array([None if value is None else value.isoformat() for value in values], type=pa.string())
        stored = ZONED[one(chance, ["us", "us", "s", "ms", "ns"])]
        return pa.array(values, type=ZONED["us"]).cast(stored, safe=False)
    if kinds <= {int, float} and float in kinds:
        return pa.array([None if value is None else float(value) for value in values], type=pa.float64())
    return _sliced(chance, pa.array(values))


def _sliced(chance: np.random.Generator, column: pa.Array) -> pa.Array:
    """Return the same cells, perhaps as a part of a longer column."""
    if chance.random() < 0.8 or pa.types.is_dictionary(column.type):
        return column
    return pa.concat_arrays([column[:3], column])[3:]
