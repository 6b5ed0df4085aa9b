"""Machine code from an object file into this process, without the 50 MB of the library that made it (stdlib only).

What the compiler makes of `model/trees/kernel_source.py` asks for nothing outside its own file: code, a few constants,
and in the code their distances. Those few are filled in here, from the ELF format (System V ABI, AMD64 supplement,
sections 4.3 to 4.4). Anything else in a file, and any other kind of file, is left to llvmlite's own linker.
"""

import ctypes
import mmap
import struct
from collections.abc import Sequence
from typing import NamedTuple

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, the lower byte first
AMD64 = 62
CODE, SYMBOLS, DISTANCES = 1, 2, 4  # kinds of sections: bytes, names, what is to be filled in
WRITABLE, LOADED = 1, 2  # flags of a section
NEAR = (2, 4)  # R_X86_64_PC32, R_X86_64_PLT32: how far it is from here to there
READ_AND_RUN = 1 | 4
ALIGNED = 64


class Section(NamedTuple):
    """One row of the section table, as it stands in the file."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    each: int


class Image(NamedTuple):
    """Code that runs wherever it lies, and where in it the function begins."""

    code: bytes
    entry: int


def image_of(made: bytes, symbol: str) -> Image | None:
    """Return the image of one function; None where a file is of another kind, or asks for more than distances.

    Raises:
        struct.error, ValueError: the file is cut off.
    """
    if made[:6] != MAGIC or struct.unpack_from("<H", made, 18)[0] != AMD64:
        return None
    begin, (count,) = struct.unpack_from("<Q", made, 40)[0], struct.unpack_from("<H", made, 60)
    sections = [Section(*struct.unpack_from("<IIQQQQIIQQ", made, begin + 64 * k)) for k in range(count)]
    code, place = bytearray(), {}
    for k, section in enumerate(sections):
        if section.flags & LOADED and section.size:
            if section.kind != CODE or section.flags & WRITABLE:
                return None
            code += bytes(-len(code) % max(section.align, 1))
            place[k] = len(code)
            code += made[section.offset : section.offset + section.size]
    for section in sections:
        if section.kind == DISTANCES and section.info in place and not _fill(made, sections, section, code, place):
            return None
    entry = _entry(made, sections, symbol.encode(), place)
    return None if entry is None else Image(bytes(code), entry)


def _fill(made: bytes, sections: Sequence[Section], told: Section, code: bytearray, place: dict[int, int]) -> bool:
    """Write the distances that a section tells of; False where it tells of something else."""
    for at in range(told.offset, told.offset + told.size, 24):
        offset, what, add = struct.unpack_from("<QQq", made, at)
        names = sections[told.link].offset + 24 * (what >> 32)
        _, _, _, home, value, _ = struct.unpack_from("<IBBHQQ", made, names)
        if what & 0xFFFFFFFF not in NEAR or home not in place:
            return False
        here = place[told.info] + offset
        struct.pack_into("<i", code, here, place[home] + value + add - here)
    return True


def _entry(made: bytes, sections: Sequence[Section], symbol: bytes, place: dict[int, int]) -> int | None:
    """Return where a function begins."""
    for section in sections:
        for at in range(section.offset, section.offset + section.size, 24) if section.kind == SYMBOLS else ():
            name, _, _, home, value, _ = struct.unpack_from("<IBBHQQ", made, at)
            text = sections[section.link].offset + name
            if home in place and made[text : made.index(b"\0", text)] == symbol:
                return place[home] + int(value)
    return None


class Memory:
    """Pages that hold images, readable and runnable, never writable again; they last as long as this does."""

    def __init__(self, images: Sequence[Image]) -> None:
        """Copy the images to fresh pages. Raises OSError where this system lets nothing of that kind run."""
        starts, size = [], 0
        for image in images:
            starts.append(size)
            size += len(image.code) + -len(image.code) % ALIGNED
        self._pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for start, image in zip(starts, images, strict=True):
            self._pages[start : start + len(image.code)] = image.code
        self._held = ctypes.c_char.from_buffer(self._pages)  # nobody can close the pages under the code
        first = ctypes.addressof(self._held)
        sealed = ctypes.CDLL(None, use_errno=True).mprotect
        if sealed(ctypes.c_void_p(first), ctypes.c_size_t(size), READ_AND_RUN):
            raise OSError(ctypes.get_errno(), "no page may be run")
        self.places = [first + start + image.entry for start, image in zip(starts, images, strict=True)]
