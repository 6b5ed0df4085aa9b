"""What decisions came to: counts of them and of what followed, by purpose, channel, template, arm and reason.

They are kept per clock hour, in the transaction that changes them, and are always what the view `counted` would give
(`serving.ledger.schema.showing`): counts of a month are read in milliseconds, whatever was decided in it. Hours that
a period only touches are counted anew, so that it may begin and end at any instant.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from model.contracts import Candidate, Reason
from serving.confirming import Confirmed
from serving.ledger.instants import HOUR, micros
from serving.ledger.store import Bound, Store
from serving.ports import Decided

DIMS = ("purpose", "channel", "template", "arm")  # in the order of the columns of `facets`
Place = tuple[int, str, str, str]  # hour, dim, name, what

_FACET = """INSERT INTO facets (decision, at, purpose, channel, template, arm, word)
    VALUES (:decision, :at, :purpose, :channel, :template, :arm, :word)"""
_TALLY = """INSERT INTO tallies (hour, dim, name, what, part, n) VALUES (:hour, :dim, :name, :what, :part, :n)
    ON CONFLICT (dim, hour, name, what, part) DO UPDATE SET n = tallies.n + excluded.n"""
_COUNTED = "SELECT hour, dim, name, what FROM counted WHERE decision = :decision"
_REPORTED_FIRST = """SELECT f.at, f.purpose, f.channel, f.template, f.arm, r.code
    FROM facets AS f LEFT JOIN refusals AS r ON r.decision = f.decision WHERE f.decision = :decision
        AND (SELECT count(*) FROM outcomes WHERE decision_id = :decision_id AND kind = :kind) = 1"""
_MOVE = """UPDATE facets SET word = :word, arm = (SELECT arm FROM assignments WHERE decision = :decision)
    WHERE decision = :decision"""
_REPORTED = """SELECT DISTINCT d.seq FROM json_each(:names) AS asked CROSS JOIN outcomes AS o ON o.user_id = asked.value
    CROSS JOIN decisions AS d ON d.decision_id = o.decision_id"""
_WHOLE_HOURS = """SELECT name, what, sum(n) FROM tallies WHERE dim = :dim AND hour >= :first AND hour < :last
    GROUP BY name, what"""
_INSTANTS = """SELECT name, what, count(*) FROM counted WHERE dim = :dim AND at >= :start AND at < :end
    GROUP BY name, what"""


def tally(store: Store, numbered: Sequence[tuple[int, Candidate, Decided]]) -> None:
    """Count new decisions, each with its number, and keep what each is counted as."""
    facets = [_facet(*each) for each in numbered]
    store.insert_all(_FACET, facets)
    alike = Counter(map(_likeness, facets, (decided.decision.reasons for _, _, decided in numbered)))
    counts: Counter[Place] = Counter()
    for (hour, *named, word, codes), n in alike.items():
        counts.update(dict.fromkeys(_places(hour, named, codes, word), n))
    _add(store, counts)


def _facet(number: int, candidate: Candidate, decided: Decided) -> dict[str, Bound]:
    return {
        "decision": number,
        "at": micros(decided.decision.decided_at),
        "purpose": candidate.purpose,
        "channel": candidate.channel,
        "template": candidate.message.template,
        "arm": None if decided.assignment is None else decided.assignment.arm.value,
        "word": decided.decision.action.value,
    }


def _likeness(facet: dict[str, Any], reasons: Sequence[Reason]) -> tuple[Any, ...]:
    """Return all that a decision counts by: a batch has few that differ."""
    hour, codes = facet["at"] // HOUR, tuple([reason.code for reason in reasons]) if reasons else ()
    return hour, facet["purpose"], facet["channel"], facet["template"], facet["arm"], facet["word"], codes


def count_reported(store: Store, decision: int, decision_id: str, kind: str) -> None:
    """Count an outcome that was just recorded of a decision, where it is the first of its kind (one of `BY_DECISION`).

    The same as `tallied_anew` around it, and quicker: what is reported is often more than what is decided.
    """
    rows = store.rows(_REPORTED_FIRST, decision=decision, decision_id=decision_id, kind=kind)
    if rows:
        at, *named, _ = rows[0]
        _add(store, Counter(_places(at // HOUR, named, [code for *_, code in rows if code is not None], kind)))


def _places(hour: Any, named: Sequence[Any], codes: Iterable[str], what: Any) -> list[Place]:
    """Return where a decision of this hour counts, with these names of `DIMS` and these reasons."""
    places = [(hour, dim, name or "", what) for dim, name in zip(DIMS, named, strict=True)]
    return [(hour, "", "", what), *places, *((hour, "reason", code, what) for code in codes)]


@contextmanager
def tallied_anew(store: Store, decisions: Sequence[int]) -> Iterator[None]:
    """Let something about these decisions change, by their numbers, and their counts with it."""
    before = _counted(store, decisions)
    yield
    after = _counted(store, decisions)
    after.subtract(before)
    _add(store, after)


def reported_of(store: Store, names: str) -> list[int]:
    """Return the numbers of the decisions about which outcomes stand under these names (a JSON list)."""
    return [row[0] for row in store.rows(_REPORTED, names=names)]


def move(store: Store, decision: int, answer: Confirmed) -> None:
    """Let the answer of a confirmation be a decision's last word, and its arm the one that it was drawn for by now."""
    word = "deny" if answer is Confirmed.CANCEL else answer.value
    store.change(_MOVE, decision=decision, word=word)


def tallied(store: Store, dim: str, start: datetime, end: datetime) -> list[tuple[str, str, int]]:
    """Return how many decisions with `start ≤ decided < end` there were per name of a dimension and what, in order.

    `dim` is '' for all of them, or `purpose`, `channel`, `template`, `arm`, `reason` (of which a decision may have
    many); the name is '' where there is none. `what` is `send`, `hold` or `deny`, the last word of each; or an outcome
    by `decision_id`, whenever it was reported: decisions of which it was, not reports.
    """
    begin, close = micros(start), micros(end)
    first, last = -(-begin // HOUR), close // HOUR
    whole = first < last
    edges = [(begin, first * HOUR), (last * HOUR, close)] if whole else [(begin, close)]
    counts: Counter[tuple[str, str]] = Counter()
    if whole:
        counts.update({(name, what): n for name, what, n in store.rows(_WHOLE_HOURS, dim=dim, first=first, last=last)})
    for since, until in edges:
        if since < until:
            rows = store.rows(_INSTANTS, dim=dim, start=since, end=until)
            counts.update({(name, what): n for name, what, n in rows})
    return [(name, what, n) for (name, what), n in sorted(counts.items()) if n > 0]


def _counted(store: Store, decisions: Iterable[int]) -> Counter[Place]:
    """Return what these decisions count for as they stand."""
    return Counter(row for decision in decisions for row in store.rows(_COUNTED, decision=decision))


def _add(store: Store, counts: Counter[Place]) -> None:
    """Add to the tallies, always in one order."""
    rows: list[dict[str, Bound]] = [
        {"hour": hour, "dim": dim, "name": name, "what": what, "part": store.part, "n": n}
        for (hour, dim, name, what), n in sorted(counts.items())
        if n
    ]
    if rows:
        store.insert_all(_TALLY, rows)
