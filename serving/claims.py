"""What a sender claims beside the ledger: of the customer in a file, of an event that is on record already.

Of both accounts the stricter counts (CONTRACT section 9), when it is decided and whenever it is confirmed: so the claim
stays on record with the candidate. A count says how many there were when it was decided. It binds until its window has
passed since then, and what was sent in between comes on top. Everything else binds as long as the candidate does.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from model.contracts import NOTHING, Candidate, Claim, Context, Event
from serving.policy.facts import differ, unlisted
from serving.stricter import stricter

WINDOWS = {
    "contacts_60m": timedelta(hours=1),
    "contacts_24h": timedelta(hours=24),
    "contacts_7d": timedelta(days=7),
}
SAID = tuple(field.name for field in fields(Claim) if field.name not in {"evidence", "unknown"})
SILENT = Claim()


def with_claim(
    candidate: Candidate,
    known: Context,
    event: Event | None,
    says: Mapping[str, Any] = NOTHING,
    unknown: frozenset[str] = frozenset(),
) -> Candidate:
    """Return the candidate with what its sender claims, as far as that can forbid anything now or later.

    `event` is the evidence as it was told with the candidate, `says` maps fields of `Context` to what was said of them.
    An event on record never changes: what adds nothing to it now never will.
    """
    if event is not None and _adds_nothing(event, known, candidate.user_id):
        event = None
    if event is None and not unknown and all(getattr(SILENT, name) == value for name, value in says.items()):
        return candidate
    if event is not None:
        event = replace(event, data=unlisted(event.data))
    return replace(candidate, claim=Claim(**says, evidence=event, unknown=unknown))


def _adds_nothing(event: Event, known: Context, user_id: str) -> bool:
    """Whether the evidence as it was told leaves what is known as it is (`_anew`): most often they are the same."""
    evidence = known.evidence
    if evidence is None:
        return True
    if event.time < evidence.time or event.subject not in {None, user_id, evidence.subject}:
        return False
    return known.superseded or not differ(unlisted(event.data), evidence.data)


def claimed(candidate: Candidate, known: Context, *, at: datetime, now: datetime) -> Context:
    """Return the stricter of what is on record `now` and what the sender claimed when it was decided, `at`."""
    claim = candidate.claim
    if claim is None:
        return known
    over = {name for name, window in WINDOWS.items() if now - at >= window}
    since = sum(sent >= at for sent in known.contacts)
    anew = _anew(known, claim, candidate.user_id)
    said = {name: getattr(claim, name) for name in SAID}
    said |= {name: 0 if name in over else said[name] + since for name in WINDOWS}
    said["superseded"] |= anew.superseded
    return stricter(known, replace(anew, **said, unknown=known.unknown | (claim.unknown - over)))


def _anew(known: Context, claim: Claim, user_id: str) -> Context:
    """Return what is known, with its evidence as it was told anew: of the older time; other facts supersede.

    An event that comes under the identity of a recorded one changes nothing on record; where the two accounts differ,
    one of them is wrong, and nobody can say which. Nor whose it is, where the sender names another customer.
    """
    told, evidence = claim.evidence, known.evidence
    if told is None or evidence is None:
        return known
    subject = evidence.subject if told.subject in {None, user_id} else told.subject
    return replace(
        known,
        evidence=replace(evidence, time=min(evidence.time, told.time), subject=subject),
        superseded=known.superseded or differ(told.data, evidence.data),
    )
