"""Raw logs with everything at once: several files a log, complaints that name what others were sent, odd cells."""

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from model.history_table.description import History
from tests.model.history_table.logs import AS_OF, after, write

PURPOSES = ("onboarding", "delivery_update", "remediation", "upsell")
TEXT = """
as_of = {as_of}
benefit = "{benefit}"
[contacts]
file = "contacts*.{kind}"
id = "id"
customer = "who"
time = "at"
contacted = "contacted"
propensity = "p"
purpose = "purpose"
channel = "channel"
fact = "fact"
cluster = "shop"
version = "version"
[[engagements]]
file = "visits*.{kind}"
customer = "who"
time = "at"
kind = {{ column = "kind", engaged = ["login", "track"] }}
[[engagements]]
file = "writes.{kind}"
customer = "who"
contact = "about"
time = "at"
kind = {{ column = "kind", contacted_us = "wrote", engaged = "answered" }}
[complaints]
file = "complaints*.{kind}"
customer = "who"
contact = "about"
time = "at"
kind = "kind"
[customers]
file = "customers*.{kind}"
id = "id"
valid_from = "since"
"""


def wild(folder: Path, *, kind: str = "parquet", benefit: str = "engaged", seed: int = 5, people: int = 60) -> History:
    """Write the logs and describe them; `kind` is `parquet` or `csv`."""
    rng = np.random.default_rng(seed)
    contacts = _contacts(rng, people)
    logs = {
        "contacts": (contacts, 3),
        "visits": (_visits(rng, people), 2),
        "writes": (_writes(rng, people, contacts), 1),
        "complaints": (_complaints(rng, people, contacts), 2),
        "customers": (_customers(rng, people), 3),
    }
    for name, (lines, files) in logs.items():
        for number in range(files):
            place = folder / f"{name}{number if files > 1 else ''}.{kind}"
            (write if kind == "parquet" else _csv)(place, lines[number::files])
    (folder / "history.toml").write_text(TEXT.format(as_of=AS_OF.isoformat(), kind=kind, benefit=benefit))
    return History.read(folder / "history.toml")


def _at(rng: np.random.Generator, least: int = 0) -> datetime:
    """An instant of few, so that some are the same."""
    return after(hours=int(rng.integers(least, 50 * 24)), microseconds=int(rng.integers(2)))


def _who(rng: np.random.Generator, people: int) -> str:
    return f"c{rng.integers(people)}"


def _some(rng: np.random.Generator, values: list[Any]) -> Any:
    return values[int(rng.integers(len(values)))]


def _contacts(rng: np.random.Generator, people: int) -> list[dict[str, Any]]:
    lines = []
    for number in range(people * 12):
        contacted = bool(rng.integers(2))
        lines.append(
            {
                "id": f"o{number:05}",
                "who": _who(rng, people),
                "at": _at(rng),
                "contacted": contacted,
                "p": _some(rng, [0.5, 0.25, 1.0 if contacted else 0.0]),
                "purpose": _some(rng, list(PURPOSES)),
                "channel": _some(rng, ["chat", "email"]),
                "fact": _some(rng, [None, "parcel", "order"]),
                "shop": _some(rng, [None, "north"]),
                "version": _some(rng, ["1", "2"]),
            }
        )
    return lines


def _visits(rng: np.random.Generator, people: int) -> list[dict[str, Any]]:
    kinds = ["login", "track", "opened"]
    return [{"who": _who(rng, people + 9), "at": _at(rng), "kind": _some(rng, kinds)} for _ in range(people * 15)]


def _writes(rng: np.random.Generator, people: int, contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines = []
    for _ in range(people * 4):
        about = _some(rng, contacts)["id"] if rng.random() < 0.4 else None
        lines.append(
            {"who": _who(rng, people), "about": about, "at": _at(rng), "kind": _some(rng, ["wrote", "answered"])}
        )
    return lines


def _complaints(rng: np.random.Generator, people: int, contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some name a contact, of their own or of another customer, some one that is in no log, some nobody but it."""
    lines = []
    for _ in range(people * 5):
        named = _some(rng, contacts)
        about = _some(rng, [None, named["id"], "elsewhere"])
        who = _some(rng, [_who(rng, people + 9), named["who"], None if about == named["id"] else "c1"])
        at = max(_at(rng), named["at"])
        lines.append({"who": who, "about": about, "at": at, "kind": _some(rng, ["complaint", "opt_out"])})
    return lines


def _customers(rng: np.random.Generator, people: int) -> list[dict[str, Any]]:
    """Records, several of some; a column of each kind that a model can read, and of some that it cannot."""
    since = {(_who(rng, people + 9), _at(rng)) for _ in range(people * 2)}
    return [
        {
            "id": who,
            "since": at,
            "age": _some(rng, [None, 30, 41]),
            "spent": _some(rng, [None, 1.5, 1e-9]),
            "plan": _some(rng, [None, "basic", "plus"]),
            "member": _some(rng, [None, True, False]),
            "born": _some(rng, ["1990-01-01", "1971-12-31"]),
            "odd": _some(rng, [1.0, float("inf")]),
            "code": _some(rng, ["7", "08", "n/a"]),
        }
        for who, at in sorted(since)
    ]


def _csv(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write lines as CSV, an absent cell as an empty one."""
    cells = [[_cell(value) for value in line.values()] for line in lines]
    path.write_text("\n".join(",".join(row) for row in [list(lines[0]), *cells]) + "\n")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
