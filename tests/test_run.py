"""`run.py`: standard library only, and every way it can say no."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run() -> ModuleType:
    """`run.py` as a module."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_nothing_but_the_standard_library() -> None:
    """A machine with Python and git can start it."""
    tree = ast.parse((ROOT / "run.py").read_text())
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    actual = {name.split(".")[0] for name in plain | named} - set(sys.stdlib_module_names)
    assert actual == set()


def test_an_old_python_is_told_what_to_do(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the version it needs and the next step."""
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 2))
    actual = run.missing()
    assert actual.startswith("needs Python 3.11 or newer")


def test_a_python_without_venv_is_told_what_to_install(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian splits venv off; the message names the package."""
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    actual = run.missing()
    assert "apt install python3-venv" in actual


def test_nothing_is_missing_here(run: ModuleType) -> None:
    """The tests run on a machine that can run the product."""
    actual = run.missing()
    assert actual is None


def test_set_up_is_skipped_when_the_lock_did_not_change(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stamp names lock, project file, interpreter and place; while they stand, nothing is installed."""
    calls: list[list[str]] = []
    monkeypatch.setattr(run, "check", calls.append)
    monkeypatch.setattr(run, "VENV", tmp_path)
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    (tmp_path / "outreach-set-up.txt").write_text(run.fingerprint("run") + "\n")
    run.set_up("run")
    assert calls == []


def test_a_changed_lock_sets_up_again(run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A stamp of another lock leads to a cleared environment and an install with hashes required."""
    calls: list[list[str]] = []
    monkeypatch.setattr(run, "check", calls.append)
    monkeypatch.setattr(run, "VENV", tmp_path)
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    (tmp_path / "outreach-set-up.txt").write_text("run 0123\n")
    run.set_up("run")
    assert "--clear" in calls[0]
    assert all("--require-hashes" in call or "--no-deps" in call for call in calls[1:])
    assert (tmp_path / "outreach-set-up.txt").read_text() == run.fingerprint("run") + "\n"


def test_an_interrupted_set_up_is_repeated(run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stamp is written last: whatever stops the install leaves none."""

    def stop(command: list[str]) -> None:
        if "--require-hashes" in command:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(run, "check", stop)
    monkeypatch.setattr(run, "VENV", tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        run.set_up("run")
    assert not (tmp_path / "outreach-set-up.txt").exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONPYCACHEPREFIX": "compiled"}),
        ({"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/mine"}, {"PYTHONPYCACHEPREFIX": "/mine"}),
        ({}, {}),
        ({"PYTHONPYCACHEPREFIX": "/mine"}, {"PYTHONPYCACHEPREFIX": "/mine"}),
    ],
    ids=["forbidden", "forbidden, with a place", "as usual", "with a place"],
)
def test_what_is_compiled_is_kept_in_the_environment(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: dict[str, str]
) -> None:
    """Where nothing may be written beside the source, it goes into `.venv`; else all is as it was."""
    monkeypatch.setattr(run.os, "environ", dict(given))
    monkeypatch.setattr(run, "VENV", Path())
    run.keep_what_is_compiled()
    actual = run.os.environ
    assert actual == expected


@pytest.mark.parametrize(("cores", "workers"), [(None, "2"), (2, "3"), (64, "5")], ids=["unknown", "two", "a host's"])
def test_every_core_works_and_one_worker_waits(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, cores: int | None, workers: str
) -> None:
    """All tests run on one worker more than there are cores, five at most; each keeps to its own modules."""
    monkeypatch.setattr(run.os, "cpu_count", lambda: cores)
    actual = run.everything()
    assert actual == ["-q", "-n", workers, "--dist", "worksteal", "--reruns", "1", "--rerun-show-tracebacks"]


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--help"], 0), (["dance"], 2)])
def test_usage(run: ModuleType, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, or with one it does not know, it prints its two commands."""
    actual = run.main(arguments)
    assert actual == code
    assert "python3 run.py demo" in capsys.readouterr().out


@pytest.mark.parametrize("lock", ["run", "dev", "uv"])
def test_locks_are_hash_pinned_and_name_no_index(lock: str) -> None:
    """Every requirement has an exact version and a hash; no address of an index is written down."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert all("==" in entry and entry.endswith("\\") for entry in entries)
    assert "://" not in text


def test_the_smaller_lock_is_part_of_the_larger() -> None:
    """What the demo runs with is what the tests ran with."""

    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
        return {line.split(" ")[0] for line in lines if line and not line.startswith(" ")}

    actual = pins("run") - pins("dev")
    assert actual == set()
