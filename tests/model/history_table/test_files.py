"""Files of one log agree, are read by name and by one dialect, and are found by the name that they have."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import InvalidInput
from model.history_table.description import History
from model.history_table.paths import refuse_overwriting
from tests.model.history_table.logs import START, act, after, built, contact, logs, write

PAIR = [contact("o1"), contact("o9", "ben", contacted=False)]
HEADER = "who,at,kind,about"


def stamp(**spans: float) -> str:
    """An instant after the start, as text."""
    return after(**spans).isoformat()


def read(folder: Path, *, file: str, table: str = "engagements", **more: Any) -> tuple[pa.Table, list[str]]:
    """The table with one log in another file."""
    return built(logs(folder, PAIR, **{f"{table}__file": file}, **more), folder)


def refusal(folder: Path, **more: Any) -> str:
    """The one line of a refusal."""
    with pytest.raises(InvalidInput) as refused:
        read(folder, **more)
    said = str(refused.value)
    assert "\n" not in said, said
    return said


def test_files_of_a_pattern_are_read_by_name(tmp_path: Path) -> None:
    """The second file has its columns in another order, and another sign between cells."""
    (tmp_path / "e1.csv").write_text(f"{HEADER}\nanna,{stamp(hours=1)},engaged,\n")
    (tmp_path / "e2.csv").write_text(f"kind;about;at;who\nengaged;;{stamp(hours=2)};ben\n")
    table, _ = read(tmp_path, file="e*.csv")
    assert table["engaged"].to_pylist() == [True, True]


def test_a_file_of_a_pattern_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    """Renamed in one of the files: not one line of it may be read as something else."""
    (tmp_path / "e1.csv").write_text(f"{HEADER}\nanna,{stamp(hours=1)},engaged,\n")
    (tmp_path / "e2.csv").write_text(f"who,at,sort,about\nben,{stamp(hours=2)},engaged,\n")
    said = refusal(tmp_path, file="e*.csv")
    assert "`e2.csv` has no column `kind`, which `e1.csv` of the same log has" in said, said


def test_quotes_that_come_late_are_quotes(tmp_path: Path) -> None:
    """After more lines than a sample has: commas, line ends and doubled quotes within; apostrophes are letters."""
    many = "".join(f"z{n},{stamp(days=1)},engaged,\n" for n in range(30_000))
    late = f'"anna",{stamp(hours=1)},"engaged","a, ""b""\nc"\n\'ben\',{stamp(hours=1)},engaged,\n'
    (tmp_path / "e.csv").write_text(f"{HEADER}\n{many}{late}")
    table, told = read(tmp_path, file="e.csv")
    assert (table["engaged"].to_pylist(), sum("30,001 lines are of customers" in line for line in told)) == (
        [True, False],
        1,
    ), told


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_an_apostrophe_at_both_ends_of_an_id_is_kept(ending: str, tmp_path: Path) -> None:
    """In every line, where a guess would take it for a quote."""
    header, lines = "id,who,at,contacted", [f"'o{n}','c{n}',{stamp(hours=n)},{n % 2}" for n in range(4)]
    data = "\n".join((header, *lines)).encode()
    (tmp_path / f"c.{ending}").write_bytes(gzip.compress(data) if ending == "csv.gz" else data)
    table, _ = read(tmp_path, file=f"c.{ending}", table="contacts")
    assert table["occasion_id"].to_pylist() == ["'o0'", "'o1'", "'o2'", "'o3'"]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("e.csv", f'{HEADER}\n"anna,{stamp()},engaged,\nben,{stamp()},engaged,\n'.encode(), "unterminated quote"),
        ("e.csv", b"", "is empty, or has no header line"),
        ("e.csv", b"who,WHO,at,kind\n", "has two columns `WHO`"),
        ("e.csv", b"who,at,kind,\xe9\n", "header line cannot be read"),
        ("e.csv", f"{HEADER}\nanna,{stamp()}\n".encode(), "Expected Number of Columns: 4 Found: 2"),
        ("e.csv.gz", gzip.compress(f"{HEADER}\n".encode() * 99)[:-9], "`e.csv.gz` is damaged"),
        ("e.csv.gz", gzip.compress(f"{HEADER}\n".encode())[:-8] + b"12345678", "`e.csv.gz` is damaged: crc check"),
        ("e.csv.gz", gzip.compress(f"{HEADER}\n".encode()) + b"more", "`e.csv.gz` is damaged: not a gzipped file"),
        ("e.csv.gz", gzip.compress(f"{HEADER}\n".encode())[:10], "`e.csv.gz` is damaged: compressed file ended"),
        ("e.csv.gz", b"no gzip", "`e.csv.gz` is damaged: not a gzipped file"),
        ("e.csv", f"{HEADER}\nann\xe9,{stamp()},engaged,\n".encode("latin-1"), "CSV Error on Line: 2"),
    ],
    ids=range(11),
)
def test_a_csv_that_is_not_whole_is_refused(name: str, data: bytes, says: str, tmp_path: Path) -> None:
    """Nothing of it is read as if it were."""
    (tmp_path / name).write_bytes(data)
    said = refusal(tmp_path, file=name)
    assert says in said, said


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("at", pa.array([START.replace(tzinfo=None)]), "holds times without a zone"),
        ("who", pa.array([7]), "holds whole numbers, in `a.parquet` of the same log text"),
        ("contacted", pa.array([1]), "holds whole numbers"),
        ("p", pa.array([1]), "holds whole numbers"),
        ("p", pa.array(["0.5"]), "holds text"),
        ("p", None, "has no column `p`"),
    ],
    ids=range(6),
)
def test_files_of_a_folder_hold_the_same_kinds(column: str, cell: pa.Array | None, says: str, tmp_path: Path) -> None:
    """A naive time would move with the machine's zone, a number lose its zeros: both name file and column."""
    (tmp_path / "c").mkdir()
    for name, line in (("a", contact("o1", p=0.5)), ("b", contact("o2", p=0.5))):
        write(tmp_path / "c" / f"{name}.parquet", [line])
    table = pq.read_table(tmp_path / "c" / "b.parquet").drop_columns(column)
    pq.write_table(table if cell is None else table.append_column(column, cell), tmp_path / "c" / "b.parquet")
    said = refusal(tmp_path, file="c", table="contacts", contacts__propensity="p")
    assert ("`b.parquet`" in said, f"`{column}`" in said, says in said) == (True, True, True), said


def test_a_name_with_the_signs_of_a_pattern_is_itself(tmp_path: Path) -> None:
    """A file, and a folder, beside those that the pattern would mean."""
    for name, kind in (("e[1].parquet", "engaged"), ("e1.parquet", "contacted_us")):
        write(tmp_path / name, [act(at=after(hours=1), kind=kind)])
    for folder, who in (("lo*g", "ben"), ("loXg", "anna")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "a?.parquet", [act(who, at=after(hours=1))])
    seen = [read(tmp_path, file=file)[0]["engaged"].to_pylist() for file in ("e[1].parquet", "lo*g")]
    assert seen == [[True, False], [False, True]]


def test_in_a_folder_every_parquet_counts_and_other_files_are_named(tmp_path: Path) -> None:
    """Whatever its capitals; bookkeeping with a dot or an underscore is not worth a word."""
    (tmp_path / "log").mkdir()
    write(tmp_path / "log" / "a.PQ", [act(at=after(hours=1))])
    write(tmp_path / "log" / "b.Parquet", [act("ben", at=after(hours=1))])
    for name in ("c.csv", "_SUCCESS", ".crc"):
        (tmp_path / "log" / name).write_text("x")
    table, told = read(tmp_path, file="log")
    noted = [line for line in told if "no Parquet" in line]
    assert (table["engaged"].to_pylist(), len(noted), "`c.csv`" in noted[0]) == ([True, True], 1, True)


@pytest.mark.parametrize("name", ["a**b/*.parquet", "x" * 5_000, "nul\0.parquet", "**", "[.parquet"])
def test_a_name_that_cannot_be_is_refused(name: str, tmp_path: Path) -> None:
    """In one line, with what to write."""
    assert (
        "`contacts.file`" in refusal(tmp_path / "a", file=name, table="contacts") if (tmp_path / "a").mkdir() else True
    )


def test_times_of_a_billionth_are_cut_to_millionths(tmp_path: Path) -> None:
    """With a zone, as pandas writes them."""
    lines = pq.read_table(logs(tmp_path, PAIR).folder / "contacts.parquet")
    billionths = pa.array([1_780_300_800_000_000_999] * 2, pa.timestamp("ns", tz="UTC"))
    place = lines.column_names.index("at")
    pq.write_table(lines.set_column(place, "at", billionths), tmp_path / "ns.parquet")
    table, _ = read(tmp_path, file="ns.parquet", table="contacts")
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1_780_300_800)
    assert table["decided_at"].to_pylist() == [expected] * 2


@pytest.mark.parametrize("out", ["contacts.parquet", "history.toml", "log/", "t.parquet"])
def test_the_table_never_overwrites_what_it_is_read_from(out: str, tmp_path: Path) -> None:
    """A log, the description, a folder with a log, and a log where `roles.toml` would stand."""
    described = logs(tmp_path, PAIR, complaints__file="log/k.parquet", engagements__file="roles.toml")
    (tmp_path / "log").mkdir()
    for path in (tmp_path / "log" / "k.parquet", tmp_path / "roles.toml"):
        write(path, [act(at=START)])
    with pytest.raises(InvalidInput, match="would overwrite"):
        refuse_overwriting(str(tmp_path / out), tmp_path / "history.toml", described)


@pytest.mark.parametrize("text", ["x = " + "[" * 3_000, "[windows]\nbenefit = " + "9" * 5_000], ids=["deep", "digits"])
def test_a_description_beyond_reason_is_refused(text: str, tmp_path: Path) -> None:
    """Nested thousandfold, or a number of thousands of digits."""
    (tmp_path / "history.toml").write_text(text)
    with pytest.raises(InvalidInput, match="see the example"):
        History.read(tmp_path / "history.toml")
