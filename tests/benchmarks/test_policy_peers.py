import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from benchmarks import policy
from benchmarks.environment import HERE, ROOT, VENV
from benchmarks.policy import MANY, MILLION, figures, memory, said, verdicts
from benchmarks.policy_rules import as_rows, cedar_policies, cel_list, conditions, limits, random_columns, zen_model
from serving.policy.engine import rule
from serving.policy.rules import FILTERS

ENGINES = ("zen-engine", "cedarpy", "common-expression-language", "cel-expr-python", "cel-python")
ROWS = 40
PYTHON = VENV / "bin" / "python"


def asked(questions: Sequence[str], interpreter: str) -> list[Any]:
    """Return what the peers' process says first, and to each question."""
    rules = conditions()
    models = {"zen": zen_model(rules), "cedar": cedar_policies(rules), "cel": cel_list(rules), "codes": list(rules)}
    with TemporaryDirectory() as scratch:
        task = Path(scratch) / "task.json"
        task.write_text(json.dumps({**models, "rows": as_rows(random_columns(ROWS, seed=5))}))
        done = subprocess.run(
            [interpreter, str(HERE / "policy_peers.py"), str(task)],
            input="".join(f"{question}\n" for question in questions),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[list[str]]]:
    """Return the codes that each engine refuses the rows with."""
    [versions] = asked([], str(PYTHON))
    engines = [engine for engine, version in versions.items() if not version.startswith("absent")]
    return dict(zip(engines, asked([f"answers {engine} {ROWS}" for engine in engines], str(PYTHON))[1:], strict=True))


if PYTHON.exists():  # the peers have an environment of their own, which `benchmarks/policy.py` makes and no check needs

    @pytest.mark.parametrize("engine", ENGINES)
    def test_an_engine_gives_our_codes(answers: dict[str, list[list[str]]], engine: str) -> None:
        """On every random row exactly the codes that our filters refuse with."""
        if engine not in answers:
            pytest.skip(f"`{engine}` is not in `benchmarks/.venv-peers`")
        ruling = rule(random_columns(ROWS, seed=5), limits(), FILTERS)
        assert [set(codes) for codes in answers[engine]] == [set(ruling.codes(row)) for row in range(ROWS)]


def test_an_engine_that_is_absent_is_left_out_and_said_so() -> None:
    """In our own environment none of them is installed, or only some: no failure, a word per engine."""
    [versions] = asked([], sys.executable)
    assert set(versions) == set(ENGINES)
    assert all(word[:1].isdigit() or word.startswith("absent: ") for word in versions.values())


def found(one: float, million: float) -> dict[tuple[str, int], float]:
    """Return seconds per row as a run finds them."""
    ours = "filters on columns"
    return {(ours, 1): 1e-4, (ours, MANY): 1e-6, (ours, MILLION): million, ("policy on objects", 1): one}


@pytest.mark.parametrize(
    ("one", "million", "expected"),
    [(200e-6, 200e-9, ["met", "met"]), (201e-6, 201e-9, ["NOT met", "NOT met"]), (9e-5, 3e-7, ["NOT met", "met"])],
)
def test_the_verdicts_are_what_was_asked_for(one: float, million: float, expected: list[str]) -> None:
    """5,000,000 candidates a second and 200 µs, edges included."""
    assert [line.split(":")[0].removeprefix("- ") for line in verdicts(found(one, million))] == expected


def test_figures_are_in_the_units_of_their_columns() -> None:
    """µs, µs a row, ns a row, and rows a second at its best; a dash where nothing was timed."""
    assert figures(found(1e-4, 2e-7), "filters on columns") == ["100.0", "1.0", "200.0", "5,000,000"]
    assert figures({("cel-python", 1): 0.02}, "cel-python") == ["20,000.0", "–", "–", "50"]


def test_agreement_is_said_with_its_number_of_rows() -> None:
    """And so is a difference."""
    lines = said({"a": (7, 7), "b": (6, 7)})
    assert lines == ["- same codes as ours on 7 of 7 rows: a", "- NOT the same codes as ours on 6 of 7 rows: b"]


def test_seconds_are_per_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """All calls of a measurement, divided by all their rows."""
    clock = iter([10.0, 16.0])
    monkeypatch.setattr(policy.time, "process_time", lambda: next(clock))
    assert policy.per_row(lambda _: None, ["a", "b", "c"], 4) == 0.5


def test_memory_is_counted_in_bytes_per_million_rows() -> None:
    """Columns and rulings are arrays: their size is known."""
    assert memory().startswith("A million rows: ")
    assert memory().count("MiB") == 3
