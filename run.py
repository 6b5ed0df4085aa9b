#!/usr/bin/env python3
"""The two commands of this repository, with nothing but Python ≥ 3.11 with venv, and git.

    python3 run.py demo [--exit] [--port N]   train, certify, serve and decide on the shipped history
    python3 run.py test [pytest arguments]    every check and every test
    python3 run.py outreach …                 anything else: forwards to the command `outreach` in the environment

It makes `.venv` beside this file and installs the hash-pinned lock into it; it does so again only when the lock or
`pyproject.toml` changed. It touches nothing outside this folder.
"""

from __future__ import annotations  # an older Python must get as far as being told so

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
LOCKS = {"demo": "run", "outreach": "run", "test": "dev"}
CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("ruff check", [".", "--quiet"]),
    ("ruff format", ["--check", ".", "--quiet"]),
    ("mypy", []),
    ("lint-imports", ["--no-cache"]),
)


def main(arguments: list[str]) -> int:
    """Set up what the command needs, then run it; returns its exit code."""
    if not arguments or arguments[0] not in LOCKS:
        print(__doc__.strip())
        return 0 if arguments in ([], ["-h"], ["--help"]) else 2
    command, rest = arguments[0], arguments[1:]
    problem = missing()
    if problem:
        print(f"run.py: {problem}", file=sys.stderr)
        return 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    keep_what_is_compiled()
    try:
        set_up(LOCKS[command])
    except subprocess.CalledProcessError as failure:
        print(f"run.py: set-up stopped at `{Path(failure.cmd[0]).name}`; mend what it says above, then run this again.")
        return 1
    if command == "test":
        return test(rest)
    return become([tool("outreach"), *(["demo"] if command == "demo" else []), *rest])


def missing() -> str | None:
    """Say what this machine lacks and how to get it, or None."""
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        return f"needs Python 3.11 or newer, this is {version}; start it with a newer one: python3.12 run.py"
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return "this Python has no `venv`; install it (Debian, Ubuntu: apt install python3-venv), then run this again"
    return None


def keep_what_is_compiled() -> None:
    """Compile each module once, into `.venv`, where none may lie beside the source (as in many containers).

    Obeyed to the letter, every process would compile all it imports, each time: the tests start hundreds.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "compiled"))


def set_up(lock: str) -> None:
    """Make `.venv` hold exactly what `requirements/{lock}.txt` pins, and this project; a no-op when it already does."""
    stamp = VENV / "outreach-set-up.txt"
    wanted = fingerprint(lock)
    done = stamp.read_text().splitlines() if stamp.exists() and PYTHON.exists() else []
    if wanted in done:
        return
    current = [line for line in done if line in {fingerprint(name) for name in set(LOCKS.values())}]
    if not current:
        print(f"setting up .venv from requirements/{lock}.txt (once) …", flush=True)
        stamp.unlink(missing_ok=True)
        check([sys.executable, "-m", "venv", "--clear", str(VENV)])
    install(lock)
    stamp.write_text("\n".join([*current, wanted]) + "\n")


def install(lock: str) -> None:
    """Install the lock, hashes required, then this project in place; uv from PATH, else inside the environment."""
    os.environ.setdefault("UV_CACHE_DIR", str(VENV / "uv-cache"))
    uv = shutil.which("uv") or shutil.which("uv", path=str(BIN))
    if uv is None:
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check"]
        check([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / "uv.txt")])
        uv = tool("uv")
    into = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    check([*into, "--require-hashes", "-r", str(ROOT / "requirements" / f"{lock}.txt")])
    check([*into, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])


def fingerprint(lock: str) -> str:
    """Name a set-up: lock, project file, interpreter and place, so that a change of any of them sets up again."""
    digest = hashlib.sha256(f"{lock} {sys.version} {ROOT}".encode())
    for path in (ROOT / "requirements" / f"{lock}.txt", ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return f"{lock} {digest.hexdigest()}"


def test(arguments: list[str]) -> int:
    """Run the checks, then every test; the test runner's summary comes last, and any failure fails the whole."""
    failed = []
    for name, options in CHECKS:
        command, *first = name.split()
        print(f"── {name}", flush=True)
        if run([tool(command), *first, *options]):
            failed.append(name)
    print("── pytest", flush=True)
    if run([str(PYTHON), "-m", "pytest", *(arguments or everything())]):
        failed.append("pytest")
    if failed:
        print(f"run.py test: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def everything() -> list[str]:
    """Return the test runner's arguments for all tests: one worker more than cores, for many tests wait for a process.

    Five at most: a container sees the cores of its host, not its share of them. Each worker keeps to its own modules
    as long as it has any (`worksteal`), so that what a module makes is made once. What fails is tried once more; the
    summary names it and shows its first failure.
    """
    workers = min(os.cpu_count() or 1, 4) + 1
    return ["-q", "-n", str(workers), "--dist", "worksteal", "--reruns", "1", "--rerun-show-tracebacks"]


def tool(name: str) -> str:
    """Return the path of a command inside the environment."""
    return str(BIN / (f"{name}.exe" if os.name == "nt" else name))


def become(command: list[str]) -> int:
    """Run a command in the caller's folder in place of this process, so that signals reach it and nothing else."""
    if os.name != "nt":
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


def run(command: list[str]) -> int:
    """Run a check in the repository root and return its exit code."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def check(command: list[str]) -> None:
    """Run a set-up step; raises `CalledProcessError` where it fails."""
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
