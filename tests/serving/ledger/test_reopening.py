import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from model.errors import OutreachError, Unavailable
from serving.access.keys import key_record
from serving.ledger import LedgerFile, open_ledger
from serving.ports import Ledger
from tests.contracts.ledgers import NOW, send

TOKEN = "t".ljust(43, "k")


def ledger_file(path: Path | str, salt: bytes = b"first", *, create: bool = True) -> LedgerFile:
    """Describe how a process opens this file."""
    url = path if isinstance(path, str) else f"sqlite:///{path}"
    return LedgerFile(url, now=NOW, new_salt=lambda: salt, shipped={}, create=create)


def made(path: Path, salt: bytes = b"first") -> None:
    """Make a ledger with one decision and one key."""
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=salt)
    with ledger.transaction() as tx:
        send(tx, "d-0")
        tx.add_key(key_record(TOKEN, key_id="k", name="k", scopes=["read"], at=NOW))
    ledger.close()


def written(ledger: Ledger, identity: str, then: Callable[[], None] = lambda: None) -> str:
    """Try to record a decision, do something else before it is committed, and say how it went."""
    try:
        with ledger.transaction() as tx:
            send(tx, identity)
            then()
    except Unavailable as error:
        return str(error)
    return "written"


def ids(ledger: Ledger) -> list[str]:
    """Return the ids of all decisions."""
    with ledger.transaction() as tx:
        records = tx.decisions(action=None, user=None, since=None, after=None, limit=99)
    return [record["decision_id"] for record in records]


def taken_away(path: Path, how: str) -> None:
    """Move the file, remove it, put another in its place, or move its folder."""
    if how == "moved":
        path.rename(path.with_suffix(".old"))
    elif how == "removed":
        path.unlink()
    elif how == "replaced":
        made(path.with_suffix(".new"), salt=b"another")
        path.with_suffix(".new").replace(path)
    elif how == "emptied":
        path.with_suffix(".new").touch()
        path.with_suffix(".new").replace(path)
    else:
        path.parent.rename(path.parent.with_name("elsewhere"))


def test_a_log_that_is_removed_is_noticed(tmp_path: Path) -> None:
    """Nothing is acknowledged that only a log without a name would keep, nothing is lost, and all goes on."""
    path = tmp_path / "l.db"
    made(path)
    opening = ledger_file(path)
    before = written(opening(), "d-1")
    path.with_name("l.db-wal").unlink()
    noticed = "is not the file that was opened" in written(opening._ledger, "d-2")  # type: ignore[arg-type]
    again = opening()
    after = written(again, "d-3")

    assert (before, noticed, after, ids(again)) == ("written", True, "written", ["d-0", "d-1", "d-3"])


def test_a_log_that_is_removed_in_a_transaction_is_noticed(tmp_path: Path) -> None:
    """It is looked for again right before the commit."""
    made(tmp_path / "l.db")
    opening = ledger_file(tmp_path / "l.db")
    said = written(opening(), "d-1", then=(tmp_path / "l.db-wal").unlink)
    assert ("is not the file that was opened" in said, ids(opening())) == (True, ["d-0"])


@pytest.mark.parametrize("removed", [["-wal"], ["-shm"], ["-wal", "-shm"]], ids=["log", "index", "log and index"])
def test_two_that_lose_their_log_or_index_lose_nothing(tmp_path: Path, removed: list[str]) -> None:
    """The first to notice waits for the other: a new one beside the other's would be a second ledger."""
    path = tmp_path / "l.db"
    made(path)
    one, other = ledger_file(path), ledger_file(path)
    before = [written(one(), "d-1"), written(other(), "d-2")]
    for suffix in removed:
        path.with_name(f"l.db{suffix}").unlink()
    noticed = ["is not the file" in written(each._ledger, "d-3") for each in (one, other)]  # type: ignore[arg-type]
    waits = reopened(one)
    after = [reopened(other), reopened(one), written(one._ledger, "d-4"), written(other._ledger, "d-5")]  # type: ignore[arg-type]

    actual = (before, noticed, waits, after, ids(other()))
    kept = ["d-0", "d-1", "d-2", "d-4", "d-5"]
    assert actual == (["written"] * 2, [True, True], False, [True, True, *["written"] * 2], kept)


def reopened(opening: LedgerFile) -> bool:
    """Open it again; return whether that was possible."""
    try:
        opening()
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize("how", ["moved", "removed", "replaced", "emptied", "folder moved"])
def test_a_file_that_is_taken_away_is_noticed(tmp_path: Path, how: str) -> None:
    """Nothing is acknowledged that only a file without a name would keep."""
    path = tmp_path / "data" / "l.db"
    path.parent.mkdir()
    made(path)
    ledger = ledger_file(path)()
    before = written(ledger, "d-1")

    taken_away(path, how)

    actual = (before, "is not the file that was opened" in written(ledger, "d-2"))
    ledger.close()
    assert actual == ("written", True)


@pytest.mark.parametrize("how", ["moved", "removed", "replaced", "emptied"])
def test_a_file_taken_away_within_a_transaction_is_noticed(tmp_path: Path, how: str) -> None:
    """The last look is just before the commit."""
    path = tmp_path / "l.db"
    made(path)
    ledger = ledger_file(path)()

    said = written(ledger, "d-1", then=lambda: taken_away(path, how))

    ledger.close()
    assert "is not the file that was opened" in said


@pytest.mark.parametrize("how", ["moved", "removed", "replaced", "emptied", "folder moved"])
def test_opening_again_never_makes_a_ledger(tmp_path: Path, how: str) -> None:
    """An empty ledger has no opt-out, no key and another secret: it must not take the place of the one that is gone."""
    path = tmp_path / "data" / "l.db"
    path.parent.mkdir()
    made(path)
    opening = ledger_file(path)
    opening()
    taken_away(path, how)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(OutreachError):
        opening()

    after = path.read_bytes() if path.exists() else None
    assert after == before


def test_when_the_file_is_back_all_is_well(tmp_path: Path) -> None:
    """Moved away and back: what was recorded before is there, and new things can be."""
    path = tmp_path / "l.db"
    made(path)
    opening = ledger_file(path)
    written(opening(), "d-1")
    path.rename(tmp_path / "away")
    for _ in range(3):
        with pytest.raises(Unavailable):
            opening()
    (tmp_path / "away").rename(path)

    ledger = opening()

    actual = (written(ledger, "d-2"), ids(ledger), ledger.salt)
    ledger.close()
    assert actual == ("written", ["d-0", "d-1", "d-2"], b"first")


def test_a_backup_may_take_its_place(tmp_path: Path) -> None:
    """A copy of the same ledger has the same secret."""
    path = tmp_path / "l.db"
    made(path)
    shutil.copy(path, tmp_path / "backup")
    opening = ledger_file(path)
    opening()
    for name in tmp_path.glob("l.db*"):
        name.unlink()
    shutil.copy(tmp_path / "backup", path)

    ledger = opening()

    actual = (written(ledger, "d-1"), ids(ledger))
    ledger.close()
    assert actual == ("written", ["d-0", "d-1"])


def test_only_the_first_opening_may_create(tmp_path: Path) -> None:
    """And only where that was asked for."""
    path = tmp_path / "l.db"
    with pytest.raises(Unavailable, match="is not there"):
        ledger_file(path, create=False)()
    before = path.exists()

    ledger_file(path)().close()

    assert (before, path.exists()) == (False, True)


def test_an_empty_file_is_no_ledger_to_open_again(tmp_path: Path) -> None:
    """A file of no bytes would become a new ledger."""
    path = tmp_path / "l.db"
    path.touch()

    with pytest.raises(Unavailable, match="is empty, and none is made"):
        ledger_file(path, create=False)()

    assert path.stat().st_size == 0


def test_an_opening_that_failed_may_still_create(tmp_path: Path) -> None:
    """Where the first try found no folder, the second one is still the first opening."""
    path = tmp_path / "data" / "l.db"
    opening = ledger_file(path)
    with pytest.raises(Exception, match="does not exist"):
        opening()
    path.parent.mkdir()

    ledger = opening()

    actual = written(ledger, "d-1")
    ledger.close()
    assert actual == "written"


def test_a_ledger_in_memory_is_kept() -> None:
    """There is no file to open again: it would be empty."""
    opening = ledger_file("sqlite://")
    first = opening()
    written(first, "d-1")

    ledger = opening()

    actual = (ledger is first, ids(ledger))
    ledger.close()
    assert actual == (True, ["d-1"])


def test_a_link_may_be_the_name(tmp_path: Path) -> None:
    """The file behind a symbolic link counts; turned to another file it is noticed."""
    made(tmp_path / "one.db")
    made(tmp_path / "two.db", salt=b"another")
    path = tmp_path / "l.db"
    path.symlink_to(tmp_path / "one.db")
    ledger = ledger_file(path)()
    before = written(ledger, "d-1")
    path.unlink()
    path.symlink_to(tmp_path / "two.db")

    after = written(ledger, "d-2")

    ledger.close()
    assert (before, "is not the file that was opened" in after) == ("written", True)


def test_a_relative_name_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing the working folder afterwards changes nothing."""
    monkeypatch.chdir(tmp_path)
    ledger = ledger_file("sqlite:///a b%20c?.db")()
    os.chdir("/")

    actual = (written(ledger, "d-1"), sorted(one.name for one in tmp_path.glob("*.db")))
    ledger.close()
    assert actual == ("written", ["a b%20c?.db"])
