"""A damaged file: who looks says so in one line, in a bounded time, and whoever answers refuses what meets it."""

from pathlib import Path

import pytest

from model.errors import InvalidInput, OutreachError
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ledger import open_ledger, soundness
from serving.ledger.looking import age
from serving.settings import Settings
from tests.contracts.ledgers import NOW, send
from tests.serving.served import Served, Watch, candidate, event, with_keys

PAGE = 4096


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A ledger of some pages, of which all but the first ten are garbage."""
    path = tmp_path / "outreach.db"
    ledger = open_ledger(f"sqlite:///{path}", now=NOW, salt=b"s")
    with_keys(ledger, NOW)
    with ledger.transaction() as tx:
        for number in range(300):
            send(tx, f"d-{number}")
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: 10 * PAGE] + b"\xa5" * (len(whole) - 10 * PAGE))
    return path


def test_damage_is_said(damaged: Path) -> None:
    """With the file and the next step, in one line."""
    with pytest.raises(InvalidInput, match=r"outreach.db` is damaged: .*; stop the API and restore a backup$"):
        age(f"sqlite:///{damaged}")


def test_looking_ends_in_time(damaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there was no time for is taken for sound."""
    monkeypatch.setattr(soundness, "SECONDS", -1.0)
    monkeypatch.setattr(soundness, "STEPS", 1)
    with pytest.raises(OutreachError) as caught:  # the reading of the newest decision meets the damage
        age(f"sqlite:///{damaged}")
    assert "is damaged" not in str(caught.value)


def test_what_meets_damage_is_refused(damaged: Path) -> None:
    """No answer is a 500, and none is a send."""
    with Served(create_app(Settings(ledger=f"sqlite:///{damaged}"), scorer=FakeScorer(), clock=Watch())) as api:
        answers = [api.post("/v1/events", event()), api.post("/v1/decisions", candidate())]
    assert {answer.status_code for answer in answers} == {503}
