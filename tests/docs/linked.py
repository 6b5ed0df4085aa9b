"""Where the pages lead: every link of Markdown, the anchors that its headings make, and what is reached from a page."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from urllib.parse import unquote

from tests.docs.pages import FENCE

CODE = re.compile(r"`+[^`\n]+`+")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
TAG = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=\"([^\"]+)\"")
KEPT = ("L", "M", "Nd", "Pc")  # what GitHub keeps of a heading, besides spaces and hyphens


@dataclass(frozen=True, slots=True)
class Link:
    """One relative link: the page that has it, the file it names, and the heading in that file."""

    page: Path
    target: Path
    anchor: str


def links(page: Path) -> Iterator[Link]:
    """Give the relative links of a page; addresses of elsewhere and what stands in code are none."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for found in [*LINK.findall(CODE.sub("", text)), *TAG.findall(text)]:
        if re.match(r"[a-z]+:", found):
            continue
        path, _, anchor = found.partition("#")
        yield Link(page, (page.parent / unquote(path)).resolve() if path else page.resolve(), unquote(anchor))


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading.

    >>> slug("What 10⁹ `decisions` cost, plainly")
    'what-10-decisions-cost-plainly'
    """
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    kept = (sign for sign in shown if sign in " -" or unicodedata.category(sign).startswith(KEPT))
    return "".join(kept).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Return what can be linked to in a page; a heading that stands twice gets a number the second time."""
    text = page.read_text(encoding="utf-8")
    seen: Counter[str] = Counter()
    found = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), flags=re.MULTILINE):
        name = slug(heading)
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def broken(pages: list[Path], root: Path) -> list[str]:
    """Say which links lead nowhere: no such file below the root, or no such heading in it."""
    said = []
    for link in (link for page in pages for link in links(page)):
        where = f"{relpath(link.page, root)}: {relpath(link.target, root)}"
        if not link.target.is_relative_to(root.resolve()) or not link.target.exists():
            said.append(where)
        elif link.anchor and link.target.suffix == ".md" and link.anchor not in anchors(link.target):
            said.append(f"{where}#{link.anchor}")
    return said


def reached(start: Path) -> set[Path]:
    """Return the pages that a reader finds from one page, link by link; a folder shows the pages in it."""
    found, waiting = set(), [start.resolve()]
    while waiting:
        page = waiting.pop()
        if page in found or not page.exists():
            continue
        found.add(page)
        for target in {link.target for link in links(page)}:
            waiting += target.glob("*.md") if target.is_dir() else [target] if target.suffix == ".md" else []
    return found
