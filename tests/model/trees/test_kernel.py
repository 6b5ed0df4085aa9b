"""The compiled walk: the bits of numpy's walk and of scikit-learn, checked rows, and life without a compiler."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import model.trees.kernel as kernel_module
from model.trees.boosted import boosted
from model.trees.forest import Forest, Tree
from model.trees.kernel import FEW, Code, Kernel, NoKernelError, code
from model.trees.kernel_tables import LEAVES, Masks, Nodes
from model.trees.switch import hostile
from tests.model.trees.test_forest import codes, grown, learned, split


@pytest.fixture(scope="module")
def compiled() -> Code:
    """The compiled functions, compiled once for this file."""
    return code()


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not tried to compile, and is given nothing; what others compiled comes back."""
    monkeypatch.setattr(kernel_module, "_code", [])
    monkeypatch.setattr(kernel_module, "_given", [])


def forest_of(*trees: Tree, head: int = 0) -> Forest:
    """Return a forest of one head."""
    forest = Forest.of({head: trees})
    assert forest is not None
    return forest


def both(forest: Forest, compiled: Code, rows: np.ndarray) -> tuple[bytes, bytes, bytes]:
    """Return the bits of numpy's walk, of the kernel for all rows at once, and for a few at a time."""
    start = np.full((len(rows), int(forest.roots[-1, 1]) + 1), 0.1)
    kernel = Kernel(compiled, forest._walk)
    few = [kernel.add(rows[k : k + FEW - 1], start[k : k + FEW - 1]) for k in range(0, len(rows), FEW - 1)]
    return (
        forest._walk.add(rows, start).tobytes(),
        kernel.add(rows, start).tobytes(),
        np.concatenate(few).tobytes(),
    )


@pytest.mark.parametrize("seed", range(12))
def test_compiled_or_not_gives_the_same_bits(seed: int, compiled: Code) -> None:
    """Random trees of several heads, with sets of levels, on hostile rows: few at once, many at once, numpy."""
    forest = Forest.of(grown(seed, heads=3, trees=12, depth=6))
    assert forest is not None
    rows = np.concatenate([codes(150, seed), hostile(forest._walk, 3)])
    expected, many, few = both(forest, compiled, rows)
    assert (many, few) == (expected, expected)


@pytest.mark.parametrize("categories", [[], [2], [1, 2]], ids=["numbers", "one", "two"])
@pytest.mark.parametrize(("classes", "leaves"), [(False, 2), (True, 8), (False, 31), (True, 90)])
def test_it_is_scikit_learn_to_the_bit(compiled: Code, *, classes: bool, leaves: int, categories: list[int]) -> None:
    """On gaps, infinities, unseen levels, thresholds and their neighbours, within a mask's 64 leaves and beyond."""
    model, X = learned(leaves, classes=classes, leaves=leaves, categories=categories)
    head = boosted(model)
    forest = forest_of(*head.trees)
    rows = np.concatenate([X, hostile(forest._walk, 3)])
    if categories:
        levels = rows[:, categories]
        rows[:, categories] = np.where(np.isfinite(levels) & (levels == np.floor(levels)), levels, np.nan)
    start = np.full((len(rows), 1), head.baseline)
    expected = np.ascontiguousarray(model._raw_predict(rows)).tobytes()  # type: ignore[attr-defined]  # no public name
    kernel = Kernel(compiled, forest._walk)
    few = [kernel.add(rows[k : k + 1], start[k : k + 1]) for k in range(len(rows))]
    actual = (kernel.add(rows, start).tobytes(), np.concatenate(few).tobytes(), forest.raw(rows, start).tobytes())
    assert actual == (expected, expected, expected)


@pytest.mark.parametrize("threshold", [np.inf, -np.inf, 0.0, 1.7976931348623157e308, 5e-324])
@pytest.mark.parametrize("missing_left", [False, True])
def test_thresholds_at_the_ends(threshold: float, compiled: Code, *, missing_left: bool) -> None:
    """The question is x ≤ threshold, for every x and threshold that a float64 can be; a gap goes its own way."""
    ends = [0.0, -0.0, np.inf, -np.inf, 1.7976931348623157e308, -1.7976931348623157e308, 5e-324, -5e-324]
    rows = np.array([[x] for x in (*ends, np.nan, 1.0, -1.0, 2.0, -2.0)])
    forest = forest_of(split(threshold=threshold, missing_left=missing_left))
    expected = np.array([1.1 if (missing_left if np.isnan(x) else x <= threshold) else 2.1 for x in rows[:, 0]])
    assert both(forest, compiled, rows) == (expected.tobytes(),) * 3


@pytest.mark.parametrize("leaves", [1, 2, LEAVES, LEAVES + 1])
def test_a_mask_holds_64_leaves(leaves: int, compiled: Code) -> None:
    """The last bit of a mask is a leaf like every other; one leaf more, and rows walk instead: the same bits."""
    stairs = np.zeros((2 * leaves - 1, 7))
    stairs[:, 0], stairs[:, 5] = -1.0, -1.0
    for step in range(leaves - 1):
        stairs[2 * step, [0, 1, 2, 3]] = 0, step, 2 * step + 1, 2 * step + 2
    stairs[stairs[:, 0] < 0, 6] = np.arange(leaves) + 0.25
    forest = Forest(nodes=stairs, sets=np.zeros((0, 8)), roots=np.zeros((1, 2)))
    rows = np.arange(-1.0, leaves + 1)[:, None]
    rows = np.concatenate([rows, [[np.nan]]])
    expected, many, few = both(forest, compiled, rows)
    assert (many, few, Masks.of(forest._walk) is None) == (expected, expected, leaves > LEAVES)


def test_every_level_can_be_a_class_of_its_own(compiled: Code) -> None:
    """256 levels that questions all tell apart, and what is missing, are five words of classes."""
    stump = split()
    sets = np.arange(256)[None, :] >> np.arange(9)[:, None] & 1 == 0  # the last one tells levels from what is missing
    trees = [
        dataclasses.replace(
            stump,
            set=np.array([0, -1, -1]),
            sets=sets[k : k + 1],
            missing_left=np.array([k < 8, False, False]),
            value=np.array([0.0, 1.0, 1.0 + 2.0**k]),
        )
        for k in range(9)
    ]
    forest = forest_of(*trees)
    rows = np.array([[level] for level in (*range(-2, 259), 0.5, 254.9, np.nan, np.inf, -np.inf)], dtype=np.float64)
    expected, many, few = both(forest, compiled, rows)
    masks = Masks.of(forest._walk)
    assert masks is not None
    assert (many, few, len(masks.levels)) == (expected, expected, 5)


@pytest.mark.parametrize("rows", [0, 1, FEW - 1, FEW, 63, 64, 65, 129])
def test_any_number_of_rows(rows: int, compiled: Code) -> None:
    """Whole blocks, parts of one, and none."""
    forest = Forest.of(grown(5))
    assert forest is not None
    expected, *_ = both(forest, compiled, codes(130, 5))
    kernel = Kernel(compiled, forest._walk)
    actual = kernel.add(codes(130, 5)[:rows], np.full((rows, 2), 0.1)).tobytes()
    assert actual == expected[: rows * 16]


def test_rows_may_lie_in_memory_as_they_like(compiled: Code) -> None:
    """A transposed array, every second row, another type: what is walked is a plain copy; what is given stays."""
    forest = Forest.of(grown(2))
    assert forest is not None
    kernel, rows, start = Kernel(compiled, forest._walk), codes(120, 2), np.zeros((120, 2))
    expected = kernel.add(rows, start).tobytes()
    doubled = np.repeat(rows, 2, axis=0)[::2]
    assert [kernel.add(np.asfortranarray(rows), start).tobytes(), kernel.add(doubled, start).tobytes()] == [
        expected
    ] * 2
    assert not start.any()


@pytest.mark.parametrize(
    ("rows", "sums", "message"),
    [
        ((4, 2), (4, 2), "rows of 2 features do not fit trees that ask for 3"),
        ((200, 2), (200, 2), "rows of 2 features do not fit trees that ask for 3"),
        ((3,), (3, 2), "rows of 3 features|do not fit"),
        ((4, 3), (4, 1), "do not fit 4 rows and 2 heads"),
        ((4, 3), (3, 2), "do not fit 4 rows and 2 heads"),
        ((4, 3), (8,), "do not fit 4 rows and 2 heads"),
    ],
)
def test_what_does_not_fit_never_reaches_compiled_code(
    rows: tuple[int, ...], sums: tuple[int, ...], message: str
) -> None:
    """Compiled code reads where it is told to: shapes are checked before it is called."""
    forest = Forest.of(grown(1))
    assert forest is not None
    seen: list[str] = []
    spy: Any = SimpleNamespace(walk=lambda *_: seen.append("walk"), masks=lambda *_: seen.append("masks"))
    kernel = Kernel(spy, forest._walk)
    with pytest.raises(ValueError, match=message):
        kernel.add(np.zeros(rows), np.zeros(sums))
    assert seen == []


@pytest.mark.parametrize("seed", range(6))
def test_no_index_of_a_table_leads_outside(seed: int) -> None:
    """Children, features, sets, columns and ends of every table are within what they index."""
    forest = Forest.of(grown(seed, heads=3, trees=9, depth=5))
    assert forest is not None
    nodes, masks = Nodes.of(forest._walk), Masks.of(forest._walk)
    assert masks is not None
    link = nodes.nodes.view(np.int64)[:, 1]
    link = link[link >= 0]
    assert (link & (2**21 - 1)).max() + 1 < len(nodes.nodes)
    assert ((link >> 21) & (2**21 - 1)).max() < 3
    assert (link >> 43).max() * 9 <= len(nodes.words)
    assert nodes.heads[-1, 2] == len(nodes.roots) == len(masks.trees) == len(masks.values)
    assert (masks.limit_columns // 64).max() <= len(masks.numbers)
    assert (masks.struck_columns // 64).max() < len(masks.levels)
    assert (masks.levels[:, 1] + 257).max() <= len(masks.classes)
    assert masks.trees[:, 1].max() == len(masks.limits) == len(masks.limit_columns) == len(masks.limit_masks)
    assert masks.trees[:, 3].max() == len(masks.struck) == len(masks.struck_columns) == len(masks.struck_masks)


@pytest.mark.usefixtures("forgotten")
def test_without_numba_there_is_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra that brings it, and nothing is started."""
    monkeypatch.setattr(kernel_module.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(kernel_module.subprocess, "run", None)
    with pytest.raises(NoKernelError, match=r"`numba` is not installed; `pip install outreach\[fast\]`"):
        code()


BROKEN = {
    "exits": (1, b"", b"Traceback\nTypingError: no", "numba could not compile the walk .TypingError: no"),
    "says nothing": (3, b"", b"", "could not compile the walk .3"),
    "no JSON": (0, b"compiled", b"", "the walk could not be compiled"),
    "no functions": (0, b"{}", b"", "the walk could not be compiled"),
    "no object": (0, json.dumps({"walk": {"symbol": "a"}}).encode(), b"", "the walk could not be compiled"),
}


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("how", sorted(BROKEN))
def test_a_broken_compiler_is_asked_once(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes back, it is one line and no second attempt."""
    status, out, err, message = BROKEN[how]
    asked = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        asked.append(command)
        return SimpleNamespace(returncode=status, stdout=out, stderr=err)

    monkeypatch.setattr(kernel_module.subprocess, "run", run)
    for _ in range(2):
        with pytest.raises(NoKernelError, match=message):
            code()
    assert len(asked) == 1


@pytest.mark.usefixtures("forgotten")
def test_a_compiler_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever."""

    def run(command: list[str], timeout: float, **_: Any) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(kernel_module.subprocess, "run", run)
    with pytest.raises(NoKernelError, match="timed out"):
        code()


def test_scoring_imports_no_compiler() -> None:
    """Only the child process imports numba, and llvmlite comes with compiled code, not before."""
    told = "import sys, model.artefact, serving.scorer; print([n for n in ('numba', 'llvmlite') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_numba_stands_in_one_file() -> None:
    """And nothing imports that file: it is run."""
    root = Path(kernel_module.__file__).parents[2]
    texts = {path.name: path.read_text() for folder in ("model", "serving") for path in (root / folder).rglob("*.py")}
    naming = [name for name, text in texts.items() if "from numba" in text or "import numba\n" in text]
    importing = [name for name, text in texts.items() if "model.trees.kernel_source import" in text]
    assert (naming, importing) == (["kernel_source.py"], [])
