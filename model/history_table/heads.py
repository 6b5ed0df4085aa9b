"""The heads of log files: what their columns are called and are, and whether the files of one log agree.

CSV is read by one dialect and never guessed from a sample: `"` quotes, doubled within; the sign between cells is the
one of `,` `;` and tab that the header line has most of.
"""

import csv
import gzip
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from model.errors import InvalidInput
from model.history_table.paths import is_packed

BETWEEN = (",", ";", "\t")
QUOTED = '"'
BLOCK = 1 << 20
LONGEST_HEADER = 1 << 20  # letters
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "whole numbers"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "whole numbers"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "numbers"),
    **dict.fromkeys(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"), "times with a zone"),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "times without a zone"),
    "VARCHAR": "text",
    "BOOLEAN": "true and false",
}


class Head(NamedTuple):
    """What the header line of a CSV says: the sign between cells, whether the file is packed, and the columns."""

    between: str
    packed: bool
    names: tuple[str, ...]


def csv_head(path: Path) -> Head:
    """Read the header line of a CSV.

    Raises:
        InvalidInput: it is empty, is not text, or names a column twice; the message names the file.
        OSError: it cannot be read.
    """
    packed = is_packed(path)
    with gzip.open(path) if packed else path.open("rb") as file:
        line = file.readline(LONGEST_HEADER)
        while line.count(b'"') % 2 and (more := file.readline(LONGEST_HEADER)):
            line += more
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
        between = max(BETWEEN, key=_unquoted(text).count)
        cells = next(csv.reader([text], delimiter=between, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(
            f"`{path.name}`: its header line cannot be read ({error}); save it as CSV in UTF-8"
        ) from error
    if not any(cells):
        raise InvalidInput(f"`{path.name}` is empty, or has no header line; write the columns' names into its first")
    names = tuple(cell or f"column{place}" for place, cell in enumerate(cells))
    twice = [name for place, name in enumerate(names) if name.lower() in {each.lower() for each in names[:place]}]
    if twice:
        raise InvalidInput(f"`{path.name}` has two columns `{twice[0]}` (capitals do not count); rename one")
    return Head(between, packed, names)


def refuse_damaged(path: Path) -> None:
    """Refuse a packed file that is cut off, or whose check sum is not that of its content.

    Raises:
        InvalidInput: naming the file.
        OSError: it cannot be read.
    """
    try:
        with gzip.open(path) as file:
            while file.read(BLOCK):
                pass
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"`{path.name}` is damaged: {str(error).lower()}; export it again") from error


def refuse_other_columns(heads: Mapping[Path, Sequence[str]]) -> None:
    """Refuse files of one log that do not name the same columns; their order may differ.

    Raises:
        InvalidInput: naming the file and the column.
    """
    (first, names), *others = heads.items()
    for path, own in others:
        for name in sorted(set(names) ^ set(own)):
            has, lacks = (first, path) if name in names else (path, first)
            raise InvalidInput(
                f"`{lacks.name}` has no column `{name}`, which `{has.name}` of the same log has; "
                "export both with the same columns"
            )


def refuse_other_kinds(types: Mapping[Path, Mapping[str, str]], used: Collection[str]) -> None:
    """Refuse Parquet files of one log in which a used column is missing, or is of another kind than in the first.

    Raises:
        InvalidInput: naming the file and the column.
    """
    (first, kinds), *others = types.items()
    for path, own in others:
        refuse_other_columns({first: [name for name in used if name in kinds], path: [n for n in used if n in own]})
        for name in used:
            one, other = (KINDS.get(each, each.lower()) for each in (kinds.get(name, ""), own.get(name, "")))
            if one != other:
                raise InvalidInput(
                    f"`{path.name}`: column `{name}` holds {other}, in `{first.name}` of the same log {one}; "
                    "export both with one type"
                )


def _unquoted(text: str) -> str:
    """Return what stands outside of quotes."""
    return "".join(text.split(QUOTED)[::2])
