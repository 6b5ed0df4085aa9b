import pytest

from tests.serving.relay.relaying import written_at_leisure


@pytest.fixture(autouse=True)
def _leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is cut here: the relays' books need not wait for the disk."""
    written_at_leisure(monkeypatch)
