"""`outreach table`: the counts it prints, and what it refuses before anything is written."""

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from model.contracts import Outcome, OutcomeKind
from serving.cli import run
from serving.cli import table as command
from serving.cli.table import pages
from serving.ledger import open_ledger
from serving.ports import Transaction
from serving.record.record import read_record
from serving.standing import Experiment, Occasion
from tests.serving.occasion_examples import AT, occasion

NOW = AT + timedelta(days=20)
LATER = AT + timedelta(days=10)
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a ledger with forty occasions is, twenty of them mature, and a repeat of one; the clock is the test's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "now", lambda: NOW)
    address = f"sqlite:///{tmp_path}/ledger.db"
    ledger = open_ledger(address, now=AT, salt=b"s")
    experiment = Experiment(
        id="x", share=0.5, max_contacts=100, until=AT + timedelta(days=30), by="anna", started_at=AT
    )
    with ledger.transaction() as tx:
        tx.start_experiment(experiment)
        for number in range(40):
            made = occasion(
                str(number),
                contacted=number % 2 == 0,
                at=AT if number < 20 else LATER,
                attributes={"age": number, "born": f"19{50 + number}-01-02"},
            )
            add(tx, made)
            if number % 3 == 0:
                user = f"u{number}"
                engaged = Outcome(kind=OutcomeKind.ENGAGED, time=AT + timedelta(hours=1), user_id=user)
                tx.add_outcome(engaged, recorded_at=NOW)
        add(tx, occasion("again", user="u1", fact="f1", contacted=False, at=LATER))
    ledger.close()
    return address


def add(tx: Transaction, made: Occasion) -> None:
    """Append an occasion's decision as it was recorded."""
    back = read_record(made.record)
    tx.add_decision(back.candidate, back.context, back.decided)


def test_the_table_and_its_roles_are_written_and_counted(url: str, capsys: Printed) -> None:
    """Rows, contacted, held out, not yet mature, and what was left out of the features, with the reason."""
    code = run(["table", "--ledger", url, "--out", "t.parquet"])
    lines = capsys.readouterr().out.splitlines()
    actual = (code, lines[:2], pq.read_metadata("t.parquet").num_rows, "born" in Path("roles.toml").read_text())
    assert actual == (
        0,
        ["20 rows: 10 contacted, 10 held out", "20 occasions not yet mature, 1 repeats of a fact left out"],
        20,
        False,
    )
    assert [line for line in lines if "not a feature: column `born`" in line] != []


def test_the_same_command_gives_the_same_bytes(url: str, capsys: Printed) -> None:
    """Also in another moment, where `--as-of` is the same."""
    seen = []
    for _ in range(2):
        assert run(["table", "--ledger", url, "--out", "t.parquet", "--as-of", "2026-06-16T00:00:00Z"]) == 0
        seen.append((Path("t.parquet").read_bytes(), Path("roles.toml").read_bytes(), capsys.readouterr().out))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--history", "history.toml"], "both given"),
        (["--engine", "spark"], "a ledger is read by one process"),
        (["--as-of", "2026-06-22T00:00:00Z"], "lies ahead"),
        (["--as-of", "2026-06-15"], "no offset"),
        (["--as-of", "2026-06-10T00:00:00Z"], "windows of all 40 occasions are open"),
        (["--ledger", "sqlite:///none.db"], "is not there"),
    ],
)
def test_what_cannot_be_a_table_is_refused_in_one_line(
    url: str, capsys: Printed, arguments: list[str], says: str
) -> None:
    """Nothing is written, no ledger is made."""
    code = run(["table", "--out", "t.parquet", "--ledger", url, *arguments])
    told = capsys.readouterr().err
    assert (code > 0, says in told, told.count("\n")) == (True, True, 1)
    assert [path.name for path in Path().iterdir() if not path.suffix.startswith(".db")] == []


def test_a_place_is_refused_before_the_ledger_is_read(capsys: Printed, tmp_path: Path) -> None:
    """A typing error in `--out` costs nothing."""
    code = run(["table", "--ledger", f"sqlite:///{tmp_path}/none.db", "--out", "t.xlsx"])
    assert (code, "a table is Parquet or CSV" in capsys.readouterr().err) == (2, True)


def test_pages_join_to_the_whole(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many occasions stand on a page, each is read once, in its order."""
    ledger = open_ledger(url, now=NOW, salt=b"s")
    whole = [made.record["decision_id"] for made in pages(ledger)]
    monkeypatch.setattr(command, "PAGE", 7)
    cut = [made.record["decision_id"] for made in pages(ledger)]
    ledger.close()
    assert (cut, len(whole)) == (whole, 40)
