"""Every example is a program: from its environment to a relay that answers, until it is told to end."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.server import ROOT, free_port
from tests.examples.frame import SECRET
from tests.serving.relay.serving_relays import until
from tests.serving.served import EVERYTHING

AWAY = "http://127.0.0.1:1"
NEEDED = {
    "chatwoot": {"CHATWOOT_URL": AWAY, "CHATWOOT_ACCOUNT": "3", "CHATWOOT_TOKEN": "t"},
    "intercom": {"INTERCOM_URL": AWAY, "INTERCOM_TOKEN": "t", "INTERCOM_ADMIN": "31"},
    "segment": {"SEGMENT_URL": AWAY, "SEGMENT_WRITE_KEY": "k", "SEGMENT_DESTINATION": "D", "SEGMENT_CHANNELS": "email"},
    "zendesk": {"ZENDESK_URL": AWAY, "ZENDESK_APP": "a", "ZENDESK_KEY_ID": "i", "ZENDESK_KEY_SECRET": "s"},
}


def test_there_is_an_environment_for_every_example() -> None:
    """None is left out below but what `spark-submit` starts, which is no relay (`tests.spark`)."""
    assert {path.stem for path in (ROOT / "docs" / "examples").glob("*.py")} == NEEDED.keys() | {"on_spark"}


@pytest.mark.parametrize("name", NEEDED)
def test_an_example_runs_as_it_is_shown(name: str, tmp_path: Path) -> None:
    """It answers, ends in order, and leaves its book."""
    port = free_port()
    ours = {"OUTREACH_URL": AWAY, "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    environment = os.environ | ours | NEEDED[name] | {"PYTHONPATH": str(ROOT), "BOOK": str(tmp_path / "book.db")}
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "docs" / "examples" / f"{name}.py")], cwd=tmp_path, env=environment
    )

    def answers() -> bool:
        assert program.poll() is None
        try:
            return http.get(f"http://127.0.0.1:{port}").status_code == 200
        except httpx.ConnectError:
            return False

    try:
        with httpx.Client(trust_env=False) as http:
            until(answers)
        program.terminate()
        ended = program.wait(20)
    finally:
        program.kill()
        program.wait()
    assert (ended in (0, -15), (tmp_path / "book.db").exists()) == (True, True)


def program(name: str) -> str:
    """Return where an example is."""
    return str(ROOT / "docs" / "examples" / f"{name}.py")


@pytest.mark.parametrize("name", NEEDED)
def test_an_example_names_what_it_lacks(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In one line, each variable that it cannot do without."""
    monkeypatch.chdir(tmp_path)
    given = {"OUTREACH_URL": AWAY, "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": SECRET} | NEEDED[name]
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    for lacking in given.keys() - {"INTERCOM_URL", "SEGMENT_URL"}:
        monkeypatch.setenv(lacking, "")
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(program(name), run_name="__main__")
        monkeypatch.setenv(lacking, given[lacking])
        assert ended.value.code == f"`{lacking}` is not in the environment; docs/relay.md says what a relay needs"


@pytest.mark.parametrize("name", NEEDED)
def test_a_program_that_lacks_something_ends_with_one_line(name: str, tmp_path: Path) -> None:
    """On stderr, without a trace, and with the code of an error: of a process of its own."""
    given = {"OUTREACH_URL": AWAY, "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": ""} | NEEDED[name]
    environment = os.environ | given | {"PYTHONPATH": str(ROOT)}
    started = [sys.executable, program(name)]
    ended = subprocess.run(started, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = "`WEBHOOK_SECRET` is not in the environment; docs/relay.md says what a relay needs\n"
    assert (ended.returncode, ended.stderr) == (1, said)


def test_an_admin_of_intercoms_is_a_number(tmp_path: Path) -> None:
    """Another word ends it in one line, before anything is asked."""
    given = {"OUTREACH_URL": AWAY, "OUTREACH_KEY": EVERYTHING, "WEBHOOK_SECRET": SECRET} | NEEDED["intercom"]
    environment = os.environ | given | {"PYTHONPATH": str(ROOT), "INTERCOM_ADMIN": "anna"}
    program = [sys.executable, str(ROOT / "docs" / "examples" / "intercom.py")]
    ended = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    said = "`INTERCOM_ADMIN` is `anna`, which is no number; give the id of the teammate who speaks\n"
    assert (ended.returncode, ended.stderr) == (1, said)
