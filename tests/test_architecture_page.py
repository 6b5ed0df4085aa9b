"""`docs/architecture.md` against the code: the picture both ways, and every function that a walk names."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import block, page

ROOT = Path(__file__).resolve().parent.parent
PAGE = page("docs/architecture.md")
PACKAGES = ("serving", "model")
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in ROOT.glob(f"{package}/**/*.py")
}
NAMED = re.compile(r"`((?:serving|model)/[\w/]+\.py):([\w.]+)`")
Arrows = frozenset[tuple[str, str]]


def pictured() -> tuple[dict[str, str], Arrows]:
    """Return which box of the picture a package or module is in, and its arrows."""
    picture = block("docs/architecture.md", "mermaid")
    boxes: dict[str, str] = {}
    arrows: set[tuple[str, str]] = set()
    package = ""
    for line in map(str.strip, picture.splitlines()):
        if line.startswith("subgraph "):
            package = line.removeprefix("subgraph ")
        elif found := re.fullmatch(r'(\w+)\["[^"]+<br/>([^"]+)"\]', line):
            for name in found[2].split(" · "):
                assert f"{package}.{name}" not in boxes, f"`{name}` is in two boxes"
                boxes[f"{package}.{name}"] = found[1]
        elif " --> " in line or " ==> " in line:
            chain = [part.split(" & ") for part in re.split(" --> | ==> ", line)]
            arrows |= {(a, b) for left, right in pairwise(chain) for a in left for b in right}
        else:
            assert line in ("", "end", "flowchart TB"), f"`{line}` is no part of a picture that is compared"
    return boxes, frozenset(arrows)


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a file imports, also later, and for types alone."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            whole = node.module in PACKAGES
            yield from (f"{node.module}.{alias.name}" for alias in node.names) if whole else (node.module,)


@cache
def imported() -> Mapping[tuple[str, str], str]:
    """Return which box imports which, each with an example."""
    boxes, _ = pictured()
    found = {}
    for module, path in SOURCES.items():
        for target in imports(path):
            pair = tuple(boxes.get(".".join(name.split(".")[:2]), "no box") for name in (module, target))
            if pair[0] != pair[1]:
                found[pair] = f"{module} -> {target}"
    return found


def below(box: str, arrows: Arrows) -> set[str]:
    """Return every box that is reached along arrows."""
    reached: set[str] = set()
    ahead = [box]
    while ahead:
        following = {b for a, b in arrows if a == ahead[-1]} - reached
        ahead.pop()
        reached |= following
        ahead += following
    return reached


def test_every_package_and_module_is_in_one_box() -> None:
    """And no box has what is not there."""
    boxes, _ = pictured()
    there = {".".join(name.split(".")[:2]) for name in SOURCES if name not in PACKAGES}
    assert set(boxes) == there


def test_every_arrow_is_an_import() -> None:
    """Nothing is drawn that the code does not do."""
    _, arrows = pictured()
    assert arrows - set(imported()) == set()


def test_every_import_goes_along_arrows() -> None:
    """Directly, or by boxes in between: nothing is imported that the picture would not show."""
    _, arrows = pictured()
    actual = {example for (a, b), example in imported().items() if b not in below(a, arrows)}
    assert actual == set()


def test_no_box_is_below_itself() -> None:
    """What is below never reaches up."""
    boxes, arrows = pictured()
    actual = {box for box in boxes.values() if box in below(box, arrows)}
    assert actual == set()


def test_the_picture_is_no_larger_than_can_be_read() -> None:
    """At most thirty boxes, and a page of at most 140 lines."""
    boxes, _ = pictured()
    assert (len(set(boxes.values())) <= 30, len(PAGE.splitlines()) <= 140) == (True, True)


@pytest.mark.parametrize("named", sorted({":".join(pair) for pair in NAMED.findall(PAGE)}))
def test_what_a_walk_names_is_there(named: str) -> None:
    """A function, a class or a method, in that file."""
    file, name = named.split(":")
    inner: list[ast.stmt] = ast.parse((ROOT / file).read_text()).body
    for part in name.split("."):
        found = [
            node
            for node in inner
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name == part
        ]
        assert found, f"`{part}` is not in `{file}`"
        inner = found[0].body


def test_a_walk_names_what_it_means_in_full() -> None:
    """Each of the three walks names functions that are resolved; a shorter name was named in full before."""
    walks = re.findall(r"## The walk of .*?(?=\n## )", PAGE, re.DOTALL)
    assert [len(NAMED.findall(walk)) >= least for walk, least in zip(walks, (20, 4, 12), strict=True)] == [True] * 3
