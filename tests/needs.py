"""What a package index cannot give: a user's run skips with the reason, CI fails because it installs it first."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from benchmarks.exact_shim import compiler

ROOT = Path(__file__).resolve().parent.parent
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"


def browser() -> str:
    """Return the path of Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found or _missing("no Chromium on PATH (Debian: apt install chromium)")


def java() -> None:
    """Go on only where Spark can run, with a Java that optimises little: in seconds it never pays."""
    os.environ.setdefault("JDK_JAVA_OPTIONS", QUICK)
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        _missing("no Java on PATH (Debian: apt install openjdk-17-jre-headless)")


def c_compiler() -> None:
    """Go on only where a disk can be made to fail."""
    if compiler() is None:
        _missing("no C compiler on PATH, or no Linux (Debian: apt install gcc)")


def unit_reader() -> str:
    """Return the path of the program that reads systemd's units."""
    return shutil.which("systemd-analyze") or _missing("no systemd-analyze on PATH (Debian: apt install systemd)")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; on CI nothing may skip for a missing tool")
    pytest.skip(reason)


def shared(name: str) -> Path:
    """Return a file of third-party data beside the repository, which is never part of it."""
    path = ROOT.parent / "shared" / name
    if not path.exists():
        pytest.skip(f"third-party data `{name}` is not beside this repository")
    return path
