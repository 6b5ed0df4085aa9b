"""Who judges a mutant of the policy: cases, the oracle's answers, unit tests. One jury is summoned and often forked."""

import ast
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from benchmarks.mutation import ROOT, Mutant
from tests import judging
from tests.oracle_time import Expected
from tests.serving import test_cases

SURVIVED = "nobody"
FATES = (SURVIVED, "loading", "cases", "oracle", "tests")
SMALL, LARGE = 30, 100  # occasions of a group: small ones first, since the first no is enough
PACKAGES = ("serving", "tests")
TESTS = ("inputs", "ends", "reading", "engine", "catalogue", "columns", "limits", "details", "against_oracle", "zones")
SLOW = "not say_what_the_oracle and not hundred_thousand and not random_occasions"
FILES = (*(f"tests/serving/policy/test_{name}.py" for name in TESTS), "-k", SLOW)


@dataclass(frozen=True)
class Jury:
    """Random occasions with the answers that are right, and who imports whom."""

    groups: Sequence[tuple[judging.Group, Sequence[Expected]]]
    imports: dict[str, set[str]]
    tests: Sequence[str] = FILES

    def judge(self, mutant: Mutant) -> int:
        """Return the exit code that tells who killed it; to be called in a child, whose modules are lost for good."""
        try:
            put_in_place(mutant.module, mutant.code(), self.above(mutant.module))
            cases, judges = (importlib.import_module(each.__name__) for each in (test_cases, judging))
        except Exception:  # noqa: BLE001  (whatever a mutant does to its module, it does not load)
            return FATES.index("loading")
        jurors: dict[str, Callable[[], bool]] = {
            "cases": lambda: agrees(cases),
            "oracle": lambda: all(answers(judges, *each) for each in self.groups),
            "tests": lambda: passes(self.tests),
        }
        for name, juror in jurors.items():
            try:
                fine = juror()
            except Exception:  # noqa: BLE001  (a mutant that raises has been found out)
                fine = False
            if not fine:
                return FATES.index(name)
        return FATES.index(SURVIVED)

    def above(self, module: str) -> set[str]:
        """Return the modules that import this one, directly or not."""
        found, rest = set[str](), [module]
        while rest:
            below = rest.pop()
            news = {name for name, imported in self.imports.items() if below in imported} - found
            found |= news
            rest += news
        return found


def summon(*, small: int, large: int) -> Jury:
    """Ask the oracle about so many small and large groups beforehand, and note who imports whom."""
    groups = [judging.group(seed, size=SMALL) for seed in range(small)]
    groups += [judging.group(seed, size=LARGE) for seed in range(small, small + large)]
    return Jury([(each, list(each.expected())) for each in groups], dict(imports()))


def verdict_of(code: int) -> str:
    """Return who killed a mutant, by the child's exit code."""
    return FATES[code]


def imports() -> Iterator[tuple[str, set[str]]]:
    """Yield every loaded module of ours with the modules that it imports."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name.partition(".")[0] in PACKAGES and path is not None:
            yield name, set(imported(ast.parse(Path(path).read_text("utf-8"))))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names in import statements: what stands after `from`, and each thing that may be a module in it."""
    rest = [tree]
    while rest:
        node = rest.pop()
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif not isinstance(node, ast.expr):  # in which no import can stand: most of a program, by far
            rest += ast.iter_child_nodes(node)


@dataclass(frozen=True)
class Instead(MetaPathFinder, Loader):
    """Finds one module, and runs other code for it."""

    name: str
    code: CodeType

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002  (the importer's arguments)
        """Return the specification of this one module."""
        return spec_from_loader(fullname, self, origin=self.code.co_filename) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's code."""
        module.__file__ = self.code.co_filename
        exec(self.code, module.__dict__)  # noqa: S102  (our own code, with one node changed)


def put_in_place(name: str, code: CodeType, above: set[str]) -> None:
    """Forget a module and all above it, and let whoever imports it next get other code."""
    for each in {name, *above}:
        package, _, last = each.rpartition(".")
        sys.modules.pop(each, None)
        vars(sys.modules.get(package, sys)).pop(last, None)
    sys.meta_path.insert(0, Instead(name, code))


def agrees(cases: Any) -> bool:
    """Whether every case is decided as expected."""
    for file, case in cases.NAMED:
        cases.test_the_case_is_decided_as_expected(file, case)
    return True


def answers(judges: Any, group: judging.Group, expected: Sequence[Expected]) -> bool:
    """Whether the group is decided as the oracle said."""
    again = judges.Group(**vars(group))
    return [vars(judges.said(each)) for each in again.decided()] == [vars(each) for each in expected]


def passes(chosen: Sequence[str]) -> bool:
    """Whether these unit tests pass."""
    if not chosen:
        return True
    quiet = ["-q", "-x", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    return pytest.main([*quiet, *(str(ROOT / each) if each.endswith(".py") else each for each in chosen)]) == 0
