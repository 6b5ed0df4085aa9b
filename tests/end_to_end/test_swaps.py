"""Models changed under a real server: by a folder, by an alias, and with the registry away."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.end_to_end.server import Server, with_key
from tests.plain import PLAIN
from tests.serving.models_between import broken, model, name, registered

ASKED = 40  # questions over connections of their own, which reach every worker


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait until something is true; return whether it came to be."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def version(server: Server) -> Any:
    """What the server says its model is called."""
    return httpx.get(f"{server.url}/version", timeout=10, verify=PLAIN).json()["model_version"]


def state(server: Server) -> str:
    """Ready, or degraded."""
    return str(httpx.get(f"{server.url}/readyz", timeout=10, verify=PLAIN).json()["status"])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own with a ledger; the settings poll every second."""
    monkeypatch.chdir(tmp_path)
    with_key(tmp_path / "outreach.db")
    return tmp_path


def test_a_folder_is_followed_by_every_worker(place: Path) -> None:
    """A bad one in between changes nothing."""
    folder = model(place / "model", 1)
    with Server(place / "outreach.db", model=str(folder), workers=2, more={"POLL_SECONDS": "1"}) as server:
        first = version(server)
        broken(model(folder, 2))
        time.sleep(2.5)
        still = {version(server) for _ in range(ASKED)}
        model(folder, 3)
        changed = until(lambda: {(version(server) == first, state(server)) for _ in range(ASKED)} == {(False, "ready")})

    assert (still, changed) == ({first}, True)


def test_an_alias_is_followed_and_its_copy_serves_without_the_registry(place: Path) -> None:
    """Degraded until the first pull, then ready by itself; another version once the alias names it; a restart without.

    With the registry away the verified copy is ready at once, under its version there.
    """
    uri = registered(place, 1, alias="champion")
    registered(place, 2)
    named: dict[str, Any] = {"model": "models:/outreach@champion", "cwd": place}
    with Server(place / "outreach.db", more={"POLL_SECONDS": "1", "TRACKING_URI": uri}, **named) as server:
        pulled = until(lambda: version(server) == "1")
        ready = state(server)
        name(uri, "champion", "2")
        followed = until(lambda: version(server) == "2")
    pointer = next(place.glob(".outreach-models/*.json"))
    said = json.loads(pointer.read_bytes())
    (place / "mlflow.db").rename(place / "away.db")
    (place / "mlflow.db").mkdir()  # what no client can open
    with Server(place / "outreach.db", more={"TRACKING_URI": uri}, **named) as server:
        without = (version(server), state(server))

    assert (pulled, ready, followed, said["version"], without) == (True, "ready", True, "2", ("2", "ready"))


def test_nothing_pulled_yet_is_degraded_and_the_process_is_up(place: Path) -> None:
    """With a registry that nobody listens at."""
    uri = "http://127.0.0.1:9"
    named: dict[str, Any] = {"model": "models:/outreach@champion", "cwd": place}
    with Server(place / "outreach.db", more={"TRACKING_URI": uri}, **named) as server:
        answer = httpx.get(f"{server.url}/readyz", timeout=10, verify=PLAIN).json()

    assert (answer["status"], "not pulled from the registry yet" in answer["detail"]) == ("degraded", True)
