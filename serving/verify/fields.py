"""Promise 2 at the reader, and promise 6 at the answer: what becomes of each change, alone and in pairs.

Each field with each kind of value (`serving.verify.changing`) becomes the column that is declared for it, or refuses;
pairs of changes change what each changes alone. The same rows go through `decide`: the reasons are what each filter
says alone, in the catalogue's order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any

import numpy as np

from model.contracts import Action
from serving.policy.columns import YES, Columns, Flags, Numbers
from serving.policy.limits import Limits
from serving.policy.reasons import CATALOGUE, REASONS
from serving.ports import Decided
from serving.verify.changing import FAX, Change, changes
from serving.verify.classes import FLAGS
from serving.verify.demands import ONBOARDING, WIDGET_PLACE
from serving.verify.occasions import NAMES, NOW, Occasion, occasion, policy
from serving.verify.report import Failure, Part, described
from serving.verify.subject import Scale, Subject

MINUTES_A_DAY = 1440
# What goes together in a readable row: where one column's unknown value is an answer, another one refuses.
TOGETHER: Mapping[str, Callable[[Columns], Any]] = MappingProxyType(
    {
        "a row without a clock has `zoned`": lambda c: np.isnan(c.minute) & (c.zoned == YES),
        "a live session is nobody's": lambda c: (c.live == YES) & (c.own == -1),
        "a channel that does not exist is allowed": lambda c: (c.channel == -1) & (c.allowed == YES),
        "the widget is outbound": lambda c: (c.channel == WIDGET_PLACE) & (c.outbound == YES),
        "found evidence has no time": lambda c: (c.found == YES) & ~np.isfinite(c.evidence_time),
        "a text's newcomer is unknown": lambda c: (c.complete == YES) & (c.newcomer == -1) & (c.purpose != ONBOARDING),
        "a minute is none of the day's": lambda c: (
            ~(np.isnan(c.minute) | ((c.minute >= 0) & (c.minute < MINUTES_A_DAY) & (c.minute % 1 == 0)))
        ),
    }
)


def of_fields(subject: Subject, scale: Scale, name: str) -> Part:
    """Check every single change of one occasion, and pairs of them, down to the reasons that are given."""
    base = occasion(name)
    base = base.but(context={"requested_channels": base.context.requested_channels | {FAX}})
    single = [*changes(base)]
    made = [each.made(base) for each in single]
    alone = _read(subject, made)
    failures = [*_declared(name, single, alone), *_in_domain(name, [each.name for each in single], alone)]
    every = max(1, 7 * scale.thin)
    pairs = [*combinations(range(len(single)), 2)][NAMES.index(name) :: every]
    pairs = [(a, b) for a, b in pairs if _apart(single[a], single[b])]
    both = [single[b].made(single[a].made(base)) for a, b in pairs]
    named = [f"{single[a].name}, {single[b].name}" for a, b in pairs]
    together = _read(subject, both)
    failures += [
        *_merged(name, _read(subject, [base]), alone, together, pairs, named),
        *_in_domain(name, named, together),
    ]
    failures += _heard(subject, name, [each.name for each in single] + named[:2000], made + both[:2000])
    cases = len(single) + len(pairs)
    kept = {failure.check: failure for failure in reversed(failures)}
    return Part(name="fields of candidate and context", promises=(2, 6), cases=cases, failures=[*kept.values()])


def _apart(a: Change, b: Change) -> bool:
    """Whether two changes are of different things; another channel, or another session, asks other questions."""
    return a.field != b.field and "channel" not in {a.field, b.field} and "session" not in {a.place, b.place}


def _read(subject: Subject, made: Sequence[Occasion]) -> Columns:
    return subject.read(
        [each.candidate for each in made], [each.context for each in made], now=NOW, policy=policy()
    ).columns


def _declared(base: str, single: Sequence[Change], c: Columns) -> Iterator[Failure]:
    for row, change in enumerate(single):
        for column, accepts in change.columns.items():
            value = float(getattr(c, column)[row])
            if c.readable[row] == YES and not accepts(value):
                shown = described({column: value}, c.instant)
                says = f"{change.name} is read as `{column}` = {shown[column]}"
                yield Failure(
                    promise=2, check="each field's values", about=change.field, says=says, example={"occasion": base}
                )


def _in_domain(base: str, named: Sequence[str], c: Columns) -> Iterator[Failure]:
    for column, values in FLAGS.items():
        for row in np.flatnonzero(~np.isin(getattr(c, column), values))[:1].tolist():
            yield _odd(base, named[row], f"`{column}` is {getattr(c, column)[row]}, which is none of its values")
    for says, broken in TOGETHER.items():
        for row in np.flatnonzero(broken(c) & (c.readable == YES))[:1].tolist():
            yield _odd(base, named[row], f"{says}")


def _odd(base: str, change: str, says: str) -> Failure:
    example = {"occasion": base, "change": change}
    return Failure(promise=2, check="the columns' values", about="reading", says=says, example=example)


def _merged(  # noqa: PLR0913, PLR0917  (what is compared with what)
    base: str, before: Columns, alone: Columns, both: Columns, pairs: Sequence[tuple[int, int]], named: Sequence[str]
) -> Iterator[Failure]:
    """Check that of two changes each changes what it changes alone; a column that both change may be either's."""
    first, second = (np.array([pair[side] for pair in pairs], dtype=np.intp) for side in (0, 1))
    readable = (alone.readable[first] == YES) & (alone.readable[second] == YES)
    for row in np.flatnonzero((both.readable == YES) & ~readable)[:1].tolist():
        yield _odd(base, named[row], "two changes can be read of which one alone cannot")
    for column in (*Flags._fields, *Numbers._fields):
        was = np.full(len(pairs), getattr(before, column)[0])
        a, b, now = getattr(alone, column)[first], getattr(alone, column)[second], getattr(both, column)
        moved_a, moved_b = ~_equal(a, was), ~_equal(b, was)
        wanted = np.where(moved_a, a, b)
        wrong = readable & ~(moved_a & moved_b) & ~_equal(wanted, now) & (both.readable == YES)
        for row in np.flatnonzero(wrong)[:1].tolist():
            yield _odd(
                base, named[row], f"`{column}` is {now[row]} after both changes, and {wanted[row]} after one alone"
            )


def _equal(a: Any, b: Any) -> Any:
    return (a == b) | ((a != a) & (b != b))  # noqa: PLR0124  (NaN)


def _heard(subject: Subject, base: str, named: Sequence[str], made: Sequence[Occasion]) -> Iterator[Failure]:
    """Check that an answer's reasons are what each filter says alone, in order, each with what would change it."""
    c = _read(subject, made)
    alone = [subject.rule(c, Limits(), (each,)) for each in subject.filters]
    answers: list[Decided] = subject.decide(
        [each.candidate for each in made],
        [each.context for each in made],
        ids=[str(place) for place in range(len(made))],
        now=NOW,
        policy=policy(),
        scorer=None,
        exploration=None,
    )
    order = [entry.code for entry in CATALOGUE]
    for row, answer in enumerate(answers):
        wanted = {code for ruling in alone for code in ruling.codes(row)}
        given = [reason.code for reason in answer.decision.reasons]
        late = {"expired"} if wanted and all(REASONS[code].outcome is Action.HOLD for code in wanted) else set[str]()
        full = all(reason.detail and reason.would_change for reason in answer.decision.reasons)
        right = {*given} - late == wanted - late if wanted else not {*given} & {each.code for each in subject.filters}
        if not (
            right and given == sorted(given, key=order.index) and full and (not answer.decision.trigger or not wanted)
        ):
            example = {
                "occasion": base,
                "change": named[row],
                "given": ", ".join(given),
                "said": ", ".join(sorted(wanted, key=order.index)),
            }
            says = "the reasons are not what each filter says alone, in the catalogue's order"
            yield Failure(promise=6, check="reasons", about="decide", says=says, example=example)
            return
