"""What classes say, and what rows say, as columns of rows."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from serving.columnar.numbers import Filled, fill
from serving.columnar.spreading import same_rows, spread
from serving.policy.columns import NEVER, NO, YES, Columns, Flags, Numbers
from tests.serving.columnar.nasty_rows import NOW

ROWS = 4
SOON = NOW.timestamp()


def filled() -> Filled:
    """Fill in four rows of which only counts and zones are known."""
    columns = {
        "context.contacts_24h": pa.array([0, 1, 2, None]),
        "user.timezone": pa.array(["Europe/Paris", "UTC", None, "Europe/Paris"]),
        "evidence.data.remind_at": pa.array([NOW] * ROWS, pa.timestamp("us", tz="UTC")),
    }
    return fill(columns, ROWS, NOW)


def rows_of(*kinds: tuple[Flags, Numbers], kind: list[int], rows: list[int]) -> Columns:
    """Spread kinds over some of the four rows."""
    flags = np.array([flags for flags, _ in kinds], dtype=np.int8).T
    numbers = np.array([numbers for _, numbers in kinds], dtype=np.float64).T
    return spread(flags, numbers, np.array(kind), filled(), np.array(rows), SOON)


ORDINARY = Flags(readable=YES, purpose=3), Numbers(remind_at=NEVER, settled_since=NEVER)


def test_rows_say_what_their_kinds_say() -> None:
    """But for what is filled in by row."""
    other = Flags(readable=YES, purpose=4), Numbers(remind_at=NEVER)
    found = rows_of(ORDINARY, other, kind=[0, 1, 0], rows=[0, 1, 3])
    actual = found.purpose.tolist(), found.contacts_24h.tolist(), tuple(found.zones), found.zoned.tolist()
    zones = (("Europe/Paris",), ("UTC",), ("Europe/Paris",))
    np.testing.assert_equal(actual, ([3, 4, 3], [0.0, 1.0, float("nan")], zones, [1, 1, 1]))


def test_what_is_not_outbound_counts_against_no_cap() -> None:
    """Whatever the file counts."""
    inside = Flags(readable=YES, outbound=NO), ORDINARY[1]
    found = rows_of(ORDINARY, inside, kind=[0, 1, 1], rows=[1, 2, 3])
    actual = found.contacts_24h.tolist()
    assert actual == [1.0, 0.0, 0.0]


def test_a_date_is_that_of_the_row_where_the_kind_is_a_reminder() -> None:
    """Elsewhere it is none, whatever the column says."""
    reminder = ORDINARY[0], Numbers(remind_at=5.0, due_at=6.0)
    found = rows_of(ORDINARY, reminder, kind=[0, 1], rows=[0, 1])
    actual = found.remind_at.tolist()
    assert actual == [NEVER, SOON]


def test_what_is_unknown_is_doubtful() -> None:
    """The engine asks about these alone."""
    found = rows_of(ORDINARY, kind=[0, 0], rows=[0, 2])
    actual = {name for name in ("contacts_24h", "zoned", "consent", "minute", "purpose") if name in found.doubtful}
    assert actual == {"consent", "minute"}


def test_no_send_is_listed() -> None:
    """A plan lists none before this run sends."""
    found = rows_of(ORDINARY, kind=[0] * ROWS, rows=list(range(ROWS)))
    actual = found.contacts.shape, set(found.contacts.ravel().tolist()), found.timed.tolist()
    assert actual == ((ROWS, 10), {NEVER}, [True] * ROWS)


def test_rows_that_differ_anywhere_are_found() -> None:
    """NaN is the same as NaN; zones count too."""
    found = rows_of(ORDINARY, kind=[0] * ROWS, rows=list(range(ROWS)))
    zones = (("UTC",), *tuple(found.zones)[1:])
    changed = replace(found, zones=zones, judged=np.array([NO, YES, NO, NO], dtype=np.int8))
    actual = same_rows(found, changed).tolist(), same_rows(found, found).tolist()
    assert actual == ([False, False, True, True], [True] * ROWS)
