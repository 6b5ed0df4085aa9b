"""Does every ledger know what a plain list of everything that was said would tell? Many histories, by Hypothesis.

    python -m benchmarks.exact_state_machine                                  # 500 histories of 50 steps on each kind
    python -m benchmarks.exact_state_machine --kind "sqlite file" --examples 2000 --seed 7

The machine is `tests/contracts/machine.py`, the plain ledger `tests/contracts/plain_ledger.py`. The first history that
shows a difference is printed, step by step, and the script exits with 1.
"""

import argparse
import logging
import sys
import traceback
from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.beside import Beside
from tests.contracts.ledgers import KINDS
from tests.contracts.machine import LedgerMachine


def played(machine: type[Beside], kind: str, *, examples: int, steps: int, seed: int | None) -> Counter[str]:
    """Play histories on one kind of ledger, always the same ones without a seed; return what happened in them.

    Raises what the first difference raised.
    """
    happened: Counter[str] = Counter()

    class OfKind(machine):  # type: ignore[misc, valid-type]  # whichever machine it is
        """The machine on this kind of ledger."""

        opening = staticmethod(KINDS[kind])
        lasts = "memory" not in kind

    OfKind.happened = happened
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate],  # the first failing history, as it came: making it shorter takes minutes
        derandomize=seed is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(OfKind if seed is None else seeded(seed)(OfKind), settings=chosen)
    return happened


def main(arguments: list[str] | None = None) -> int:
    """Print what happened on each kind; return 1 where any ledger differed."""
    parser = argparse.ArgumentParser(description="histories on every ledger, beside a plain one")
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: all")
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    asking = parser.parse_args(arguments)
    logging.disable()
    differ = 0
    for kind in asking.kind or KINDS:
        try:
            happened = played(LedgerMachine, kind, examples=asking.examples, steps=asking.steps, seed=asking.seed)
        except AssertionError:
            traceback.print_exc()
            differ += 1
            continue
        for name, count in sorted(happened.items()):
            print(f"{kind:20} {name:24} {count:>9,}")
    print(f"{'ledgers that differ':45} {differ:>9}")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
