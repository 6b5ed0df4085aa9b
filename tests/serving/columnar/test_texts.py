import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar.texts import LONG, hashes, presence, texts

WORDS = ["", "a", "b", "ab", "cust-0001", "cust-0002", "x" * 8, "x" * 9, "né", "y" * LONG, "y" * (LONG + 1), "z" * 9000]
STORED = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("stored", STORED, ids=str)
def test_a_text_has_one_hash_however_it_is_stored(stored: pa.DataType) -> None:
    """Offsets of any width, views, dictionaries: the same hashes."""
    plain = hashes(pa.array(WORDS))

    actual = hashes(pa.array(WORDS).cast(stored)).tolist()

    assert actual == plain.tolist()


def test_a_text_has_one_hash_whatever_stands_beside_it() -> None:
    """Alone, in a slice, between nulls or long texts: its neighbours do not matter."""
    whole = hashes(pa.array(WORDS)).tolist()
    mixed = pa.array([None, "gone", *[part for word in WORDS for part in (word, None)]]).slice(2)

    actual = ([int(hashes(pa.array([word]))[0]) for word in WORDS], hashes(mixed)[::2].tolist())

    assert actual == (whole, whole)


def test_different_texts_have_different_hashes() -> None:
    """Short counters, which real ids are, do not collide, in all bits or in the last thirty-two."""
    values = hashes(pa.array([f"u-{number}" for number in range(200_000)] + WORDS))

    actual = (len(np.unique(values)), len(np.unique(values & np.uint64(2**32 - 1))) > 200_000)

    assert actual == (200_000 + len(WORDS), True)


def test_a_hash_is_the_same_in_every_process() -> None:
    """What one worker found, another looks up: nothing of this process is in a hash."""
    code = (
        "import pyarrow as pa; from serving.columnar.texts import hashes; print(hashes(pa.array(['u-1', ''])).tolist())"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == str(hashes(pa.array(["u-1", ""])).tolist())


def test_bytes_below_a_null_are_nobodys() -> None:
    """Arrow lets anything stand below a null: it has no size, and no hash of its own."""
    buffers = pa.array(["secret", "b"]).buffers()
    column = pa.Array.from_buffers(pa.string(), 2, [pa.py_buffer(b"\x02"), *buffers[1:]])

    actual = (texts(column).sizes.tolist(), presence(column).tolist(), int(hashes(column)[0]))

    assert actual == ([0, 1], [False, True], int(hashes(pa.array([""]))[0]))


@pytest.mark.parametrize("column", [pa.nulls(3), pa.nulls(3, pa.string()), pa.array([], pa.string())], ids=str)
def test_a_column_of_nothing_has_hashes(column: pa.Array) -> None:
    """Only nulls, or no rows at all."""
    actual = (len(hashes(column)), presence(column).any())

    assert actual == (len(column), False)
