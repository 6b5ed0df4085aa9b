"""`outreach doctor`: each fault is made, found, and told with its fix; looking creates and changes nothing."""

import os
import re
import socket
import sqlite3
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.access.keys import COMPANY, WIDGET, Bounds, key_record
from serving.cli import run, surroundings
from serving.cli.diagnosis import COMPILING_SECONDS, findings, modelled, shadow
from serving.cli.faults import FAULTS, Fault, Finding
from serving.cli.pulling import Pull
from serving.ledger import looking, open_ledger, soundness
from serving.ledger.opening import PATIENCE
from serving.ledger.schema.migrations import MIGRATIONS
from serving.models import pulling
from serving.models.pulled import Pulled
from serving.policy_files.templates import shipped_digests
from serving.record.record import timestamp
from serving.settings import Settings
from tests.contracts.drawn import TRIAL
from tests.contracts.ledgers import NOW, candidate, event, send, sqlite_file
from tests.model.artefacts import written
from tests.model.examples import ISSUED_AT
from tests.serving.models_between import broken, model, registered
from tests.serving.served import ORIGIN, token

MADE: set[str] = set()
FOUND = Fault.found
CHAMPION = "models:/outreach@champion"
DOC = Path(__file__).resolve().parents[3] / "docs" / "doctor.md"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, and no settings of the caller's."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def settings(here: Path) -> Settings:
    """A ledger with a key for everything, and a port that nobody has."""
    url = f"sqlite:///{here}/ledger.db"
    opened = open_ledger(url, now=NOW, salt=b"a salt", shipped=shipped_digests())
    with opened.transaction() as tx:
        tx.add_key(key_record(token("all"), key_id="k-1", name="all", scopes=COMPANY, at=NOW))
    opened.close()
    return Settings(ledger=url, port=0)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with a champion, which nobody here changes."""
    return registered(tmp_path_factory.mktemp("registry"), alias="champion")


def lines(settings: Settings, *, connect: bool = False, at: datetime = NOW, **more: Any) -> list[str]:
    """Return what doctor says that is not well."""
    found = findings(replace(settings, **more), at, connect=connect)
    return [one.line() for one in found if one.level != "ok"]


def said(name: str, **values: object) -> str:
    """Return a fault's line."""
    return FOUND(FAULTS[name], **values).line()


def makes(*names: str) -> Callable[[Any], Any]:
    """Register the faults that a test makes; where doctor then finds none of them, the test fails."""

    def registered(test: Any) -> Any:
        MADE.update(names)
        test.makes = names
        return test

    return registered


@pytest.fixture(autouse=True)
def what_is_made_is_found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a test to what it registered."""
    seen: list[Fault] = []
    monkeypatch.setattr(Fault, "found", lambda fault, **values: (seen.append(fault), FOUND(fault, **values))[1])
    yield
    names = getattr(request.function, "makes", ())
    assert not names or any(FAULTS[name] in seen for name in names)


def test_a_sound_deployment_has_no_line_but_ok(settings: Settings) -> None:
    """With a key for every scope and nothing odd around."""
    assert lines(settings) == []


@pytest.mark.usefixtures("settings")
def test_looking_changes_nothing(here: Path) -> None:
    """Neither tables nor files, of a ledger that is there and of one that is not."""
    opened = sqlite_file(here)
    with opened.transaction() as tx:
        send(tx, "d-1", to=candidate(event()))
    opened.close()
    (here / "outreach.toml").write_text(f'ledger = "sqlite:///{here}/ledger.db"\n')
    before, names = (here / "ledger.db").read_bytes(), {path.name for path in here.iterdir()}
    run(["doctor"])
    findings(Settings(ledger=f"sqlite:///{here}/none.db", model="models:/outreach@champion", port=0), NOW)
    after = {path.name for path in here.iterdir()}
    assert ((here / "ledger.db").read_bytes() == before, after - names - {"ledger.db-turn"}) == (True, set())


@makes("settings_wrong")
def test_a_setting_that_is_misspelt_is_named_and_fails(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the one that was meant."""
    (here / "outreach.toml").write_text("modle = 'x'\n")
    code = run(["doctor"])
    out = capsys.readouterr().out
    words = "FAIL  settings: `outreach.toml`: there is no setting `modle`; did you mean `model`?"
    assert (code, out.startswith(words), out.count("\n"), "mend it" in out) == (1, True, 1, False)


def test_the_settings_are_shown_one_on_a_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As their file says them, so that a line can be copied there; what is not set is not there."""
    (here / "outreach.toml").write_text("port = 8081\n[limits]\nquiet_start = '20:00'\n")
    run(["doctor"])
    out = capsys.readouterr().out
    assert ("\nport = 8081\n" in out, "Settings(" in out, "None" in out) == (True, False, False)


def test_a_settings_file_that_is_no_toml_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, and no traceback."""
    (here / "outreach.toml").write_bytes(b"\xff\xfe\x00")
    assert (run(["doctor"]), capsys.readouterr().out[:40]) == (1, "FAIL  settings: file `outreach.toml` is ")


def of(part: str, found: list[Finding]) -> Finding:
    """Return the first finding of a part."""
    return next(one for one in found if one.part == part)


def foreign(path: Path) -> None:
    """Put another program's database there."""
    path.unlink()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE customers (id INTEGER)")


def numbered(path: Path, version: int) -> None:
    """Say that the tables are of another version."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(f"PRAGMA user_version = {version}")


LEDGERS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "absent": (lambda path: path.unlink(), "warn", "is not there yet; `outreach serve`"),
    "empty": (lambda path: path.write_bytes(b""), "FAIL", "is empty"),
    "no database": (lambda path: path.write_bytes(b"hello" * 1000), "FAIL", "not a database"),
    "another program's": (foreign, "FAIL", "is a database of another program; name another file"),
    "newer": (lambda path: numbered(path, 99), "FAIL", "newer than"),
    "older": (lambda path: numbered(path, 3), "warn", "keep a backup; `outreach serve` upgrades it"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "FAIL", "is a folder; name a file in it"),
}


@pytest.mark.parametrize("fault", sorted(LEDGERS))
def test_a_ledger_that_cannot_be_used_is_named_with_its_fix(settings: Settings, here: Path, fault: str) -> None:
    """And is left as it was."""
    spoil, level, words = LEDGERS[fault]
    spoil(here / "ledger.db")
    before = (here / "ledger.db").read_bytes() if (here / "ledger.db").is_file() else None
    found = of("ledger", findings(settings, NOW))
    after = (here / "ledger.db").read_bytes() if (here / "ledger.db").is_file() else None
    assert (found.level, words in found.seen, after) == (level, True, before), found.seen


@makes("old_schema")
def test_an_older_ledger_is_not_upgraded(settings: Settings, here: Path) -> None:
    """Its version stays; that it is older is all that is said."""
    numbered(here / "ledger.db", 3)
    told = lines(settings)
    with closing(sqlite3.connect(here / "ledger.db")) as file:
        kept = file.execute("PRAGMA user_version").fetchone()[0]
    assert (told, kept) == ([said("old_schema", version=3, newest=len(MIGRATIONS))], 3)


def test_a_ledger_that_another_program_holds_is_named_within_seconds(settings: Settings, here: Path) -> None:
    """Somebody keeps the write lock."""
    with closing(sqlite3.connect(here / "ledger.db", isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        found = of("ledger", findings(settings, NOW))
        file.execute("ROLLBACK")
    held = "another program holds its write lock; nothing was half-done: end it, or wait"
    line = f"FAIL  ledger: `{here}/ledger.db`: {held}"
    assert (found.line(), time.monotonic() - started < 60) == (line, True)


@pytest.mark.usefixtures("here")
def test_a_server_that_is_away_is_named_without_its_password() -> None:
    """And everything else is looked at all the same."""
    found = findings(Settings(ledger="postgresql://ann:hush@127.0.0.1:1/ledger", port=0), NOW)
    ledger = of("ledger", found)
    told = "\n".join(one.line() for one in found)
    assert (ledger.level, "ann:***@127.0.0.1:1" in ledger.seen, "hush" in told, of("policy", found).good) == (
        *("FAIL", True, False),
        True,
    )


@pytest.mark.usefixtures("here")
def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    found = of("ledger", findings(Settings(ledger="postgresql://db/ledger", port=0), NOW))
    assert (found.level, found.seen.endswith("install the extra: `outreach[postgres]`")) == ("FAIL", True)


Usage = namedtuple("Usage", ["total", "used", "free"])  # noqa: PYI024  (as `shutil` has it)


@makes("disk_full", "disk_low")
@pytest.mark.parametrize(("free", "fault"), [(10**6, "disk_full"), (500 * 10**6, "disk_low")])
def test_a_disk_without_room_is_named(
    settings: Settings, here: Path, free: int, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How much there is, and where."""
    monkeypatch.setattr(surroundings.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert lines(settings) == [said(fault, free=free // 10**6, place=here)]


@makes("folder_read_only")
def test_a_folder_that_cannot_be_written_is_named(
    settings: Settings, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system says it of a disk that is mounted to be read: a root's rights are no help there."""
    monkeypatch.setattr(surroundings.os, "access", lambda path, _: Path(path) != here)
    assert lines(settings) == [said("folder_read_only", place=here)]


@makes("network_disk")
def test_a_disk_of_the_network_is_named(settings: Settings, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the mount that the folder lies on."""
    (here / "mounts").write_text(f"disk / ext4 rw 0 0\nfiler:/x {here.resolve()} nfs4 rw 0 0\nbroken\n")
    monkeypatch.setattr(surroundings, "MOUNTS", here / "mounts")
    assert lines(settings) == [said("network_disk", place=here, kind="nfs4")]


def rekeyed(here: Path, *keys: Any) -> None:
    """Leave these keys alone in the ledger active."""
    opened = sqlite_file(here)
    with opened.transaction() as tx:
        tx.revoke_key("k-1", at=NOW)
        for key in keys:
            tx.add_key(key)
    opened.close()


@makes("keys_none")
def test_no_key_is_named(settings: Settings, here: Path) -> None:
    """Nobody could ask."""
    rekeyed(here)
    assert lines(settings) == [said("keys_none")]


@makes("keys_scopes")
def test_a_scope_that_nobody_has_is_named(settings: Settings, here: Path) -> None:
    """A key that is over is none."""
    read = key_record(token("read"), key_id="k-2", name="r", scopes=["read", "events"], at=NOW)
    over = key_record(token("decide"), key_id="k-3", name="d", scopes=["decide"], at=NOW - timedelta(days=2))
    rekeyed(here, read, replace(over, expires_at=NOW - timedelta(days=1)))
    assert lines(settings) == [said("keys_scopes", scopes="decide")]


@makes("widget_unsigned")
def test_a_widget_without_its_secret_is_named(settings: Settings, here: Path) -> None:
    """With the secret there is nothing to say."""
    bounds = Bounds(origin=ORIGIN)
    widget = key_record(token("widget"), key_id="k-2", name="w", scopes=[WIDGET], at=NOW, bounds=bounds)
    company = key_record(token("again"), key_id="k-3", name="c", scopes=COMPANY, at=NOW)
    rekeyed(here, widget, company)
    assert (lines(settings), lines(settings, widget_secret="s" * 43)) == ([said("widget_unsigned")], [])


@makes("widget_unbound")
def test_a_widget_key_without_an_origin_is_named(settings: Settings, here: Path) -> None:
    """An older ledger may hold one: it opens nothing, and has nothing to be signed."""
    bounds = Bounds(origin=ORIGIN)
    widget = key_record(token("widget"), key_id="k-2", name="w", scopes=[WIDGET], at=NOW, bounds=bounds)
    company = key_record(token("again"), key_id="k-3", name="c", scopes=COMPANY, at=NOW)
    rekeyed(here, replace(widget, origin=None), company)
    assert lines(settings) == [said("widget_unbound", key="k-2")]


@makes("experiment_over")
def test_an_experiment_that_ended_by_itself_is_named(settings: Settings, here: Path) -> None:
    """At its end or its size, for two weeks; not one that runs, nor one that a person stopped."""
    opened = sqlite_file(here)
    with opened.transaction() as tx:
        tx.start_experiment(TRIAL)
    opened.close()
    found = [lines(settings, at=TRIAL.until + timedelta(days=days)) for days in (-1, 1)]
    opened = sqlite_file(here)
    with opened.transaction() as tx:
        tx.standing(TRIAL.until)
    opened.close()
    found += [lines(settings, at=TRIAL.until + timedelta(days=days)) for days in (13, 14)]
    why = f"its end, {timestamp(TRIAL.until)}, has come"
    told = said("experiment_over", id=TRIAL.id, by=TRIAL.by, at=timestamp(TRIAL.until), why=why)
    first = told.replace(f" at {timestamp(TRIAL.until)}:", f" at {timestamp(TRIAL.until + timedelta(days=1))}:")
    assert found == [[], [first], [told], []]


def test_the_ledger_is_looked_through_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """For damage: up to three seconds each time."""
    looks: list[object] = []
    monkeypatch.setattr(looking, "check_sound", lambda *_: looks.append(1))
    assert (lines(settings), len(looks)) == ([], 1)


@makes("clock_behind")
def test_a_clock_behind_the_ledger_is_named(settings: Settings, here: Path) -> None:
    """A minute is nothing, an hour is a fault."""
    opened = sqlite_file(here)
    with opened.transaction() as tx:
        send(tx, "d-1", to=candidate(event()))
    opened.close()
    early = [of("clock", findings(settings, NOW - timedelta(seconds=by))).level for by in (0, 59, 3600)]
    assert early == ["ok", "ok", "FAIL"]


@makes("port_taken")
def test_a_port_that_somebody_has_is_named(settings: Settings) -> None:
    """Which may be this API itself."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert lines(settings, port=port) == [said("port_taken", host="127.0.0.1", port=port)]


@makes("host_wrong")
def test_an_address_that_is_not_this_machines_is_named(settings: Settings) -> None:
    """Nobody can listen there."""
    found = of("port", findings(Settings(ledger=settings.ledger, host="192.0.2.1", port=0), NOW))
    assert (found.level, found.seen.endswith("name an address of this machine as `host`")) == ("FAIL", True)


@makes("zones_missing")
def test_missing_time_zones_are_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the system's nor the package's."""

    def unknown(name: str) -> None:
        raise surroundings.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(surroundings, "ZoneInfo", unknown)
    assert lines(settings) == [said("zones_missing")]


@makes("compiler_missing")
def test_a_missing_compiler_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are the same, only slower."""
    monkeypatch.setattr(surroundings.importlib.util, "find_spec", lambda _: None)
    assert lines(settings) == [said("compiler_missing")]


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@makes("registry_away")
def test_a_registry_that_says_nothing_is_left_in_time(
    settings: Settings, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow alone would try for minutes."""
    monkeypatch.setattr(surroundings, "START_SECONDS", 90.0)
    monkeypatch.setattr(surroundings, "ASKED_SECONDS", 1.0)
    started = time.monotonic()
    uri = f"http://127.0.0.1:{silent}"
    _, line = lines(settings, model=CHAMPION, tracking_uri=uri)
    expected = said("registry_away", uri=uri, model=f"`{CHAMPION}`", why="no answer within 1 seconds")
    assert (line, time.monotonic() - started < 100) == (expected, True)


@makes("registry_unasked")
def test_a_machine_that_is_too_busy_is_not_the_registrys_fault(
    settings: Settings, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry's time counts from when it can be asked; till then nobody is told to look at its address."""
    monkeypatch.setattr(surroundings, "START_SECONDS", 0.0)
    uri = f"http://127.0.0.1:{silent}"
    [found] = surroundings.Registry(replace(settings, model=CHAMPION, tracking_uri=uri)).findings()
    why = "what asks it did not start within 0 seconds"
    assert found.line() == said("registry_unasked", uri=uri, model=f"`{CHAMPION}`", why=why)


def test_a_misspelt_alias_fails_however_long_the_start_took(
    settings: Settings, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks takes longer to start than a registry may take to answer."""
    monkeypatch.setattr(surroundings, "START_SECONDS", 90.0)
    late = "import time; time.sleep(9); " + pulling.CODE
    monkeypatch.setattr(pulling, "CODE", late)
    misspelt = replace(settings, model="models:/outreach@champoin", tracking_uri=registry)
    [found] = surroundings.Registry(misspelt).findings()
    assert (found.level, "`models:/outreach@champoin` is not in `sqlite:" in found.seen) == ("FAIL", True)


@pytest.mark.parametrize("role", ["model", "shadow"])
def test_what_is_verified_is_what_would_be_served(settings: Settings, registry: str, here: Path, role: str) -> None:
    """The copy that the pointer leads to, by its version; a sound one beside it is none, and a spoilt one a fault."""
    named = replace(settings, tracking_uri=registry, **{role: CHAMPION})

    def looked() -> str:
        return modelled(named, ISSUED_AT)[0].seen if role == "model" else shadow(named)

    written(here / ".outreach-models" / ("0" * 64))
    before = looked()
    assert Pull(CHAMPION, registry).attempt()
    after = looked()
    broken(Pulled(CHAMPION, registry).find().folder)

    there = after.startswith(f"{CHAMPION}, here as version 1")
    assert ("no verified copy" in before, there, "coef1.npy" in looked()) == (True, True, True)
    assert ("cut-off" in after) == (role == "model")


def test_asking_the_registry_runs_nothing_of_the_folder(
    settings: Settings, registry: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file there may be called as a package of ours is."""
    monkeypatch.setattr(surroundings, "START_SECONDS", 90.0)
    monkeypatch.setattr(surroundings, "ASKED_SECONDS", 60.0)
    (here / "model.py").write_text("open('ran', 'w').close()\n")
    [found] = surroundings.Registry(replace(settings, model=CHAMPION, tracking_uri=registry)).findings()

    assert (found.line(), (here / "ran").exists()) == (f"ok    registry: {CHAMPION} is version 1", False)


def test_no_password_is_an_argument_of_a_process(
    settings: Settings, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may list processes reads those."""
    monkeypatch.setattr(surroundings, "START_SECONDS", 0.0)
    uri = f"http://ann:hush@127.0.0.1:{silent}"
    asked = surroundings.Registry(replace(settings, model=CHAMPION, tracking_uri=uri))
    shown = [" ".join(map(str, asking.process.args)) for asking in asked.asking]
    asked.findings()

    assert [(CHAMPION in line, "hush" in line) for line in shown] == [(True, False)]


@makes("model_unnamed")
def test_a_registry_file_that_is_not_there_is_not_made(settings: Settings, here: Path) -> None:
    """MLflow would make it by looking."""
    of_model, line = lines(settings, model="models:/outreach@champion", tracking_uri=f"sqlite:///{here}/mlflow.db")
    assert (
        of_model[:12],
        "was pulled from the registry yet; wait, or ask `outreach doctor` why" in of_model,
    ) == ("warn  model:", True)
    told = "is not there; check `tracking_uri`); register and promote one, or name another `model`" in line
    assert (line[:15], told, (here / "mlflow.db").exists()) == ("FAIL  registry:", True, False)


def test_a_policy_folder_that_cannot_be_read_is_named_once(settings: Settings, here: Path) -> None:
    """The triggers lie in it as well; what is wrong with them alone still has its own line."""
    (here / "policy").mkdir()
    nothing = lines(settings, policy=here / "policy")
    (here / "policy" / "policy.yaml").write_text("triggers:\n  - trigger: x\n")
    both = lines(settings, policy=here / "policy")
    assert [[line.partition(": ")[0] for line in told] for told in (nothing, both)] == [
        ["FAIL  policy"],
        ["warn  policy", "FAIL  triggers"],
    ]


def test_a_model_that_cannot_be_trusted_is_named(settings: Settings, here: Path) -> None:
    """With the next step."""
    (written(here / "model") / "mix.npy").unlink()
    [line] = lines(settings, model=str(here / "model"))
    assert (line.startswith("FAIL  model: artefact"), line.endswith("fetch it again from the registry")) == (True, True)


@makes("certificate_ends")
def test_a_certificate_that_ends_soon_is_named(settings: Settings, here: Path) -> None:
    """Two weeks before, and once it has ended."""
    named = replace(settings, model=str(model(here / "model", 1)))
    found = [findings(named, ISSUED_AT + timedelta(days=days)) for days in (1, 80, 91)]
    levels = [[one.level for one in each if one.part == "model"] for each in found]
    assert levels == [["ok"], ["ok", "warn"], ["warn"]]


@makes("webhook_away")
def test_a_webhook_that_does_not_answer_is_named_where_it_is_asked(settings: Settings, silent: int) -> None:
    """Only with `--connect`; nothing is sent, and what listens there hears nothing but a connection."""
    secret = "whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ=="
    there, gone = f"http://127.0.0.1:{silent}/in", "http://127.0.0.1:1/in"
    more = [{"webhook_url": url, "webhook_secret": secret} for url in (there, gone)]
    quiet, well, away = lines(settings, **more[1]), *(lines(settings, connect=True, **one) for one in more)
    assert (quiet, well, away) == ([], [], [said("webhook_away", host="127.0.0.1", port=1, why="Connection refused")])


def test_the_page_lists_every_fault_as_doctor_says_it() -> None:
    """Name, part, level, words and fix, in the code's order."""
    told = [
        (name, one.part, one.level, *(re.sub(r"\{\w+\}", "…", text) for text in (one.says, one.fix)))
        for name, one in FAULTS.items()
    ]
    rows = [tuple(cell.strip() for cell in line.strip("| \n").split(" | ")) for line in DOC.read_text().splitlines()]
    assert [row for row in rows if row[0] in FAULTS] == told


def test_the_page_says_how_long_doctor_waits() -> None:
    """By the limits themselves."""
    waits = (
        soundness.SECONDS,
        2 * PATIENCE,
        COMPILING_SECONDS,
        surroundings.START_SECONDS,
        surroundings.ASKED_SECONDS,
        surroundings.CONNECT_SECONDS,
    )
    said = re.findall(r"^\| [^|]+ \| (\d+) \|$", DOC.read_text(), flags=re.MULTILINE)
    assert [float(seconds) for seconds in said] == list(waits)


def test_every_fault_has_a_test_that_makes_it() -> None:
    """A new one without one fails here."""
    assert set(FAULTS) == MADE
