"""The engine's seams: what is put together wrongly is found, by made-up filters that can say anything."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from serving.policy.columns import Columns, Mask
from serving.policy.engine import FAILED, NOT_ASKED, PASS, PLACE, REFUSE, WAIVED, Filter, Ruling, rule
from serving.policy.limits import Limits
from serving.policy.reasons import POLICY_CODES
from serving.policy.waivers import waivers
from serving.verify import composition
from serving.verify.composition import Made, broken, declared, everyone, expected, pairs, waiver_matrix
from serving.verify.demands import WAIVED as MATRIX
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, promises

SUBJECT = Subject()
Rule = Callable[[Columns, Limits, Sequence[Filter]], Ruling]


@pytest.mark.parametrize("check", [pairs, everyone, broken, waiver_matrix])
def test_the_installed_engine_composes_as_the_contract_says(check: Any) -> None:
    """Pairs, everyone at once, broken filters, waivers."""
    part = check(SUBJECT, TINY)
    assert (list(part.failures), part.cases > 0) == ([], True)


def changed(change: Callable[[Ruling, Sequence[Filter]], Ruling]) -> Subject:
    """Return the policy with an engine whose ruling is changed."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        return change(rule(c, limits, filters), filters)

    return Subject(rule=engine)


def masked(ruling: Ruling, _: Sequence[Filter]) -> Ruling:
    """Give the first reason only: one is enough."""
    verdicts = ruling.verdicts.copy()
    no = verdicts == REFUSE
    verdicts[no & (np.cumsum(no, axis=0) > 1)] = PASS
    return replace(ruling, verdicts=verdicts)


def lenient(ruling: Ruling, _: Sequence[Filter]) -> Ruling:
    """Let a hold win over a deny."""
    return replace(ruling, denied=ruling.denied & ~ruling.held)


def silent(ruling: Ruling, _: Sequence[Filter]) -> Ruling:
    """Forget who could not be judged."""
    return replace(ruling, failed=np.zeros_like(ruling.failed))


@pytest.mark.parametrize("change", [masked, lenient, silent])
@pytest.mark.parametrize("check", [pairs, everyone])
def test_an_engine_that_hides_an_answer_is_found(check: Any, change: Any) -> None:
    """A masked reason, a deny that a hold outweighs, a failure without a name: promise 6."""
    assert promises(check(changed(change), TINY).failures) == {6}


def test_a_masked_reason_is_named() -> None:
    """With the pair of codes and what each of them said."""
    [failure, *_] = pairs(changed(masked), TINY).failures
    assert {failure.about, "mark", "channel", "readable"} < set(failure.example)


def forgiving(ruling: Ruling, filters: Sequence[Filter]) -> Ruling:
    """Let everything pass where nobody was asked."""
    if filters:
        return ruling
    return replace(ruling, verdicts=np.zeros_like(ruling.verdicts), denied=np.zeros_like(ruling.denied))


def test_an_engine_that_takes_no_filters_for_no_reasons_is_found() -> None:
    """Empty means no: promise 2."""
    [failure] = broken(changed(forgiving), TINY).failures
    assert (failure.promise, failure.about) == (2, "no filters")


def test_an_engine_that_leaves_out_who_fails_is_found() -> None:
    """A filter that raises is no filter that passes."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        sound = []
        for each in filters:
            try:
                each.test(c, limits)
                sound.append(each)
            except MemoryError:
                continue
        return rule(c, limits, sound)

    failures = broken(Subject(rule=engine), TINY).failures
    assert promises(failures) == {2}
    assert "raises, and a row is not refused for it" in failures[0].says


def test_an_engine_that_gives_up_at_a_failure_is_found() -> None:
    """The others are heard all the same: promise 6."""

    def engine(c: Columns, limits: Limits, filters: Sequence[Filter]) -> Ruling:
        ruling = rule(c, limits, filters)
        if ruling.failed.all(axis=1).any():
            verdicts = np.full_like(ruling.verdicts, NOT_ASKED)
            verdicts[PLACE[FAILED]] = REFUSE
            return replace(ruling, verdicts=verdicts)
        return ruling

    assert 6 in promises(broken(Subject(rule=engine), TINY).failures)


def waiving(code: str, mark: int) -> Subject:
    """Return the policy with one more waiver."""

    def more(c: Columns, limits: Limits) -> Mask:
        spared = waivers(c, limits).copy()
        spared[PLACE[code]] |= c.mark >= mark
        return spared

    return Subject(waivers=more)


@pytest.mark.parametrize(
    ("code", "mark"),
    [("already_told", 1), ("quiet_hours", 1), ("frequency_cap", 2), ("evidence_missing", 2), ("opted_out", 1)],
)
def test_a_waiver_too_many_is_found(code: str, mark: int) -> None:
    """Promise 2, with code and mark."""
    [failure] = waiver_matrix(waiving(code, mark), TINY).failures
    assert (failure.promise, failure.about) == (2, code)
    assert failure.says == "is waived where the contract does not waive it"
    assert failure.example["mark"] == str(mark)


def test_a_waiver_too_few_is_found() -> None:
    """What essential service may say must not wait for a complaint."""

    def fewer(c: Columns, limits: Limits) -> Mask:
        spared = waivers(c, limits).copy()
        spared[PLACE["complaint_open"]] = False
        return spared

    [failure] = waiver_matrix(Subject(waivers=fewer), TINY).failures
    assert (failure.about, failure.says) == ("complaint_open", "is not waived where it is")


def test_an_opt_out_that_binds_nowhere_is_found() -> None:
    """The one waiver that configuration can take back."""
    loose = Subject(waivers=lambda c, _: waivers(c, Limits()))
    [failure] = waiver_matrix(loose, TINY).failures
    assert failure.about == "opted_out"


def test_the_matrix_is_the_contract_s() -> None:
    """Five codes from essential on, four more for critical; nothing else."""
    essential = {"consent_missing", "cooling_off", "complaint_open", "conversation_open", "dismissed"}
    critical = {"quiet_hours", "timezone_unknown", "breaker_open", "opted_out"}
    assert {code for code, mark in MATRIX.items() if mark == 1} == essential
    assert {code for code, mark in MATRIX.items() if mark == 2} == critical


def row(**fixed: int) -> dict[str, Any]:
    """Return one readable row."""
    return {
        name: np.array([value], dtype=np.int8)
        for name, value in ({"readable": 1, "mark": 0, "channel": 0} | fixed).items()
    }


def said(refused: bool, asked: bool, unknown: bool, *, own: bool = False, **fixed: int) -> int:  # noqa: FBT001  (three answers)
    """Return the verdict that the contract asks for, of one made-up filter on one row."""
    masks = [np.array([[each]]) for each in (refused, asked, unknown)]
    made = Made(("dismissed",), masks[0], masks[1], masks[2], [own], row(**fixed))
    return int(expected(made, Limits()).verdicts[PLACE["dismissed"], 0])


def test_what_is_expected_of_one_filter() -> None:
    """By hand: pass, refuse, waived, not asked, unknown as itself or as a failure, unreadable."""
    assert said(False, True, False) == PASS
    assert said(True, True, False) == REFUSE
    assert said(True, True, False, mark=1) == WAIVED
    assert said(True, False, False) == NOT_ASKED
    assert said(False, True, True) == NOT_ASKED
    assert said(False, True, True, own=True) == REFUSE
    assert said(True, True, False, readable=0) == NOT_ASKED


def test_what_is_expected_of_a_row() -> None:
    """An unknown input denies as `filter_failed`, unless it is waived; an unreadable row always does."""
    masks = [np.array([[each]]) for each in (False, True, True)]
    for mark, readable, denied in ((0, 1, True), (1, 1, False), (1, 0, True)):
        made = Made(("dismissed",), masks[0], masks[1], masks[2], [False], row(mark=mark, readable=readable))
        assert expected(made, Limits()).denied.tolist() == [denied]


@pytest.mark.parametrize("code", POLICY_CODES)
def test_declared_waivers_say_what_the_policy_says(code: str) -> None:
    """Restated, and the same: every mark on every channel, with an opt-out that binds on two."""
    limits = Limits(opt_out_binds=frozenset({"sms", "email"}))
    fixed, rows = composition._fixed(1)
    c = composition.columns(fixed, rows, 0.0)
    assert np.array_equal(declared(code, c.mark, c.channel, limits), waivers(c, limits)[PLACE[code]])
