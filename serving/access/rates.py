"""How fast one key may ask: a bucket for each, filled by a monotonic clock that is an argument. Pure but for its state.

A bucket holds one second's worth. Whoever finds one in it is let in and takes that; what it brought besides is known
later, when its body was read, and taken then, in debt where there is less: an array of 1,000 passes whole, and what
comes after it waits until that is paid. Many may be let in before the first of them is read, so it is asked again then:
where somebody else's debt stands, no other is made. So over any time, in whatever order requests come and are read, the
elements let in are at most rate x seconds, one second's worth, and the last array.

Memory is bounded: of more names than `most` the one that asked least recently is forgotten, and begins anew, full.

Example:
    >>> buckets = Buckets(most=2)
    >>> [buckets.take("k", per_second=2, at=0.0) for _ in range(3)]
    [0.0, 0.0, 0.5]
    >>> buckets.take("k", per_second=2, at=0.5)
    0.0
"""

from collections import OrderedDict
from typing import Final

ROUNDING: Final = 1e-6  # seconds: whoever waited as told may ask, however the sum was rounded


class Buckets:
    """What each name has left."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # how many were left, and when

    def __len__(self) -> int:
        return len(self._left)

    def wait(self, name: str, *, per_second: float, at: float) -> float:
        """Return for how many seconds this name must wait; 0.0: it may ask now. Nothing is taken."""
        wait = (1.0 - self._now(name, per_second, at)) / per_second
        return wait if wait > ROUNDING else 0.0

    def take(self, name: str, *, per_second: float, at: float) -> float:
        """Take one where there is one, and return 0.0; else the seconds to wait, and nothing is taken."""
        wait = self.wait(name, per_second=per_second, at=at)
        if wait == 0.0:
            self._take(name, 1, per_second, at)
        return wait

    def debt(self, name: str, *, per_second: float, at: float) -> float:
        """Return for how many seconds whoever was let in must wait for others to pay; 0.0: nobody owes."""
        in_debt = self._now(name, per_second, at) < -ROUNDING * per_second
        return self.wait(name, per_second=per_second, at=at) if in_debt else 0.0

    def more(self, name: str, elements: int, *, per_second: float, at: float) -> float:
        """Take what one that was let in brought besides, there or not, and return 0.0; where somebody owes, as `debt`.

        Nothing besides needs nothing.
        """
        wait = self.debt(name, per_second=per_second, at=at) if elements else 0.0
        if elements and wait == 0.0:
            self._take(name, elements, per_second, at)
        return wait

    def _take(self, name: str, elements: int, per_second: float, at: float) -> None:
        left = self._now(name, per_second, at) - elements
        self._left[name] = (left, at)
        self._left.move_to_end(name)
        if len(self._left) > self._most:
            self._left.popitem(last=False)

    def _now(self, name: str, per_second: float, at: float) -> float:
        """Return what is in a bucket; a clock that goes back adds nothing, and takes nothing."""
        full = max(1.0, per_second)
        left, since = self._left.get(name, (full, at))
        return min(full, left + max(0.0, at - since) * per_second)
