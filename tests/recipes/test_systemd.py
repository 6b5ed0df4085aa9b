"""The units of docs/recipes/systemd: as systemd reads them, and as the code needs them; both jobs run."""

import configparser
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from serving.cli.serve import serve
from serving.server.server import DRAIN_SECONDS, LAST_SECONDS
from serving.settings import load_settings
from tests.docs.pages import COMMAND, all_blocks, blocks, page
from tests.end_to_end.server import Server, opened
from tests.needs import unit_reader
from tests.recipes.shell import RECIPES, environment, ran, variables
from tests.scheduling.stage import candidates, ledger
from tests.serving.models.test_pulled import pulled

UNITS = RECIPES / "systemd"
PAGE = RECIPES / "systemd.md"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
JOBS = ("daily", "monthly", "backup")
EXPOSED = 2.0  # of 10: what `systemd-analyze security` may say at most
LIMITS = (("Unit", "StartLimitIntervalSec"), ("Service", "TimeoutStartSec"))
PROGRAM = "[Service]\nType=oneshot\nExecStart=/bin/true\n"


def commands() -> list[str]:
    """Return the page's indented command lines, block by block."""
    return [each.text for each in all_blocks("docs/recipes/systemd.md") if each.language == COMMAND]


def unit(name: str) -> dict[str, dict[str, str]]:
    """Read a unit; no option stands twice but `Environment`, of which ours has one line."""
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    read.read_string((UNITS / name).read_text("utf-8"))
    return {section: dict(read[section]) for section in read.sections()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root in which the units and all that they start are where the page puts them."""
    root = tmp_path_factory.mktemp("root")
    place = root / "etc" / "systemd" / "system"
    place.mkdir(parents=True)
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        shutil.copy(path, place)
    for program in ("opt/outreach/bin/outreach", "opt/outreach/bin/python", "opt/outreach/jobs/of", "bin/kill"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).write_text("#!/bin/sh\n")
        (root / program).chmod(0o755)
    for name in JOBS:
        shutil.copy(root / "bin" / "kill", root / "opt" / "outreach" / "jobs" / name)
    return root


@pytest.mark.parametrize("name", [*SERVICES, *(f"outreach-{job}.timer" for job in JOBS)])
def test_systemd_can_read_it(name: str, installed: Path) -> None:
    """Every option and value is known, and what it starts is found; what else the system lacks is not ours."""
    command = [unit_reader(), "--man=no", f"--root={installed}", "verify", name.replace("@", "@chatwoot")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    actual = [line for line in done.stderr.splitlines() if "outreach" in line and "not found" not in line]
    assert actual == []


@pytest.mark.parametrize("name", SERVICES)
def test_it_is_hardened(name: str) -> None:
    """Little is left that a program which was broken into could reach."""
    command = [unit_reader(), "--no-pager", "security", "--offline=true", str(UNITS / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (last,) = [line for line in done.stdout.splitlines() if "Overall exposure level" in line]
    assert float(last.split(": ")[1].split()[0]) <= EXPOSED


@pytest.mark.parametrize("name", SERVICES)
def test_a_wrong_clock_can_still_be_found(name: str) -> None:
    """`ProcSubset=pid` hides this start of the machine, by which a worker knows that the clock was set."""
    assert "ProcSubset" not in unit(name)["Service"]


@pytest.mark.parametrize("name", SERVICES)
def test_it_stops_and_starts_again_as_the_pages_say(name: str) -> None:
    """A drain fits into its time, a failure is tried again; what no second try changes is not."""
    service = unit(name)["Service"]
    actual = (
        int(service["TimeoutStopSec"]) > DRAIN_SECONDS + LAST_SECONDS,
        service["Restart"],
        "RestartPreventExitStatus" in service or "relay" in name,
        service.get("RestartPreventExitStatus", "2"),
    )
    assert actual == (True, "on-failure", True, "2")


def test_the_api_is_started_and_reloaded_as_it_can_be() -> None:
    """Its flags are flags, the parent alone is told to stop, and a reload is its SIGHUP."""
    service = unit("outreach.service")["Service"]
    program, name, *arguments = shlex.split(service["ExecStart"])
    workers = serve.make_context("serve", arguments).params["workers"]
    actual = (Path(program).name, name, workers, service["KillMode"], service["ExecReload"].split()[1:])
    assert actual == ("outreach", "serve", 2, "mixed", ["-HUP", "$MAINPID"])


def test_its_settings_are_settings() -> None:
    """The environment file has names that we have, with values that they take, commented lines too."""
    text = (UNITS / "outreach.env").read_text("utf-8").replace("#OUTREACH", "OUTREACH")
    secret = f"whsec_{'A' * 43}="
    settings = load_settings(environ=variables(text.replace("whsec_…", secret)))
    assert (settings.shipped_triggers, settings.webhook_url) == (True, "http://127.0.0.1:8090")


def test_paths_agree() -> None:
    """Every unit runs as one user in one folder, which is its own; the ledger lies there."""
    services = [unit(name)["Service"] for name in SERVICES]
    actual = {(one["User"], one["WorkingDirectory"], one["StateDirectory"]) for one in services}
    ledger_file = variables((UNITS / "outreach.env").read_text("utf-8"))["OUTREACH_LEDGER"]
    assert (actual, ledger_file) == (
        {("outreach", "/var/lib/outreach", "outreach")},
        "sqlite:////var/lib/outreach/outreach.db",
    )


def test_the_page_copies_what_is_there() -> None:
    """Whatever stands in the folder is copied by the lines that install it, but for the settings, which come once."""
    once, program = [text for text in commands() if "/opt/outreach" in text][:2]
    copied = {word for line in program.splitlines() if " cp " in f" {line}" for word in line.split()}
    others = {path.name for path in UNITS.iterdir() if path.suffix not in (".service", ".timer")} - copied
    assert (others, {"*.service", "*.timer"} <= copied, "outreach.env" in once) == ({"outreach.env"}, True, True)


def test_an_upgrade_overwrites_no_settings() -> None:
    """Everything is stopped, the same lines install, the new program is asked; then it is started."""
    text = page("docs/releasing.md").split("## Upgrading a deployment")[1]
    order = [
        "systemctl start outreach-backup",
        "systemctl stop 'outreach*'",
        "git checkout",
        "systemd.md#install",
        "docs/examples/chatwoot.py",
        "`outreach doctor` says",
        "systemctl start outreach\n",
    ]
    found = [text.find(words) for words in order]
    assert (found == sorted(found), -1 in found, "outreach.env" in text) == (True, False, False)


@pytest.mark.parametrize("name", JOBS)
def test_three_tries_are_three_tries(name: str) -> None:
    """However long each takes, four starts are counted together; the next day's is another count."""
    read = unit(f"outreach-{name}.service")
    hours = {key: int(read[part][key].removesuffix("h")) for part, key in LIMITS}
    longest = 4 * hours["TimeoutStartSec"] + 3 * int(read["Service"]["RestartSec"]) / 3600
    actual = (read["Unit"]["StartLimitBurst"], longest < hours["StartLimitIntervalSec"], name == "monthly")
    assert (actual, hours["StartLimitIntervalSec"] < 24 or name == "monthly") == (("4", True, name == "monthly"), True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ledger and candidates, as the daily job finds it."""
    monkeypatch.chdir(tmp_path)
    candidates()
    (tmp_path / "candidates").mkdir()
    shutil.move("candidates.parquet", "candidates/2026-11-20.parquet")
    opened(tmp_path / "ledger.db").close()
    return tmp_path


def job(name: str, home: Path, day: str) -> "subprocess.CompletedProcess[str]":
    """Run a job as its unit does, with the settings that are shipped, for a day."""
    shipped = (UNITS / "outreach.env").read_text("utf-8").replace("/var/lib/outreach/outreach.db", f"{home}/ledger.db")
    given = environment(home, variables(shipped.replace("/var/lib/outreach", str(home))))
    return subprocess.run([str(UNITS / name), day], cwd=home, env=given, capture_output=True, text=True, check=False)


def test_the_daily_job_decides_and_a_second_time_nothing(home: Path) -> None:
    """By the clock of nine, in the ledger, by the model that the API pulled there; the second run ends well too."""
    pulled(home / ".outreach-models", 7)
    codes = [job("daily", home, "2026-11-20").returncode for _ in range(2)]
    made = home / "decisions" / "2026-11-20"
    model = json.loads((made / "manifest.json").read_text("utf-8"))["model"]
    assert (codes, (made / "_SUCCESS").exists(), model["version"]) == ([0, 0], True, "7")


def test_the_daily_job_before_the_first_promote_says_what_is_missing(home: Path) -> None:
    """With the words that the page explains, and the code of what a later try may mend."""
    done = job("daily", home, "2026-11-20")
    row = "no verified copy"
    assert (done.returncode, row in done.stderr.splitlines()[-1], row in PAGE.read_text("utf-8")) == (1, True, True)


def test_a_job_without_its_input_ends_with_2(home: Path) -> None:
    """So that systemd does not try it again."""
    pulled(home / ".outreach-models", 7)
    done = job("daily", home, "2026-11-21")
    assert (done.returncode, "candidates/2026-11-21.parquet" in done.stderr) == (2, True)


def test_the_monthly_job_trains_on_its_own_table(home: Path) -> None:
    """The table of what had closed stands in the folder of that day; twenty rows are too few to learn from: 2."""
    (home / "ledger.db").unlink()
    ledger()
    done = job("monthly", home, "2026-11-01")
    made = {path.name for path in (home / "learning" / "2026-11-01").iterdir()}
    assert (done.returncode, made) == (2, {"table.parquet", "roles.toml"})


def test_the_jobs_can_be_executed() -> None:
    """As they are copied."""
    assert [os.access(UNITS / name, os.X_OK) for name in JOBS] == [True] * 3


def test_a_backup_is_whole_while_the_api_runs(tmp_path: Path) -> None:
    """The page's own lines, beside an API that has the file open."""
    opened(tmp_path / "outreach.db").close()
    by_hand, backup = blocks("docs/recipes/systemd.md", "sh")
    backup = backup.replace("/opt/outreach/jobs", str(UNITS))
    with Server(tmp_path / "outreach.db", cwd=tmp_path):
        given = {"OUTREACH_LEDGER": "sqlite:///outreach.db", "OUTREACH_PORT": "0"}
        key = ran(by_hand + "cat prometheus.key", tmp_path, given)
        said = ran(backup, tmp_path, given)
    assert (len(key.splitlines()[-1]) >= 43, "1 active key" in said) == (True, True)


def test_every_night_has_a_backup_of_every_file(home: Path) -> None:
    """Ledger, registry with its models, and a relay's book; each beside the last, and fourteen stay."""
    for name in ("mlflow.db", "relay-chatwoot.db"):
        with closing(sqlite3.connect(home / name)) as file:
            file.execute("CREATE TABLE kept (word TEXT)")
    (home / "mlartifacts" / "1").mkdir(parents=True)
    codes = [job("backup", home, f"2026-11-{day:02d}T031500Z").returncode for day in range(1, 17)]
    made = sorted((home / "backups").iterdir())
    there = {path.name for path in made[-1].iterdir()}
    assert (set(codes), len(made), made[0].name) == ({0}, 14, "2026-11-03T031500Z")
    assert there == {"ledger.db", "mlflow.db", "mlartifacts", "relay-chatwoot.db"}


def test_a_backup_that_cannot_be_whole_has_no_name(home: Path) -> None:
    """A file that is no database ends it, with a code that is tried again; what was begun goes with the next."""
    (home / "mlflow.db").write_bytes(b"torn" * 1024)
    done = job("backup", home, "2026-11-20T031500Z")
    assert (done.returncode, [path.suffix for path in (home / "backups").iterdir()]) == (1, [".part"])
