"""Is the certificate right? python benchmarks/certificate.py [--quick] [--repeats N] [--only …] [--json FILE].

Plays the simulations of METHOD section 9 through the product's own test (`model.certifying.trials.try_rules`),
compares bounds and power with Clopper–Pearson, Maurer–Pontil, Hoeffding–Bentkus and the normal approximation on the
same losses, prints the Markdown tables and says for each figure to reach whether it is met. `--speed` certifies one
million rows instead. Reading: benchmarks/README.md.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from joblib import Parallel, delayed

from benchmarks.certificate_cells import SMALL, STUDIES, Cell, Found, run
from benchmarks.certificate_peer import same_as_mapie
from benchmarks.certificate_results import Result, summed
from benchmarks.certificate_speed import speed
from benchmarks.certificate_tables import comparison, stresses, verdicts, violations
from benchmarks.environment import python

REPEATS, QUICK_REPEATS = 400, 60
CHUNK = 20  # repeats per task
SHARES = {"power": 0.25, "permuted": 0.25}  # of the repeats: margins and shuffles need fewer than a level does


def main(arguments: list[str]) -> None:
    """Run what the command line asks for."""
    options = parsed(arguments)
    if options.speed:
        print(speed(rows=options.rows))
        return
    cells = [cell for study in options.only or STUDIES for cell in STUDIES[study]()]
    sizes = options.sizes or ([SMALL] if options.quick else None)
    if sizes:
        cells = [cell for cell in cells if cell.study not in ("boundary", "power") or cell.n in sizes]
    repeats = options.repeats or (QUICK_REPEATS if options.quick else REPEATS)
    if not options.no_mapie:
        python()  # made before the long part, not after it
    results = played(cells, repeats=repeats, seed=options.seed, jobs=options.jobs)
    checks = [] if options.no_mapie else same_as_mapie(results)
    text = page(results, checks)
    print(text)
    if options.out:
        options.out.write_text(text)
    if options.json:
        options.json.write_text(json.dumps([each.row() for each in results], ensure_ascii=False, indent=1))


def played(cells: Sequence[Cell], *, repeats: int, seed: int, jobs: int) -> list[Result]:
    """Play every cell, the repeats in chunks over the processes; tells how far it is.

    A repeat's chance is (seed, number of the cell among all of them, repeat): the same for any number of processes.
    """
    number = {cell: k for k, cell in enumerate(cell for study in STUDIES.values() for cell in study())}
    wanted = [round(repeats * SHARES.get(cell.study, 1.0)) for cell in cells]
    tasks = [
        (k, range(first, min(first + CHUNK, count)))
        for k, count in enumerate(wanted)
        for first in range(0, count, CHUNK)
    ]
    found: list[dict[int, list[Found]]] = [{} for _ in cells]
    began = told = time.perf_counter()
    answers = Parallel(n_jobs=jobs, return_as="generator_unordered")(
        delayed(chunk)(k, cells[k], seed, number[cells[k]], which) for k, which in tasks
    )
    for done, (k, first, each) in enumerate(answers, start=1):
        found[k][first] = each
        now = time.perf_counter()
        if now - told > 10 or done == len(tasks):
            told = now
            left = (now - began) / done * (len(tasks) - done)
            print(f"{now - began:7.0f} s  {done} of {len(tasks)} parts, about {left:.0f} s to go", file=sys.stderr)
    return [
        summed(cell, [repeat for first in sorted(parts) for repeat in parts[first]])
        for cell, parts in zip(cells, found, strict=True)
    ]


def chunk(k: int, cell: Cell, seed: int, number: int, which: range) -> tuple[int, int, list[Found]]:
    """Play some repeats of one cell in a process of its own."""
    return k, which.start, [run(cell, (seed, number, repeat)) for repeat in which]


def page(results: Sequence[Result], checks: Sequence[str]) -> str:
    """Return the whole Markdown."""
    studies = {each.cell.study for each in results}
    parts = ["# The certificate, validated", "## Figures to reach", "\n".join([*verdicts(results), *checks])]
    if studies & {"stress", "arms"}:
        parts += ["## What holds, and what must not", stresses(results)]
    if "boundary" in studies:
        parts += ["## Violations at the boundary", violations(results)]
    if "power" in studies:
        parts += ["## Margins and power beside the alternatives", comparison(results)]
    return "\n\n".join(parts) + "\n"


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--quick", action="store_true", help="2,000 rows and 60 repeats: minutes")
    parser.add_argument("--repeats", type=int, help="per world [400; a quarter of them where power is compared]")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same table")
    parser.add_argument("--only", nargs="+", choices=list(STUDIES), help="only these studies")
    parser.add_argument("--sizes", nargs="+", type=int, help="only grids with so many rows of D2")
    parser.add_argument("--jobs", type=int, default=-1, help="processes [all cores]")
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument("--out", type=Path, help="write the Markdown here too")
    parser.add_argument("--no-mapie", action="store_true", help="do not ask MAPIE's own function (800 MB, once)")
    parser.add_argument("--speed", action="store_true", help="certify one million rows instead")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of --speed")
    options = parser.parse_args(arguments)
    if options.repeats is not None and options.repeats < 2:
        parser.error(f"--repeats `{options.repeats}`: at least 2")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
