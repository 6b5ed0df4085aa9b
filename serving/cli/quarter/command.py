"""`outreach demo --loop`: a simulated quarter of deciding, learning, certifying and promoting, and its truth."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from serving.cli.quarter.company import Company
from serving.cli.quarter.figures import figures_of
from serving.cli.quarter.plan import Plan
from serving.cli.quarter.rounds import Round
from serving.cli.quarter.ways import Beside, ours
from serving.cli.quarter.words import beginning, of_periods, of_ways, said, verdict

PICTURE, FIGURES = "loop.png", "loop.json"


def loop(folder: Path, tracking: str, console: Console, plan: Plan | None = None) -> dict[str, Any]:
    """Live through the quarter in a fresh folder; print it, draw it, and return its figures, also written there."""
    from model.display.loop import draw

    fixed = plan or Plan()
    for line in beginning(fixed):
        console.print(line)
    found = lived_through(folder, tracking, console, fixed)
    (folder / FIGURES).write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    draw(found, folder / PICTURE)
    for table in (of_periods(found), of_ways(found)):
        console.print()
        console.print(table)
    console.print()
    for line in verdict(found):
        console.print(line)
    console.print(f"picture: {folder / PICTURE}   figures: {folder / FIGURES}")
    return found


def lived_through(folder: Path, tracking: str, console: Console, plan: Plan) -> dict[str, Any]:
    """Let all ways have their quarter, ours aloud."""

    def hear(found: Round) -> None:
        for line in said(found.figures):
            console.print(line)

    beside = Beside(folder, plan)
    try:
        company = Company.founded(folder, plan)
        own, rounds = ours(company, tracking, beside, hear)
        ways: Mapping[str, Any] = {"ours": own, **beside.ended()}
    finally:
        beside.end()
    return figures_of(plan, ways, [each.figures for each in rounds])
