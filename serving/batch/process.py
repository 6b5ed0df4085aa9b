"""What a process of a plan does without: pandas, threads of Arrow's own, and looking for garbage among what stays."""

import gc
import sys
from contextlib import suppress

import pyarrow as pa

PANDAS = "pandas"


def be_lean() -> None:
    """Have Arrow find no pandas, and start no threads: there is a process for each core.

    The first array that Arrow makes or hands to numpy looks for pandas, once in a process, and imports it where it is
    installed: a third of a second and 50 MB, for values that no file holds. Where it is imported already, or nothing
    would find it, this changes nothing.
    """
    pa.set_cpu_count(1)
    if PANDAS in sys.modules:
        return
    sys.modules[PANDAS] = None  # type: ignore[assignment]  # how Python says that a module is not to be found
    try:
        for _ in range(2):  # two parts of Arrow look, each for itself
            with suppress(AttributeError):  # from the first, which takes None for pandas
                pa.array([1.0]).to_numpy()
    finally:
        del sys.modules[PANDAS]


def settled() -> None:
    """Look no more for garbage in what was loaded: it stays as long as the process."""
    gc.collect()
    gc.freeze()
