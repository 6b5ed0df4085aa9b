"""Exact replay: every decision on record decided again from its record, and the bytes compared (HOUSE promise 8).

Each is decided by `serving.decide.decide` under the policy that it was made under, where that is at hand; rows of one
instant together. The draw is made again from the ledger's salt. The score is asked again where the model at hand is the
one that was asked; else the figures on record stand in, and that is counted by version. What stood in the way comes
from `serving.replay.then`. A challenger has no say, and is not asked again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson

from model.contracts import JSON, Shares
from model.errors import InvalidInput
from serving.arms import Exploration
from serving.decide import decide
from serving.ledger.past import Made
from serving.policy.policy import Policy
from serving.ports import Decided, Scorer
from serving.record import Recorded, read_record
from serving.record_text import records_of
from serving.replay.as_recorded import as_recorded
from serving.replay.then import Then
from serving.standing import Standing
from serving.verdicts import RANKED_ELSEWHERE

NAMED: Final = 1_000  # decisions that differ, by id; all are counted
SHOWN: Final = 8  # parts of one that differ
LONGEST: Final = 200  # characters of a value that is shown
COUNTS: Final = (
    *("decisions", "confirmations", "same_decisions", "same_confirmations"),
    *("unreadable", "drawn", "asked"),
)
WRITTEN: Final = "written otherwise"  # the same values, other bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """One that is decided otherwise: the parts of its record that differ, each as it was and as it is now."""

    decision_id: str
    at: datetime
    confirmed: bool
    parts: tuple[tuple[str, JSON, JSON], ...]

    def described(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "decision_id": self.decision_id,
            "decided_at": self.at.isoformat(),
            "confirmation": self.confirmed,
            "parts": [{"part": part, "was": was, "now": now} for part, was, now in self.parts],
        }


@dataclass(slots=True)
class Exact:
    """What came of it: `decisions` and `confirmations` were decided again, of which so many gave the same bytes.

    `drawn` occasions were drawn again, `asked` scores asked again; `stood_in` counts by version those that were not.
    `versions` counts what was made under policies that are not at hand, `unreadable` what has no content any more or
    was written by another version of this program. `parts` counts every part that differs, `differ` names the first.
    """

    decisions: int = 0
    confirmations: int = 0
    same_decisions: int = 0
    same_confirmations: int = 0
    unreadable: int = 0
    drawn: int = 0
    asked: int = 0
    stood_in: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    differ: list[Differing] = field(default_factory=list)
    oldest: datetime | None = None
    newest: datetime | None = None

    @property
    def different(self) -> int:
        """How many did not give the same bytes."""
        return self.decisions + self.confirmations - self.same_decisions - self.same_confirmations

    def add(self, other: "Exact") -> None:
        """Add what came of the decisions that follow."""
        for name in (
            "decisions",
            "confirmations",
            "same_decisions",
            "same_confirmations",
            "unreadable",
            "drawn",
            "asked",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("stood_in", "versions", "parts"):
            getattr(self, name).update(getattr(other, name))
        self.differ = (self.differ + other.differ)[:NAMED]
        for at in (other.oldest, other.newest):
            if at is not None:
                self.seen(at)

    def seen(self, at: datetime) -> None:
        """Widen the period to this instant."""
        self.oldest = at if self.oldest is None else min(self.oldest, at)
        self.newest = at if self.newest is None else max(self.newest, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What there is to decide by: the policies by version, the model (None: none), the salt, and what stood then."""

    policies: Mapping[str, Policy]
    scorer: Scorer | None
    salt: bytes
    then: Then


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A record read back, with what it is decided under."""

    made: Made
    one: Recorded
    standing: Standing
    shares: Shares


@dataclass(frozen=True, slots=True)
class _Under:
    """What rows share that are decided by one call."""

    at: datetime
    policy: str
    model: str | None
    features: tuple[str, ...]
    standing: Standing
    shares: Shares


def again(page: Iterable[Made], hand: AtHand, since: datetime | None = None) -> Exact:
    """Decide a page again, of which nothing was decided before `since`, and compare."""
    found = Exact()
    together: dict[_Under, list[_Row]] = defaultdict(list)
    for made in page:
        one = _read(made.record)
        if one is None:
            found.unreadable += 1
            continue
        was = one.decided.decision
        if since is not None and was.decided_at < since:
            continue
        found.seen(was.decided_at)
        if was.policy_version not in hand.policies:
            found.versions[was.policy_version] += 1
            continue
        row = _row(made, one, hand.then)
        together[_under(row)].append(row)
    for under, rows in together.items():
        _compare(found, under, rows, hand)
    found.differ.sort(key=lambda each: (each.at, each.decision_id))
    return found


def _read(record: str) -> Recorded | None:
    try:
        return read_record(orjson.loads(record))
    except (InvalidInput, orjson.JSONDecodeError):
        return None


def _row(made: Made, one: Recorded, then: Then) -> _Row:
    standing = then.standing(one.decided, before=made.before, epoch=made.epoch)
    return _Row(made=made, one=one, standing=standing, shares=then.shares_of(one.decided))


def _under(row: _Row) -> _Under:
    was = row.one.decided.decision
    names = tuple(row.one.decided.features)
    return _Under(was.decided_at, was.policy_version, was.model_version, names, row.standing, row.shares)


def _compare(found: Exact, under: _Under, rows: Sequence[_Row], hand: AtHand) -> None:
    """Decide rows of one instant again, and count what came of each."""
    scorer = _scorer(under, rows, hand)
    decided = decide(
        [row.one.candidate for row in rows],
        [row.one.context for row in rows],
        ids=[row.one.decided.decision.decision_id for row in rows],
        now=under.at,
        policy=hand.policies[under.policy],
        scorer=scorer,
        exploration=Exploration(shares=under.shares, salt=hand.salt, standing=under.standing),
        drawn=[row.made.before for row in rows],
        outranked=[row.one.decided.verdicts.get(RANKED_ELSEWHERE) == "refuse" for row in rows],
    )
    whole = [replace(now, shadow=row.one.decided.shadow) for row, now in zip(rows, decided, strict=True)]
    texts = records_of([(row.one.candidate, row.one.context, now) for row, now in zip(rows, whole, strict=True)])
    for row, text in zip(rows, texts, strict=True):
        _count(found, row, same=text == row.made.record, at_hand=scorer is hand.scorer)
        if text != row.made.record:
            _name(found, row, orjson.loads(text))


def _scorer(under: _Under, rows: Sequence[_Row], hand: AtHand) -> Scorer | None:
    """Return the model that these rows were asked of: that at hand where it is the one, else what is on record."""
    if under.model is None:
        return None
    if hand.scorer is not None and hand.scorer.version == under.model:
        return hand.scorer
    return as_recorded((row.one for row in rows), under.model, hand.then.watches, under.shares)


def _count(found: Exact, row: _Row, *, same: bool, at_hand: bool) -> None:
    was: Decided = row.one.decided
    if row.made.confirmed:
        found.confirmations += 1
        found.same_confirmations += same
    else:
        found.decisions += 1
        found.same_decisions += same
    found.drawn += was.assignment is not None and row.made.before is None
    if was.decision.customer_would_thank.asked and was.decision.model_version is not None:
        found.asked += at_hand
        found.stood_in[was.decision.model_version] += not at_hand


def _name(found: Exact, row: _Row, now: JSON) -> None:
    """Name one that differs, and count its parts."""
    parts = tuple(differences(orjson.loads(row.made.record), now)) or ((WRITTEN, None, None),)
    found.parts.update({_plain(part) for part, *_ in parts})
    if len(found.differ) < NAMED:
        was = row.one.decided.decision
        one = Differing(
            decision_id=was.decision_id, at=was.decided_at, confirmed=row.made.confirmed, parts=parts[:SHOWN]
        )
        found.differ.append(one)


def _plain(part: str) -> str:
    """Return the name of a part without places in lists: what is counted together."""
    return ".".join(name for name in part.split(".") if not name.isdigit())


def differences(was: Any, now: Any, place: str = "") -> Iterator[tuple[str, JSON, JSON]]:
    """Yield every part of two JSON values that differs: its place, and both values, long ones cut.

    Example:
        >>> list(differences({"a": [1, 2], "b": "x"}, {"a": [1, 3], "b": "x"}))
        [('a.1', 2, 3)]
    """
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            yield from differences(was.get(name), now.get(name), f"{place}.{name}".lstrip("."))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for number, pair in enumerate(zip(was, now, strict=True)):
            yield from differences(*pair, f"{place}.{number}".lstrip("."))
    elif was != now or type(was) is not type(now):
        yield place, _short(was), _short(now)


def _short(value: Any) -> JSON:
    text = orjson.dumps(value).decode()
    return value if len(text) <= LONGEST else f"{text[:LONGEST]}…"
