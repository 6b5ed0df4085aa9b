"""The jury of the policy's mutants: it acquits the policy as it is, convicts a sample, and its report can say no."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import policy_mutants
from benchmarks.mutation import ROOT, Mutant, mutants
from benchmarks.policy_jury import SURVIVED, imported, imports
from benchmarks.policy_mutants import FILTERS, MODULES, Tally, faults, report

SCRIPT = Path("benchmarks/policy_mutants.py")


def mutant(change: str = "a -> b") -> Mutant:
    """Return a mutant by its change."""
    return Mutant("serving.policy.session", "f", 7, change, ast.parse(""))


def tally(killed: int, *survivors: Mutant) -> dict[str, Tally]:
    """Return the tally of one module."""
    return {"serving.policy.session": Tally(Counter({"cases": killed, SURVIVED: len(survivors)}), list(survivors))}


def test_a_sample_of_all_mutants_is_killed() -> None:
    """The whole of them is a script; these few say that it still runs, and that nobody got away lately."""
    command = [sys.executable, str(SCRIPT), "--sample", "16", "--seed", "5", "--modules", *FILTERS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.splitlines()[-1].split(":")[0]) == (0, "met"), done.stdout + done.stderr


def test_a_survivor_needs_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the reason a survivor: both are said."""
    one, other = mutant(), mutant("c -> d")
    assert faults(tally(99, one), [one], whole=True) == ["no reason why this survives: serving.policy.session f a -> b"]
    monkeypatch.setattr(policy_mutants, "EQUIVALENT", {one.name: "it is the same"})
    assert faults(tally(99, one), [one], whole=True) == []
    assert faults(tally(99), [one], whole=True) == ["killed after all: serving.policy.session f a -> b"]
    assert faults(tally(99), [other], whole=False) == ["a reason for no mutant: serving.policy.session f a -> b"]


def test_ninety_five_in_a_hundred_are_to_be_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all modules together, whatever the reasons; one module alone may have many that change nothing."""
    six = [mutant(str(place)) for place in range(6)]
    monkeypatch.setattr(policy_mutants, "EQUIVALENT", dict.fromkeys([each.name for each in six], "so"))
    assert faults(tally(94, *six), six, whole=True) == []
    monkeypatch.setattr(policy_mutants, "MODULES", ("session",))
    assert faults(tally(94, *six), six, whole=True) == ["94.0% killed of all"]
    assert faults(tally(95, *six[:5]), six[:5], whole=True) != ["95.0% killed of all"]


def test_the_report_names_each_survivor() -> None:
    """File, line, function, change, and that nobody explained it."""
    lines = report(tally(3, mutant())).splitlines()
    assert lines[2:4] == ["| session | 4 | 75.0% | 3 |", "| all | 4 | 75.0% | 3 |"]
    assert lines[-2:] == ["survived: serving/policy/session.py:7 `f`: a -> b", "  NOT explained"]


def test_every_module_of_filters_is_on_trial() -> None:
    """Whatever makes a filter is among the modules."""
    makers = {
        path.stem
        for path in (ROOT / "serving/policy").glob("*.py")
        if "@refuses(" in path.read_text("utf-8") and path.stem != "engine"
    }
    assert makers <= set(MODULES)
    assert all(mutants(f"serving.policy.{name}") for name in MODULES)


def test_the_jury_knows_who_stands_above_whom() -> None:
    """A module that is replaced takes everything along that imports it."""
    above = {name for name, below in imports() if "serving.policy.engine" in below}
    assert {"serving.policy.session", "serving.policy.rules", "serving.decide"} <= above
    assert "tests.oracle" not in above


def test_a_module_inside_a_package_is_an_import() -> None:
    """`from a import b` may import the module `a.b`."""
    assert list(imported(ast.parse("from a.b import c\nimport d"))) == ["a.b", "a.b.c"]
