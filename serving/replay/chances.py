"""The chances of a contact under a proposal, of all that was replayed: as they were drawn at first, or as confirmed."""

from dataclasses import replace

import numpy as np

from model.contracts import Shares
from serving.analytics.occasions import Occasions
from serving.ledger.lists import cut
from serving.people.replayable import Replayable
from serving.replay.effects import Chances
from serving.replay.judging import Proposal
from serving.replay.replaying import reread
from serving.replay.rereading import RECORDS, read_back
from serving.replay.tallying import Answers, Replay


def chances(ledger: Replayable, found: Replay, occasions: Occasions, proposal: Proposal, *, shares: Shares) -> Chances:
    """Return the chances of what was replayed; an occasion that was drawn as it was confirmed is decided again here."""
    first = _drawn(found.answers())
    later = _confirmed(ledger, np.setdiff1d(occasions.decision, first.number).tolist(), proposal, shares)
    order = np.argsort(np.concatenate([first.number, later.number]), kind="stable")
    confirmed = np.repeat([False, True], [len(first.number), len(later.number)])
    return Chances(
        number=np.concatenate([first.number, later.number])[order],
        contact=np.concatenate([first.contact, later.contact])[order],
        delayed=np.concatenate([first.delayed, later.delayed])[order],
        confirmed=confirmed[order],
    )


def _confirmed(ledger: Replayable, numbers: list[int], proposal: Proposal, shares: Shares) -> Answers:
    """Decide these again as they were confirmed; what was not drawn then is left out."""
    found = Replay()
    for some in cut(numbers, RECORDS):
        texts = dict(ledger.drawn_later(some))
        read, _ = read_back(texts.items())
        second = None if proposal.second is None else proposal.second.of(texts)
        reread(found, read, replace(proposal, second=second), shares=shares)
    return _drawn(found.answers())


def _drawn(answers: Answers) -> Answers:
    return answers.rows(~np.isnan(answers.contact))
