"""Machine code without a linker: the same code wherever it lies, and nothing but what is understood."""

import base64
import ctypes
import json
import struct
import subprocess
import sys
from collections.abc import Mapping

import numpy as np
import pytest

import model.trees.kernel as kernel_module
from model.trees.kernel import Code, Kernel
from model.trees.kernel_image import ALIGNED, AMD64, Image, Memory, image_of
from model.trees.switch import hostile
from tests.model.trees.test_forest import split
from tests.model.trees.test_kernel import forest_of

ON_AMD64 = pytest.mark.skipif(sys.platform != "linux", reason="another kind of file: llvmlite links it")


@pytest.fixture(scope="module")
def made() -> Mapping[str, Mapping[str, str]]:
    """What the compiler writes."""
    done = subprocess.run([sys.executable, "-P", str(kernel_module.SOURCE)], capture_output=True, check=True)
    read: Mapping[str, Mapping[str, str]] = json.loads(done.stdout)
    return read


def bits(code: Code) -> tuple[bytes, bytes]:
    """Return what a small forest adds to hostile rows, few at once and many."""
    forest = forest_of(split(threshold=0.5), split(threshold=-1.0, missing_left=True))
    rows = hostile(forest._walk, 1)
    kernel, start = Kernel(code, forest._walk), np.full((len(rows), 1), 0.1)
    few = [kernel.add(rows[k : k + 1], start[k : k + 1]) for k in range(len(rows))]
    return kernel.add(rows, start).tobytes(), np.concatenate(few).tobytes()


def test_both_ways_into_the_process_give_the_same_bits(made: Mapping[str, Mapping[str, str]]) -> None:
    """Our own few distances, and llvmlite's linker."""
    assert bits(kernel_module._loaded(json.dumps(made).encode())) == bits(kernel_module._linked(made))


@ON_AMD64
def test_a_process_with_compiled_code_has_no_compiler_library() -> None:
    """What made it is 50 MB that no worker needs."""
    told = (
        "import sys; from model.trees.kernel import code; print(type(code().owner).__name__, 'llvmlite' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Memory", "False"]


@ON_AMD64
@pytest.mark.parametrize("name", ["walk", "masks"])
def test_a_function_is_found_by_its_name_alone(name: str, made: Mapping[str, Mapping[str, str]]) -> None:
    """Another name is nowhere in it."""
    told, symbol = base64.b64decode(made[name]["object"]), made[name]["symbol"]
    found = image_of(told, symbol)
    assert (found is not None and found.entry < len(found.code), image_of(told, symbol + "x")) == (True, None)


@ON_AMD64
@pytest.mark.parametrize(("place", "byte"), [(0, 0), (4, 1), (5, 2), (18, AMD64 + 1)], ids=str)
def test_another_kind_of_file_is_left_to_llvmlite(place: int, byte: int, made: Mapping[str, Mapping[str, str]]) -> None:
    """32 bits, the other order of bytes, another processor."""
    told = bytearray(base64.b64decode(made["walk"]["object"]))
    told[place] = byte
    assert image_of(bytes(told), made["walk"]["symbol"]) is None


def distances(told: bytes) -> list[int]:
    """Return where the file says what is to be filled in."""
    begin, (count,) = struct.unpack_from("<Q", told, 40)[0], struct.unpack_from("<H", told, 60)
    rows = [struct.unpack_from("<IIQQQQIIQQ", told, begin + 64 * k) for k in range(count)]
    return [at for row in rows if row[1] == 4 for at in range(row[4], row[4] + row[5], 24)]


@ON_AMD64
@pytest.mark.parametrize("what", [1, 3, 10, 42], ids=str)
def test_what_is_no_distance_is_left_to_llvmlite(what: int, made: Mapping[str, Mapping[str, str]]) -> None:
    """An address or a table of another file's: nothing that is guessed at."""
    told = bytearray(base64.b64decode(made["masks"]["object"]))
    struct.pack_into("<I", told, distances(bytes(told))[-1] + 8, what)
    assert image_of(bytes(told), made["masks"]["symbol"]) is None


@ON_AMD64
def test_a_name_from_another_file_is_left_to_llvmlite(made: Mapping[str, Mapping[str, str]]) -> None:
    """The first name of every table is nobody's: code that asks for it would jump anywhere."""
    told = bytearray(base64.b64decode(made["masks"]["object"]))
    struct.pack_into("<I", told, distances(bytes(told))[0] + 12, 0)
    assert image_of(bytes(told), made["masks"]["symbol"]) is None


@pytest.mark.parametrize("kept", [0, 3, 5], ids=str)
def test_no_file_is_another_kind_of_file(kept: int) -> None:
    """Nothing, or the beginning of one."""
    assert image_of(b"\x7fELF\x02\x01"[:kept], "walk") is None


@pytest.mark.parametrize("length", [1, ALIGNED - 1, ALIGNED, ALIGNED + 1])
def test_images_lie_apart_and_begin_where_they_say(length: int) -> None:
    """Each on an address of its own, its bytes unchanged."""
    images = [Image(bytes([k + 1]) * length, k) for k in range(3)]
    memory = Memory(images)
    read = [ctypes.string_at(at - k, length) for k, at in enumerate(memory.places)]
    apart = [(at - k) % ALIGNED for k, at in enumerate(memory.places)]
    assert (read, apart) == ([image.code for image in images], [0, 0, 0])
