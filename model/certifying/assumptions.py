"""What a certificate rests on, all of it and in words (METHOD sections 1, 2 and 4).

Some of it can be checked, and is (the draw, the halves, the rows that count); the rest is a promise of whoever made the
table. Both are listed: nobody who quotes a certificate should have to guess what it takes for granted.
"""

from collections.abc import Iterator

from model.certifying.harm import Design, Evidence
from model.certifying.trials import Question
from model.certifying.words import covered
from model.learning.prepare import Prepared
from model.manifest import LIFETIME
from model.table import Table

PROMISED = (
    (
        "the logged propensities are those of the design, drawn afresh per occasion, never once per customer, after "
        "every filter had passed"
    ),
    "contact is as assigned (intention to treat): a message that was cancelled, not delivered or not read is a contact",
    (
        "complaints are all that a customer made in the window, counted alike with contact and without, from a source "
        "that does not depend on the message thread; opt-outs are harm that was reported of this very message"
    ),
    "the longest outcome window of every row had closed, and its features are as logged at the decision",
    "clusters do not influence each other; the future resembles the period of D2",
    (
        "it is about occasions on which every filter had passed, which past contacts decide too, and about “contact "
        "now, then go on as usual”; it is an average over contacts, not a limit for any one customer or group"
    ),
)


def assumptions(  # noqa: PLR0913  (the table, what was asked of it, and what was counted)
    table: Table,
    prepared: Prepared,
    question: Question,
    *,
    second: Evidence,
    design: Design,
    scope: tuple[tuple[str, str], ...],
) -> tuple[str, ...]:
    """Return what the certificate rests on, in words: what was promised, what was asked, what the table is."""
    return (
        *PROMISED,
        *_asked(question),
        *_counted(table, prepared, second, design),
        *_labels(table, prepared),
        *_void(table, scope),
    )


def _asked(question: Question) -> Iterator[str]:
    """Which rule, and at which level."""
    yield (
        f"exploration is part of the rule: contact with probability {question.shares.above:g} at or above the cut-off "
        f"and {question.shares.below:g} below it; with other shares of the arms it does not hold"
    )
    yield (
        f"attempt {question.attempt} on these data, at level {question.level:.4g}; all attempts together stay at "
        f"{question.delta:.4g} if each is counted, whether it was kept or not"
    )


def _counted(table: Table, prepared: Prepared, second: Evidence, design: Design) -> Iterator[str]:
    """Which rows count."""
    yield f"{prepared.split.note}; D1 has {len(prepared.split.first)} rows, D2 {len(prepared.split.second)}"
    order = "in time" if table.time is not None else "in the order of the table, which has no `time`"
    yield (
        f"M = {design.rows_per_cluster} first rows of a cluster count, {order}; {1.0 - second.kept.mean():.2%} of D2 "
        "are beyond"
    )


def _labels(table: Table, prepared: Prepared) -> Iterator[str]:
    """What the outcomes are."""
    if table.opt_out is not None:
        out = ~prepared.second.contacted
        without = int(table.opt_out[prepared.split.second][out].sum())
        yield f"opt-outs without contact on D2: {without} of {int(out.sum())} held-out rows, not counted as harm"
    if not table.benefit_binary:
        yield "the benefit is a value, not 0/1: its intervals are asymptotic only"


def _void(table: Table, scope: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Where and until when it holds."""
    if scope:
        yield f"it covers what D2 has seen and nothing else: {covered(scope)}"
    elif table.purpose is None or table.channel is None:
        yield "the table names no purpose and channel: the certificate permits no send"
    yield (
        f"it is void outside its scope, for any other scorer, {LIFETIME.days} days after its issue, and once messages "
        "were sent for 14 days without any outcome reported"
    )
