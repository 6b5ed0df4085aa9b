"""A small table that keeps every rule, for tests to break one rule of, and the message that then follows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.errors import InvalidTable
from model.reading.roles import Roles
from model.table import Table

ROWS = 40
GIVEN: dict[str, Any] = {
    "contacted": "sent",
    "benefit": "visit",
    "complaint": "complained",
    "opt_out": "left",
    "propensity": 0.5,
    "cluster": "household",
    "time": "decided_at",
    "id": "occasion",
    "features_time": "observed_at",
    "purpose": "purpose",
    "channel": "chat",
}


def good_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return a table that keeps every rule: 40 rows, both arms, three labels, one feature of each kind."""
    row = np.arange(rows)
    decided = pd.Timestamp("2026-03-01T12:00:00Z") + pd.to_timedelta(row, unit="h")
    return pd.DataFrame(
        {
            "occasion": [f"o-{i}" for i in row],
            "household": [f"h-{i // 2}" for i in row],
            "decided_at": decided,
            "observed_at": decided - pd.Timedelta(hours=1),
            "sent": row % 2,
            "visit": (row % 3 == 0).astype(int),
            "complained": (row % 7 == 0).astype(int),
            "left": (row % 11 == 1).astype(int),
            "purpose": np.where(row % 5 == 0, "remediation", "delivery_update"),
            "age": row * 1.5,
            "plan": np.where(row % 4 < 2, "basic", "plus"),
            "app": row % 8 < 4,
        }
    )


def roles(**changes: Any) -> Roles:
    """Return the roles of `good_frame`; a change to None takes a role out."""
    return Roles.from_mapping({key: value for key, value in (GIVEN | changes).items() if value is not None})


def checked(frame: pd.DataFrame, **changes: Any) -> Table:
    """Check a frame under the roles of `good_frame`, changed."""
    return Table.from_frame(frame, roles(**changes))


def message(call: Callable[[], object]) -> str:
    """Return the words with which a call is refused; they stand on one line."""
    with pytest.raises(InvalidTable) as refused:
        call()
    words = str(refused.value)
    assert "\n" not in words
    return words


def changed(**columns: Any) -> pd.DataFrame:
    """Return the good table with some columns replaced."""
    return good_frame().assign(**columns)


def replaced(column: str, row: int, value: Any) -> pd.DataFrame:
    """Return the good table with one cell replaced (rows from 1, as messages count)."""
    frame = good_frame()
    cells = frame[column].astype(object)
    cells.iloc[row - 1] = value
    return frame.assign(**{column: cells})


def refused(frame: pd.DataFrame, **changes: Any) -> str:
    """Return how a table is refused."""
    return message(lambda: checked(frame, **changes))
