"""What the logging policy did and what came of it: the rows by which an evaluation policy is judged (METHOD section 8).

Example:
    >>> log = Log.from_decisions(
    ...     sent=np.array([True, False, False]),
    ...     logging_propensity=np.array([0.95, 0.05, 0.98]),
    ...     outcome=np.array([1.0, 0.0, 1.0]),
    ...     cluster=np.array(["anna", "anna", "bob"]),
    ... )
    >>> log.propensity.tolist(), log.cluster.tolist()
    ([0.95, 0.95, 0.02], [0, 0, 1])
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.contracts import EXACT
from model.errors import InvalidInput
from model.off_policy.columns import labels, numbers, rates, refuse, truths

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

ALL = "all rows"  # the one part of a log that names none
CLOSED = "leave out rows whose outcome is unknown or whose window has not closed"
DRAWN = "leave out rows that reached no draw: essential ones, and those that were refused"


@dataclass(frozen=True, kw_only=True, eq=False)
class Log:
    """The n occasions of a log; its columns are checked and made arrays.

    `propensity` is the logging policy's P(contacted | history), from 0 (it never contacts such a row) to 1 (it always
    does). `outcome` is a benefit, a harm or a net benefit. `cluster` (names or whole numbers) becomes codes 0…G−1.
    `part` names what a row is about ("delivery_update by chat"), so that a refusal can name what the log cannot answer;
    of long logs quicker as whole numbers into `part_names`.
    `means` are (m1, m0), the mean outcome of a row if contacted and if held out; they must not have been learned from
    the row's own cluster (cross-fit them, or use `model.off_policy.means`). `bounds` are the least and the greatest
    outcome there can be; (0, 1) where nothing is said and every outcome is 0 or 1.

    Raises:
        InvalidInput: no rows, columns of different lengths, a value outside its domain, a log that contradicts itself.
    """

    contacted: Bools
    propensity: Floats
    outcome: Floats
    cluster: NDArray[Any]
    part: NDArray[Any] | None = None
    means: tuple[Floats, Floats] | None = None
    bounds: tuple[float, float] | None = None
    part_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        rows = np.size(self.contacted)
        if not rows:
            raise InvalidInput("the log has no rows; choose a period in which contacts were drawn")
        columns: dict[str, Any] = {
            "contacted": truths("contacted", self.contacted, rows=rows),
            "propensity": rates("propensity", self.propensity, rows=rows, step="give P(contacted | history)"),
            "outcome": numbers("outcome", self.outcome, rows=rows, step=CLOSED),
            "cluster": np.unique(labels("cluster", self.cluster, rows=rows), return_inverse=True)[1],
            "part": None if self.part is None else _part(self.part, self.part_names, rows),
            "means": None if self.means is None else _means(self.means, rows),
        }
        _refuse_contradiction(columns["contacted"], columns["propensity"])
        columns["bounds"] = _bounds(self.bounds, columns["outcome"])
        for name, column in columns.items():
            object.__setattr__(self, name, column)

    @classmethod
    def from_decisions(
        cls, *, sent: ArrayLike, logging_propensity: ArrayLike, outcome: ArrayLike, **columns: Any
    ) -> Self:
        """Build a log from decisions; `logging_propensity` is the probability of the *logged action*, sent or not.

        `columns` are `cluster` and, where known, `part`, `means` and `bounds`. Raises `InvalidInput`.
        """
        propensity = contact_propensity(sent, logging_propensity)
        return cls(contacted=np.asarray(sent), propensity=propensity, outcome=np.asarray(outcome), **columns)

    @property
    def rows(self) -> int:
        """The number of occasions."""
        return len(self.contacted)

    def parts(self) -> tuple[list[str], Ints]:
        """Return the names of the parts, sorted, and each row's code among them."""
        return self._parts

    @cached_property
    def _parts(self) -> tuple[list[str], Ints]:
        if self.part is None:
            return [ALL], np.zeros(self.rows, dtype=np.intp)
        found, code = np.unique(self.part, return_inverse=True)
        if self.part_names is None:
            return [str(name) for name in found], code
        names, place = np.unique([self.part_names[number] for number in found.tolist()], return_inverse=True)
        return [str(name) for name in names], place[code]

    def take(self, kept: Bools) -> "Log":
        """Return the log of the rows that are kept, bool[n]; raises `InvalidInput` where none is."""
        columns = {name: getattr(self, name)[kept] for name in ("contacted", "propensity", "outcome", "cluster")}
        part = None if self.part is None else self.part[kept]
        means = None if self.means is None else (self.means[0][kept], self.means[1][kept])
        return replace(self, **columns, part=part, means=means)


def contact_propensity(sent: ArrayLike, logging_propensity: ArrayLike) -> Floats:
    """Return e = P(contacted | history): p where the message was sent, 1 − p where it was withheld (METHOD section 2).

    Raises:
        InvalidInput: an action that was logged although its probability is 0, or a value that is no probability.
    """
    rows = np.size(sent)
    done = truths("sent", sent, rows=rows)
    logged = rates("logging_propensity", logging_propensity, rows=rows, step=DRAWN)
    refuse("logging_propensity", logged, logged == 0.0, "is that of an action which was taken; check how it was logged")
    return np.where(done, logged, np.round(1.0 - logged, EXACT))


def _means(means: tuple[Floats, Floats], rows: int) -> tuple[Floats, Floats]:
    step = "give the mean outcome of every row"
    m1, m0 = (numbers(f"means[{k}]", arm, rows=rows, step=step) for k, arm in enumerate(means))
    return m1, m0


def _part(part: NDArray[Any], names: tuple[str, ...] | None, rows: int) -> NDArray[Any]:
    """Return the parts as names, or as numbers of names where these are given."""
    found = labels("part", part, rows=rows)
    if names is None:
        return found.astype(np.str_)
    wrong = (found < 0) | (found >= len(names)) if found.dtype.kind in "iu" else np.ones(rows, dtype=np.bool_)
    refuse("part", found, wrong, f"is no number from 0 to {len(names) - 1}, of one of `part_names`; correct either")
    return found


def _bounds(bounds: tuple[float, float] | None, outcome: Floats) -> tuple[float, float] | None:
    """Return the range of outcomes; only 0 and 1 need not be said."""
    if bounds is None:
        return (0.0, 1.0) if bool(np.isin(outcome, (0.0, 1.0)).all()) else None
    low, high = (float(bound) for bound in bounds)
    if not (np.isfinite([low, high]).all() and low < high):
        raise InvalidInput(f"`bounds` are `{low:g}` and `{high:g}`; give the least and the greatest possible outcome")
    outside = (outcome < low) | (outcome > high)
    refuse("outcome", outcome, outside, f"is outside its `bounds`, {low:g} to {high:g}; correct either")
    return low, high


def _refuse_contradiction(contacted: Bools, propensity: Floats) -> None:
    step = "the log contradicts itself; check how P(contacted | history) was made from what was logged"
    refuse("propensity", propensity, contacted & (propensity == 0.0), f"but the row was contacted: {step}")
    refuse("propensity", propensity, ~contacted & (propensity == 1.0), f"but the row was held out: {step}")
