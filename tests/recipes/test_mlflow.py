"""The recipe for an MLflow server: its own line starts one, two hosts follow what is promoted, and trust none of it."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from model.train import train
from serving.cli import run
from serving.cli.pulling import Pull
from serving.models.pulled import Pulled
from tests.docs.pages import blocks, joined
from tests.end_to_end.server import free_port
from tests.end_to_end.test_champion import FEATURES, ROLES
from tests.model.occasions import frame
from tests.plain import PLAIN
from tests.recipes.shell import environment
from tests.serving.models_between import broken

CHAMPION = "models:/outreach@champion"
TABLES = ("table", "next")
HOSTS = ("a", "b")
START_SECONDS = 240
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # seven processes that nothing here asks for


@dataclass
class Played:
    """How each block's commands ended, with the versions that hosts then had; what came of a spoilt server."""

    followed: list[tuple[list[int], set[str]]]
    spoilt: tuple[bool, str]


@contextmanager
def served(folder: Path, line: str, port: int) -> Iterator[str]:
    """Run the page's server on another port until the end of the block."""
    words = ["bash", "-c", "exec " + line.replace("--port 5000", f"--port {port}")]
    log = (folder / "server.log").open("w")
    process = subprocess.Popen(
        words, cwd=folder, env=environment(folder, QUIET), stdout=log, stderr=log, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        started(url, process)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def started(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until it answers: it makes its tables first."""
    deadline = time.monotonic() + START_SECONDS
    while not well(url):
        assert (process.poll(), time.monotonic() < deadline) == (None, True)
        time.sleep(0.1)


def well(url: str) -> bool:
    """Whether the server answers."""
    try:
        return httpx.get(f"{url}/health", trust_env=False, verify=PLAIN).status_code == 200
    except httpx.TransportError:
        return False


def versions(url: str, folder: Path) -> set[str]:
    """Have every host ask once; return what they then serve from."""
    for host in HOSTS:
        Pull(CHAMPION, url, folder / host).attempt()
    return {str(Pulled(CHAMPION, url, folder / host).find().version) for host in HOSTS}


def taught(folder: Path) -> None:
    """Write two tables, and what their columns mean."""
    for seed, (name, features) in enumerate(zip(TABLES, FEATURES.values(), strict=True)):
        frame(4000, seed=seed, effect=0.8).to_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.toml").write_text(ROLES.format(features=features))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The page's blocks in order; each host asks after each. Then somebody spoils what lies on the server."""
    folder = tmp_path_factory.mktemp("mlflow")
    taught(folder)
    server, first, second, back = blocks("docs/recipes/mlflow.md", "sh")
    with served(folder, server, free_port()) as url, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("OUTREACH_TRACKING_URI", url)
        patched.setattr("model.train.train", partial(train, scorers=("average", "response", "t_logit")))
        patched.setattr("model.report.pictures.svg", lambda *_, **__: "<svg></svg>")  # drawing takes longer
        followed = []
        for table, block in zip((*TABLES, "next"), (first, second, back), strict=True):
            shutil.copy(f"{table}.toml", "roles.toml")
            codes = [run(shlex.split(line)[1:]) for line in joined(block, "outreach")]
            followed.append((codes, versions(url, folder)))
        for artefact in folder.glob("mlartifacts/**/coef1.npy"):
            broken(artefact.parent)
        anew = Pull(CHAMPION, url, folder / "c").attempt()
        yield Played(followed, (anew, kept(folder)))


def kept(folder: Path) -> str:
    """Return which version a host has that had it before."""
    return str(json.loads(next((folder / "a").glob("*.json")).read_text())["version"])


def test_every_host_follows(played: Played) -> None:
    """The first version, the second, and the first again, on both."""
    assert played.followed == [([0, 0], {"1"}), ([0, 0], {"2"}), ([0], {"1"})]


def test_what_was_spoilt_on_the_server_is_not_served(played: Played) -> None:
    """A new host takes nothing of it, and one that had it keeps its own."""
    assert played.spoilt == (False, "1")
