"""The training table, checked: what a learner may rely on (CONTRACT section 3, METHOD section 1).

A `Table` exists only where every rule holds: both arms are there, labels are in their domain and vary, features were
known at the decision and are no label in another coat. Everything else is refused by `InvalidTable`, in one line that
names column, row (1-based, the header not counted), rule and next step.

Example:
    >>> frame = pd.DataFrame({"sent": [1, 0] * 3, "visit": [1, 0, 1, 1, 0, 0], "age": [31, 40, 25, 58, 44, 37]})
    >>> table = Table.from_frame(frame, {"contacted": "sent", "benefit": "visit"})
    >>> table.rows, table.contacted.sum(), list(table.features), table.propensity_constant
    (6, np.int64(3), ['age'], False)
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import ipc

from model.errors import InvalidTable
from model.leakage import refuse_foretelling
from model.reading.checks import (
    contacted,
    feature_names,
    refuse_constant,
    refuse_duplicates,
    refuse_hindsight,
    refuse_missing_columns,
    refuse_response,
    scope,
)
from model.reading.columns import Objects, amounts, flags, instants, names, probabilities, refusal, texts
from model.reading.columns import objects as as_objects
from model.reading.feature_columns import Array, arrays, from_frame, rounded, telling
from model.reading.leaks import refuse_leaks
from model.reading.readers import Source, read
from model.reading.roles import Roles
from model.reading.sceptic_columns import before, version, windows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LABEL_STEP = "write 0 or 1; leave out rows whose outcome is not known yet"
VALUE_STEP = "write the value counted as benefit, 0 where there was none; leave out rows not known yet"
CLUSTER_STEP = "give a row that shares no household an id of its own"
ID_STEP = "give every occasion its id"
MAX_SEGMENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A checked training table of n rows, in the order of its file.

    `complaint`, `opt_out`, `time`, `purpose` and `channel` are None where the role is absent, `propensity` too: it must
    then be estimated. `propensity` is e = P(contacted | history), also where one number was given. `cluster` holds
    codes: `cluster_names[cluster[i]]` is what the split hashes: the household, else the id, else the row number from 1.
    `time` is datetime64[ns] in UTC. `features` holds float64 (NaN missing), bool, or objects: text or truth values,
    None missing. `segments` holds each declared segment's value per row, None missing. `notes` say what was left out.
    `others` are the columns without a role that are no features (excluded, or the same in every row), as they came: the
    model in charge may read them.
    Only checks read `version` (text, None missing), `before` (outcome → float64[n]) and `windows` (outcome → days →
    float64[n], NaN where not closed).
    `data_sha256` (hex) is that of the bytes read, whatever the roles: other weights or features are another attempt on
    the same data (METHOD section 4).
    """

    rows: int
    contacted: Bools
    benefit: Floats
    benefit_binary: bool
    complaint: Floats | None
    opt_out: Floats | None
    propensity: Floats | None
    propensity_constant: bool
    cluster: NDArray[np.int64]
    cluster_names: list[str]
    time: NDArray[np.datetime64] | None
    purpose: Objects | None
    channel: Objects | None
    features: pd.DataFrame
    segments: Mapping[str, Objects]
    roles: Roles
    data_sha256: str
    notes: tuple[str, ...] = ()
    version: Objects | None = None
    before: Mapping[str, Floats] = field(default_factory=dict)
    windows: Mapping[str, Mapping[int, Floats]] = field(default_factory=dict)
    others: pa.Table | None = None

    @classmethod
    def read(cls, path: str | Path, roles: Roles | Mapping[str, Any] | str | Path) -> Self:
        """Read and check a CSV, CSV.GZ, Parquet file or folder of Parquet; raises `InvalidTable`.

        `roles` may also be their `roles.toml`, or what would stand in it.
        """
        roles = _meaning(roles)
        named = {roles.cluster, roles.id} | ({roles.contacted.column} if _by_words(roles) else set())
        return cls._checked(read(path, text={name for name in named if name}), roles, str(path))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, roles: Roles | Mapping[str, Any] | str | Path) -> Self:
        """Check a pandas frame (its index is left out); raises `InvalidTable`. The hash covers its Arrow bytes."""
        roles = _meaning(roles)
        table = from_frame(frame).combine_chunks()
        sink = _Digest()
        with ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema) as stream:
            stream.write_table(table, max_chunksize=1 << 16)
        return cls._checked(Source(table=table, sha256=sink.sha256.hexdigest()), roles)

    @classmethod
    def _checked(cls, source: Source, roles: Roles, place: str = "") -> Self:
        """Check every rule, cheapest and most telling first."""
        table = source.table
        refuse_missing_columns(table.column_names, roles, place)
        if not table.num_rows:
            raise InvalidTable("the table has no rows; write one row per occasion below the header")
        arm = contacted(table.column(roles.contacted.column), roles.contacted)
        labels = _labels(table, roles, arm)
        propensity = _propensity(table, roles)
        clusters, cluster_names = _clusters(table, roles)
        time = _times(table, roles)
        names_ = feature_names(table.column_names, roles)
        columns, notes = telling(arrays(table, names_))
        if not columns:
            raise InvalidTable(f"no features left: {'; '.join(notes)}; add one that tells customers apart")
        shown = {f"`{role}` (column `{getattr(roles, role)}`)": values for role, values in labels.items()}
        arm_name = f"`contacted` (column `{roles.contacted.column}`)"
        refuse_leaks(columns, {**shown, arm_name: arm.astype(np.float64)})
        refuse_foretelling(columns, shown, arm, propensity, clusters)
        return cls(
            rows=table.num_rows,
            contacted=arm,
            benefit=labels["benefit"],
            benefit_binary=bool(np.isin(labels["benefit"], (0.0, 1.0)).all()),
            complaint=labels.get("complaint"),
            opt_out=labels.get("opt_out"),
            propensity=propensity,
            propensity_constant=propensity is not None and bool((propensity == propensity[0]).all()),
            cluster=clusters,
            cluster_names=cluster_names,
            time=time,
            purpose=scope(table, "purpose", roles.purpose),
            channel=scope(table, "channel", roles.channel),
            features=_frame(columns),
            segments=_segments(table, roles),
            roles=roles,
            data_sha256=source.sha256,
            notes=(*source.notes, *rounded(table, names_), *notes),
            version=version(table, roles),
            before=before(table, roles),
            windows=windows(table, roles),
            others=table.select([c for c in table.column_names if c not in columns and c not in roles.role_columns]),
        )


class _Digest:
    """A file to write to that keeps only the SHA-256 of what was written."""

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True


def _meaning(roles: Roles | Mapping[str, Any] | str | Path) -> Roles:
    if isinstance(roles, Roles):
        return roles
    return Roles.from_mapping(roles) if isinstance(roles, Mapping) else Roles.read(roles)


def _frame(columns: Mapping[str, Array]) -> pd.DataFrame:
    """Return the features as a frame that keeps each array's type (pandas would make text its own kind)."""
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype, copy=False) for name, values in columns.items()})


def _by_words(roles: Roles) -> bool:
    """Whether the arm is told by words, which a CSV reader must keep as written."""
    return any(isinstance(value, str) for value in (*roles.contacted.yes, *roles.contacted.no))


def _labels(table: pa.Table, roles: Roles, arm: Bools) -> dict[str, Floats]:
    """Return the labels by role, float64[n]: in their domain, none constant, the benefit seen without contact."""
    labels = {"benefit": amounts(table.column(roles.benefit), roles.benefit, VALUE_STEP)}
    for role, column in (("complaint", roles.complaint), ("opt_out", roles.opt_out)):
        if column is not None:
            labels[role] = flags(table.column(column), column, LABEL_STEP)
    for role, values in labels.items():
        refuse_constant(values, getattr(roles, role), role)
    refuse_response(labels["benefit"], arm, roles.benefit)
    return labels


def _propensity(table: pa.Table, roles: Roles) -> Floats | None:
    if isinstance(roles.propensity, str):
        return probabilities(table.column(roles.propensity), roles.propensity)
    return None if roles.propensity is None else np.full(table.num_rows, roles.propensity)


def _clusters(table: pa.Table, roles: Roles) -> tuple[NDArray[np.int64], list[str]]:
    """Return codes and names of the clusters; an id is checked to be unique even where clusters are given."""
    ids = None
    if roles.id is not None:
        ids = names(table.column(roles.id), roles.id, ID_STEP)
        refuse_duplicates(ids, roles.id)
    if roles.cluster is not None:
        codes, found = pd.factorize(names(table.column(roles.cluster), roles.cluster, CLUSTER_STEP))
        return codes.astype(np.int64), [str(name) for name in found]
    rows = np.arange(table.num_rows, dtype=np.int64)
    return rows, (rows + 1).astype(str).tolist() if ids is None else ids.tolist()


def _times(table: pa.Table, roles: Roles) -> NDArray[np.datetime64] | None:
    if roles.time is None:
        return None
    decided = instants(table.column(roles.time), roles.time)
    if roles.features_time is not None:
        observed = instants(table.column(roles.features_time), roles.features_time)
        refuse_hindsight(observed, decided, roles.features_time, roles.time)
    return decided


def _segments(table: pa.Table, roles: Roles) -> dict[str, Objects]:
    """Return each declared segment's value per row as text; one with many values divides nobody."""
    segments = {}
    for column in roles.segments:
        values = as_objects(texts(table.column(column)))
        groups = pd.unique(values[~pd.isna(values)]).size
        if not 2 <= groups <= MAX_SEGMENTS:
            step = f"a segment has 2 to {MAX_SEGMENTS} values: group them in a column of its own"
            raise refusal(column, None, f"holds {groups} different values", step)
        segments[column] = values
    return segments
