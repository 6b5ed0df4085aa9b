import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from model.artefact import CAPS, load, write
from model.canonical import sha256
from model.errors import InvalidArtefact
from tests.model.artefacts import contents, rewrite, written
from tests.model.examples import ISSUED_AT, boosted_scorer, extra, rows, scorer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid artefact."""
    return written(tmp_path / "artefact")


def test_what_was_written_is_what_loads(folder: Path) -> None:
    """A loaded scorer predicts to the bit what the written one did."""
    learned = boosted_scorer()
    actual = load(folder).scorer.predict(rows(learned)).stacked()
    expected = learned.predict(rows(learned)).stacked()
    assert actual.tobytes() == expected.tobytes()


SCORERS = {"one arm": scorer(arms=1), "two arms": scorer(), "trees": boosted_scorer()}


@pytest.mark.parametrize("kind", sorted(SCORERS))
def test_a_loaded_scorer_has_the_same_identity(tmp_path: Path, kind: str) -> None:
    """The certified scorer is the deployed one, by hash: with and without a control arm, with and without trees."""
    learned = SCORERS[kind]
    assert load(written(tmp_path / "a", learned)).scorer.sha256() == learned.sha256()


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives the same bytes of every file."""
    assert contents(written(tmp_path / "a")) == contents(written(tmp_path / "b"))


def test_only_the_dates_differ_between_issues(tmp_path: Path, folder: Path) -> None:
    """Another issue time changes `issued.json` and nothing else."""
    learned, later = boosted_scorer(), ISSUED_AT + timedelta(days=1)
    write(tmp_path / "later", learned, extra=extra(learned), golden=rows(learned)[:16], issued_at=later)
    one, two = contents(folder), contents(tmp_path / "later")
    assert [name for name in one if one[name] != two[name]] == ["issued.json"]


def test_write_returns_the_manifest_hash(tmp_path: Path) -> None:
    """What `write` returns is what `load` calls the artefact's identity."""
    learned = boosted_scorer()
    identity = write(tmp_path / "a", learned, extra=extra(learned), golden=rows(learned)[:4], issued_at=None)
    assert load(tmp_path / "a").sha256 == identity


def test_the_certificate_expires_ninety_days_after_issue(folder: Path) -> None:
    """The expiry comes from `issued.json`."""
    assert load(folder).certificate.expires == ISSUED_AT + timedelta(days=90)


def test_a_certificate_that_was_not_issued_never_expires_into_force(tmp_path: Path) -> None:
    """Without a certificate there is no expiry date to mistake for one."""
    loaded = load(written(tmp_path / "a", issued=False))
    assert (loaded.certificate.issued, loaded.certificate.expires) == (False, None)


def test_an_artefact_without_issue_time_has_no_dates(tmp_path: Path) -> None:
    """No issue time: the file says null, the certificate has no expiry and so permits nothing."""
    learned = boosted_scorer()
    write(tmp_path / "a", learned, extra=extra(learned), golden=rows(learned)[:4], issued_at=None)
    loaded = load(tmp_path / "a")
    assert (loaded.issued_at, loaded.expires_at, loaded.certificate.expires) == (None, None, None)


def test_a_naive_issue_time_is_refused(tmp_path: Path) -> None:
    """A time without offset is nobody's time."""
    learned = boosted_scorer()
    naive = datetime(2026, 11, 20, 18)  # noqa: DTZ001  (the point of the test)
    with pytest.raises(InvalidArtefact, match="has no offset"):
        write(tmp_path / "a", learned, extra=extra(learned), golden=rows(learned)[:4], issued_at=naive)


def test_a_report_with_nan_is_refused_by_place(tmp_path: Path) -> None:
    """NaN is not JSON; the message says where it stands, and nothing is written."""
    learned = boosted_scorer()
    report = extra(learned) | {"rate": {"low": [0.0, float("nan")]}}
    with pytest.raises(InvalidArtefact, match=r"`report\.rate\.low\[1\]` is not a finite number"):
        write(tmp_path / "a", learned, extra=report, golden=rows(learned)[:4], issued_at=None)
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_for_another_scorer_is_refused_at_writing(tmp_path: Path) -> None:
    """What is written is loaded once before it is published: a wrong certificate never reaches the disk's name."""
    with pytest.raises(InvalidArtefact, match="the certificate is for the scorer"):
        write(
            tmp_path / "a",
            boosted_scorer(seed=5),
            extra=extra(boosted_scorer()),
            golden=rows(boosted_scorer())[:4],
            issued_at=None,
        )
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_artefact_is_replaced_whole(tmp_path: Path) -> None:
    """Training into the same folder replaces the artefact, and no file of the old one is left."""
    folder = written(written(tmp_path / "a"), scorer(arms=1))
    left = [name for name in contents(folder) if name.startswith(("coef0", "forest"))]
    assert (load(folder).scorer.name, left) == ("response", [])


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """`--out` on a folder of other files is refused and nothing is removed."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidArtefact, match=r"`thesis\.txt`, which is no part of an artefact"):
        written(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize("name", sorted(CAPS))
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    """Each file is needed."""
    (folder / name).unlink()
    with pytest.raises(InvalidArtefact, match=name):
        load(folder)


@pytest.mark.parametrize("name", ["extra.pkl", "coef1.npy.bak", ".hidden", "sub"])
def test_an_unknown_file_is_refused(folder: Path, name: str) -> None:
    """Nothing may ride along."""
    (folder / name).mkdir() if name == "sub" else (folder / name).write_bytes(b"x")
    with pytest.raises(InvalidArtefact, match="does not belong in it"):
        load(folder)


@pytest.mark.parametrize("name", sorted(CAPS))
def test_a_symbolic_link_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    """A link could point at anything, even where the bytes are right."""
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidArtefact, match="symbolic link"):
        load(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting(folder: Path) -> None:
    """A named pipe in place of a file neither blocks nor loads."""
    (folder / "centre.npy").unlink()
    os.mkfifo(folder / "centre.npy")
    with pytest.raises(InvalidArtefact, match="not a regular file"):
        load(folder)


def test_a_directory_in_place_of_a_file_is_refused(folder: Path) -> None:
    """The right name is not enough."""
    (folder / "centre.npy").unlink()
    (folder / "centre.npy").mkdir()
    with pytest.raises(InvalidArtefact):
        load(folder)


@pytest.mark.parametrize("name", sorted(CAPS))
def test_a_file_above_its_cap_is_not_read(folder: Path, name: str) -> None:
    """Size is checked before reading: a sparse file of terabytes costs nothing."""
    with (folder / name).open("r+b") as file:
        file.truncate(CAPS[name] + 1)
    with pytest.raises(InvalidArtefact, match=f"more than {CAPS[name]} bytes"):
        load(folder)


def test_a_folder_that_is_absent_is_refused(tmp_path: Path) -> None:
    """The message names the folder and the next step."""
    with pytest.raises(InvalidArtefact, match=r"none`: it cannot be read .*; train it again"):
        load(tmp_path / "none")


def test_a_pickle_is_refused(folder: Path) -> None:
    """An object array is not what the manifest states, whatever its hash."""
    np.save(folder / "centre.npy", np.array([{}, {}, {}], dtype=object), allow_pickle=True)
    digest = sha256((folder / "centre.npy").read_bytes())
    with pytest.raises(InvalidArtefact, match=r"`centre\.npy`: its header is not that of"):
        load(rewrite(folder, lambda m: m["arrays"]["centre"].update(sha256=digest)))
