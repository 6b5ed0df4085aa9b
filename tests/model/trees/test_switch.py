"""When the compiled walk answers: only with golden rows, only after agreeing with numpy, never worse than numpy."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import model.trees.switch as switch_module
from model.artefact import load
from model.trees.forest import Forest
from model.trees.kernel import FEW, Kernel, NoKernelError, code
from model.trees.switch import COMPILED, NUMPY, WORTH, Switch, agrees, hostile
from tests.model.artefacts import written
from tests.model.examples import rows as example_rows
from tests.model.trees.test_forest import codes, grown

PATIENCE = 120.0


def forest_of(seed: int = 1) -> Forest:
    """Return a forest of two heads."""
    forest = Forest.of(grown(seed, trees=8))
    assert forest is not None
    return forest


def test_a_forest_without_golden_rows_stays_with_numpy() -> None:
    """What was not loaded from an artefact has nothing to prove a kernel on."""
    forest = forest_of()
    assert (forest.switch.wait(PATIENCE), forest.switch.which) == (NUMPY, NUMPY)


def test_a_kernel_that_agrees_is_used_and_gives_the_same_bits() -> None:
    """Before and after, alone and together."""
    forest, rows = forest_of(), codes(90)
    before = forest.raw(rows).tobytes()
    forest.switch.golden(rows[:20])
    which = forest.switch.wait(PATIENCE)
    alone = np.concatenate([forest.raw(rows[k : k + 1]) for k in range(len(rows))]).tobytes()
    assert (which, forest.raw(rows).tobytes(), alone) == (COMPILED, before, before)


def test_a_loaded_artefact_brings_its_golden_rows(tmp_path: Path) -> None:
    """Loading alone compiles nothing; told to hasten, it proves itself on them and scores as before."""
    scorer = load(written(tmp_path / "model")).scorer
    assert scorer.forest is not None
    X = example_rows(scorer)
    before, at_first = scorer.predict(X).stacked().tobytes(), scorer.forest.switch.which
    which = scorer.forest.switch.wait(PATIENCE)
    assert (at_first, which, scorer.predict(X).stacked().tobytes()) == (NUMPY, COMPILED, before)


def last_bit(out: np.ndarray) -> np.ndarray:
    """Change one number by its last bit."""
    out[-1, -1] = np.nextafter(out[-1, -1], np.inf)
    return out


class Wrong(Kernel):
    """A kernel that is wrong by the last bit of one number, for few rows or for many."""

    few = True

    def add(self, codes: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Add, and be wrong."""
        out = super().add(codes, start)
        return last_bit(out) if self.few == (len(codes) < FEW) else out


@pytest.mark.parametrize("few", [True, False])
def test_a_kernel_that_is_wrong_by_a_bit_is_never_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, few: bool
) -> None:
    """It is said in the log, and numpy answers."""
    monkeypatch.setattr(Wrong, "few", few)
    monkeypatch.setattr(switch_module, "Kernel", Wrong)
    forest, rows = forest_of(), codes(40)
    expected = forest._walk.add(rows, np.zeros((40, 2))).tobytes()
    forest.switch.golden(rows)
    which = forest.switch.wait(PATIENCE)
    assert (which, forest.raw(rows).tobytes()) == (NUMPY, expected)
    assert "differs from numpy's and is not used" in caplog.text


@pytest.mark.parametrize(
    ("error", "level"), [(NoKernelError("no numba"), logging.INFO), (MemoryError("no room"), logging.WARNING)]
)
def test_no_kernel_is_said_once_and_numpy_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, level: int
) -> None:
    """Whatever goes wrong in the background, no score changes."""
    caplog.set_level(logging.INFO)

    def fails(_: Any, *, yielding: bool) -> None:  # noqa: ARG001  (the kernel's arguments)
        raise error

    monkeypatch.setattr(switch_module.Kernel, "of", fails)
    forest, rows = forest_of(), codes(40)
    before = forest.raw(rows).tobytes()
    forest.switch.golden(rows)
    for _ in range(2):
        forest.switch.wait(PATIENCE)
    said = [(record.levelno, str(error) in record.getMessage()) for record in caplog.records]
    assert (forest.switch.which, forest.raw(rows).tobytes(), said) == (NUMPY, before, [(level, True)])


def test_work_starts_the_compiler_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the first rows: a process that scores a few never pays; then once, whatever comes after."""
    started: list[int] = []
    monkeypatch.setattr(Switch, "hasten", lambda self: started.append(self._steps))
    forest, row = forest_of(), codes(8)[-1:]
    forest.switch.golden(codes(20))
    calls = WORTH // (switch_module.CALL + forest.steps)
    for _ in range(calls):
        forest.raw(row)
    quiet = list(started)
    for _ in range(5):
        forest.raw(row)
    assert (quiet, len(started)) == ([], 1)


def test_one_thread_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hastened many times, it is begun once."""
    begun: list[int] = []
    monkeypatch.setattr(
        Switch, "_compile", lambda self, golden, _yielding: (begun.append(len(golden)), self._ended.set())
    )
    forest = forest_of()
    forest.switch.golden(codes(20))
    for _ in range(5):
        forest.switch.wait(PATIENCE)
    assert begun == [20]


def test_scores_that_are_not_finite_prove_nothing() -> None:
    """NaN equals no NaN: golden rows give finite sums, or the kernel is not used."""
    forest = forest_of()
    kernel = Kernel(code(), forest._walk)
    walk: Any = type("Broken", (), {"__getattr__": lambda _, name: getattr(forest._walk, name)})()
    walk.add = lambda rows, _start: np.full((len(rows), 2), np.nan)
    assert not agrees(kernel, walk, codes(20))


def test_hostile_rows_stand_on_thresholds_and_have_gaps() -> None:
    """Thresholds themselves, their neighbours, infinities, gaps and levels that no model has."""
    walk = forest_of()._walk
    rows = hostile(walk, 4)
    asked = walk.threshold[(walk.feature == 0) & (walk.set < 0)]
    found = [np.isnan(rows).any(), np.isposinf(rows).any(), np.isneginf(rows).any(), np.isin(rows[:, 0], asked).any()]
    assert (found, rows.tobytes()) == ([True] * 4, hostile(walk, 4).tobytes())
