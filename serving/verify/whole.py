"""Random whole rows against the tables: does the ruling equal what each filter's table says, and nothing else?

Values are drawn anywhere inside their classes, not at the representatives, and around random instants: a class that is
none, a filter that looks at its neighbours and an engine that mixes answers up would all show here.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from serving.policy.columns import YES, Columns, Flags, Ints, Numbers
from serving.policy.engine import FAILED, NOT_ASKED, PASS, PLACE, REFUSE, WAIVED, Filter, Ruling
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES
from serving.verify.classes import FLAGS, TIMES, Axis, axis
from serving.verify.composition import declared, differing
from serving.verify.demands import NEITHER, STEPS, WORSE
from serving.verify.promises import NOW
from serving.verify.report import Failure, Part, described
from serving.verify.subject import Scale, Subject
from serving.verify.support import support
from serving.verify.tables import NO_TO_SEND, SILENT, UNJUDGED, Support, columns, table

Places = Mapping[str, NDArray[np.intp]]
CHUNK = 50_000  # rows
ALONE = 300  # of a chunk are ruled once more, each by itself
STRICT = Limits(
    quiet_start=1259,
    quiet_end=481,
    contacts_24h=1,
    contacts_7d=3,
    essential_24h=9,
    cooling_off_days=15,
    dismissal_days=31,
    dwell_seconds=31,
    evidence_hours=23,
    essential_hours=71,
    widget_minutes=4,
    switched_off=frozenset({"remediation"}),
    channels_off=frozenset({"push"}),
    opt_out_binds=frozenset({"sms", "email"}),
)
SETTINGS = (Limits(), STRICT)


def of_rows(subject: Subject, scale: Scale, part: int, parts: int) -> Part:
    """Rule one part of the random rows, half of them under tightened limits."""
    rng = np.random.default_rng([scale.seed, part])
    left = cases = scale.rows // parts
    passed, failures = 0, list[Failure]()
    while left > 0 and not failures:
        rows, now = min(left, CHUNK), float(rng.integers(10**9, 3 * 10**9)) + float(rng.integers(0, 4)) / 4
        setting = int(rng.integers(len(SETTINGS)))
        places, c = drawn(rng, rows, now, scale)
        ruling = subject.rule(c, SETTINGS[setting], subject.filters)
        passed += int((~ruling.denied & ~ruling.held).sum())
        failures += _compared(ruling, foretold(subject, scale, SETTINGS[setting], places, c), c)
        failures += _alone(subject, SETTINGS[setting], c, ruling, rng)
        left -= rows
    if not passed and scale.whole:
        says = "not one of the random rows passes: what is always refused proves nothing"
        failures.append(Failure(promise=6, check="random whole rows", about="the policy", says=says))
    notes = {f"random rows that pass, part {part + 1}": passed}
    return Part(name="random whole rows", promises=(2, 4, 5, 6), cases=cases, failures=failures, notes=notes)


def drawn(rng: Generator, rows: int, now: float, scale: Scale) -> tuple[Places, Columns]:
    """Draw whole rows: the class of each column, and a value anywhere in it; most columns are harmless on most rows."""
    trouble = rng.choice([0.0, 0.02, 0.1, 0.5, 1.0], size=rows)
    places, values = {}, {}
    inside = rng.random((rows, len(axis(TIMES[0], now))))  # all times of a row: the same place in the same class
    for name in (*Flags._fields, *Numbers._fields):
        classes = axis(name, now, minutes=scale.clock())
        harmless = np.full(rows, _harmless(name, classes))
        anything = rng.integers(len(classes), size=rows)
        free = name in NEITHER and name not in {"readable", "minute"}
        place = places[name] = np.where(free | (rng.random(rows) < trouble), anything, harmless)
        share = inside[np.arange(rows), place] if name in TIMES else rng.random(rows)
        low, high = classes.low[place], classes.high[place]
        with np.errstate(invalid="ignore"):
            values[name] = np.where(low == high, low, low + share * (high - low))
    return places, columns(values, rows, now)


def _harmless(name: str, classes: Axis) -> int:
    """Return the place of the class that is no reason for a no."""
    if name in STEPS:
        return FLAGS[name].index(STEPS[name][0][0])
    if name in FLAGS:
        return FLAGS[name].index(YES)
    if name in WORSE and name != "due_at":
        return 0 if WORSE[name] > 0 else len(classes) - 2
    return int(np.searchsorted(classes.values[:-1], 720)) if name == "minute" else len(classes) - 1  # NaN


@lru_cache(maxsize=64)
def _tabled(each: Filter, limits: Limits, scale: Scale) -> tuple[Support, Ints]:
    found = support(each, NOW)
    return found, table(each, found, NOW, scale.clock()).states(limits)


def foretold(subject: Subject, scale: Scale, limits: Limits, places: Places, c: Columns) -> Ruling:
    """Return the ruling that the filters' tables make together."""
    shape = len(POLICY_CODES), c.rows
    verdicts, failed = np.full(shape, NOT_ASKED, dtype=np.int8), np.zeros(shape, dtype=np.bool_)
    unreadable = c.readable != YES
    for each in subject.filters:
        found, states = _tabled(each, limits, scale)
        state = states[tuple(places[name] for name in found.columns)]
        spared = declared(each.code, c.mark, c.channel, limits)
        said = np.where(state == NO_TO_SEND, np.where(spared, WAIVED, REFUSE), PASS)
        verdicts[PLACE[each.code]] = np.where((state == SILENT) | (state == UNJUDGED) | unreadable, NOT_ASKED, said)
        failed[PLACE[each.code]] = (state == UNJUDGED) & ~spared
    verdicts[PLACE[FAILED]] = np.where(failed.any(axis=0) | unreadable, REFUSE, PASS)
    no, denies = verdicts == REFUSE, PLACE[FAILED] + 1  # the engine's own code is the last that denies
    return Ruling(verdicts, failed, no[:denies].any(axis=0), no[denies:].any(axis=0))


def _compared(ruling: Ruling, wanted: Ruling, c: Columns) -> Iterator[Failure]:
    for code, row, says in differing(ruling, wanted, c.readable == YES):
        yield _failure(c, row, code, says.replace("the filters' answers make", "its table says"))


def _alone(subject: Subject, limits: Limits, c: Columns, ruling: Ruling, rng: Generator) -> Iterator[Failure]:
    for row in rng.integers(c.rows, size=min(ALONE, c.rows)).tolist():
        alone = subject.rule(_row(c, row), limits, subject.filters)
        if not np.array_equal(alone.verdicts[:, 0], ruling.verdicts[:, row]):
            code = POLICY_CODES[int(np.flatnonzero(alone.verdicts[:, 0] != ruling.verdicts[:, row])[0])]
            yield _failure(c, row, code, "is answered otherwise among other rows than alone")
            return


def _row(c: Columns, row: int) -> Columns:
    values = {name: getattr(c, name)[row : row + 1] for name in (*Flags._fields, *Numbers._fields)}
    return columns(values, 1, c.instant)


def _failure(c: Columns, row: int, code: str, says: str) -> Failure:
    example = {name: float(getattr(c, name)[row]) for name in (*Flags._fields, *Numbers._fields)}
    return Failure(promise=6, check="random whole rows", about=code, says=says, example=described(example, c.instant))
