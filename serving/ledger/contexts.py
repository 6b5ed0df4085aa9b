"""The contexts of candidates: everything on record about their customers as of `now`, read in one transaction.

A group is read at once: each theme by one statement, for those alone of whom there is anything to read. What is found
of one candidate never depends on who else is asked about.

An event counts from the moment it happened; one after `now` never does. Harms (complaints, opt-outs) and sends count as
soon as they are recorded, whatever their stated time: leaving one out could only send more.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from model.contracts import Candidate, Context, Session
from model.history import history_features, nothing_on_record
from serving.ledger.approvals import approvals_of
from serving.ledger.breaker import open_keys
from serving.ledger.conversations import conversing, last_inbound
from serving.ledger.evidence import Found, find_all, superseded
from serving.ledger.identities import customers, names_of
from serving.ledger.instants import DAY, HOUR, SECOND, instant, micros
from serving.ledger.outcomes import Followed, dismissed_at, followed
from serving.ledger.preferences import preferences_of
from serving.ledger.requests import earlier_requests, requested_channels
from serving.ledger.reservations import Send, sends, told
from serving.ledger.sessions import sessions_at
from serving.ledger.store import Store
from serving.ledger.traces import MANY, Trace, traces
from serving.ledger.volumes import key_of
from serving.policy.facts import LISTED, fact_key
from serving.ports import Preferences

NOBODY: frozenset[str] = frozenset()
SAID_NOTHING = Preferences()
DID_NOTHING = Followed()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Customers:
    """What is on record about the customers of a group; one of whom nothing is found is left out of a mapping."""

    now: int
    nothing: Mapping[str, float]  # the features of those without any history: one and the same for all of them
    traces: Mapping[str, Trace]
    names: Mapping[str, Sequence[str]]
    preferences: Mapping[str, Preferences]
    sends: Mapping[str, Sequence[Send]]
    followed: Mapping[str, Followed]
    dismissed: Mapping[tuple[str, str], datetime]  # by customer and purpose
    conversing: AbstractSet[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is on record about the evidence of a group, by pairs of event and customer."""

    superseded: AbstractSet[str]
    already_told: AbstractSet[str]
    last_inbound: Mapping[str, datetime]
    asked_for: AbstractSet[str]


def contexts_of(
    store: Store, candidates: Sequence[Candidate], *, now: datetime, digests: Sequence[str | None]
) -> list[Context]:
    """Read what is known for each candidate; `digests` are those of the template or text that each would use."""
    if not candidates:
        return []
    moment = micros(now)
    stands_for = customers(store, [candidate.user_id for candidate in candidates])
    users = [stands_for[candidate.user_id] for candidate in candidates]
    known = _customers(store, candidates, users, moment)
    found = find_all(store, [(one.evidence, user) for one, user in zip(candidates, users, strict=True)], now=moment)
    evidence = _told(store, [one for one in found if one is not None], known)
    ids = {one.session_id for one in candidates if one.session_id is not None}
    sessions = sessions_at(store, ids, now=moment) if ids else {}
    approvals = approvals_of(store, [(d, one.message.template) for d, one in zip(digests, candidates, strict=True)])
    broken = open_keys(store)
    return [
        _context(
            candidate,
            known,
            evidence,
            user=user,
            found=one,
            session=None if candidate.session_id is None else sessions.get(candidate.session_id),
            approval=approval,
            broken=broken,
        )
        for candidate, user, one, approval in zip(candidates, users, found, approvals, strict=True)
    ]


def _customers(store: Store, candidates: Sequence[Candidate], users: Sequence[str], now: int) -> _Customers:
    """Read what is on record about customers themselves."""
    every = set(users)
    seen = traces(store, every, now=now)
    renamed = [user for user in every if seen[user].renamed]
    names = {user: (user,) for user in every} | (names_of(store, renamed) if renamed else {})
    reserved = [user for user in every if seen[user].reserved]
    reported = {user: names[user] for user in every if seen[user].reported}
    talked = [user for user in every if seen[user].conversed]
    purposes: dict[str, set[str]] = {}
    for candidate, user in zip(candidates, users, strict=True):
        if seen[user].dismissed:
            purposes.setdefault(candidate.purpose, set()).add(user)
    return _Customers(
        now=now,
        nothing=nothing_on_record(now, unit=SECOND),
        traces=seen,
        names=names,
        preferences=preferences_of(store, every),
        sends=sends(store, reserved, now=now) if reserved else {},
        followed=followed(store, reported, now=now) if reported else {},
        dismissed={
            (user, purpose): at
            for purpose, some in purposes.items()
            for user, at in dismissed_at(store, some, purpose=purpose, now=now).items()
        },
        conversing=conversing(store, talked, now=now) if talked else NOBODY,
    )


def _told(store: Store, found: Sequence[Found], known: _Customers) -> _Told:
    """Read what is on record about evidence: newer events, and what its customers were told, wrote and asked for."""
    now, seen = known.now, known.traces
    of_one = {user for user, trace in seen.items() if trace.events < MANY}
    others = [one for one in found if not (one.own and one.user_id in of_one)]  # of whom there is more than this
    keys = {one.pair: set(_keys(one, known.names[one.user_id])) for one in found if one.user_id in known.sends}
    facts = told(store, {fact for some in keys.values() for fact in some}, now=now)
    return _Told(
        superseded=superseded(store, found, now=now, of_one=of_one),
        already_told={pair for pair, some in keys.items() if not facts.isdisjoint(some)},
        last_inbound=last_inbound(store, [one for one in found if seen[one.user_id].conversed], now=now),
        asked_for=earlier_requests(store, others, now=now),
    )


def _keys(found: Found, every: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the fact's key under every name of the customer, who was told it; an incident listed each by its name."""
    event = found.event
    for name in every:
        own = event
        if name != found.user_id and event.data.get(LISTED) == [found.user_id]:
            own = replace(event, data={**event.data, LISTED: [name]})
        yield fact_key(name, own), found.user_id


def _context(  # noqa: PLR0913  (what is known of one candidate, all named)
    candidate: Candidate,
    known: _Customers,
    told_of: _Told,
    *,
    user: str,
    found: Found | None,
    session: Session | None,
    approval: str,
    broken: AbstractSet[str],
) -> Context:
    """Put together what is known of one candidate."""
    now, pair = known.now, None if found is None else found.pair
    prefers = known.preferences.get(user, SAID_NOTHING)
    sent, after = known.sends.get(user, ()), known.followed.get(user, DID_NOTHING)
    trace = known.traces[user]
    week = [send.at for send in sent if send.outbound and now - send.at < 7 * DAY]
    return Context(
        evidence=None if found is None else found.event,
        superseded=pair in told_of.superseded,
        already_told=pair in told_of.already_told,
        last_inbound_at=None if pair is None else told_of.last_inbound.get(pair),
        consent=prefers.consent.get(candidate.channel) is True,
        opted_out=after.opted_out_of(candidate.channel),
        timezone=prefers.timezone,
        contacts=tuple(instant(at) for at in week),
        contacts_60m=_within(week, now, HOUR),
        contacts_24h=_within(week, now, DAY),
        contacts_7d=len(week),
        last_complaint_at=instant(max(after.complained)) if after.complained else None,
        complaint_open=after.complaint_open,
        conversation_open=user in known.conversing,
        session=session,
        dismissed_at=known.dismissed.get((user, candidate.purpose)),
        returning=bool(sent) or bool(trace.reported) or trace.returning(_began(session, found, now)),
        requested_channels=NOBODY if found is None else requested_channels(found.event),
        earlier_request=pair in told_of.asked_for,
        approval=approval,
        breaker_open=bool(broken) and key_of(candidate.message) in broken,
        history=_history(sent, after, now) if sent or after is not DID_NOTHING else known.nothing,
    )


def _within(times: Sequence[int], now: int, window: int) -> int:
    """Count the times with `now − t < window`, as the rolling caps do (CONTRACT section 6)."""
    return len([at for at in times if now - at < window]) if times else 0


def _began(session: Session | None, found: Found | None, now: int) -> int:
    """Return when the present visit began (microseconds), as far as is known."""
    if session is not None:
        return micros(session.started_at)
    return now if found is None else found.seen


def _history(sent: Sequence[Send], after: Followed, now: int) -> dict[str, float]:
    """Compute the features of `model.history`, exactly: in whole microseconds."""
    return history_features(
        now,
        contacts=[send.at for send in sent],
        engagements=after.engaged,
        complaints=after.complained,
        opt_outs=[at for at, _ in after.opted_out],
        unit=SECOND,
    )
