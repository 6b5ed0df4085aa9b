"""`outreach train`, `score`, `promote` and `rollback`: what they leave behind, and what they refuse at once."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.acts import Act
from model.artefact import load
from model.report.report import Report
from model.synthetic import World
from serving.cli import learn, run
from tests.model.occasions import GIVEN, frame
from tests.model.reports import report

Printed = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[3]
ROLES = """\
contacted = "contacted"
benefit = "engaged"
propensity = 0.5
cluster = "customer"
features = ["tenure_days", "plan", "chats_per_month"]
"""
COLUMNS = ("customer", "contacted", "engaged", "tenure_days", "plan", "chats_per_month")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small history without harm labels, and its roles."""
    home = tmp_path_factory.mktemp("home")
    table = World.generate(customers=4000, seed=2).table()
    pq.write_table(pa.table({name: pa.array(table[name].to_numpy()) for name in COLUMNS}), home / "table.parquet")
    (home / "roles.toml").write_text(ROLES)
    return home


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with its own registry."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


@pytest.fixture(scope="module")
def trained(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an artefact of the small history, and the registry that has it as version 1."""
    place = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        patched.setenv("OUTREACH_TRACKING_URI", f"sqlite:///{place}/mlflow.db")
        assert train(home, "--out", "a") == 0
    return place


@pytest.fixture
def learned(trained: Path, folder: Path) -> Path:
    """The folder to work in once the small history was learned there; what the test adds is its own."""
    shutil.copyfile(trained / "mlflow.db", folder / "mlflow.db")
    shutil.copytree(trained / "a", folder / "a")
    return folder


def train(home: Path, *more: str) -> int:
    """Train on the small history."""
    return run(["train", str(home / "table.parquet"), "--roles", str(home / "roles.toml"), "--jobs", "1", *more])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_json_is_the_report_and_nothing_else(home: Path, folder: Path, capsys: Printed) -> None:
    """Standard output parses as JSON; progress goes to standard error; no registry is asked or made."""
    assert train(home, "--out", "a", "--no-register", "--json") == 0
    stated = json.loads(capsys.readouterr().out)
    assert (stated["certificate"]["issued"], (folder / "a" / "manifest.json").exists()) == (False, True)
    assert (stated["champion"], [path.name for path in folder.iterdir()]) == (None, ["a"])


def test_the_summary_says_what_matters(home: Path, folder: Path, capsys: Printed) -> None:
    """Rows, effect, scorer, certificate with its reason, gate, and where the artefact is."""
    assert train(home, "--out", "a", "--no-register", "--report", "r.html") == 0
    said = capsys.readouterr().out
    for words in (
        "occasions",
        "average effect on benefit",
        "scorer: ",
        "certificate: not issued; ",
        "in one sentence: No certificate: complaints were not recorded and opt-outs were not recorded, so nothing",
        "rule at cut-off 0, not certified: contacts ",
        "gate: ",
        "artefact: a",
    ):
        assert words in said
    assert (folder / "r.html").read_text().startswith("<!doctype html>")


def test_a_certified_summary_says_until_when(capsys: Printed) -> None:
    """The date is not in the report, whose bytes know none: whoever trains knows when it was issued."""
    expires = datetime(2027, 2, 18, 18, 0, tzinfo=UTC)
    given = report() | {"notes": []}
    said = [line for line in learn.summary(given, expires) if line.startswith("in one sentence: ")]
    sentence = given["certificate"]["sentence"]
    assert said == [f"in one sentence: {sentence[:-1]}; valid until 18 February 2027, 18:00 UTC."]
    assert capsys.readouterr().out == ""


def test_young_rows_are_warned_of(folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Harm that is reported tomorrow is missing today; the report itself, whose bytes know no date, is as ever."""
    monkeypatch.setattr(learn, "now", lambda: datetime(2026, 6, 30, tzinfo=UTC))
    history = frame(800)
    history.to_parquet(folder / "t.parquet")
    named = {**GIVEN, "time": "at", "cluster": "customer"}
    (folder / "r.toml").write_text("".join(f"{role} = {json.dumps(value)}\n" for role, value in named.items()))
    arguments = ["train", "t.parquet", "--roles", "r.toml", "--jobs", "1", "--out", "a", "--no-register", "--json"]
    assert run(arguments) == 0
    shown = capsys.readouterr()
    young = (history["at"] > pd.Timestamp("2026-06-16", tz="UTC")).sum()
    assert f"outreach: warning: {young} of 800 rows are less than 14 days old at 2026-06-30" in shown.err
    assert "less than 14 days" not in shown.out
    assert load(folder / "a").expires_at == datetime(2026, 9, 28, tzinfo=UTC)


def test_a_second_look_is_refused_before_anything_is_learned(
    home: Path, learned: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another seed, or other roles, on the same data and attempt cannot become the same artefact: one line, at once."""
    (learned / "other.toml").write_text(ROLES.replace(', "chats_per_month"', ""))
    other = ["train", str(home / "table.parquet"), "--roles", "other.toml", "--jobs", "1", "--out", "b"]
    capsys.readouterr()
    monkeypatch.setattr("model.train.train", learned_too_early)
    told = [train(home, "--out", "b", "--seed", "1"), run(other)]
    said = capsys.readouterr().err
    assert (told, said.count("version `1` is another artefact"), said.count("--attempt 2")) == ([2, 2], 2, 2)
    assert not (learned / "b").exists()
    train(home, "--out", "b", "--seed", "1", "--attempt", "2")
    assert "too early" in capsys.readouterr().err


def learned_too_early(*_: object, **__: object) -> None:
    """Stands in for learning where none may happen."""
    raise AssertionError("too early")


def test_the_help_says_when_an_attempt_is_another(capsys: Printed) -> None:
    """What is counted, and what it costs."""
    run(["train", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "one more for other roles, seed or shares on the same table; costs confidence" in said


def test_a_second_look_at_the_same_data_leaves_nothing_behind(home: Path, learned: Path, capsys: Printed) -> None:
    """Other features on the same data and attempt: refused, and neither artefact nor report is touched."""
    before = contents(learned / "a")
    (learned / "other.toml").write_text(ROLES.replace(', "chats_per_month"', ""))
    again = ["train", str(home / "table.parquet"), "--roles", "other.toml", "--jobs", "1"]
    refused = [run([*again, "--out", out, "--report", "r.html"]) for out in ("a", "b")]
    assert refused == [2, 2]
    assert "--attempt 2" in capsys.readouterr().err
    assert (contents(learned / "a"), (learned / "b").exists(), (learned / "r.html").exists()) == (before, False, False)
    assert run([*again, "--out", "b", "--attempt", "2"]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--seed", "-1"],
        ["--jobs", "0"],
        ["--report", "."],
        ["--report", "nowhere/r.html"],
        ["--out", "taken"],
        ["--out", "taken/precious.txt"],
    ],
    ids=" ".join,
)
def test_what_could_not_be_written_is_refused_before_learning(
    options: list[str], home: Path, folder: Path, capsys: Printed
) -> None:
    """One line, exit 2, and what stood there stands there."""
    (folder / "taken").mkdir()
    (folder / "taken" / "precious.txt").write_text("mine")
    actual = train(home, "--no-register", "--out", "a", *options)
    shown = capsys.readouterr()
    assert (actual, shown.out, len(shown.err.splitlines())) == (2, "", 1)
    assert ((folder / "a").exists(), (folder / "taken" / "precious.txt").read_text()) == (False, "mine")


def test_the_examples_of_the_help_name_files_that_are_there() -> None:
    """Whoever pastes the first example in the repository trains on the shipped history."""
    words = (learn.train.epilog or "").split()
    actual = [word for word in words if word.startswith("data/") and not (ROOT / word).exists()]
    assert (actual, sum(word.startswith("data/") for word in words)) == ([], 2)


@pytest.mark.usefixtures("learned")
def test_promote_and_roll_back(capsys: Printed) -> None:
    """A version that passed its gate becomes champion; without an earlier champion there is nothing to go back to."""
    promoted = run(["promote", "1", "--by", "anna", "--why", "first"])
    back = run(["rollback", "--by", "anna", "--why", "an exercise"])
    unknown = run(["promote", "99", "--by", "anna", "--why", "a typing error"])
    said = capsys.readouterr()
    assert (promoted, back, unknown) == (0, 2, 2)
    assert "version 1 is the champion, promoted by anna\nrecorded: who anna; why first; when 20" in said.out
    assert said.out.endswith("+00:00; replaced nobody\n")


@pytest.mark.parametrize("command", [["promote", "1"], ["rollback"]], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--by", "anna"], "'--why'"),
        (["--why", "first"], "'--by'"),
        (["--by", "anna", "--why", " "], "`why` is empty; say why"),
        (["--by", "", "--why", "first"], "`by` is empty; name who decides"),
    ],
    ids=["no reason", "nobody", "blank reason", "blank name"],
)
def test_an_act_without_who_or_why_is_refused(
    command: list[str], options: list[str], problem: str, folder: Path, capsys: Printed
) -> None:
    """One line that says what is missing, and no registry is touched."""
    actual = run([*command, *options])
    said = capsys.readouterr().err
    assert (actual, problem in said, len(said.splitlines()), list(folder.iterdir())) == (2, True, 1, [])


@pytest.mark.parametrize(("days", "lines"), [(89, 2), (91, 3)])
def test_going_back_to_an_expired_certificate_is_said(
    days: int, lines: int, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    """The act goes through, for it makes nothing worse; but nothing discretionary goes out from then on."""
    today = datetime(2026, 11, 21, tzinfo=UTC)
    act = Act(act="rollback", version="1", replaced="2", by="anna", why="complaints", at=today)
    monkeypatch.setattr("serving.cli.learn.now", lambda: today)
    monkeypatch.setattr("model.registry.rollback", lambda **_: act)
    monkeypatch.setattr("model.registry.issued", lambda *_, **__: today - timedelta(days=days))
    code, said = run(["rollback", "--by", "anna", "--why", "complaints"]), capsys.readouterr().out.splitlines()
    assert (code, len(said), "expired on 2026-11-20" in said[-1]) == (0, lines, days > 90)


def test_the_sentence_on_the_page_has_its_date() -> None:
    """What may be quoted says until when; the report itself, part of the artefact, stays without."""
    plain = Report(report())
    page = learn.dated(plain, datetime(2027, 2, 19, tzinfo=UTC))
    actual = ["19 February 2027" in str(each["certificate"].get("sentence")) for each in (page, plain)]
    assert actual == [True, False]


@pytest.mark.parametrize("command", [learn.promote, learn.rollback], ids=lambda command: command.name)
def test_the_example_of_an_act_says_who_and_why(command: click.Command) -> None:
    """Whoever pastes it has both."""
    example = command.epilog or ""
    assert ("--by anna" in example, "--why '" in example) == (True, True)


def full(*_args: object, **_more: object) -> None:
    """A disk without room."""
    raise OSError(28, "No space left on device")


def test_a_place_that_takes_nothing_is_refused_before_learning(
    home: Path, folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training is not learned to be thrown away."""
    monkeypatch.setattr(learn, "TemporaryDirectory", full)
    assert train(home, "--out", "a", "--no-register") == 2
    expected = "outreach: `--out a` cannot be written: No space left on device; name another place\n"
    assert (capsys.readouterr().err, list(folder.iterdir())) == (expected, [])


def test_a_page_that_does_not_fit_leaves_no_half_and_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place that was asked for, not the file it was copied from; what stood there stays."""
    page, html = folder / "page.html", folder / "r.html"
    page.write_text("new")
    html.write_text("old")
    monkeypatch.setattr(learn, "replace_file", full)
    with pytest.raises(OSError, match="No space left") as caught:
        learn.publish_page(page, html)
    assert (caught.value.filename, html.read_text(), len(list(folder.iterdir()))) == (str(html), "old", 2)
