import doctest
import io
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading import csv as csv_reader
from model.reading.csv import infer, read_csv
from tests.model.tables import message


def read(data: bytes, **options: Any) -> dict[str, list[Any]]:
    """Read bytes of CSV into columns of Python values."""
    columns: dict[str, list[Any]] = read_csv(data, "t.csv", **options)[0].to_pydict()
    return columns


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(csv_reader).failed

    assert actual == 0


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\n2,y\n",
        b"a,b\n1,x\n2,y",
        b"a;b\n1;x\n2;y\n",
        b"a\tb\n1\tx\n2\ty\n",
        b"a,b\r\n1,x\r\n2,y\r\n",
        b"a,b\r1,x\r2,y\r",
        b"a,b\r\n1,x\n2,y\r",
        b"\xef\xbb\xbfa,b\r\n1,x\n2,y\n",
        b"\n\r\na,b\n1,x\n\n2,y\n\n",
        b'"a","b"\n"1","x"\n"2","y"\n',
        b' 1"a,b\n1,x\n2,y\n'[3:],
    ],
)
def test_delimiters_line_ends_and_marks_make_no_difference(data: bytes) -> None:
    """Comma, semicolon and tab, Unix, Windows, old Mac and mixed ends, a byte order mark, blank lines, quotes."""
    actual = read(data)

    assert actual == {"a": [1, 2], "b": ["x", "y"]}


def test_delimiters_inside_quotes_are_text() -> None:
    """The header's quoted commas do not outvote its semicolons, and quoted line ends stay inside their value."""
    actual = read(b'"a,b,c,d";"e"\n1;"x;\n""y"""\n')

    assert actual == {"a,b,c,d": [1], "e": ['x;\n"y"']}


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\r\n", b"a,b\r", b"\xef\xbb\xbfa,b"])
def test_a_header_alone_is_a_table_without_rows(data: bytes) -> None:
    """With or without a line end; who reads the table refuses it."""
    actual = read(data)

    assert actual == {"a": [], "b": []}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'[{"a":1,"a":2},{"a":1}]', "JSON"),
        (b' {"a":1}\n{"a":2}\n', "JSON"),
        (b"<!doctype html><html></html>", "a web page or XML"),
    ],
)
def test_another_format_is_named(data: bytes, found: str) -> None:
    """A download that was a page of a login, or an export as JSON: said as what it is, not as a strange header."""
    actual = message(lambda: read(data))

    assert actual == f"`t.csv` looks like {found}, which is no table; export it as CSV UTF-8 or Parquet"


def test_many_columns_named_twice_stay_one_line() -> None:
    """Five names show what is wrong."""
    header = ",".join(f"c{number % 9}" for number in range(18)).encode()

    actual = message(lambda: read(header + b"\n"))

    assert actual == (
        "`t.csv`: columns named twice: `c0`, `c1`, `c2`, `c3`, `c4` and 4 more; give each column a name of its own"
    )


def test_one_column_is_a_table() -> None:
    """A header without any delimiter names one column."""
    actual = read(b"a\n1\n2\n")

    assert actual == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "-2", "007"], [1, -2, 7]),
        (["1", "2.5", "1e3", ".5", "+4"], [1.0, 2.5, 1000.0, 0.5, 4.0]),
        ([" 1", "2 "], [1, 2]),
        (["1", None, "NA", "NaN", "null", "None", "N/A"], [1, None, None, None, None, None, None]),
        (["True", "false", "TRUE", "NA"], [True, False, True, None]),
        (["x", "NA", "1"], ["x", None, "1"]),
        (["0x10", "0x11"], ["0x10", "0x11"]),
        (["1_000"], ["1_000"]),
        (["yes", "no"], ["yes", "no"]),
        ([" x ", "y"], [" x ", "y"]),
        (["99999999999999999999"], [1e20]),
        (["inf", "-Infinity"], [float("inf"), float("-inf")]),
        ([None, None], [None, None]),
        (["2026-11-20T18:00:00Z"], ["2026-11-20T18:00:00Z"]),
    ],
)
def test_a_column_finds_one_type_for_all_its_cells(cells: list[str | None], expected: list[Any]) -> None:
    """Whole numbers, numbers, truth values, else text as it was written; the words for missing are missing."""
    actual = infer(pa.chunked_array([pa.array(cells, pa.string())])).to_pylist()

    assert actual == expected


def test_one_late_word_makes_a_column_text() -> None:
    """A stray word that a probe of the column does not see still decides its type."""
    cells = ["1"] * 5001
    cells[4999] = "unknown"

    actual = set(infer(pa.chunked_array([cells])).to_pylist())

    assert actual == {"1", "unknown"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a;b\n1,5;x\n2;y\n", [1.5, 2.0]),
        (b"a;b\n1.5;x\n2;y\n", [1.5, 2.0]),
        (b"a;b\n1,5;x\n2.5;y\n", ["1,5", "2.5"]),
        (b'a,b\n"1,5",x\n2,y\n', ["1,5", "2"]),
    ],
)
def test_a_decimal_comma_is_read_where_semicolons_separate(data: bytes, expected: list[Any]) -> None:
    """A European export writes 1,5; among commas, or mixed with points, it could be a thousand and stays text."""
    actual = read(data)["a"]

    assert actual == expected


def test_columns_kept_as_text_are_as_written() -> None:
    """An id 007 is not the number 7, and an arm called None is not missing."""
    actual = read(b"id,arm\n007,None\n7,Mail\n", text={"id", "arm"})

    assert actual == {"id": ["007", "7"], "arm": ["None", "Mail"]}


def test_a_column_without_a_name_is_left_out_and_noted() -> None:
    """A frame saved with its index, or a delimiter at the line's end, leaves a column that no role can name."""
    table, notes = read_csv(b",a,\n0,5,\n1,6,\n", "t.csv")

    assert (table.to_pydict(), notes) == ({"a": [5, 6]}, ("2 column(s) without a name left out",))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "`t.csv` is empty; write a header line and one row per occasion"),
        (b"\xef\xbb\xbf \r\n", "`t.csv` is empty; write a header line and one row per occasion"),
        ("a,b\n1,2\n".encode("utf-16"), "`t.csv` is UTF-16; save it as CSV UTF-8"),
        (b"PK\x03\x04\x14", "`t.csv` is a zip file or an Excel workbook; save the sheet as CSV UTF-8"),
        (b"a,b\n1,x\n2,\xe9t\xe9\n", "`t.csv`, line 3: byte 10 is not UTF-8; save the file as UTF-8"),
        (b"a\n1\n\x00\n", "`t.csv`, line 3: holds a zero byte, so this is no text; save the table as CSV UTF-8"),
        (b"a,b,a,b,c\n1,2,3,4,5\n", "`t.csv`: columns named twice: `a`, `b`; give each column a name of its own"),
        (
            b"a,b\n1,2\n3\n",
            (
                "`t.csv`, row 2: 1 values where the header names 2 columns (comma-separated); "
                "quote values that hold the separator, or complete a truncated file"
            ),
        ),
        (
            b"a;b\n1;2;3\n",
            (
                "`t.csv`, row 1: 3 values where the header names 2 columns (semicolon-separated); "
                "quote values that hold the separator, or complete a truncated file"
            ),
        ),
        (
            b'a,b\n1,2\n3,"4\n5,6\n',
            "`t.csv`, row 2: a quote is opened and never closed; the file may be truncated",
        ),
    ],
)
def test_an_unreadable_file_is_refused(data: bytes, expected: str) -> None:
    """The refusal names the file, the line or row, and what to do."""
    actual = message(lambda: read(data))

    assert actual == expected


def test_a_lone_quote_inside_a_value_is_no_open_quote() -> None:
    """A five-inch pipe, written 5 and a quote, is whole."""
    actual = read(b'a,b\n5" pipe,1\nx,2\n')

    assert actual == {"a": ['5" pipe', "x"], "b": [1, 2]}


def test_an_open_quote_in_the_header_is_refused() -> None:
    """The whole file is then one name."""
    actual = message(lambda: read(b'a,"b\n1,2\n'))

    assert (actual.startswith("`t.csv` cannot be read as CSV: "), actual.endswith("check quotes and line ends")) == (
        True,
        True,
    )


def test_a_header_alone_has_no_rows() -> None:
    """No rows is for the table to refuse: the columns are known by then."""
    table, _ = read_csv(b"a,b\n", "t.csv")

    assert (table.column_names, table.num_rows) == (["a", "b"], 0)


def test_the_bad_row_is_found_beyond_the_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are read in parallel; the row's number is still that of the file."""
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 64)
    data = b"a,b\n" + b"1,2\n" * 100 + b"3\n" + b"1,2\n" * 100

    actual = message(lambda: read(data))

    assert actual.startswith("`t.csv`, row 101: 1 values")


def test_a_value_larger_than_a_block_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Arrow cannot read is a refusal, not a trace."""
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 64)

    actual = message(lambda: read(b'a,b\n1,"' + b"x\n" * 400 + b'"\n'))

    assert actual.startswith("`t.csv` cannot be read as CSV: ")


plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1f", exclude_categories=("Cs",)), max_size=6)
cells = st.text('ab ,;"\n\té', max_size=5).map(lambda value: f"x{value}")


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]))
def test_what_pandas_writes_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    """Text with delimiters, quotes and line ends survives a round trip through a CSV file."""
    frame = pd.DataFrame(rows, columns=["one", "two"])

    actual = read(frame.to_csv(index=False, sep=delimiter).encode())

    assert actual == {"one": frame["one"].tolist(), "two": frame["two"].tolist()}


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), min_size=2, max_size=20))
def test_numbers_are_read_exactly(numbers: list[float | None]) -> None:
    """A float written with all its digits comes back as the same float, an empty cell as missing."""
    text = io.StringIO()
    text.write("a,b\n" + "".join(f"{'' if each is None else repr(each)},x\n" for each in numbers))

    actual = read(text.getvalue().encode())["a"]

    assert actual == numbers


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No file, however odd, raises anything but the refusal that the command line prints."""
    try:
        actual = read_csv(data, "t.csv")[0].num_rows >= 0
    except csv_reader.InvalidTable as error:
        actual = str(error).startswith("`t.csv`")

    assert actual
