"""Champions for tests: a model that contacts whoever has need ≥ ½, with a certificate to vary, and its report key."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from model.artefact import Artefact
from model.certifying.words import HARMS
from model.champion import Champion
from model.contracts import Certificate, HarmBound
from model.features import Feature
from model.heads import Heads, Linear
from model.scorer import Scorer
from tests.model.examples import ISSUED_AT
from tests.model.reports import interval

EXPIRES = ISSUED_AT + timedelta(days=90)


def needy(*features: Feature) -> Scorer:
    """Return a scorer whose net benefit is need − ½; further features are read and weigh nothing."""
    read = (Feature(name="need", kind="number"), *features)
    columns = sum(len(feature.columns) for feature in read)
    coef = np.array([1.0, *np.zeros(columns - 1), -0.5])
    return Scorer.of("t_logit", {"benefit": Heads("identity", (1.0, 0.0), Linear(coef))}, read)


def certificate(**changes: Any) -> Certificate:
    """Return an issued certificate at cut-off 0 for parcels by chat."""
    given = Certificate(
        issued=True,
        reason="both harms are certified",
        cutoff=0.0,
        share_contacted=0.5,
        bounds=tuple(HarmBound(harm=h, estimate=0.0, bound=0.004, alpha=0.005, control_rate=0.006) for h in HARMS),
        alpha=dict.fromkeys(HARMS, 0.005),
        delta=0.05,
        n=10,
        scope=(("delivery_update", "chat"),),
        expires=EXPIRES,
        method="betting",
        assumptions=(),
        scorer_sha256=None,
    )
    return replace(given, **changes)


def needy_champion(
    *features: Feature, at: datetime = ISSUED_AT, before: Champion | None = None, **changes: Any
) -> Champion:
    """Return the model in charge, version 2; `changes` are of its certificate."""
    artefact = Artefact(
        scorer=needy(*features),
        manifest={"report": {}},
        certificate=certificate(**changes),
        issued_at=ISSUED_AT,
        expires_at=EXPIRES,
        sha256="cd" * 32,
    )
    return Champion(artefact=artefact, version="2", at=at, before=before)


def beaten(*, note: str = "") -> dict[str, Any]:
    """Return the report's key `champion`: version 2, which the new rule beats by .01."""
    figures = {"value": interval(0.04), "difference": interval(0.01, 0.002)}
    return {"version": "2", "manifest_sha256": "cd" * 32, "contacted": 0.5, "note": note} | figures
