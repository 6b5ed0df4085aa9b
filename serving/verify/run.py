"""All checks together, on as many processes as asked: what was evaluated, what it stands for, what failed."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from math import prod
from multiprocessing import get_context

from serving.policy.columns import Flags, Numbers
from serving.policy.limits import TIGHTER
from serving.verify import (
    afterwards,
    composition,
    doubts,
    drawn,
    evidence,
    fields,
    invalid,
    plain,
    promises,
    reading,
    scoring,
    whole,
)
from serving.verify.classes import axis, covered, tightenings
from serving.verify.demands import demanded
from serving.verify.occasions import NAMES
from serving.verify.report import Failure, Part, merged
from serving.verify.subject import FULL, Scale, Subject

Check = Callable[[Subject, Scale], Part]
Report = Callable[[str, float], None]
PARTS = 8  # of what is large enough to be shared out


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome: its parts, how many cases were evaluated, how many combinations of classes they stand for."""

    parts: Sequence[Part]
    cases: int
    stands_for: int
    scale: Scale

    @property
    def failures(self) -> list[Failure]:
        """Everything that does not hold, by promise."""
        return sorted((each for part in self.parts for each in part.failures), key=lambda each: each.promise)


def checks(subject: Subject) -> list[Check]:
    """Return all checks, the longest first. Raises `Uncovered` where an input has no classes or no demands."""
    covered()
    demanded()
    codes = sorted(
        (each.code for each in subject.filters), key=lambda code: code not in {"frequency_cap", "quiet_hours"}
    )
    single: list[Check] = [partial(_of_filter, code=code) for code in codes]
    return [
        *single[:2],
        *_shared(evidence.of_purposes),
        *_shared(whole.of_rows),
        *_shared(scoring.of_scores),
        composition.pairs,
        *[partial(_of_fields, name=name) for name in NAMES],
        *single[2:],
        plain.one_each,
        plain.plain_rows,
        doubts.of_doubts,
        drawn.of_draws,
        afterwards.of_answers,
        reading.of_situations,
        reading.of_neighbours,
        composition.everyone,
        composition.broken,
        composition.waiver_matrix,
        promises.evidence_alone,
        invalid.out_of_range,
        invalid.overrides,
        scoring.good_ones,
    ]


def _of_filter(subject: Subject, scale: Scale, *, code: str) -> Part:
    return promises.of_filter(subject, scale, code)


def _of_fields(subject: Subject, scale: Scale, *, name: str) -> Part:
    return fields.of_fields(subject, scale, name)


def _of_part(subject: Subject, scale: Scale, *, check: Callable[[Subject, Scale, int, int], Part], part: int) -> Part:
    return check(subject, scale, part, PARTS)


def _shared(check: Callable[[Subject, Scale, int, int], Part]) -> Iterator[Check]:
    return (partial(_of_part, check=check, part=part) for part in range(PARTS))


def verify(
    subject: Subject | None = None, scale: Scale = FULL, *, jobs: int = 1, report: Report | None = None
) -> Verified:
    """Verify a policy; None is the installed one, which alone can be verified by several processes.

    Raises:
        Uncovered: a column, limit or code that nobody said anything about: nothing is verified.
    """
    installed = subject or Subject()
    todo = checks(installed)
    tell = report or (lambda _, __: None)
    done = (
        _in_processes(len(todo), scale, jobs)
        if subject is None and jobs > 1
        else (each(installed, scale) for each in todo)
    )
    parts: list[Part] = []
    for part in done:
        parts.append(part)
        tell(part.name, len(parts) / len(todo))
    names = dict.fromkeys(part.name for part in parts)
    together = [merged(name, [part for part in parts if part.name == name]) for name in names]
    return Verified(together, sum(part.cases for part in parts), combinations(), scale)


def _in_processes(many: int, scale: Scale, jobs: int) -> Iterator[Part]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_one, place, scale) for place in range(many)]
        yield from (each.result() for each in as_completed(waiting))


def _one(place: int, scale: Scale) -> Part:
    subject = Subject()
    return checks(subject)[place](subject, scale)


def combinations() -> int:
    """Return how many combinations of the classes of all columns and all limits there are."""
    columns = prod(len(axis(name, promises.NOW)) for name in (*Flags._fields, *Numbers._fields))
    return columns * prod(len(tightenings(name)[0]) for name in TIGHTER)
