"""The context of a candidate: everything on record about the customer as of `now`, read in one transaction.

An event counts from the moment it happened; one after `now` never does. Harms (complaints, opt-outs) and sends count as
soon as they are recorded, whatever their stated time: leaving one out could only send more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from model.contracts import Candidate, Context, Event, Session
from model.history import history_features
from serving.ledger.approvals import approval_of
from serving.ledger.breaker import is_open
from serving.ledger.conversations import conversation_open, last_inbound
from serving.ledger.events import Found, find, superseded
from serving.ledger.identities import customer, names
from serving.ledger.instants import DAY, HOUR, SECOND, instant, micros
from serving.ledger.outcomes import Followed, dismissed_at, followed
from serving.ledger.preferences import preferences
from serving.ledger.requests import earlier_request, requested_channels
from serving.ledger.reservations import Send, sends, told
from serving.ledger.sessions import session_at
from serving.ledger.store import Store
from serving.ledger.visitors import returning
from serving.ledger.volumes import key_of
from serving.policy.facts import LISTED, fact_key


def context_of(store: Store, candidate: Candidate, *, now: datetime, digest: str | None) -> Context:
    """Read what is known for one candidate; `digest` is that of the template or text it would use."""
    user = customer(store, candidate.user_id)
    every = names(store, user)
    found = find(store, candidate.evidence, user_id=user, now=now)
    sent = sends(store, user_id=user, now=now)
    after = followed(store, every, channel=candidate.channel, now=now)
    prefers = preferences(store, user)
    session = session_at(store, candidate.session_id, now)
    outbound = [send.at for send in sent if send.outbound]
    return Context(
        evidence=None if found is None else found.event,
        superseded=found is not None and superseded(store, found, user_id=user, now=now),
        already_told=found is not None and told(store, user_id=user, fact_keys=_keys(found.event, every), now=now),
        last_inbound_at=None if found is None else last_inbound(store, found, user_id=user, now=now),
        consent=prefers is not None and prefers.consent.get(candidate.channel) is True,
        opted_out=after.opted_out_here,
        timezone=None if prefers is None else prefers.timezone,
        contacts=tuple(instant(at) for at in _within(outbound, now, 7 * DAY)),
        contacts_60m=len(_within(outbound, now, HOUR)),
        contacts_24h=len(_within(outbound, now, DAY)),
        contacts_7d=len(_within(outbound, now, 7 * DAY)),
        last_complaint_at=instant(max(after.complained)) if after.complained else None,
        complaint_open=after.complaint_open,
        conversation_open=conversation_open(store, user_id=user, now=now),
        session=session,
        dismissed_at=dismissed_at(store, user_id=user, purpose=candidate.purpose, now=now),
        returning=bool(sent)
        or after.any
        or returning(store, user, session, before=_began(session, found, now), now=now),
        requested_channels=frozenset() if found is None else requested_channels(found),
        earlier_request=found is not None and earlier_request(store, found, user_id=user, now=now),
        approval=approval_of(store, digest, template=candidate.message.template),
        breaker_open=is_open(store, key_of(candidate.message)),
        history=_history(sent, after, now),
    )


def _keys(event: Event, every: Sequence[str]) -> Iterator[str]:
    """Yield the fact's key under every name of the customer; of an incident each name saw itself listed."""
    for name in every:
        own = replace(event, data={**event.data, LISTED: [name]}) if event.data.get(LISTED) == [every[0]] else event
        yield fact_key(name, own)


def _within(times: Sequence[int], now: datetime, window: int) -> list[int]:
    """Keep the times with `now − t < window`, as the rolling caps count (CONTRACT section 6)."""
    moment = micros(now)
    return [at for at in times if moment - at < window]


def _began(session: Session | None, found: Found | None, now: datetime) -> datetime:
    """Return when the present visit began, as far as is known."""
    if session is not None:
        return session.started_at
    return now if found is None else found.event.time


def _history(sent: Sequence[Send], after: Followed, now: datetime) -> dict[str, float]:
    """Compute the features of `model.history`, in epoch seconds."""
    return history_features(
        micros(now) / SECOND,
        contacts=[send.at / SECOND for send in sent],
        engagements=[at / SECOND for at in after.engaged],
        complaints=[at / SECOND for at in after.complained],
        opt_outs=[at / SECOND for at in after.opted_out],
    )
