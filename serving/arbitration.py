"""Arbitration: of several messages that one request has for one customer, which goes on (CONTRACT section 7). Pure.

Those that no filter refuses are ranked before score and draw: essential first, then the earliest expiry, then the order
of purposes in section 5, then the order in which they came. Only the first goes on, even where it is withheld then.
"""

from collections.abc import Sequence
from datetime import datetime

from model.contracts import Candidate, Context
from serving.policy.engine import rule
from serving.policy.policy import Policy
from serving.policy.purposes import PURPOSE_INDEX
from serving.policy.rows import columns_of
from serving.policy.rules import FILTERS, expiry
from serving.policy.waivers import is_essential

Rank = tuple[bool, float, int, int]


def outranked(
    candidates: Sequence[Candidate], contexts: Sequence[Context], *, now: datetime, policy: Policy
) -> list[bool]:
    """Return whether another candidate of the same customer goes before it, one each; all of them are of one request.

    What a filter refuses neither ranks nor is outranked: its own reasons stand.
    """
    behind = [False] * len(candidates)
    if len({candidate.user_id for candidate in candidates}) == len(candidates):
        return behind
    rivals: dict[str, list[int]] = {}
    for place, candidate in enumerate(candidates):
        rivals.setdefault(candidate.user_id, []).append(place)
    contested = [place for places in rivals.values() if len(places) > 1 for place in places]
    ranks = _ranks([candidates[place] for place in contested], [contexts[place] for place in contested], now, policy)
    first: dict[str, tuple[Rank, int]] = {}
    for place, rank in zip(contested, ranks, strict=True):
        if rank is not None:
            user = candidates[place].user_id
            first[user] = min(first.get(user, (rank, place)), (rank, place))
    for place, rank in zip(contested, ranks, strict=True):
        behind[place] = rank is not None and first[candidates[place].user_id][1] != place
    return behind


def _ranks(
    candidates: Sequence[Candidate], contexts: Sequence[Context], now: datetime, policy: Policy
) -> list[Rank | None]:
    """Return what each is ranked by, the first the smallest; None where a filter refuses it."""
    columns = columns_of(candidates, contexts, now=now, policy=policy).columns
    ruling = rule(columns, policy.limits, FILTERS)
    refused = (ruling.denied | ruling.held).tolist()
    ends = expiry(columns, policy.limits).tolist()
    rows = zip(refused, is_essential(columns).tolist(), ends, candidates, strict=True)
    return [
        None if no else (not essential, end, PURPOSE_INDEX[candidate.purpose], place)
        for place, (no, essential, end, candidate) in enumerate(rows)
    ]
