"""The compiled walk of a plan: when it is worth it, that it is made once, and that each proves it for itself."""

from dataclasses import dataclass, field
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

import model.trees.kernel as kernel_module
import serving.batch.walk as walk_module
from model.trees.kernel import NoKernelError, code
from serving.batch.walk import COSTS, ROW_BYTES, Compiling, is_worth, settle
from serving.candidates.files import open_candidates
from serving.fakes import FakeScorer
from serving.scorer import load_scorer
from tests.model.artefacts import written
from tests.serving.batch_examples import Shipped, contents, plan
from tests.serving.candidate_examples import candidate, write_csv, write_parquet


@dataclass
class Trees:
    """A scorer as far as its walk goes."""

    steps: int
    waited: list[float] = field(default_factory=list)

    def walked(self, seconds: float) -> str:
        """Say that it was waited for."""
        self.waited.append(seconds)
        return "compiled"


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not asked for code; what it knew comes back."""
    monkeypatch.setattr(kernel_module, "_code", [])
    monkeypatch.setattr(kernel_module, "_given", [])


@pytest.mark.parametrize(("steps", "expected"), [(0, False), (COSTS // 4 - 1, False), (COSTS // 4, True)])
def test_compiling_pays_where_all_rows_walk_longer(tmp_path: Path, steps: int, *, expected: bool) -> None:
    """Rows times steps, by the footer; without trees never."""
    file = open_candidates(write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(4)]))
    assert is_worth(file, Trees(steps)) is expected  # type: ignore[arg-type]  # only its trees are asked for


def test_rows_of_csv_are_guessed_by_its_size(tmp_path: Path) -> None:
    """Never fewer than it has: a row takes more than that."""
    path = write_csv(tmp_path / "c.csv", [candidate(number) for number in range(9)])
    rows = path.stat().st_size // ROW_BYTES
    worth = [is_worth(open_candidates(path), Trees(-(-COSTS // most))) for most in (rows, 2 * rows)]  # type: ignore[arg-type]
    assert (worth, rows >= 9) == ([True, False], True)


def test_without_a_model_nothing_is_compiled(tmp_path: Path) -> None:
    """Nor for a scorer that has no trees."""
    file = open_candidates(write_parquet(tmp_path / "c.parquet", [candidate(0)]))
    assert (is_worth(file, None), is_worth(file, FakeScorer())) == (False, False)


def handed(compiling: Compiling) -> bytes:
    """Return what comes out of the pipe, and check that it is closed behind it."""
    takes, gives = Pipe(duplex=False)
    compiling.hand_over(gives)
    said = takes.recv_bytes()
    with pytest.raises(EOFError):
        takes.recv_bytes()
    return said


def test_every_process_gets_what_was_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One compiler, however many ask, before or after it ends."""
    asked: list[bool] = []
    monkeypatch.setattr(walk_module, "compiled", lambda: asked.append(True) or b"code")
    compiling = Compiling(worth=True)
    assert ([handed(compiling), handed(compiling)], asked) == ([b"code", b"code"], [True])


@pytest.mark.parametrize("error", [NoKernelError("no numba"), OSError("no memory"), ValueError("half a line")])
def test_where_it_cannot_be_compiled_nothing_is_handed_over(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Nor where it is not worth it: nobody waits for ever."""

    def fails() -> bytes:
        raise error

    monkeypatch.setattr(walk_module, "compiled", fails)
    assert [handed(Compiling(worth=worth)) for worth in (True, False)] == [b"", b""]


def test_a_process_that_died_takes_nothing() -> None:
    """Its pipe is broken, and nobody else notices."""
    takes, gives = Pipe(duplex=False)
    takes.close()
    compiling = Compiling()
    compiling._send(gives)
    assert gives.closed


@pytest.mark.usefixtures("forgotten")
def test_what_was_handed_over_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bytes: there is no code, and it is not tried here; so too where whoever gives it died."""

    def ended() -> bytes:
        raise EOFError

    monkeypatch.setattr(kernel_module.subprocess, "run", None)
    said = []
    for given in (bytes, ended, lambda: b"{}"):
        kernel_module._code.clear()
        kernel_module.take(given)
        with pytest.raises(NoKernelError) as error:
            code()
        said.append(str(error.value).split(" (")[0])
    assert said == [
        "none was made for this process",
        "the walk could not be compiled",
        "the walk could not be compiled",
    ]


@pytest.mark.usefixtures("forgotten")
def test_handed_over_code_walks_once_it_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of another process proves itself here as one's own does, and none that is worse is used."""
    compiling = Compiling(worth=True)
    good, bad = load_scorer(written(tmp_path / "one")), load_scorer(written(tmp_path / "two"))
    compiling.use(good)
    first = good.walked(60.0)
    monkeypatch.setattr("model.trees.switch.agrees", lambda *_: False)
    assert (first, bad.walked(60.0)) == ("compiled", "numpy")


def test_whoever_has_trees_is_waited_for() -> None:
    """Nobody else."""
    some = Trees(3)
    for each in (some, None, FakeScorer()):
        settle(each)  # type: ignore[arg-type]  # only its trees are asked for
    assert len(some.waited) == 1


def test_a_plan_is_the_same_with_a_handed_over_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that are handed code for a scorer without trees write what one does."""
    path = write_parquet(tmp_path / "c.parquet", [candidate(number) for number in range(8)])
    monkeypatch.setattr("serving.batch.run.is_worth", lambda *_: True)
    monkeypatch.setattr(walk_module, "compiled", lambda: b"{}")
    options: dict[str, Any] = {"shard_rows": 4, "origin": Shipped()}
    plan(path, tmp_path / "two", jobs=2, **options)
    monkeypatch.undo()
    plan(path, tmp_path / "one", jobs=1, **options)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
