"""The figures of docs/scale.md follow from each other: what one decision costs gives cores, flows and core-hours."""

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
WANTED = 100_000  # decisions a second


def cells(first: str) -> list[float]:
    """Return the numbers of the row that begins so; cells without one are left out."""
    (line,) = re.findall(rf"^{re.escape(first)}(.*)\|$", TEXT, re.MULTILINE)
    found = (cell.strip().replace(",", "") for cell in line.split("|"))
    return [float(cell) for cell in found if re.fullmatch(r"[\d.]+", cell)]


COSTS = [cells(f"| PostgreSQL | {group} |") for group in (16, 256)]


@pytest.mark.parametrize(
    ("row", "place", "unit"),
    [
        ("| cores of ours, deciding |", 0, 1e6),
        ("| cores of the databases |", 1, 1e6),
        ("| write-ahead log, MB/s |", 3, 1e6),
        ("| decisions on disk, TB a day |", 2, 1e12 / 86_400),
    ],
    ids=["ours", "databases", "log", "disk"],
)
def test_a_large_deployment_is_so_many_times_one_decision(row: str, place: int, unit: float) -> None:
    """For both sizes of group, rounded."""
    expected = [pytest.approx(WANTED * cost[place] / unit, rel=0.03) for cost in COSTS]
    assert cells(row) == expected


def test_core_hours_follow_from_microseconds() -> None:
    """10⁹ decisions of so many µs each, in hours."""
    section = TEXT.split("## What a billion decisions cost")[1].split("## ")[0]
    rows = re.findall(r"\| ([\d.]+) \| ([\d.]+) \|", section)
    assert len(rows) >= 5
    assert [float(hours) for _, hours in rows] == [pytest.approx(float(cost) / 3.6, rel=0.03) for cost, _ in rows]
