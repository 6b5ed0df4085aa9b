"""From named values to codes, one number per feature: learned once, the same in training, batch and at serving time.

A *number* is itself, a *boolean* 0 or 1, a *category* the place of its level among those that training kept (the most
frequent first) or `UNSEEN`; NaN is missing. Trees read the codes, linear models what `model.learning.design` makes of
them. numpy and the standard library only: this module is on the request path.

Example:
    >>> features = fit_features({"age": np.array([20.0, 40.0]), "plan": np.array(["basic", "plus"], dtype=object)})
    >>> encode(features, {"age": np.array([30.0, np.nan]), "plan": np.array(["plus", "gold"])}, 2).tolist()
    [[30.0, 1.0], [nan, -1.0]]
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.errors import InvalidTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

KINDS = ("number", "boolean", "category")
MAX_LEVELS = 254  # of one category that trees tell apart; the rest are unseen
LONGEST = 256  # letters of a level: longer texts are nobody's category, and stay out of the artefact
ONE_HOT = 30  # of them that linear models tell apart; for these the rest share the all-zero row
WRONG = math.inf  # stands for a value of the wrong type until it is reported
UNSEEN = -1.0  # the code of a level that training did not keep
_ABSENT = frozenset({"NoneType", "NAType", "NaTType"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """How one named value becomes a number. `fill` stands in for a missing number or boolean (in its own units)."""

    name: str
    kind: str
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    levels: tuple[str, ...] = ()
    missing: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that a linear model reads, in order."""
        levels = self.levels[:ONE_HOT]
        own = tuple(f"{self.name}={level}" for level in levels) if self.kind == "category" else (self.name,)
        return (*own, f"{self.name} is missing") if self.missing else own


def fit_features(columns: Mapping[str, NDArray[Any]], *, least: int = 1) -> tuple[Feature, ...]:
    """Learn the encoding of each column, in the order given; a level that fewer than `least` rows have is not kept.

    Raises:
        InvalidTable: a column mixes kinds, holds something else than numbers, booleans or text, or is infinite.
    """
    return tuple(_fit(name, np.asarray(values), least) for name, values in columns.items())


def encode(features: Sequence[Feature], columns: Mapping[str, NDArray[Any]], rows: int) -> Floats:
    """Encode whole columns: codes float64[rows, f]. A column that is absent is missing in every row.

    Raises:
        InvalidTable: a value is not of the kind that training saw; the message names column and row.
    """
    codes = np.full((rows, len(features)), np.nan)
    for j, feature in enumerate(features):
        if feature.name in columns:
            codes[:, j] = _read(feature, np.asarray(columns[feature.name]))
            _refuse_wrong(feature, codes[:, j], columns, as_learned=True)
    return codes


def to_json(features: Sequence[Feature]) -> list[dict[str, JSON]]:
    """Return the features as JSON."""
    return [asdict(feature) | {"levels": list(feature.levels)} for feature in features]


def from_json(value: JSON) -> tuple[Feature, ...]:
    """Read what `to_json` wrote.

    Raises:
        ValueError: it is not such a list, or a figure in it could not have been learned.
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("features are not a list of objects")
    features = tuple(_feature(item) for item in value)
    if len({feature.name for feature in features}) < len(features):
        raise ValueError("a feature stands there twice")
    return features


def _feature(item: Mapping[str, JSON]) -> Feature:
    """Return one feature, every field checked."""
    if set(item) != set(Feature.__dataclass_fields__):
        raise ValueError(f"a feature has the fields {sorted(item)[:9]}")
    name, kind, levels, missing = item["name"], item["kind"], item["levels"], item["missing"]
    if not isinstance(name, str) or kind not in KINDS or not isinstance(missing, bool):
        raise ValueError(f"feature `{str(name)[:40]}` has a wrong `name`, `kind` or `missing`")
    known = isinstance(levels, list) and all(isinstance(level, str) for level in levels)
    known = known and len(levels) <= MAX_LEVELS and all(len(level) <= LONGEST for level in levels)
    if not known or len(set(levels)) < len(levels) or (levels and kind != "category"):
        raise ValueError(f"feature `{name[:40]}` has wrong `levels`")
    figures = {}
    for field in ("fill", "centre", "scale"):
        figure = item[field]
        if isinstance(figure, bool) or not isinstance(figure, int | float) or not math.isfinite(figure):
            raise ValueError(f"feature `{name[:40]}`: `{field}` is not a finite number")
        figures[field] = float(figure)
    if figures["scale"] <= 0:
        raise ValueError(f"feature `{name[:40]}`: `scale` is not above 0")
    return Feature(name=name, kind=kind, levels=tuple(levels), missing=missing, **figures)


def _fit(name: str, values: NDArray[Any], least: int) -> Feature:
    """Learn one column."""
    kind = _kind(name, values)
    if kind == "category":
        counts = Counter(value for value in values.tolist() if isinstance(value, str))
        known = sorted(level for level in counts if len(level) <= LONGEST and counts[level] >= least)
        levels = tuple(sorted(known, key=lambda level: -counts[level])[:MAX_LEVELS])
        return Feature(name=name, kind=kind, levels=levels, missing=counts.total() < len(values))
    read = _read(Feature(name=name, kind=kind), values)
    _refuse_wrong(Feature(name=name, kind=kind), read, {name: values})
    seen = read[~np.isnan(read)]
    missing = len(seen) < len(read)
    if not len(seen):
        return Feature(name=name, kind=kind, missing=missing)
    if kind == "boolean":
        return Feature(name=name, kind=kind, fill=float(seen.mean()), missing=missing)
    fill = float(np.median(seen))
    filled = np.where(np.isnan(read), fill, read)
    largest = float(np.abs(filled).max()) or 1.0  # sums of very large numbers stay finite
    centre, scale = float((filled / largest).mean()) * largest, float((filled / largest).std()) * largest
    flat = scale <= 1e-12 * largest  # constant but for rounding
    return Feature(name=name, kind=kind, fill=fill, centre=centre, scale=1.0 if flat else scale, missing=missing)


def _kind(name: str, values: NDArray[Any]) -> str:
    """Return what a column holds, from its type or, for objects, from its values."""
    by_dtype = {"b": "boolean", "i": "number", "u": "number", "f": "number", "U": "category", "T": "category"}
    if values.dtype.kind in by_dtype:
        return by_dtype[values.dtype.kind]
    kinds = _kinds(values.tolist())
    if len(kinds) > 1 or not kinds <= set(KINDS) or values.dtype.kind != "O":
        found = " and ".join(sorted(kinds)) if values.dtype.kind == "O" else str(values.dtype)
        raise InvalidTable(
            f"column `{name}` holds {found}; make it all numbers, all true/false or all text, or put it in `exclude`"
        )
    return kinds.pop() if kinds else "category"


def _kinds(values: Sequence[Any]) -> set[str]:
    """Return the kinds of the values that are not missing, or a type's name where it is none: one look per type."""
    types = set(map(type, values))
    fractions = tuple(each for each in types if issubclass(each, float | np.floating))
    kinds = {
        _kind_of(next(value for value in values if type(value) is each)) or each.__name__
        for each in types - {*fractions}
        if each.__name__ not in _ABSENT
    }
    if fractions and any(value == value for value in values if isinstance(value, fractions)):  # noqa: PLR0124  (not NaN)
        kinds.add("number")
    return kinds


def _kind_of(value: Any) -> str:
    """Return the kind of one value; empty where it is none."""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, int | float | np.integer | np.floating):
        return "number"
    return "category" if isinstance(value, str) else ""


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NA or NaT."""
    return type(value).__name__ in _ABSENT or (isinstance(value, float | np.floating) and math.isnan(value))


def _refuse_wrong(
    feature: Feature, read: Floats, columns: Mapping[str, NDArray[Any]], *, as_learned: bool = False
) -> None:
    """Raise for the first value that could not be read; `as_learned` says that a model decided what it must be."""
    wrong = np.flatnonzero(np.isinf(read))
    if len(wrong):
        value = str(columns[feature.name][wrong[0]])[:40]
        raise InvalidTable(
            f"column `{feature.name}`, row {wrong[0] + 1}: `{value}` is not a {'' if as_learned else 'finite '}"
            f"{feature.kind}{', as the model learned it' if as_learned else ''}; correct the value or leave it empty"
        )


def _read(feature: Feature, values: NDArray[Any]) -> Floats:
    """Return numbers, 0/1 or level codes as float64[n]: NaN is missing, infinite is wrong."""
    kind = values.dtype.kind
    if feature.kind == "number" and kind in "iuf":
        return values.astype(np.float64)
    if feature.kind == "boolean" and kind in "biuf":
        read = values.astype(np.float64)
        return np.where(np.isin(read, (0.0, 1.0)) | np.isnan(read), read, WRONG)
    if feature.kind == "category":
        return _levels(feature, values.tolist())
    return _each(reader_of(feature), values.tolist(), len(values))


def _levels(feature: Feature, values: Sequence[Any]) -> Floats:
    """Read levels: each value that there is once, not each row."""
    try:
        known = set(values)
    except TypeError:  # a list or the like among them: wrong, and to be found where it stands
        return _each(reader_of(feature), values, len(values))
    read = dict(zip(known, _each(reader_of(feature), known, len(known)).tolist(), strict=True))
    return np.fromiter(map(read.__getitem__, values), np.float64, len(values))


def _each(reader: Callable[[Any], float], values: Iterable[Any], rows: int) -> Floats:
    """Read one value after the other."""
    return np.fromiter((np.nan if is_missing(value) else reader(value) for value in values), np.float64, rows)


def reader_of(feature: Feature) -> Callable[[Any], float]:
    """Return what reads a value that is not missing; a bool is no number, text is no number, a number no category."""
    if feature.kind == "number":
        return _number
    if feature.kind == "boolean":
        return _boolean
    return partial(_level, _codes(feature.levels))


@lru_cache(maxsize=1024)
def _codes(levels: tuple[str, ...]) -> Mapping[str, float]:
    """Return the code of each level."""
    return {level: float(code) for code, level in enumerate(levels)}


def _level(codes: Mapping[str, float], value: Any) -> float:
    """Read a level."""
    return codes.get(value, UNSEEN) if isinstance(value, str) else WRONG


def _number(value: Any) -> float:
    """Read a number; an integer too large for a float is wrong."""
    if _kind_of(value) != "number":
        return WRONG
    try:
        number = float(value)
    except OverflowError:
        return WRONG
    return number if math.isfinite(number) else WRONG


def _boolean(value: Any) -> float:
    """Read true or false, or 0 or 1."""
    number = float(value) if _kind_of(value) == "boolean" else _number(value)
    return number if number in (0.0, 1.0) else WRONG
