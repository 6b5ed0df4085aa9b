"""Decisions are counted by column as they are one by one."""

import pyarrow as pa
import pytest

from serving.batch.files import DECISIONS
from serving.batch.summary import Counts

ROWS = [
    ("send", [], None),
    ("deny", ["evidence_stale", "quiet_hours"], None),
    ("hold", ["quiet_hours"], None),
    ("deny", ["below_cutoff"], "model"),
    ("send", [], "policy_only"),
    ("deny", ["quiet_hours", "evidence_stale"], None),
]


def table(rows: list[tuple[str, list[str], str | None]]) -> pa.Table:
    """Return decisions of which only action, reasons and arm are told."""
    columns = dict(zip(("action", "reasons", "arm"), map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    arrays = [
        pa.array(columns.get(name, [None] * len(rows)), type=DECISIONS.field(name).type) for name in DECISIONS.names
    ]
    return pa.table(arrays, schema=DECISIONS)


@pytest.mark.parametrize("cut", range(len(ROWS) + 1))
def test_columns_are_counted_as_their_rows(cut: int) -> None:
    """Every reason, of each row that is not sent the first, and arms; however the table lies in memory."""
    counts = Counts(frozenset())
    whole = table([("hold", ["too_soon"], None), *ROWS]).slice(1)
    counts.add_table(pa.concat_tables([whole.slice(0, cut), whole.slice(cut)]), {"spend": 2})
    actual = (counts.decided, counts.actions, counts.reasons, counts.decisive, counts.arms, counts.ignored)
    assert actual == (
        6,
        {"send": 2, "deny": 3, "hold": 1},
        {"evidence_stale": 2, "quiet_hours": 3, "below_cutoff": 1},
        {"evidence_stale": 1, "quiet_hours": 2, "below_cutoff": 1},
        {"model": 1, "policy_only": 1},
        {"spend": 2},
    )


def test_no_decisions_count_nothing() -> None:
    """An empty table is one."""
    counts = Counts(frozenset())
    counts.add_table(table([]), {})
    assert counts == Counts(frozenset())
