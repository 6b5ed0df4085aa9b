"""What senders say of customers, as columns: one kind each, so that serving reads the same names as training did.

    numbers      float64          true/false   bool          text    text
    of several kinds: text, and serving will score only what is sent as text
    lists and objects, and names that a table cannot carry: left out

Every choice that changes or drops something leaves a note.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence

from model.contracts import JSON

BOOLEAN, NUMBER, TEXT, OTHER = "true/false", "numbers", "text", "lists or objects"
LONGEST_NAME = 100  # letters


def attribute_names(rows: Iterable[Iterable[str]]) -> list[str]:
    """Return every name that occurs, sorted.

    Example:
        >>> attribute_names([{"plan": "plus"}, {"age": 3, "plan": None}])
        ['age', 'plan']
    """
    return sorted({name for row in rows for name in row})


def usable_name(name: str) -> bool:
    """Whether a table and `roles.toml` can carry this name as it is."""
    return bool(name) and name.isprintable() and name == name.strip() and len(name) <= LONGEST_NAME


def one_kind(name: str, values: Sequence[JSON]) -> tuple[str, list[JSON] | None, str | None]:
    """Return the kind of a column, its values of that kind (None: no column), and a note, if any.

    Example:
        >>> one_kind("floor", [3, "ground", None])[:2]
        ('text', ['3', 'ground', None])
    """
    kinds = Counter(_kind(value) for value in values if value is not None)
    if not kinds:
        return TEXT, None, f"attribute `{name}` is empty in every row; left out"
    if OTHER in kinds:
        return TEXT, None, f"attribute `{name}` holds {OTHER} in {kinds[OTHER]:,} rows; left out: send its parts"
    if len(kinds) == 1:
        kind = next(iter(kinds))
        return kind, [_as(kind, value) for value in values], None
    found = ", ".join(f"{kind} in {kinds[kind]:,} rows" for kind in sorted(kinds))
    note = f"attribute `{name}` holds {found}; written as text: send it as text, or serving will not score it"
    return TEXT, [_as(TEXT, value) for value in values], note


def _kind(value: JSON) -> str:
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | float):
        return NUMBER if _fits(value) else OTHER
    return TEXT if isinstance(value, str) else OTHER


def _fits(number: float) -> bool:
    """Whether a number is one as a double too."""
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _as(kind: str, value: JSON) -> JSON:
    if value is None or kind == BOOLEAN:
        return value
    if kind == NUMBER:
        return float(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text
