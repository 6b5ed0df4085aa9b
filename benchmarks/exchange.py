"""What the main process and its workers hand each other: one compressed archive there, one back (numpy only)."""

import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One split: row numbers of D1 and D2, and on D1 each row's fold, pseudo-outcome Γ and treatment propensity."""

    first: Ints
    second: Ints
    folds: Ints
    gamma: Floats
    propensity: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every learner gets: X float64[n, p] without gaps, y float64[n], contacted 0/1 intp[n], and the splits.

    `binary`: y is 0/1; `constant`: the propensity is one number.
    """

    X: Floats
    y: Floats
    contacted: Ints
    binary: bool
    constant: bool
    repeats: list[Repeat]

    def save(self, path: Path) -> None:
        """Write the archive."""
        arrays = {
            f"{name}_{r}": getattr(repeat, name)
            for r, repeat in enumerate(self.repeats)
            for name in Repeat.__dataclass_fields__
        }
        flags = {"binary": np.array(self.binary), "constant": np.array(self.constant)}
        np.savez(path, X=self.X, y=self.y, contacted=self.contacted, **flags, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Task":
        """Read what `save` wrote."""
        with np.load(path) as file:
            count = sum(name.startswith("first_") for name in file.files)
            repeats = [
                Repeat(**{name: file[f"{name}_{r}"] for name in Repeat.__dataclass_fields__}) for r in range(count)
            ]
            return cls(
                X=file["X"],
                y=file["y"],
                contacted=file["contacted"],
                binary=bool(file["binary"]),
                constant=bool(file["constant"]),
                repeats=repeats,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one process learned: for repeat r and learner k the scores of D2 (float64[k, n2] per repeat).

    `quality` float64[r, k]: cross-validated DR-Qini on D1 (NaN: not selected by it); `seconds` float64[r, k] of one
    fit on D1; `total` float64[r]: everything of a repeat, selection included; `chosen` intp[r]: the learner that the
    process itself chose, −1 where it leaves that to the caller. `failed`: what did not run, and why.
    """

    names: list[str]
    scores: list[Floats]
    quality: Floats
    seconds: Floats
    total: Floats
    chosen: Ints
    import_seconds: float
    peak_mib: float
    failed: list[str]

    def save(self, path: Path) -> None:
        """Write the archive."""
        named: dict[str, NDArray[Any]] = {f"scores_{r}": scores for r, scores in enumerate(self.scores)}
        for name in Result.__dataclass_fields__:
            if name != "scores":
                value = np.asarray(getattr(self, name))
                named[name] = value.astype(str) if name in {"names", "failed"} else value
        np.savez(path, **named)

    @classmethod
    def load(cls, path: Path) -> "Result":
        """Read what `save` wrote."""
        with np.load(path) as file:
            count = sum(name.startswith("scores_") for name in file.files)
            return cls(
                names=[str(name) for name in file["names"]],
                scores=[file[f"scores_{r}"] for r in range(count)],
                quality=file["quality"],
                seconds=file["seconds"],
                total=file["total"],
                chosen=file["chosen"],
                import_seconds=float(file["import_seconds"]),
                peak_mib=float(file["peak_mib"]),
                failed=[str(line) for line in file["failed"]],
            )


def peak_mib() -> float:
    """Return the largest resident memory of this process so far, in MiB.

    On Linux from /proc: `ru_maxrss` begins with the size of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
