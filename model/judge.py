"""What the gate is asked of one training: the new rule, the champion's, and the groups named beforehand, all on D2.

Against a champion both are judged as the API would act. Without one the new rule is judged by its scores alone, since
METHOD section 6 lets a table without harm labels pass, though nothing of it is sent.
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from model.champion import Acts, Champion, Served, as_served, other_weights
from model.champion import contacts as acts_of
from model.contracts import JSON, Certificate
from model.gate import (
    Against,
    calibration_check,
    doubts,
    gate,
    harm_check,
    schema_check,
    segments_check,
    value_check,
)
from model.golden import schema_problems
from model.learning.assess import Assessed
from model.learning.prepare import Prepared
from model.policy_value import Worth, worth
from model.scorer import Scorer
from model.segments import segment_effects
from model.split import Half, effective_clusters
from model.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def judged(  # noqa: PLR0913  (what was learned and certified, and whom it must beat)
    table: Table,
    prepared: Prepared,
    assessed: Assessed,
    *,
    certificate: Certificate,
    propensity: Mapping[str, JSON],
    champion: Champion | None,
) -> dict[str, JSON]:
    """Return the report's `gate`, `segments` and `champion`; `propensity` is the report's `propensity_check`."""
    rows, cluster = prepared.split.second, prepared.second.cluster
    served = as_served(certificate, assessed.score, table, rows)
    contacts = served.contacts if champion is not None else _by_score(certificate, assessed.score)
    rule = worth(contacts, assessed.gamma)
    remarks = [] if champion is None else _remarks(champion, served, assessed.scorer)
    acts = None if champion is None else acts_of(champion, table, rows)
    against = None if champion is None or acts is None else compared(champion, acts, rule, assessed.gamma, cluster)
    segments = segment_effects(
        {name: values[rows] for name, values in table.segments.items()},
        contacts,
        assessed.gamma,
        cluster,
        champion=None if acts is None else acts.contacts,
    )
    found = gate(
        [
            value_check(rule.interval(cluster), doubts=_doubts(prepared, propensity), against=against, remarks=remarks),
            harm_check(certificate, labels=_labels(table)),
            calibration_check(assessed.calibration),
            segments_check(segments, against=against),
            schema_check(schema_problems(assessed.scorer, table, rows)),
        ]
    )
    return {
        "gate": {"promoted": found.promoted, "checks": [asdict(check) for check in found.checks]},
        "segments": segments,
        "champion": None if against is None else asdict(against),
    }


def compared(champion: Champion, acts: Acts, rule: Worth, gamma: Floats, cluster: Ints) -> Against:
    """Return a champion with its own value and the new rule's paired gain over it."""
    other = None if acts.contacts is None else worth(acts.contacts, gamma)
    return Against(
        version=champion.version,
        manifest_sha256=champion.artefact.sha256,
        contacted=None if other is None else other.contacted,
        value=None if other is None else other.interval(cluster),
        difference=None if other is None else rule.minus(other, cluster),
        note=acts.note,
    )


def _by_score(certificate: Certificate, score: Floats) -> Floats:
    """Return whom the scores alone would contact: at or above the certified cut-off, 0 where there is none."""
    return (score >= (certificate.cutoff or 0.0)).astype(np.float64)


def _remarks(champion: Champion, served: Served, scorer: Scorer) -> list[str]:
    """Return what must be known of a comparison: why the new rule contacts nobody, and weights that differ."""
    idle = f"the new rule contacts nobody, as it would be served: {served.note}" if served.note else ""
    return [said for said in (idle, other_weights(champion, scorer)) if said]


def _doubts(prepared: Prepared, propensity: Mapping[str, JSON]) -> list[str]:
    """Return why a value on D2 is not to be believed."""
    second = prepared.second
    return doubts(
        propensity,
        clusters=effective_clusters(second.cluster),
        events=_events_in_smaller_arm(second),
        clipped=prepared.clipped / (len(prepared.first.rows) + len(second.rows)),
    )


def _labels(table: Table) -> list[str]:
    """Return the harms that have a label."""
    return [name for name, values in (("complaint", table.complaint), ("opt_out", table.opt_out)) if values is not None]


def _events_in_smaller_arm(half: Half) -> int:
    """Return how many rows of the arm with fewer rows have a benefit above 0."""
    smaller = half.contacted.mean() < 0.5
    return int(np.count_nonzero(half.benefit[half.contacted == smaller] > 0.0))
