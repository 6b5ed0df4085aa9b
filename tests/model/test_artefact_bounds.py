"""What an artefact may cost whoever loads it: memory, time, open files and the length of a message."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.artefact_bombs import full, repeated
from model.artefact import load, write
from model.errors import InvalidArtefact
from model.features import Feature
from model.folders import LONGEST
from model.manifest import PIECES, parse_canonical
from model.scorer import Scorer
from model.trees.kernel_tables import Masks
from model.trees.walk import Walk
from tests.model.artefacts import rewrite, written
from tests.model.examples import ISSUED_AT, boosted_scorer, extra, rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid artefact."""
    return written(tmp_path / "artefact")


MANY: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "values": (lambda m: m["report"].update(zzz=[0] * PIECES), "more than 1048576 values"),
    "features": (
        lambda m: m["scorer"].update(features=[m["scorer"]["features"][0] | {"name": f"f{k}"} for k in range(10_001)]),
        "10001 features, more than 10000",
    ),
    "pairs of a scope": (
        lambda m: m["report"]["certificate"].update(scope=[["delivery_update", "chat"]] * 2),
        "a pair of `scope` stands there twice",
    ),
    "half a letter in a name": (lambda m: m["scorer"]["features"][0].update(name="\ud800"), "surrogates not a"),
    "half a letter in the report": (lambda m: m["report"].update(note=["\udfff"]), "surrogates not a"),
}


@pytest.mark.parametrize("case", sorted(MANY))
def test_what_would_cost_memory_or_time_is_refused(folder: Path, case: str) -> None:
    """Before it is read any further, in one line."""
    change, message = MANY[case]
    with pytest.raises(InvalidArtefact, match=message):
        load(rewrite(folder, change))


def test_whole_letters_beyond_the_first_plane_are_text() -> None:
    """A pair of surrogates is one letter; only half of one is refused."""
    assert parse_canonical(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_golden_rows_are_bounded_by_the_columns_that_they_become(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows times columns stand side by side in memory at every load."""
    monkeypatch.setattr("model.restore.GOLDEN_CELLS", 100)
    with pytest.raises(InvalidArtefact, match=r"16 rows for \d+ columns, at most 4096 rows and 100 cells"):
        load(folder)


def test_a_message_is_short_whatever_the_manifest_says(folder: Path) -> None:
    """Names of megabytes are cut."""
    with pytest.raises(InvalidArtefact) as refused:
        load(rewrite(folder, lambda m: m["arrays"].update({"x" * 1_000_000: {}})))
    assert len(str(refused.value)) < len(str(folder)) + LONGEST + 150


def test_an_error_that_nobody_foresaw_is_a_refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API then starts without a model, rather than not at all."""

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("model.artefact.check_golden", breaks)
    with pytest.raises(InvalidArtefact, match=r"ZeroDivisionError: unforeseen; train it again"):
        load(folder)


def test_a_folder_in_place_of_a_file_leaves_nothing_open(folder: Path) -> None:
    """A poll that looks again and again must not run out of files."""
    (folder / "mix.npy").unlink()
    (folder / "mix.npy").mkdir()
    before = list(Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else []
    with pytest.raises(InvalidArtefact, match="not a regular file"):
        load(folder)
    assert len(list(Path("/proc/self/fd").iterdir()) if before else []) == len(before)


def test_a_name_that_no_file_system_has_is_refused() -> None:
    """A zero byte ends a path."""
    with pytest.raises(InvalidArtefact, match="embedded null"):
        load(Path("model\x00"))


def test_a_forest_of_too_many_questions_of_levels_is_left_to_the_plain_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its masks would take gigabytes to sort."""
    nodes, roots = repeated(full(3, 0, 0), 4)
    walk = Walk.of(nodes, np.full((1, 8), 5.0), roots)
    made = Masks.of(walk)
    monkeypatch.setattr("model.trees.kernel_tables.QUESTIONS", 27)  # it has 28
    assert (made is not None, Masks.of(walk)) == (True, None)


def test_a_scorer_of_many_columns_scores_fewer_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the same bits: a block of 8,192 rows would stand in memory whole."""
    learned = boosted_scorer()
    expected = learned.predict(rows(learned)).stacked()
    monkeypatch.setattr("model.scorer.CELLS", 100)
    blocks = [len(block) for _, block in learned._blocks(rows(learned))]
    assert (learned.predict(rows(learned)).stacked().tobytes(), max(blocks) < 20) == (expected.tobytes(), True)


def test_a_scorer_of_many_features_is_still_one(tmp_path: Path) -> None:
    """Some thousand columns are a wide table, and no attack."""
    features = tuple(Feature(name=f"f{k}", kind="number") for k in range(3000))
    base = boosted_scorer()
    wide = Scorer(
        name="r",
        features=features,
        links=("identity",) * 3,
        mix=np.array([[1.0, 0.0]] * 3),
        coef1=np.full((3, 3001), 1e-6),
        offset=base.offset,
        centre=base.centre,
        slope=1.0,
        weights=base.weights,
    )
    write(tmp_path / "wide", wide, extra=extra(wide), golden=np.zeros((60, 3000)), issued_at=ISSUED_AT)
    assert load(tmp_path / "wide").scorer.sha256() == wide.sha256()
