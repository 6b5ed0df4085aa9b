"""The rules a training table must keep, each refused with column, first row, rule and next step (CONTRACT section 3).

A harm label that is all 0 is refused like every constant label: no row tells "nobody complained" from "nobody wrote
complaints down", and a certificate over the second would let harm through. Without the role there is no certificate,
so nothing is sent: the safer reading. A constant purpose or channel outside the closed lists, or such a value in a
column, is refused too: rows of messages that are never sent would dilute the harm that is certified for the others.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from model.contracts import Channel, MarketingPurpose, Purpose
from model.errors import InvalidTable
from model.reading.columns import Objects, flags, listed, objects, refusal, refuse_where, shown, texts
from model.reading.roles import SCOPE_ROLES, Contacted, Roles
from model.reading.strict import as_text, closest

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SHOWN = 5  # missing columns
MAPPING_STEP = 'map its values with `contacted = { column = "…", yes = […], no = […] }`'
SCOPES: Mapping[str, type[StrEnum]] = {"purpose": Purpose, "channel": Channel}


def refuse_missing_columns(columns: Sequence[str], roles: Roles, place: str = "") -> None:
    """Refuse roles that name columns the table lacks: what was asked, the closest name, and what there is."""
    asked = [("contacted", roles.contacted.column), ("benefit", roles.benefit)]
    optional = ("complaint", "opt_out", "propensity", "cluster", "time", "id", "features_time", "version")
    asked += [(role, getattr(roles, role)) for role in optional if isinstance(getattr(roles, role), str)]
    asked += list(roles.sceptic_columns())
    lists = (("features", roles.features or ()), ("exclude", roles.exclude), ("segments", roles.segments))
    asked += [(role, column) for role, named in lists for column in named]
    parts = []
    for role, column in asked:
        if column not in columns:
            near = closest(column, columns)
            parts.append(f"`{role}` asks for `{column}`" + (f" (closest: `{near}`)" if near else ""))
    if parts:
        where = f" in `{place}`" if place else ""
        more = [f"and {len(parts) - SHOWN} more"] if len(parts) > SHOWN else []
        said = "; ".join([*parts[:SHOWN], *more])
        raise InvalidTable(f"missing columns{where}: {said}; the table has {listed(columns)}; correct the roles")


def contacted(cells: pa.ChunkedArray, role: Contacted) -> Bools:
    """Return who was contacted, bool[n]; both arms must be there."""
    arm = _mapped(cells, role) if role.yes else flags(cells, role.column, MAPPING_STEP) == 1
    if not arm.any():
        raise refusal(role.column, None, "no contacted rows", "add the rows that were contacted, or check the mapping")
    if arm.all():
        step = "add the rows that were not contacted: without them nothing tells benefit from habit"
        raise refusal(role.column, None, "no held-out rows", step)
    return arm


def _mapped(cells: pa.ChunkedArray, role: Contacted) -> Bools:
    """Read the arm by the values under `yes` and `no`; values under neither, or never seen, are refused."""
    words = texts(cells)
    position = {key: pa.array([as_text(value) for value in getattr(role, key)]) for key in ("yes", "no")}
    yes, no = (pc.is_in(words, value_set=position[key]).to_numpy() for key in ("yes", "no"))
    found = pc.unique(words).drop_null()
    for key, values in position.items():
        unseen = pc.filter(values, pc.invert(pc.is_in(values, value_set=found)))
        if len(unseen):
            what = f"{shown(unseen[0].as_py())} of `{key}` never occurs; the values are {listed(found.to_pylist(), 20)}"
            raise refusal(role.column, None, what, f"correct `contacted.{key}`")
    step = "add it to one of them, or leave these rows out"
    refuse_where(~(yes | no), words, role.column, "is neither in `contacted.yes` nor in `contacted.no`", step)
    arm: Bools = yes
    return arm


def refuse_constant(values: Floats, column: str, role: str) -> None:
    """Refuse a label with one value only."""
    if (values == values[0]).all():
        step = (
            "use a table in which it varies"
            if role == "benefit"
            else f"use a table in which it varies, or leave `{role}` out (then there is no certificate)"
        )
        raise refusal(column, None, f"the {role} label is {shown(as_text(float(values[0])))} in every row", step)


def refuse_response(benefit: Floats, arm: Bools, column: str) -> None:
    """Refuse a benefit that never occurs without contact: it is a response to the message, not a benefit."""
    if not (benefit[~arm] > 0).any():
        step = "use an outcome that can be observed without contact"
        raise refusal(column, None, "the benefit never occurs among the held out, so it is a response", step)


def refuse_duplicates(ids: Objects, column: str) -> None:
    """Refuse an id that names two rows."""
    again = pd.Series(ids).duplicated().to_numpy()
    if not again.any():
        return
    row = int(np.flatnonzero(again)[0])
    before = int(np.flatnonzero(ids == ids[row])[0])
    rule = f"{shown(ids[row])} stands in row {before + 1} already; {again.sum()} rows repeat an id"
    raise refusal(column, row, rule, "keep one row per occasion")


def refuse_hindsight(
    observed: NDArray[np.datetime64], decided: NDArray[np.datetime64], column: str, time_column: str
) -> None:
    """Refuse features observed after the decision that they are to inform."""
    late = np.flatnonzero(observed > decided)
    if len(late):
        row = int(late[0])
        rule = f"features were observed at `{observed[row]}Z`, after the decision (column `{time_column}`)"
        more = f", in {len(late)} rows" if len(late) > 1 else ""
        raise refusal(column, row, rule + more, "log the features as they were when the decision was made")


def scope(table: pa.Table, role: str, value: str | None) -> Objects | None:
    """Return each row's purpose or channel, from a column of that name or the constant; None without the role."""
    if value is None:
        return None
    known = [str(each) for each in SCOPES[role]]
    if value not in table.column_names:
        if value in known:
            return np.full(table.num_rows, value, dtype=object)
        raise InvalidTable(f"`{role}`: `{value}` {_no_scope(value, role, [*known, *table.column_names])}")
    words = texts(table.column(value))
    outside = pc.invert(pc.is_in(words, value_set=pa.array(known))).to_numpy()
    marketing = pc.is_in(words, value_set=pa.array([str(each) for each in MarketingPurpose])).to_numpy()
    kinds = f"one of the {role}s ({listed(known)})"
    rule = "is marketing, which is never sent" if marketing[outside][:1].any() else f"is not {kinds}"
    step = f"leave these rows out, or leave the role `{role}` out"
    if value in known:
        step = f"a column goes before the {role} of the same name, so rename the column to mean the {role}"
    refuse_where(outside, words, value, rule, step)
    return objects(words)


def _no_scope(value: str, role: str, known: Sequence[str]) -> str:
    if role == "purpose" and value in set(MarketingPurpose):
        return "is marketing, which is never sent; name a purpose of service, or leave the role out"
    near = closest(value, known)
    hint = f"did you mean `{near}`?" if near else f"known are {listed([str(each) for each in SCOPES[role]])}"
    return f"is no column of the table and no known {role}; {hint}"


def feature_names(columns: Sequence[str], roles: Roles) -> tuple[str, ...]:
    """Return the features: those listed, or every column without a role except `exclude`.

    A purpose or channel column stays only under that very name, by which serving finds it in the candidate.
    """
    if roles.features is not None:
        return roles.features
    elsewhere = {getattr(roles, role) for role in SCOPE_ROLES if getattr(roles, role) != role}
    apart = {*roles.role_columns, *roles.exclude, *elsewhere}
    names = tuple(column for column in columns if column not in apart)
    if not names:
        raise InvalidTable(
            "no features left: every column has a role or is excluded; add one that tells customers apart"
        )
    return names
