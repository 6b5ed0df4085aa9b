"""A change tried on the past, in one call: its report has examples by name, what it does to customers, who is meant.

Example:
    >>> report = tried_out(load_settings(), policy=Path("proposal.toml"), as_of=now())     # doctest: +SKIP
    >>> report["verdict"]["title"]                                                          # doctest: +SKIP
    'Customers would be worse off'
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from model.contracts import JSON
from serving.ledger.readings import extent
from serving.record.text import part_of
from serving.replay.proposal_ledger import Desk, Tried, Trying, tried
from serving.replay.proposed import is_looser, overruled, templates_that_differ
from serving.replay.report import Compared, described
from serving.replay.scored import Heard
from serving.replay.segments import segmented
from serving.replay.texts import words_that_differ
from serving.replay.weighing import weighed
from serving.settings import Settings


def tried_out(  # noqa: PLR0913  (all but the settings are named)
    settings: Settings,
    *,
    as_of: datetime,
    policy: Path | None = None,
    model: Path | None = None,
    since: datetime | None = None,
    jobs: int = 1,
    told: Callable[[float], None] = lambda _share: None,
) -> dict[str, JSON]:
    """Decide the ledger's past again under another policy or model; return the report of `docs/replay_report.md`.

    `as_of` is the present: it says which windows are over. `told` hears the share that is done.

    Raises:
        InvalidInput: the ledger is not there, or what is proposed cannot be tried.
    """
    job = Trying(
        ledger=settings.ledger,
        policy=settings.policy,
        limits=dict(settings.limits),
        shares=settings.shares,
        other_policy=policy,
        other_model=model,
        since=since,
    )
    with job.open() as desk:
        first, last = extent(desk.store, since=since, until=None) or (1, 0)
        found = tried(job, first, last, jobs=jobs, told=told)
        return reported(desk, found, ledger=str(settings.masked()["ledger"]), as_of=as_of)


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
