"""YAML as policy files have it: no objects, no duplicate keys, bounded, and every value with its place.

`serving.policy_files.templates` reads templates of it and `serving.policy_files.triggers` triggers.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy_files.places import Flaw, Spot, spot_of

TOP = frozenset({"templates", "triggers"})
LARGEST = 1 << 20  # bytes of one file
LONGEST_NUMBER = 40  # characters
_QUOTES = re.compile(r"constructor for the tag '![a-z(]|mapping values are not allowed")
_TAG = re.compile(r"(?<=tag )'.*'|(?<=tag handle ).*", re.DOTALL)
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)  # what PyYAML raises for `!!int abc`


class _Anchored(yaml.composer.ComposerError):
    """An anchor or an alias: a few lines of them stand for more than anybody can read."""


class _StrictLoader(yaml.SafeLoader):
    """YAML without objects, anchors and aliases, and without duplicate keys (the second would silently win)."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML's has no types
        if getattr(event, "anchor", None) is not None:
            raise _Anchored(None, None, "anchors (`&`) and aliases (`*`) are not read", event.start_mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  (PyYAML's signature)
        try:
            if node.tag in _NUMBERS and (len(node.value) > LONGEST_NUMBER or ":" in node.value):
                raise ValueError
            return super().construct_object(node, deep=deep)
        except _UNREADABLE:
            problem = "a number that is too long, or a value that does not fit its tag"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  (PyYAML's signature)
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(repr, names))) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice in one mapping", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _plain(tag: str, first: str) -> bool:
    """Whether YAML 1.2 reads what 1.1 has a tag for as text: `on` (a key of triggers), `2024-01-31`."""
    return tag.endswith(":timestamp") or (tag.endswith(":bool") and first in "yYnNoO")


def _without_colon(tag: str, pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return the pattern of a number without its sexagesimal form, `1:30`: that is text, as in YAML 1.2."""
    return re.compile(rf"(?!.*:)(?:{pattern.pattern})", pattern.flags) if tag in _NUMBERS else pattern


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, _without_colon(tag, pattern)) for tag, pattern in found if not _plain(tag, first)]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """One policy file: its name in errors, its text, what it says, and the same as nodes that know their places."""

    place: str
    text: str
    content: dict[str, JSON]
    root: yaml.Node | None

    def entries(self, section: str) -> list[yaml.Node]:
        """Return the nodes of a section's list, in order; none where the section is absent or empty."""
        found = members(self.root).get(section) if self.root is not None else None
        return list(found[1].value) if found is not None and isinstance(found[1], yaml.SequenceNode) else []


def members(node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Return name to key node and value node of a mapping; empty for anything else."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def line_of(node: yaml.Node) -> int:
    """Return the line on which a node begins, the first one is 1."""
    return int(node.start_mark.line) + 1


def document(text: str, place: str) -> Document:
    """Read one file; `place` names it in errors. Raises Flaw."""
    try:
        loader = _StrictLoader(text)
    except yaml.reader.ReaderError as error:
        raise _no_yaml(text, place, error) from None
    try:
        root = loader.get_single_node()
        content = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, RecursionError) as error:
        raise _no_yaml(text, place, error) from None
    finally:
        loader.dispose()
    if content is None:
        return Document(place, text, {}, None)
    if not isinstance(content, dict) or not set(content) <= TOP:
        raise _something_else(place, root)
    return Document(place, text, content, root)


def _no_yaml(text: str, place: str, error: Exception) -> Flaw:
    """Say what is wrong and where; never what stands there: it may be no policy, but a file that a link leads to."""
    problem, spot, advice, anchored = "nested too deeply", Spot(place, 1), "mend the file", False
    if isinstance(error, yaml.MarkedYAMLError):
        problem = error.problem or error.context or "it ends too early"
        anchored = isinstance(error, _Anchored) or (error.context or "").endswith((" alias", " anchor"))
        mark = error.problem_mark or error.context_mark
        spot = spot if mark is None else Spot(place, mark.line + 1, mark.column + 1)
    elif isinstance(error, yaml.reader.ReaderError):
        problem, spot = "a character that YAML does not allow", Spot(place, text.count("\n", 0, error.position) + 1)
    if anchored:
        advice = "write it out, and put a text that begins with `&` or `*` between quotes"
    elif _QUOTES.search(problem):
        advice = "put expressions that begin with `!` or hold `: ` between quotes"
    where = f"line {spot.line}" + (f", column {spot.column}" if spot.column else "")
    said = " ".join(_TAG.sub("(not shown)", problem).split())
    return Flaw(spot, f"not valid YAML ({said}: {where}); {advice}", shown=place)


def _something_else(place: str, root: yaml.Node | None) -> Flaw:
    odd = [key for name, (key, _) in members(root).items() if name not in TOP]
    spot = spot_of(place, odd[0]) if odd else Spot(place, 1)
    return Flaw(spot, "a policy file has `templates` and `triggers`, nothing else", shown=place)


@cache
def _shipped() -> tuple[Document, ...]:
    """Return the files that come with the project; read once, and nobody changes what was read."""
    shipped = files("serving.policy").joinpath("shipped").iterdir()
    found = sorted((each for each in shipped if each.name.endswith(".yaml")), key=lambda each: each.name)
    return tuple(document(file.read_text(encoding="utf-8"), f"shipped/{file.name}") for file in found)


def read_bytes(path: Path, name: str) -> bytes:
    """Read a file, at most `LARGEST` + 1 bytes: one that is too large shows; `name` is its own in errors.

    Raises:
        OSError: it cannot be read.
        InvalidInput: it is there and no file: a pipe or a device might never end.
    """
    if path.exists() and not path.is_file():
        raise InvalidInput(f"{name}: not a regular file; remove it, or put a policy file there")
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def documents(folder: Path | None) -> Iterator[Document]:
    """Read all files of a policy folder by name (None: the shipped one). Raises InvalidInput."""
    if folder is None:
        yield from _shipped()
        return
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise InvalidInput(f"`policy`: `{folder}` is not a folder with `*.yaml` files; name one, or leave it out")
    for path in paths:
        yield document(read_policy_text(path), path.name)


def read_policy_text(path: Path) -> str:
    """Read the text of one policy file. Raises InvalidInput."""
    try:
        raw = read_bytes(path, path.name)
        text = "" if len(raw) > LARGEST else raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path.name}: cannot be read ({type(error).__name__}); save it as UTF-8 text") from None
    if len(raw) > LARGEST:
        raise InvalidInput(f"{path.name}: more than {LARGEST} bytes; split the file")
    return text
