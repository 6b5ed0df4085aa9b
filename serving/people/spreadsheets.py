"""Figures and texts for a spreadsheet: CSV as RFC 4180 has it, and no cell that it would take for a formula.

The words are those of senders and of customers. What begins like a formula, also in look-alikes, begins with an
apostrophe instead (OWASP, CSV injection); so does what stands behind a `;`, where a spreadsheet whose decimal point is
a comma begins the next cell. A sign that cannot be printed is `?`, and a cell is one line.

Example:
    >>> print(table_line(["=1+1", 12, None, "no, thanks"]).strip())
    '=1+1,12,,"no, thanks"
"""

import csv
import io
from collections.abc import Iterable
from unicodedata import normalize

from model.contracts import JSON

FORMULA = ("=", "+", "-", "@")  # or what looks like one of them: a fullwidth sign, say
NEXT_CELL = ";"


def table_line(values: Iterable[JSON]) -> str:
    """Write one line of CSV with its line end; a number stands as it is, null is empty."""
    text = io.StringIO()
    csv.writer(text).writerow(cell(value) for value in values)
    return text.getvalue()


def cell(value: JSON) -> str:
    """Return a cell that no spreadsheet takes for a formula, or for two cells with one; null is empty.

    Example:
        >>> cell("=1+1"), cell("Hi;=1+1"), cell(12), cell(-0.5), cell(None)
        ("'=1+1", "Hi;'=1+1", '12', '-0.5', '')
    """
    text = "" if value is None else plain(str(value))
    if isinstance(value, int | float):
        return text
    return NEXT_CELL.join("'" + part if _is_formula(part) else part for part in text.split(NEXT_CELL))


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet might work this out, the quotes and blanks before it dropped."""
    return normalize("NFKC", text.lstrip(' "')[:1]).startswith(FORMULA)


def plain(text: str) -> str:
    r"""Put a text on one line, without anything that steers a terminal or a page.

    Example:
        >>> plain("Come\n back\x1b[2J")
        'Come back?[2J'
    """
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))
