"""Another model asked about the past: what its scores, its certificate and the same draw would have made of it.

What the model reads is what was logged at decision time, where it has the same names; else it is looked up in the
record as `decide` looks it up. The certificate permits what it covers at the decision's own instant, and chance draws
from the ledger's salt: who was in an arm stays in it. What the kill switch or silence kept back then stays back, and
what an experiment drew stays drawn where the certificate says nothing about it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import orjson
from numpy.typing import NDArray

from model.contracts import JSON, Shares
from serving.arms import LAYER, arm, uniform
from serving.policy.zones import moment
from serving.ports import Scorer
from serving.record.history import unpacked
from serving.record.readings import ARMS, NOT_THERE, STOPPED, Readings
from serving.record.text import read_text
from serving.replay.judging import LEFT_OUT, STAYS, UNREADABLE, Answered
from serving.replay.settled import BIT, EXPERIMENT, SEND, Floats, by_certificate
from serving.thanks import FIGURES, cutoff_of, features_among, said_by, watch_of

Records = Callable[[Sequence[int]], Iterable[tuple[int, str]]]

FEATURES, VERDICTS, FACT = '"features":{', ',"verdicts":{', '"fact_key":"'
CANDIDATE, CONTEXT, HISTORY = '"candidate":', ',"context":{"evidence":', '"history":{'
NOTHING: Final[Mapping[str, JSON]] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a record says that the second question needs: the features that were read, and the fact that is drawn by."""

    features: Mapping[str, JSON]
    fact_key: str | None


GONE: Final = Asked(NOTHING, None)


@dataclass(slots=True)
class Heard:
    """How often the model was asked, of which so many rows no chance ever drew: what they do is on no record."""

    asked: int = 0
    unscored: int = 0
    uncertified: int = 0
    undrawn: int = 0

    def add(self, other: "Heard") -> None:
        """Add what was heard of other decisions."""
        self.asked += other.asked
        self.unscored += other.unscored
        self.uncertified += other.uncertified
        self.undrawn += other.undrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The model that is tried; `records` returns records as text, by number, and `heard` is added to."""

    scorer: Scorer
    shares: Shares
    salt: bytes
    records: Records
    heard: Heard = field(default_factory=Heard)

    def asked(self, rows: Readings) -> Answered:
        """Answer for rows that every filter lets pass, none of them essential or outranked."""
        texts = dict(self.records(rows.number.tolist()))
        known = [_asked(texts.get(number), self.scorer.feature_names) for number in rows.number.tolist()]
        net = self._net_benefit([one.features for one in known])
        cutoff = np.where((rows.cells["said"] & STOPPED) != 0, np.nan, self._cutoffs(rows))
        permitted = ~np.isnan(net) & ~np.isnan(cutoff)
        arms = np.full(len(rows), NOT_THERE)
        for place in np.flatnonzero(permitted).tolist():
            arms[place] = self._arm(rows.user[place], known[place].fact_key)
        self.heard.asked += len(rows)
        self.heard.unscored += int(np.isnan(net).sum())
        self.heard.uncertified += int(np.isnan(cutoff).sum())
        self.heard.undrawn += int(np.sum(permitted & (rows.cells["arm"] == NOT_THERE)))
        answered = self._answered(rows, _Settled(net, cutoff, arms))
        answered.left_out[[one is GONE for one in known]] = LEFT_OUT[UNREADABLE]
        return answered

    def of(self, records: Mapping[int, str]) -> "Scored":
        """Return the same, reading these records, by number: what a confirmation was decided from, for example."""
        return replace(self, records=lambda numbers: [(one, records[one]) for one in numbers if one in records])

    def _arm(self, user_id: str, fact_key: str | None) -> int:
        if fact_key is None:
            return NOT_THERE
        return ARMS.index(arm(uniform(self.salt, LAYER, user_id, fact_key), self.shares))

    def _net_benefit(self, features: Sequence[Mapping[str, JSON]]) -> Floats:
        """Score all rows at once; NaN where that fails, as in `serving.thanks.ask`."""
        table = said_by(lambda: self.scorer.score(features), len(features))
        if table is None:
            return np.full(len(features), np.nan)
        return np.where(np.isfinite(table).all(axis=0), table[FIGURES.index("net_benefit")], np.nan)

    def _cutoffs(self, rows: Readings) -> Floats:
        """Return the cut-off that permits each row at its own instant; NaN where none does."""
        if watch_of(self.scorer, self.shares) is None:
            return np.full(len(rows), np.nan)
        scopes, place = rows.each(lambda about: (about.purpose, about.channel))
        found = np.full(len(rows), np.nan)
        for number, scope in enumerate(scopes):
            mine = np.flatnonzero(place == number)
            found[mine] = self._cutoffs_of(scope, rows.at[mine])
        return found

    def _cutoffs_of(self, scope: tuple[str, str], at: Floats) -> Floats:
        """Return the cut-offs of one scope at these instants: a certificate begins and ends once."""
        if not at.size:
            return at
        ends = [self._cutoff(scope, moment(float(end))) for end in (at.min(), at.max())]
        if ends[0] == ends[1] or np.isnan(ends).all():
            return np.full(at.size, ends[0])
        instants, place = np.unique(at, return_inverse=True)
        return np.array([self._cutoff(scope, moment(float(each))) for each in instants])[place]

    def _cutoff(self, scope: tuple[str, str], at: datetime) -> float:
        cutoff = cutoff_of(self.scorer, *scope, (at,))
        return float("nan") if cutoff is None else cutoff

    def _answered(self, rows: Readings, settled: "_Settled") -> Answered:
        """Settle score and draw, as `serving.thanks.settle` does."""
        cells, arms = rows.cells, settled.arms
        unscored, closed = np.isnan(settled.net), np.isnan(settled.cutoff)
        above, permitted = settled.net >= settled.cutoff, ~(unscored | closed)
        stays, drawn = (cells["arm"] == EXPERIMENT) & closed, by_certificate(arms, above, self.shares)
        sends = np.where(stays, cells["action"] == SEND, permitted & drawn.contacted)
        none = np.where(cells["arm"] != NOT_THERE, 0.0, np.nan)
        refused = unscored * BIT["score_unavailable"] | closed * BIT["no_certificate"]
        return Answered(
            sends=sends,
            contact=np.where(stays, cells["chance"], np.where(permitted, drawn.chance, none)),
            codes=np.where(sends | stays, cells["codes"], np.where(permitted, drawn.withheld, refused)),
            left_out=np.full(len(rows), STAYS),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Settled:
    """Columns of one length: the net benefit and the cut-off that permits a row (NaN: none), and the arm drawn."""

    net: Floats
    cutoff: Floats
    arms: NDArray[np.intp]


def _asked(text: str | None, names: Sequence[str]) -> Asked:
    """Read what the second question needs; a record that is gone, or cannot be read, can be asked nothing."""
    if not text:
        return GONE
    try:
        features, fact_key = logged(text)
        if features and all(name in features for name in names):
            return Asked(features, fact_key)
        return Asked(_looked_up(text, names), fact_key)
    except (ValueError, KeyError, TypeError, AttributeError):
        return GONE


def logged(text: str) -> tuple[Mapping[str, JSON], str | None]:
    """Return the logged features of a record, and the key of its fact, without reading the rest of it.

    Both stand in `decided`, which comes last, before verdicts that hold no such names. Where a feature holds the name
    `features` itself, what is cut out is no JSON, and the whole record is read.
    """
    start, end = text.rfind(FEATURES), text.rfind(VERDICTS)
    try:
        features: dict[str, JSON] = orjson.loads(text[start + len(FEATURES) - 1 : end])
    except orjson.JSONDecodeError:
        decided = read_text(text)["decided"]
        return decided["features"], decided["fact_key"]
    fact = text.find(FACT, end)
    return features, None if fact < 0 else text[fact + len(FACT) : text.index('"', fact + len(FACT))]


def _looked_up(text: str, names: Sequence[str]) -> Mapping[str, JSON]:
    """Look features up as `decide` does."""
    said, history = known(text)
    return features_among(names, (said["purpose"], said["channel"]), said["attributes"], unpacked(history))


def known(text: str) -> tuple[Mapping[str, JSON], Mapping[str, JSON]]:
    """Return the candidate of a record and the history of its context; what stands between is left unread if it can be.

    Where a name that they are found by stands in a customer's own data as well, the whole record is read.
    """
    if text.count(HISTORY) == 1 == text.count(CONTEXT):
        at = text.index(HISTORY) + len(HISTORY) - 1
        parts = text[text.index(CANDIDATE) + len(CANDIDATE) : text.index(CONTEXT)], text[at : text.index("}", at) + 1]
        try:
            return orjson.loads(parts[0]), orjson.loads(parts[1])
        except orjson.JSONDecodeError:  # signs that orjson does not read
            pass
    record = read_text(text)
    return record["candidate"], record["context"]["history"]
