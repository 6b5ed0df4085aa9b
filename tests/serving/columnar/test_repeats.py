import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from model.errors import Unavailable
from serving.columnar import repeats
from serving.columnar.repeats import Repeated, Repeats


def found(folder: Path, batches: list[list[str | None]], held: int = repeats.HELD) -> Repeated:
    """Look for repeats in a column that comes in batches."""
    looking = Repeats(folder, "users", held=held)
    for batch in batches:
        looking.add(pa.array(batch, type=pa.string()))
    return looking.finish()


def drawn(rows: int, names: int) -> list[str | None]:
    """Draw a column in which some names repeat, and some cells are null."""
    rng = np.random.default_rng(7)
    return [None if number % 50 == 0 else f"u-{number}" for number in rng.integers(0, names, rows).tolist()]


@pytest.mark.parametrize("held", [1, 40, 1000, repeats.HELD])
def test_every_text_that_repeats_is_found(tmp_path: Path, held: int) -> None:
    """In memory and on disk, in one batch or over many; hardly anyone else is taken for one, and no null."""
    column = drawn(3000, 4000)
    counts = Counter(column)
    batches = [column[start : start + 70] for start in range(0, 3000, 70)]

    again = found(tmp_path, batches, held).among(pa.array(column)).tolist()

    expected = [name is not None and counts[name] > 1 for name in column]
    missed = [name for name, one, known in zip(column, again, expected, strict=True) if known and not one]
    assert (missed, sum(again) - sum(expected) < 60, len(list(tmp_path.iterdir()))) == ([], True, 1)


def test_what_went_to_disk_gives_the_same_answer(tmp_path: Path) -> None:
    """The tables are byte for byte the same but for their size, which counts of repeats may raise."""
    column = drawn(2000, 100_000)
    tables = []
    for held in (3, repeats.HELD):
        (tmp_path / str(held)).mkdir()
        tables.append(found(tmp_path / str(held), [column[:900], column[900:]], held).among(pa.array(column)).tolist())

    assert tables[0] == tables[1]


@pytest.mark.parametrize("held", [5, repeats.HELD])
def test_a_column_without_repeats_has_none(tmp_path: Path, held: int) -> None:
    """Nothing is left on disk either."""
    none = found(tmp_path, [[f"u-{number}" for number in range(100)], [None, None]], held)

    actual = (bool(none), none.among(pa.array(["u-1", None])).tolist(), list(tmp_path.iterdir()))

    assert actual == (False, [False, False], [])


def test_one_customer_in_every_row_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash is set aside once a flush, however often it stands there."""
    sizes: list[int] = []
    real = repeats.Spill.add

    def counting(spill: repeats.Spill, values: np.ndarray, parts: np.ndarray) -> None:
        sizes.append(len(values))
        real(spill, values, parts)

    monkeypatch.setattr(repeats.Spill, "add", counting)
    one = found(tmp_path, [["u-1"] * 100] * 30, held=250)

    actual = (one.among(pa.array(["u-1", "u-2"])).tolist(), max(sizes))

    assert actual == ([True, False], 1)


def test_a_table_travels_to_another_process_as_its_path(tmp_path: Path) -> None:
    """Pickled before or after it was asked, it is small, and answers the same."""
    one = found(tmp_path, [["a", "a", "b"]])
    asked = one.among(pa.array(["a", "b"])).tolist()
    sent = pickle.dumps(one)

    actual = (pickle.loads(sent).among(pa.array(["a", "b"])).tolist(), len(sent) < 400)  # noqa: S301  (our own bytes)

    assert actual == (asked, True)


def test_the_table_has_an_upper_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it would grow beyond it, more innocent texts stand in it, and still all that repeat."""
    monkeypatch.setattr(repeats, "MOST_BITS", 2**8)
    monkeypatch.setattr(repeats, "FEWEST_BITS", 2**6)
    names = [f"u-{number}" for number in range(100)]
    full = found(tmp_path, [names, names])

    actual = (full.among(pa.array(names)).all(), np.load(tmp_path / "users.npy").nbytes)

    assert actual == (True, 32)


def test_a_disk_that_says_no_is_one_line(tmp_path: Path) -> None:
    """Nothing was decided; the folder and what to do are named."""
    with pytest.raises(Unavailable, match="make room, run again"):
        found(tmp_path / "gone", [["a", "a", "b"]], held=1)


def test_a_null_is_nobody_even_where_the_empty_text_repeats(tmp_path: Path) -> None:
    """Both have no bytes; only the text is a name."""
    one = found(tmp_path, [["", "", None]])

    actual = one.among(pa.array(["", None])).tolist()

    assert actual == [True, False]
