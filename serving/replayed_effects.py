"""What other limits, or another cut-off, would have done to benefit and harms (METHOD section 8).

Rows are the occasions of the replayed decisions that reached the draw and whose longest window has closed. The
evaluation policy contacts a row with the probability that it has under the proposal: 0 where a limit newly refuses it
for good, that of its side of the cut-off otherwise. What is newly held until a time at which it still holds keeps its
draw and goes out later: no chance delays anybody, so what a delay does is on no record, and such a row counts as it
was (`delayed` says how many). Difference to the policy as it was logged: doubly robust, with the means of
purpose and channel (apart where a chance changes), cross-fitted by customer; two-sided 95 %, clustered by customer,
asymptotic.

Refused by `model.off_policy` below an effective sample size of 200, or outside of what was ever tried. Besides, there
is no figure where fewer than 5 events lie among the rows that change in either arm (opt-outs: among the contacted,
nobody else can): the normal approximation is not to be had (the rule of Cochran, 1954: five expected events), and an
arm without any event would look as if it had no variance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON, Interval
from model.errors import InvalidInput, Unanswerable
from model.off_policy import Log, evaluate, with_part_means
from serving.ledger_labels import LONGEST, labels
from serving.replaying import Again, Replay
from serving.standing import Occasion

Mask = NDArray[np.bool_]
OUTCOMES: Final = {"benefit": "engaged", "complaint": "complained", "opt_out": "opted_out"}
LEAST_EVENTS: Final = 5
WHERE: Final = ", where something would change"  # a part of its own: the answer rests on it (decision 12)
NONE, NOTHING, DELAYED, FEW = "none", "nothing", "delayed", "few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Differences per occasion, proposal minus what was logged; None where there is none, and `missing` says why.

    `missing`: `none` (no such occasion), `nothing` (no chance of a contact changes), `delayed` (some messages would go
    out later, and that is all), or `few` (the log cannot answer, and `said` why). `rows` are the occasions, `changed`
    those whose chance of a contact changes, `delayed` those that would be contacted later; `confirmed` are those of
    both that were held at first, and drawn and decided again as they were confirmed.
    """

    rows: int
    customers: int
    changed: int
    delayed: int = 0
    confirmed: int = 0
    differences: Mapping[str, Interval | None] = field(default_factory=dict)
    missing: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    user_id: str
    part: str
    contacted: bool
    e: float
    contact: float
    delayed: bool
    confirmed: bool
    outcomes: Mapping[str, bool | None]


def effects(occasions: Iterable[Occasion], replay: Replay, *, as_of: datetime) -> Effects:
    """Return what the proposal would have done; `replay` holds the decisions of these occasions."""
    rows = [row for one in occasions if (row := _row(one, replay, as_of)) is not None]
    changed = np.array([row.contact != row.e for row in rows], dtype=np.bool_)
    customers = len({row.user_id for row in rows})
    found = Effects(
        rows=len(rows),
        customers=customers,
        changed=int(changed.sum()),
        delayed=sum(row.delayed for row in rows),
        confirmed=sum(row.confirmed and (row.delayed or row.contact != row.e) for row in rows),
    )
    if not found.changed:
        return replace(found, missing=DELAYED if found.delayed else NOTHING if rows else NONE)
    try:
        differences = {name: _difference(rows, changed, column) for name, column in OUTCOMES.items()}
    except (InvalidInput, Unanswerable) as error:
        return replace(found, missing=FEW, said=str(error))
    return replace(found, differences=differences)


def _difference(rows: list[_Row], changed: Mask, column: str) -> Interval | None:
    outcome = np.array([bool(row.outcomes[column]) for row in rows], dtype=np.float64)
    log = Log(
        contacted=np.array([row.contacted for row in rows]),
        propensity=np.array([row.e for row in rows]),
        outcome=outcome,
        cluster=np.array([row.user_id for row in rows]),
        part=np.array([row.part for row in rows]),
    )
    found = evaluate(with_part_means(log), np.array([row.contact for row in rows])).against_logging.doubly_robust
    arms = (log.contacted,) if column == OUTCOMES["opt_out"] else (log.contacted, ~log.contacted)
    return found if all(np.sum(outcome[changed & each]) >= LEAST_EVENTS for each in arms) else None


def _row(one: Occasion, replay: Replay, as_of: datetime) -> _Row | None:
    """Return an occasion as a row; None where its window is open, or it cannot be decided again."""
    candidate, decision = one.record["candidate"], one.record["decided"]["decision"]
    at = datetime.fromisoformat(decision["decided_at"])
    if at + LONGEST > as_of:
        return None
    drawn = _drawn(one.record, decision["decision_id"], replay)
    if drawn is None:
        return None
    contact, delayed, confirmed = drawn
    e = one.assignment.contact_probability
    followed = labels(
        one.outcomes,
        contacts=(decision["decision_id"], *one.again),
        decided_at=at,
        contacted=one.assignment.contacted,
        as_of=as_of,
    )
    return _Row(
        user_id=candidate["user_id"],
        part=f"{candidate['purpose']} by {candidate['channel']}{WHERE if contact != e else ''}",
        contacted=one.assignment.contacted,
        e=e,
        contact=contact,
        delayed=delayed,
        confirmed=confirmed,
        outcomes=followed,
    )


def _drawn(record: Mapping[str, JSON], decision_id: str, replay: Replay) -> tuple[float, bool, bool] | None:
    """Return the probability of a contact, whether it would be later, and whether it was drawn when it was confirmed.

    What was drawn when it was confirmed is decided again here, as it was then; None where that cannot be done.
    """
    contact = replay.contacts.get(decision_id)
    if contact is not None:
        return contact, decision_id in replay.delayed, False
    [again] = replay.again([record])
    return (again.contact, again.delayed, True) if isinstance(again, Again) and again.contact is not None else None
