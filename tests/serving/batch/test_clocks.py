"""The two clocks of a batch with a ledger: `--at` dates and judges, the real one ends experiments and certificates."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.batch import deciding as batch_deciding
from serving.cli import batch as command
from serving.cli import run as outreach
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.policy_files.templates import load_policy
from tests.serving.batch.test_chance import ROWS, counted, start, trial
from tests.serving.batch.test_ledger import (  # noqa: F401  (`ledger` and `url` are fixtures)
    SCORER,
    answers,
    decisions,
    ledger,
    recorded,
    run,
    url,
)
from tests.serving.candidate_examples import NOW, write_parquet

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CENTURY = datetime(2099, 1, 1, 11, tzinfo=UTC)
UNCOVERED = ["score_unavailable", "no_certificate"]


def standing_at(at: datetime) -> Any:
    """Return a clock that stands."""
    return lambda: at


@pytest.mark.parametrize("dry_run", [False, True])
def test_an_experiment_that_is_over_sends_nothing_whatever_the_batch_s_clock_says(
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    *,
    dry_run: bool,
) -> None:
    """Its end lies between `--at` and now, and nobody asked in between."""
    start(ledger, until=NOW + HOUR, max_contacts=50)
    summary = run(tmp_path, ledger, ROWS, scorer=None, present=standing_at(NOW + DAY), dry_run=dry_run)

    actual = (summary.actions["send"], summary.reasons["no_certificate"], trial(ledger).stopped_at)

    assert actual == (0, 20, None if dry_run else NOW + DAY)


def test_a_batch_from_the_future_ends_no_experiment(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """It lies outside the bounds by its own clock, so that it draws nothing; the experiment runs on."""
    start(ledger)
    run(tmp_path, ledger, ROWS[:5], scorer=None, now=CENTURY, present=standing_at(NOW))
    drawn = {row["arm"] for row in decisions(tmp_path)}
    ahead, left = trial(ledger).stopped_at, trial(ledger).remaining
    run(tmp_path, ledger, ROWS[5:], scorer=None, out="today", present=standing_at(NOW))

    actual = (drawn, ahead, left, counted(decisions(tmp_path, "today"))["send", "experiment"])

    assert actual == ({None}, None, 5, 5)


def test_an_experiment_begun_after_the_batch_s_clock_takes_no_row(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """A decision dated before its start is none of its decisions."""
    start(ledger)
    run(tmp_path, ledger, ROWS[:3], scorer=None, now=NOW - 2 * HOUR, present=standing_at(NOW))

    assert {row["arm"] for row in decisions(tmp_path)} == {None}


def test_within_its_bounds_by_both_clocks_an_experiment_goes_on(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """A resume hours later, dated as the run that broke off, draws as that one would have."""
    start(ledger)
    run(tmp_path, ledger, ROWS, scorer=None, present=standing_at(NOW + 5 * HOUR))
    decided = {row["decided"]["decision"]["decided_at"] for row in recorded(ledger)}

    actual = (counted(decisions(tmp_path))["send", "experiment"], trial(ledger).contacts, len(decided))

    assert actual == (5, 5, 1)


def test_the_end_that_comes_while_a_batch_runs_stops_it(
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The real clock is read for each part, not once: a long file does not carry an experiment past its end."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", 4)
    start(ledger, share=0.999, max_contacts=50, until=NOW + HOUR)
    minutes = iter(range(0, 1000, 25))
    run(tmp_path, ledger, ROWS, scorer=None, present=lambda: NOW + timedelta(minutes=next(minutes)))

    sent = [row["action"] == "send" for row in decisions(tmp_path)]

    assert (sent, trial(ledger).stopped_by) == ([True] * 12 + [False] * 8, "outreach")


@pytest.mark.parametrize(
    ("expires", "now", "present", "sent"),
    [
        (NOW + HOUR, NOW, NOW, 3),
        (NOW + HOUR, NOW, NOW + DAY, 0),
        (NOW + HOUR, NOW + 2 * HOUR, NOW, 0),
        (NOW + 9 * DAY, NOW, NOW + DAY, 3),
    ],
    ids=["holds", "expired by now", "expired by the clock of the batch", "holds by both"],
)
def test_a_certificate_must_hold_by_both_clocks(  # noqa: PLR0917  (the columns of the table above)
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    expires: datetime,
    now: datetime,
    present: datetime,
    sent: int,
) -> None:
    """One that has expired since is not revived by an earlier `--at`."""
    scorer = replace(SCORER, expires=expires)
    summary = run(tmp_path, ledger, ROWS[:3], scorer=scorer, now=now, present=standing_at(present))

    said = {tuple(row["reasons"]) for row in decisions(tmp_path)}

    assert (summary.actions["send"], said) == (sent, {() if sent else ("no_certificate",)})


def test_a_shadow_s_certificate_must_hold_by_both_clocks(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """Its recorded opinion is what it would have said."""
    shadow = replace(SCORER, version="8", expires=NOW + HOUR)
    run(tmp_path, ledger, ROWS[:2], shadow=shadow, present=standing_at(NOW + DAY))

    assert [row["decided"]["shadow"]["cutoff"] for row in recorded(ledger)] == [None, None]


def test_a_batch_dated_weeks_ahead_finds_no_silence(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """What the real clock has not seen for two weeks is silence, not what `--at` says."""
    run(tmp_path, ledger, ROWS[:3], present=standing_at(NOW))
    late = NOW + 20 * DAY
    run(tmp_path, ledger, ROWS[3:6], out="late", now=late, present=standing_at(NOW + DAY))
    with ledger.transaction() as tx:
        stopped = tx.standing(NOW + DAY).stopped

    assert stopped is None


def test_without_a_real_clock_there_is_one(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """A library's caller that names none means its own: both are `now`."""
    start(ledger, until=NOW + HOUR)
    run(tmp_path, ledger, ROWS[:3], scorer=None, now=NOW + HOUR)

    assert (answers(decisions(tmp_path)), trial(ledger).stopped_at) == ([("deny", UNCOVERED)] * 3, NOW + HOUR)


def test_a_plan_has_the_one_clock(tmp_path: Path) -> None:
    """It sends nothing: what it says is said as of `--at`."""
    scorer = replace(SCORER, expires=NOW + HOUR)
    path = write_parquet(tmp_path / "c.parquet", ROWS[:1])
    policy = load_policy()
    told = [
        command.run_batch(path, tmp_path / out, now=NOW, policy=policy, scorer=scorer, **more).manifest["run"]
        for out, more in (("one", {}), ("two", {"present": standing_at(NOW + DAY)}))
    ]

    assert told[0] == told[1]


@pytest.mark.parametrize(("present", "sent"), [(NOW + DAY, 0), (NOW, 5)])
def test_the_command_reads_the_real_clock(  # noqa: PLR0917  (fixtures, and the table above)
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    url: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    present: datetime,
    sent: int,
) -> None:
    """`--at` an hour before the end of an experiment contacts nobody once that end has come."""
    start(ledger, until=NOW + HOUR)
    monkeypatch.setattr(command, "now", standing_at(present))
    monkeypatch.chdir(tmp_path)
    write_parquet(tmp_path / "c.parquet", ROWS)
    code = outreach(["batch", "c.parquet", "--out", "out", "--ledger", url, "--at", NOW.isoformat()])

    actual = (code, capsys.readouterr().out.split(",")[0], trial(ledger).contacts)

    assert actual == (0, f"send {sent}", sent)
