"""What the checks look at: both halves as one run of rows, the scores, and what the table holds for sceptics."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.split import Half
from model.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """A table with its halves `first` and `second`, and their row numbers; the deployed scorer's net benefit on both.

    `score1` float64[n1] is out of fold on D1, `score2` float64[n2] that of D2; `cutoff` is the one that stands in the
    certificate, 0 without one; `checked` is the propensity check; `names` are D2's clusters;
    `clipped` counts the rows whose estimated e was cut.
    """

    table: Table
    first: Half
    second: Half
    rows1: Ints
    rows2: Ints
    names: list[str]
    estimated: bool
    score1: Floats
    score2: Floats
    cutoff: float
    checked: dict[str, JSON]
    clipped: int = 0

    @property
    def rows(self) -> Ints:
        """The row numbers of both halves, D1 first."""
        return np.concatenate([self.rows1, self.rows2])

    @property
    def draw(self) -> dict[str, Any]:
        """Who was contacted, with what propensity, and whose rows they are, of both halves: keyword arguments."""
        return {
            "contacted": np.concatenate([self.first.contacted, self.second.contacted]),
            "propensity": np.concatenate([self.first.propensity, self.second.propensity]),
            "cluster": np.concatenate([self.first.cluster, self.second.cluster + int(self.first.cluster.max()) + 1]),
        }

    def label_names(self) -> dict[str, str]:
        """Return the column of each label that the table has."""
        roles = self.table.roles
        named = {"benefit": roles.benefit, "complaint": roles.complaint, "opt_out": roles.opt_out}
        return {role: column for role, column in named.items() if column is not None}
