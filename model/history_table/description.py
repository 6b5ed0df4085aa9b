"""What each file and column of raw logs means, said once: `history.toml`, strictly read (CONTRACT section 10).

    as_of   = 2026-09-29T00:00:00Z   # when the logs were exported
    benefit = "engaged"              # or "no_contact": they did not have to write to us
    [contacts]
    file       = "contacts.parquet"  # beside history.toml; CSV, CSV.GZ, Parquet, a folder or a glob of Parquet
    id         = "id"
    …
    [engagements]                    # also as [[engagements]], several times: each is a log of its own
    [complaints]
    [customers]
    [windows]
    benefit = 3                      # days

Where one of our words is meant, a text is a column of the file, or else the word itself; a table says which values of a
column mean which word: `kind = { column = "event", engaged = ["login", "track"] }`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from model.contracts import Channel, MarketingPurpose, Purpose
from model.errors import InvalidInput, InvalidTable
from model.reading.sceptic_roles import MOST_DAYS
from model.reading.strict import Scalar, as_text, name, names, refuse_unknown, scalars

LOGS = ("contacts", "engagements", "complaints", "customers")
TOP = ("as_of", "benefit", *LOGS, "windows")
BENEFITS = ("engaged", "no_contact")
TRUTH = ("yes", "no")
WORDS: Mapping[str, tuple[str, ...]] = {
    "contacts.contacted": TRUTH,
    "contacts.essential": TRUTH,
    "contacts.purpose": (*Purpose, *MarketingPurpose),
    "contacts.channel": tuple(Channel),
    "engagements.kind": ("engaged", "contacted_us"),
    "complaints.kind": ("complaint", "opt_out"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "contacts": ("id", "customer", "time", "contacted", "purpose", "channel"),
    "engagements": ("time", "kind"),
    "complaints": ("time", "kind"),
    "customers": ("id",),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "contacts": ("propensity", "cluster", "fact", "version", "essential"),
    "engagements": ("customer", "contact"),
    "complaints": ("customer", "contact"),
    "customers": ("valid_from", "attributes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A column that says one of our words; `words` maps its values (as text) to them, empty: it says them itself."""

    column: str
    words: Mapping[str, str] = field(default_factory=dict)


Column = str | float | Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log: its name in `history.toml`, the path or pattern as given, and the columns by what they are."""

    table: str
    file: str
    columns: Mapping[str, Column]
    attributes: tuple[str, ...] | None = None  # of customers: None means every column without another part


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How many days after an occasion each outcome counts."""

    benefit: int = 3
    complaint: int = 14
    opt_out: int = 14

    @property
    def longest(self) -> int:
        """What has to have closed before an occasion is a row."""
        return max(self.benefit, self.complaint, self.opt_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All logs with their meaning; files stand relative to `folder`."""

    folder: Path
    contacts: Log
    engagements: tuple[Log, ...]
    complaints: tuple[Log, ...] = ()
    customers: Log | None = None
    windows: Windows = field(default_factory=Windows)
    benefit: str = "engaged"
    as_of: datetime | None = None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read `history.toml`; raises `InvalidInput` with the file, the key and what to write instead."""
        try:
            decoded = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
            return cls.from_mapping(decoded, folder=Path(path).parent)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InvalidInput(f"`{path}` cannot be read: {reason}; give the path of a history.toml") from error
        except UnicodeDecodeError as error:
            raise InvalidInput(f"`{path}` is not UTF-8 (byte {error.start}); save it as UTF-8") from error
        except RecursionError as error:
            raise InvalidInput(f"`{path}` is nested too deeply; see the example in docs/history.md") from error
        except ValueError as error:  # `TOMLDecodeError`, or a number of thousands of digits
            raise InvalidInput(f"`{path}` is not TOML: {error}; see the example in docs/history.md") from error
        except InvalidTable as error:
            raise InvalidInput(f"`{path}`: {error}") from error

    @classmethod
    def from_mapping(cls, decoded: Mapping[str, Any], *, folder: Path) -> Self:
        """Check decoded TOML; raises `InvalidTable` naming the key and the closest valid one."""
        for key in decoded:
            refuse_unknown(key, TOP)
        if "contacts" not in decoded:
            raise InvalidTable("`[contacts]` is missing; name the log of every occasion, contacted or held out")
        if "engagements" not in decoded:
            raise InvalidTable("`[engagements]` is missing; name the log of what customers did by themselves")
        logs = {name: _logs(name, decoded[name]) for name in LOGS if name in decoded}
        for single in ("contacts", "customers"):
            if len(logs.get(single, ())) > 1:
                raise InvalidTable(
                    f"`[[{single}]]` stands more than once; give one `[{single}]` (a folder may hold many)"
                )
        return cls(
            folder=folder,
            contacts=logs["contacts"][0],
            engagements=logs["engagements"],
            complaints=logs.get("complaints", ()),
            customers=logs["customers"][0] if "customers" in logs else None,
            windows=_windows(decoded.get("windows", {})),
            benefit=_benefit(decoded.get("benefit", "engaged")),
            as_of=_instant(decoded.get("as_of")),
        )


def _logs(table: str, value: Any) -> tuple[Log, ...]:
    """Read `[table]`, or each `[[table]]`."""
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, Mapping) for each in listed):
        raise InvalidTable(f"key `{table}` is not a table; write `[{table}]` on a line of its own")
    return tuple(_log(table, each) for each in listed)


def _log(table: str, given: Mapping[str, Any]) -> Log:
    known = ("file", *NEEDED[table], *OPTIONAL[table])
    for key in given:
        refuse_unknown(key, known, table=table, top=("as_of", "benefit"))
    for key in ("file", *NEEDED[table]):
        if key not in given:
            what = "its path" if key == "file" else "the name of its column"
            raise InvalidTable(f'key `{table}.{key}` is missing; write `{key} = "…"` with {what}')
    if "customer" in known and not {"customer", "contact"} & set(given) and table != "contacts":
        raise InvalidTable(f'`[{table}]` names neither `customer` nor `contact`; write `customer = "…"`: who did it')
    columns = {key: _column(table, key, value) for key, value in given.items() if key not in ("file", "attributes")}
    attributes = names(f"{table}.attributes", given["attributes"]) if "attributes" in given else None
    return Log(table=table, file=name(f"{table}.file", given["file"]), columns=columns, attributes=attributes)


def _column(table: str, key: str, value: Any) -> Column:
    """Return a column's name, a number (a propensity), or the meaning of a column's values."""
    place = f"{table}.{key}"
    if place in WORDS and isinstance(value, Mapping):
        return _meaning(place, value, WORDS[place])
    if key == "propensity" and isinstance(value, int | float) and not isinstance(value, bool):
        if not 0 < value < 1:
            raise InvalidTable(f"key `{place}`: `{value}` is not between 0 and 1; write such as 0.5, or a column")
        return float(value)
    column = name(place, value)
    return Meaning(column=column) if place in WORDS else column


def _meaning(place: str, given: Mapping[str, Any], words: Sequence[str]) -> Meaning:
    for key in given:
        refuse_unknown(key, ("column", *words), table=place)
    if "column" not in given:
        raise InvalidTable(f'key `{place}` lacks `column`; write `{place} = {{ column = "…", {words[0]} = [ … ] }}`')
    values: dict[str, str] = {}
    for word in (key for key in given if key != "column"):
        for value in map(as_text, _scalars(f"{place}.{word}", given[word])):
            if values.setdefault(value, word) != word:
                raise InvalidTable(f"key `{place}`: `{value}` stands under `{values[value]}` and `{word}`; leave one")
    return Meaning(column=name(f"{place}.column", given["column"]), words=values)


def _scalars(place: str, value: Any) -> tuple[Scalar, ...]:
    return scalars(place, value if isinstance(value, list) else [value])


def _windows(given: Any) -> Windows:
    if not isinstance(given, Mapping):
        raise InvalidTable("key `windows` is not a table; write `[windows]` on a line of its own")
    for key, days in given.items():
        refuse_unknown(key, ("benefit", "complaint", "opt_out"), table="windows", top=("as_of", "benefit"))
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise InvalidTable(f"key `windows.{key}`: `{days}` is no number of days; write 1 to {MOST_DAYS}")
    return Windows(**given)


def _benefit(value: Any) -> str:
    if value not in BENEFITS:
        raise InvalidTable(f"key `benefit`: `{value}` is not `engaged` or `no_contact`; write one of them")
    return str(value)


def _instant(value: Any) -> datetime | None:
    """Return the instant of `as_of`; TOML has times of its own, and one in quotes is read as well."""
    if value is None:
        return None
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidTable(f"key `as_of`: `{value}` is not a time; write it as 2026-11-20T09:00:00Z") from None
    if time.tzinfo is None:
        raise InvalidTable(f"key `as_of`: `{value}` has no offset; write it as {time.isoformat()}Z, or with yours")
    return time
