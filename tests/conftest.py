"""The order of the whole session, and what it leaves behind."""

import sys

import pytest

from tests.dear import dear_first


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several workers share the tests, the dear ones stand first, and one worker begins with them."""
    if hasattr(config, "workerinput"):
        items[:] = dear_first(items, config.rootpath)


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL of this process, where a test started one."""
    started = sys.modules.get("tests.postgres")
    if started is not None:
        started.stop()
