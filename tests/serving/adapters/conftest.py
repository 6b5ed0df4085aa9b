"""What the platforms' tests stand on: a clock that a test turns, and a ledger to look into."""

import pytest

from serving.ports import Ledger
from tests.serving.served import Watch, memory_ledger


@pytest.fixture
def clock() -> Watch:
    """A clock that stands at noon."""
    return Watch()


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory."""
    return memory_ledger()
