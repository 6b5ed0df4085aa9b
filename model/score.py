"""A table in, the same table with its scores out: same rows, same order, batch by batch.

Parquet (a file or a folder) streams, so a table wider than memory scores; CSV is read whole, because a column's type is
that of all its cells. Five columns are added: `benefit`, `complaint_effect`, `opt_out`, `net_benefit`, in the units of
the labels, and `above_cutoff`, null where no certificate was issued.

Example:
    >>> score_table("customers.parquet", "artefact", "scored.parquet")     # doctest: +SKIP
    250000
"""

import os
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import dataset, parquet

from model.artefact import Artefact, load
from model.beside import beside
from model.errors import InvalidInput, InvalidTable
from model.feature_rows import encode_rows
from model.features import Feature, encode
from model.reading.columns import decoded, floats, is_number, objects
from model.reading.csv import DECIMAL_COMMA, MISSING, NUMBER, TRUTH, WHOLE
from model.reading.readers import PARQUET, read

BATCH = 1 << 16  # rows
CELLS = {
    "number": (f"{WHOLE}|{NUMBER}|{DECIMAL_COMMA}", f"{WHOLE}|{NUMBER}"),  # a comma may be a decimal point: named last
    "boolean": (f"{TRUTH}|^[01]$", TRUTH),
}
ADDED = ("benefit", "complaint_effect", "opt_out", "net_benefit", "above_cutoff")


def score_table(
    table: str | Path, model: str | Path, out: str | Path, *, progress: Callable[[int], None] | None = None
) -> int:
    """Score a table with the artefact in the folder `model`; returns and raises as `score` and `load` do."""
    return score(Path(table), load(Path(model)), Path(out), progress=progress)


def score(source: Path, artefact: Artefact, out: Path, *, progress: Callable[[int], None] | None = None) -> int:
    """Score the table `source` into the Parquet file `out` and return the number of rows.

    `out` appears when it is complete, replacing an earlier file. `progress` is told the rows done so far.

    Raises:
        InvalidInput: the table cannot be read, lacks a feature, holds a wrong value, or has a column of a score's name.
    """
    schema, batches = _open(source, artefact.scorer.features)
    _refuse_columns(source, schema.names, artefact.scorer.features)
    done, writer = 0, None
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as holder:
        part = holder / "part.parquet"
        try:
            for batch in batches:
                scored = with_scores(batch, artefact, first_row=done + 1)
                writer = writer or parquet.ParquetWriter(part, scored.schema)
                writer.write_table(scored)
                done += batch.num_rows
                if progress:
                    progress(done)
        finally:
            if writer:
                writer.close()
        if not writer:
            raise InvalidInput(f"`{source}` has no rows; give a table with one row per customer or occasion")
        part.replace(out)
    return done


def with_scores(table: pa.Table, artefact: Artefact, *, first_row: int = 1) -> pa.Table:
    """Return the table with the five columns added; `first_row` is its first row's number, for messages.

    Raises:
        InvalidInput: a value is not of the kind that the model learned.
    """
    columns = {f.name: _values(table.column(f.name)) for f in artefact.scorer.features}
    effects = artefact.scorer.predict(_encoded(artefact.scorer.features, columns, table.num_rows, first_row))
    figures: list[Any] = [effects.benefit, effects.complaint_effect, effects.opt_out, effects.net_benefit]
    cutoff = artefact.certificate.cutoff if artefact.certificate.issued else None
    above = pa.nulls(table.num_rows, pa.bool_()) if cutoff is None else pa.array(effects.net_benefit >= cutoff)
    for name, values in zip(ADDED, [*figures, above], strict=True):
        table = table.append_column(name, pa.array(values))
    return table


def _open(source: Path, features: Sequence[Feature]) -> tuple[pa.Schema, Iterator[pa.Table]]:
    """Return the table's schema and its rows in order, as tables of at most `BATCH` rows."""
    if source.is_dir() or _is_parquet(source):
        files = sorted(_files(source)) if source.is_dir() else [source]
        if not files:
            raise InvalidInput(f"folder `{source}` holds no Parquet file; give the folder of *.parquet, or one file")
        rows = _parquet(source, files)
        return rows.schema, _streamed(source, rows)
    text = [feature.name for feature in features if feature.kind == "category"]
    table = read(source, text=text).table
    _refuse_text(table, features)
    for position, name in enumerate(table.column_names):
        if name in text:
            table = table.set_column(position, name, _known(table.column(position)))
    return table.schema, (pa.Table.from_batches([batch]) for batch in table.combine_chunks().to_batches(BATCH))


def _refuse_text(table: pa.Table, features: Sequence[Feature]) -> None:
    """Name the first cell of a CSV that keeps a column of numbers or truth values from being read as such."""
    for feature in features:
        if feature.kind not in CELLS or feature.name not in table.column_names:
            continue
        cells = table.column(feature.name)
        if not pa.types.is_string(cells.type) or cells.null_count == len(cells):
            continue
        trimmed = pc.utf8_trim_whitespace(cells)
        for pattern in CELLS[feature.kind]:
            row = pc.index(pc.fill_null(pc.match_substring_regex(trimmed, pattern), True), False).as_py()
            if row >= 0:
                raise _wrong(feature, row + 1, cells[row].as_py())


def _wrong(feature: Feature, row: int, value: object) -> InvalidInput:
    """Return the refusal of one value; `row` counts from 1 over the whole table."""
    return InvalidInput(
        f"column `{feature.name}`, row {row}: `{str(value)[:40]}` is not a {feature.kind}, as the model learned it; "
        "correct it or leave it empty"
    )


def _known(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a category as training reads it from CSV: a word for missing, such as `NA`, is null."""
    missing = pc.is_in(pc.utf8_trim_whitespace(cells), value_set=pa.array(MISSING))
    return pc.if_else(missing, pa.scalar(None, pa.string()), cells)


def _is_parquet(source: Path) -> bool:
    """Whether a file begins as Parquet does."""
    try:
        with source.open("rb") as file:
            return file.read(len(PARQUET)) == PARQUET
    except OSError as error:
        raise InvalidInput(f"`{source}` cannot be read: {error.strerror}; give a CSV, CSV.GZ or Parquet") from error


def _files(folder: Path) -> Iterator[Path]:
    """Yield the Parquet files below a folder; hidden and `_` names are bookkeeping."""
    for path in folder.rglob("*.parquet"):
        if path.is_file() and not any(part[0] in "._" for part in path.relative_to(folder).parts):
            yield path


def _parquet(source: Path, files: list[Path]) -> dataset.Dataset:
    """Open Parquet files as one table, in the order given; folders like `day=3` are a column."""
    base = str(source if source.is_dir() else source.parent)
    hive: dict[str, Any] = {"format": "parquet", "partitioning": "hive", "partition_base_dir": base}
    names = [os.fspath(path) for path in files]
    try:
        opened = dataset.dataset(names, **hive)
        schemas = [opened.schema, *(fragment.physical_schema for fragment in opened.get_fragments())]
        return dataset.dataset(names, schema=pa.unify_schemas(schemas, promote_options="permissive"), **hive)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"`{source}` is not readable Parquet: {_line(error)}; export the table again") from error


def _streamed(source: Path, rows: dataset.Dataset) -> Iterator[pa.Table]:
    """Yield the batches of a data set in order, without holding more than a few."""
    try:
        for batch in rows.to_batches(batch_size=BATCH, batch_readahead=2, fragment_readahead=1):
            if batch.num_rows:
                yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"`{source}` is damaged: {_line(error)}; copy or export it again") from error


def _line(error: Exception) -> str:
    """Return the first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _refuse_columns(source: Path, names: Sequence[str], features: Sequence[Feature]) -> None:
    """Refuse a table that lacks what the model reads (with the difference), or holds what would be added."""
    missing = [feature.name for feature in features if feature.name not in names]
    if missing:
        spare = [name for name in names if name not in {feature.name for feature in features}]
        shown = ", ".join(f"`{name}`{_like(name, spare)}" for name in missing)
        raise InvalidInput(
            f"`{source}` lacks columns that the model reads: {shown}; rename or add them (empty is fine)"
        )
    taken = [name for name in ADDED if name in names]
    if taken:
        listed = ", ".join(f"`{name}`" for name in taken)
        raise InvalidInput(f"`{source}` already has {listed}, which scoring adds; rename or drop them")


def _like(name: str, spare: Sequence[str]) -> str:
    """Return ` (did you mean …?)` where an unused column has nearly this name."""
    found = get_close_matches(name, spare, n=1)
    return f" (the table has `{found[0]}`)" if found else ""


def _values(cells: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column as numpy, as training reads it; null is NaN or None."""
    cells = decoded(cells)
    if pa.types.is_null(cells.type):
        return np.full(len(cells), np.nan)
    return floats(cells) if is_number(cells.type) else objects(cells)


def _encoded(
    features: Sequence[Feature], columns: dict[str, NDArray[Any]], rows: int, first_row: int
) -> NDArray[np.float64]:
    """Encode columns; a wrong value is named by its row in the whole table."""
    try:
        return encode(features, columns, rows)
    except InvalidTable:
        for feature in features:
            values = columns[feature.name].tolist()
            wrong = np.flatnonzero(encode_rows([feature], [{feature.name: value} for value in values])[1])
            if len(wrong):
                raise _wrong(feature, first_row + int(wrong[0]), values[int(wrong[0])]) from None
        raise
