"""A file with a ledger meets the breaker as the API does; without one, the breaker is deferred."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.batch import deciding as batch_deciding
from serving.batch.run import run_batch
from serving.cli.batch import funnel
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.policy_files.templates import load_policy
from tests.serving.batch.test_ledger import answers, decisions, known, recorded, run
from tests.serving.candidate_examples import EARLIER, NOW, Row, candidate, write_parquet

FEW = load_policy(None, {"breaker_volume": 3})
EARLY = {"evidence.time": EARLIER - timedelta(hours=4)} | {
    f"{at}.parcel": "B-8" for at in ("evidence.data", "message.facts")
}
FORGETS = "a dry run does not carry breakers and an experiment's size from part to part: a real run may send fewer"
HELD = ("hold", ["breaker_open"])
SENT: tuple[str, list[str]] = ("send", [])


def failed(number: int, **changes: Any) -> Row:
    """A row whose delivery failed: essential, so that neither consent nor score is asked."""
    row = candidate(number, evidence__type="shipment.failed", message__template="parcel_failed")
    gone = ("evidence.data.new_eta", "message.facts.new_eta")
    facts = {f"{place}.reason": "nobody was there" for place in ("evidence.data", "message.facts")}
    return {name: value for name, value in row.items() if name not in gone} | facts | changes


def device(number: int) -> Row:
    """A row about an account that was signed in to from a new device: critical."""
    row = candidate(number, purpose="account_event", evidence__type="account.signed_in_new_device")
    gone = ("evidence.data.", "message.facts.")
    facts = {"evidence.data.device": "a phone", "message.facts.device": "a phone", "message.template": "new_device"}
    return {name: value for name, value in row.items() if not name.startswith(gone)} | facts


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    """A ledger in a file."""
    opened = known(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


def acted(tmp_path: Path, ledger: SqliteLedger, rows: Sequence[Row], **options: Any) -> list[tuple[str, list[str]]]:
    """Decide rows; return action and reasons of each."""
    run(tmp_path, ledger, rows, **options)
    return answers(decisions(tmp_path, options.get("out", "out")))


def test_a_thousand_rows_are_two_hundred_sends(tmp_path: Path, ledger: SqliteLedger) -> None:
    """In transactions of 256: the first 200 rows are sent, all others held, and so it stands in the ledger."""
    actual = acted(tmp_path, ledger, [failed(number) for number in range(1000)])

    sends = sum(row["decided"]["decision"]["action"] == "send" for row in recorded(ledger))
    assert (actual, sends) == ([SENT] * 200 + [HELD] * 800, 200)


@pytest.mark.parametrize("size", [1, 2, 5, 256])
def test_however_it_is_cut_into_transactions(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """What is critical goes on among what is held."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", size)
    rows = [device(number) if number % 2 else failed(number) for number in range(12)]

    actual = acted(tmp_path, ledger, rows, policy=FEW)

    assert actual == [SENT] * 6 + [HELD, SENT] * 3


def test_the_next_file_finds_it_open(tmp_path: Path, ledger: SqliteLedger) -> None:
    """A day later, by another clock: until a person releases it."""
    later = NOW + timedelta(hours=20)
    acted(tmp_path, ledger, [failed(number) for number in range(4)], policy=FEW)
    before = acted(tmp_path, ledger, [failed(4)], policy=FEW, out="before", now=later)
    with ledger.transaction() as transaction:
        transaction.release_breaker("parcel_failed", at=later, by="ann", why="a strike")
    after = acted(tmp_path, ledger, [failed(5)], policy=FEW, out="after", now=later)

    assert (before, after) == ([HELD], [SENT])


@pytest.mark.parametrize("hours", [(0, 1.5, 3, 4.5), (0, -1.5, -3, -4.5)], ids=["ahead", "back"])
def test_the_breaker_goes_by_the_real_clock(tmp_path: Path, ledger: SqliteLedger, hours: Sequence[float]) -> None:
    """However the files are dated, three of them within an hour are what may go out within an hour."""
    told = []
    for turn, dated in enumerate(hours):
        present = NOW + timedelta(minutes=turn)
        rows = [failed(10 * turn + number, **EARLY) for number in range(2)]
        options = {"policy": FEW, "out": f"out-{turn}", "now": NOW + timedelta(hours=dated)}
        told += acted(tmp_path, ledger, rows, **options, present=lambda at=present: at)
    with ledger.transaction() as transaction:
        since = [breaker.at for breaker in transaction.breakers(released=0)]

    assert (told, since) == ([SENT] * 3 + [HELD] * 5, [NOW + timedelta(minutes=1)])


def test_an_hour_later_there_is_room_again(tmp_path: Path, ledger: SqliteLedger) -> None:
    """By the real clock, for files of one date."""
    told = []
    for turn, hours in enumerate((0, 1)):
        present = NOW + timedelta(hours=hours)
        rows = [failed(10 * turn + number) for number in range(3)]
        told += acted(tmp_path, ledger, rows, policy=FEW, out=f"out-{turn}", present=lambda at=present: at)

    assert told == [SENT] * 6


def test_a_dry_run_opens_nothing(tmp_path: Path, ledger: SqliteLedger, caplog: pytest.LogCaptureFixture) -> None:
    """It answers as if, and leaves nothing."""
    rows = [failed(number) for number in range(5)]

    summary = run(tmp_path, ledger, rows, policy=FEW, dry_run=True)

    with ledger.transaction() as transaction:
        opened = transaction.breakers(released=9)
    actual = (summary.manifest["actions"], opened, caplog.records)
    assert actual == ({"send": 3, "hold": 2, "deny": 0}, [], [])


@pytest.mark.parametrize("many", [True, False])
def test_a_dry_run_says_what_it_cannot_know(
    tmp_path: Path, ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch, *, many: bool
) -> None:
    """Its sends of a part are undone before the next: with several parts, a real run may send fewer, and it says so."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", 4 if many else 5)
    rows = [failed(number) for number in range(5)]

    dry = run(tmp_path, ledger, rows, policy=FEW, dry_run=True)
    real = run(tmp_path, ledger, rows, policy=FEW)

    said = dry.manifest["deferred"], [line for line in funnel(dry) if "dry run" in line]
    expected = (["breaker", "experiment"], [FORGETS]) if many else ([], [])
    actual = (said, dry.actions["send"], real.actions["send"], real.manifest["deferred"])
    assert actual == (expected, 4 if many else 3, 3, [])


def test_a_file_again_is_the_same_file(tmp_path: Path, ledger: SqliteLedger) -> None:
    """What is recorded is read back: nothing is counted twice."""
    rows = [failed(number) for number in range(5)]
    once = acted(tmp_path, ledger, rows, policy=FEW)
    again = acted(tmp_path, ledger, rows, policy=FEW, out="again")

    with ledger.transaction() as transaction:
        volumes = [breaker.volume for breaker in transaction.breakers(released=9)]
    assert (once, again, volumes) == ([SENT] * 3 + [HELD] * 2, once, [3])


def test_without_a_ledger_the_breaker_is_deferred(tmp_path: Path) -> None:
    """A plan knows no volume, and its manifest says so."""
    path = write_parquet(tmp_path / "c.parquet", [failed(number) for number in range(300)])
    summary = run_batch(path, tmp_path / "plan", now=NOW, policy=FEW, scorer=None, ledger=None, exploration=None)

    actual = ("breaker" in summary.manifest["deferred"], {action for action, _ in answers(decisions(tmp_path, "plan"))})
    assert actual == (True, {"send"})
