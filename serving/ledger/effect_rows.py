"""Occasions of a period with what followed them, as columns: what the effect of contact is estimated from.

The period is that of the decisions; windows begin at the draw, which a confirmation may have made later. Whatever
follows is the customer's under any of their names (`serving.ledger.identities`), whenever it was reported. Those who
were erased are left out, with whatever their occasions say: what they did has gone.

Labels are those of the training table (`serving.ledger_table.labels`), found by reading each table once, page by page.
It takes about a second per hundred thousand occasions: ask beside the writer.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.analytics.occasions import (
    BENEFIT,
    COMPLAINT,
    CONTACTED_US,
    OPT_OUT,
    OUTCOMES,
    WINDOW_DAYS,
    Bools,
    Ints,
    Occasions,
    happened,
)
from serving.ledger.instants import DAY, micros
from serving.ledger.store import Row, Store

PAGE = 20_000
SLACK = DAY  # by how much a clock may have jumped back between two reports
DIMS = ("purpose", "channel", "template", "arm", "watch")
COLUMNS = ("decided_at", "decision", "at", "customer", "contacted", "chance", "above", "harmed", *DIMS)
KINDS = {"engaged": BENEFIT, "complained": COMPLAINT, "contacted_us": CONTACTED_US}

_DRAWN = """SELECT f.at, f.decision, a.at, coalesce(i.owner, a.user_id), a.contacted, a.e,
        coalesce(a.above, -1), a.harmed, f.purpose, f.channel, f.template, a.arm, a.watch
    FROM facets f CROSS JOIN assignments a ON a.decision = f.decision
    LEFT JOIN identities i ON i.alias = a.user_id
    WHERE (f.at, f.decision) > (:at, :decision) AND f.at < :end AND a.first = 1
        AND (a.fact_key < 'erased:' OR a.fact_key >= 'erased;')
    ORDER BY f.at, f.decision LIMIT :count"""
_NEXT = "SELECT seq, recorded_at FROM outcomes WHERE seq >= :seq ORDER BY seq LIMIT 1"
_LAST = "SELECT max(seq) FROM outcomes"
_FOLLOWED = """SELECT o.kind, coalesce(i.owner, o.user_id), min(o.time, o.recorded_at)
    FROM outcomes o LEFT JOIN identities i ON i.alias = o.user_id AND i.recorded = 1
    WHERE o.seq >= :first AND o.seq < :end
        AND (o.kind = 'complained' OR (o.kind IN ('engaged', 'contacted_us') AND o.decision_id IS NULL))"""
_HARMED_AGAIN = """SELECT f.decision FROM outcomes o JOIN decisions d ON d.decision_id = o.decision_id
    JOIN assignments l ON l.decision = d.seq AND l.first = 0 AND l.contacted = 1
    JOIN assignments f ON f.user_id = l.user_id AND f.fact_key = l.fact_key AND f.first = 1 AND f.contacted = 1
    WHERE o.seq >= :first AND o.seq < :end AND o.kind IN ('complained', 'opted_out')
        AND min(o.time, o.recorded_at) < f.at + :window"""


def effect_rows(store: Store, *, start: datetime, end: datetime, as_of: datetime) -> Occasions:
    """Return the occasions of decisions in [start, end), in their order, and which windows had closed at `as_of`."""
    customers: dict[str | None, int] = {}
    words: dict[str, dict[str | None, int]] = {name: {} for name in DIMS}
    columns = _columns(_drawn(store, micros(start), micros(end)), words | {"customer": customers})
    at, customer = columns["at"], columns["customer"]
    kinds, whose, when, again = _followed(store, micros(start), customers)
    labels: dict[str, Bools] = {OPT_OUT: (columns["harmed"] == 1) | np.isin(columns["decision"], again)}
    for place, name in enumerate(KINDS.values()):
        one, within = kinds == place, WINDOW_DAYS[name] * DAY
        labels[name] = happened(customer, at, whose=whose[one], when=when[one], within=within)
    now = micros(as_of)
    return Occasions(
        at=at,
        decision=columns["decision"],
        customer=customer,
        contacted=columns["contacted"] == 1,
        chance=columns["chance"],
        above=columns["above"],
        names={name: columns[name] for name in DIMS},
        words={name: tuple(words[name]) for name in DIMS},
        labels={name: labels[name] for name in OUTCOMES},
        closed={name: at + WINDOW_DAYS[name] * DAY <= now for name in OUTCOMES},
    )


def _drawn(store: Store, start: int, end: int) -> Iterator[list[Row]]:
    """Yield the occasions of a period, page by page."""
    at, decision = start - 1, 2**62
    while page := store.rows(_DRAWN, at=at, decision=decision, end=end, count=PAGE):
        yield page
        at, decision, *_ = page[-1]


def _columns(pages: Iterator[list[Row]], known: Mapping[str, dict[str | None, int]]) -> dict[str, Any]:
    """Put pages into columns by name; words become numbers, in the order in which they come."""
    parts: dict[str, list[NDArray[Any]]] = {name: [np.zeros(0, dtype=_kind(name))] for name in COLUMNS}
    for page in pages:
        for name, values in zip(COLUMNS, zip(*page, strict=True), strict=True):
            numbers = known.get(name)
            told = values if numbers is None else [numbers.setdefault(value, len(numbers)) for value in values]
            parts[name].append(np.array(told, dtype=_kind(name)))
    return {name: np.concatenate(columns) for name, columns in parts.items()}


def _kind(name: str) -> type[np.generic]:
    return np.float64 if name == "chance" else np.int64


def _followed(store: Store, start: int, customers: dict[str | None, int]) -> tuple[Ints, Ints, Ints, Ints]:
    """Return kind, customer and time of what was reported since, of these customers, and which were harmed again."""
    last = store.row(_LAST)
    end = 1 if last is None or last[0] is None else int(last[0]) + 1
    places = {kind: number for number, kind in enumerate(KINDS)}
    found: list[tuple[int, int, int]] = []
    again: list[int] = []
    for first in range(_first(store, start - SLACK, end), end, PAGE):
        page = store.rows(_FOLLOWED, first=first, end=min(first + PAGE, end))
        found += [(places[kind], customers[user], at) for kind, user, at in page if user in customers]
        harmed = store.rows(_HARMED_AGAIN, first=first, end=min(first + PAGE, end), window=WINDOW_DAYS[OPT_OUT] * DAY)
        again += [row[0] for row in harmed]
    kind, whose, when = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return kind, whose, when, np.array(again, dtype=np.int64)


def _first(store: Store, recorded_at: int, end: int) -> int:
    """Return a number from which on outcomes were recorded then or later, by halving."""
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        row = store.row(_NEXT, seq=middle)
        if row is not None and row[1] < recorded_at:
            low = int(row[0]) + 1
        else:
            high = middle
    return low
