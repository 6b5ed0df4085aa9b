"""From what was tried to its report: examples by name, what it would have done to customers, and who is concerned."""

from dataclasses import asdict
from datetime import datetime

from model.contracts import JSON
from serving.record.text import part_of
from serving.replay.proposed import is_looser, overruled, templates_that_differ
from serving.replay.report import Compared, described
from serving.replay.scored import Heard
from serving.replay.segments import segmented
from serving.replay.texts import words_that_differ
from serving.replay.trying import Desk, Tried
from serving.replay.weighing import weighed


def reported(desk: Desk, found: Tried, *, ledger: str, as_of: datetime) -> dict[str, JSON]:
    """Return the report of what was tried; `ledger` is its address without passwords, `as_of` closes windows."""
    found.replay.named(desk.ledger.records_of)
    (configured, then), (at_hand, other) = desk.job.configured(), desk.policies
    proposal, shares = desk.proposal(Heard()), desk.job.shares
    before = _model_of_the_newest(desk, found)
    compared = Compared(
        ledger=ledger,
        made_at=as_of,
        limits=(at_hand.limits, other.limits),
        policy=(at_hand.version, other.version),
        model=(before, before if desk.scorer is None else desk.scorer.version),
        cutoff=(None, None if desk.scorer is None else desk.scorer.cutoff),
        templates=templates_that_differ(at_hand, other),
        texts=words_that_differ(at_hand, other),
        overruled=overruled(configured.limits, then.limits, other.limits),
        tightened=next(iter(desk.ledger.tightenings(limit=1)), None),
        since=desk.job.since,
        looser=is_looser(at_hand.limits, other.limits),
    )
    return described(
        compared,
        found.replay,
        weighed=weighed(desk.ledger, found.replay, proposal, shares=shares, as_of=as_of),
        segments=segmented(found.replay.answers(), desk.ledger.records_of),
        asked=None if desk.scorer is None else asdict(found.heard),
    )


def _model_of_the_newest(desk: Desk, found: Tried) -> str | None:
    """Return the model that the newest decision was asked of."""
    newest = found.replay.answers().number[-1:].tolist()
    texts = (text for _, text in desk.ledger.records_of(newest)) if newest else ()
    return next((part_of(text, "decided", "decision", "model_version") for text in texts), None)
