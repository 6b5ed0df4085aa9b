"""What the filters read: one numpy array per question, one row per candidate.

Flags are tri-state int8 (1 yes, 0 no, −1 unknown), numbers float64 (epoch seconds, counts, minutes; NaN unknown; −inf
never, +inf no end). Rows are made in `serving.policy.rows`; anything else that can fill the arrays may do so.
"""

from collections import namedtuple
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from operator import attrgetter
from struct import Struct
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from model.construction import constructor
from serving.policy.zone_names import ZoneNames, some_of

YES, NO, UNKNOWN = 1, 0, -1
APPROVED, CHANGED, NOT_APPROVED = 1, 2, 0
CONTACTS_KEPT = 10  # as many as the largest cap
NEVER, NO_END = float("-inf"), float("inf")
NAN = float("nan")
ZERO = np.zeros((), dtype=np.int8)

Ints = NDArray[np.int8]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def equal(column: Ints, value: int) -> Mask:
    """Return where the column has this value."""
    mask: Mask = column == value
    return mask


def differs(column: Ints, value: int | Ints) -> Mask:
    """Return where the column has another value."""
    mask: Mask = column != value
    return mask


def among(column: Ints, values: Sequence[int]) -> Mask:
    """Return where the column has one of these values; where there are none, nowhere."""
    mask = differs(column, column)
    for value in values:
        mask = mask | equal(column, value)
    return mask


def before(now: Floats | float, ends: Floats) -> Mask:
    """Return where an instant is still to come; one that is not known is not."""
    mask: Mask = now < ends
    return mask


def at_least(column: Ints, value: int) -> Mask:
    """Return where the column has this value or a larger one."""
    mask: Mask = column >= int(value)  # a member of an enumeration is compared slowly
    return mask


def opposite(mask: Mask) -> Mask:
    """Return where the mask is not; of a single row as a plain bool, too, of which `~` would make a number."""
    other: Mask = mask ^ True
    return other


class Flags(NamedTuple):
    """One row's answers; the order is that of `Columns`. The default is a row that could not be read: all unknown."""

    readable: int = NO  # whether the row could be read at all
    purpose: int = UNKNOWN  # place among the nine services; −2 marketing, −1 no purpose that exists
    channel: int = UNKNOWN  # place among the channels; −1 none of them
    mark: int = NO  # 0 ordinary, 1 essential, 2 critical evidence
    ages_as: int = NO  # as its mark, or 3: tied to a page
    found: int = UNKNOWN  # the evidence is on record, unique and complete
    fits: int = UNKNOWN  # its type proves the purpose
    theirs: int = UNKNOWN  # it is about this customer
    superseded: int = UNKNOWN  # a newer event on the same entity
    outdated: int = UNKNOWN  # the message says another fact than the evidence, or the page was left
    already_told: int = UNKNOWN
    promotional: int = UNKNOWN  # −1 as long as there is no text
    generic: int = UNKNOWN  # the same
    newcomer: int = UNKNOWN  # the text takes its reader for one
    judged: int = NO  # its own words are in a language that the veto on wording reads, or it has none
    complete: int = NO  # a text was made and every place is filled
    grounded: int = NO  # it says a fact of its evidence, or does not have to, and no other that is not plain
    next_step: int = NO
    templated: int = NO  # a template, not a free text
    same_purpose: int = NO  # the template is one for this purpose
    approval: int = UNKNOWN  # 1 approved, 2 changed since, 0 none
    allowed: int = NO  # the purpose may appear on this channel
    consent: int = UNKNOWN
    opted_out: int = UNKNOWN
    zoned: int = UNKNOWN  # at least one zone is given and every given one exists
    outbound: int = YES
    live: int = NO  # the named session exists and is neither ended nor idle; −1: one is named and was not found out
    own: int = UNKNOWN  # it is this customer's, and the evidence happened in it; −1: no session matters or is there
    returning: int = UNKNOWN
    complaint_open: int = UNKNOWN
    conversation_open: int = UNKNOWN
    breaker_open: int = UNKNOWN  # of this template, or of this very text


class Numbers(NamedTuple):
    """One row's times, counts and minutes; the order is that of `Columns`."""

    evidence_time: float = NAN
    remind_at: float = NAN  # −inf where it is no reminder
    due_at: float = NAN  # NaN where it is no reminder
    expires_at: float = NO_END  # the request's own
    last_inbound: float = NAN
    minute: float = NAN  # local minute of the day in the first zone; NaN where there is none
    minute_too: float = NAN  # the same in the second zone, where two sources differ
    contacts_60m: float = NAN
    contacts_24h: float = NAN
    contacts_7d: float = NAN
    last_complaint: float = NAN
    dismissed_at: float = NAN
    settled_since: float = NAN  # on this page, or in this session; −inf outside of one
    widget_messages: float = NAN  # in this session; −inf on another channel


_WIDE = {"purpose": (-2, 8), "channel": (-1, 5), "mark": (0, 2), "ages_as": (0, 3), "approval": (-1, 2)}
_WIDE |= dict.fromkeys(("readable", "judged", "complete", "grounded", "next_step", "templated"), (NO, YES))
_WIDE |= dict.fromkeys(("same_purpose", "outbound"), (NO, YES))
_BOUNDS = [_WIDE.get(name, (UNKNOWN, YES)) for name in Flags._fields]  # of each flag


_FLAGS, _NUMBERS = Struct(f"{len(Flags._fields)}b"), Struct(f"{len(Numbers._fields)}d")
Packed = tuple[bytes, bytes]


class Sends(NamedTuple):
    """What one row knows of earlier contacts (newest first; `timed`: all that were counted) and of zones by name."""

    times: Sequence[float] = ()
    timed: bool = False
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The rows as arrays [n]; `contacts` [n, 10] are the newest outbound sends, newest first, −inf where there is none.

    `timed` says whether `contacts` holds every send that the counts count; `zones` are the known zones' names per row;
    `doubtful` names every input that is unknown on any row (and perhaps others): the engine asks about no others.
    `now` is the instant of all rows in epoch seconds, or each row's own as an array [n].
    """

    readable: Ints
    purpose: Ints
    channel: Ints
    mark: Ints
    ages_as: Ints
    found: Ints
    fits: Ints
    theirs: Ints
    superseded: Ints
    outdated: Ints
    already_told: Ints
    promotional: Ints
    generic: Ints
    newcomer: Ints
    judged: Ints
    complete: Ints
    grounded: Ints
    next_step: Ints
    templated: Ints
    same_purpose: Ints
    approval: Ints
    allowed: Ints
    consent: Ints
    opted_out: Ints
    zoned: Ints
    outbound: Ints
    live: Ints
    own: Ints
    returning: Ints
    complaint_open: Ints
    conversation_open: Ints
    breaker_open: Ints
    evidence_time: Floats
    remind_at: Floats
    due_at: Floats
    expires_at: Floats
    last_inbound: Floats
    minute: Floats
    minute_too: Floats
    contacts_60m: Floats
    contacts_24h: Floats
    contacts_7d: Floats
    last_complaint: Floats
    dismissed_at: Floats
    settled_since: Floats
    widget_messages: Floats
    contacts: Floats
    timed: Mask
    zones: ZoneNames
    now: Floats | float
    doubtful: frozenset[str]

    @property
    def rows(self) -> int:
        """How many candidates there are."""
        return len(self.readable)

    @property
    def instant(self) -> float:
        """The one instant of all rows; raises TypeError where each row has its own."""
        if isinstance(self.now, np.ndarray):
            raise TypeError("these rows have instants of their own")
        return self.now

    def single(self) -> "Columns":
        """Return the only row as plain numbers, of which the same filters make a bool in a tenth of the time."""
        values = [column.item() for column in IN_ORDER(self)[:-2]]
        now = self.now.item() if isinstance(self.now, np.ndarray) else self.now
        alone = _Alone._make([*values, self.contacts[0], self.timed.item(), self.zones, now, self.doubtful])
        return cast("Columns", alone)

    def unknown(self, name: str) -> Mask:
        """Return the rows on which the input `name` is unknown."""
        column: Ints | Floats = getattr(self, name)
        return np.isnan(column) if column.dtype == np.float64 else column < 0

    def take(self, rows: NDArray[np.intp] | slice) -> "Columns":
        """Return these rows only; a slice copies nothing."""
        if isinstance(rows, slice) and rows == slice(0, self.rows):
            return self
        arrays = [column[rows] for column in IN_ORDER(self)]
        now = self.now[rows] if isinstance(self.now, np.ndarray) else self.now
        return _columns(arrays, some_of(self.zones, rows), now, self.doubtful)


COLUMNS = constructor(Columns)
ARRAYS = (*Flags._fields, *Numbers._fields, "contacts", "timed")  # in the order of `Columns`
IN_ORDER, FLAGS_IN_ORDER = attrgetter(*ARRAYS), attrgetter(*Flags._fields)


_Values = namedtuple("_Values", (*ARRAYS, "zones", "now", "doubtful"))  # type: ignore[misc]  # noqa: PYI024  (listed above)


class _Alone(_Values):
    """One row as plain numbers, under the names of `Columns`; whoever needs more of it than that asks the columns."""

    __slots__ = ()

    def unknown(self, name: str) -> bool:
        """Whether the input `name` is unknown."""
        value: Any = getattr(self, name)
        return bool(value != value if isinstance(value, float) else value < NO)  # noqa: PLR0124  (only NaN is not itself)


class FlagsAlone(Flags):
    """The flags of two equal rows, as arrays, and nothing else: whoever asks for a number raises AttributeError."""

    __slots__ = ()

    @classmethod
    def of(cls, flags: bytes) -> "FlagsAlone":
        """Return the flags of one row of `flag_rows`; twice, since an answer for one row could be one for all."""
        return cls._make(np.frombuffer(flags * 2, dtype=np.int8).reshape(2, -1).T)

    @property
    def doubtful(self) -> frozenset[str]:
        """The flags that are unknown."""
        return frozenset([name for name in self._fields if self.unknown(name)[0]])

    def unknown(self, name: str) -> Mask:
        """Return where the flag `name` is unknown."""
        mask: Mask = getattr(self, name) < NO
        return mask


def flag_rows(c: Columns) -> list[bytes]:
    """Return the flags of each row, one byte each."""
    columns, width = FLAGS_IN_ORDER(c), len(Flags._fields)
    whole = np.concatenate(columns).reshape(width, -1).T.tobytes()
    return [whole[start : start + width] for start in range(0, len(whole), width)]


def pack(flags: Iterable[int], numbers: Iterable[float]) -> Packed:
    """Return the values of one row, in the order of `Flags` and `Numbers`, as bytes.

    Raises:
        struct.error: a value of another kind, or a flag that does not fit.
    """
    return _FLAGS.pack(*flags), _NUMBERS.pack(*numbers)


def stack(flags: Sequence[Flags], numbers: Sequence[Numbers], sends: Sequence[Sends], now: float) -> Columns:
    """Make columns of rows; raises as `pack` does."""
    return unpack(list(map(pack, flags, numbers)), sends, now)


def unpack(rows: Sequence[Packed], sends: Sequence[Sends], now: float) -> Columns:
    """Make columns of packed rows."""
    answers = np.frombuffer(b"".join([bounded(flags) for flags, _ in rows]), dtype=np.int8)
    figures = np.frombuffer(b"".join([numbers for _, numbers in rows]), dtype=np.float64)
    yes_no = answers.reshape(len(rows), len(Flags._fields)).T.copy()
    amounts = figures.reshape(len(rows), len(Numbers._fields)).T.copy()
    contacts = np.full((len(sends), CONTACTS_KEPT), NEVER)
    for row, each in enumerate(sends):
        if each.times:
            kept = each.times[:CONTACTS_KEPT]
            contacts[row, : len(kept)] = kept
    timed = np.array([each.timed for each in sends], dtype=np.bool_)
    return put_together(yes_no, amounts, contacts, timed, tuple([each.zones for each in sends]), now)


def put_together(  # noqa: PLR0913, PLR0917  (what columns are made of, in their order)
    yes_no: Ints, amounts: Floats, contacts: Floats, timed: Mask, zones: ZoneNames, now: Floats | float
) -> Columns:
    """Make columns of flags [fields, n], numbers [fields, n], contacts [n, 10], and what stands beside them [n]."""
    return _columns([*yes_no, *amounts, contacts, timed], zones, now, _doubtful(yes_no, amounts))


@lru_cache(maxsize=4096)
def bounded(flags: bytes) -> bytes:
    """Return one row's flags, unreadable where one has another value than any."""
    values = _FLAGS.unpack(flags)
    if any(not least <= value <= most for value, (least, most) in zip(values, _BOUNDS, strict=True)):
        return _FLAGS.pack(NO, *values[1:])
    return flags


def _doubtful(yes_no: Ints, amounts: Floats) -> frozenset[str]:
    """Return the names of the flags and numbers, [fields, n], that are unknown on any row."""
    unknown = np.logical_or.reduce(yes_no < ZERO, axis=1), np.logical_or.reduce(np.isnan(amounts), axis=1)
    return _named(b"".join([mask.tobytes() for mask in unknown]))


@lru_cache(maxsize=4096)
def _named(unknown: bytes) -> frozenset[str]:
    """Return the names of the flags and numbers of which this says so, one byte each."""
    return frozenset(compress((*Flags._fields, *Numbers._fields), unknown))


def _columns(
    arrays: Sequence[NDArray[Any]], zones: ZoneNames, now: Floats | float, doubtful: frozenset[str]
) -> Columns:
    """Put the arrays, in the order of `ARRAYS`, where they belong."""
    values: list[Any] = [*arrays, zones, now, doubtful]
    return COLUMNS(*values)
