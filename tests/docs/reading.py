"""Which blocks the tests read by themselves: found in their code, where page and language are written out."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Final

from tests.docs.pages import COMMAND, ROOT, Block, all_blocks, joined, pages

READERS: Final = frozenset({"block", "blocks", "lines"})
MODULE: Final = "tests.docs.pages"


@cache
def read_elsewhere() -> dict[Block, str]:
    """Return each block that a test reads, and the first test that does."""
    found: dict[Block, str] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for each in read_by(path.read_text(encoding="utf-8")):
            found.setdefault(each, path.relative_to(ROOT).as_posix())
    return found


def read_by(code: str) -> Iterator[Block]:
    """Yield the blocks that a module reads through `tests.docs.pages`."""
    if MODULE not in code:
        return
    tree = ast.parse(code)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == MODULE]
    readers = {each.name for node in imported for each in node.names if each.asname is None} & READERS
    parts = {id(node.value): node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in readers:
            words = [each.value if isinstance(each, ast.Constant) else None for each in node.args]
            yield from named(node.func.id, words, parts.get(id(node)))


def named(reader: str, words: list[object], part: ast.expr | None) -> list[Block]:
    """Return the blocks that one call reads; none where page or language is not written out."""
    if len(words) < 2 or words[0] not in pages() or not isinstance(words[1], str):
        return []
    there = all_blocks(str(words[0]))
    if reader == "lines":
        start = words[1]
        return [each for each in there if each.language == COMMAND and all_start(each.text, start)]
    those = [each for each in there if each.language == words[1]]
    if reader == "block":
        number = words[2] if len(words) > 2 else 0
        return [those[number]] if isinstance(number, int) else []
    return those if part is None else cut(those, part)


def all_start(text: str, start: str) -> bool:
    """Say whether each command of a paragraph starts so."""
    return all(line.startswith(start) for line in joined(text) if line and not line.startswith(("#", " ")))


def cut(those: list[Block], part: ast.expr) -> list[Block]:
    """Return the blocks that an index or a slice of literals takes; none for what is computed."""
    try:
        if isinstance(part, ast.Slice):
            return those[slice(*(each and ast.literal_eval(each) for each in (part.lower, part.upper, part.step)))]
        return [those[ast.literal_eval(part)]]
    except ValueError:
        return []
