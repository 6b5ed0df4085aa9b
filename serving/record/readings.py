"""What was read of a decision and what was answered, as one fixed row of bytes: pages of them are columns at once.

A ledger keeps such a row beside each record from the start (`serving.ledger.readings`), for whoever decides many of
them again: nothing has to be read out of a record's JSON. A row is little-endian; what is not there is said by a value
that cannot be (below). Who the decision is about, and in what words, stands beside it (`Readings`).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action, Arm, Candidate
from serving.policy.columns import CONTACTS_KEPT, NEVER, Columns, Flags, Numbers, bounded, put_together
from serving.policy.reasons import REASONS
from serving.policy.zone_names import Names, Zones
from serving.ports import Decided
from serving.record.kept import Kept

Ints = NDArray[np.int64]
Places = NDArray[np.intp]

ACTIONS: Final = tuple(Action)
ARMS: Final = tuple(Arm)
CODES: Final = tuple(REASONS)  # bit k of `codes` is the k-th: the policy's first, then the score's
ESSENTIAL, STOPPED, ASKED = 1, 2, 4  # the bits of `said`: ASKED where the second question was
NOT_THERE: Final = -1  # of `arm`, `contacted` and `above`
BROKEN: Final = -1  # of `Readings.version`: nothing of such a row says anything, but its number
LATEST: Final = 250_000_000_000_000_000  # microseconds since 1970, in the year 9892
NAN: Final = float("nan")  # of `chance`, `net_benefit` and `cutoff`

CELLS: Final = np.dtype(
    [
        ("flags", "i1", (len(Flags._fields),)),
        ("numbers", "<f8", (len(Numbers._fields),)),
        ("contacts", "<f8", (CONTACTS_KEPT,)),
        ("timed", "i1"),
        ("now", "<i8"),  # microseconds since 1970
        ("codes", "<u8"),  # every reason that the answer gave
        ("action", "i1"),  # place in `ACTIONS`
        ("said", "i1"),
        ("arm", "i1"),  # place in `ARMS`
        ("contacted", "i1"),
        ("above", "i1"),
        ("chance", "<f8"),  # P(contacted | history), where something was drawn
        ("net_benefit", "<f8"),
        ("cutoff", "<f8"),
        ("policy", "<u8"),  # `marked` of its version
        ("model", "<u8"),  # likewise; 0 where there was none
    ]
)
READ: Final = CELLS.fields["timed"][1] if CELLS.fields else 0  # bytes of a row, of what was read
_ANSWER = Struct("<bqQbbbbbdddQQ")  # from `timed` on
_CONTACTS = [Struct(f"<{count}d") for count in range(CONTACTS_KEPT + 1)]
_NO_CONTACTS = [
    _CONTACTS[CONTACTS_KEPT - count].pack(*[NEVER] * (CONTACTS_KEPT - count)) for count in range(CONTACTS_KEPT + 1)
]
_BITS = {code: 1 << place for place, code in enumerate(CODES)}
_ACTION = {action: place for place, action in enumerate(ACTIONS)}
_ARM = {arm: place for place, arm in enumerate(ARMS)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(micros: int) -> datetime:
    """Return the instant of `now`."""
    return _EPOCH + micros * _MICROSECOND


@lru_cache(maxsize=1024)
def marked(version: str | None) -> int:
    """Return eight bytes that stand for the version of a policy or model; 0 for none."""
    return 0 if version is None else int.from_bytes(hashlib.sha256(version.encode()).digest()[:8], "big") or 1


def cells_of(kept: Kept, decided: Decided) -> bytes:
    """Return the row of one decision, of the layout `CELLS`."""
    return read_cells(kept) + _answer(decided, timed=kept.sends.timed)


def read_cells(kept: Kept) -> bytes:
    """Return what stands in a row before `timed`: what was read."""
    (flags, numbers), times = kept.packed, kept.sends.times[:CONTACTS_KEPT]
    return b"".join((bounded(flags), numbers, _CONTACTS[len(times)].pack(*times), _NO_CONTACTS[len(times)]))


def _answer(decided: Decided, *, timed: bool) -> bytes:
    decision, drawn = decided.decision, decided.assignment
    thank = decision.customer_would_thank
    codes = 0
    for reason in decision.reasons:
        codes |= _BITS[reason.code]
    said = ESSENTIAL * decided.essential | STOPPED * (decided.stopped is not None) | ASKED * thank.asked
    if drawn is None:
        arm, contacted, above, chance = NOT_THERE, NOT_THERE, NOT_THERE, NAN
    else:
        arm, contacted, chance = _ARM[drawn.arm], drawn.contacted, drawn.contact_probability
        above = NOT_THERE if drawn.above is None else drawn.above
    return _ANSWER.pack(
        timed,
        (decision.decided_at - _EPOCH) // _MICROSECOND,
        codes,
        _ACTION[decision.action],
        said,
        arm,
        contacted,
        above,
        chance,
        NAN if thank.net_benefit is None else thank.net_benefit,
        NAN if thank.cutoff is None else thank.cutoff,
        marked(decision.policy_version),
        marked(decision.model_version),
    )


class About(NamedTuple):
    """What many decisions share in words; `template` None: a free text."""

    purpose: str
    channel: str
    template: str | None
    zones: Names


def about_of(candidate: Candidate, kept: Kept) -> str:
    """Write what a decision is about, so that `read_about` reads it."""
    return _written(candidate.purpose, candidate.channel, candidate.message.template, kept.sends.zones)


@lru_cache(maxsize=4096)
def _written(*about: Any) -> str:
    return json.dumps(about, separators=(",", ":"))


@lru_cache(maxsize=4096)
def read_about(text: str) -> About:
    """Read what `about_of` wrote.

    Raises:
        ValueError, TypeError: it was not.
    """
    purpose, channel, template, zones = json.loads(text)
    if not all(isinstance(each, str) for each in (purpose, channel, template or "", *zones)):
        raise ValueError("a name that is no text")
    return About(purpose, channel, template, tuple(zones))


def beyond(cells: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which rows hold what `cells_of` never writes: they were damaged."""
    found: NDArray[np.bool_] = (cells["now"] < 0) | (cells["now"] >= LATEST) | (cells["codes"] >= 1 << len(CODES))
    for name, least, most in (("action", 0, len(ACTIONS)), ("arm", NOT_THERE, len(ARMS)), ("said", 0, 8)):
        found |= (cells[name] < least) | (cells[name] >= most)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """The readings of n decisions, in the order of their numbers.

    `kinds` are what they are about, each once, and `kind` [n] which of them each is; `version` is what
    `serving.policy.policy.version_of` gave for each, `cells` the rows of `CELLS`.
    """

    number: Ints
    user: tuple[str, ...]
    kinds: tuple[About, ...]
    kind: Places
    version: Ints
    cells: NDArray[np.void]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.number)

    @property
    def at(self) -> NDArray[np.float64]:
        """The instants of the decisions, in epoch seconds: the float64 that `datetime.timestamp` gives of each."""
        seconds: NDArray[np.float64] = self.cells["now"] / 1e6
        return seconds

    @property
    def zones(self) -> Zones:
        """The zones of each row, each combination once."""
        return Zones(*self.each(lambda about: about.zones))

    def each(self, of: Callable[[About], Any]) -> tuple[tuple[Any, ...], Places]:
        """Return which values of something there are among the kinds, and which of them each row has.

        Example:
            `names, place = readings.each(lambda about: about.purpose)`; `names[place[7]]` is the purpose of the eighth.
        """
        known: dict[Any, int] = {}
        places = np.array([known.setdefault(of(about), len(known)) for about in self.kinds], dtype=np.intp)
        return tuple(known), places[self.kind]

    def columns(self) -> Columns:
        """Return what the filters read, with `now` of each row [n]."""
        cells = self.cells
        yes_no = np.ascontiguousarray(cells["flags"].T)
        amounts = np.ascontiguousarray(cells["numbers"].T)
        contacts = np.ascontiguousarray(cells["contacts"])
        timed = cells["timed"] != 0
        return put_together(yes_no, amounts, contacts, timed, self.zones, self.at)

    def take(self, rows: Places | NDArray[np.bool_] | slice) -> "Readings":
        """Return these rows only."""
        places = np.arange(len(self))[rows]
        return Readings(
            number=self.number[places],
            user=tuple([self.user[place] for place in places.tolist()]),
            kinds=self.kinds,
            kind=self.kind[places],
            version=self.version[places],
            cells=self.cells[places],
        )
