"""A million random occasions before two judges: python benchmarks/policy_oracle.py [--cases N] [--first SEED].

`serving.decide` decides each; `tests/oracle.py`, written from the contract and slow on purpose, says what it should
have said: action, every reason in order, `not_before`, `expires_at`, the text, whether it expects a reply, the second
question and its answer, the arm. `tests/scenarios.py` and `tests/spoiling.py` say what is drawn: mostly good occasions
with something wrong here and there, under tightened limits, in plans, experiments and after a trip of the monitor.

Prints cases per action and per reason, the rarest last, and every disagreement with its seed; exits 1 where there is
one, or where a reason or a waiver never came up. A seed is one group of 100 occasions: `--first SEED --cases 100`
decides it again.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.tables import table
from serving.policy.reasons import CATALOGUE
from serving.policy.waivers import WAIVED_FROM
from tests.judging import OF_EACH, group, said

CASES = 1_000_000
SHOWN = 20  # disagreements
ELSEWHERE = {"outranked"}  # ranking comes before deciding
WANTED = {"send", "hold", "deny"} | {f"{code} waived" for code in WAIVED_FROM}
WANTED |= {entry.code for entry in CATALOGUE} - ELSEWHERE
Judged = tuple[Counter[str], list[str]]


def judged(seed: int) -> Judged:
    """Return what was decided in one group, counted, and where the oracle disagrees."""
    each, seen, wrong = group(seed), Counter[str](), list[str]()
    for (one, known), decided, wanted in zip(each.pairs, each.decided(), each.expected(), strict=True):
        decision = decided.decision
        seen.update([str(decision.action), *(reason.code for reason in decision.reasons)])
        seen.update(f"{code} waived" for code, verdict in decided.verdicts.items() if verdict == "waived")
        if said(decided) != wanted:
            wrong.append(
                f"seed {seed}: said {said(decided)}\n  oracle {wanted}\n  {one}\n  {known}\n  {each.world.now}"
            )
    return seen, wrong


def tried(seeds: Sequence[int], processes: int) -> Judged:
    """Judge all groups, in this many processes."""
    seen, wrong = Counter[str](), list[str]()
    with multiprocessing.Pool(processes) as pool:
        for counted, found in pool.imap_unordered(judged, seeds, chunksize=8):
            seen += counted
            wrong += found
    return seen, wrong


def report(seen: Counter[str], wrong: Sequence[str], seconds: float) -> str:
    """Return counts, the rarest last, disagreements and the verdict."""
    cases = sum(seen[action] for action in ("send", "hold", "deny"))
    rows = [[name, f"{count:,}", f"{count / cases:.2%}"] for name, count in seen.most_common()]
    never = sorted(WANTED - set(seen))
    verdict = "met" if not wrong and not never else "NOT met"
    rarest = min(WANTED & set(seen), key=lambda name: seen[name], default="nothing")
    return "\n".join(
        [
            table(["action, reason or waiver", "cases", "share"], rows),
            f"\nrarest: `{rarest}`, {seen[rarest]:,} cases; never seen: {', '.join(never) or 'none'}",
            *wrong[:SHOWN],
            f"{verdict}: {len(wrong)} disagreements in {cases:,} cases, {seconds:.0f} s",
        ]
    )


def main(arguments: Sequence[str]) -> int:
    """Judge as many cases as asked for and print the report; return 1 where anything disagrees or never came up."""
    parser = argparse.ArgumentParser(description="the policy against its scalar oracle")
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    seen, wrong = tried(range(asked.first, asked.first + -(-asked.cases // OF_EACH)), asked.processes)
    print(report(seen, wrong, time.perf_counter() - began))
    return 1 if wrong or WANTED - set(seen) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
