"""A write-ahead log whose file is missing or empty: no ledger is made beside it, for SQLite would delete it."""

import shutil
from pathlib import Path

import pytest

from model.errors import InvalidInput, Unavailable
from serving.cli import run
from serving.cli.diagnosis import findings
from serving.ledger import LedgerFile, open_ledger
from serving.settings import Settings
from tests.contracts.ledgers import NOW, send

SENDS = 60
ALONE = "and its log lies here"


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The files of a process that was killed: what it decided last stands in the log alone."""
    live, left = tmp_path / "live", tmp_path / "left"
    live.mkdir()
    open_ledger(f"sqlite:///{live}/l.db", now=NOW, salt=b"s").close()
    ledger = open_ledger(f"sqlite:///{live}/l.db", now=NOW, salt=b"s")
    with ledger.transaction() as tx:
        for number in range(SENDS):
            send(tx, f"d-{number}")
    shutil.copytree(live, left)
    ledger.close()
    return left / "l.db"


def kept(path: Path) -> int:
    """How many decisions there are."""
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s", create=False)
    with ledger.transaction() as tx:
        found = tx.decisions(action=None, user=None, since=None, after=None, limit=SENDS + 1)
    ledger.close()
    return len(found)


@pytest.mark.parametrize("instead", ["nothing", "an empty file"])
@pytest.mark.parametrize("command", ["list", "create --scope read", "revoke k", "rotate k"])
def test_no_command_costs_the_log(
    killed: Path, instead: str, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is away for a while, and somebody looks after the keys: put back, it knows every decision."""
    monkeypatch.chdir(killed.parent)
    killed.rename(killed.with_suffix(".away"))
    if instead == "an empty file":
        killed.touch()
    told = run(["keys", *command.split(), "--ledger", f"sqlite:///{killed}"])
    said = capsys.readouterr().err
    killed.with_suffix(".away").replace(killed)
    assert (told, ALONE in said, "put the file back" in said, kept(killed)) == (2, True, True, SENDS)


@pytest.mark.parametrize("left", [["-wal"], ["-shm"], ["-wal", "-shm"], ["-journal"]], ids="".join)
def test_the_api_makes_none_either(killed: Path, left: list[str]) -> None:
    """It is away until the file is back; whichever of its companions lies there."""
    beside = {f"l.db{suffix}": b"something" for suffix in left}
    for path in killed.parent.iterdir():
        path.unlink()
    for name, content in beside.items():
        (killed.parent / name).write_bytes(content)
    with pytest.raises(Unavailable, match=ALONE):
        LedgerFile(f"sqlite:///{killed}", now=NOW, new_salt=lambda: b"s", shipped={})()
    assert {path.name: path.read_bytes() for path in killed.parent.iterdir()} == beside


def test_a_link_leads_to_the_log_as_well(killed: Path, tmp_path: Path) -> None:
    """SQLite follows links, and keeps the log beside the file that they lead to."""
    link = tmp_path / "link.db"
    link.symlink_to(killed)
    killed.unlink()
    with pytest.raises(Unavailable, match=ALONE):
        open_ledger(f"sqlite:///{link}", now=NOW, salt=b"s")


def test_an_empty_file_alone_becomes_a_ledger(tmp_path: Path) -> None:
    """As does one whose log is empty: there is nothing in it that could be lost."""
    for name in ("one.db", "other.db", "other.db-wal"):
        (tmp_path / name).touch()
    for name in ("one.db", "other.db"):
        open_ledger(f"sqlite:///{tmp_path}/{name}", now=NOW, salt=b"s").close()
    assert [(tmp_path / name).stat().st_size > 0 for name in ("one.db", "other.db")] == [True, True]


def test_the_doctor_says_to_put_it_back(killed: Path) -> None:
    """It is no new ledger that lacks."""
    killed.rename(killed.with_suffix(".away"))
    found = next(one for one in findings(Settings(ledger=f"sqlite:///{killed}", port=0), NOW) if one.part == "ledger")
    assert (found.good, ALONE in found.seen, "put the file back" in found.seen) == (False, True, True)


def test_the_doctor_refuses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The API would not start with it, so that it is no warning."""
    settings = Settings(ledger=f"sqlite:///{tmp_path}/no/such/l.db", port=0)
    found = next(one for one in findings(settings, NOW) if one.part == "ledger")
    with pytest.raises(InvalidInput) as refused:
        open_ledger(settings.ledger, now=NOW, salt=b"s")
    assert (found.good, found.seen, "does not exist; create it" in found.seen) == (False, str(refused.value), True)
