"""YAML as policy files have it: no objects, no duplicate keys, bounded, and every value with its place.

`serving.policy_files` reads templates of it and `serving.trigger_files` triggers.
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
from serving.policy_places import Flaw, Spot, spot_of

TOP = frozenset({"templates", "triggers"})
LARGEST = 1 << 20  # bytes of one file
_QUOTES = re.compile(r"constructor for the tag '![a-z(]|mapping values are not allowed")


class _StrictLoader(yaml.SafeLoader):
    """YAML without objects and without duplicate keys (the second would silently win)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  (PyYAML's signature)
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(repr, names))) != len(names):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice in one mapping", node.start_mark)
        return super().construct_mapping(node, deep=deep)


_StrictLoader.yaml_implicit_resolvers = {  # `on:` is a key of triggers: only true and false are truths, as in YAML 1.2
    first: [(tag, pattern) for tag, pattern in found if not (tag.endswith(":bool") and first in "yYnNoO")]
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
    problem = " ".join(str(error).split())
    advice = (
        "put expressions that begin with `!` or hold `: ` between quotes"
        if _QUOTES.search(problem)
        else "mend the file"
    )
    spot = Spot(place, 1)
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        spot = Spot(place, error.problem_mark.line + 1, error.problem_mark.column + 1)
    elif isinstance(error, yaml.reader.ReaderError):
        spot = Spot(place, text.count("\n", 0, error.position) + 1)
    return Flaw(spot, f"not valid YAML ({problem}); {advice}", shown=place)


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


def documents(folder: Path | None) -> Iterator[Document]:
    """Read all files of a policy folder by name (None: the shipped one). Raises InvalidInput."""
    if folder is None:
        yield from _shipped()
        return
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise InvalidInput(f"`policy`: `{folder}` is not a folder with `*.yaml` files; name one, or leave it out")
    for path in paths:
        try:
            raw = path.read_bytes()
            text = raw.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path.name}: cannot be read ({type(error).__name__}); save it as UTF-8 text") from None
        if len(raw) > LARGEST:
            raise InvalidInput(f"{path.name}: {len(raw)} bytes is more than {LARGEST}; split the file")
        yield document(text, path.name)
