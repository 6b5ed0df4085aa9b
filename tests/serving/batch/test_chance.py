"""A batch with a ledger under an experiment, a tripped monitor, and with a shadow."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Outcome, OutcomeKind
from serving.arms import Exploration
from serving.batch import deciding as batch_deciding
from serving.fakes import FakeScorer
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.standing import Experiment
from tests.serving.batch.test_ledger import (  # noqa: F401  (`ledger` and `url` are fixtures)
    SCORER,
    answers,
    decisions,
    known,
    ledger,
    plain,
    recorded,
    run,
    url,
)
from tests.serving.batch.test_run import plan
from tests.serving.candidate_examples import NOW, Row, write_parquet

TRIAL = Experiment(
    id="x-1", share=0.6, max_contacts=5, until=NOW + timedelta(days=9), by="ann", started_at=NOW - timedelta(hours=1)
)
ROWS = [plain(number) for number in range(20)]


def start(opened: SqliteLedger, **changes: Any) -> None:
    """Start an experiment in a ledger."""
    with opened.transaction() as tx:
        tx.start_experiment(replace(TRIAL, **changes))


def trial(opened: SqliteLedger) -> Experiment:
    """Return the experiment as the ledger has it."""
    with opened.transaction() as tx:
        return tx.experiments()[0]


def counted(rows: list[Row]) -> Counter[tuple[Any, ...]]:
    """Count what became of rows: action, arm, reasons."""
    return Counter((row["action"], row["arm"], *row["reasons"]) for row in rows)


@pytest.mark.parametrize("size", [1, 3, 256])
def test_an_experiment_makes_exactly_its_contacts_over_all_parts(
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    """However the file is cut into transactions; what comes after the last contact is not drawn."""
    monkeypatch.setattr(batch_deciding, "TRANSACTION_ROWS", size)
    start(ledger)
    run(tmp_path, ledger, ROWS, scorer=None)
    seen = counted(decisions(tmp_path))

    sent, held_out = seen["send", "experiment"], seen["deny", "experiment", "held_out"]
    over = seen["deny", None, "score_unavailable", "no_certificate"]
    actual = (sent, over > 0, sent + held_out + over, trial(ledger).contacts, trial(ledger).stopped_by)

    assert actual == (5, True, 20, 5, "outreach")


def test_the_same_run_again_draws_nothing_again(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """The recorded answers, the same bytes, no place taken; though the experiment is over by now."""
    start(ledger)
    run(tmp_path, ledger, ROWS, scorer=None)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    run(tmp_path, ledger, ROWS, scorer=None)

    after = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    assert (after, trial(ledger).contacts, len(recorded(ledger))) == (before, 5, 20)


def test_two_files_share_the_places(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """What one run left is what the next one has."""
    start(ledger, share=0.9, max_contacts=8)
    sent = []
    for part, rows in enumerate((ROWS[:6], ROWS[6:])):
        run(tmp_path, ledger, rows, scorer=None, out=f"part-{part}")
        sent.append(counted(decisions(tmp_path, f"part-{part}"))["send", "experiment"])

    actual = (sum(sent), min(sent) > 0, trial(ledger).remaining)

    assert actual == (8, True, 0)


def test_a_dry_run_takes_no_place(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """It says what would be drawn, and leaves it."""
    start(ledger)
    summary = run(tmp_path, ledger, ROWS, scorer=None, dry_run=True)

    actual = (summary.actions["send"], trial(ledger).contacts)

    assert actual == (5, 0)


def test_the_columns_say_what_the_api_says(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """No figures in an experiment, its share as propensity, each draw recorded for the table to be."""
    start(ledger, max_contacts=50)
    run(tmp_path, ledger, ROWS, scorer=FakeScorer(version="7", cutoff=None))
    table = decisions(tmp_path)
    figures = {name: {row[name] for row in table} for name in ("net_benefit", "benefit", "cutoff")}
    logged = {(row["action"], row["logging_propensity"]) for row in table}
    with ledger.transaction() as tx:
        occasions, _ = tx.occasions(after=0, limit=50)

    actual = (figures, logged, [row.assignment.contacted for row in occasions])

    assert actual == (
        {"net_benefit": {None}, "benefit": {None}, "cutoff": {None}},
        {("send", 0.6), ("deny", 0.4)},
        [row["action"] == "send" for row in table],
    )


def test_a_tripped_monitor_stops_the_batch(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """Opt-outs after its own sends: from the next part on, nothing discretionary goes out."""
    run(tmp_path, ledger, ROWS[:15])
    with ledger.transaction() as tx:
        for row in decisions(tmp_path):
            harm = Outcome(kind=OutcomeKind.OPTED_OUT, time=NOW, decision_id=row["decision_id"])
            tx.add_outcome(harm, recorded_at=NOW)
        tripped = tx.standing(NOW).stopped
    later = NOW + timedelta(minutes=1)
    run(tmp_path, ledger, ROWS[15:], out="later", now=later)

    actual = (tripped, answers(decisions(tmp_path, "later")), recorded(ledger)[-1]["decided"]["stopped"])

    assert actual == ("tripped", [("deny", ["no_certificate"])] * 5, "tripped")


def test_a_shadow_is_recorded_and_changes_no_byte(tmp_path: Path, ledger: SqliteLedger) -> None:  # noqa: F811
    """The decisions' files are the same with and without; the records say what it would have said."""
    shadow = replace(SCORER, version="8", cutoff=1e9)
    run(tmp_path, ledger, ROWS, out="plain")
    alone = decisions(tmp_path, "plain")
    fresh = known("sqlite://")
    run(tmp_path, fresh, ROWS, out="shadowed", shadow=shadow)
    said = {(row["decided"]["shadow"]["version"], row["decided"]["shadow"]["above"]) for row in recorded(fresh)}

    actual = (decisions(tmp_path, "shadowed") == alone, said)

    assert actual == (True, {("8", False)})


def test_a_plan_names_experiment_and_monitor_as_deferred(tmp_path: Path) -> None:
    """It has no ledger to look them up in, and asks no shadow."""
    path = write_parquet(tmp_path / "c.parquet", ROWS[:2])
    deferred = plan(path, tmp_path / "out", scorer=None, shadow=FakeScorer(version="8")).manifest["deferred"]

    assert deferred[-2:] == ["experiment", "monitor"]


def test_the_ledger_s_exploration_stands_for_no_standing_of_its_own(
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
) -> None:
    """What the caller says of experiments does not count: the ledger is asked in each transaction."""
    forged = Exploration(salt=ledger.salt)
    forged = replace(forged, standing=replace(forged.standing, experiment=replace(TRIAL, max_contacts=50)))
    run(tmp_path, ledger, ROWS[:3], scorer=None, exploration=forged)

    actual = answers(decisions(tmp_path))

    assert actual == [("deny", ["score_unavailable", "no_certificate"])] * 3
