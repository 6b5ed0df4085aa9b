"""The features of rows straight from Arrow: the codes that `thanks.features_of` and `Encoder.encode` give for them.

Numbers are numbers already. Of everything else each distinct value is read once, by the reader that reads it in a row.
A plan has no history: a feature is an attribute of its name, else the candidate's purpose or channel, else missing.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.contracts import Candidate
from model.feature_rows import read_each, told_apart
from model.features import WRONG, Bools, Feature, Floats, reader_of
from serving.candidates.cells import decode
from serving.candidates.columns import ATTRIBUTES, Kind

Places = NDArray[np.intp]
OF_CANDIDATE: Mapping[str, Callable[[Candidate], Any]] = {name: attrgetter(name) for name in ("purpose", "channel")}


def encoded(
    batch: pa.RecordBatch,
    rows: Places,
    features: Sequence[Feature],
    *,
    kinds: Sequence[Candidate],
    kind: Places,
) -> tuple[Floats, Bools]:
    """Encode these rows of a batch: codes float64[n, f] (NaN missing), and which rows hold a wrong type.

    `kind` [n] says which of `kinds` has the purpose and channel of each row. No cell of these rows is one that
    `RowReader` rejects.
    """
    codes = np.empty((len(rows), len(features)))
    for place, feature in enumerate(features):
        codes[:, place] = _attribute(batch, rows, feature)
        if feature.name in OF_CANDIDATE:
            own = read_each(reader_of(feature), list(map(OF_CANDIDATE[feature.name], kinds)))
            codes[:, place] = np.where(np.isnan(codes[:, place]), own[kind], codes[:, place])
    return told_apart(codes)


def _attribute(batch: pa.RecordBatch, rows: Places, feature: Feature) -> Floats:
    """Return the attribute of this name, float64[n]: NaN is missing, infinite is wrong."""
    name = ATTRIBUTES + feature.name
    if "." not in feature.name and name in batch.schema.names:  # a dot makes an object of what stands before it
        return read_column(feature, batch.column(name))[rows]
    values = np.full(len(rows), np.nan)
    for column in batch.schema.names:
        if column.startswith(f"{name}."):  # an object, wherever any of its columns says something
            values[present(batch.column(column))[rows]] = WRONG
    return values


def present(column: pa.Array) -> NDArray[np.bool_]:
    """Return where a column of JSON values says something, [n]: NaN says nothing."""
    stored = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    said = pc.is_valid(column)
    if pa.types.is_dictionary(column.type) or pa.types.is_floating(stored):
        plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        said = pc.is_valid(plain)
        if pa.types.is_floating(stored):
            said = pc.and_(said, pc.invert(pc.fill_null(pc.is_nan(plain), True)))
    return _numpy(said)


def read_column(feature: Feature, column: pa.Array) -> Floats:
    """Read a column of JSON values as the feature reads each of them, float64[n]: NaN is missing, infinite is wrong."""
    stored = column.type
    if pa.types.is_dictionary(stored):
        return _taken(feature, column.indices, column.dictionary)
    if pa.types.is_decimal(stored):
        return read_column(feature, column.cast(pa.float64()))
    number = pa.types.is_integer(stored) or pa.types.is_floating(stored)
    if number and feature.kind == "number":
        return _numpy(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan))
    if number or pa.types.is_null(stored) or pa.types.is_nested(stored):
        return _read(feature, column)
    if pa.types.is_string_view(stored):
        column = column.cast(pa.large_string())
    distinct = column.dictionary_encode()
    return _taken(feature, distinct.indices, distinct.dictionary)


def _taken(feature: Feature, indices: pa.Array, values: pa.Array) -> Floats:
    """Read the distinct values, and give each row its own; no index is no value."""
    read = np.append(_read(feature, values), np.nan)
    codes: Floats = read[_numpy(pc.fill_null(indices.cast(pa.int64()), len(values)))]
    return codes


def _read(feature: Feature, column: pa.Array) -> Floats:
    """Read value after value, as the rows of a file are read."""
    return read_each(reader_of(feature), decode(column, Kind.JSON, csv=False)[0])


def _numpy(column: pa.Array) -> NDArray[Any]:
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values
