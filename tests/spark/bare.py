"""A Python that has the packages executors need, and nothing of ours: neither this checkout nor an installation."""

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def of_the_checkout(seen: Iterable[tuple[str, str, str]]) -> list[str]:
    """Return where executors look that is of this checkout, but for an environment that stands in it.

    `seen` has where each found the program, where it works, and its PYTHONPATH.
    """
    places = {place for file, folder, path in seen for place in (file, folder, *path.split(":"))}
    here = [place for place in places if Path(place).is_relative_to(ROOT)]
    return [place for place in here if not Path(place).is_relative_to(sys.prefix)]


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
