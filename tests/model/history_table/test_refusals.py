"""What cannot be a table is refused in one line: file, column, value, next step."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.errors import InvalidInput, InvalidTable
from model.history_table.description import History
from tests.model.history_table.logs import DESCRIPTION, START, act, after, built, contact, logs

CONTROL = contact("o9", "ben", contacted=False)
PAIR = [contact("o1"), CONTROL]


@pytest.mark.parametrize(
    ("contacts", "more", "says"),
    [
        ([contact("o1"), contact("o1", "ben")], {}, "id `o1` stands on 2 lines"),
        ([contact("o1"), contact("o2", None)], {}, "`contacts.customer` (`who` of `contacts.parquet`) is empty on 1"),
        ([{**contact("o1"), "at": None}, CONTROL], {}, "`contacts.time` (`at` of `contacts.parquet`) is empty on 1"),
        ([{**contact("o1"), "at": "2026-06-01 10:00:00"}], {}, "`2026-06-01 10:00:00` is not known"),
        ([{**contact("o1"), "at": START.replace(tzinfo=None).isoformat()}], {}, "with an offset"),
        ([{**contact("o1"), "contacted": "maybe"}], {}, "`maybe` is not known, on 1 lines"),
        ([contact("o1", why="chat up")], {"contacts__purpose": "why"}, "`chat up` is not known"),
        (
            [contact("o2", p=1.0, contacted=False)],
            {"contacts__propensity": "p"},
            "`o2` was held out",
        ),
        ([contact("o1", p=0.0)], {"contacts__propensity": "p"}, "`o1` was contacted with propensity `0.0`"),
        ([contact("o1", p=1.0)], {"contacts__propensity": "p"}, "no occasion that was drawn"),
        ([contact("o1", at=after(days=50))], {}, "windows of all 1 occasions"),
        (PAIR, {"contacts__time": "att"}, "no column `att` (`contacts.time`); did you mean `at`?"),
        (PAIR, {"contacts__file": "none.parquet"}, "`none.parquet` is not there"),
        (PAIR, {"contacts__file": "spill"}, "holds no Parquet"),
        (PAIR, {"engagements": [act(None, at=START)]}, "neither which customer nor which contact"),
        (PAIR, {"engagements": [act(at=START, kind="looked")]}, "say what it means: `kind = "),
        (PAIR, {"engagements": [act(None, at=START, about="o1")], "engagements__contact": "about"}, "only by contact"),
        (PAIR, {"complaints": [act(at=START, kind="moan")]}, "`moan` is not known"),
        (PAIR, {"customers": [{"id": "a", "x": 1}, {"id": "a", "x": 2}]}, "customer `a` has two records"),
        (PAIR, {"customers": [{"id": None, "x": 1}]}, "`customers.id` (`id` of `customers.parquet`) is empty"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused(
    contacts: list[dict[str, Any]], more: dict[str, Any], says: str, tmp_path: Path
) -> None:
    """Never a guess, never a traceback."""
    (tmp_path / "spill").mkdir()
    with pytest.raises(InvalidInput) as refused:
        built(logs(tmp_path, contacts, **more), tmp_path)
    actual = str(refused.value)
    assert (says in actual, "\n" in actual) == (True, False), actual


@pytest.mark.parametrize("damage", ["cut", "naive", "mixed", "other"])
def test_files_that_cannot_be_read_are_refused_by_name(damage: str, tmp_path: Path) -> None:
    """Truncated, of several schemas, without a zone, or no table at all."""
    described = logs(tmp_path, PAIR, contacts__file="folder" if damage == "mixed" else "contacts.parquet")
    path = tmp_path / "contacts.parquet"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    elif damage == "naive":
        table = pq.read_table(path)
        pq.write_table(table.set_column(1, "at", table["at"].cast(pa.timestamp("us"))), path)
    elif damage == "mixed":
        (tmp_path / "folder").mkdir()
        path.rename(tmp_path / "folder" / "a.parquet")
        pq.write_table(pa.table({"id": ["x"]}), tmp_path / "folder" / "b.parquet")
    else:
        described = logs(tmp_path, PAIR, contacts__file="notes.pdf")
        (tmp_path / "notes.pdf").write_text("no table")
    with pytest.raises(InvalidInput) as refused:
        built(described, tmp_path)
    named = {"mixed": "`b.parquet`", "other": "`notes.pdf`"}.get(damage, "`contacts.parquet`")
    assert (named in str(refused.value), "\n" in str(refused.value)) == (True, False), str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"contact": {}}, "key `contact` is not known; did you mean `contacts`?"),
        ({"benefit": "clicked"}, "`clicked` is not `engaged` or `no_contact`"),
        ({"as_of": "2026-06-01"}, "has no offset"),
        ({"as_of": "soon"}, "is not a time"),
        ({"windows": {"benefit": 0}}, "`windows.benefit`: `0` is no number of days"),
        ({"windows": {"benefits": 3}}, "did you mean `benefit`?"),
        ({"engagements": {"file": "e.csv", "time": "t", "kind": "k"}}, "neither `customer` nor `contact`"),
        ({"engagements": {**DESCRIPTION["engagements"], "as_of": 1}}, "move `as_of` above the first"),
        ({"contacts": {**DESCRIPTION["contacts"], "propensity": 1.0}}, "is not between 0 and 1"),
        ({"contacts": {**DESCRIPTION["contacts"], "contacted": {"column": "c", "ja": [1]}}}, "`contacts.contacted.ja`"),
        ({"contacts": {**DESCRIPTION["contacts"], "contacted": {"yes": [1]}}}, "lacks `column`"),
        ({"contacts": [DESCRIPTION["contacts"]] * 2}, "stands more than once"),
        ({"contacts": {"file": "c.csv"}}, "`contacts.id` is missing"),
    ],
)
def test_a_description_is_read_strictly(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    """A misspelt key would be silent otherwise."""
    with pytest.raises(InvalidTable) as refused:
        History.from_mapping({**DESCRIPTION, **change}, folder=tmp_path)
    assert says in str(refused.value), str(refused.value)


@pytest.mark.parametrize("text", [b"as_of = ", b"\xff\xfe", b"benefit = 3"])
def test_a_file_that_is_no_description_names_itself(text: bytes, tmp_path: Path) -> None:
    """Not TOML, not UTF-8, not known: the file stands in the message."""
    path = tmp_path / "history.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        History.read(path)
    assert str(path) in str(refused.value)
