"""Models swapped under load: the small version of the script, and what it would find."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.exact_servers import opened
from benchmarks.exact_swaps import FIGURES, VIOLATIONS, Told, arguments, attributes, heard, judged, run
from serving.scorer import ArtefactScorer, load_scorer
from serving.system import now
from tests.serving.models_between import model


def test_no_request_fails_and_no_answer_mixes_models(tmp_path: Path) -> None:
    """Four swaps, a bad artefact among them, with single questions, arrays of two groups and confirms."""
    found = run(arguments(["--swaps", "4", "--clients", "2", "--customers", "50000"]), tmp_path)

    happened = [found[what] > 0 for what in ("swaps", "bad ones", "requests", "answers that were scored")]
    actual = ({what: found[what] for what in VIOLATIONS}, happened)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), [True] * 4)


def answer(version: str, scorer: ArtefactScorer, number: int = 1) -> dict[str, Any]:
    """Return what that model would answer about a customer."""
    scores = scorer.score([attributes(number)])
    figures = {figure: float(getattr(scores, figure)[0]) for figure in FIGURES}
    return {"decision_id": f"d-{number}", "model_version": version, "customer_would_thank": figures}


def asked(number: int = 1) -> dict[str, Any]:
    """Return the question that was answered, as far as it is looked at."""
    return {"user": {"attributes": attributes(number)}}


@pytest.mark.parametrize(("versions", "expected"), [(("1", "1"), 0), (("1", "2"), 1)])
def test_an_array_of_two_versions_is_found(tmp_path: Path, versions: tuple[str, str], expected: int) -> None:
    """By what its elements name."""
    scorer, told = load_scorer(model(tmp_path / "model", 1)), Told()
    said = [answer(version, scorer, number) for number, version in enumerate(versions)]

    heard(told, [asked(0), asked(1)], said)

    assert told.counted["arrays of two versions"] == expected


@pytest.mark.parametrize(("named", "expected"), [("1", 0), ("2", 1)])
def test_figures_of_another_model_are_found(tmp_path: Path, named: str, expected: int) -> None:
    """The answer names one version, and its figures are another one's; nor is it on record."""
    scorers = {str(number): load_scorer(model(tmp_path / f"m{number}", number)) for number in (1, 2)}
    opened(f"sqlite:///{tmp_path}/l.db", now=now()).close()
    told = Told(counted=Counter())
    heard(told, [asked()], [answer(named, scorers["1"])])

    judged(told, scorers, f"sqlite:///{tmp_path}/l.db")

    actual = (told.counted["answers with another model's figures"], told.counted["records of another version"])
    assert actual == (expected, 1)
