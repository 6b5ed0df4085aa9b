"""What `outreach train` refuses: one line with problem, value, place and next step, code 2, nothing left behind."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.split import PUBLIC, unit_hash
from tests.model.bad_input import csv, good, parquet, refused, replaced, toml

Printed = pytest.CaptureFixture[str]
CSV, PARQUET, ZIPPED = csv(), parquet(good()), gzip.compress(csv(), mtime=0)

FILES = {
    "a header alone": ("t.csv", b"sent,visit,x\n", "the table has no rows"),
    "a header without line end": ("t.csv", b"sent,visit,x", "the table has no rows"),
    "parquet without rows": ("t.parquet", parquet(good().iloc[:0]), "the table has no rows"),
    "nothing": ("t.csv", b"", "`./t.csv` is empty (0 bytes)"),
    "blanks": ("t.csv", b"  \n \n", "`./t.csv` is empty; write a header line"),
    "empty gzip": ("t.csv.gz", gzip.compress(b"", mtime=0), "`./t.csv.gz` is empty"),
    "latin-1": ("t.csv", csv(good().assign(plan="é")).decode().encode("latin-1"), "line 2: byte 28 is not UTF-8"),
    "utf-16": ("t.csv", CSV.decode().encode("utf-16"), "is UTF-16; save it as CSV UTF-8"),
    "utf-16 without mark": ("t.csv", CSV.decode().encode("utf-16-le"), "line 1: holds a zero byte"),
    "truncated gzip": ("t.csv.gz", ZIPPED[: len(ZIPPED) // 2], "is truncated or damaged gzip"),
    "gzip with a tail": ("t.csv.gz", ZIPPED + b"tail", "is truncated or damaged gzip"),
    "gzip twice": ("t.csv.gz", gzip.compress(ZIPPED, mtime=0), "is gzip inside gzip; unpack it once"),
    "gzip around parquet": ("t.gz", gzip.compress(PARQUET, mtime=0), "is Parquet inside gzip; unpack it once"),
    "truncated parquet": ("t.parquet", PARQUET[: len(PARQUET) // 2], "is a truncated Parquet file"),
    "damaged parquet": ("t.parquet", PARQUET[:300] + bytes(200) + PARQUET[500:], "is damaged Parquet"),
    "csv named parquet": ("t.parquet", CSV, "is not a Parquet file (it does not begin with PAR1)"),
    "a workbook": ("t.xlsx", b"PK\x03\x04" + bytes(99), "is a zip file or an Excel workbook"),
    "json": ("t.json", good().to_json(orient="records").encode(), "looks like JSON, which is no table"),
    "a login page": ("t.csv", b"<!doctype html><p>Login", "looks like a web page or XML, which is no table"),
    "noise": ("t.csv", np.random.default_rng(1).integers(128, 256, 999).astype("u1").tobytes(), "is not UTF-8"),
    "a row too narrow": ("t.csv", CSV[:200] + b"\n1\n", "or complete a truncated file"),
    "a row too wide": ("t.csv", CSV + b"1,0,3,a,b\n", "row 601: 5 values where the header names 4 columns"),
    "an open quote": ("t.csv", CSV + b'1,0,3,"a\n', "row 601: a quote is opened and never closed"),
    "names twice": ("t.csv", CSV.replace(b"x,plan", b"x,x"), "columns named twice: `x`"),
    "no names": ("t.csv", b",,,\n" + CSV, "missing columns in `./t.csv`: `contacted` asks for `sent`"),
    "another letter case": ("t.csv", CSV.replace(b"visit", b"Visit"), "`benefit` asks for `visit` (closest: `Visit`)"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_table_is_refused(case: str, tmp_path: Path, capsys: Printed) -> None:
    """Whatever stands on the disk."""
    name, data, words = FILES[case]
    actual = refused(tmp_path, data, name, toml(), capsys)

    assert words in actual


def days(kind: str) -> pd.DataFrame:
    """Return the good table with a date as text or as a time."""
    when = pd.date_range("2026-01-01", periods=600)
    return good().assign(day=when.astype(str) if kind == "text" else when)


def twenty() -> pd.DataFrame:
    """Return twenty rows, every other one contacted, but where they certify."""
    number = np.arange(20)
    first = np.array([unit_hash(PUBLIC, f"{row}") < 0.6 for row in number + 1])
    return good().iloc[:20].assign(sent=first & (number % 2 == 0), visit=number % 4 < 2)


CELLS = {
    "all contacted": (csv(good().assign(sent=1)), "column `sent`: no held-out rows"),
    "nobody contacted": (csv(good().assign(sent=0)), "column `sent`: no contacted rows"),
    "a gap in the label": (replaced("visit", 8, None), "column `visit`, row 8: a missing value is not 0/1"),
    "NA in the label": (replaced("visit", 5, "NA"), "column `visit`, row 5: a missing value is not 0/1"),
    "a gap in the arm": (replaced("sent", 8, None), "column `sent`, row 8: a missing value is not 0 or 1"),
    "yes and no as label": (csv(good().assign(visit="yes")), "column `visit`, row 1: `yes` is not 0/1"),
    "yes and no as arm": (csv(good().assign(sent="no")), "map its values with `contacted = {"),
    "a constant label": (csv(good().assign(visit=1)), "column `visit`: the benefit label is `1` in every row"),
    "labels 1 and 2": (csv(good().assign(visit=good()["visit"] + 1)), "holds `1` and `2` only, which look like codes"),
    "labels -1 and 1": (csv(good().assign(visit=2 * good()["visit"] - 1)), "`-1` is not 0/1 or a finite number ≥ 0"),
    "an infinite label": (replaced("visit", 6, "inf"), "column `visit`, row 6: `inf` is not 0/1 or a finite number"),
    "a huge label": (replaced("visit", 6, "1e300"), "row 6: `1e+300` is not 0 and not between 1e-09 and 1e+12"),
    "an infinite feature": (replaced("x", 4, "inf"), "column `x`, row 4: `inf` is not a finite number"),
    "a feature beyond doubles": (replaced("x", 4, "1e400"), "column `x`, row 4: `inf` is not a finite number"),
    "dates as text": (csv(days("text")), "column `day`: holds dates, such as `2026-01-01`, which are no feature"),
    "dates": (parquet(days("time")), "column `day`: a feature cannot be of type timestamp"),
    "lists": (parquet(good().assign(many=[[1, 2]] * 600)), "cannot be of type a list or record"),
    "only a constant feature": (csv(good().assign(x=3).drop(columns="plan")), "no features left: feature `x` dropped"),
    "one row": (csv(good().iloc[:1].assign(sent=1)), "column `sent`: no held-out rows"),
    "three rows": (csv(good().iloc[:3].assign(sent=[0, 1, 0], visit=[1, 0, 0])), "3 rows are too few"),
    "twenty rows of one arm on D2": (csv(twenty()), "20 rows are too few: half D2 has no contacted or no held-out"),
    "perfect separation": (
        csv(good().assign(side=lambda f: np.where(f["visit"] == 1, 2.0, -2.0) + good(seed=3)["x"] / 9)),
        "column `side`: foretells `benefit` (column `visit`) almost perfectly",
    ),
    "99.9 % contacted": (csv(good(20_000, e=0.999)), "15 held out rows of 20000 count for 15.0, below 50: too few"),
    "0.1 % contacted": (csv(good(20_000, e=0.001)), "16 contacted rows of 20000 count for 16.0, below 50: too few"),
    "eight rows": (csv(good().iloc[:8].assign(sent=[0, 1] * 4, visit=[1, 1, 0, 0] * 2)), "8 rows are too few"),
}  # fmt: skip


@pytest.mark.parametrize("case", CELLS)
def test_cells_that_break_a_rule_are_refused(case: str, tmp_path: Path, capsys: Printed) -> None:
    """Column, first bad row, value, rule, next step."""
    data, words = CELLS[case]
    actual = refused(tmp_path, data, "t.parquet" if data[:4] == b"PAR1" else "t.csv", toml(), capsys)

    assert words in actual


def leaking(case: str) -> pd.DataFrame:
    """Return the good table with a feature `copy` that is an outcome or the arm in another coat."""
    frame, rng = good(), np.random.default_rng(1)
    visit, spent = frame["visit"], np.round(rng.gamma(1.0, 2.0, 600) * (rng.random(600) < 0.4), 3)
    copies = {
        "equal": visit,
        "scaled": 2 * visit + 7,
        "inverted": 1 - visit,
        "in words": np.where(visit, "yes", "no"),
        "with noise": 5 * visit + rng.normal(size=600),
        "minus, with noise": 0.3 * rng.normal(size=600) - visit,
        "the arm": 3 * frame["sent"],
    }
    if case in copies:
        return frame.assign(copy=copies[case])
    values = {"shifted amounts": spent + 1, "scaled amounts": 3 * spent, "log amounts": np.log1p(spent) - 5}
    return frame.assign(visit=spent, copy=values[case])


COATS = ("equal", "scaled", "inverted", "in words", "with noise", "minus, with noise", "the arm")
AMOUNTS = ("shifted amounts", "scaled amounts", "log amounts")


@pytest.mark.parametrize("case", [*COATS, *AMOUNTS])
def test_a_feature_that_is_an_outcome_is_named_and_refused(case: str, tmp_path: Path, capsys: Printed) -> None:
    """In whatever coat: it would be the best of all features, and is not there when the decision is made."""
    actual = refused(tmp_path, csv(leaking(case)), "t.csv", toml(), capsys)
    label = "`contacted` (column `sent`)" if case == "the arm" else "`benefit` (column `visit`)"

    assert (actual.startswith("column `copy`: "), label in actual, "put it in `exclude`" in actual) == (True,) * 3


def assigned(value: object) -> bytes:
    """Return the good table with a column of propensities, ½ but for row 4."""
    return csv(good().assign(p=[0.5] * 3 + [value] + [0.5] * 596))


SETTINGS = {
    "a propensity of 0": (assigned(0), toml(propensity='"p"'), "column `p`, row 4: `0.0` is not a probability"),
    "a propensity of 1": (assigned(1), toml(propensity='"p"'), "column `p`, row 4: `1.0` is not a probability"),
    "a missing propensity": (assigned(None), toml(propensity='"p"'), "column `p`, row 4: a missing value is not"),
    "a propensity in words": (assigned("half"), toml(propensity='"p"'), "column `p`, row 4: `half` is not a probab"),
    "a propensity in percent": (csv(good().assign(p=50)), toml(propensity='"p"'), "row 1: `50` is not a probability"),
    "no chance of contact": (CSV, toml(propensity="0.0"), "`propensity`: `0.0` is not between 0 and 1"),
    "no number": (CSV, toml(propensity="nan"), "`propensity`: `nan` is not between 0 and 1"),
    "a negative weight": (CSV, toml("[weights]\nbenefit = -1"), "`weights.benefit`: `-1.0` is not a finite number ≥ 0"),
    "an infinite weight": (CSV, toml("[weights]\nbenefit = inf"), "`weights.benefit`: `inf` is not a finite number"),
    "two households": (
        csv(good().assign(home=["h-1", "h-2"] * 300)),
        toml(cluster='"home"'),
        "column `home`: its 2 clusters leave",
    ),
    "one household": (csv(good().assign(home="h")), toml(cluster='"home"'), "column `home`: its 1 clusters leave"),
    "a cluster without name": (
        csv(good().assign(home=[None, *range(599)])),
        toml(cluster='"home"'),
        "column `home`, row 1: a missing value stands where a name is needed",
    ),
    "ids twice": (csv(good().assign(key=1)), toml(id='"key"'), "column `key`, row 2: `1` stands in row 1 already"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_roles_that_do_not_fit_the_table_are_refused(case: str, tmp_path: Path, capsys: Printed) -> None:
    """Propensities that are none, weights that turn a harm into a gain, clusters that leave nothing to compare."""
    data, roles, words = SETTINGS[case]
    actual = refused(tmp_path, data, "t.csv", roles, capsys)

    assert words in actual
