"""Whoever breaks a filter is caught: python benchmarks/policy_mutants.py [--modules NAME …] [--sample N --seed S].

Every mutant (`benchmarks/mutation.py`) of the filters, the engine, waivers, rules, zones, timing, purposes and the
reading of rows is put in its module's place in a forked child, which loads everything above it anew and asks a jury,
quickest first: the cases in `tests/cases`, random occasions whose answers the oracle gave beforehand, the unit tests of
the policy. The first no kills it; so does a module that does not load, and twenty seconds' work without an answer. The
jury must acquit each module as it is.

Prints per module the mutants, how many were killed by whom, and each survivor with file, line and change. Survivors
that change no answer stand in `benchmarks/policy_survivors.toml` with the reason. Exits 1 below 95 % killed (they count
as survivors), for a survivor without a reason, and for a reason without its survivor.
"""

import argparse
import os
import resource
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.mutation import ROOT, Mutant, innocent, mutants
from benchmarks.policy_jury import SURVIVED, Jury, summon, verdict_of
from benchmarks.tables import table

FILTERS = ("evidence", "message", "reach", "session", "timing")
READING = ("purposes", "reading", "values")
MODULES = (*FILTERS, "engine", "waivers", "rules", "zones", *READING)
ENOUGH = 0.95
SURVIVORS = ROOT / "benchmarks" / "policy_survivors.toml"
EQUIVALENT = {
    (f"serving.policy.{module}", each["function"], each["change"]): each["because"]
    for module, entries in tomllib.loads(SURVIVORS.read_text("utf-8")).items()
    for each in entries
}
MEMORY = 4 << 30  # bytes of a child, numpy and all
PATIENCE = 20.0  # seconds of the processor; all that the jury asks takes a third of it


@dataclass
class Tally:
    """What became of one module's mutants."""

    fates: Counter[str] = field(default_factory=Counter)
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share that was killed."""
        return 1 - len(self.survivors) / max(1, self.fates.total())


def judged(chosen: Sequence[Mutant], jury: Jury, processes: int) -> dict[str, Tally]:
    """Judge each mutant in a child of its own, several at a time."""
    tallies: dict[str, Tally] = {}
    running: dict[int, Mutant] = {}
    waiting = list(reversed(chosen))
    while waiting or running:
        while waiting and len(running) < processes:
            mutant = waiting.pop()
            running[fork(mutant, jury)] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        fate = "time" if os.WIFSIGNALED(status) else verdict_of(os.waitstatus_to_exitcode(status))
        tally = tallies.setdefault(mutant.module, Tally())
        tally.fates[fate] += 1
        if fate == SURVIVED:
            tally.survivors.append(mutant)
    return tallies


def fork(mutant: Mutant, jury: Jury) -> int:
    """Start a child that judges one mutant and says so by its exit code; return its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)  # nobody handles its signal: the child ends
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = jury.judge(mutant)
    finally:
        os._exit(code)


def report(tallies: dict[str, Tally]) -> str:
    """Return one line per module, then the survivors, explained or not."""
    kinds = sorted({kind for tally in tallies.values() for kind in tally.fates} - {SURVIVED})
    rows = [
        [
            name.rpartition(".")[2],
            str(each.fates.total()),
            f"{each.share:.1%}",
            *(str(each.fates[kind]) for kind in kinds),
        ]
        for name, each in tallies.items()
    ]
    whole = total(tallies)
    rows.append(["all", str(whole.fates.total()), f"{whole.share:.1%}", *(str(whole.fates[kind]) for kind in kinds)])
    lines = [table(["module", "mutants", "killed", *(f"by {kind}" for kind in kinds)], rows), ""]
    for each in tallies.values():
        lines += [f"survived: {one}\n  {EQUIVALENT.get(one.name, 'NOT explained')}" for one in each.survivors]
    return "\n".join(lines)


def total(tallies: dict[str, Tally]) -> Tally:
    """Return what became of all modules' mutants together."""
    fates = sum((each.fates for each in tallies.values()), Counter[str]())
    return Tally(fates, [one for each in tallies.values() for one in each.survivors])


def faults(tallies: dict[str, Tally], known: Sequence[Mutant], *, whole: bool) -> list[str]:
    """Return what does not hold: too few killed, a survivor without a reason, a reason without its survivor."""
    survivors = {one.name for each in tallies.values() for one in each.survivors}
    share = total(tallies).share
    everything = whole and len(tallies) == len(MODULES)
    found = [f"{share:.1%} killed of all"] if everything and share < ENOUGH else []
    found += [f"no reason why this survives: {' '.join(name)}" for name in sorted(survivors - set(EQUIVALENT))]
    names, modules = {one.name for one in known}, set(tallies)
    about = {name for name in EQUIVALENT if name[0] in modules}
    found += [f"a reason for no mutant: {' '.join(name)}" for name in sorted(about - names)]
    if whole:
        found += [f"killed after all: {' '.join(name)}" for name in sorted((about & names) - survivors)]
    return found


def main(arguments: Sequence[str]) -> int:
    """Judge all mutants, or a sample; print the report; return 1 where anything does not hold."""
    parser = argparse.ArgumentParser(description="mutants of the policy and who kills them")
    parser.add_argument("--modules", nargs="+", default=MODULES, metavar="NAME", help="modules of serving/policy")
    parser.add_argument("--sample", type=int, help="so many mutants only")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    known = [each for name in asked.modules for each in mutants(f"serving.policy.{name}")]
    chosen = known
    if asked.sample is not None:
        places = np.random.default_rng(asked.seed).choice(len(known), min(asked.sample, len(known)), replace=False)
        chosen = [known[place] for place in sorted(places)]
    whole = asked.sample is None
    jury = summon(small=90 if whole else 30, large=30 if whole else 0)
    modules = sorted({one.module for one in chosen})
    untested = jury if whole else replace(jury, tests=())
    guilty = judged([innocent(each) for each in (modules if whole else modules[:1])], untested, asked.processes)
    if any(each.share > 0 for each in guilty.values()):
        print("NOT met: the jury does not even acquit the modules as they are; run the tests of the policy first")
        return 1
    tallies = judged(chosen, jury, asked.processes)
    found = faults(tallies, known, whole=whole)
    print(report(tallies))
    print(*found, sep="\n")
    print(f"{'NOT met' if found else 'met'}: {len(chosen)} mutants, {time.perf_counter() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
