"""Exact replay: every decision on record decided again from its record, and the bytes compared (HOUSE promise 8).

Each is decided by `serving.decide.decide` under the policy that it was made under, where that is at hand; rows of one
instant together. The draw is made again from the ledger's salt. The score is asked again where the model at hand is the
one that was asked; else the figures on record stand in, and that is counted by version. What stood in the way comes
from `serving.replay.then`. A challenger has no say, and is not asked again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model.contracts import JSON, Shares
from model.errors import InvalidInput
from serving.arms import Exploration
from serving.decide import decide
from serving.ledger.past import Made
from serving.policy.policy import Policy
from serving.ports import Decided, Scorer
from serving.record.record import Recorded, read_record
from serving.record.text import has_large, read_quickly, read_text, records_of
from serving.replay.as_recorded import as_recorded, is_believed
from serving.replay.comparing import NAMED, SHOWN, WRITTEN, Differing, Exact, differences, plain
from serving.replay.then import Then
from serving.standing import Standing
from serving.verdicts import RANKED_ELSEWHERE

Read = Callable[[str], JSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What there is to decide by: the policies by version, the model (None: none), the salt, and what stood then."""

    policies: Mapping[str, Policy]
    scorer: Scorer | None
    salt: bytes
    then: Then


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A record read back, with what it is decided under; `scorer` is the model at hand, where it is asked again."""

    made: Made
    one: Recorded
    standing: Standing
    shares: Shares
    scorer: Scorer | None


@dataclass(frozen=True, slots=True)
class _Under:
    """What rows share that are decided by one call."""

    at: datetime
    policy: str
    model: str | None
    features: tuple[str, ...]
    standing: Standing
    shares: Shares
    again: bool


def again(page: Iterable[Made], hand: AtHand, since: datetime | None = None, read: Read = read_quickly) -> Exact:
    """Decide a page again, without what was decided before `since`, and compare.

    What differs and holds numbers that are not read quickly is read once more.
    """
    found, odd = Exact(), list[Made]()
    together: dict[_Under, list[_Row]] = defaultdict(list)
    for made in page:
        one = _recorded(made.record, read)
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
        row = _row(made, one, hand)
        together[_under(row)].append(row)
    for under, rows in together.items():
        odd += _compare(found, under, rows, hand, once_more=read is not read_text)
    if odd:
        found.add(again(odd, hand, since, read_text))
    found.differ.sort(key=lambda each: (each.at, each.decision_id))
    return found


def _recorded(record: str, read: Read) -> Recorded | None:
    try:
        return read_record(read(record))
    except (InvalidInput, ValueError):
        return None


def _row(made: Made, one: Recorded, hand: AtHand) -> _Row:
    """Return what a record is decided under; where it says otherwise than its model, it is believed (`is_believed`)."""
    standing = hand.then.standing(one.decided, before=made.before, epoch=made.epoch)
    shares, scorer = hand.then.shares_of(one.decided), hand.scorer
    if scorer is not None and scorer.version != one.decided.decision.model_version:
        scorer = None
    if scorer is not None and is_believed(one, scorer, standing, shares):
        scorer = None
    return _Row(made=made, one=one, standing=standing, shares=shares, scorer=scorer)


def _under(row: _Row) -> _Under:
    was, names, again = row.one.decided.decision, tuple(row.one.decided.features), row.scorer is not None
    return _Under(was.decided_at, was.policy_version, was.model_version, names, row.standing, row.shares, again)


def _compare(found: Exact, under: _Under, rows: Sequence[_Row], hand: AtHand, *, once_more: bool) -> list[Made]:
    """Decide rows of one instant again, and count what came of each, but of those that are to be read `once_more`."""
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
    odd = []
    for row, text in zip(rows, texts, strict=True):
        if once_more and text != row.made.record and has_large(row.made.record):
            odd.append(row.made)
            continue
        _count(found, row, same=text == row.made.record, at_hand=scorer is hand.scorer)
        if text != row.made.record:
            _name(found, row, read_text(text))
    return odd


def _scorer(under: _Under, rows: Sequence[_Row], hand: AtHand) -> Scorer | None:
    """Return the model that these rows were asked of: that at hand where it is the one, else what is on record."""
    if under.model is None or under.again:
        return rows[0].scorer
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
    parts = tuple(differences(read_text(row.made.record), now)) or ((WRITTEN, None, None),)
    found.parts.update({plain(part) for part, *_ in parts})
    if len(found.differ) < NAMED:
        was = row.one.decided.decision
        one = Differing(
            decision_id=was.decision_id, at=was.decided_at, confirmed=row.made.confirmed, parts=parts[:SHOWN]
        )
        found.differ.append(one)
