"""The seam between reader and engine: the engine asks about no unknown input but those that the columns name.

The grids of the other checks name all inputs in `doubtful`. Here rows go through the real `stack`: every unknown input
must be named, wherever its row stands, and the ruling must be the one that is made where all are named.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from serving.policy.columns import NAN, NEVER, UNKNOWN, Columns, Flags, Numbers, Sends, stack
from serving.policy.limits import Limits
from serving.verify.classes import FLAGS
from serving.verify.plain import COLUMNS, GOOD, KINDS
from serving.verify.promises import NOW
from serving.verify.report import Failure, Part, described
from serving.verify.subject import Scale, Subject
from serving.verify.tables import ALL_INPUTS
from serving.verify.whole import drawn

Row = tuple[Flags, Numbers]
DRAWN = 6_000  # random rows, in groups of one to three
NOTHING_UNKNOWN: Sequence[Row] = (
    (Flags(**{name: max(values) for name, values in FLAGS.items()}), Numbers(*[1.0] * len(Numbers._fields))),
    (Flags(**dict.fromkeys(FLAGS, 0)), Numbers(*[NEVER] * len(Numbers._fields))),
)


def of_doubts(subject: Subject, scale: Scale) -> Part:
    """Check every single unknown alone and beside known rows, and random rows with many of them, in small groups."""
    failures, cases = list[Failure](), 0
    for rows in (*_single(scale), *_random(scale)):
        c = stack([flags for flags, _ in rows], [numbers for _, numbers in rows], [Sends()] * len(rows), NOW)
        cases += len(rows)
        if not failures:
            failures += [*_unnamed(c), *_otherwise(subject, c)][:1]
    return Part(name="unknown inputs that the engine is told of", promises=(2, 6), cases=cases, failures=failures)


def _single(scale: Scale) -> Iterator[list[Row]]:
    """Yield every kind of plain row with each input unknown: alone, and first, between and last of known rows."""
    for own in [*KINDS.values()][:: min(scale.thin, 4)]:
        values = {**GOOD, **own}
        for name in COLUMNS:
            if name in FLAGS and UNKNOWN not in FLAGS[name]:
                continue
            one = _row(values | {name: UNKNOWN if name in FLAGS else NAN})
            first, last = NOTHING_UNKNOWN
            yield from ([one], [one, first, last], [last, one, first], [first, last, one])


def _row(values: dict[str, float]) -> Row:
    flags, numbers = ([values[name] for name in kind._fields] for kind in (Flags, Numbers))
    return Flags(*map(int, flags)), Numbers(*numbers)


def _random(scale: Scale) -> Iterator[list[Row]]:
    """Yield random rows, values from anywhere in their classes, by ones, twos and threes."""
    rng = np.random.default_rng([scale.seed, 2])
    many = max(1, DRAWN // scale.thin)
    _, c = drawn(rng, many, NOW, scale)
    rows = [_row({name: float(getattr(c, name)[place]) for name in COLUMNS}) for place in range(many)]
    at = 0
    while at < many:
        size = 1 + at % 3
        yield rows[at : at + size]
        at += size


def unnamed(c: Columns) -> list[str]:
    """Return the inputs that are unknown on some row and that `doubtful` does not name."""
    return [name for name in COLUMNS if name not in c.doubtful and c.unknown(name).any()]


def _unnamed(c: Columns) -> Iterator[Failure]:
    for name in unnamed(c):
        row = int(np.flatnonzero(c.unknown(name))[0])
        yield _failure(c, row, name, f"is unknown in row {row + 1} of {c.rows}, and the engine is not told of it")


def _otherwise(subject: Subject, c: Columns) -> Iterator[Failure]:
    """Compare with the ruling on the same rows where every input is named."""
    both = c, replace(c, doubtful=ALL_INPUTS)
    told, asked = (subject.rule(each, Limits(), subject.filters).verdicts for each in both)
    for row in np.flatnonzero((told != asked).any(axis=0))[:1].tolist():
        yield _failure(c, row, "doubtful", "a row is ruled otherwise where the engine is told of every input")


def _failure(c: Columns, row: int, about: str, says: str) -> Failure:
    example = described({name: float(getattr(c, name)[row]) for name in COLUMNS}, c.instant)
    return Failure(promise=2, check="unknown inputs", about=about, says=says, example=example)
