"""The engine puts answers together row by row: checked with made-up filters that can say anything.

Every pair of codes with every combination of answers, under every mark, channel and readability; all codes at once with
random answers; every way to be broken; no filter at all. What is expected is restated here from the contract.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.contracts import Action
from serving.policy.columns import NAN, UNKNOWN, YES, Columns, Flags, Mask, Numbers
from serving.policy.engine import FAILED, NOT_ASKED, PASS, PLACE, REFUSE, VERDICTS, WAIVED, Filter, Ruling
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNELS
from serving.policy.reasons import POLICY_CODES, REASONS
from serving.verdicts import patterns
from serving.verify.classes import FLAGS, tightenings
from serving.verify.demands import BINDING
from serving.verify.demands import WAIVED as WAIVED_FROM
from serving.verify.report import Failure, Part
from serving.verify.subject import Scale, Subject
from serving.verify.tables import columns

CODES = tuple(code for code in POLICY_CODES if code != FAILED)
SAID = np.array(list(product((False, True), repeat=3))).T  # refused, asked, unknown: [3, 8]
ENGINES_OWN = {"readable", "mark", "channel"}
ROW = "evidence_time"  # carries the row's number, by which a made-up filter knows its answer
READ = tuple(  # one for each made-up filter to find unknown
    name for name in (*Flags._fields, *Numbers._fields) if name not in {*ENGINES_OWN, ROW}
)
NEVER_WAIVED = 99


@dataclass(frozen=True, eq=False)
class Made:
    """Made-up filters and their answers: masks [filters, rows]; `own` [filters]: unknown refuses as its own code."""

    codes: Sequence[str]
    refused: Mask
    asked: Mask
    unknown: Mask
    own: Sequence[bool]
    fixed: dict[str, NDArray[np.int8]]  # readable, mark, channel

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.fixed["readable"])

    def filters(self) -> list[Filter]:
        """Make the filters; each reads a column of its own."""
        return [self._filter(place, code) for place, code in enumerate(self.codes)]

    def _filter(self, place: int, code: str) -> Filter:
        def refuse(c: Columns, _: Limits) -> Mask:
            return np.asarray(self.refused[place])[c.evidence_time.astype(np.intp)]

        def ask(c: Columns) -> Mask:
            return np.asarray(self.asked[place])[c.evidence_time.astype(np.intp)]

        return Filter(code, refuse, (READ[place],), ask, code if self.own[place] else FAILED)

    def columns(self) -> Columns:
        """Make the rows that these filters are asked about."""
        doubted = {
            name: np.where(mask, UNKNOWN if name in FLAGS else NAN, YES)
            for name, mask in zip(READ, self.unknown, strict=False)
        }
        return columns({**self.fixed, **doubted, ROW: np.arange(self.rows)}, self.rows, 0.0)


def expected(made: Made, limits: Limits) -> Ruling:
    """Return the ruling that the contract asks for."""
    shape = len(POLICY_CODES), made.rows
    verdicts, failed = np.full(shape, NOT_ASKED, dtype=np.int8), np.zeros(shape, dtype=np.bool_)
    unreadable = made.fixed["readable"] != YES
    for place, code in enumerate(made.codes):
        spared = declared(code, made.fixed["mark"], made.fixed["channel"], limits)
        refused, asked, unknown = made.refused[place], made.asked[place], made.unknown[place]
        if made.own[place]:
            refused, unknown = refused | unknown, np.zeros_like(unknown)
        said = np.where(refused, np.where(spared, WAIVED, REFUSE), PASS)
        verdicts[PLACE[code]] = np.where(asked & ~unknown & ~unreadable, said, NOT_ASKED)
        failed[PLACE[code]] = unknown & asked & ~spared
    verdicts[PLACE[FAILED]] = np.where(failed.any(axis=0) | unreadable | (not made.codes), REFUSE, PASS)
    no = verdicts == REFUSE
    denies = np.array([REASONS[code].outcome is Action.DENY for code in POLICY_CODES])
    return Ruling(verdicts, failed, no[denies].any(axis=0), no[~denies].any(axis=0))


def declared(code: str, mark: NDArray[np.int8], channel: NDArray[np.int8], limits: Limits) -> Mask:
    """Return where this code is waived, as CONTRACT section 5 has it."""
    spared: Mask = mark >= WAIVED_FROM.get(code, NEVER_WAIVED)
    if code == BINDING:
        spared = spared & ~np.isin(
            channel, [place for place, one in enumerate(CHANNELS) if one in limits.opt_out_binds]
        )
    return spared


def differing(actual: Ruling, wanted: Ruling, readable: Mask) -> Iterator[tuple[str, int, str]]:
    """Yield (code, row, what is wrong) for the first row of each kind of difference."""
    for place, row in np.argwhere(actual.verdicts != wanted.verdicts)[:1].tolist():
        was, be = VERDICTS[actual.verdicts[place, row]], VERDICTS[wanted.verdicts[place, row]]
        yield POLICY_CODES[place], row, f"the engine says `{was}` where the filters' answers make `{be}`"
    for place, row in np.argwhere((actual.failed != wanted.failed) & readable)[:1].tolist():
        yield POLICY_CODES[place], row, "the engine does not say which filter could not be judged"
    for row in np.flatnonzero((actual.denied != wanted.denied) | (actual.held != wanted.held))[:1].tolist():
        yield "the answer", row, "denied or held is not what the refusing codes make"


def _ruled(subject: Subject, made: Made, limits: Limits) -> Iterator[Failure]:
    actual = subject.rule(made.columns(), limits, made.filters())
    for code, row, says in differing(actual, expected(made, limits), made.fixed["readable"] == YES):
        example = {name: str(values[row]) for name, values in made.fixed.items()}
        example |= {
            one: f"refuses {made.refused[at, row]}, asked {made.asked[at, row]}, unknown {made.unknown[at, row]}"
            for at, one in enumerate(made.codes[:2])
        }
        yield Failure(promise=6, check="made-up answers", about=code, says=says, example=example)


def _fixed(times: int) -> tuple[dict[str, NDArray[np.int8]], int]:
    choices = np.array(list(product(*(FLAGS[name] for name in ("readable", "mark", "channel")))), dtype=np.int8)
    names = ("readable", "mark", "channel")
    return {name: np.tile(choices[:, at], times) for at, name in enumerate(names)}, len(choices)


def pairs(subject: Subject, scale: Scale) -> Part:
    """Check every pair of codes with every combination of two filters' answers, in both orders."""
    fixed, kinds = _fixed(64)
    both = [np.repeat(np.array(list(product(said, repeat=2))).T, kinds, axis=1) for said in SAID]
    cases, failures = 0, list[Failure]()
    for chosen in list(combinations(CODES, 2))[:: scale.thin]:
        for codes, own in product((chosen, chosen[::-1]), product((False, True), repeat=2)):
            made = Made(codes, both[0], both[1], both[2], own, fixed)
            for limits in (Limits(), Limits(opt_out_binds=frozenset(CHANNELS[2:4])))[: 1 + (BINDING in chosen)]:
                failures += _ruled(subject, made, limits) if not failures else ()
                cases += made.rows
    return Part(name="pairs of made-up filters", promises=(2, 6), cases=cases, failures=failures)


def everyone(subject: Subject, scale: Scale) -> Part:
    """Check all codes at once, with random answers."""
    rng = np.random.default_rng([scale.seed, 1])
    fixed, kinds = _fixed(480 // scale.thin)
    rows = 480 // scale.thin * kinds
    shares = rng.random((1, rows)) ** 2
    masks = [rng.random((len(CODES), rows)) < share for share in (shares, 0.8, shares)]
    own = (rng.random(len(CODES)) < 0.5).tolist()
    made = Made(CODES, masks[0], masks[1], masks[2], own, fixed)
    ruling = subject.rule(made.columns(), Limits(), made.filters())
    failures = [*_ruled(subject, made, Limits()), *_worded(ruling)]
    return Part(name="all made-up filters at once", promises=(2, 6), cases=rows, failures=failures)


def _worded(ruling: Ruling) -> Iterator[Failure]:
    """Check that any deny denies, else any hold holds, and that every refusing code is worded, in order."""
    for row, pattern in enumerate(patterns(ruling)):
        codes = tuple(POLICY_CODES[place] for place in np.flatnonzero(ruling.verdicts[:, row] == REFUSE))
        outcomes = {REASONS[code].outcome for code in codes}
        action = Action.DENY if Action.DENY in outcomes else Action.HOLD if outcomes else Action.SEND
        agree = (action is Action.DENY, action is Action.SEND) == (
            bool(ruling.denied[row]),
            not (ruling.denied[row] or ruling.held[row]),
        )
        if (pattern.codes, pattern.action, pattern.agent.answer) != (codes, action, not codes) or not agree:
            says = f"{', '.join(codes) or 'nothing'} refuse, worded as {pattern.action} for {', '.join(pattern.codes)}"
            yield Failure(promise=6, check="words of a ruling", about="the answer", says=says)
            return


def waiver_matrix(subject: Subject, _: Scale) -> Part:
    """Check who waives what: every code, mark and channel, under every set of channels on which an opt-out binds."""
    fixed, rows = _fixed(1)
    c = columns(fixed, rows, 0.0)
    failures = []
    sets, _steps = tightenings("opt_out_binds")
    for binds in sets:
        limits = replace(Limits(), opt_out_binds=binds)  # type: ignore[arg-type]  # the classes of this limit are sets
        actual = subject.waivers(c, limits)
        wanted = np.array([declared(code, fixed["mark"], fixed["channel"], limits) for code in POLICY_CODES])
        for place, row in np.argwhere(actual != wanted)[:1].tolist():
            example = {name: str(values[row]) for name, values in fixed.items()} | {"limits.opt_out_binds": str(binds)}
            says = (
                "is waived where the contract does not waive it" if actual[place, row] else "is not waived where it is"
            )
            failures.append(Failure(promise=2, check="waivers", about=POLICY_CODES[place], says=says, example=example))
    return Part(name="waivers", promises=(2,), cases=len(sets) * rows * len(POLICY_CODES), failures=failures[:1])


def _explodes(_: Columns, __: Limits) -> Any:
    raise MemoryError


BROKEN: dict[str, Callable[[Columns, Limits], Any]] = {
    "raises": _explodes,
    "answers nothing": lambda _, __: None,
    "answers one for all": lambda _, __: np.zeros(1, dtype=np.bool_),
    "answers a row too many": lambda c, _: np.zeros(c.rows + 1, dtype=np.bool_),
    "answers in numbers": lambda c, _: np.zeros(c.rows, dtype=np.int8),
    "answers a list": lambda c, _: [False] * c.rows,
}


def broken(subject: Subject, _: Scale) -> Part:
    """Check that a broken filter or none refuses every row, and that the others are heard as before."""
    fixed, kinds = _fixed(4)
    rows = 4 * kinds
    nothing = np.zeros((len(CODES), rows), dtype=np.bool_)
    refused = nothing.copy()
    refused[:, : rows // 4], refused[::3, rows // 4 : rows // 2] = True, True
    made = Made(CODES, refused, ~nothing, nothing, [False] * len(CODES), fixed)
    sound, c = made.filters(), made.columns()
    before = subject.rule(c, Limits(), sound).verdicts
    failures = [*_ruled(subject, made, Limits())]
    for (place, code), (how, test) in product(enumerate(CODES), BROKEN.items()):
        ruling = subject.rule(c, Limits(), [*sound[:place], Filter(code, test), *sound[place + 1 :]])
        one = subject.rule(c.take(slice(0, 1)), Limits(), [Filter(code, test)])  # a single row goes a way of its own
        others = [PLACE[other] for other in CODES if other != code]
        if not (ruling.denied.all() and one.denied.all() and (ruling.verdicts[PLACE[FAILED]] == REFUSE).all()):
            failures.append(_broken(code, f"{how}, and a row is not refused for it"))
        if not np.array_equal(ruling.verdicts[others], before[others]):
            failures.append(_broken(code, f"{how}, and the others are not heard as before", promise=6))
    empty = subject.rule(c, Limits(), ())
    if not (empty.denied.all() and (empty.verdicts[PLACE[FAILED]] == REFUSE).all()):
        failures.append(_broken("no filters", "an empty set of filters lets a row pass"))
    return Part(
        name="broken filters", promises=(2, 6), cases=(len(CODES) * len(BROKEN) + 1) * rows, failures=failures[:2]
    )


def _broken(code: str, says: str, promise: int = 2) -> Failure:
    return Failure(promise=promise, check="broken filters", about=code, says=says)
