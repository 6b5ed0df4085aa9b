"""Drift as the API tells it: nothing below 500 rows, small where nothing changed, large where a sender broke."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artefact import write
from model.drift import MINIMUM, learned, psi
from model.errors import InvalidArtefact
from model.features import encode
from serving.fakes import FakeScorer
from serving.loop.witness import Told
from serving.metrics.catalogue import DRIFT_ROWS, FEATURE_PSI, SCORE_PSI
from serving.metrics.drift import HALF, Drift, readings
from serving.models.in_use import InUse
from serving.scorer import ArtefactScorer, load_scorer
from tests.contracts.ledgers import candidate, ruling
from tests.model.examples import columns, extra, scorer

ROWS = 1200


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> ArtefactScorer:
    """An artefact with a reference of its own columns."""
    folder, made = tmp_path_factory.mktemp("model") / "a", scorer()
    write(folder, made, extra=extra(made) | {"reference": stated(made)}, golden=codes(made)[:8], issued_at=None)
    return load_scorer(folder)


def codes(made: Any) -> np.ndarray:
    """The rows of the example, as codes."""
    return encode(made.features, columns(ROWS), ROWS)


def stated(made: Any) -> Any:
    """The reference of the example."""
    return learned(made.features, codes(made), made.predict(codes(made)).net_benefit)


def told(artefact: ArtefactScorer, count: int, *, seed: int = 3, **changed: Any) -> list[Told]:
    """Decisions about rows like those learned from, but for what is `changed`."""
    found = columns(ROWS, seed=seed)
    rows = [{name: _plain(values[i]) for name, values in found.items()} | changed for i in range(count)]
    scores = artefact.score(rows).net_benefit
    made = []
    for row, score in zip(rows, scores.tolist(), strict=True):
        decided = ruling("d-1")
        thanks = dataclasses.replace(
            decided.decision.customer_would_thank, net_benefit=None if math.isnan(score) else score
        )
        decision = dataclasses.replace(decided.decision, customer_would_thank=thanks)
        made.append(Told(candidate(), decision, features=row))
    return made


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def values(models: InUse, *drifts: Drift) -> dict[tuple[str, ...], float]:
    """What is told of these processes together."""
    return {(metric.name, *labels): value for metric, labels, value in readings(models, [one.said() for one in drifts])}


def test_nothing_is_read_of_few_rows(artefact: ArtefactScorer) -> None:
    """Below the least number there is only how many there are."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    drift.note(told(artefact, MINIMUM - 1))
    assert set(values(models, drift)) == {(DRIFT_ROWS.name,)}


def test_enough_are_enough_though_they_fade(artefact: ArtefactScorer) -> None:
    """So many scored decisions as the page says, one by one: there are readings of all, the score's included."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    for one in told(artefact, MINIMUM):
        drift.note([one])
    found = values(models, drift)
    assert found.pop((DRIFT_ROWS.name,)) < MINIMUM
    assert len(found) == len(artefact.features) + 1


def test_the_rows_that_it_learned_from_have_not_drifted(artefact: ArtefactScorer) -> None:
    """Every feature and the score have a figure, and none is worth a look."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    for _ in range(2):
        drift.note(told(artefact, ROWS // 2))
    found = values(models, drift)
    names = {(FEATURE_PSI.name, feature.name) for feature in artefact.features} | {(SCORE_PSI.name,)}
    assert set(found) == names | {(DRIFT_ROWS.name,)}
    assert max(value for key, value in found.items() if key != (DRIFT_ROWS.name,)) < 0.05


def test_a_sender_that_leaves_a_field_out_is_seen(artefact: ArtefactScorer) -> None:
    """The one feature drifts, by as much as the formula says; the others do not."""
    models, name = InUse(scorer=artefact), artefact.features[0].name
    drift = Drift(models)
    drift.note(told(artefact, 600, **{name: None}))
    found = values(models, drift)
    then = artefact.artefact.reference[0].counts  # type: ignore[index]
    now = np.zeros(len(then))
    now[-1] = 600
    assert found[FEATURE_PSI.name, name] == pytest.approx(psi(now, then), rel=0.05)
    others = [value for key, value in found.items() if key[0] == FEATURE_PSI.name and key[1] != name]
    assert (found[FEATURE_PSI.name, name] > 1, max(others) < 0.1) == (True, True)


def test_several_processes_with_one_model_are_added_up(artefact: ArtefactScorer) -> None:
    """Each alone has too few rows; one with another model, or none, is left out."""
    models = InUse(scorer=artefact)
    drifts = [Drift(models), Drift(models), Drift(InUse())]
    for drift in drifts:
        drift.note(told(artefact, 300))
    found = values(models, *drifts)
    assert found[DRIFT_ROWS.name,] == pytest.approx(600, rel=0.05)
    assert (SCORE_PSI.name,) in found


def test_old_rows_fade(artefact: ArtefactScorer) -> None:
    """Half of what was counted is left after so many more rows."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    some = told(artefact, 500)
    for _ in range(60):
        drift.note(some)
    rows = values(models, drift)[DRIFT_ROWS.name,]
    assert rows == pytest.approx(HALF / math.log(2) * (1 - 0.5 ** (30_000 / HALF)), rel=0.05)


def test_another_model_begins_anew(artefact: ArtefactScorer) -> None:
    """Its bins are others; a model without a reference counts nothing and tells nothing."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    drift.note(told(artefact, 600))
    models.scorer = FakeScorer(cutoff=0.0)
    drift.note(told(artefact, 600))
    assert readings(models, [drift.said()]) == []
    models.scorer = dataclasses.replace(artefact)
    drift.note(told(artefact, 70))
    assert values(models, drift) == {(DRIFT_ROWS.name,): pytest.approx(70, rel=0.01)}


def test_what_was_not_scored_is_no_drift(artefact: ArtefactScorer) -> None:
    """A decision that the score was not asked about has no features; one made again was counted before."""
    models = InUse(scorer=artefact)
    drift = Drift(models)
    drift.note([Told(candidate(), ruling("d-1").decision)] * 600)
    drift.note([dataclasses.replace(one, again=True) for one in told(artefact, 600)])
    assert drift.said() is None


def test_a_hostile_reference_is_no_artefact(tmp_path: Path) -> None:
    """It is verified with all the rest."""
    made = scorer()
    with pytest.raises(InvalidArtefact, match="reference"):
        write(tmp_path / "a", made, extra=extra(made) | {"reference": [{}]}, golden=codes(made)[:8], issued_at=None)
