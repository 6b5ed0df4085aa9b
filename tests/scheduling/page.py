"""The page `docs/scheduling.md` as data: its tables and its programs."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "scheduling.md"
TEXT = PAGE.read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """Return the cells of the last table under a heading, without its head."""
    section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    last = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[-1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in last.splitlines()[2:]]
