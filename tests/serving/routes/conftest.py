from collections.abc import Iterator

import pytest

from tests.serving.served import Served, Watch, app_of


@pytest.fixture
def clock() -> Watch:
    """Noon in Greenwich on a Friday, until it is turned."""
    return Watch()


@pytest.fixture
def api(clock: Watch) -> Iterator[Served]:
    """Serve an API with a ledger in memory."""
    with Served(app_of(clock=clock)) as served:
        yield served
