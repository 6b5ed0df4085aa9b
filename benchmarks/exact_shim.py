"""A disk that fails when it is told to: a small library (`exact_shim.c`), compiled here, that a server loads first."""

import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("exact_shim.c")
NUMBERS: Final = struct.Struct("=6i")  # flush, write, open, read, milliseconds of a flush, refused so far
COMPILER: Final = ("cc", "gcc", "clang")
WELL: Final = (0, 0, 0, 0, 0)


def compiler() -> str | None:
    """Return a C compiler, or None where there is none or no library can be loaded before others."""
    found = [where for name in COMPILER if (where := shutil.which(name)) is not None]
    return found[0] if found and os.uname().sysname == "Linux" else None


class Disk:
    """What the calls of a server on one file, and on those beside it, are answered. `control` is read at every call."""

    def __init__(self, folder: Path, file: Path) -> None:
        self._file = file.absolute()
        self._control = (folder / "control").absolute()
        self._library = (folder / "shim.so").absolute()
        self._control.write_bytes(NUMBERS.pack(*WELL, 0))
        built = compiler()
        if built is None:
            raise FileNotFoundError("no C compiler is here; install one, such as gcc, to let a disk fail")
        command = [built, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)

    def environment(self) -> dict[str, str]:
        """Return what a server is started with."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAULT_FILE": str(self._file),
            "FAULT_CONTROL": str(self._control),
        }

    def fails(self, *, flush: int = 0, write: int = 0, opening: int = 0, read: int = 0, slow: int = 0) -> None:
        """From now on answer these calls with an error number each, and let a flush take so many milliseconds."""
        self._keep(flush, write, opening, read, slow)

    def is_well(self) -> None:
        """From now on let the system answer."""
        self._keep(*WELL)

    @property
    def refused(self) -> int:
        """How many calls were refused so far."""
        return int(NUMBERS.unpack(self._control.read_bytes())[-1])

    def _keep(self, *numbers: int) -> None:
        """Write them in place: servers have the file in memory."""
        with self._control.open("r+b") as control:
            control.write(NUMBERS.pack(*numbers, 0)[: NUMBERS.size - 4])
