"""A shell in which `outreach` is a command, and environment files."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = DOCS / "recipes"
NOTHING: Mapping[str, str] = MappingProxyType({})


def variables(text: str) -> dict[str, str]:
    """Read the lines of an environment file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def environment(folder: Path, more: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """Return this process's environment without settings, with `outreach` and our Python first on the path."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    for name, arguments in {"outreach": "-m serving.cli ", "python": ""}.items():
        script = place / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        script.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    path = f"{place}:{Path(sys.executable).parent}:{own['PATH']}"
    return own | {"PATH": path, "PYTHONPATH": str(DOCS.parent), "NO_PROXY": "127.0.0.1", **more}


def ran(script: str, folder: Path, more: Mapping[str, str] = NOTHING) -> str:
    """Run a script in a folder to its end, which must be a good one; return what it said."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(folder, more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
