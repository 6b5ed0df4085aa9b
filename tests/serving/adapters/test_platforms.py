"""What holds for every platform alike, signed as each signs."""

import pytest

from serving.adapters.platform import Platform
from serving.routes.adapters import PLATFORMS
from tests.serving.adapters.signing import signed


@pytest.mark.parametrize("platform", PLATFORMS, ids=[each.name for each in PLATFORMS])
def test_whatever_shows_that_it_is_theirs_may_come_once(platform: Platform) -> None:
    """The signature, and what is signed beside the body: of two nobody can say which one counts."""
    assert {name.lower() for name in signed(platform.name, b"{}")} - {*platform.headers} == set()
