"""What followed: outcomes by decision or by customer, dismissals, and what they mean for the next message.

As with events, what a sender's fast clock puts ahead counts from when it was recorded: `min(time, recorded_at)`. Else a
`complaint_closed` of the next minutes would hide a complaint that came after it. The stated time stays on record.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from model.contracts import BY_DECISION, BY_USER, JSON, Event, Outcome, OutcomeKind
from model.errors import InvalidInput
from model.history import LONGEST_DAYS
from serving.ledger.assignments import label
from serving.ledger.due import end, wake
from serving.ledger.identities import customer, keep, names, owner
from serving.ledger.instants import DAY, MINUTE, SECOND, instant, instant_or_none, micros
from serving.ledger.lists import listed
from serving.ledger.offers import has_it
from serving.ledger.reservations import reached
from serving.ledger.silence import note_outcome
from serving.ledger.store import Bound, Row, Store
from serving.ledger.tallying import count_reported
from serving.record.record import timestamp

AHEAD = 5 * MINUTE  # how far a sender's clock may be off
HARMS = frozenset({OutcomeKind.COMPLAINED, OutcomeKind.OPTED_OUT})
DISMISSED = "message.dismissed"
ANY_PURPOSE = ""  # a dismissal that does not say of what is one of everything

_ABOUT = "SELECT user_id, channel, purpose, seq FROM decisions WHERE decision_id = :decision_id"
_ADD = """INSERT INTO outcomes (decision_id, user_id, kind, stated, channel, time, recorded_at)
    VALUES (:decision_id, :user_id, :kind, :stated, :channel, :time, :recorded_at) ON CONFLICT DO NOTHING"""
_RELEASE = """UPDATE reservations SET released_at = :at
    WHERE decision_id = :decision_id AND at <= :latest AND NOT EXISTS
    (SELECT 1 FROM outcomes WHERE decision_id = :decision_id AND kind <> 'not_delivered') AND NOT EXISTS
    (SELECT 1 FROM confirmations WHERE action = 'send' AND at >= :at + :slack
        AND decision = (SELECT seq FROM decisions WHERE decision_id = :decision_id))"""
_DISMISS = "INSERT INTO dismissals (user_id, purpose, at) VALUES (:user_id, :purpose, :at) ON CONFLICT DO NOTHING"
_DISMISSED = """SELECT user_id, max(at) FROM json_each(:users) AS asked CROSS JOIN dismissals
    ON user_id = asked.value WHERE purpose IN (:purpose, '') AND at <= :now GROUP BY user_id"""
_FOLLOWED = """SELECT user_id, min(time, recorded_at), seq, kind, channel, decision_id, time, stated
    FROM json_each(:names) AS asked CROSS JOIN outcomes
    ON user_id = asked.value WHERE kind IN ('complained', 'complaint_closed', 'opted_out')
    UNION ALL SELECT user_id, min(time, recorded_at), seq, kind, channel, decision_id, time, stated
    FROM json_each(:names) AS asked CROSS JOIN outcomes
    ON user_id = asked.value WHERE decision_id IS NULL AND kind = 'engaged' AND time > :since
    UNION ALL SELECT user_id, min(time, recorded_at), seq, kind, channel, decision_id, time, stated
    FROM json_each(:names) AS asked CROSS JOIN outcomes
    ON user_id = asked.value WHERE decision_id IS NULL AND kind = 'engaged' AND time <= :since
        AND time >= (SELECT max(o.time) FROM outcomes AS o WHERE o.user_id = asked.value
            AND o.decision_id IS NULL AND o.kind = 'engaged' AND o.time <= :since) - :ahead
    UNION ALL SELECT user_id, min(time, recorded_at), seq, kind, channel, decision_id, time, stated
    FROM json_each(:names) AS asked CROSS JOIN outcomes
    ON user_id = asked.value WHERE decision_id IS NULL AND kind = 'engaged' AND time <= min(:since, :ahead + (
        SELECT min(o.time) FROM outcomes AS o WHERE o.user_id = asked.value
            AND o.decision_id IS NULL AND o.kind = 'engaged'))"""
_STATED = """SELECT 1 FROM outcomes
    WHERE user_id = :user AND kind = :kind AND time = :time AND stated = :stated AND decision_id IS NULL"""
_OF_DECISION = """SELECT kind, time, recorded_at, channel FROM outcomes
    WHERE decision_id = :decision_id ORDER BY time, seq"""


class Followed(NamedTuple):
    """What is on record about a customer's own acts; times in microseconds. A harm counts as soon as it is recorded.

    `engaged` is on their own side, reported by `user_id`: a reply to a message (by `decision_id`) is its response.
    """

    engaged: tuple[int, ...] = ()
    complained: tuple[int, ...] = ()
    opted_out: tuple[tuple[int, str | None], ...] = ()  # with the channel, None: of all
    complaint_open: bool = False

    def opted_out_of(self, channel: str) -> bool:
        """Return whether they opted out of this channel, or of all."""
        return any(where is None or where == channel for _, where in self.opted_out)


def add_outcome(store: Store, outcome: Outcome, *, recorded_at: datetime) -> str:
    """Record an outcome once: `accepted`, `duplicate` (same id, kind, channel and time) or `unknown_decision`.

    Any other than `not_delivered`, by `decision_id`, says that it reached the customer: it counts, also where it was
    held or released, in whatever order they are reported. `not_delivered` releases what the send had reserved, but not
    where it was confirmed as a send since: what failed was an earlier try. Since is a second later or more: many
    senders date by the second. What is dated before the send is not about it. Harm labels the assignments that it is
    about, which may trip the monitor.

    Raises:
        InvalidInput: the outcome has not exactly one of the two ids, or a kind that cannot go with it.
    """
    user, channel, purpose, number = outcome.user_id, outcome.channel, ANY_PURPOSE, None
    if (outcome.decision_id is None) == (outcome.user_id is None):
        raise InvalidInput("outcome: give exactly one of `decision_id` and `user_id`")
    if outcome.kind not in (BY_USER if outcome.decision_id is None else BY_DECISION):
        raise InvalidInput(f"outcome: `{outcome.kind}` cannot be reported by this id; use the other one")
    if outcome.decision_id is not None:
        about = store.row(_ABOUT, decision_id=outcome.decision_id)
        if about is None:
            return "unknown_decision"
        user, channel, purpose, number = about
    who = owner(store, str(user)) if outcome.user_id is None else customer(store, str(user))
    if outcome.user_id is not None and outcome.kind in HARMS:
        keep(store, outcome.user_id)
    if outcome.user_id is not None and _is_stated(store, outcome, who):
        return "duplicate"
    added = store.insert(
        _ADD,
        decision_id=outcome.decision_id,
        user_id=who if outcome.decision_id is None else user,
        kind=outcome.kind.value,
        stated=outcome.channel or "",
        channel=channel,
        time=micros(outcome.time),
        recorded_at=micros(recorded_at),
    )
    if added is None:
        return "duplicate"
    seen = min(micros(outcome.time), micros(recorded_at))
    _follow(store, outcome, user=who, purpose=purpose, at=seen)
    if outcome.kind is OutcomeKind.COMPLAINT_CLOSED:
        wake(store, who, at=recorded_at)
    note_outcome(store)
    if outcome.decision_id is not None and number is not None:
        count_reported(store, number, outcome.decision_id, outcome.kind.value)
    label(store, outcome, user=who, time=seen, recorded_at=recorded_at)
    return "accepted"


def _is_stated(store: Store, outcome: Outcome, user: str) -> bool:
    """Return whether the same was reported of this customer before, under any of their names."""
    same: dict[str, Bound] = {"kind": outcome.kind.value, "time": micros(outcome.time), "stated": outcome.channel or ""}
    return any(store.holds(_STATED, user=name, **same) for name in names(store, user))


def _follow(store: Store, outcome: Outcome, *, user: str | None, purpose: str, at: int) -> None:
    """Let a new outcome change what later messages have to reckon with, from `at` on."""
    if outcome.kind is OutcomeKind.NOT_DELIVERED:
        store.change(_RELEASE, decision_id=outcome.decision_id, at=at, latest=at + AHEAD, slack=SECOND)
    elif outcome.decision_id is not None:
        reached(store, outcome.decision_id, at=at)
        has_it(store, outcome.decision_id)
        end(store, outcome.decision_id)
    if outcome.kind is OutcomeKind.DISMISSED:
        store.insert(_DISMISS, user_id=user, purpose=purpose, at=at)


def add_dismissal(store: Store, event: Event, *, at: int) -> None:
    """Note a `message.dismissed` event: of the decision or the purpose that it names, else of every purpose."""
    if event.type != DISMISSED:
        return
    named, purpose = event.data.get("decision_id"), event.data.get("purpose")
    about = store.row(_ABOUT, decision_id=named) if isinstance(named, str) else None
    theirs = None if about is None else owner(store, about[0])
    user = theirs if event.subject is None else event.subject
    if about is not None and theirs == user:
        purpose = about[2]
    if user is not None:
        store.insert(_DISMISS, user_id=user, purpose=purpose if isinstance(purpose, str) else ANY_PURPOSE, at=at)


def dismissed_at(store: Store, users: Iterable[str], *, purpose: str, now: int) -> dict[str, datetime]:
    """Return when each of these customers last dismissed a message of this purpose; left out for never."""
    rows = store.rows(_DISMISSED, users=listed(users), purpose=purpose, now=now)
    return {user: instant(at) for user, at in rows}


def followed(store: Store, names: Mapping[str, Sequence[str]], *, now: int) -> dict[str, Followed]:
    """Read customers' harms (all of them) and engagements: as far back as `model.history` counts, the last and first.

    `names` are those under which they may be, of each customer. `now` is in microseconds. What counts from when it was
    recorded counts at most `AHEAD` before its stated time, so that the last and the first are among those that close.
    """
    whose = {name: user for user, every in names.items() for name in every}
    rows: dict[str, list[Row]] = {}
    since = now - int(LONGEST_DAYS * DAY)
    for name, *row in store.rows(_FOLLOWED, names=listed(whose), since=since, ahead=AHEAD):
        rows.setdefault(whose[name], []).append(tuple(row))
    return {user: _followed(_once(some)) for user, some in rows.items()}


def _followed(rows: Sequence[Row]) -> Followed:
    """Sort one customer's outcomes, in the order in which they count, by what they are."""
    complaints = [row for row in rows if row[2] in {"complained", "complaint_closed"}]
    return Followed(
        engaged=tuple(row[0] for row in rows if row[2] == "engaged"),
        complained=tuple(row[0] for row in complaints if row[2] == "complained"),
        opted_out=tuple((row[0], row[3]) for row in rows if row[2] == "opted_out"),
        complaint_open=bool(complaints) and complaints[-1][2] == "complained",
    )


def _once(rows: Iterable[Row]) -> list[Row]:
    """Return outcomes in the order in which they count; the same report under two names of a customer is one."""
    kept: dict[Row, Row] = {}
    for row in sorted(rows, key=itemgetter(0, 1)):
        kept.setdefault(row[2:], row)
    return list(kept.values())


def outcomes_of(store: Store, decision_id: str) -> list[JSON]:
    """Return what was reported about a decision, in order of time, as its record shows it."""
    rows = store.rows(_OF_DECISION, decision_id=decision_id)
    return [shown(*row) for row in rows]


def shown(kind: str, time: int, recorded_at: int, channel: str | None) -> dict[str, JSON]:
    """Return an outcome as a record shows it."""
    when, recorded = instant_or_none(time), instant_or_none(recorded_at)
    return {
        "kind": kind,
        "time": timestamp(when) if when else None,
        "recorded_at": timestamp(recorded) if recorded else None,
        "channel": channel,
    }
