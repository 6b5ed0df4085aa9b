"""Hostile artefacts: the small version of the script, and what it finds in a loader that believes everything."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.artefact_forging import Forgery, made
from benchmarks.artefact_judge import judged
from benchmarks.artefact_mutants import KINDS, Mutant, mutant
from benchmarks.exact_artefacts import Found, run, table
from model.artefact import load

Bases = dict[str, dict[str, bytes]]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    """The three real artefacts."""
    return made(tmp_path_factory.mktemp("bases"))


def test_no_mutant_breaks_the_loader_or_changes_a_score(tmp_path: Path) -> None:
    """Ten mutants of every kind in a process with limits: refused in one line, or read as a plain reader reads them."""
    found = run(tmp_path, mutants=10 * len(KINDS), seed=11, processes=1)
    outcomes = [sum(found.counts[kind, outcome] for kind in KINDS) for outcome in ("refused", "accepted")]
    actual = (found.said, sum(outcomes), all(many > 10 for many in outcomes))
    assert actual == ([], 10 * len(KINDS), True), table(found)


def test_a_loader_that_believes_everything_is_found_out(tmp_path: Path) -> None:
    """Without the checks there are other errors, other scores, and walks that never end."""
    found = run(tmp_path, mutants=5 * len(KINDS), seed=2, naive=True, processes=1, patience=4.0)
    seen = {outcome for _, outcome in found.counts}
    assert (found.violations > 20, {"other errors", "other scores"} <= seen) == (True, True), table(found)


def test_a_forgery_whose_hashes_are_all_restated_is_read_for_what_it_is(bases: Bases, tmp_path: Path) -> None:
    """Hashes bind, they do not sign: other leaves and their golden scores load, and score as the plain reading says."""
    forged = Forgery.of(bases["trees"])
    nodes = forged.arrays["forest_nodes"]
    nodes[nodes[:, 0] < 0, 6] += 0.5
    told = judged(Mutant("trees", forged.rescored().files()), tmp_path / "a")
    assert (told["outcome"], load(tmp_path / "a").sha256) == ("accepted", told["sha256"])


@pytest.mark.parametrize("name", ["linear", "trees", "mixed"])
def test_the_plain_reading_agrees_with_the_product(name: str, bases: Bases, tmp_path: Path) -> None:
    """On real artefacts as they were written."""
    assert judged(Mutant("real", bases[name]), tmp_path / "a")["outcome"] == "accepted"


def test_the_judge_sees_another_score(bases: Bases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorer that adds a trifle is found."""
    read = "benchmarks.artefact_judge.scored"
    monkeypatch.setattr(read, lambda _stored, rows: [([0.5] * 4, [0.0] * 4) for _ in rows])
    assert judged(Mutant("real", bases["linear"]), tmp_path / "a")["outcome"] == "other scores"


def test_a_mutant_is_the_same_every_time(bases: Bases) -> None:
    """By seed and number, so that a finding can be looked at again."""
    first, again = mutant(bases, 3, 44), mutant(bases, 3, 44)
    assert (first.kind, first.files) == (again.kind, again.files)


def test_the_same_manifest_with_other_scores_is_a_violation() -> None:
    """Identity means the same scores, for good."""
    found = Found()
    for number, scores in enumerate(("a", "a", "b")):
        found.add(number, {"kind": "JSON", "outcome": "accepted", "sha256": "m", "scores": scores}, 0.0)
    assert (found.violations, found.counts["JSON", "accepted"], np.size(found.said)) == (1, 2, 1)
