"""Features that know too much: the draw, which nothing known beforehand can, or a label, better than anyone could."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.diagnostics.evidence import Evidence
from model.diagnostics.overlap import weights
from model.leakage import LEAK, MOST_DRAWN, alone, draw_p, evenly, foretold
from model.statistics.betting import holm
from model.statistics.draw_sums import LEAST_P

Array = NDArray[Any]
Floats = NDArray[np.float64]

TOP = 10


def columns(seen: Evidence) -> dict[str, Array]:
    """Return the features by name, as arrays of the whole table."""
    return {str(name): seen.table.features[name].to_numpy() for name in seen.table.features}


def features_and_draw(seen: Evidence, features: Mapping[str, Array]) -> dict[str, JSON]:
    """Return the check that no single feature knows T − e: its AUC for contact (weighted by 1 over e), p with Holm."""
    name = "no feature knows the draw"
    if seen.estimated:
        detail = "the propensity is estimated from the features, so they may know it: log it to check"
        return {"name": name, "available": False, "passed": None, "detail": detail, "figures": {}}
    some = evenly(np.arange(len(seen.rows)), MOST_DRAWN)
    rows, draw = seen.rows[some], {key: values[some] for key, values in seen.draw.items()}
    contacted, e = draw["contacted"], draw["propensity"]
    weight = None if np.ptp(e) == 0.0 else weights(contacted, e)
    found = [
        {
            "feature": feature,
            "auc": alone(values[rows], contacted, weight),
            "p": draw_p(values[rows], contacted, e, draw["cluster"]),
        }
        for feature, values in features.items()
    ]
    caught = holm(np.array([row["p"] for row in found]), LEAST_P)
    named = [str(row["feature"]) for row, is_it in zip(found, caught, strict=True) if is_it]
    top = sorted(found, key=lambda row: float(row["p"]))[:TOP]  # type: ignore[arg-type]  # p is a number
    detail = f"the smallest p of {len(found)} features is {top[0]['p']:.3g} (`{top[0]['feature']}`)"
    if named:
        detail = (
            f"{', '.join(f'`{each}`' for each in named[:TOP])} know who was contacted beyond the logged propensity: "
            "written after the draw, or the draw was not as logged"
        )
    figures = {"features": top, "named": named, "rows": len(rows)}
    return {"name": name, "available": True, "passed": not named, "detail": detail, "figures": figures}


def features_and_labels(seen: Evidence, features: Mapping[str, Array]) -> dict[str, JSON]:
    """Return the check that no feature foretells a label too well; what does so in every arm was refused before."""
    labels = {column: getattr(seen.table, role) for role, column in seen.label_names().items()}
    found = foretold(features, labels, seen.table.contacted)
    figure = {id(each): max([each.highest, *each.spearman.values()]) for each in found}
    top = sorted(found, key=lambda each: -figure[id(each)])[:TOP]
    named = [each for each in found if each.arms]
    detail = f"the best is `{top[0].feature}` for `{top[0].label}` with {figure[id(top[0])]:.3f}, below {LEAK}"
    if named:
        worst = named[0]
        detail = (
            f"`{worst.feature}` foretells `{worst.label}` almost perfectly among the "
            f"{worst.arms[0].replace('_', ' ')} ({worst.figure(worst.arms[0]):.3f}): "
            "exclude it unless it is certainly known before the decision"
        )
    stated = [
        {"feature": each.feature, "label": each.label, "auc": dict(each.auc), "spearman": dict(each.spearman)}
        for each in top
    ]
    return {
        "name": "no feature foretells a label",
        "available": True,
        "passed": not named,
        "detail": detail,
        "figures": {"features": stated, "named": sorted({each.feature for each in named}), "refused_from": LEAK},
    }


def availability(seen: Evidence) -> dict[str, JSON]:
    """Return whether the features' times are known; one later than its decision was refused when the table was read."""
    name = "features were known at the decision"
    column = seen.table.roles.features_time
    if column is None:
        detail = 'the table does not say when its features were observed; add `features_time = "…"` to `roles.toml`'
        return {"name": name, "available": False, "passed": None, "detail": detail, "figures": {}}
    time = seen.table.roles.time
    detail = f"in every row `{column}` is not later than `{time}`; such a row would be refused"
    if column == time:
        detail = f"the table states that its features are as of `{time}`, the decision itself"
    return {"name": name, "available": True, "passed": True, "detail": detail, "figures": {"rows": seen.table.rows}}
