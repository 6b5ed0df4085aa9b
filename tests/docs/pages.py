"""The pages as data: their fenced blocks, their indented command lines, and the reasons for what is not run."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
FIXED: Final = ("docs/CONTRACT.md", "docs/METHOD.md", "docs/HOUSE.md")
FENCE: Final = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
INDENTED: Final = re.compile(r"(?:(?<=\n\n)|\A)(?: {4,}\S.*\n(?:\n(?= {4}))?)+", re.MULTILINE)
WHY_NOT: Final = re.compile(r"\*Not run by the tests: (.+?)\*", re.DOTALL)
WHY_INSIDE: Final = re.compile(r"(?:#|//|--|<!--) not run by the tests: (\S.*)$", re.MULTILINE)
NAMES: Final = """
    airflow bash cat cd chmod chown cp createdb createuser curl dagster docker dropdb echo export for git grep head
    helm if install java journalctl jq kill kubectl ln ls mkdir mlflow mv node npm npx openssl outreach pg_dump
    pg_restore pip pipx podman printf psql python python3 rm rsync scp sed sh sha256sum source spark-submit ssh sudo
    systemctl systemd-analyze tail tar test touch useradd uv wget while
"""
PROGRAMS: Final = frozenset(NAMES.split())
VARIABLE: Final = re.compile(r"(?:\$ )?[A-Za-z_]+=\S")
COMMAND: Final = "command"  # the language of indented command lines


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page: its number counts the blocks of its language there."""

    page: str
    line: int
    language: str
    number: int
    text: str
    reason: str | None

    @property
    def name(self) -> str:
        """Return where it stands."""
        return f"{self.page}:{self.line} {self.language}"


def pages() -> list[str]:
    """Return every page whose blocks run: all but the decisions, which record, and the fixed documents."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *(ROOT / "docs").rglob("*.md")]
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return sorted(name for name in names if name not in FIXED and not name.startswith("docs/decisions/"))


@cache
def page(name: str) -> str:
    """Return the text of a page, by its path from the root: `docs/keys.md`."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the text of a page's blocks in one language, in order."""
    return [each.text for each in all_blocks(name) if each.language == language]


def block(name: str, language: str, number: int = 0) -> str:
    """Return the text of one of a page's blocks."""
    return blocks(name, language)[number]


def lines(name: str, start: str) -> list[str]:
    """Return a page's indented command lines that start so, a continued one as one line."""
    return [line for each in all_blocks(name) if each.language == COMMAND for line in joined(each.text, start)]


def joined(text: str, start: str = "") -> list[str]:
    """Return the command lines of a text that start so, a continued one as one line."""
    return [line for line in text.replace("\\\n", "").splitlines() if line.startswith(start)]


@cache
def all_blocks(name: str) -> tuple[Block, ...]:
    """Return every fenced block of a page and every indented paragraph of commands, in the order of the page."""
    return blocks_of(name, page(name))


def blocks_of(name: str, text: str) -> tuple[Block, ...]:
    """Return the blocks of a text that is called so."""
    found = [(match.start(), match[1], match[2], match.end()) for match in FENCE.finditer(text)]
    for start, inside in indented(text):
        if is_command(inside):
            bare = re.sub(r"^ {4}", "", inside, flags=re.MULTILINE)
            found.append((start, COMMAND, bare, start + len(inside)))
    counted: dict[str, int] = {}
    made = []
    for start, language, inside, end in sorted(found):
        number = counted.get(language, 0)
        counted[language] = number + 1
        line = text.count("\n", 0, start) + 1
        made.append(Block(name, line, language, number, inside, why_not(inside, text[end:])))
    return tuple(made)


def indented(text: str) -> list[tuple[int, str]]:
    """Return the indented paragraphs of a page, and where each begins."""
    prose = FENCE.sub(lambda match: re.sub(r"[^\n]", "·", match[0]), text)
    return [(match.start(), match[0]) for match in INDENTED.finditer(prose)]


def why_not(inside: str, after: str) -> str | None:
    """Return the reason that stands in a block, or as the next paragraph."""
    said = WHY_NOT.match(after.lstrip()) or WHY_INSIDE.search(inside)
    return said[1] if said else None


def is_command(text: str) -> bool:
    """Say whether an indented paragraph starts with a program, or with a variable for one."""
    words = text.split()
    return bool(VARIABLE.match(text.strip())) or words[0] in PROGRAMS or words[0].startswith(("./", ".venv/"))
