import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artefact import CAPS, Artefact, load, write
from model.canonical import canonical
from model.errors import InvalidArtefact
from tests.model.artefacts import Change, contents, drop, edit_array, rewrite, written
from tests.model.examples import ISSUED_AT, boosted_scorer, extra, rows, scorer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A valid artefact."""
    return written(tmp_path / "artefact")


def test_the_arrays_are_ordinary_npy_files(folder: Path) -> None:
    """Anyone can read them with numpy, without pickle."""
    assert np.load(folder / "offset.npy", allow_pickle=False).tolist() == boosted_scorer().offset.tolist()


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


def test_golden_rows_may_have_gaps_and_levels_never_seen(tmp_path: Path) -> None:
    """They are codes: a gap is NaN, an unseen level −1, and both are scored again at every load."""
    learned = boosted_scorer()
    golden = np.array([[np.nan, np.nan, np.nan], [1e300, 0.0, -1.0], [30.0, np.nan, 2.0]])
    write(tmp_path / "a", learned, extra=extra(learned), golden=golden, issued_at=ISSUED_AT)
    loaded = load(tmp_path / "a")
    assert loaded.scorer.predict(golden).stacked().tobytes() == learned.predict(golden).stacked().tobytes()


def test_an_infinite_golden_row_is_refused(folder: Path) -> None:
    """No encoded row is infinite."""
    with pytest.raises(InvalidArtefact, match=r"`golden_rows\.npy`: it holds a value that is infinite"):
        load(edit_array(folder, "golden_rows", lambda a: a.put(0, np.inf)))


def node(folder: Path, *, leaf: bool = False, last: bool = False) -> int:
    """Return the first node of an artefact's forest that is a leaf, or asks; or the last that does."""
    found = np.flatnonzero((np.load(folder / "forest_nodes.npy")[:, 0] < 0) == leaf)
    return int(found[-1 if last else 0])


NODES: dict[str, tuple[int, float, str]] = {  # column, value, message
    "feature NaN": (0, np.nan, "feature"),
    "feature out of range": (0, 3.0, "there are 3"),
    "feature far out": (0, 1e9, "feature"),
    "threshold NaN": (1, np.nan, "threshold"),
    "child loops": (2, 0.0, "child"),
    "child NaN": (2, np.nan, "child"),
    "child out of range": (3, 1e300, "child"),
    "child negative": (3, -1.0, "child"),
    "missing side": (4, 0.5, "missing side"),
    "set out of range": (5, 1e6, "set of levels"),
    "leaf NaN": (6, np.nan, "value"),
    "leaf infinite": (6, np.inf, "value"),
    "leaf huge": (6, 1e13, "value"),
}


@pytest.mark.parametrize("forgery", sorted(NODES))
def test_a_forged_node_is_refused(folder: Path, forgery: str) -> None:
    """Whatever its hash: the message names the forest's files and says what is wrong."""
    column, value, message = NODES[forgery]
    place = node(folder, leaf=column == 6) * 7 + column
    with pytest.raises(InvalidArtefact, match=rf"`forest_nodes`.*{message}"):
        load(edit_array(folder, "forest_nodes", lambda a: a.put(place, value)))


@pytest.mark.parametrize("column", [1, 4, 6])
def test_a_changed_node_is_caught_by_the_scorers_own_hash(folder: Path, column: int) -> None:
    """A threshold, a side, a leaf that might well be: the scorer is another."""
    nodes = np.load(folder / "forest_nodes.npy")
    place = int(np.flatnonzero(nodes[:, 0] < 0)[0] if column == 6 else np.flatnonzero(nodes[:, 0] == 0)[0])
    with pytest.raises(InvalidArtefact, match="the scorer's own SHA-256"):
        load(edit_array(folder, "forest_nodes", lambda a: a.put(place * 7 + column, 1.0 - a[place, column] % 1.0)))


def test_a_changed_leaf_that_restates_every_hash_is_caught_by_scoring(folder: Path) -> None:
    """Even with the scorer's own hash and the certificate's restated, the golden rows tell."""
    loaded = load(folder)
    assert loaded.scorer.forest is not None
    nodes = loaded.scorer.forest.nodes.copy()
    nodes[nodes[:, 0] < 0, 6] += 0.5
    forged = dataclasses.replace(loaded.scorer, forest=dataclasses.replace(loaded.scorer.forest, nodes=nodes))

    def restate(manifest: dict[str, Any]) -> None:
        manifest["scorer"]["sha256"] = manifest["report"]["certificate"]["scorer_sha256"] = forged.sha256()

    with pytest.raises(InvalidArtefact, match="golden row 0 scores"):
        load(rewrite(edit_array(folder, "forest_nodes", lambda a: np.copyto(a, nodes)), restate))


def test_trees_for_an_arm_that_is_not_there_are_refused(folder: Path) -> None:
    """Without `coef0` there is no second head to add to."""
    (folder / "coef0.npy").unlink()
    edit_array(folder, "mix", lambda a: np.copyto(a, a * [1.0, 0.0]))
    with pytest.raises(InvalidArtefact, match="trees for a second head"):
        load(rewrite(folder, lambda m: drop(m["arrays"], "coef0")))


def test_a_mix_beyond_one_is_refused(tmp_path: Path) -> None:
    """No learner weighs a head by more than 1."""
    learned = boosted_scorer()
    with pytest.raises(InvalidArtefact, match="`mix` weighs a head beyond"):
        written(tmp_path / "a", dataclasses.replace(learned, mix=learned.mix * 2))


def test_a_mix_without_its_head_is_refused(tmp_path: Path) -> None:
    """A weight for a head that is not there would be two spellings of one scorer."""
    learned = scorer(arms=1)
    with pytest.raises(InvalidArtefact, match="`mix` weighs a head beyond"):
        written(tmp_path / "a", dataclasses.replace(learned, mix=np.ones((3, 2))))


def test_golden_rows_are_few_enough_to_score_at_every_load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows × trees × depth is bounded before anything is scored."""
    monkeypatch.setattr("model.restore.GOLDEN_STEPS", 100)
    with pytest.raises(InvalidArtefact, match="more than 100 steps"):
        load(folder)


def test_one_row_goes_through_so_many_nodes_and_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few golden rows its author chose: a group of questions is scored within a second."""
    monkeypatch.setattr("model.restore.ROW_STEPS", 3)
    with pytest.raises(InvalidArtefact, match="at most 3 are walked"):
        load(folder)


FORGERIES: dict[str, Change] = {
    "format": lambda m: m.update(format="outreach-artefact/1"),
    "unknown key": lambda m: m.update(code="print(1)"),
    "no report": lambda m: drop(m, "report"),
    "path as array": lambda m: m["arrays"].update({"../../etc/passwd": m["arrays"]["centre"]}),
    "array absent": lambda m: drop(m["arrays"], "centre"),
    "array unstated": lambda m: drop(m["arrays"], "coef0"),
    "array no object": lambda m: m["arrays"].update(centre=7),
    "nodes unstated": lambda m: drop(m["arrays"], "forest_nodes"),
    "sets unstated": lambda m: drop(m["arrays"], "forest_sets"),
    "nodes of another shape": lambda m: m["arrays"]["forest_nodes"].update(shape=[7, 7]),
    "nodes beyond the cap": lambda m: m["arrays"]["forest_nodes"].update(shape=[2**20 + 1, 7]),
    "category made a number": lambda m: m["scorer"]["features"][2].update(kind="number", levels=[]),
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
    "a better sentence": lambda m: m["report"]["certificate"].update(
        sentence="With 99.9 % confidence, no harm at all."
    ),
    "a limit that was not certified": lambda m: m["report"]["certificate"]["alpha"].update(complaint=0.001),
    "marketing in scope": lambda m: m["report"]["certificate"].update(scope=[["upsell", "chat"]]),
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
    X = rows(boosted_scorer())
    before = outcome(folder, X)
    seen = set()
    for _ in range(250):
        changed = mutant(original, rng)
        (folder / name).write_bytes(changed)
        seen.add(outcome(folder, X) if changed != original else None)
    assert (before is not None, seen) == (True, {None})


@pytest.mark.parametrize("name", ["forest_nodes", "forest_roots", "forest_sets", "mix"])
def test_no_mutant_array_crashes_though_its_hash_is_restated(folder: Path, name: str) -> None:
    """100 random numbers in each array, the array's hash restated: refused, or the same scores to the bit."""
    rng, X, original = np.random.default_rng(13), rows(boosted_scorer()), contents(folder)
    before, seen = outcome(folder, X), set()
    values = [np.nan, np.inf, -np.inf, -1.0, 0.0, 1.0, 2.0, 7.0, 0.5, 1e13, 1e308, 2.0**32, 5e-324]

    def change(array: np.ndarray) -> None:
        for _ in range(int(rng.integers(1, 4))):
            array.put(int(rng.integers(0, array.size)), rng.choice(values))

    for _ in range(100):
        for file, data in original.items():
            (folder / file).write_bytes(data)
        seen.add(outcome(edit_array(folder, name, change), X))
    assert seen <= {None, before}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every node of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key in keys for found in leaves(value[key], (*path, key))]


def test_no_forged_mutant_crashes(folder: Path) -> None:
    """300 random values put anywhere into the manifest, every hash restated: refused, or the same scores."""
    rng, X, original = np.random.default_rng(12), rows(boosted_scorer()), contents(folder)
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


def test_what_is_wrong_with_the_list_of_arrays_is_all_that_is_said(folder: Path) -> None:
    """An empty list of other faults before it would hide it."""
    wrong: dict[str, Change] = {
        "`arrays` states what nobody knows `odd`;": lambda m: m["arrays"].update(odd=m["arrays"]["centre"]),
        "`arrays` lacks `centre`; does not state the files `centre.npy`;": lambda m: drop(m["arrays"], "centre"),
        "`arrays` does not state the files `coef0.npy`;": lambda m: drop(m["arrays"], "coef0"),
    }
    kept = (folder / "manifest.json").read_bytes()
    for said, change in wrong.items():
        (folder / "manifest.json").write_bytes(kept)
        with pytest.raises(InvalidArtefact) as refused:
            load(rewrite(folder, change))
        assert f": {said} train it again" in str(refused.value)
