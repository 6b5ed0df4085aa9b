"""What customers said of zone and consent: with `PUT …/preferences` all of it, in an event some of it, early or late.

The newest statement counts, by its own time: a grant only where nothing newer, or of the same instant, says otherwise;
of two whole ones of one instant the later recorded. A consent that is taken back counts as soon as it is recorded,
whatever its time: leaving that out could only send more. Every statement stays on record. Where two customers turn out
to be one, what stands is what would, had all of it been said of one.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from serving.ledger.instants import EVER, micros
from serving.ledger.lists import listed
from serving.ledger.store import Row, Store
from serving.ports import Preferences

NOTHING_STATED = "null"

_LAST = """SELECT user_id, at, timezone, consent, known FROM json_each(:users) AS asked CROSS JOIN preferences
    ON seq = (SELECT seq FROM preferences WHERE user_id = asked.value ORDER BY at DESC, seq DESC LIMIT 1)"""
_ADD = """INSERT INTO preferences (user_id, at, timezone, consent, stated, known)
    VALUES (:user, :at, :timezone, :consent, :stated, :known)"""
_STATED = """SELECT at, timezone, consent, stated FROM preferences
    WHERE user_id = :user OR user_id = :alias ORDER BY seq"""
_FORGET = "DELETE FROM preferences WHERE user_id = :user"
_MOVE = "UPDATE preferences SET user_id = :user WHERE user_id = :alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody said at a time (microseconds). `whole`: what is not named is taken back."""

    at: int
    timezone: str | None
    consent: Mapping[str, bool]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands after some statements, with the times (microseconds) of those that count.

    `at` is the latest of any, `whole_at` of the whole ones, `said` of each channel.
    """

    at: int = EVER
    timezone: str | None = None
    zoned_at: int = EVER
    consent: Mapping[str, bool] = field(default_factory=dict)
    said: Mapping[str, int] = field(default_factory=dict)
    whole_at: int = EVER


def preferences_of(store: Store, users: Iterable[str]) -> dict[str, Preferences]:
    """Return what stands of what each of these customers told us; who told nothing is left out."""
    rows = store.rows(_LAST, users=listed(users))
    permits = {text: json.loads(text) for text in {row[3] for row in rows}}  # many say the same
    return {row[0]: Preferences(timezone=row[2], consent=permits[row[3]]) for row in rows}


def preferences(store: Store, user_id: str) -> Preferences | None:
    """Return what stands of what this customer told us, or None where they told nothing."""
    return preferences_of(store, (user_id,)).get(user_id)


def _last(store: Store, user_id: str) -> Standing | None:
    """Read what stands, or None where nothing was said; what an older version wrote was whole."""
    row = store.row(_LAST, users=listed((user_id,)))
    if row is None:
        return None
    _, at, timezone, text, known = row
    consent = json.loads(text)
    zoned_at, whole_at, said = [at, at, {}] if known is None else json.loads(known)
    return Standing(at=at, timezone=timezone, zoned_at=zoned_at, consent=consent, said=said, whole_at=whole_at)


def set_preferences(store: Store, user_id: str, told: Preferences, *, at: datetime) -> None:
    """Record everything that the customer permits; consent is yes only where it is exactly true."""
    consent = {channel: answer is True for channel, answer in told.consent.items()}
    state(store, user_id, Statement(at=micros(at), timezone=told.timezone, consent=consent, whole=True))


def state(store: Store, user_id: str, said: Statement) -> None:
    """Record a statement, with what stands after it."""
    before = _last(store, user_id) or Standing()
    stated = [said.at, said.timezone, said.consent, said.whole]
    _add(store, user_id, after(before, said), stated=json.dumps(stated))


def merge_preferences(store: Store, alias: str, user_id: str) -> None:
    """Let what was said of two customers stand for one, as if it had been said of one, in the order of recording."""
    if _last(store, alias) is None:
        return
    stands = Standing()
    for said in _statements(store.rows(_STATED, user=user_id, alias=alias)):
        stands = after(stands, said)
    store.change(_MOVE, user=user_id, alias=alias)
    _add(store, user_id, stands, stated=NOTHING_STATED)


def keep_refusals(store: Store, user_id: str, pseudonym: str) -> None:
    """Let only the consents that were taken back stand, under a pseudonym; nothing else stays that they said."""
    stands = _last(store, user_id) or Standing()
    store.change(_FORGET, user=user_id)
    refused = {channel: False for channel, answer in stands.consent.items() if not answer}
    if refused or stands.whole_at > EVER:
        times = {channel: time for channel, time in stands.said.items() if channel in refused}
        kept = Standing(at=stands.at, consent=refused, said=times, whole_at=stands.whole_at)
        _add(store, pseudonym, kept, stated=NOTHING_STATED)


def after(before: Standing, said: Statement) -> Standing:
    """Return what stands once this was said as well.

    Example:
        >>> no = Statement(at=1, timezone=None, consent={"sms": False}, whole=False)
        >>> yes = Statement(at=2, timezone=None, consent={"sms": True}, whole=False)
        >>> [after(after(Standing(), one), other).consent for one, other in ((no, yes), (yes, no))]
        [{'sms': True}, {'sms': False}]
    """
    consent, times = dict(before.consent), dict(before.said)
    for channel in {**before.consent, **said.consent} if said.whole else said.consent:
        latest = max(times.get(channel, EVER), before.whole_at)
        newest = said.at > latest or (said.whole and said.at == latest)
        answer = said.consent.get(channel)
        if answer is False:
            consent[channel], times[channel] = False, max(latest, said.at)
        elif answer and newest:
            consent[channel], times[channel] = True, said.at
        elif answer is None and newest:
            consent.pop(channel), times.pop(channel, EVER)
    zoned = said.at >= before.zoned_at if said.whole else said.timezone is not None and said.at > before.zoned_at
    return replace(
        before,
        at=max(before.at, said.at),
        timezone=said.timezone if zoned else before.timezone,
        zoned_at=said.at if zoned else before.zoned_at,
        consent=consent,
        said=times,
        whole_at=max(before.whole_at, said.at) if said.whole else before.whole_at,
    )


def _add(store: Store, user_id: str, stands: Standing, *, stated: str) -> None:
    store.insert(
        _ADD,
        user=user_id,
        at=stands.at,
        timezone=stands.timezone,
        consent=json.dumps(stands.consent),
        stated=stated,
        known=json.dumps([stands.zoned_at, stands.whole_at, stands.said]),
    )


def _statements(rows: Iterable[Row]) -> Iterable[Statement]:
    """Read every statement; a row that two customers' became states nothing of its own."""
    for at, timezone, consent, stated in rows:
        said = [at, timezone, json.loads(consent), True] if stated is None else json.loads(stated)
        if said is not None:
            yield Statement(at=said[0], timezone=said[1], consent=said[2], whole=said[3])
