"""`python -m model.synthetic --out data/sample` writes the shipped sample."""

import argparse
import sys
from pathlib import Path

from model.synthetic.files import write
from model.synthetic.world import CUSTOMERS, DAYS, World


def main(arguments: list[str] | None = None) -> int:
    """Generate a world and write it; prints each file with its size."""
    parser = argparse.ArgumentParser(
        prog="python -m model.synthetic",
        description="Write a synthetic history with a known truth: raw logs, training table, roles.toml.",
        epilog="example: python -m model.synthetic --out data/sample",
    )
    parser.add_argument("--out", type=Path, required=True, help="the folder to write")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="how many customers (default %(default)s)")
    parser.add_argument("--days", type=int, default=DAYS, help="how long, in days (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same history (default %(default)s)")
    parser.add_argument(
        "--propensity", type=float, default=0.5, help="P(contacted), per occasion (default %(default)s)"
    )
    parser.add_argument("--confounded", action="store_true", help="contact depends on features instead of a coin")
    parser.add_argument("--hide-propensity", action="store_true", help="leave the propensity out of the logs")
    asked = parser.parse_args(arguments)
    world = World.generate(
        customers=asked.customers,
        days=asked.days,
        seed=asked.seed,
        assignment="confounded" if asked.confounded else "randomised",
        treatment_propensity=asked.propensity,
        propensity_logged=not asked.hide_propensity,
    )
    for name, size in write(world, asked.out).items():
        sys.stdout.write(f"{asked.out / name}  {size:,} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
