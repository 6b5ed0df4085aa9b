"""The answers to the plain rows of a batch, from columns to columns: no object per row.

What decides stands elsewhere, and is called here once for each pattern or way: `judging.judge`, `verdicts.worded`,
`thanks.settle`, `templates`. Rows come in few combinations of verdicts and ways of the score; each has one answer but
for its times, text and figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from model.contracts import Action
from serving.batch.files import DECISIONS, INSTANT
from serving.columnar.asking import Asked, CodeScorer, ask_columns
from serving.columnar.planned import Planned
from serving.columnar.sayings import filled, stated
from serving.columnar.taking import taken
from serving.judging import Judged, instants, judge
from serving.policy.columns import Floats, Mask
from serving.policy.engine import REFUSE, Ruling
from serving.policy.policy import Policy
from serving.thanks import FIGURES
from serving.verdicts import Pattern, worded

Places = NDArray[np.intp]
SEND, HOLD, DENY = Action
SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True, eq=False)
class _Outcomes:
    """How n rows came out: `actions` and `codes` of each outcome that there is, and `which` [n] each row has."""

    actions: Sequence[Action]
    codes: Sequence[tuple[str, ...]]
    which: Places

    def rows(self, action: Action) -> Places:
        """Return the rows with this action."""
        return np.flatnonzero(np.array([each is action for each in self.actions], dtype=np.bool_)[self.which])


def answered(  # noqa: PLR0913  (everything that the answers depend on is an argument: promise 8)
    batch: pa.RecordBatch,
    planned: Planned,
    ids: pa.Array,
    *,
    scorer: CodeScorer | None,
    policy: Policy,
    now: datetime,
) -> pa.Table:
    """Return the answers to the plain rows as columns of `DECISIONS`, in their order.

    `ids` are the decision ids of all rows of the batch. A plan: nothing is drawn, and it is decided as arm `model`.
    """
    if not len(planned.plain):
        return DECISIONS.empty_table()
    judged = judge(planned.columns, policy.limits)
    kind = planned.kind[judged.asked]
    asked = ask_columns(scorer, batch, planned.plain[judged.asked], kinds=planned.kinds, kind=kind, now=now)
    outcomes = _outcomes(judged, asked)
    rows, which = len(planned.plain), pa.array(outcomes.which)
    candidate_ids, own_ids = (taken(column, planned.plain) for column in (batch.column("candidate_id"), ids))
    columns = {
        "candidate_id": candidate_ids.cast(pa.string()),
        "decision_id": own_ids,
        "action": pa.array(list(map(str, outcomes.actions)), type=pa.string()).take(which),
        "reasons": pa.array(outcomes.codes, type=DECISIONS.field("reasons").type).take(which),
        **_times(judged, outcomes),
        "text": _texts(batch, planned, outcomes.rows(SEND), policy),
        **_figures(judged.asked, asked, rows),
        "arm": pa.nulls(rows, pa.string()),
        "logging_propensity": pa.nulls(rows, pa.float64()),
        "model_version": pa.repeat(pa.scalar(None if scorer is None else scorer.version, pa.string()), rows),
        "policy_version": pa.repeat(pa.scalar(policy.version, pa.string()), rows),
    }
    return pa.table(columns, schema=DECISIONS)


def _outcomes(judged: Judged, asked: Asked) -> _Outcomes:
    """Find the outcomes: the patterns of verdicts, and of rows that were asked, the ways of the score."""
    patterns, which = found(judged.ruling)
    actions, codes = [each.action for each in patterns], [each.codes for each in patterns]
    for refused in asked.refused:
        actions.append(DENY if refused else SEND)
        codes.append(refused)
    which[judged.asked] = len(patterns) + asked.way
    return _Outcomes(actions, codes, which)


def found(ruling: Ruling) -> tuple[list[Pattern], Places]:
    """Return the patterns of a ruling, one for each combination of refusals, and which of them each row has."""
    refused = ruling.verdicts == REFUSE
    keys = np.zeros(refused.shape[1], dtype=np.uint64)  # a bit for each code: there are fewer than 64
    for code in np.flatnonzero(refused.any(axis=1)):
        keys |= refused[code].astype(np.uint64) << np.uint64(code)
    known = pa.array(keys).dictionary_encode()
    which = known.indices.to_numpy().astype(np.intp)
    first = np.empty(len(known.dictionary), dtype=np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    return [worded(ruling.verdicts[:, row].tobytes()) for row in first.tolist()], which


def _times(judged: Judged, outcomes: _Outcomes) -> dict[str, pa.Array]:
    """Return `not_before` and `expires_at`."""
    shown: dict[str, Floats] = {name: np.full(len(outcomes.which), np.nan) for name in ("not_before", "expires_at")}
    for action in Action:
        rows = outcomes.rows(action)
        some = instants(action, judged.waits[rows], judged.ends[rows], judged.until[rows])
        for column, values in zip(shown.values(), some, strict=True):
            if values is not None:
                column[rows] = values
    return {name: stamps(column) for name, column in shown.items()}


def stamps(seconds: Floats) -> pa.Array:
    """Return epoch seconds as instants, null where there is none: to the microsecond, halves to even.

    As `datetime.fromtimestamp` does, which rounds what follows the whole second.
    """
    none = ~np.isfinite(seconds)
    part, full = np.modf(np.where(none, 0.0, seconds))
    micros = full.astype(np.int64) * SECOND + np.rint(part * SECOND).astype(np.int64)
    return pa.array(micros, mask=none).cast(INSTANT)


def _texts(batch: pa.RecordBatch, planned: Planned, sends: Places, policy: Policy) -> pa.Array:
    """Return the text of each plain row that is sent; null elsewhere."""
    rows = len(planned.plain)
    if not len(sends):
        return pa.nulls(rows, pa.string())
    parts = list(_by_template(batch, planned, sends, policy))
    texts = pa.concat_arrays([part for _, part in parts])
    at = np.concatenate([places for places, _ in parts])
    place, none = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=np.bool_)
    place[at], none[at] = np.arange(len(at)), False
    return texts.take(pa.array(place, mask=none))


def _by_template(
    batch: pa.RecordBatch, planned: Planned, sends: Places, policy: Policy
) -> Iterator[tuple[Places, pa.Array]]:
    """Yield the sends that share a template, or have none, and their texts."""
    names = [one.message.template for one in planned.kinds]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    mine = np.array([numbers[name] for name in names])[planned.kind[sends]]
    for number in np.unique(mine).tolist():
        name = list(numbers)[number]
        some = sends[mine == number]
        rows = planned.plain[some]
        yield some, stated(batch, rows) if name is None else filled(batch, rows, policy.templates[name])


def _figures(places: Places, asked: Asked, rows: int) -> dict[str, pa.Array]:
    """Return the figures of rows that were asked, at these places among all rows, and the cut-off."""
    shown = [(name, figure, asked.known) for name, figure in zip(FIGURES, asked.figures, strict=True)]
    shown.append(("cutoff", asked.cutoff, ~np.isnan(asked.cutoff)))
    return {name: _spread(values, known, places, rows) for name, values, known in shown}


def _spread(values: Floats, known: Mask, places: Places, rows: int) -> pa.Array:
    """Return values at their places among rows, null where they are not known."""
    column, none = np.zeros(rows), np.ones(rows, dtype=np.bool_)
    column[places], none[places] = values, ~known
    return pa.array(column, mask=none)
