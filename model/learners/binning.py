"""scikit-learn's boosting bins its columns one thread at a time here, so that threads leave the warnings alone.

While it bins, `sklearn.utils.parallel._FuncWrapper` empties the warning filters of the process, and puts them back.
Two threads that do so at once can leave them empty for good: every later fit then warns that the thread's configuration
did not reach it, though there is none to reach it, and warnings that somebody silenced are heard again.

Example:
    >>> with binning_alone(estimator):     # doctest: +SKIP
    ...     estimator.fit(codes, y)
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

ONE_AT_A_TIME = Lock()
NO_CONFIGURATION = r"`sklearn\.utils\.parallel\.delayed` should be used with"


@contextmanager
def binning_alone(estimator: Any) -> Iterator[None]:
    """Let no two estimators bin at once while the block fits one; growing trees, the most of a fit, goes on.

    The one message that empty filters cause is silenced as well: what else changes filters in threads may empty them.
    """
    bin_data = estimator._bin_data  # noqa: SLF001  (the part of a fit that changes filters has no public name)

    def alone(*args: Any, **options: Any) -> Any:
        with ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=NO_CONFIGURATION, category=UserWarning)
            return bin_data(*args, **options)

    estimator._bin_data = alone  # noqa: SLF001  (as above; only while it is fitted, so that it can be copied after)
    try:
        yield
    finally:
        del estimator._bin_data  # noqa: SLF001  (as above)
