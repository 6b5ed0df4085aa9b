"""The sceptic's checks as the report shows them: result, one sentence, and tables of the figures behind it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.contracts import JSON
from model.in_words.numbers import interval, plain
from model.report.tables import Grid

MOST_ROWS = 20  # of one table of figures; the rest is in the JSON
RESULTS = ("failed", "passed", "informs", "not available")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check as shown; `result` is one of `RESULTS`."""

    name: str
    result: str
    detail: str
    figures: tuple[Grid, ...]


def checks(report: Mapping[str, JSON]) -> list[Check]:
    """Return every sceptic's check, those that failed first."""
    return sorted(map(_check, report["checks"]), key=lambda check: RESULTS.index(check.result))


def _check(check: Mapping[str, JSON]) -> Check:
    """Return a check as shown."""
    passed = check["passed"]
    result = "informs" if passed is None else "passed" if passed else "failed"
    if not check["available"]:
        result = "not available"
    grids = tuple(_grids(str(check["name"]), check["figures"]))
    return Check(name=str(check["name"]), result=result, detail=str(check["detail"]), figures=grids)


def _grids(name: str, figures: Mapping[str, JSON]) -> Iterator[Grid]:
    """Yield a table of single figures, then one for each list of rows."""
    lists = {key: value for key, value in figures.items() if _is_rows(value)}
    rows = tuple(_flat({key: value for key, value in figures.items() if key not in lists}, ()))
    if rows:
        yield Grid(caption=f"Figures: {name}", columns=("figure", "value"), rows=rows[:MOST_ROWS])
    for key, parts in lists.items():
        lines = [dict(_flat(part, ())) for part in parts[:MOST_ROWS]]
        columns = tuple(dict.fromkeys(column for line in lines for column in line))
        cells = tuple(tuple(line.get(column, "–") for column in columns) for line in lines)
        more = f" (the first {MOST_ROWS} of {len(parts)})" if len(parts) > MOST_ROWS else ""
        yield Grid(caption=f"{name}: {key.replace('_', ' ')}{more}", columns=columns, rows=cells)


def _is_rows(value: JSON) -> bool:
    """Whether a value is a list of objects, each with something in it."""
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) and part for part in value)


def _flat(value: JSON, place: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every leaf with the words that lead to it; an interval is one leaf."""
    if isinstance(value, Mapping):
        parts = dict(value)
        if {"estimate", "low", "high"} <= set(value):
            parts = {key: part for key, part in parts.items() if key not in {"low", "high"}}
            parts["estimate"] = interval(value, 4)
        for key, part in parts.items():
            yield from _flat(part, (*place, str(key).replace("_", " ")))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value, start=1):
            yield from _flat(part, (*place, str(index)))
    else:
        yield " · ".join(place), plain(value)
