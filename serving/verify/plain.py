"""Nothing is missing: one filter for each code, and each harm alone refuses a row that is otherwise good.

Plain good rows (of each mark, reaching out, in the chat, in the widget, free text, reminder, help on a page, …) get one
column after the other at each of its classes. The whole ruling must be what `refused.REFUSED` and the marks say: the
same codes, no others. Somewhere each harm must turn a yes into a no, and each column must be some filter's to read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.policy.columns import NAN, NEVER, NO, NO_END, UNKNOWN, YES, Columns, Flags, Mask, Numbers
from serving.policy.engine import FAILED, PLACE, REFUSE
from serving.policy.limits import TIGHTER, Limits
from serving.policy.reasons import POLICY_CODES
from serving.verify.classes import FLAGS, axis, tightenings
from serving.verify.composition import declared
from serving.verify.demands import CRITICAL, DEMANDS, ESSENTIAL, ONBOARDING, STEPS, WIDGET_PLACE, stands
from serving.verify.evidence import ON_A_PAGE
from serving.verify.promises import NOW, harms
from serving.verify.refused import IN_SESSION_HELP, REFUSED, SILENT
from serving.verify.report import MOST_SHOWN, Failure, Part, described
from serving.verify.subject import Scale, Subject
from serving.verify.support import support
from serving.verify.tables import columns

Row = Mapping[str, float]
CODES = tuple(code for code in POLICY_CODES if code != FAILED)
COLUMNS = (*Flags._fields, *Numbers._fields)
AGO = 200.0  # seconds: the evidence of every plain row, young enough for a page
GOOD: Row = MappingProxyType(  # an ordinary template that reaches out in the chat, by day, to somebody who wants it
    dict.fromkeys(Flags._fields, YES)
    | {name: steps[0][0] for name, steps in STEPS.items()}
    | {"purpose": 0, "channel": 0, "mark": 0, "ages_as": 0, "live": NO, "own": UNKNOWN}
    | {"evidence_time": NOW - AGO, "expires_at": NO_END, "minute": 720.0, "minute_too": NAN, "due_at": NAN}
    | dict.fromkeys(("contacts_60m", "contacts_24h", "contacts_7d"), 0.0)
    | dict.fromkeys(("remind_at", "last_inbound", "last_complaint", "dismissed_at"), NEVER)
    | dict.fromkeys(("settled_since", "widget_messages"), NEVER)
)
_INSIDE = {"outbound": NO, "live": YES, "own": YES, "settled_since": NOW - 60.0}
_WIDGET = _INSIDE | {"channel": WIDGET_PLACE, "widget_messages": 0.0}
KINDS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "reaching out": {},
        "in the chat": _INSIDE,
        "in the widget": _WIDGET,
        "a free text": {"templated": NO, "same_purpose": NO},
        "a free text in the chat": _INSIDE | {"templated": NO, "same_purpose": NO},
        "an unapproved text in the chat": _INSIDE | {"templated": NO, "same_purpose": NO, "approval": NO},
        "a reminder": {"purpose": 4, "channel": 4, "remind_at": NOW - 60.0, "due_at": NOW + 60.0},
        "a silent one": {"purpose": SILENT},
        "help on a page": _WIDGET | {"purpose": IN_SESSION_HELP, "ages_as": ON_A_PAGE},
        "a welcome": _WIDGET | {"purpose": ONBOARDING, "ages_as": ON_A_PAGE},
        "a text for newcomers": {"newcomer": YES},
        "to a returning customer": {"returning": YES},
        "two clocks": {"minute_too": 900.0},
    }
)
MARKS = (0, ESSENTIAL, CRITICAL)


@dataclass(frozen=True, eq=False)
class Singles:
    """Plain rows with one column changed: which kind and column each is, at which of its classes (−1: beside them)."""

    kinds: Sequence[str]
    changed: Sequence[str]
    places: Sequence[int]
    rows: Columns

    def example(self, row: int) -> dict[str, str]:
        """Return the row as a person would say it."""
        value = {self.changed[row]: float(getattr(self.rows, self.changed[row])[row])}
        return {"a row that is otherwise good": self.kinds[row]} | described(value, NOW)


@lru_cache(maxsize=4)
def singles(clock: tuple[int, ...]) -> Singles:
    """Return every kind of plain row with every column at each of its classes."""
    kinds, changed, places = list[str](), list[str](), list[int]()
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
    for (kind, own), mark in product(KINDS.items(), MARKS):
        row = {**GOOD, **own, "mark": mark, "ages_as": own.get("ages_as", mark)}
        for name in COLUMNS:
            values = [*axis(name, NOW, minutes=clock).values, *_beside(name, row)]
            kinds += [f"{kind}, {('ordinary', 'essential', 'critical')[mark]}"] * len(values)
            changed += [name] * len(values)
            places += [*range(len(values) - len(_beside(name, row))), *([-1] * len(_beside(name, row)))]
            for each in COLUMNS:
                parts[each].append(np.array(values) if each == name else np.full(len(values), row[each]))
    whole = {name: np.concatenate(values) for name, values in parts.items()}
    return Singles(kinds, changed, places, columns(whole, len(kinds), NOW))


def _beside(name: str, row: Row) -> tuple[float, ...]:
    """Return values at which something changes that is no class: when this row's evidence happened."""
    at = row["evidence_time"]
    return (at - 1e-6, at, at + 1e-6) if name == "last_inbound" else ()


def limits_of(scale: Scale) -> Iterator[Limits]:
    """Yield the default, each class of each number, and each word of each set alone."""
    yield Limits()
    for name in TIGHTER:
        values, _ = tightenings(name)
        one = [each for each in values[1:] if not isinstance(each, frozenset) or len(each) == 1]
        yield from (replace(Limits(), **{name: each}) for each in one[:: scale.thin])  # type: ignore[arg-type]  # its own kind


def plain_rows(subject: Subject, scale: Scale) -> Part:
    """Check the ruling of every plain row with one column changed, under each limit, code by code."""
    made, cases = singles(scale.clock()), 0
    failures, felt_by_nobody = dict[tuple[int, str], Failure](), dict[tuple[int, str], Failure]()  # the first of each
    for limits in limits_of(scale):
        refused = np.asarray(subject.rule(made.rows, limits, subject.filters).verdicts == REFUSE)
        cases += made.rows.rows
        for code, row, promise, says in _compared(made.rows, limits, refused):
            example = made.example(row) | _set(limits)
            failure = Failure(promise=promise, check="one harm alone", about=code, says=says, example=example)
            failures.setdefault((promise, code), failure)
        if limits == Limits():
            felt_by_nobody = {(5, f"a harm to `{each.about}`"): each for each in _harmless(made, refused)}
    failures |= felt_by_nobody
    return Part(name="one harm alone", promises=(2, 5, 6), cases=cases, failures=[*failures.values()][:MOST_SHOWN])


def _set(limits: Limits) -> dict[str, str]:
    loose = Limits()
    given = {name: getattr(limits, name) for name in TIGHTER if getattr(limits, name) != getattr(loose, name)}
    return {f"limits.{name}": str(value) for name, value in given.items()}


def _compared(c: Columns, limits: Limits, refused: Mask) -> Iterator[tuple[str, int, int, str]]:
    """Yield (code, row, promise, what is wrong): what is known is refused as the contract says, by this very code."""
    readable = c.readable == YES
    for code in CODES:
        spared = declared(code, c.mark, c.channel, limits)
        doubted, needed = np.zeros(c.rows, dtype=np.bool_), np.zeros(c.rows, dtype=np.bool_)
        for demand in DEMANDS[code]:
            unknown = c.unknown(demand.needs)
            doubted |= unknown
            needed |= unknown & stands(c, demand.where)
        wanted = np.asarray(REFUSED[code](c, limits)) & ~spared & readable & ~doubted
        said = refused[PLACE[code]]
        yield from _first(code, wanted & ~said, 5, "does not refuse this harm alone")
        yield from _first(code, said & ~doubted & ~wanted, 6, "refuses what the contract does not refuse")
        silent = needed & ~spared & ~(said | refused[PLACE[FAILED]])
        yield from _first(code, silent, 2, "neither it nor `filter_failed` refuses what is unknown")
    yield from _first(FAILED, ~readable & ~refused[PLACE[FAILED]], 2, "does not refuse a row that cannot be read")


def _first(code: str, wrong: Mask, promise: int, says: str) -> Iterator[tuple[str, int, int, str]]:
    yield from ((code, row, promise, says) for row in np.flatnonzero(wrong)[:1].tolist())


def _harmless(made: Singles, refused: Mask) -> Iterator[Failure]:
    """Yield each harm that never turns a yes into a no: each step of a flag, and of a number one step at least."""
    permitted = np.logical_not(refused.any(axis=0)).tolist()
    passes = dict(zip(zip(made.kinds, made.changed, made.places, strict=True), permitted, strict=True))
    for name in COLUMNS:
        places = max(place for changed, place in zip(made.changed, made.places, strict=True) if changed == name)
        steps = [*harms(name, places + 1)]
        felt = {
            (before, after)
            for kind in dict.fromkeys(made.kinds)
            for before, after in steps
            if passes[kind, name, before] and not passes[kind, name, after]
        }
        if steps and (felt < {*steps} if name in FLAGS else not felt):
            says = "a harm to it refuses nothing, whatever the row"
            yield Failure(promise=5, check="one harm alone", about=name, says=says)


def one_each(subject: Subject, scale: Scale) -> Part:
    """Check that there is exactly one filter for each code, and that each column is some filter's to read."""
    there = Counter(each.code for each in subject.filters)
    made = singles(scale.clock())
    refused = np.asarray(subject.rule(made.rows, Limits(), subject.filters).verdicts == REFUSE)
    failures = []
    for code in CODES:
        if there[code] == 0:
            says = "no filter says it: a row that only this code refuses is permitted"
            failures.append(_failure(code, says, example=_permitted(code, made, refused)))
    failures += [
        _failure(code, f"{count} filters say it, where the policy has one for each of its codes")
        for code, count in there.items()
        if count > 1 or code not in CODES
    ]
    return Part(
        name="one filter for each code",
        promises=(2, 6),
        cases=len(CODES),
        failures=failures + _unread(subject),
    )


def _permitted(code: str, made: Singles, refused: Mask) -> dict[str, str]:
    """Return a plain row that the contract refuses by this code, and that passes; switched-off words have none."""
    c, limits = made.rows, Limits()
    no = np.asarray(REFUSED[code](c, limits)) & ~declared(code, c.mark, c.channel, limits)
    rows = np.flatnonzero(no & ~refused.any(axis=0))[:1].tolist()
    return made.example(rows[0]) if rows else {}


def _unread(subject: Subject) -> list[Failure]:
    """Return a failure for each column that no filter reads; whether a row can be read the engine asks."""
    read = set[str]()
    for each in subject.filters:
        try:
            read |= {*support(each, NOW).columns}
        except Exception:  # noqa: BLE001  (such a filter is reported where it is checked itself)
            return []
    return [_failure(name, "no filter reads this column") for name in COLUMNS if name not in {*read, "readable"}]


def _failure(about: str, says: str, example: Mapping[str, str] | None = None) -> Failure:
    return Failure(promise=6, check="one filter for each code", about=about, says=says, example=example or {})
