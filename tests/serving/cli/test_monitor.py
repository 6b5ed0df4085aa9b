"""`outreach monitor`: harm against its limit in plain words, trips with who released them, and the release itself."""

import json
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.cli import run
from serving.cli.monitor_figures import day_of, standing_said
from serving.standing import Standing
from tests.contracts.drawn import TRIAL, TRIPS_AT, WATCH, decide, harm_until_tripped, tried
from tests.contracts.ledgers import NOW, sqlite_file
from tests.docs.pages import blocks

Printed = pytest.CaptureFixture[str]
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The option that names a fresh ledger; it is two in the afternoon of 20 November 2026."""
    monkeypatch.chdir(tmp_path)
    set_clock(monkeypatch, LATER)
    sqlite_file(tmp_path).close()
    return ["--ledger", f"sqlite:///{tmp_path}/ledger.db"]


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Let the commands believe that it is this late."""
    monkeypatch.setattr("serving.cli.monitor.now", lambda: at)


def watched(folder: Path, *, harms: int = 0, contacts: int = 0) -> None:
    """Watch a certificate under which so many were contacted, some of them with an opt-out."""
    opened = sqlite_file(folder)
    with opened.transaction() as tx:
        tx.watch(WATCH)
        for number in range(contacts):
            decide(tx, f"c-{number}", user=f"c-{number}")
        if harms:
            assert harm_until_tripped(tx) == harms
    opened.close()


def shown(ledger: list[str], printed: Printed) -> dict[str, Any]:
    """What `monitor status --json` prints."""
    printed.readouterr()
    assert run(["monitor", "status", "--json", *ledger]) == 0
    found: dict[str, Any] = json.loads(printed.readouterr().out)
    return found


def told(ledger: list[str], printed: Printed) -> list[str]:
    """What `monitor status` prints."""
    printed.readouterr()
    assert run(["monitor", "status", *ledger]) == 0
    return printed.readouterr().out.splitlines()


def test_nothing_watched_is_said(ledger: list[str], capsys: Printed) -> None:
    """Before the first certificate and the first experiment."""
    actual = (told(ledger, capsys), shown(ledger, capsys))
    assert actual == (["not tripped"], {"stopped": None, "watches": [], "trips": []})


def test_a_certificate_is_described(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Harm per contact against its limit, evidence, delay, and which days count."""
    watched(tmp_path, contacts=3)
    actual = told(ledger, capsys)
    assert actual[:2] == ["not tripped", "certificate w"]
    assert [line.strip().split(";")[0].split(", evidence")[0] for line in actual[2:]] == [
        "complaints that contact causes: no contact counts yet (limit 0.50 %)",
        "twice the limit trips after about 140,000 occasions above the cut-off",
        "opt-outs and complaints about the message: 0.00 % per contact so far (limit 0.50 %)",
        "twice the limit trips after about 4,800 occasions above the cut-off",
        "complaints count of decisions up to 2026-11-05: their 14 days have closed",
    ]
    assert actual[4].endswith(", evidence 0 % of what trips")


def test_the_json_holds_the_figures(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """One object per watch, numbers beside the words."""
    watched(tmp_path, contacts=3)
    actual = shown(ledger, capsys)["watches"][0]
    opt_out = actual["signals"][1]
    assert (actual["watch"], actual["experiment"], actual["matured_until"]) == ("w", False, "2026-11-05")
    assert (opt_out["occasions"], opt_out["estimate"], opt_out["tripped"], opt_out["progress"]) == (3, 0.0, False, 0.0)


def test_complaints_count_once_their_days_have_closed(
    ledger: list[str], capsys: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the fifteenth day after the decision."""
    watched(tmp_path, contacts=3)
    found = []
    for days in (14, 15):
        set_clock(monkeypatch, NOW + timedelta(days=days))
        found.append(shown(ledger, capsys)["watches"][0]["signals"][0]["occasions"])
    assert found == [0, 3]


def test_an_experiment_is_called_one(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Its watch has its own name, and no cut-off."""
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        tx.start_experiment(TRIAL)
        decide(tx, "d", tried())
    opened.close()
    lines = told(ledger, capsys)
    actual = (lines[1], "occasions; whole days" in lines[3], shown(ledger, capsys)["watches"][0]["experiment"])
    assert actual == ("experiment x-1", True, True)


def test_a_trip_is_shown_until_it_is_released(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """What tripped, on what evidence, and what to do."""
    watched(tmp_path, harms=TRIPS_AT)
    actual = told(ledger, capsys)
    assert actual[0] == "nothing discretionary goes out: the monitor tripped; essential service goes on"
    assert "more than chance explains: it trips" in actual[4]
    assert actual[-2].startswith("tripped 2026-11-20T12:00:00Z on watch w: opt_out harm")
    assert actual[-1] == "  not released; find the cause, then `outreach monitor release --by NAME --why TEXT`"


def test_a_release_is_recorded_and_counts_begin_afresh(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Who, when and why; nothing is stopped any more."""
    watched(tmp_path, harms=TRIPS_AT)
    assert run(["monitor", "release", "--by", "anna", "--why", "the template is withdrawn", *ledger]) == 0
    found = shown(ledger, capsys)
    trip = found["trips"][0]
    actual = (found["stopped"], trip["released_by"], trip["released_at"], trip["why"])
    assert actual == (None, "anna", "2026-11-20T14:00:00Z", "the template is withdrawn")
    assert found["watches"][0]["signals"][1]["occasions"] == 0
    assert told(ledger, capsys)[-1] == "  released 2026-11-20T14:00:00Z by anna: the template is withdrawn"


def test_what_did_not_trip_is_not_released(ledger: list[str], capsys: Printed, tmp_path: Path) -> None:
    """Nor twice."""
    codes = [run(["monitor", "release", "--by=a", "--why=b", *ledger])]
    watched(tmp_path, harms=TRIPS_AT)
    codes += [run(["monitor", "release", "--by=a", "--why=b", *ledger]) for _ in range(2)]
    assert "nothing is tripped" in capsys.readouterr().err
    assert codes == [2, 0, 2]


@pytest.mark.parametrize(
    "given",
    [
        ["--by=a"],
        ["--why=b"],
        ["--by=", "--why=b"],
        ["--by=a", "--why= "],
        ["--by=a", "--why=\x07ring"],
        ["--by=a", "--why=two\nlines"],
    ],
    ids=repr,
)
def test_a_release_needs_a_name_and_a_reason(
    ledger: list[str], capsys: Printed, tmp_path: Path, given: list[str]
) -> None:
    """One line, exit 2, and it stays tripped."""
    watched(tmp_path, harms=TRIPS_AT)
    code = run(["monitor", "release", *given, *ledger])
    shown_ = capsys.readouterr()
    actual = (code, shown_.out, len(shown_.err.splitlines()), shown(ledger, capsys)["stopped"])
    assert actual == (2, "", 1, "tripped")


def test_looking_lets_the_monitor_look(
    ledger: list[str], capsys: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status is that of the next decision: it records what is due."""
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        tx.start_experiment(TRIAL)
    opened.close()
    set_clock(monkeypatch, NOW + timedelta(days=31))
    told(ledger, capsys)
    opened = sqlite_file(tmp_path)
    with opened.transaction() as tx:
        actual = tx.experiments()[0].stopped_by
    opened.close()
    assert actual == "outreach"


def test_silence_is_said() -> None:
    """Fourteen days of sends without any outcome stop everything discretionary as well."""
    actual = standing_said(Standing(silent_since=NOW))
    assert actual.endswith("in 14 days of sends nobody reported any outcome to `/v1/outcomes`")


@pytest.mark.parametrize(("hours", "expected"), [(0, 20777), (11.99, 20777), (12, 20778), (-12, 20777)], ids=str)
def test_days_are_utc_days(hours: float, expected: int) -> None:
    """From midnight to midnight; noon of 20 November 2026 is in day 20,777."""
    actual = day_of(NOW + timedelta(hours=hours))
    assert actual == expected


def test_the_page_about_experiments_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of docs/experiments.md, in its order, on a ledger that begins; there is nothing to release."""
    monkeypatch.chdir(tmp_path)
    assert run(["keys", "create", "--scope=decide"]) == 0
    commands = [line for block in blocks("docs/experiments.md", "sh") for line in block.splitlines()]
    actual = {line.split(" --")[0]: run(shlex.split(line)[1:]) for line in commands}
    assert "\noutreach: nothing is tripped" in capsys.readouterr().err
    assert actual == {
        "outreach plan": 0,
        "outreach experiment start": 0,
        "outreach experiment status": 0,
        "outreach experiment stop": 0,
        "outreach monitor status": 0,
        "outreach monitor release": 2,
    }


@pytest.mark.parametrize(
    "command",
    [
        ["monitor", "status"],
        ["monitor", "release", "--by=a", "--why=b"],
        ["experiment", "status"],
        ["experiment", "start", "--share=0.5", "--max-contacts=20", "--until=2099-03-01T00:00:00Z", "--by=a"],
        ["experiment", "stop", "--by=a", "--why=b"],
    ],
    ids=" ".join,
)
def test_a_ledger_that_is_not_there_is_no_good_news(command: list[str], tmp_path: Path, capsys: Printed) -> None:
    """A typing error in the address must not read as "not tripped", nor leave an empty ledger behind."""
    code = run([*command, "--ledger", f"sqlite:///{tmp_path}/typo.db"])
    said = capsys.readouterr().err
    assert (code, "is not there" in said, len(said.splitlines()), list(tmp_path.iterdir())) == (2, True, 1, [])
