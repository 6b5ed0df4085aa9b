r"""CSV bytes as typed columns: every cell is read as text, then each whole column finds its type.

Whole columns, because a type guessed from the first rows fails or changes on the last ones. A row with a cell too few
or too many, an open quote at the end and bytes that are not UTF-8 are refused with their row; pandas would fill,
swallow or replace them in silence.

Example:
    >>> table, notes = read_csv(b"a;b\n1;2,5\n;x\n", "t.csv")
    >>> table.to_pydict()
    {'a': [1, None], 'b': ['2,5', 'x']}
"""

import csv
import io
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from model.errors import InvalidTable

MISSING = (
    "",
    "NA",
    "N/A",
    "n/a",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "NULL",
    "null",
    "None",
    "<NA>",
    "#N/A",
    "#NA",
)  # pandas
DELIMITERS = (",", ";", "\t")
DECIMAL_COMMA = r"^[+-]?\d+(,\d+)?$"
WHOLE = r"^-?\d+$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:inf|infinity)$"
TRUTH = r"^(?i:true|false)$"
TYPES = ((pa.int64(), WHOLE), (pa.float64(), NUMBER), (pa.bool_(), TRUTH))
PROBE = 1000
SENTINEL = "\x1f"
MARK = b"\xef\xbb\xbf"  # byte order
OTHER_FORMATS = {b"{": "JSON", b"[": "JSON", b"<": "a web page or XML"}  # by how the text begins
NAMES_SHOWN = 5
BLOCK_BYTES = 1 << 25  # one value (a free text) must fit into one block


def read_csv(data: bytes, name: str, *, text: Collection[str] = ()) -> tuple[pa.Table, tuple[str, ...]]:
    """Return the table and notes about what was left out; columns in `text` stay text as written.

    Raises:
        InvalidTable: empty, not UTF-8, duplicate column names, a row of another width, an open quote.
    """
    while data.startswith(MARK):  # two where a file was marked again by another program
        data = data.removeprefix(MARK)
    data = data.lstrip(b"\r\n")
    _refuse_bytes(data, name)
    if not data.endswith((b"\n", b"\r")):
        data += b"\n"  # without it Arrow reads a header alone as a row that never ends
    delimiter, header = _header(data, name)
    columns = [f"{i}" for i in range(len(header))]
    open_quote = data.count(b'"') % 2 == 1
    if open_quote:
        data += ("\n" + delimiter.join([SENTINEL] * len(header))).encode()
    table = _parse(data, columns, delimiter, name)
    if open_quote:
        if not table.num_rows or table.column(0)[-1].as_py() != SENTINEL:
            row = table.num_rows
            raise InvalidTable(f"`{name}`, row {row}: a quote is opened and never closed; the file may be truncated")
        table = table.slice(0, table.num_rows - 1)
    named = {column: table.column(i) for i, column in enumerate(header) if column}
    typed = {column: cells if column in text else infer(cells, delimiter) for column, cells in named.items()}
    blank = len(header) - len(named)
    notes = (f"{blank} column(s) without a name left out",) if blank else ()
    return pa.table(typed), notes


def _refuse_bytes(data: bytes, name: str) -> None:
    """Refuse what is no text in UTF-8, saying which line."""
    if not data.strip():
        raise InvalidTable(f"`{name}` is empty; write a header line and one row per occasion")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise InvalidTable(f"`{name}` is UTF-16; save it as CSV UTF-8")
    if data[:4] == b"PK\x03\x04":
        raise InvalidTable(f"`{name}` is a zip file or an Excel workbook; save the sheet as CSV UTF-8")
    other = OTHER_FORMATS.get(data.lstrip()[:1])
    if other and b"\x00" not in data:
        raise InvalidTable(f"`{name}` looks like {other}, which is no table; export it as CSV UTF-8 or Parquet")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidTable(f"`{name}`, line {line}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise InvalidTable(f"`{name}`, line {line}: holds a zero byte, so this is no text; save the table as CSV UTF-8")


def _header(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return the delimiter, the most frequent one outside quotes in the header line, and the column names."""
    head = data[: 1 << 20].decode(errors="ignore")

    def names(delimiter: str) -> list[str]:
        return next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter))

    try:
        delimiter = max(DELIMITERS, key=lambda each: len(names(each)))
        header = names(delimiter)
    except csv.Error as error:
        raise InvalidTable(
            f"`{name}`: the header line is no CSV ({error}); write the column names in one line"
        ) from error
    refuse_duplicates(header, name)
    return delimiter, header


def refuse_duplicates(names: list[str], place: str) -> None:
    """Refuse column names that occur twice (empty ones apart): a role would not say which is meant."""
    twice = sorted({each for each in names if each and names.count(each) > 1})
    if twice:
        listed = ", ".join(f"`{each[:40]}`" for each in twice[:NAMES_SHOWN])
        listed += f" and {len(twice) - NAMES_SHOWN} more" if len(twice) > NAMES_SHOWN else ""
        raise InvalidTable(f"`{place}`: columns named twice: {listed}; give each column a name of its own")


def _parse(data: bytes, columns: list[str], delimiter: str, name: str, *, threads: bool = True) -> pa.Table:
    """Split into cells of text, null where empty; a row of another width is refused (its number needs one thread)."""
    bad: list[arrow_csv.InvalidRow] = []

    def keep_first(row: arrow_csv.InvalidRow) -> str:
        if not bad:
            bad.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=columns, skip_rows_after_names=1, block_size=BLOCK_BYTES, use_threads=threads
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep_first
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0]
        raise InvalidTable(f"`{name}` cannot be read as CSV: {reason}; check quotes and line ends") from error
    if bad and threads:
        return _parse(data, columns, delimiter, name, threads=False)
    if bad:
        row, expected, actual = bad[0].number - 1, bad[0].expected_columns, bad[0].actual_columns
        shown = {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
        raise InvalidTable(
            f"`{name}`, row {row}: {actual} values where the header names {expected} columns ({shown}-separated); "
            "quote values that hold the separator, or complete a truncated file"
        )
    return table


def infer(cells: pa.ChunkedArray, delimiter: str = ",") -> pa.ChunkedArray:
    """Give a column of text its type: whole number, number, truth value, else text; `MISSING` words become null."""
    typed = _cast(cells)
    if typed is not None:
        return typed
    trimmed = pc.utf8_trim_whitespace(cells)
    missing = pc.is_in(trimmed, value_set=pa.array(MISSING))
    cleaned = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    typed = _cast(cleaned)
    if typed is None and delimiter == ";" and all_match(cleaned, DECIMAL_COMMA):
        typed = _cast(pc.replace_substring(cleaned, ",", "."))
    if typed is not None:
        return typed
    return pc.if_else(missing, pa.scalar(None, pa.string()), cells)


def all_match(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Whether every value that is there matches (also where none is); a probe spares most columns the full pass."""
    return all(pc.all(pc.match_substring_regex(part, pattern)).as_py() is not False for part in (probe(cells), cells))


def probe(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return some 1,000 evenly spread values."""
    return cells.take(pa.array(range(0, len(cells), 1 + len(cells) // PROBE), pa.int64()))


def _cast(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return the column as the first type that all its cells have, or None where that is text.

    A cast that fails costs Arrow some 20 µs per cell, so a spread of cells is looked at first.
    """
    some = probe(cells)
    for kind, pattern in TYPES:
        if all_match(some, pattern):
            try:
                return pc.cast(cells, kind)
            except pa.ArrowInvalid:
                continue
    return None
