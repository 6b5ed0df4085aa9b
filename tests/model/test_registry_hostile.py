"""A store that holds anything: names, sizes and files that never end; nothing of it fills the disk or is published."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model.artefact import write
from model.disk_limit import allowed, files_of_at_most
from model.errors import InvalidArtefact, InvalidInput, Unavailable
from model.registry import fetch, register
from tests.model.examples import ISSUED_AT, extra, rows, scorer


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A local store with one version; its address, and where the store keeps the artefact's files."""
    place = tmp_path_factory.mktemp("store")
    learned = scorer(seed=1)
    described = extra(learned)
    write(place / "model", learned, extra=described, golden=rows(learned)[:8], issued_at=ISSUED_AT)
    uri = f"sqlite:///{place / 'mlflow.db'}"
    signed: dict[str, Any] = {"by": "ana", "why": "learned", "at": ISSUED_AT}
    register(place / "model", report=described, tracking_uri=uri, **signed)
    [kept] = {path.parent for path in (place / "mlartifacts").rglob("issued.json")}
    return uri, kept


def _endless(folder: Path) -> None:
    (folder / "mix.npy").unlink()
    (folder / "mix.npy").symlink_to("/dev/zero")


def _huge(folder: Path) -> None:
    with (folder / "mix.npy").open("ab") as file:
        file.truncate(1 << 40)


def _nested(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "x").write_bytes(b"x")


PRANKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "endless": (_endless, r"failures occurred while downloading|File too large"),
    "sparse": (_huge, r"`mix\.npy` has 1099511627776 bytes, more than 1024"),
    "another name": (lambda folder: (folder / "model.pkl").write_bytes(b"x"), r"holds `model\.pkl` in it"),
    "a folder": (_nested, r"holds `more` in it"),
}


@pytest.mark.parametrize("prank", sorted(PRANKS))
def test_a_store_that_was_tampered_with_fills_no_disk(registered: tuple[str, Path], prank: str, tmp_path: Path) -> None:
    """Nothing is published, nothing larger than the largest cap was ever written, and the error says what it was."""
    uri, kept = registered
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    spoil, message = PRANKS[prank]
    spoil(kept)
    try:
        with pytest.raises((InvalidArtefact, InvalidInput, Unavailable), match=message):
            fetch("models:/outreach/1", to=tmp_path / "model", tracking_uri=uri)
    finally:
        for path in (kept / "more" / "x", kept / "model.pkl", kept / "mix.npy"):
            path.unlink(missing_ok=True)
        if (kept / "more").exists():
            (kept / "more").rmdir()
        (kept / "mix.npy").write_bytes(before["mix.npy"])
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "artefact/../../x", "/etc/passwd", "artefact/mix.npy.", "artefact\\mix.npy", "mix.npy/"],
)
def test_a_name_that_leads_elsewhere_is_refused(path: str) -> None:
    """Only the last part counts, and only where it is an artefact's own."""
    with pytest.raises(InvalidArtefact, match="no part of an artefact"):
        allowed("models:/outreach/1", [SimpleNamespace(path=path, is_dir=False, file_size=None)])


def test_a_name_told_twice_is_refused() -> None:
    """A store that tells a file twice would have it fetched again and again."""
    told = SimpleNamespace(path="artefact/mix.npy", is_dir=False, file_size=None)
    with pytest.raises(InvalidArtefact, match="no part of an artefact"):
        allowed("models:/outreach/1", [told, told])


def test_a_file_cannot_grow_beyond_the_limit_meanwhile(tmp_path: Path) -> None:
    """Whatever size was told; afterwards all is as before."""
    with files_of_at_most(1000), pytest.raises(OSError, match="File too large"):
        (tmp_path / "a").write_bytes(bytes(5000))
    (tmp_path / "b").write_bytes(bytes(5000))
    assert ((tmp_path / "a").stat().st_size, (tmp_path / "b").stat().st_size) == (1000, 5000)
