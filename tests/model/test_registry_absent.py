"""A registry that is a file which is not there: who reads says so and makes nothing, who learns may make it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.errors import InvalidInput
from model.registry import acts, champion, fetch, promote, resolve, rollback, stands_for
from model.uri import CHAMPION, NAME
from serving.cli.pulling import Pull

AT = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
READERS: dict[str, Callable[[str, Path], object]] = {
    "resolve": lambda uri, _: resolve(f"models:/{NAME}@{CHAMPION}", tracking_uri=uri),
    "stands_for": lambda uri, _: stands_for(f"models:/{NAME}@{CHAMPION}", tracking_uri=uri),
    "fetch": lambda uri, place: fetch(f"models:/{NAME}@{CHAMPION}", to=place / "model", tracking_uri=uri),
    "acts": lambda uri, _: acts(uri),
    "promote": lambda uri, _: promote("1", tracking_uri=uri, by="ana", why="it passed", at=AT),
    "rollback": lambda uri, _: rollback(tracking_uri=uri, by="ana", why="it passed", at=AT),
}


@pytest.mark.parametrize("reader", sorted(READERS))
def test_who_reads_makes_no_registry(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there is a name that was misspelt."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match=r"`typo.db` is not there; check `tracking_uri`"):
        READERS[reader]("sqlite:///typo.db", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pull_makes_no_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The child of `serve` and of a batch says so, and asks again."""
    monkeypatch.chdir(tmp_path)
    assert not Pull(f"models:/{NAME}@{CHAMPION}", "sqlite:///typo.db").attempt()
    assert ("`typo.db` is not there; check `tracking_uri`" in caplog.text, list(tmp_path.iterdir())) == (True, [])


def test_who_learns_may_make_it(tmp_path: Path) -> None:
    """The first training finds no champion, and no registry."""
    uri = f"sqlite:///{tmp_path / 'new.db'}"
    assert champion(uri, at=AT, data_sha256="ab" * 32) is None
    assert (tmp_path / "new.db").exists()
