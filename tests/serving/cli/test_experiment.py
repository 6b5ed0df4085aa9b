"""`outreach experiment`: started by name within bounds, stopped with a reason, and what it has collected so far."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.cli import run
from serving.cli.experiment_figures import Collected, needed, needed_said
from serving.standing import Experiment
from tests.contracts.drawn import TRIAL, decide, harm_until_tripped, report, tried
from tests.contracts.ledgers import NOW, sqlite_file

Printed = pytest.CaptureFixture[str]
GOOD = {"--share": "0.5", "--max-contacts": "20", "--until": "2027-03-01T00:00:00Z", "--by": "anna"}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The option that names a fresh ledger; it is noon of 20 November 2026."""
    monkeypatch.chdir(tmp_path)
    set_clock(monkeypatch, NOW)
    sqlite_file(tmp_path).close()
    return ["--ledger", f"sqlite:///{tmp_path}/ledger.db"]


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Let the commands believe that it is this late."""
    monkeypatch.setattr("serving.cli.experiment.now", lambda: at)


def start(ledger: list[str], **given: str) -> int:
    """Start one; options by name, for example `share="0.3"`."""
    options = GOOD | {f"--{name.replace('_', '-')}": value for name, value in given.items()}
    return run(["experiment", "start", *(f"{name}={value}" for name, value in options.items()), *ledger])


def status(ledger: list[str], printed: Printed) -> dict[str, Any]:
    """What `experiment status --json` prints."""
    printed.readouterr()
    assert run(["experiment", "status", "--json", *ledger]) == 0
    found: dict[str, Any] = json.loads(printed.readouterr().out)
    return found


def told(ledger: list[str], printed: Printed) -> str:
    """What `experiment status` prints."""
    printed.readouterr()
    assert run(["experiment", "status", *ledger]) == 0
    return printed.readouterr().out


def seen(text: str) -> str:
    """The text with every identity replaced."""
    return re.sub(r"01[0-9A-Z]{24}", "ID", text)


def test_a_start_is_recorded_with_all_its_bounds(ledger: list[str], capsys: Printed) -> None:
    """Who, share, size, end and limits; it runs from now on."""
    assert start(ledger, complaint_at_most="0.004") == 0
    shown = status(ledger, capsys)
    actual = shown["experiments"][0] | {"id": "x", "needed": None, "monitor": None}
    assert shown["running"] == shown["experiments"][0]["id"]
    assert actual == {
        "id": "x",
        "by": "anna",
        "started_at": "2026-11-20T12:00:00Z",
        "share": 0.5,
        "max_contacts": 20,
        "until": "2027-03-01T00:00:00Z",
        "complaint_at_most": 0.004,
        "opt_out_at_most": 0.005,
        "contacts": 0,
        "stopped_at": None,
        "stopped_by": None,
        "why": None,
        "collected": {"occasions": 0, "contacted": 0, "held_out": 0},
        "needed": None,
        "monitor": None,
    }


def test_a_start_says_what_happens_now(ledger: list[str], capsys: Printed) -> None:
    """Its end, that the filters apply, and about how much a certificate would need."""
    start(ledger)
    actual = seen(capsys.readouterr().out).splitlines()
    assert actual[0] == "experiment ID runs until 2027-03-01T00:00:00Z or 20 contacts, whichever comes first"
    assert "every filter applies" in actual[1]
    assert "a certificate needs about 27,900 occasions (14,000 contacts)" in actual[2]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("share", "0", "`share` is `0.0`"),
        ("share", "1", "`share` is `1.0`"),
        ("share", "nan", "`share` is `nan`"),
        ("share", "-0.5", "`share` is `-0.5`"),
        ("share", "half", "half"),
        ("max_contacts", "0", "`max_contacts` is `0`"),
        ("max_contacts", "-3", "`max_contacts` is `-3`"),
        ("max_contacts", "2.5", "2.5"),
        ("max_contacts", "10" + "0" * 30, "`max_contacts` is"),
        ("until", "2027-03-01T00:00:00", "has no offset"),
        ("until", "2026-11-20T12:00:00Z", "is not after its start"),
        ("until", "2020-01-01T00:00:00+02:00", "is not after its start"),
        ("until", "spring", "is not a time"),
        ("by", " ", "it is blank"),
        ("by", "–", "it is blank"),
        ("by", "\x1b[31mred", "cannot be shown"),
        ("complaint_at_most", "0", "`complaint_at_most` is `0.0`"),
        ("complaint_at_most", "nan", "`complaint_at_most` is `nan`"),
        ("opt_out_at_most", "1", "`opt_out_at_most` is `1.0`"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_wrong_bound_is_one_line_and_exit_2(
    ledger: list[str], capsys: Printed, name: str, value: str, said: str
) -> None:
    """Nothing is started."""
    code = start(ledger, **{name: value})
    shown = capsys.readouterr()
    actual = (code, shown.out, len(shown.err.splitlines()), shown.err.startswith("outreach: "), said in shown.err)
    assert actual == (2, "", 1, True, True)
    assert status(ledger, capsys)["experiments"] == []


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_every_bound_is_required(ledger: list[str], capsys: Printed, missing: str) -> None:
    """None has a default: somebody must have thought of it."""
    given = [f"{name}={value}" for name, value in GOOD.items() if name != missing]
    actual = run(["experiment", "start", *given, *ledger])
    assert (actual, missing in capsys.readouterr().err) == (2, True)


def test_one_runs_at_a_time(ledger: list[str], capsys: Printed) -> None:
    """A second start names the first and how to stop it."""
    start(ledger)
    capsys.readouterr()
    actual = start(ledger, share="0.3")
    assert (actual, "stop it first: `outreach experiment stop`" in capsys.readouterr().err) == (2, True)


def test_nothing_starts_while_tripped(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """The cause is found first."""
    trip(tmp_path)
    actual = start(ledger)
    assert (actual, "`outreach monitor release`" in capsys.readouterr().err) == (2, True)


def trip(folder: Path) -> None:
    """Let a trial trip the monitor."""
    opened = sqlite_file(folder)
    with opened.transaction() as tx:
        tx.watch(replace(TRIAL.watch, key="w", contact_above=0.95, contact_below=0.02))
        assert harm_until_tripped(tx) > 0
    opened.close()


def test_a_stop_is_recorded_with_who_and_why(ledger: list[str], capsys: Printed) -> None:
    """For good; the words are kept."""
    start(ledger)
    assert run(["experiment", "stop", "--by", " bo ", "--why", "the holidays begin", *ledger]) == 0
    shown = status(ledger, capsys)
    over = shown["experiments"][0]
    actual = (shown["running"], over["stopped_at"], over["stopped_by"], over["why"])
    assert actual == (None, "2026-11-20T12:00:00Z", "bo", "the holidays begin")


@pytest.mark.parametrize(("by", "why"), [("", "w"), ("  ", "w"), ("b", ""), ("b", "\t"), ("b", "a\nb")], ids=repr)
def test_a_stop_without_who_or_why_is_refused(ledger: list[str], capsys: Printed, by: str, why: str) -> None:
    """And the experiment runs on."""
    start(ledger)
    code = run(["experiment", "stop", f"--by={by}", f"--why={why}", *ledger])
    shown = capsys.readouterr()
    actual = (code, len(shown.err.splitlines()), status(ledger, capsys)["running"] is not None)
    assert actual == (2, 1, True)


def test_where_none_runs_none_is_stopped(ledger: list[str], capsys: Printed) -> None:
    """Neither before the first nor after its end."""
    codes = [run(["experiment", "stop", "--by=a", "--why=b", *ledger])]
    start(ledger)
    codes += [run(["experiment", "stop", "--by=a", "--why=b", *ledger]) for _ in range(2)]
    assert "no experiment runs" in capsys.readouterr().err
    assert codes == [2, 0, 2]


def test_a_past_end_is_no_stop(ledger: list[str], capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had ended by itself stays ended by itself, also when the clock jumps back."""
    start(ledger)
    set_clock(monkeypatch, NOW + timedelta(days=200))
    stopped = status(ledger, capsys)["experiments"][0]["stopped_by"]
    set_clock(monkeypatch, NOW)
    code = run(["experiment", "stop", "--by=a", "--why=b", *ledger])
    actual = (stopped, code, status(ledger, capsys)["running"])
    assert actual == ("outreach", 2, None)


def test_nothing_started_is_said(ledger: list[str], capsys: Printed) -> None:
    """Not an empty page."""
    actual = (told(ledger, capsys), status(ledger, capsys))
    assert actual == (
        "no experiment was ever started: nothing discretionary goes out without a certificate\n",
        {"running": None, "stopped": None, "experiments": []},
    )


def ran(folder: Path, *, complaints: int = 0, at: datetime = NOW) -> None:
    """Let a trial of at most three contacts contact two and hold out two."""
    opened = sqlite_file(folder)
    with opened.transaction() as tx:
        tx.start_experiment(TRIAL)
        for number in range(4):
            identity = f"d-{number}"
            decide(tx, identity, tried(contacted=number < 2), user=identity, at=at)
        for number in range(complaints):
            report(tx, time=at, user_id=f"d-{3 - number}")
    opened.close()


def test_the_status_says_what_was_collected(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Who started it, how far it is, what chance did, what a certificate needs, what the monitor says."""
    ran(tmp_path)
    actual = told(ledger, capsys).splitlines()
    assert actual[:3] == [
        "experiment x-1: running",
        "  started by ann 2026-11-20T11:00:00Z, share 0.5, until 2026-12-20T12:00:00Z, 2 of at most 3 contacts made",
        "  collected 4 occasions: 2 contacted, 2 held out",
    ]
    assert "a certificate needs about" in actual[3]
    assert "complaints that contact causes: no contact counts yet (limit 0.50 %)" in actual[4]
    assert "complaints count of decisions up to 2026-11-05" in actual[-1]


def test_the_json_says_the_same(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Counts, the planner's figures, both detectors."""
    ran(tmp_path)
    actual = status(ledger, capsys)["experiments"][0]
    assert actual["collected"] == {"occasions": 4, "contacted": 2, "held_out": 2}
    assert (actual["contacts"], actual["needed"]["control_rate"], actual["needed"]["control_rate_seen"]) == (
        2,
        0.005,
        0,
    )
    assert [row["occasions"] for row in actual["monitor"]["signals"]] == [0, 4]


def test_complaints_of_the_held_out_are_the_planners_rate(
    ledger: list[str], capsys: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once their windows have closed, not before."""
    ran(tmp_path, complaints=1)
    found = []
    for days in (14, 15):
        set_clock(monkeypatch, NOW + timedelta(days=days))
        found.append(status(ledger, capsys)["experiments"][0]["needed"])
    actual = [(row["control_rate"], row["control_rate_seen"]) for row in found]
    assert actual == [(0.005, False), (0.5, True)]


def test_a_size_reached_is_said(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """It stopped by itself, and the status says why."""
    ran(tmp_path)
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        decide(tx, "last", tried(), user="last")
    opened.close()
    actual = told(ledger, capsys).splitlines()[0]
    assert actual == ("experiment x-1: over since 2026-11-20T12:00:00Z, stopped by outreach: all its contacts are made")


def test_a_release_starts_the_counts_afresh_and_says_so(
    ledger: list[str], capsys: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was collected stands in the table; null is not zero."""
    ran(tmp_path)
    trip(tmp_path)
    assert "nothing discretionary goes out: the monitor tripped" in told(ledger, capsys)
    monkeypatch.setattr("serving.cli.monitor.now", lambda: NOW + timedelta(hours=1))
    assert run(["monitor", "release", "--by=cleo", "--why=template withdrawn", *ledger]) == 0
    over = status(ledger, capsys)["experiments"][0]
    actual = (over["stopped_by"], over["contacts"], over["collected"], over["needed"], over["monitor"])
    assert actual == ("outreach", 2, None, None, None)
    assert "what was collected stands in the table: `outreach table`" in told(ledger, capsys)


def test_earlier_ones_are_listed_shortly(ledger: list[str], capsys: Printed) -> None:
    """The newest first and in full, the others with who, bounds and end."""
    for name in ("first", "second"):
        start(ledger, by=name)
        run(["experiment", "stop", "--by=bo", f"--why=end of {name}", *ledger])
    actual = [line for line in told(ledger, capsys).splitlines() if "stopped by" in line or "started by" in line]
    assert [("second" in line, "first" in line) for line in actual] == [(True, False)] * 2 + [(False, True)] * 2


TRIALS = Experiment(id="x", share=0.5, max_contacts=9, until=NOW + timedelta(days=9), by="ann", started_at=NOW)


def test_what_is_needed_follows_the_share() -> None:
    """A twentieth held out needs more occasions than half of them."""
    actual = needed(replace(TRIALS, share=0.95), Collected()).occasions / needed(TRIALS, Collected()).occasions
    assert actual > 3.0


@pytest.mark.parametrize("share", [1e-300, 1.0 - 1e-16], ids=str)
def test_an_absurd_share_does_not_start(ledger: list[str], capsys: Printed, share: float) -> None:
    """Nobody collects that much, and the monitor could not watch it."""
    actual = start(ledger, share=repr(share))
    assert actual == 2
    assert "the monitor can watch shares from 0.001 to 0.999" in capsys.readouterr().err


def test_the_smallest_share_and_limits_break_no_figure(ledger: list[str], capsys: Printed) -> None:
    """Nobody collects that much; the status says how much it is."""
    assert start(ledger, share="0.001", complaint_at_most="1e-6", opt_out_at_most="1e-6") == 0
    actual = status(ledger, capsys)["experiments"][0]["needed"]["occasions"]
    assert actual == 39_973_054_294


def test_everybody_complaining_is_no_rate_to_plan_with() -> None:
    """A rate of 1 leaves no room for an effect: the limit is assumed instead."""
    actual = needed(TRIALS, Collected(held_out=3, waited=3, complained=3))
    assert (actual.control_rate, actual.seen) == (0.005, False)
    assert "(an assumption)" in needed_said(TRIALS, Collected(held_out=3, waited=3, complained=3))
