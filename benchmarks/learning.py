"""Side by side with the peers: python benchmarks/learning.py [--quick] [--sets …] [--repeats N] [--out FILE].

Trains this pipeline and causalml, EconML and scikit-uplift on the same splits of the same data, judges all of them on
the same held-out rows, prints the Markdown table and says for each figure to reach whether it is met. `--scale` runs
one million rows through `outreach train` instead. Protocol and reading: benchmarks/README.md.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from benchmarks.datasets import CASES, Absent, load
from benchmarks.environment import python
from benchmarks.protocol import Outcome, compare
from benchmarks.scale import scale
from benchmarks.tables import costs, details, summary, timings, verdicts

QUICK_SETS = ("hillstrom_womens", "ihdp", "synthetic_randomised", "synthetic_benefit")
QUICK_REPEATS, REPEATS = 3, 10


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    options = parsed(arguments)
    if options.scale:
        written(scale(rows=options.rows), options.out)
        return
    sets = options.sets or (QUICK_SETS if options.quick else tuple(CASES))
    if options.table:
        sets = (f"{Path(options.table).resolve()}|{Path(options.roles).resolve()}",)
    repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    peers = python()
    outcomes: list[Outcome] = []
    for spec in sets:
        began = time.perf_counter()
        try:
            case = load(spec, quick=options.quick)
        except Absent as absent:
            print(f"left out: {spec}: {absent}", file=sys.stderr)
            continue

        def tell(what: str, name: str = case.name, began: float = began) -> None:
            print(f"{time.perf_counter() - began:7.1f} s  {name}: {what} …", file=sys.stderr, flush=True)

        with TemporaryDirectory() as scratch:
            outcomes.append(
                compare(
                    case,
                    spec=spec,
                    repeats=repeats,
                    quick=options.quick,
                    scratch=Path(scratch),
                    peers=peers,
                    tell=tell,
                )
            )
        if options.out:  # a long run that is stopped leaves what it has
            written(page(outcomes), options.out, quiet=True)
    written(page(outcomes), options.out)


def page(outcomes: list[Outcome]) -> str:
    """Return the whole Markdown."""
    parts = ["# Learning, side by side", "## Summary", summary(outcomes), "## Figures to reach"]
    parts += ["\n".join([*verdicts(outcomes), *timings(outcomes)]), "## Costs", costs(outcomes)]
    for outcome in outcomes:
        parts += [f"## {outcome.name}", details(outcome)]
    return "\n\n".join(parts) + "\n"


def written(text: str, out: Path | None, *, quiet: bool = False) -> None:
    """Print the Markdown, and write it where a file is named."""
    if not quiet:
        print(text)
    if out:
        out.write_text(text)


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--quick", action="store_true", help="few repeats, small data: minutes")
    parser.add_argument("--sets", nargs="+", choices=sorted(CASES), help="only these data sets")
    parser.add_argument("--table", help="a table of your own, with --roles")
    parser.add_argument("--roles", help="its roles.toml")
    parser.add_argument("--repeats", type=int, help="splits per data set [10; 3 with --quick]")
    parser.add_argument("--out", type=Path, help="write the Markdown here too")
    parser.add_argument("--scale", action="store_true", help="one million rows through `outreach train`")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of --scale")
    options = parser.parse_args(arguments)
    if bool(options.table) != bool(options.roles):
        parser.error("--table and --roles belong together; give both")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
