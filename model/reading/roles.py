"""What each column of a training table means, said once: `roles.toml`, strictly read (CONTRACT section 3).

Strict because a misspelt role is silent otherwise: an `exlcude` that were ignored would leave an outcome
among the features.

Example:
    >>> roles = Roles.from_mapping({"contacted": "treatment", "benefit": "visit", "propensity": 0.5})
    >>> roles.contacted.column, roles.certificate.confidence
    ('treatment', 0.95)
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from model.canonical import canonical
from model.errors import InvalidTable
from model.reading.columns import NEAREST
from model.reading.sceptic_roles import Before, Window, before, windows
from model.reading.strict import Scalar, as_float, as_text, name, names, numbers, refuse_unknown, scalars

COLUMN_ROLES = ("benefit", "complaint", "opt_out", "cluster", "time", "id", "features_time", "version")
SCOPE_ROLES = ("purpose", "channel")
LIST_ROLES = ("features", "exclude", "segments")
WEIGHTS = (1e-9, 1e9)  # beyond, the square of a net benefit is no number any more
MAY_BE_ONE = {("complaint", "opt_out"), ("cluster", "id"), ("time", "features_time")}
TABLES = ("weights", "certificate", "before", "windows")
KNOWN = ("contacted", *COLUMN_ROLES, "propensity", *SCOPE_ROLES, *LIST_ROLES, *TABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacted:
    """The column that says who was contacted, 0/1 or true/false itself, or by its values: `yes` and `no`."""

    column: str
    yes: tuple[Scalar, ...] = ()
    no: tuple[Scalar, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.yes) != bool(self.no):
            given, absent = ("yes", "no") if self.yes else ("no", "yes")
            raise InvalidTable(
                f"`contacted` has `{given}` values but no `{absent}` values; name both, each with a value"
            )
        both = sorted({as_text(value) for value in self.yes} & {as_text(value) for value in self.no})
        if both:
            raise InvalidTable(f"`contacted`: `{both[0]}` stands under `yes` and under `no`; leave it in one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Net benefit U = benefit·τ_B − complaint·τ_C − opt_out·τ_A − contact; each finite and ≥ 0, never learned."""

    benefit: float = 1.0
    complaint: float = 1.0
    opt_out: float = 1.0
    contact: float = 0.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidTable(
                    f"`weights.{each.name}`: `{value}` is not a finite number ≥ 0; write one, such as 1.0"
                )
            if value and not WEIGHTS[0] <= value <= WEIGHTS[1]:
                raise InvalidTable(
                    f"`weights.{each.name}`: `{value}` is not 0 and not between {WEIGHTS[0]:g} and {WEIGHTS[1]:g}; "
                    "weights are compared with each other, so choose another unit for all of them"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What the certificate is to promise: caused harm per contact at most α (fractions), with this confidence."""

    complaint_at_most: float = 0.005
    opt_out_at_most: float = 0.005
    confidence: float = 0.95

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not 0 < value < 1:
                step = (
                    "write a fraction, such as 0.005 for 0.5 %" if each.name != "confidence" else "write 0.95 for 95 %"
                )
                raise InvalidTable(f"`certificate.{each.name}`: `{value}` is not between 0 and 1; {step}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The roles of a table's columns. `features` None means every column without a role except `exclude`.

    `propensity` is P(contacted | history) as one number or as a column's name; None means that it must be estimated,
    and then no certificate is issued. `purpose` and `channel` name a column where the table has it, else they are
    the constant itself. `segments` names the columns whose groups the gate compares (METHOD section 6). Only the checks
    of METHOD section 5 read `version` (which model or policy logged the row), `before` and `windows`.
    """

    contacted: Contacted
    benefit: str
    complaint: str | None = None
    opt_out: str | None = None
    propensity: float | str | None = None
    cluster: str | None = None
    time: str | None = None
    purpose: str | None = None
    channel: str | None = None
    id: str | None = None
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    features_time: str | None = None
    segments: tuple[str, ...] = ()
    weights: Weights = field(default_factory=Weights)
    certificate: Targets = field(default_factory=Targets)
    version: str | None = None
    before: Before = field(default_factory=Before)
    windows: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        if self.features == ():
            raise InvalidTable("`features` is an empty list; name at least one column, or leave it out to use all")
        if self.features is not None and self.exclude:
            raise InvalidTable(
                "`features` and `exclude` are both given; name what to use or what to leave out, not both"
            )
        if isinstance(self.propensity, float) and not 0 < self.propensity < 1:
            raise InvalidTable(
                f"`propensity`: `{self.propensity}` is not between 0 and 1; "
                "write the probability with which a row was contacted, such as 0.5"
            )
        if isinstance(self.propensity, float) and not NEAREST <= self.propensity <= 1.0 - NEAREST:
            raise InvalidTable(
                f"`propensity`: `{self.propensity}` is within {NEAREST:g} of 0 or 1, which no table can bear out; "
                "write the probability with which a row was contacted, such as 0.5"
            )
        if self.features_time and not self.time:
            raise InvalidTable("`features_time` needs `time` to compare with; name the column of the decision's time")
        self._refuse_shared_columns()

    def _refuse_shared_columns(self) -> None:
        """Refuse one column in two roles (but for the pairs that may be one), and a role's column as a feature.

        What is known of the time before may be a feature; a label may be its own outcome in one of the windows.
        """
        taken: dict[str, str] = {self.contacted.column: "contacted"}
        for role, column in self._claims():
            first = taken.setdefault(column, role)
            own = role.startswith(f"windows.{first}.")
            if first != role and not own and (first, role) not in MAY_BE_ONE:
                step = "name a column for each, or leave one role out"
                raise InvalidTable(f"column `{column}` is both `{first}` and `{role}`; {step}")
        for key, used in (("features", self.features or ()), ("segments", self.segments)):
            for column in used:
                if column in taken and not (key == "features" and taken[column].startswith("before.")):
                    step = f"take it out of `{key}`"
                    raise InvalidTable(f"column `{column}` is `{taken[column]}` and stands in `{key}`; {step}")

    def _claims(self) -> Iterator[tuple[str, str]]:
        """Yield each role with the column that it claims for itself."""
        named = ("benefit", "complaint", "opt_out", "propensity", "cluster", "id", "time", "features_time", "version")
        yield from ((role, getattr(self, role)) for role in named if isinstance(getattr(self, role), str))
        yield from self.sceptic_columns()

    def sceptic_columns(self) -> Iterator[tuple[str, str]]:
        """Yield key and column of the outcomes before and after other windows, which only checks read."""
        yield from ((f"before.{outcome}", column) for outcome, column in self.before.named())
        yield from ((window.role, window.column) for window in self.windows)

    @property
    def role_columns(self) -> tuple[str, ...]:
        """Every column that has a role, which is no feature by itself (purpose and channel may be one)."""
        named = (self.contacted.column, *(getattr(self, role) for role in COLUMN_ROLES), self.propensity)
        named += tuple(column for _, column in self.sceptic_columns())
        return tuple(dict.fromkeys(name for name in named if isinstance(name, str)))

    def canonical(self) -> bytes:
        """Return the roles as canonical JSON, the same bytes for the same meaning: part of the data's hash."""
        return canonical(asdict(self))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read `roles.toml`; raises `InvalidTable` with the file, the key and what to write instead."""
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")
            return cls.from_mapping(tomllib.loads(text))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InvalidTable(
                f"roles file `{path}` cannot be read: {reason}; give the path of a roles.toml"
            ) from error
        except UnicodeDecodeError as error:
            raise InvalidTable(f"roles file `{path}` is not UTF-8 (byte {error.start}); save it as UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise InvalidTable(f"roles file `{path}` is not TOML: {error}; see docs/for_analysts.md") from error
        except InvalidTable as error:
            raise InvalidTable(f"roles file `{path}`: {error}") from error

    @classmethod
    def from_mapping(cls, roles: Mapping[str, Any]) -> Self:
        """Check decoded TOML and return the roles; raises `InvalidTable` naming the key and the closest valid one."""
        for key in roles:
            refuse_unknown(key, KNOWN)
        for role in ("contacted", "benefit"):
            if role not in roles:
                raise InvalidTable(f'role `{role}` is missing; write `{role} = "…"` with the name of its column')
        return cls(**{key: _value(key, value) for key, value in roles.items()})


def _value(key: str, value: Any) -> Any:
    """Check the type of one top-level key and return what `Roles` holds for it."""
    if key == "contacted":
        return _contacted(value)
    if key in LIST_ROLES:
        return names(key, value)
    if key in TABLES:
        return _table(key, value)
    if key == "propensity" and isinstance(value, int | float) and not isinstance(value, bool):
        return as_float(value)
    return name(key, value)


def _table(key: str, value: Any) -> Any:
    if key == "before":
        return before(value, top=KNOWN)
    if key == "windows":
        return windows(value, top=KNOWN)
    kind = Weights if key == "weights" else Targets
    return kind(**numbers(key, value, [each.name for each in fields(kind)], top=KNOWN))


def _contacted(value: Any) -> Contacted:
    if not isinstance(value, Mapping):
        return Contacted(column=name("contacted", value))
    for key in value:
        refuse_unknown(key, ("column", "yes", "no"), table="contacted")
    if "column" not in value:
        raise InvalidTable('key `contacted` lacks `column`; write `contacted = { column = "…", yes = […], no = […] }`')
    lists = {key: scalars(f"contacted.{key}", value[key]) for key in ("yes", "no") if key in value}
    return Contacted(column=name("contacted.column", value["column"]), **lists)
