"""`outreach policy verify`: promises 1 to 6, checked over all combinations of the inputs' classes."""

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from serving.cli.progress import progress

if TYPE_CHECKING:
    from serving.verify.run import Verified

FEW = "a sample of every grid only: a look, no verification"


@click.command(
    short_help="Check the promises of the policy over all its inputs.",
    epilog="Example: outreach policy verify --jobs 2",
)
@click.option("--json", "as_json", is_flag=True, help="print the outcome as JSON")
@click.option("--jobs", type=click.IntRange(1, 64), default=lambda: min(os.cpu_count() or 1, 8), help="processes")
@click.option("--quick", is_flag=True, help=FEW)
def verify(as_json: bool, jobs: int, quick: bool) -> None:  # noqa: FBT001  (click flags)
    """Check the promises of the policy over every combination of its inputs' classes; exit 1 where one fails.

    It takes about a minute on two idle cores.

    What is evaluated, what it stands for and why that suffices: docs/decisions/0018-why-the-verification-suffices.md.
    """
    from serving.verify.run import verify as verified
    from serving.verify.subject import FULL, QUICK

    with progress() as report:
        outcome = verified(scale=QUICK if quick else FULL, jobs=jobs, report=report)
    click.echo(json.dumps(as_data(outcome), indent=2, ensure_ascii=False) if as_json else as_text(outcome))
    if outcome.failures:
        click.get_current_context().exit(1)


def as_data(outcome: "Verified") -> dict[str, Any]:
    """Return the outcome as JSON values; `stands_for` is exact, and too large for most readers' integers."""
    return {
        "holds": not outcome.failures,
        "whole": outcome.scale.whole,
        "cases": outcome.cases,
        "stands_for": str(outcome.stands_for),
        "failures": [asdict(failure) for failure in outcome.failures],
        "checks": [
            {
                "name": part.name,
                "promises": list(part.promises),
                "cases": part.cases,
                **({"notes": dict(part.notes)} if part.notes else {}),
            }
            for part in outcome.parts
        ],
    }


def as_text(outcome: "Verified") -> str:
    """Return the outcome as lines: per check, per promise, then counterexamples."""
    from serving.verify.report import PROMISES

    lines = [f"{part.cases:>15,}  {part.name} (promise {', '.join(map(str, part.promises))})" for part in outcome.parts]
    lines.append(
        f"{outcome.cases:>15,}  cases evaluated, for {outcome.stands_for:.1e} combinations of classes and limits"
    )
    if not outcome.scale.whole:
        lines.append(f"--quick: {FEW}")
    broken = {failure.promise for failure in outcome.failures}
    lines += [
        f"promise {number}: {'FAILS' if number in broken else 'holds'}: {words}" for number, words in PROMISES.items()
    ]
    return "\n".join([*lines, *(failure.text() for failure in outcome.failures)])
