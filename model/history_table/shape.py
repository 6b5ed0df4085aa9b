"""Which columns a table has, in order, and what they are."""

from dataclasses import dataclass

import pyarrow as pa

from model.history import FEATURES
from model.history_table.attributes import Attribute
from model.history_table.counting import Asked, other_days
from model.history_table.description import History

SCOPE = ("purpose", "channel")
RENAMED = {"occasion_id": "id", "decided_at": "t", "policy_version": "version"}
TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The schema of a table, of each column its name within, the names of those to learn from, and what was asked."""

    asked: Asked
    schema: pa.Schema
    sources: tuple[tuple[str, pa.DataType], ...]
    features: tuple[str, ...]


def shape_of(history: History, asked: Asked, attributes: tuple[Attribute, ...]) -> Shape:
    """Return the shape of the table of such logs, with these attributes."""
    types = {each.name: each.type for each in attributes}
    kinds = own(history, asked) | types | {name: _kind(name) for name in FEATURES}
    within = RENAMED | {each.name: each.key for each in attributes}
    return Shape(
        asked=asked,
        schema=pa.schema(list(kinds.items())),
        sources=tuple((within.get(name, name), kind) for name, kind in kinds.items()),
        features=(*types, *SCOPE, *FEATURES),
    )


def taken(history: History, asked: Asked) -> tuple[str, ...]:
    """Return the names that no attribute may have."""
    return (*own(history, asked), *FEATURES)


def own(history: History, asked: Asked) -> dict[str, pa.DataType]:
    """Return the table's own columns with their types, in order."""
    logged = [name for name in ("cluster", "version") if name in history.contacts.columns]
    others = [f"{name}_{days}d" for name, own in asked.harms for days in other_days(own)]
    labels = (asked.benefit, "complained", "opted_out", f"{asked.benefit}_before", "opted_out_before", *others)
    return (
        {"occasion_id": pa.string(), "customer": pa.string(), "decided_at": TIME}
        | dict.fromkeys(SCOPE, pa.string())
        | {"contacted": pa.bool_()}
        | ({"propensity": pa.float64()} if "propensity" in history.contacts.columns else {})
        | dict.fromkeys(labels, pa.bool_())
        | {"policy_version" if name == "version" else name: pa.string() for name in logged}
    )


def _kind(name: str) -> pa.DataType:
    """Return the type of a feature: counts and the hour are whole, days are not."""
    return pa.float64() if name.startswith("days_") else pa.int32()
