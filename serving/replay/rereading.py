"""Decisions whose kept reading is of no use: read from their records, under whatever policy is asked for.

That is what was decided before readings were kept, by another version of this program, or with a template whose text is
another one now. It takes a hundred times as long as a kept reading; half of that where the reading fits the policy at
hand and the proposal alone has other words: then what was answered stands in the reading.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from model.errors import InvalidInput
from serving.policy.columns import Columns
from serving.policy.policy import Policy
from serving.policy.rows import NOTHING_READ, columns_of
from serving.record.kept import Kept, kept_of
from serving.record.readings import CELLS, READ, Readings, about_of, cells_of, instant, read_about, read_cells
from serving.record.record import Inputs, Recorded, read_inputs, read_record
from serving.record.text import read_text

RECORDS: Final = 2_000  # that are read at once
NOT_READ: Final = Kept(*NOTHING_READ[:2], version=0)  # as the filters see what cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A decision's record, and its number in the ledger."""

    number: int
    one: Recorded


def read_back(texts: Iterable[tuple[int, str]]) -> tuple[list[Numbered], int]:
    """Read records; return them in order of their numbers, and how many cannot be read."""
    found, unreadable = [], 0
    for number, text in texts:
        try:
            found.append(Numbered(number=number, one=read_record(read_text(text))))
        except (InvalidInput, ValueError):
            unreadable += 1
    return sorted(found, key=lambda each: each.number), unreadable


def readings_of(rows: Sequence[Numbered], policy: Policy) -> Readings:
    """Return what would have been kept of these decisions under a policy; rows of one instant are read together."""
    together: dict[datetime, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        together[row.one.decided.decision.decided_at].append(place)
    cells, versions, abouts = [b""] * len(rows), [0] * len(rows), [""] * len(rows)
    for at, places in together.items():
        some = [rows[place].one for place in places]
        candidates = [one.candidate for one in some]
        read = columns_of(candidates, [one.context for one in some], now=at, policy=policy)
        for place, one, found in zip(places, some, kept_of(read, candidates, policy), strict=True):
            kept = found or NOT_READ
            cells[place] = cells_of(kept, one.decided)
            versions[place] = kept.version
            abouts[place] = about_of(one.candidate, kept)
    known: dict[str, int] = {}
    kind = [known.setdefault(about, len(known)) for about in abouts]
    return Readings(
        number=np.array([row.number for row in rows], dtype=np.int64),
        user=tuple(row.one.candidate.user_id for row in rows),
        kinds=tuple(map(read_about, known)),
        kind=np.array(kind, dtype=np.intp),
        version=np.array(versions, dtype=np.int64),
        cells=np.frombuffer(b"".join(cells), dtype=CELLS),
    )


def inputs_of(texts: Iterable[tuple[int, str]]) -> dict[int, Inputs]:
    """Read candidates and contexts, by number; what cannot be read is in it no more."""
    found = {}
    for number, text in texts:
        with suppress(InvalidInput, ValueError):
            found[number] = read_inputs(read_text(text))
    return found


def reworded(rows: Readings, inputs: Sequence[Inputs], policy: Policy) -> Columns:
    """Return what the filters read of rows under a policy with other templates: their answers stay, `inputs` are read.

    That is for readings of this program alone: what numbers mean in those of another one nobody knows.
    """
    together: dict[int, list[int]] = defaultdict(list)
    for place, now in enumerate(rows.cells["now"].tolist()):
        together[now].append(place)
    answers, cells = rows.cells.tobytes(), [b""] * len(rows)
    for now, places in together.items():
        candidates = [inputs[place].candidate for place in places]
        contexts = [inputs[place].context for place in places]
        read = columns_of(candidates, contexts, now=instant(now), policy=policy)
        for place, found in zip(places, kept_of(read, candidates, policy), strict=True):
            start = place * CELLS.itemsize
            cells[place] = read_cells(found or NOT_READ) + answers[start + READ : start + CELLS.itemsize]
    return replace(rows, cells=np.frombuffer(b"".join(cells), dtype=CELLS)).columns()


def columns_under(rows: Sequence[Numbered], policy: Policy) -> Columns:
    """Return what the filters read of these decisions under a policy."""
    return readings_of(rows, policy).columns()
