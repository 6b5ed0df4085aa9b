"""A batch of candidates as the columns that the filters read: the rows whose class is proved, and the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import Candidate
from serving.policy.columns import Columns


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """What was found out about a batch: `columns` are those of its plain rows, in their order.

    `plain` and `others` are places in the batch, rising; together they are all of them. `kind` is the class of each
    plain row, `kinds` holds one real candidate of each class.
    """

    columns: Columns
    plain: NDArray[np.intp]
    others: NDArray[np.intp]
    kind: NDArray[np.intp]
    kinds: Sequence[Candidate]
