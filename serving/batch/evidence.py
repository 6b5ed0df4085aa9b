"""The evidence of a file beside the ledger's: what is on record wins, what only the file has is recorded first.

As inline evidence of the API: its source is the file where the row names none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from model.contracts import Candidate, Context, Event
from serving.batch.contexts import happened
from serving.candidates.rows import Row
from serving.ledger.events import of_one
from serving.policy.policy import Policy, digest_of
from serving.ports import Transaction


def known_of(
    transaction: Transaction, rows: Sequence[Row], *, now: datetime, policy: Policy
) -> tuple[list[Candidate], list[Context]]:
    """Return the candidates of rows of different customers, with what the ledger knows of each.

    Rows whose evidence is new are read after the others, so that nobody finds an event that came later in the file.
    Where each new event is of its row's own customer alone, no context rests on another row's: they are recorded, and
    read, together. Else one after the other.
    """
    candidates = [row.candidate for row in rows]
    contexts: dict[int, Context] = {}

    def read(places: Sequence[int]) -> None:
        some = [candidates[place] for place in places]
        digests = [digest_of(candidate, policy) for candidate in some]
        contexts.update(zip(places, transaction.contexts(some, now=now, digests=digests), strict=True))

    new = _new(transaction, rows, now)
    read([place for place in range(len(rows)) if place not in new])
    alone = all(of_one(event) and event.subject == candidates[place].user_id for place, event in new.items())
    for places in [list(new)] if alone else [[place] for place in new]:
        transaction.add_events([new[place] for place in places], recorded_at=now)
        for place in places:
            candidates[place] = _resting_on(new[place], candidates[place])
        read(places)
    return candidates, [contexts[place] for place in range(len(rows))]


def _new(transaction: Transaction, rows: Sequence[Row], now: datetime) -> Mapping[int, Event]:
    """Return the evidence that has happened and that its customer does not find in the ledger, by place."""
    told = {
        place: (row.candidate.evidence, row.evidence)
        for place, row in enumerate(rows)
        if row.candidate.evidence is not None and happened(row.evidence, now)
    }
    asked = [(reference, rows[place].candidate.user_id) for place, (reference, _) in told.items()]
    on_record = transaction.events(asked, now=now)
    return {place: event for (place, (_, event)), one in zip(told.items(), on_record, strict=True) if one is None}


def _resting_on(event: Event, candidate: Candidate) -> Candidate:
    """Return a candidate whose evidence is exactly this event."""
    reference = candidate.evidence
    return candidate if reference is None else replace(candidate, evidence=replace(reference, source=event.source))
