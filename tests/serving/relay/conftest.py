from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.relay.relay import Relay
from tests.serving.relay.relaying import NOON, Asked, Told, relaying
from tests.serving.served import Watch


@pytest.fixture
def clock() -> Watch:
    """Noon on a Friday, until it is turned."""
    return Watch(NOON)


@pytest.fixture
def asked() -> Asked:
    """An Outreach that says send, and takes reports."""
    return Asked()


@pytest.fixture
def told() -> Told:
    """A platform that delivers."""
    return Told()


@pytest.fixture
def relay(tmp_path: Path, asked: Asked, told: Told, clock: Watch) -> Iterator[Relay]:
    """A relay between them."""
    with relaying(tmp_path, asked, told, clock) as made:
        yield made
