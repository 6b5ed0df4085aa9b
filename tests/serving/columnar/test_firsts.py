import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from model.errors import Unavailable
from serving.columnar import firsts, repeats
from serving.columnar.firsts import Firsts, Suspects
from serving.columnar.repeats import Repeated, Repeats

Ids = list[str | None]


def expected(ids: Ids) -> list[int]:
    """Say it with a dictionary: the earlier row with the same id, 0 where there is none."""
    known: dict[str, int] = {}
    first = [row if one is None else known.setdefault(one, row) for row, one in enumerate(ids, 1)]
    return [0 if row == at else at for row, at in enumerate(first, 1)]


def found(folder: Path, ids: Ids, *, held: int = repeats.HELD, may_repeat: Repeated | None = None) -> Firsts:
    """Find the first rows of ids that come in batches of 100."""
    column = pa.array(ids, type=pa.string())
    if may_repeat is None:
        looking = Repeats(folder, "ids", held=held)
        looking.add(column)
        may_repeat = looking.finish()
    suspects = Suspects(folder, may_repeat, held=held)
    for start in range(0, len(ids), 100):
        part = column.slice(start, 100)
        suspects.add(part, range(start + 1, start + 1 + len(part)))
    return suspects.finish()


def drawn(rows: int, names: int) -> Ids:
    """Draw ids in which some repeat, near and far, and some are null."""
    rng = np.random.default_rng(3)
    return [None if number % 40 == 0 else f"c-{number}" for number in rng.integers(0, names, rows).tolist()]


@pytest.mark.parametrize("held", [1, 150, repeats.HELD])
@pytest.mark.parametrize("window", [64, firsts.WINDOW])
@pytest.mark.parametrize("names", [3, 700, 5000])
def test_each_repeat_names_the_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int, window: int, names: int
) -> None:
    """In memory and on disk, for many repeats and few; nothing else is left on disk."""
    monkeypatch.setattr(firsts, "WINDOW", window)
    monkeypatch.setattr(firsts, "CHUNK", 50)
    ids = drawn(1500, names)

    actual = found(tmp_path, ids, held=held).of(range(1, 1501)).tolist()

    left = {path.name for path in tmp_path.iterdir()}
    assert (actual, left) == (expected(ids), {"ids.npy", "first-rows.bin"})


def test_one_id_in_every_row(tmp_path: Path) -> None:
    """All rows but the first repeat it, and memory holds its text once."""
    actual = found(tmp_path, ["c"] * 1000, held=100).of(range(1, 1001)).tolist()

    assert actual == [0, *[1] * 999]


def test_an_innocent_suspect_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ids of one hash are two ids: the text decides. Here every id is suspected."""
    np.save(tmp_path / "all.npy", np.full(2**13, 255, dtype=np.uint8))
    monkeypatch.setattr(firsts, "hashes", lambda column: np.zeros(len(column), dtype=np.uint64))
    ids: Ids = ["a", "b", None, "a", "c"]

    actual = found(tmp_path, ids, held=2, may_repeat=Repeated(tmp_path / "all.npy")).of(range(1, 6)).tolist()

    assert actual == [0, 0, 0, 1, 0]


def test_rows_are_asked_anywhere(tmp_path: Path) -> None:
    """A part of the rows, rows with gaps, rows after the last repeat, none at all."""
    told = found(tmp_path, ["a", "b", "a", "c", "b", "d", "e"])

    actual = [told.of(numbers).tolist() for numbers in (range(3, 6), [1, 3, 5, 7], range(6, 8), [])]

    assert actual == [[1, 0, 2], [0, 1, 2, 0], [0, 0], []]


def test_no_suspects_are_no_repeats() -> None:
    """Without a file nobody is asked."""
    none = Firsts()

    actual = (bool(none), none.of(range(5, 8)).tolist(), bool(Firsts(Path("somewhere"))))

    assert actual == (False, [0, 0, 0], True)


def test_suspects_that_all_turn_out_innocent_leave_none(tmp_path: Path) -> None:
    """Their hashes agreed, their texts do not."""
    np.save(tmp_path / "all.npy", np.full(2**13, 255, dtype=np.uint8))

    actual = bool(found(tmp_path, ["a", "b"], may_repeat=Repeated(tmp_path / "all.npy")))

    assert actual is False


@pytest.mark.parametrize(
    "stored", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())], ids=str
)
def test_ids_of_any_text_type_are_compared(tmp_path: Path, stored: pa.DataType) -> None:
    """Dictionaries, views and large texts are texts."""
    looking = Repeats(tmp_path, "ids")
    looking.add(pa.array(["a", "b", "a"]).cast(stored))
    suspects = Suspects(tmp_path, looking.finish())
    suspects.add(pa.array(["a", "b", "a"]).cast(stored), [1, 2, 5])

    actual = suspects.finish().of([1, 2, 5]).tolist()

    assert actual == [0, 0, 1]


def test_it_travels_to_another_process_as_its_path(tmp_path: Path) -> None:
    """A worker gets the path, not the rows."""
    told = found(tmp_path, ["a"] * 300)
    sent = pickle.dumps(told)

    actual = (pickle.loads(sent).of([300]).tolist(), len(sent) < 400)  # noqa: S301  (our own bytes)

    assert actual == ([1], True)


def test_a_disk_that_says_no_is_one_line(tmp_path: Path) -> None:
    """As for the hashes: make room, run again."""
    np.save(tmp_path / "all.npy", np.full(2**13, 255, dtype=np.uint8))

    with pytest.raises(Unavailable, match="make room, run again"):
        found(tmp_path / "gone", ["a", "b"], held=1, may_repeat=Repeated(tmp_path / "all.npy"))
