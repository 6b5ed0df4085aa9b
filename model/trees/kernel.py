"""A forest walked by compiled code: compiled once for all forests, in a process of its own, loaded as machine code.

`import numba` costs a second and 70 MB, and compiling 70 MB more: a worker pays neither. A child process compiles
`model/trees/kernel_source.py` (three seconds) and writes the machine code of two functions, which need nothing from
outside themselves; `model.trees.kernel_image` puts it into this process, or on other machines llvmlite, numba's own
library. It is compiled anew by every process that wants it, or by the one that started it (`take`): nothing is read
from a folder that somebody else could write to, and nothing is unpickled.

The code checks no index: `Kernel.add` checks the rows, `model.trees.checks` the forest, `model.trees.kernel_tables`
makes all indices from it. What is compiled is never believed unasked: `model.trees.switch` compares it with numpy's
walk first.
"""

import base64
import ctypes
import importlib.util
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.errors import OutreachError
from model.trees.kernel_image import Memory, image_of
from model.trees.kernel_tables import ROWS, Masks, Nodes
from model.trees.walk import Walk

Floats = NDArray[np.float64]
Call = Callable[..., int]

SOURCE = Path(__file__).with_name("kernel_source.py")
PATIENCE = 1800  # seconds for the compiler: three on an idle processor, minutes where it gives way to others
FEW = 18  # rows below which they walk one after the other: a block of masks costs what so many walks cost
A, N = ctypes.c_void_p, ctypes.c_int64
# two addresses stand first that compiled code by numba has for a result and an error: it has neither
WALK = (A, A, A, A, A, A, A, N, A, N, N, A, N, A, A)
MASKS = (A, A, A, N, A, N, A, A, A, A, A, A, A, A, A, A, N, A, N, N, A, N, A, A, A)


class NoKernelError(OutreachError):
    """There is no compiled code here: numpy answers. One line says why."""


@dataclass(frozen=True, slots=True)
class Code:
    """The two compiled functions; `walk` keeps the interpreter's lock (it takes microseconds), `masks` gives it up."""

    walk: Call
    masks: Call
    owner: Any  # of the memory that they stand in


FAILURES = (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, struct.error, subprocess.SubprocessError)
_lock = threading.Lock()
_code: list[Code | NoKernelError] = []  # what this process's one attempt gave
_given: list[Callable[[], bytes]] = []  # asked instead of a compiler, where another process compiles for this one


def take(given: Callable[[], bytes]) -> None:
    """Have this process ask `given` for what `compiled` returned in the process that started it, and never compile.

    No bytes: there is no code. What it gives is as trusted as this program itself.
    """
    _given[:] = [given]


def code(*, yielding: bool = False) -> Code:
    """Return the compiled functions, compiled when they are first asked for; waits for whoever compiles them.

    A `yielding` compiler takes only what nobody else wants of the processor.

    Raises:
        NoKernelError: numba is not installed, or compiling failed; it is not tried again in this process.
    """
    with _lock:
        if not _code:
            try:
                _code.append(_loaded(_given[0]() if _given else compiled(yielding=yielding)))
            except NoKernelError as error:
                _code.append(error)
            except FAILURES as error:
                _code.append(NoKernelError(f"the walk could not be compiled ({str(error)[:200]})"))
        made = _code[0]
    if isinstance(made, NoKernelError):
        raise made
    return made


def compiled(*, yielding: bool = False) -> bytes:
    """Return symbol and object of each function as JSON, from a process that compiles them.

    Raises:
        NoKernelError: as `code`. Also `OSError` and `subprocess.SubprocessError`.
    """
    absent = [name for name in ("numba", "llvmlite") if importlib.util.find_spec(name) is None]
    if absent:
        raise NoKernelError(f"`{absent[0]}` is not installed; `pip install outreach[fast]` brings it")
    # -P: the modules beside the source must not stand in for those of the same name that numba imports
    done = subprocess.run(  # noqa: S603  (our own file in our own interpreter)
        [sys.executable, "-P", str(SOURCE), *(["yielding"] * yielding)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NoKernelError(f"numba could not compile the walk ({said[-1][:200] if said else done.returncode})")
    return done.stdout


def _loaded(said: bytes) -> Code:
    """Put the machine code into this process."""
    if not said:
        raise NoKernelError("none was made for this process")
    made: Mapping[str, Mapping[str, str]] = json.loads(said)
    objects = {name: (base64.b64decode(each["object"]), each["symbol"]) for name, each in made.items()}
    images = {name: image_of(*each) for name, each in objects.items()}
    found = [image for image in images.values() if image is not None]
    if len(found) < len(images) or not images:
        return _linked(made)
    memory = Memory(found)
    return _code_at(dict(zip(images, memory.places, strict=True)), memory)


def _linked(made: Mapping[str, Mapping[str, str]]) -> Code:
    """Have llvmlite put the machine code into this process."""
    from llvmlite import binding  # noqa: PLC0415  (50 MB that only a process with a compiled walk has)

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target)
    for each in made.values():
        engine.add_object_file(binding.ObjectFileRef.from_data(base64.b64decode(each["object"])))
    engine.finalize_object()
    place = {name: engine.get_function_address(each["symbol"]) for name, each in made.items()}
    return _code_at(place, engine)


def _code_at(place: Mapping[str, int], owner: Any) -> Code:
    """Return the functions at these addresses."""
    if not all(place[name] for name in ("walk", "masks")):
        raise NoKernelError("the compiled walk has no address")
    walk, masks = (ctypes.PYFUNCTYPE(ctypes.c_int32, *WALK), ctypes.CFUNCTYPE(ctypes.c_int32, *MASKS))
    return Code(walk=walk(place["walk"]), masks=masks(place["masks"]), owner=owner)


class Kernel:
    """One forest's tables and the code that reads them."""

    def __init__(self, code: Code, walk: Walk) -> None:
        self._code = code
        self._nodes = Nodes.of(walk)
        self._masks = Masks.of(walk)
        self._width = int(walk.feature.max()) + 1
        self._heads = walk.heads[-1][0] + 1
        nodes, masks, spare = self._nodes, self._masks, np.zeros(2, dtype=np.int64)
        self._spare = spare
        none = (_address(spare), _address(spare) + 8)
        heads = (_address(nodes.heads), len(nodes.heads))
        figures = _address(nodes.nodes)
        self._walked = (*none, figures, figures, _address(nodes.words), _address(nodes.roots), *heads)
        self._masked: tuple[int, ...] = ()
        self._desks = threading.local()
        if masks is not None:
            self._masked = (*none, *_addresses(masks), *heads)

    @classmethod
    def of(cls, walk: Walk, *, yielding: bool = False) -> Self:
        """Return the kernel of a checked forest. Raises NoKernelError where no code can be compiled."""
        return cls(code(yielding=yielding), walk)

    def add(self, codes: Floats, start: Floats) -> Floats:
        """Return `start` float64[n, h] plus each head's trees, one after the other, for rows float64[n, f].

        Raises:
            ValueError: the rows have fewer features than the trees ask for, or other sums to begin with.
        """
        if codes.ndim != 2 or codes.shape[1] < self._width:
            raise ValueError(f"rows of {codes.shape[-1]} features do not fit trees that ask for {self._width}")
        if start.ndim != 2 or len(start) != len(codes) or start.shape[1] < self._heads:
            raise ValueError(f"sums of shape {start.shape} do not fit {len(codes)} rows and {self._heads} heads")
        if len(codes) < FEW:
            return self._few(codes, start)
        rows = np.ascontiguousarray(codes, dtype=np.float64)
        out = np.array(start, dtype=np.float64, order="C")
        asked = (_address(rows), len(rows), rows.shape[1], _address(out), out.shape[1])
        if self._masks is None:
            scratch = np.empty(2 * len(self._nodes.roots), dtype=np.int64)
            place = _address(scratch)
            self._code.walk(*self._walked, *asked, place, place + 4 * len(scratch))
            return out
        numbers, levels = ROWS * (len(self._masks.numbers) + 1), ROWS * len(self._masks.levels)
        scratch = np.empty(numbers + levels + ROWS, dtype=np.int64)
        place = _address(scratch)
        self._code.masks(*self._masked, *asked, place, place + 8 * numbers, place + 8 * (numbers + levels))
        return out

    def _few(self, codes: Floats, start: Floats) -> Floats:
        """Walk few rows in this thread's own desk: to ask numpy where an array stands takes as long as a walk."""
        shape = codes.shape[1], start.shape[1]
        desk: Desk | None = getattr(self._desks, "desk", None)
        if desk is None or desk.shape != shape:
            desk = self._desks.desk = Desk.of(shape, len(self._nodes.roots))
        count = len(codes)
        desk.rows[:count] = codes
        desk.out[:count] = start
        rows, out, *scratch = desk.places
        self._code.walk(*self._walked, rows, count, shape[0], out, shape[1], *scratch)
        return desk.out[:count].copy()


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """Where few rows, their sums and the walk's notes lie, and the addresses of all that: one thread's, for good."""

    shape: tuple[int, int]  # features of a row, and sums
    rows: Floats
    out: Floats
    scratch: NDArray[np.int64]
    places: tuple[int, int, int, int]

    @classmethod
    def of(cls, shape: tuple[int, int], trees: int) -> Self:
        """Make room for `FEW` rows."""
        rows, out = np.zeros((FEW, shape[0])), np.zeros((FEW, shape[1]))
        scratch = np.empty(2 * trees, dtype=np.int64)
        notes = _address(scratch)
        return cls(shape, rows, out, scratch, (_address(rows), _address(out), notes, notes + 8 * trees))


def _address(array: NDArray[Any]) -> int:
    """Return where an array's first number stands."""
    place: int = array.__array_interface__["data"][0]  # twice as fast as `array.ctypes.data`
    return place


def _addresses(masks: Masks) -> tuple[int, ...]:
    """Return the arguments of `masks` that are the forest's."""
    columns = (_address(masks.numbers), len(masks.numbers), _address(masks.levels), len(masks.levels))
    numbers = (_address(masks.limits), _address(masks.limit_columns), _address(masks.limit_masks))
    levels = (_address(masks.struck), _address(masks.struck_columns), _address(masks.struck_masks))
    return (*columns, _address(masks.classes), *numbers, *levels, _address(masks.trees), _address(masks.values))
