import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from model.artefact import Artefact, load, write
from model.errors import InvalidInput
from model.features import encode
from model.score import ADDED, BATCH, score, score_table
from tests.model.examples import ISSUED_AT, columns, extra, rows, scorer


@pytest.fixture
def artefact(tmp_path: Path) -> Artefact:
    """A loaded artefact with a certificate at 0.004."""
    learned = scorer()
    write(tmp_path / "artefact", learned, extra=extra(learned), golden=rows(learned)[:8], issued_at=ISSUED_AT)
    return load(tmp_path / "artefact")


def frame(count: int = 200) -> pd.DataFrame:
    """A table with the three features, a label and an id, features not in the model's order."""
    table = pd.DataFrame(columns(count))
    table["name"] = [f"ü{i}" for i in range(count)]
    return table[["name", "plan", "age", "member"]]


def expected(artefact: Artefact, table: pd.DataFrame) -> pd.DataFrame:
    """Score a frame without the module under test."""
    values = {name: table[name].to_numpy(dtype=object) for name in ("age", "member", "plan")}
    effects = artefact.scorer.predict(encode(artefact.scorer.features, values, len(table)))
    scores = dict(zip(ADDED[:4], effects.stacked().T, strict=True))
    return pd.DataFrame(scores | {"above_cutoff": scores["net_benefit"] >= artefact.certificate.cutoff})


def scored(source: Path, artefact: Artefact) -> pd.DataFrame:
    """Score a file and read the result back."""
    out = source.parent / "out" / "scored.parquet"
    score(source, artefact, out)
    return parquet.read_table(out).to_pandas()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "folder"])
def test_every_kind_of_table_scores_alike(tmp_path: Path, artefact: Artefact, kind: str) -> None:
    """The same rows give the same scores from every kind of file, in the same order, original columns kept."""
    table, source = frame(), tmp_path / f"table.{kind}"
    if kind == "parquet":
        table.to_parquet(source)
    elif kind == "folder":
        source.mkdir()
        table[120:].to_parquet(source / "part-2.parquet")
        table[:120].to_parquet(source / "part-1.parquet")
    else:
        text = table.to_csv(index=False).encode()
        source.write_bytes(gzip.compress(text) if kind == "csv.gz" else text)
    actual = scored(source, artefact)
    assert actual["name"].tolist() == table["name"].tolist()
    pd.testing.assert_frame_equal(actual[list(ADDED)], expected(artefact, table), check_exact=True)


def test_rows_beyond_one_batch_keep_their_order(tmp_path: Path, artefact: Artefact) -> None:
    """Streaming changes neither order nor a single bit."""
    table = frame(BATCH + 1000)
    table.to_parquet(tmp_path / "t.parquet", row_group_size=10_000)
    actual = scored(tmp_path / "t.parquet", artefact)
    pd.testing.assert_frame_equal(actual[list(ADDED)], expected(artefact, table), check_exact=True)
    assert actual["name"].tolist() == table["name"].tolist()


def test_a_partitioned_folder_keeps_its_partition_column(tmp_path: Path, artefact: Artefact) -> None:
    """`day=3/part-0.parquet` scores with `day` as a column, as the trainer reads it."""
    for day in (1, 2):
        (tmp_path / "t" / f"day={day}").mkdir(parents=True)
        frame(10).to_parquet(tmp_path / "t" / f"day={day}" / "part-0.parquet")
    assert scored(tmp_path / "t", artefact)["day"].tolist() == [1] * 10 + [2] * 10


def test_dictionary_and_decimal_columns_read_as_what_they_stand_for(tmp_path: Path, artefact: Artefact) -> None:
    """Arrow's encodings of a value are the value."""
    table = frame(50).assign(age=[float(i) for i in range(50)])
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.set_column(1, "plan", arrow["plan"].dictionary_encode())
    arrow = arrow.set_column(2, "age", arrow["age"].cast(pa.decimal128(10, 2)))
    parquet.write_table(arrow, tmp_path / "t.parquet")
    actual = scored(tmp_path / "t.parquet", artefact)
    pd.testing.assert_frame_equal(actual[list(ADDED)], expected(artefact, table), check_exact=True)


def test_without_a_certificate_above_cutoff_is_null(tmp_path: Path) -> None:
    """No certificate, no cut-off: the column says unknown, not false."""
    learned = scorer()
    write(tmp_path / "a", learned, extra=extra(learned, issued=False), golden=rows(learned)[:8], issued_at=None)
    frame(5).to_parquet(tmp_path / "t.parquet")
    assert scored(tmp_path / "t.parquet", load(tmp_path / "a"))["above_cutoff"].tolist() == [None] * 5


def test_missing_columns_are_named_with_their_nearest(tmp_path: Path, artefact: Artefact) -> None:
    """The difference is in the message, with the column that was probably meant."""
    frame(5).rename(columns={"member": "members"}).drop(columns="age").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InvalidInput, match=r"lacks columns .*: `age`, `member` \(the table has `members`\); rename"):
        score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet")


def test_a_column_of_a_scores_name_is_refused(tmp_path: Path, artefact: Artefact) -> None:
    """Nothing of the user's is overwritten."""
    frame(5).assign(opt_out=0).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InvalidInput, match="already has `opt_out`, which scoring adds"):
        score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet")


WRONG: dict[str, tuple[str, Any]] = {
    "text as number": ("age", "old"),
    "number as category": ("plan", 7),
    "text as boolean": ("member", "maybe"),
    "bool as number": ("age", True),
    "date as number": ("age", datetime.fromisoformat("2026-01-01T00:00:00Z")),
    "infinite": ("age", float("inf")),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_a_wrong_value_is_named_by_column_and_row(tmp_path: Path, artefact: Artefact, case: str) -> None:
    """The row counts from the start of the table, across batches."""
    name, value = WRONG[case]
    before, table = frame(BATCH + 5), frame(3).assign(**{name: [None, value, value]})
    (tmp_path / "t").mkdir()
    with_kind = before.assign(**{name: None}) if case != "infinite" else before
    with_kind.to_parquet(tmp_path / "t" / "1.parquet")
    table.to_parquet(tmp_path / "t" / "2.parquet")
    with pytest.raises(InvalidInput, match=f"column `{name}`, row {BATCH + 5 + 2}: `.*` is not a"):
        score(tmp_path / "t", artefact, tmp_path / "out.parquet")


@pytest.mark.parametrize(
    ("name", "cell", "row", "kind"),
    [("age", "bad", 8, "number"), ("age", "bad", BATCH + 3, "number"), ("member", "perhaps", 8, "boolean")],
)
def test_one_wrong_cell_of_a_csv_is_named_itself(  # noqa: PLR0917  (two fixtures and four parts of a case)
    tmp_path: Path, artefact: Artefact, name: str, cell: str, row: int, kind: str
) -> None:
    """It makes the whole column text: what is wrong is that cell, not the first."""
    data = frame(row + 20).astype(object)
    data.loc[row - 1, name] = cell
    data.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InvalidInput, match=f"column `{name}`, row {row}: `{cell}` is not a {kind}"):
        score(tmp_path / "t.csv", artefact, tmp_path / "out.parquet")


@pytest.mark.parametrize(("wrong", "row"), [("bad", 3), ("1,5,5", 3), ("7.5", None)])
def test_decimal_commas_are_numbers_where_columns_end_in_semicolons(
    tmp_path: Path, artefact: Artefact, wrong: str, row: int | None
) -> None:
    """The cell that is no number at all is named before one that is written in another way."""
    (tmp_path / "t.csv").write_text(f"age;member;plan\n40,5;true;pro\n41,5;true;pro\n{wrong};true;pro\n")
    named = wrong if row else "40,5"
    with pytest.raises(InvalidInput, match=f"column `age`, row {row or 1}: `{named}` is not a number"):
        score(tmp_path / "t.csv", artefact, tmp_path / "out.parquet")


def test_a_failure_leaves_no_file_and_the_earlier_result(tmp_path: Path, artefact: Artefact) -> None:
    """The result appears when it is complete; what was there stays."""
    out = tmp_path / "out.parquet"
    out.write_bytes(b"earlier")
    frame(5).assign(age="old").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InvalidInput):
        score(tmp_path / "t.parquet", artefact, out)
    assert (out.read_bytes(), sorted(p.name for p in tmp_path.glob(".out*"))) == (b"earlier", [])


@pytest.mark.parametrize("content", [b"PAR1 but no more", b"PAR1" + b"\x00" * 50 + b"PAR1", b""])
def test_unreadable_files_are_refused(tmp_path: Path, artefact: Artefact, content: bytes) -> None:
    """Damaged, truncated and empty files are the user's error, not a crash."""
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(InvalidInput):
        score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet")


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_an_absent_file_or_empty_folder_is_refused(tmp_path: Path, artefact: Artefact, name: str) -> None:
    """Said with the next step."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="give"):
        score(tmp_path / "empty" / name, artefact, tmp_path / "out.parquet")


def test_a_table_without_rows_is_refused(tmp_path: Path, artefact: Artefact) -> None:
    """A header alone is a mistake worth naming."""
    frame(0).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InvalidInput, match="has no rows"):
        score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet")


def test_digits_and_missing_words_in_a_csv_category_read_as_in_training(tmp_path: Path, artefact: Artefact) -> None:
    """A category stays text though this file holds only digits, and `NA` is missing, not a level."""
    (tmp_path / "t.csv").write_text("age,member,plan\n40,true,007\n40,true,NA\n40,true,\n")
    actual = scored(tmp_path / "t.csv", artefact)
    assert (actual["plan"].tolist()[0], actual["net_benefit"].nunique()) == ("007", 1)


def test_progress_is_told_the_rows_done(tmp_path: Path, artefact: Artefact) -> None:
    """A long table can show a bar."""
    frame(BATCH + 1).to_parquet(tmp_path / "t.parquet")
    told: list[int] = []
    rows_done = score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet", progress=told.append)
    assert (rows_done, told[-1], len(told) > 1) == (BATCH + 1, BATCH + 1, True)


def test_the_result_is_plain_parquet(tmp_path: Path, artefact: Artefact) -> None:
    """Names and types of the added columns are those of the contract."""
    frame(5).to_parquet(tmp_path / "t.parquet", index=False)
    score(tmp_path / "t.parquet", artefact, tmp_path / "out.parquet")
    schema = parquet.read_schema(tmp_path / "out.parquet")
    actual = json.dumps({name: str(schema.field(name).type) for name in ADDED})
    assert actual == json.dumps(dict.fromkeys(ADDED[:4], "double") | {"above_cutoff": "bool"})


def test_numbers_as_whole_numbers_score_alike(tmp_path: Path, artefact: Artefact) -> None:
    """40 and 40.0 are the same age."""
    whole = frame(20).assign(age=np.arange(20))
    whole.to_parquet(tmp_path / "t.parquet")
    actual = scored(tmp_path / "t.parquet", artefact)
    pd.testing.assert_frame_equal(actual[list(ADDED)], expected(artefact, whole.assign(age=np.arange(20.0))))


def test_a_table_scores_by_names_of_files_and_folder(tmp_path: Path, artefact: Artefact) -> None:
    """The command line's form: paths in, rows out."""
    frame(5).to_parquet(tmp_path / "t.parquet")
    rows_done = score_table(str(tmp_path / "t.parquet"), str(tmp_path / "artefact"), str(tmp_path / "o.parquet"))
    actual = parquet.read_table(tmp_path / "o.parquet").to_pandas()[list(ADDED)]
    pd.testing.assert_frame_equal(actual, expected(artefact, frame(5)), check_exact=True)
    assert rows_done == 5
