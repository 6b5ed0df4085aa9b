"""The built wheel, away from the repository: it carries its data files and its command runs."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without isolation and unpack it where nothing else of the project is."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = out.glob("outreach-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "site")
    return out / "site"


def command(site: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command with the unpacked wheel first on the path, in an empty folder."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=site.parent, env=environment, capture_output=True, text=True, check=False
    )


def test_it_is_the_wheel_that_runs(site: Path) -> None:
    """The import comes from the wheel and not from the repository."""
    done = command(site, "-c", "import serving.cli; print(serving.cli.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(site)


COMMANDS = ["--version", "--help", "policy reasons", "train --help", "replay --help", "batch --help", "table --help"]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_command_runs(site: Path, arguments: str) -> None:
    """Version, help and the reason catalogue need no file of the repository."""
    done = command(site, "-m", "serving.cli", *arguments.split())
    assert (done.returncode, done.stderr) == (0, "")


def test_it_carries_its_data_files(site: Path) -> None:
    """The shipped templates, the weights of the wording model and the parts of the report's page are package data."""
    actual = {path.suffix for path in [*site.glob("serving/policy/shipped/*"), *site.glob("model/report/page/*")]}
    assert actual == {".css", ".j2", ".json", ".yaml"}


@pytest.mark.parametrize("name", ["cli/shop/files", "console/static", "console/templates", "replay/page"])
def test_it_carries_what_pages_are_made_of(site: Path, name: str) -> None:
    """Every file that a page of the shop, the console or a replay is made of, or asks for, licences with them."""
    folder = Path("serving", name)
    actual = sorted(path.name for path in (site / folder).iterdir())
    assert actual == sorted(path.name for path in (ROOT / folder).iterdir())


def test_it_holds_nothing_else(site: Path) -> None:
    """No tests, notebooks or data of the repository slip into it."""
    actual = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}
    assert actual == {"model", "serving"}
