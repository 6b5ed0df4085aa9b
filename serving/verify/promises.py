"""Promises 1, 2, 4 and 5 as properties of the filters' tables, checked at every place of every grid."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from serving.policy.columns import YES, Mask
from serving.policy.engine import Filter
from serving.verify.classes import FLAGS, tightenings
from serving.verify.demands import DEMANDS, SECOND_CLOCK, STEPS, WAIVED, WORSE, stands
from serving.verify.refused import REFUSED
from serving.verify.report import Failure, Part, described
from serving.verify.subject import Scale, Subject
from serving.verify.support import steady, support
from serving.verify.tables import NO_TO_SEND, Setting, Support, Table, settings, table

NOW = 1_795_172_400.0  # an instant on a whole second; `serving.verify.whole` rules at others, too
PROOF = ("purpose", "found", "fits", "theirs")
Bits = NDArray[np.uint8]


def of_filter(subject: Subject, scale: Scale, code: str) -> Part:
    """Check everything that concerns one filter alone: promises 2, 4 and 5."""
    each = next(each for each in subject.filters if each.code == code)
    try:
        found = support(each, NOW)
        cases, failures = steady(subject, each, found, NOW)
        whole = table(each, _widened(each, found), NOW, scale.clock())
        more, seen = _under_every_setting(subject, scale, whole)
    except Exception as error:  # noqa: BLE001  (a filter that raises on valid inputs is the finding)
        return Part(name="filters", promises=(2,), cases=0, failures=[_raises(code, error)])
    notes = {code: {"reads": list(found.columns), "limits": list(found.limits), "classes": list(whole.shape)}}
    return Part(name="filters", promises=(2, 4, 5), cases=cases + more, failures=failures + seen, notes=notes)


def _raises(code: str, error: Exception) -> Failure:
    says = f"cannot be judged on valid inputs: {type(error).__name__}: {error}"
    return Failure(promise=2, check="the filter on its grid", about=code, says=says)


def _widened(each: Filter, found: Support) -> Support:
    """Add to a support what the contract says that the question is about: a filter may have forgotten it."""
    said = support(Filter(each.code, REFUSED[each.code]), NOW)
    asked = {demand.needs for demand in DEMANDS[each.code]} | {*said.columns}
    asked |= {name for demand in DEMANDS[each.code] for where in demand.where for name in where}
    limits = tuple(sorted({*found.limits, *said.limits}))
    return Support((*found.columns, *sorted(asked - {*found.columns})), limits)


def _under_every_setting(subject: Subject, scale: Scale, whole: Table) -> tuple[int, list[Failure]]:
    """Tabulate the filter under each class of its limits: promises 2 and 5 under each, promise 4 between them."""
    noes: dict[tuple[int, ...], Bits] = {}
    failures: dict[int, Failure] = {}  # the first of each promise
    known = _known(whole)
    for setting in settings(whole.support.limits):
        if scale.thin > 1 and sum(place > 0 for place in setting.at) > 1:
            continue
        no = whole.states(setting.limits) >= NO_TO_SEND
        for failure in (
            *_unknown_means_no(whole, no, setting),
            *_harm_never_permits(subject, whole, no, setting),
            *_as_the_contract_says(whole, no, known, setting),
        ):
            failures.setdefault(failure.promise, failure)
        noes[setting.at] = np.packbits(no)
    for failure in _only_tightens(whole, noes):
        failures.setdefault(failure.promise, failure)
    return whole.rows.rows * len(noes), list(failures.values())


def _unknown_means_no(whole: Table, no: Mask, setting: Setting) -> Iterator[Failure]:
    for demand in DEMANDS[whole.filter.code]:
        wrong = whole.rows.unknown(demand.needs) & stands(whole.rows, demand.where) & ~no.reshape(-1)
        for row in np.flatnonzero(wrong)[:1].tolist():
            says = f"passes while `{demand.needs}` is unknown"
            yield _failure(whole, setting, np.unravel_index(row, whole.shape), 2, says)


def _known(whole: Table) -> Mask:
    """Return the rows on which nothing is unknown that the code's question needs."""
    doubted = np.zeros(whole.rows.rows, dtype=np.bool_)
    for demand in DEMANDS[whole.filter.code]:
        doubted |= whole.rows.unknown(demand.needs)
    return ~doubted


def _as_the_contract_says(whole: Table, no: Mask, known: Mask, setting: Setting) -> Iterator[Failure]:
    """Compare with `refused.REFUSED`: a filter that refuses too little keeps promise 5 by never saying no."""
    wanted = np.asarray(REFUSED[whole.filter.code](whole.rows, setting.limits))
    for wrong, promise, says in (
        (wanted & ~no.reshape(-1), 5, "passes a harm that the contract refuses"),
        (no.reshape(-1) & ~wanted, 6, "refuses what the contract does not refuse"),
    ):
        for row in np.flatnonzero(wrong & known)[:1].tolist():
            yield _failure(whole, setting, np.unravel_index(row, whole.shape), promise, says)


def _harm_never_permits(subject: Subject, whole: Table, no: Mask, setting: Setting) -> Iterator[Failure]:
    for axis, name in enumerate(whole.axes):
        for before, after in harms(name, len(whole.axes[name])):
            if name in FLAGS and (name, FLAGS[name][after]) in refused_anyway(subject):
                continue
            wrong = np.take(no, before, axis) & ~np.take(no, after, axis)
            if wrong.any():
                at = np.argwhere(wrong)[0].tolist()
                says = f"refuses before a harm to `{name}`, and passes after it"
                yield _failure(whole, setting, (*at[:axis], after, *at[axis:]), 5, says)
                break


def harms(name: str, classes: int) -> Iterator[tuple[int, int]]:
    """Yield the steps for the worse of a column, as places of its classes; unknown is promise 2's."""
    if name in STEPS:
        yield from ((FLAGS[name].index(before), FLAGS[name].index(after)) for before, after in STEPS[name])
    elif name in WORSE:
        upwards = WORSE[name] > 0
        yield from ((a, b) if upwards else (b, a) for a, b in pairwise(range(classes - 1)))  # the last class is NaN
    elif name == SECOND_CLOCK:
        yield from ((classes - 1, clock) for clock in range(classes - 1))


@lru_cache(maxsize=8)
def refused_anyway(subject: Subject) -> frozenset[tuple[str, int]]:
    """Return the values of flags with which some filter refuses every row, whatever else, and is never waived."""
    values = set()
    for each in subject.filters:
        alone = _without_limits(each)
        if alone is None or each.code in WAIVED:
            continue
        no = alone.states(next(settings(())).limits) >= NO_TO_SEND
        for axis, name in enumerate(alone.axes):
            if name in FLAGS:
                all_no = np.moveaxis(no, axis, 0).reshape(len(FLAGS[name]), -1).all(axis=1)
                values |= {
                    (name, value) for value, sure in zip(FLAGS[name], np.asarray(all_no).tolist(), strict=True) if sure
                }
    return frozenset(values)


def _without_limits(each: Filter) -> Table | None:
    """Return the table of a filter that reads flags alone and no limit, or None."""
    try:
        found = support(each, NOW)
    except Exception:  # noqa: BLE001  (such a filter is reported where it is checked itself)
        return None
    return None if found.limits or not {*found.columns} <= {*FLAGS} else table(each, found, NOW, ())


def _only_tightens(whole: Table, noes: Mapping[tuple[int, ...], Bits]) -> Iterator[Failure]:
    """Every step of every limit, with the others at each of their classes: no refusal may get lost."""
    names = whole.support.limits
    classes = [tightenings(name) for name in names]
    for axis, (values, steps) in enumerate(classes):
        others = [range(len(each)) if place != axis else (0,) for place, (each, _) in enumerate(classes)]
        for at, (looser, tighter) in product(product(*others), steps):
            loose, tight = ((*at[:axis], place, *at[axis + 1 :]) for place in (looser, tighter))
            if loose not in noes or tight not in noes:
                continue
            lost = noes[loose] & ~noes[tight]
            if lost.any():
                row = int(np.flatnonzero(np.unpackbits(lost))[0])
                says = f"refuses with `{names[axis]}` = {values[looser]}, and passes with the tighter {values[tighter]}"
                limits = next(each for each in settings(names) if each.at == tight)
                yield _failure(whole, limits, np.unravel_index(row, whole.shape), 4, says)
                return


def _failure(whole: Table, setting: Setting, at: Sequence[np.intp | int], promise: int, says: str) -> Failure:
    example = described(whole.example([int(place) for place in at]), whole.now)
    example |= {f"limits.{name}": f"{getattr(setting.limits, name)}" for name in whole.support.limits}
    return Failure(
        promise=promise,
        check="every row of the filter's grid, under every class of its limits",
        about=whole.filter.code,
        says=says,
        example=example,
    )


def evidence_alone(subject: Subject, _: Scale) -> Part:
    """Promise 1 in the columns: what is no service, or not proved by a found event about this customer, is refused."""
    lines = [
        alone
        for each in subject.filters
        if each.code not in WAIVED and (alone := _without_limits(each)) is not None and {*alone.axes} <= {*PROOF}
    ]
    shape = tuple(len(FLAGS[name]) for name in PROOF)
    refused = np.zeros(shape, dtype=np.bool_)
    for alone in lines:
        no = alone.states(next(settings(())).limits) >= NO_TO_SEND
        order = sorted(range(no.ndim), key=lambda axis, names=[*alone.axes]: PROOF.index(names[axis]))  # type: ignore[misc]
        lying = [len(FLAGS[name]) if name in alone.axes else 1 for name in PROOF]
        refused |= no.transpose(order).reshape(lying)
    failures = []
    for at in np.argwhere(~refused).tolist():
        row = {name: FLAGS[name][place] for name, place in zip(PROOF, at, strict=True)}
        if row["purpose"] < 0 or any(row[name] != YES for name in PROOF[1:]):
            says = "no filter refuses it, though nothing proves that it is service"
            example = described({name: float(value) for name, value in row.items()}, NOW)
            failures.append(
                Failure(promise=1, check="evidence in the columns", about="evidence", says=says, example=example)
            )
    return Part(name="evidence in the columns", promises=(1,), cases=int(refused.size), failures=failures[:1])
