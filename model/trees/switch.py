"""Which code walks a forest: numpy until the compiled kernel has given the same bits on every row it is asked, then it.

A forest that was loaded with golden rows compiles its kernel in the background once numpy has worked on it for about a
quarter of a second, or when it is told to hasten; a process that scores a few rows never pays for a compiler. Both give
the same bits, so that nobody can see when it changed but by `which`, and by the clock.
"""

import logging
import threading

import numpy as np
from numpy.typing import NDArray

from model.errors import one_line
from model.trees.kernel import FEW, Kernel, NoKernelError
from model.trees.kernel_tables import ROWS
from model.trees.walk import Walk

Floats = NDArray[np.float64]

COMPILED, NUMPY = "compiled", "numpy"
CALL = 1 << 15  # steps that one call of numpy's walk costs, however few its rows
WORTH = 1 << 23  # steps of numpy's walk: about a quarter of a second
HOSTILE = 2 * ROWS + FEW // 2  # rows made to be hard, and no whole number of blocks
log = logging.getLogger(__name__)


class Switch:
    """Adds the trees of one forest to sums; thread-safe: what changes is one reference, once."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._kernel: Kernel | None = None
        self._golden: Floats | None = None
        self._steps = 0
        self._begun = threading.Lock()  # held for good by whoever compiles
        self._ended = threading.Event()

    @property
    def which(self) -> str:
        """What answers now: `compiled` or `numpy`."""
        return NUMPY if self._kernel is None else COMPILED

    def golden(self, rows: Floats) -> None:
        """Take the rows on which a kernel must agree with numpy; without them none is ever used."""
        self._golden = rows

    def add(self, codes: Floats, start: Floats) -> Floats:
        """Return `start` float64[n, h] plus each head's trees for rows float64[n, f]; see `Walk.add`."""
        kernel = self._kernel
        if kernel is not None:
            return kernel.add(codes, start)
        if self._steps < WORTH:
            self._steps += CALL + len(codes) * sum(self.walk.alive)
            if self._steps >= WORTH and self._golden is not None:
                self.hasten()
        return self.walk.add(codes, start)

    def hasten(self, *, yielding: bool = False) -> None:
        """Begin to compile in the background, where that was not begun before; `yielding` gives way to other work."""
        if self._golden is not None and self._begun.acquire(blocking=False):
            args = (self._golden, yielding)
            threading.Thread(target=self._compile, args=args, name="outreach-kernel", daemon=True).start()

    def wait(self, seconds: float) -> str:
        """Hasten, wait until the kernel is used or refused, and return `which`."""
        self.hasten()
        if self._golden is not None:
            self._ended.wait(seconds)
        return self.which

    def _compile(self, golden: Floats, yielding: bool) -> None:  # noqa: FBT001  (a thread passes places)
        """Switch the kernel in where it can be made and agrees; say in the log where not."""
        try:
            kernel = Kernel.of(self.walk, yielding=yielding)
            if agrees(kernel, self.walk, golden):
                self._kernel = kernel
                log.info("the compiled walk is in use: it gives numpy's bits on the golden rows and on hostile ones")
            else:
                log.error("the compiled walk differs from numpy's and is not used; numpy answers, the scores are right")
        except NoKernelError as error:
            log.info("no compiled walk: %s; numpy answers, to the same bits", error)
        except Exception as error:  # noqa: BLE001  (whatever it is, numpy answers)
            log.warning("no compiled walk: %s; numpy answers, to the same bits", one_line(error)[:200])
        finally:
            self._ended.set()


def agrees(kernel: Kernel, walk: Walk, golden: Floats) -> bool:
    """Whether a kernel gives numpy's bits on the golden rows and on hostile ones, few at once and many."""
    rows = np.concatenate([golden, hostile(walk, golden.shape[1])])
    start = np.linspace(-1.0, 1.0, walk.heads[-1][0] + 1)[None].repeat(len(rows), axis=0)
    expected = walk.add(rows, start)
    if not np.isfinite(expected).all() or kernel.add(rows, start).tobytes() != expected.tobytes():
        return False
    few = [kernel.add(rows[k : k + FEW - 1], start[k : k + FEW - 1]) for k in range(0, len(rows), FEW - 1)]
    return np.concatenate(few).tobytes() == expected.tobytes()


def hostile(walk: Walk, width: int) -> Floats:
    """Return rows float64[n, width] of gaps, infinities, levels known or not, thresholds and their neighbours."""
    rng = np.random.default_rng(width)
    rows = np.empty((HOSTILE, width))
    ends = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, -1.0, -0.5, 1.0, 2.5, 255.0, 256.0, 1e300])
    for feature in range(width):
        asked = walk.threshold[(walk.feature == feature) & (walk.set < 0)]
        some = rng.choice(asked, 24) if len(asked) else rng.integers(0, 256, 24).astype(np.float64)
        pool = np.concatenate([ends, some, np.nextafter(some, np.inf), np.nextafter(some, -np.inf)])
        rows[:, feature] = rng.choice(pool, HOSTILE)
    return rows
