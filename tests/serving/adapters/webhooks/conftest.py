from collections.abc import Iterator

import pytest

from tests.serving.adapters.webhooks.hooked import hooked
from tests.serving.adapters.webhooks.receiving import Receiver
from tests.serving.served import Served, Watch


@pytest.fixture
def clock() -> Watch:
    """Noon in Greenwich on a Friday, until it is turned."""
    return Watch()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes everything, until it is told otherwise."""
    with Receiver() as made:
        yield made


@pytest.fixture
def api(receiver: Receiver, clock: Watch) -> Iterator[Served]:
    """An API that delivers there."""
    with hooked(receiver, clock) as served:
        yield served
