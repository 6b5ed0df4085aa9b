"""What is read of small situations, made by hand: every column, every code, and nothing for another row's sake."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from serving.policy.columns import Flags, Numbers
from serving.policy.rows import Read
from serving.ports import Decided
from serving.verify.changing import changes
from serving.verify.doubts import unnamed
from serving.verify.occasions import NAMES, NOW, Occasion, occasion
from serving.verify.report import MOST_SHOWN, Failure, Part, described
from serving.verify.situations import Situation, messages, situations_policy
from serving.verify.subject import Scale, Subject
from serving.verify.visits import ages, pages, visits

COLUMNS = (*Flags._fields, *Numbers._fields)


def of_situations(subject: Subject, _: Scale) -> Part:
    """Check what becomes of every situation: all its columns, and all of the policy's reasons."""
    asked = [*messages(), *visits(), *pages(), *ages()]
    made = [each.made() for each in asked]
    read = _read(subject, made)
    answers = _decided(subject, made)
    failures = [
        failure
        for row, each in enumerate(asked)
        for failure in (*_columns(each, read, row), *_codes(each, answers[row]))
    ]
    failures += [
        _failure("the reader", f"`{name}` is unknown and not named in `doubtful`") for name in unnamed(read.columns)
    ]
    return Part(name="situations", promises=(1, 2, 6), cases=len(made), failures=failures[:MOST_SHOWN])


def _columns(each: Situation, read: Read, row: int) -> Iterator[Failure]:
    for name, wanted in each.columns().items():
        value = float(getattr(read.columns, name)[row])
        if not (value == wanted or (np.isnan(value) and np.isnan(wanted))):
            was, be = (described({name: one}, read.columns.instant)[name] for one in (value, wanted))
            yield _failure(each.name, f"`{name}` is read as {was} where it is {be}")


def _codes(each: Situation, answer: Decided) -> Iterator[Failure]:
    given = answer.decision.agent_would_send.reasons
    if {*given} != {*each.codes}:
        says = f"is refused by {', '.join(given) or 'nothing'} where it is by {', '.join(each.codes) or 'nothing'}"
        yield _failure(each.name, says)


def of_neighbours(subject: Subject, scale: Scale) -> Part:
    """Check that a row is read alone as among others: as they come, backwards, and beside one that cannot be read.

    The rows are all situations and every single change of every good occasion.
    """
    made = [each.made() for each in (*messages(), *visits(), *pages(), *ages())]
    made += [
        change.made(occasion(name)) for name in NAMES for change in [*changes(occasion(name))][:: min(scale.thin, 9)]
    ]
    alone = [_texts(_read(subject, [each]), [0])[0] for each in made]
    backwards = made[::-1]
    odd = occasion("ordinary").but(context={"last_inbound_at": "yesterday"})  # no time: this row alone is unreadable
    beside = [made[0], odd, *made[1:]]
    orders: Mapping[str, tuple[Sequence[Occasion], list[int]]] = {
        "among the others": (made, [*range(len(made))]),
        "in another order": (backwards, [*range(len(made))][::-1]),
        "beside a row that cannot be read": (beside, [0, *range(2, len(made) + 1)]),
    }
    failures = []
    for how, (rows, places) in orders.items():
        together = _texts(_read(subject, rows), places)
        wrong = [place for place, (one, other) in enumerate(zip(alone, together, strict=True)) if one != other]
        failures += [_odd(made[place], alone[place], together[place], how) for place in wrong[:1]]
    return Part(name="neighbours of a row", promises=(2, 6), cases=4 * len(made), failures=failures)


def _texts(read: Read, places: Sequence[int]) -> list[dict[str, Any]]:
    """Return what was read of these rows, in values that can be compared: NaN is itself."""
    c = read.columns
    return [
        {name: repr(getattr(c, name)[place].item()) for name in COLUMNS}
        | {"contacts": c.contacts[place].tolist(), "timed": bool(c.timed[place]), "zones": c.zones[place]}
        | {"message": read.messages[place], "fact key": read.fact_keys[place]}
        for place in places
    ]


def _odd(one: Occasion, alone: Mapping[str, Any], together: Mapping[str, Any], how: str) -> Failure:
    names = [name for name in alone if alone[name] != together[name]]
    says = f"`{names[0]}` is read as {together[names[0]]} {how} and as {alone[names[0]]} alone"
    return _failure(f"{one.candidate.purpose} on {one.candidate.channel}", says, promise=6)


def _read(subject: Subject, made: Sequence[Occasion]) -> Read:
    pairs = [each.candidate for each in made], [each.context for each in made]
    return subject.read(*pairs, now=NOW, policy=_POLICY)


def _decided(subject: Subject, made: Sequence[Occasion]) -> list[Decided]:
    pairs = [each.candidate for each in made], [each.context for each in made]
    ids = [str(place) for place in range(len(made))]
    return subject.decide(*pairs, ids=ids, now=NOW, policy=_POLICY, scorer=None, exploration=None)


_POLICY = situations_policy()


def _failure(about: str, says: str, promise: int = 2) -> Failure:
    return Failure(promise=promise, check="situations", about=about, says=says)
