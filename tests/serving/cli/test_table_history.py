"""`outreach table --history` from the command line: what it writes, says and refuses, and the page that shows it."""

import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from model.reading.roles import Roles
from model.synthetic.files import write
from model.synthetic.world import World
from model.table import Table
from serving.cli import run
from tests.docs.pages import lines

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "data" / "sample"
PAGE = ROOT / "docs" / "history.md"
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a smaller history than the shipped one."""
    folder = tmp_path_factory.mktemp("small")
    write(World.generate(customers=1_500, seed=5), folder)
    return folder


def test_the_shipped_logs_give_the_shipped_table(capsys: Printed) -> None:
    """Every column that the shipped table has, but the release, which stands in no raw log; counts are printed."""
    code = run(["table", "--history", f"{SAMPLE}/history.toml", "--out", "t.parquet"])
    shipped = pd.read_parquet(SAMPLE / "table.parquet").drop(columns="policy_version")
    actual = pd.read_parquet("t.parquet")[list(shipped.columns)]
    pd.testing.assert_frame_equal(actual, shipped, check_dtype=False)
    said = capsys.readouterr().out.splitlines()
    contacted = int(shipped["contacted"].sum())
    assert (code, said[0], said[-1]) == (
        0,
        f"{len(shipped):,} rows: {contacted:,} contacted, {len(shipped) - contacted:,} held out",
        "table: t.parquet, roles: roles.toml",
    )


def test_a_folder_holds_the_same_rows_and_nothing_else_is_left(small: Path, folder: Path) -> None:
    """`DIR/` is a folder of Parquet, its roles stand beside it, and what was spilled is gone."""
    codes = [run(["table", "--history", f"{small}/history.toml", "--out", out]) for out in ("t.parquet", "t/")]
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert (codes, left, pq.read_table("t").equals(pq.read_table("t.parquet"))) == (
        [0, 0],
        ["roles.toml", "t", "t.parquet", "t/part-00000.parquet"],
        True,
    )


def test_as_of_an_earlier_instant_gives_the_rows_that_had_closed_by_then(small: Path) -> None:
    """They are the first of the whole table, whose own windows have not changed since."""
    for name, more in (("whole", []), ("early", ["--as-of", "2026-08-15T00:00:00Z"])):
        assert run(["table", "--history", f"{small}/history.toml", "--out", f"{name}.parquet", *more]) == 0
    whole, early = (pq.read_table(f"{name}.parquet") for name in ("whole", "early"))
    then = pd.Timestamp("2026-08-15", tz="UTC") - pd.Timedelta(days=14)
    expected = sum(at <= then for at in whole["decided_at"].to_pylist())
    same = [name for name in whole.column_names if not re.search(r"_(7|28)d$", name) or "s_" in name]
    assert (early.num_rows, 0 < expected < whole.num_rows) == (expected, True)
    assert early.select(same).equals(whole.slice(0, expected).select(same))


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        (("propensity = ", "propensities = "), [], "did you mean `propensity`?"),
        (('"purpose"', '"porpose"'), [], "has no column `porpose` (`contacts.purpose`); did you mean `purpose`?"),
        (("/contacts.parquet", "/none.parquet"), [], "none.parquet` is not there"),
        (("", ""), ["--as-of", "2026-09-30T00:00:00Z"], "is later than `as_of`"),
        (("", ""), ["--as-of", "2026-05-01T00:00:00Z"], "are open"),
        (("", ""), ["--as-of", "2026-08-15"], "no offset"),
        (("", ""), ["--out", "t.xlsx"], "`….parquet`"),
        (("", ""), ["--out", "none/t.parquet"], "name a place in a folder that exists"),
        (("", ""), ["--history", "none.toml"], "none.toml"),
    ],
    ids=["key", "column", "file", "later", "open", "naive", "ending", "nowhere", "absent"],
)
def test_what_cannot_be_built_is_refused_in_one_line(
    change: tuple[str, str], arguments: list[str], says: str, small: Path, capsys: Printed
) -> None:
    """No traceback, and nothing is written."""
    absolute = re.sub(r'= "(\w+\.parquet)"', rf'= "{small}/\1"', (small / "history.toml").read_text())
    Path("history.toml").write_text(absolute.replace(*change, 1))
    code = run(["table", "--history", "history.toml", "--out", "t.parquet", *arguments])
    told = capsys.readouterr().err
    left = [path.name for path in Path().iterdir()]
    assert (code > 0, says in told, told.count("\n"), left) == (True, True, 1, ["history.toml"]), told


def test_the_commands_of_the_page_run(small: Path) -> None:
    """The first as it stands there, on a smaller history in the place of the shipped one; the second reads its files.

    Training itself takes half a minute and is tested elsewhere.
    """
    Path("data").mkdir()
    Path("data/sample").symlink_to(small)
    build, train = (line.split()[1:] for line in lines("docs/history.md", "outreach"))
    code = run(build)
    words, table, _, roles, *_ = train
    read = Table.read(Path(table), Roles.read(Path(roles)))
    assert (code, words, len(read.contacted)) == (0, "train", pq.read_metadata(table).num_rows)


def test_a_log_is_never_overwritten_by_its_table(small: Path, capsys: Printed) -> None:
    """Refused before anything is read, in one line; the log is as it was."""
    for path in small.iterdir():
        if path.name != "roles.toml":  # which would be refused on its own
            Path(path.name).write_bytes(path.read_bytes())
    log = Path("contacts.parquet")
    before = log.read_bytes()
    code = run(["table", "--history", "history.toml", "--out", "contacts.parquet"])
    told = capsys.readouterr().err
    assert (code > 0, "would overwrite" in told, told.count("\n"), log.read_bytes() == before) == (True, True, 1, True)
