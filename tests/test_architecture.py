"""The layout is a test: who may import whom, how long a file may be, and what no file may say."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.needs import shared

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = sorted([*ROOT.glob("model/**/*.py"), *ROOT.glob("serving/**/*.py"), ROOT / "run.py"])
HEAVY = ("mlflow", "sklearn", "pandas", "scipy", "matplotlib")


def tracked() -> list[Path]:
    """Every file that git tracks or would track."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    tree = ast.parse(path.read_text())
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {
        name.split(".")[0]
        for name in plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    }


def test_contracts_import_the_standard_library_only() -> None:
    """The shared words must be importable anywhere."""
    actual = imported(ROOT / "model" / "contracts.py") - set(sys.stdlib_module_names)
    assert actual == set()


@pytest.mark.parametrize(
    "module", ["serving.app", "serving.decide", "serving.loop.loop", "serving.scorer", "serving.batch.run"]
)
def test_the_request_path_never_loads_the_learning_stack(module: str) -> None:
    """Serving starts from an artefact folder: no mlflow, scikit-learn, scipy or pandas in the process."""
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    actual = done.stdout.strip()
    assert actual == "[]"


@pytest.mark.parametrize("package", ["serving/policy/*.py", "serving/decide.py", "serving/arms.py"])
def test_the_pure_core_imports_only_numpy_and_the_shared_words(package: str) -> None:
    """No IO library, no framework: standard library, numpy, `model` words and `serving` itself."""
    allowed = set(sys.stdlib_module_names) | {"numpy", "model", "serving", "yaml"}
    actual = {str(path.name): imported(path) - allowed for path in ROOT.glob(package) if imported(path) - allowed}
    assert actual == {}


def test_only_the_registry_knows_mlflow() -> None:
    """Bookkeeping stays in one file."""
    actual = [str(path.relative_to(ROOT)) for path in PRODUCT if "mlflow" in imported(path)]
    assert actual in ([], ["model/registry.py"])


def test_only_the_command_line_reaches_from_serving_to_learning() -> None:
    """Everything else in `serving` may use the words, features, history, artefact and monitor of `model` only."""
    light = {"contracts", "errors", "named", "features", "history", "artefact", "canonical", "folders"}
    light |= {"beside"}  # of the folders
    light |= {"construction"}  # of the words
    light |= {"reading.table_roles"}  # the text beside a table
    light |= {"feature_rows"}  # of the features
    light |= {"drift"}  # of what is scored, against what was learned
    light |= {"uri"}  # how a registry's model is named
    light |= {"trees.kernel"}  # the machine code of a forest's walk
    light |= {"certifying.words", "report.checks", "report.limits"}  # what is said of a model
    light |= {"report.tables", "report.words", "in_words.numbers", "in_words.rules"}  # likewise
    light |= {"monitor.detector", "monitor.bets", "monitor.words"}
    light |= {
        "evaluation",
        "statistics.hybrid_score",
        "statistics.few_events",
    }  # intervals of rates, and of what contact did
    light |= {"display.axes", "display.display"}  # how pictures are drawn; no matplotlib before one is
    light |= {"spark_reasons"}  # of the errors
    light |= {
        "off_policy.evaluate",
        "off_policy.support",
        "off_policy.weights",
    }  # what another policy would have brought: numpy
    actual = {}
    for path in ROOT.glob("serving/**/*.py"):
        found = set(re.findall(r"from model\.([\w.]+) import", path.read_text())) - light
        if found and "cli" not in path.relative_to(ROOT / "serving").parts:
            actual[str(path.relative_to(ROOT))] = found
    assert actual == {}


def test_files_stay_readable() -> None:
    """Median ≤ 120 lines, 90 % ≤ 250, none over 400."""
    lines = sorted(len(path.read_text().splitlines()) for path in PRODUCT)
    assert statistics.median(lines) <= 120
    assert lines[int(len(lines) * 0.9)] <= 250
    assert lines[-1] <= 400


def test_functions_stay_short() -> None:
    """At least 95 % of the functions have at most 30 lines, docstring not counted."""
    lengths = []
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = node.body[0].end_lineno - node.body[0].lineno + 1 if ast.get_docstring(node) else 0
                lengths.append(node.end_lineno - node.lineno + 1 - doc)
    assert sum(length <= 30 for length in lengths) / len(lengths) >= 0.95


def test_nothing_names_a_machine_or_is_too_large() -> None:
    """No path of the machine it was made on, no tracked file over 1 MiB; locks name no index (`test_run.py`)."""
    places = [f"{place}/".encode() for place in (Path.home(), ROOT) if len(place.parts) > 1]
    actual = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.stat().st_size > 1 << 20 or any(place in path.read_bytes() for place in places)
    ]
    assert actual == []


@pytest.mark.parametrize("name", ["CONTRACT.md", "METHOD.md", "HOUSE.md"])
def test_the_documents_that_docstrings_cite_are_the_agreed_ones(name: str) -> None:
    """The copies in `docs/` say what the originals say, where those stand beside the repository."""
    assert (ROOT / "docs" / name).read_bytes() == shared(name).read_bytes()


def test_no_unfinished_marks_in_the_product() -> None:
    """What is not done stands in an issue, not in the code."""
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    actual = [str(path.relative_to(ROOT)) for path in PRODUCT if marks.search(path.read_text())]
    assert actual == []


def test_there_is_more_test_than_code() -> None:
    """At least 1.2 lines of test for a line of code."""
    code = sum(len(path.read_text().splitlines()) for path in PRODUCT)
    tests = sum(len(path.read_text().splitlines()) for path in ROOT.glob("tests/**/*.py"))
    assert tests >= 1.2 * code
