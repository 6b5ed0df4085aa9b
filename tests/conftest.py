"""What the whole session leaves behind."""

import sys


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL of this process, where a test started one."""
    started = sys.modules.get("tests.postgres")
    if started is not None:
        started.stop()
