"""What a log can answer: rows on which the logging policy could have done all that the evaluation policy would do.

A row is outside the log's support where the evaluation policy may contact and the logging policy never does (its
propensity is 0), or may withhold where the logging policy always contacts (1). No weight mends that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.errors import Unanswerable
from model.off_policy.columns import rates
from model.off_policy.log import Log

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NAMED = 5  # parts in a message; the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSupport:
    """One part of the log: `rows`, and how many of them the log cannot answer, and why; `share` is theirs of the rows.

    `never_contacted`: the evaluation policy contacts, the logging policy never does. `always_contacted`: it withholds,
    the logging policy never does.
    """

    part: str
    rows: int
    never_contacted: int
    always_contacted: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Restricted:
    """The question that the log can answer: its rows, the evaluation policy there, and the words that must be said."""

    log: Log
    contacts: Floats
    said: str


def checked_contacts(log: Log, contacts: Floats) -> Floats:
    """Return the evaluation policy's P(contact | row) as float64[n]; raises `InvalidInput`."""
    return rates("contacts", contacts, rows=log.rows, step="give the evaluation policy's P(contact | row)")


def answerable(log: Log, contacts: Floats) -> Bools:
    """Return which rows are inside the log's support, bool[n]; `contacts` is the evaluation policy's P(contact | row).

    Raises:
        InvalidInput: `contacts` has the wrong length or is not in [0, 1].
    """
    never, always = _outside(log, contacts)
    return ~(never | always)


def support(log: Log, contacts: Floats) -> tuple[PartSupport, ...]:
    """Return every part of the log with what it cannot answer, in the order of their names."""
    never, always = _outside(log, contacts)
    names, code = log.parts()
    rows, nevers, alwayses = (
        np.bincount(code[of], minlength=len(names)) for of in (np.ones(log.rows, np.bool_), never, always)
    )
    return tuple(
        PartSupport(
            part=name,
            rows=int(rows[k]),
            never_contacted=int(nevers[k]),
            always_contacted=int(alwayses[k]),
            share=float((nevers[k] + alwayses[k]) / rows[k]),
        )
        for k, name in enumerate(names)
    )


def refuse_outside(log: Log, contacts: Floats) -> None:
    """Raise `Unanswerable` where the evaluation policy acts outside the log's support, naming the parts."""
    gaps = _gaps(support(log, contacts))
    if gaps:
        raise Unanswerable(
            f"the evaluation policy acts outside the log's support: it {gaps}; run an experiment there, or ask only "
            "about the rows that are `answerable` and say so"
        )


def restrict(log: Log, contacts: Floats) -> Restricted:
    """Return the question restricted to what the log can answer; `said` is empty where nothing is left out.

    Rows are left out by what logging and evaluation policy do, never by outcome: the answer is right for the rows that
    remain, and says nothing about the others.

    Raises:
        Unanswerable: no row remains.
    """
    kept, gaps = answerable(log, contacts), _gaps(support(log, contacts))
    if not kept.any():
        raise Unanswerable(f"the log can answer no row: the evaluation policy {gaps}; run an experiment there")
    left_out = int(np.sum(~kept))
    said = f"restricted to {int(np.sum(kept))} of {log.rows} rows: in the other {left_out} the evaluation policy {gaps}"
    return Restricted(log=log.take(kept), contacts=np.asarray(contacts)[kept], said=said if left_out else "")


def _outside(log: Log, contacts: Floats) -> tuple[Bools, Bools]:
    """Return where it contacts what was never contacted, and where it withholds what always was."""
    asked = checked_contacts(log, contacts)
    return (asked > 0.0) & (log.propensity == 0.0), (asked < 1.0) & (log.propensity == 1.0)


def _gaps(parts: Sequence[PartSupport]) -> str:
    """Return both kinds of gap in words, empty where there is none."""
    never = [(row.part, row.never_contacted, row.rows) for row in parts if row.never_contacted]
    always = [(row.part, row.always_contacted, row.rows) for row in parts if row.always_contacted]
    said = [f"contacts where the logging policy never did: {_named(never)}"] if never else []
    said += [f"withholds where the logging policy always contacted: {_named(always)}"] if always else []
    return ", and ".join(said)


def _named(gaps: Sequence[tuple[str, int, int]]) -> str:
    """Return the parts with the most rows outside first."""
    worst = sorted(gaps, key=lambda gap: (-gap[1], gap[0]))
    shown = [f"`{name}` ({bad} of {rows} rows, {100 * bad / rows:.1f} %)" for name, bad, rows in worst[:NAMED]]
    more = [f"{len(worst) - NAMED} more parts"] if len(worst) > NAMED else []
    return ", ".join(shown + more)
