"""docs/serving.md: its commands are commands, its numbers are the code's, and others are told to wait long enough."""

import configparser
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.app import create_app
from serving.cli.pulling import ATTEMPT_SECONDS
from serving.cli.serve import serve
from serving.ledger.turns import SUFFIX
from serving.models.pulled import HOME
from serving.server.guarded import LEAVING_SECONDS
from serving.server.server import DRAIN_SECONDS, KEEP_ALIVE_SECONDS, LAST_SECONDS
from serving.settings import Settings, load_settings
from tests.docs.pages import block, lines

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")
COMMANDS = [line.removeprefix("outreach serve ") for line in lines("docs/serving.md", "outreach serve")]
WHOLE = DRAIN_SECONDS + LAST_SECONDS


def settings_of(arguments: list[str]) -> Any:
    """Read the flags as the command does, and the settings that they make."""
    context = serve.make_context("serve", arguments)
    flags = {name: value for name, value in context.params.items() if name in ("host", "port", "workers", "ledger")}
    return load_settings(environ={}, flags=flags)


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_its_commands_can_be_given(command: str) -> None:
    """Every flag is one, and every value is a setting's."""
    assert settings_of(shlex.split(command)).workers in (1, 2)


def test_there_are_commands() -> None:
    """One process, several, a folder, an alias, several hosts."""
    assert len(COMMANDS) == 5


@pytest.mark.parametrize(
    "said",
    [
        f"closed after {LEAVING_SECONDS:.0f} seconds",
        f"ends after {DRAIN_SECONDS} seconds",
        f"gives its workers {LAST_SECONDS} seconds more",
        f"stay open for {KEEP_ALIVE_SECONDS} seconds",
        f"`outreach.db{SUFFIX}`",
        f"looked at every {Settings().poll_seconds} seconds",
        f"has {ATTEMPT_SECONDS:.0f} seconds for every attempt",
        f"under `{HOME}/`",
        f"the drain of {DRAIN_SECONDS} seconds and the parent's {LAST_SECONDS}",
    ],
)
def test_its_numbers_are_those_of_the_code(said: str) -> None:
    """What is written here is what happens."""
    assert said in " ".join(PAGE.split())


def test_systemd_waits_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit can be read, its command can be given, and the drain fits into its time."""
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    unit.read_string(block("docs/serving.md", "ini"))
    service = unit["Service"]
    monkeypatch.setenv("MAINPID", "1")
    command = shlex.split(service["ExecStart"])[2:]

    actual = (settings_of(command).workers, int(service["TimeoutStopSec"]) > WHOLE, "-HUP" in service["ExecReload"])
    assert actual == (2, True, True)


def test_kubernetes_waits_long_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause and drain fit into the grace period, the flags are flags, and the probes ask paths that are there."""
    monkeypatch.chdir(tmp_path)
    spec = yaml.safe_load(block("docs/serving.md", "yaml"))["spec"]
    container = spec["containers"][0]
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    settings = settings_of(container["args"][1:])
    probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("readiness", "liveness")]
    paths = create_app(load_settings(environ={})).openapi()["paths"]

    fits = spec["terminationGracePeriodSeconds"] > pause + WHOLE
    actual = (fits, {(one["path"] in paths, one["port"]) for one in probes})
    assert actual == (True, {(True, settings.port)})
