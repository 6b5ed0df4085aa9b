import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artefact import CAPS, Artefact, load, write
from model.canonical import canonical, sha256
from model.errors import InvalidArtefact
from model.linear import LinearScorer
from model.npy import dump
from tests.model.examples import ISSUED_AT, extra, rows, scorer

Change = Callable[[dict[str, Any]], object]


def written(folder: Path, learned: LinearScorer | None = None, *, issued: bool = True) -> Path:
    """Write the example artefact and return its folder."""
    learned = learned or scorer()
    write(folder, learned, extra=extra(learned, issued=issued), golden=rows(learned)[:16], issued_at=ISSUED_AT)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rewrite(folder: Path, change: Change) -> Path:
    """Change the manifest as an attacker would: canonical again, and `issued.json` bound to the new hash."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    change(manifest)
    data = canonical(manifest)
    (folder / "manifest.json").write_bytes(data)
    issued = json.loads((folder / "issued.json").read_bytes()) | {"manifest_sha256": sha256(data)}
    (folder / "issued.json").write_bytes(canonical(issued))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid artefact."""
    return written(tmp_path / "artefact")


def test_what_was_written_is_what_loads(folder: Path) -> None:
    """A loaded scorer predicts to the bit what the written one did."""
    learned = scorer()
    actual = load(folder).scorer.predict(rows(learned)).stacked()
    expected = learned.predict(rows(learned)).stacked()
    assert actual.tobytes() == expected.tobytes()


@pytest.mark.parametrize("arms", [1, 2])
def test_a_loaded_scorer_has_the_same_identity(tmp_path: Path, arms: int) -> None:
    """The certified scorer is the deployed one, by hash, with and without a control arm."""
    learned = scorer(arms=arms)
    assert load(written(tmp_path / "a", learned)).scorer.sha256() == learned.sha256()


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Writing twice gives the same bytes of every file."""
    assert contents(written(tmp_path / "a")) == contents(written(tmp_path / "b"))


def test_only_the_dates_differ_between_issues(tmp_path: Path, folder: Path) -> None:
    """Another issue time changes `issued.json` and nothing else."""
    learned, later = scorer(), ISSUED_AT + timedelta(days=1)
    write(tmp_path / "later", learned, extra=extra(learned), golden=rows(learned)[:16], issued_at=later)
    one, two = contents(folder), contents(tmp_path / "later")
    assert [name for name in one if one[name] != two[name]] == ["issued.json"]


def test_write_returns_the_manifest_hash(tmp_path: Path) -> None:
    """What `write` returns is what `load` calls the artefact's identity."""
    learned = scorer()
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
    learned = scorer()
    write(tmp_path / "a", learned, extra=extra(learned), golden=rows(learned)[:4], issued_at=None)
    loaded = load(tmp_path / "a")
    assert (loaded.issued_at, loaded.expires_at, loaded.certificate.expires) == (None, None, None)


def test_a_naive_issue_time_is_refused(tmp_path: Path) -> None:
    """A time without offset is nobody's time."""
    learned = scorer()
    naive = datetime(2026, 11, 20, 18)  # noqa: DTZ001  (the point of the test)
    with pytest.raises(InvalidArtefact, match="has no offset"):
        write(tmp_path / "a", learned, extra=extra(learned), golden=rows(learned)[:4], issued_at=naive)


def test_a_report_with_nan_is_refused_by_place(tmp_path: Path) -> None:
    """NaN is not JSON; the message says where it stands, and nothing is written."""
    learned = scorer()
    report = extra(learned) | {"rate": {"low": [0.0, float("nan")]}}
    with pytest.raises(InvalidArtefact, match=r"`report\.rate\.low\[1\]` is not a finite number"):
        write(tmp_path / "a", learned, extra=report, golden=rows(learned)[:4], issued_at=None)
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_for_another_scorer_is_refused_at_writing(tmp_path: Path) -> None:
    """What is written is loaded once before it is published: a wrong certificate never reaches the disk's name."""
    with pytest.raises(InvalidArtefact, match="the certificate is for the scorer"):
        write(tmp_path / "a", scorer(seed=5), extra=extra(scorer()), golden=rows(scorer())[:4], issued_at=None)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_artefact_is_replaced_whole(tmp_path: Path) -> None:
    """Training into the same folder replaces the artefact, and no file of the old one is left."""
    folder = written(written(tmp_path / "a"), scorer(arms=1))
    assert (load(folder).scorer.name, (folder / "coef0.npy").exists()) == ("response", False)


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


def edit_array(folder: Path, name: str, change: Callable[[np.ndarray], object]) -> Path:
    """Change an array and re-state its hash in the manifest, as an attacker would."""
    array = np.load(folder / f"{name}.npy")
    change(array)
    (folder / f"{name}.npy").write_bytes(dump(array))
    digest = sha256(dump(array))
    return rewrite(folder, lambda m: m["arrays"][name].update(sha256=digest))


def test_the_arrays_are_ordinary_npy_files(folder: Path) -> None:
    """Anyone can read them with numpy, without pickle."""
    assert np.load(folder / "offset.npy", allow_pickle=False).tolist() == scorer().offset.tolist()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e13])
def test_a_number_out_of_bounds_is_refused(folder: Path, value: float) -> None:
    """No NaN, no infinity, nothing that could overflow."""
    with pytest.raises(InvalidArtefact, match=r"`offset\.npy`: it holds a"):
        load(edit_array(folder, "offset", lambda a: a.put(0, value)))


def test_changed_coefficients_are_caught_by_the_scorers_own_hash(folder: Path) -> None:
    """Re-stating the array's hash is not enough."""
    with pytest.raises(InvalidArtefact, match="the scorer's own SHA-256"):
        load(edit_array(folder, "coef1", lambda a: a.put(0, 0.7)))


def test_changed_golden_scores_are_caught_by_scoring(folder: Path) -> None:
    """The golden rows are scored again at every load."""
    with pytest.raises(InvalidArtefact, match="golden row 0 scores"):
        load(edit_array(folder, "golden_scores", lambda a: a.put(0, 0.7)))


def drop(mapping: dict[str, Any], key: str) -> None:
    """Remove a key."""
    del mapping[key]


FORGERIES: dict[str, Change] = {
    "format": lambda m: m.update(format="outreach-artefact/2"),
    "unknown key": lambda m: m.update(code="print(1)"),
    "no report": lambda m: drop(m, "report"),
    "path as array": lambda m: m["arrays"].update({"../../etc/passwd": m["arrays"]["centre"]}),
    "array absent": lambda m: drop(m["arrays"], "centre"),
    "array unstated": lambda m: drop(m["arrays"], "coef0"),
    "array no object": lambda m: m["arrays"].update(centre=7),
    "huge shape": lambda m: m["arrays"]["coef1"].update(shape=[3, 2**40]),
    "negative shape": lambda m: m["arrays"]["coef1"].update(shape=[-3, -7]),
    "bool shape": lambda m: m["arrays"]["offset"].update(shape=[True]),
    "wrong shape": lambda m: m["arrays"]["offset"].update(shape=[1, 3]),
    "upper-case hash": lambda m: m["arrays"]["offset"].update(sha256="AB" * 32),
    "unknown scorer": lambda m: m["scorer"].update(name="pickle"),
    "unknown link": lambda m: m["scorer"].update(links=["exp", "exp", "exp"]),
    "link no text": lambda m: m["scorer"].update(links=[[], {}, None]),
    "features no list": lambda m: m["scorer"].update(features={"a": 1}),
    "features absent": lambda m: drop(m["scorer"], "features"),
    "fewer features": lambda m: m["scorer"]["features"].pop(),
    "negative slope": lambda m: m["scorer"].update(slope=-1.0),
    "endless slope": lambda m: m["scorer"].update(slope=10**400),
    "negative weight": lambda m: m["scorer"]["weights"].update(opt_out=-2.0),
    "weight as text": lambda m: m["scorer"]["weights"].update(opt_out="2"),
    "weight absent": lambda m: drop(m["scorer"]["weights"], "contact"),
    "other slope": lambda m: m["scorer"].update(slope=0.9),
    "no certificate": lambda m: drop(m["report"], "certificate"),
    "certificate for another": lambda m: m["report"]["certificate"].update(scorer_sha256="cd" * 32),
    "certificate for nobody": lambda m: m["report"]["certificate"].update(scorer_sha256=None),
    "issued as text": lambda m: m["report"]["certificate"].update(issued="yes"),
    "issued without cutoff": lambda m: m["report"]["certificate"].update(cutoff=None),
    "negative cutoff": lambda m: m["report"]["certificate"].update(cutoff=-1.0),
    "share above one": lambda m: m["report"]["certificate"].update(share_contacted=1.5),
    "delta zero": lambda m: m["report"]["certificate"].update(delta=0.0),
    "alpha above one": lambda m: m["report"]["certificate"].update(alpha={"complaint": 2.0}),
    "alpha no object": lambda m: m["report"]["certificate"].update(alpha=[1]),
    "bound no object": lambda m: m["report"]["certificate"].update(bounds=[1]),
    "scope no pair": lambda m: m["report"]["certificate"].update(scope=[["a", "b", "c"]]),
    "scope no text": lambda m: m["report"]["certificate"].update(scope=[[1, 2]]),
    "rows as bool": lambda m: m["report"]["certificate"].update(n=True),
}


@pytest.mark.parametrize("forgery", sorted(FORGERIES))
def test_a_forged_manifest_is_refused(folder: Path, forgery: str) -> None:
    """Behind the hashes stands a check of every field; the message is one printable line with a next step."""
    with pytest.raises(InvalidArtefact, match=r"^artefact `.*manifest\.json`: .*; train it again, or fetch"):
        load(rewrite(folder, FORGERIES[forgery]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000,
        b"\xff\xfe",
        b"1" * 9_000,
    ],
)
@pytest.mark.parametrize("name", ["manifest.json", "issued.json"])
def test_json_that_is_not_canonical_is_refused(folder: Path, name: str, data: bytes) -> None:
    """Duplicate keys, spaces, NaN, endless nesting, other encodings: all refused."""
    (folder / name).write_bytes(data[: CAPS[name]])
    with pytest.raises(InvalidArtefact):
        load(folder)


def test_a_message_is_printable_whatever_the_manifest_says(folder: Path) -> None:
    """Control characters and lone surrogates in a hostile value do not reach the terminal."""
    forged = rewrite(folder, lambda m: m["scorer"].update(name="\ud800\x1b[31m\n"))
    with pytest.raises(InvalidArtefact) as refused:
        load(forged)
    assert str(refused.value).isprintable()


DATES: dict[str, dict[str, Any]] = {
    "longer life": {"expires_at": "2036-11-20T18:00:00Z"},
    "later issue": {"issued_at": "2026-11-21T18:00:00Z"},
    "no offset": {"issued_at": "2026-11-20T18:00:00"},
    "no such day": {"issued_at": "2026-02-30T18:00:00Z"},
    "year nine thousand": {"issued_at": "9999-12-31T18:00:00Z"},
    "only expiry": {"issued_at": None},
    "other manifest": {"manifest_sha256": "ab" * 32},
    "more": {"note": "x"},
}


@pytest.mark.parametrize("forgery", sorted(DATES))
def test_forged_dates_are_refused(folder: Path, forgery: str) -> None:
    """Issue and expiry belong to this manifest and are 90 days apart."""
    issued = json.loads((folder / "issued.json").read_bytes()) | DATES[forgery]
    (folder / "issued.json").write_bytes(canonical(issued))
    with pytest.raises(InvalidArtefact, match=r"issued\.json"):
        load(folder)


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip, cut, repeat, insert or swap at random."""
    at, kind = int(rng.integers(0, len(data))), int(rng.integers(0, 5))
    end = min(len(data), at + int(rng.integers(1, 40)))
    noise = rng.integers(0, 256, end - at, dtype=np.uint8).tobytes()
    flipped = bytes([data[at] ^ (1 << int(rng.integers(0, 8)))])
    changes = (
        data[:at] + flipped + data[at + 1 :],
        data[:at],
        data[:end] + data[at:],
        data[:at] + noise + data[at:],
        data[:at] + noise + data[end:],
    )
    return changes[kind]


def outcome(folder: Path, X: np.ndarray) -> bytes | None:
    """Return the scores that a folder gives, or None where it is refused; anything else is a crash."""
    try:
        loaded: Artefact = load(folder)
    except InvalidArtefact:
        return None
    return loaded.scorer.predict(X).stacked().tobytes()


@pytest.mark.parametrize("name", sorted(CAPS))
def test_no_mutant_crashes_or_changes_a_score(folder: Path, name: str) -> None:
    """Of 250 random mutants of each file, none loads with another score, and none breaks the loader."""
    rng, original = np.random.default_rng(11), (folder / name).read_bytes()
    X = rows(scorer())
    before = outcome(folder, X)
    seen = set()
    for _ in range(250):
        changed = mutant(original, rng)
        (folder / name).write_bytes(changed)
        seen.add(outcome(folder, X) if changed != original else None)
    assert (before is not None, seen) == (True, {None})


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every node of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key in keys for found in leaves(value[key], (*path, key))]


def test_no_forged_mutant_crashes(folder: Path) -> None:
    """300 random values put anywhere into the manifest, every hash restated: refused, or the same scores."""
    rng, X, original = np.random.default_rng(12), rows(scorer()), contents(folder)
    before, paths = outcome(folder, X), leaves(json.loads(original["manifest.json"]))
    values: list[Any] = [
        None,
        True,
        -1,
        2**70,
        1e308,
        "",
        "x" * 50,
        [],
        {},
        [[]],
        {"a": None},
        0.5,
        "../../x",
        "\ud800",
    ]
    seen = set()
    for _ in range(300):
        path, value = paths[int(rng.integers(0, len(paths)))], values[int(rng.integers(0, len(values)))]

        def put(manifest: dict[str, Any], path: tuple[Any, ...] = path, value: Any = value) -> None:
            node: Any = manifest
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value

        for name, data in original.items():
            (folder / name).write_bytes(data)
        seen.add(outcome(rewrite(folder, put), X))
    assert seen <= {None, before}
