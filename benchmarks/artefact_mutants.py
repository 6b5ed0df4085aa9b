"""Mutants of real artefacts: what damages them by chance, and what a hostile author would write.

`mutant(bases, seed, number)` gives one, always the same. Kinds take turns. Those of a hostile author restate every hash
(`artefact_forging`), so that the checks behind the hashes are met.
"""

import copy
import os
import socket
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.artefact_bombs import BOMBS
from benchmarks.artefact_forging import Forgery, bound, npy
from benchmarks.artefact_reading import header_of
from model.canonical import sha256

Files = dict[str, bytes]
Bases = Mapping[str, Files]
Chance = np.random.Generator
NUMBERS = (
    *(np.nan, np.inf, -np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 7.0, 1e12, 1.1e12, 1e300, -1e308, 5e-324),
    *(2.0**31, 2.0**32, 2.0**53, 2.0**63, -(2.0**63), 255.0, 256.0, 1e9),
)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, -0.0, 0.5, 2**31, 2**63, 10**400, -(10**400), 1e308, 5e-324),
    *(float("nan"), float("inf"), "", "x", "\ud800", "\x00", "\x1b[31m\n", "../../etc/passwd", "é" * 300, "x" * 70_000),
    *([], {}, [[]], [1, "a", None], {"a": 1}, {"__proto__": {}}, [None] * 300, {str(k): k for k in range(300)}),
)
BOMBS_EVERY = 5  # turns: each of them takes as long as a hundred others
HEADERS = (
    *("<f4", "<i8", ">f8", "|O", "|V8", "<c16", "|S8", "f8", "<U2"),
    *("[('a', '<f8')]", "__import__('os').system('true')"),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """Files to write, and what to do to the folder then; `kind` is what it is counted under."""

    kind: str
    files: Files
    then: Callable[[Path], object] = lambda _: None


def mutant(bases: Bases, seed: int, number: int) -> Mutant:
    """Return mutant `number` of a run."""
    chance = np.random.default_rng([seed, number])
    base = dict(bases[sorted(bases)[int(chance.integers(0, len(bases)))]])
    kind, turn = tuple(KINDS)[number % len(KINDS)], number // len(KINDS)
    if kind == "bombs" and turn % BOMBS_EVERY:
        kind = "bytes"
    made = KINDS[kind](base, chance, bases, turn)
    files, then = made if isinstance(made, tuple) else (made, lambda _: None)
    return Mutant(kind, files, then)


def _pick(chance: Chance, values: Any) -> Any:
    return values[int(chance.integers(0, len(values)))]


def _damaged(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """Flip, cut, repeat, insert, overwrite or empty one file; or swap two."""
    name, other = _pick(chance, sorted(base)), _pick(chance, sorted(base))
    data = base[name]
    at = int(chance.integers(0, len(data)))
    end = min(len(data), at + int(chance.integers(1, 60)))
    noise = chance.integers(0, 256, end - at, dtype=np.uint8).tobytes()
    flipped = bytes([data[at] ^ (1 << int(chance.integers(0, 8)))])
    ways = (
        data[:at] + flipped + data[at + 1 :],
        data[:at],
        data[:end] + data[at:],
        data[:at] + noise + data[at:],
        data[:at] + noise + data[end:],
        b"",
        data * 2,
        bytes(len(data)),
        data + b"\n",
    )
    if chance.random() < 0.1:
        return {**base, name: base[other], other: data}
    return {**base, name: _pick(chance, ways)}


def _of_another(base: Files, chance: Chance, bases: Bases, _turn: int) -> Files:
    """Take some files of another artefact, or leave one out."""
    another = bases[_pick(chance, sorted(bases))]
    names = sorted({*base, *another})
    taken = [name for name in names if chance.random() < 0.3]
    files = {**base, **{name: another[name] for name in taken if name in another}}
    if chance.random() < 0.3:
        files.pop(_pick(chance, sorted(files)))
    return files


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every value in a JSON value, itself first; of long lists the first three."""
    yield before
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*before, key))
    elif isinstance(value, list):
        for index in range(min(3, len(value))):
            yield from paths(value[index], (*before, index))


def changed(value: Any, path: tuple[Any, ...], new: Callable[[Any, Any], None]) -> Any:
    """Return a copy in which `new(holder, key)` was done at a path."""
    whole = {"": copy.deepcopy(value)}
    holder: Any = whole
    for key in ("", *path[:-1]) if path else ():
        holder = holder[key]
    new(holder, path[-1] if path else "")
    return whole[""]


def _put(value: Any) -> Callable[[Any, Any], None]:
    return lambda holder, key: holder.__setitem__(key, value)


def _json(base: Files, chance: Chance, _bases: Bases, turn: int) -> Files:
    """Put an odd value at a key, drop the key, or add an unknown one; every hash restated, or only the manifest's."""
    forged = Forgery.of(base)
    places = list(paths(forged.manifest))[1:]
    place = places[turn % len(places)]
    odd = ODD[(turn // len(places) + turn) % len(ODD)]
    way = int(chance.integers(0, 10))
    if way == 0:
        forged.manifest = changed(forged.manifest, place, lambda holder, key: holder.__delitem__(key))
    elif way == 1:
        forged.manifest = changed(forged.manifest, (*place[:-1], "unknown"), _add(odd))
    else:
        forged.manifest = changed(forged.manifest, place, _put(odd))
    blobs = {name: data for name, data in base.items() if name.endswith(".npy")}
    if chance.random() < 0.5:
        return bound(forged.manifest, forged.issued, blobs)
    try:
        return forged.files()
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
        return bound(forged.manifest, forged.issued, blobs)


def _add(value: Any) -> Callable[[Any, Any], None]:
    def add(holder: Any, key: Any) -> None:
        holder.append(value) if isinstance(holder, list) else holder.__setitem__(key, value)

    return add


def _numbers(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """Put odd numbers into an array; the golden scores are those of what was forged."""
    forged = Forgery.of(base)
    array = forged.arrays[_pick(chance, sorted(forged.arrays))]
    for _ in range(int(chance.integers(1, 4))):
        array.put(int(chance.integers(0, array.size)), _pick(chance, NUMBERS))
    return forged.rescored().files()


def _plausible(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """Change figures that may well be: what comes out must be read as the plain reading reads it."""
    forged = Forgery.of(base)
    for name in ("coef1", "coef0", "offset", "centre", "mix"):
        if name in forged.arrays and chance.random() < 0.5:
            forged.arrays[name] *= chance.choice([0.5, -1.0, 1e-9, 1e6 if name != "mix" else 1.0])
    if "forest_nodes" in forged.arrays:
        nodes = forged.arrays["forest_nodes"]
        leaves, asks = nodes[:, 0] < 0, (nodes[:, 0] >= 0) & (nodes[:, 5] < 0)
        nodes[leaves, 6] += chance.normal(0.0, 1.0, int(leaves.sum()))
        nodes[asks, 1] = chance.choice([0.0, np.inf, -np.inf, 3.5, 1e300], int(asks.sum()))
        nodes[~leaves, 4] = chance.integers(0, 2, int((~leaves).sum()))
    for feature in forged.manifest["scorer"]["features"]:
        if chance.random() < 0.3:
            feature["scale"], feature["fill"] = _pick(chance, (1, 5e-324, 1e300, 2.5)), _pick(chance, (0, -1e308, 3))
    return forged.rescored().files()


def _shapes(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """State another shape, or bring an array of another one; rows or columns more or fewer, one side empty."""
    forged = Forgery.of(base)
    name = _pick(chance, sorted(forged.arrays))
    array = forged.arrays[name]
    grown = np.concatenate([array, array])
    ways = (array[:-1], array[:0], grown, array.reshape(-1), array.reshape(1, -1), array[..., :-1], array[None][0].T)
    forged.arrays[name] = np.ascontiguousarray(_pick(chance, ways))
    return forged.rescored().files()


def _headers(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """Lie in a header of numpy's: type, order, shape, version, length, objects; the file's hash is restated."""
    name = _pick(chance, sorted(name for name in base if name.endswith(".npy")))
    forged = Forgery.of(base)
    array = forged.arrays[name.removesuffix(".npy")]
    words = header_of(array.shape)[10:].decode()
    lies = (
        words.replace("<f8", _pick(chance, HEADERS)),
        words.replace("False", "True"),
        words.replace(str(array.shape), _pick(chance, ("()", "(-1,)", "(10**12,)", "(9" + "0" * 18 + ",)", "(1e3,)"))),
        words.replace("'shape'", "'fortran_order': True, 'shape'"),
        words + " " * 64,
        "(" * 20_000,
    )
    said = _pick(chance, lies).encode()
    version = _pick(chance, (b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\xff\xff"))
    length = struct.pack("<H", _pick(chance, (len(said) % 65536, 0, 65535)))
    data = b"\x93NUMPY" + version + length + said + array.tobytes()
    forged.manifest["arrays"][name.removesuffix(".npy")] = {"shape": list(array.shape), "sha256": sha256(data)}
    stated = forged.files()
    manifest = copy.deepcopy(forged.manifest)
    manifest["arrays"][name.removesuffix(".npy")]["sha256"] = sha256(data)
    return bound(manifest, forged.issued, {**_arrays(stated), name: data})


def _arrays(files: Files) -> Files:
    return {name: data for name, data in files.items() if name.endswith(".npy")}


def _trees(base: Files, chance: Chance, bases: Bases, _turn: int) -> Files:
    """Forge the shape of a tree: cycles, shared children, orphans, children outside, roots and heads out of order."""
    forged = Forgery.of(base if "forest_nodes.npy" in base else bases["trees"])
    nodes, roots = forged.arrays["forest_nodes"], forged.arrays["forest_roots"]
    splits = np.flatnonzero(nodes[:, 0] >= 0)
    node, other = int(_pick(chance, splits)), int(_pick(chance, splits))
    side, rows = int(chance.integers(2, 4)), len(nodes)
    target = _pick(chance, (node, 0, other, rows - 1, rows, -1, 2**20, 0.5, np.nan, node + 1))
    for _ in range(int(chance.integers(1, 3))):
        match int(chance.integers(0, 9)):
            case 0 | 1:
                nodes[node, side] = target
            case 2:
                nodes[node, 3] = nodes[node, 2]
            case 3:
                nodes[node, 2:4] = nodes[other, 2:4]
            case 4:
                nodes[node, 0] = _pick(chance, (-1, -2, 5, 4, 3, 2**20, 1e300, 0.5))
            case 5:
                nodes[node, 5] = _pick(chance, (0, -1, -2, len(forged.arrays.get("forest_sets", ())), 1e9, 0.5))
            case 6:
                roots[int(chance.integers(0, len(roots))), int(chance.integers(0, 2))] = _pick(chance, NUMBERS)
            case 7:
                roots[:] = roots[::-1].copy()
            case _:
                nodes[:, 2:4] = nodes[:, 3:1:-1].copy()  # left and right exchanged: a forest that may well be
    return forged.rescored().files()


def _certificate(base: Files, chance: Chance, _bases: Bases, turn: int) -> Files:
    """Forge what the certificate or the dates say, bound to this very scorer."""
    forged = Forgery.of(base)
    certificate = forged.manifest["report"]["certificate"]
    key = sorted(certificate)[turn % len(certificate)]
    values = (*ODD, [["delivery_update", "chat"]] * 3, [["upsell", "chat"]], {"complaint": 0.5}, 1e-320, "0" * 5000)
    if chance.random() < 0.2:
        stamps = (
            "2026-11-20T18:00:00Z",
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "２０２６-11-20T18:00:00Z",
            None,
        )
        forged.issued[_pick(chance, ("issued_at", "expires_at", "manifest_sha256", "more"))] = _pick(
            chance, (*stamps, *ODD)
        )
        dates = forged.issued
        files = forged.files()
        return bound(forged.manifest, dates, _arrays(files))
    certificate[key] = _pick(chance, values)
    if isinstance(certificate.get("bounds"), list) and certificate["bounds"] and chance.random() < 0.3:
        one = certificate["bounds"][0]
        if isinstance(one, dict):
            one[_pick(chance, ("harm", "estimate", "bound", "alpha", "control_rate"))] = _pick(chance, ODD)
    return forged.files(certificate=key != "scorer_sha256")


def _folder(base: Files, chance: Chance, _bases: Bases, _turn: int) -> tuple[Files, Callable[[Path], object]]:
    """Put what is no plain file of an artefact into the folder."""
    name = _pick(chance, sorted(base))
    return base, lambda folder: _pick(chance, PRANKS)(folder, name)


def _replace(folder: Path, name: str, make: Callable[[Path], object]) -> None:
    (folder / name).unlink()
    make(folder / name)


def _linked(folder: Path, name: str) -> None:
    held = folder.with_name("held")
    held.write_bytes((folder / name).read_bytes())
    _replace(folder, name, lambda path: path.symlink_to(held))


def _socket(folder: Path, name: str) -> None:
    here = Path.cwd()
    (folder / name).unlink()
    os.chdir(folder)  # its address may be long
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(name)
    finally:
        os.chdir(here)


def _device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero
    except OSError:
        path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _more(extra: str) -> Callable[[Path, str], object]:
    return lambda folder, _name: (Path(os.fsdecode(bytes(folder) + b"/" + os.fsencode(extra)))).write_bytes(b"1")


PRANKS: tuple[Callable[[Path, str], object], ...] = (
    _linked,
    _socket,
    lambda folder, name: _replace(folder, name, lambda path: path.symlink_to("/dev/zero")),
    lambda folder, name: _replace(folder, name, lambda path: path.symlink_to(path)),
    lambda folder, name: _replace(folder, name, lambda path: path.symlink_to("../../../../etc/passwd")),
    lambda folder, name: _replace(folder, name, os.mkfifo),
    lambda folder, name: _replace(folder, name, Path.mkdir),
    lambda folder, name: _replace(folder, name, _device),
    lambda folder, name: _replace(folder, name, _sparse),
    lambda folder, name: os.link(folder / name, folder / "other.npy"),
    lambda folder, name: (folder / name).rename(folder / name.upper()),
    lambda folder, name: (folder / name).rename(folder / f"{name}\n"),
    lambda folder, _: [(folder / f"{k}.npy").write_bytes(b"") for k in range(2000)],
    _more("Manifest.json"),
    _more("..."),
    _more("x" * 250),
    _more("\udcff\udcfe.npy"),
    _more("model.pkl"),
    _more("\x1b[31m"),
)


def _bomb(base: Files, chance: Chance, _bases: Bases, _turn: int) -> Files:
    """Ask for as much memory or time as a folder within its caps can."""
    return _pick(chance, BOMBS)(base, chance)


KINDS: Mapping[str, Callable[[Files, Chance, Bases, int], Files | tuple[Files, Callable[[Path], object]]]] = {
    "bytes": _damaged,
    "files of another": _of_another,
    "JSON": _json,
    "JSON again": _json,
    "numbers": _numbers,
    "figures that may be": _plausible,
    "shapes": _shapes,
    "headers": _headers,
    "trees": _trees,
    "trees again": _trees,
    "certificate": _certificate,
    "folder": _folder,
    "bombs": _bomb,
}
__all__ = ["KINDS", "Mutant", "mutant", "npy"]
