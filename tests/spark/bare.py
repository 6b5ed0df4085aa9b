"""A Python that has the packages executors need, and nothing of ours: neither this checkout nor an installation."""

import sys
from pathlib import Path


def bare_packages(folder: Path) -> Path:
    """Return a folder with links to all packages that this Python has, but for our own."""
    place = folder / "bare"
    place.mkdir()
    for path in [Path(each) for each in sys.path if each.endswith("site-packages")]:
        for each in path.iterdir():
            if "outreach" not in each.name and each.suffix != ".pth" and not (place / each.name).exists():
                (place / each.name).symlink_to(each)
    return place


def bare_python(folder: Path) -> Path:
    """Return an interpreter that sees those packages, and what Spark itself puts on its path."""
    wrapper = folder / "python"
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH="{bare_packages(folder)}:$PYTHONPATH" exec "{sys.executable}" -S "$@"\n')
    wrapper.chmod(0o755)
    return wrapper
