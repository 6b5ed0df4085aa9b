"""A filter that is missing, or that never says no, is found: one for each code, and each harm alone refuses."""

from typing import Any

import numpy as np
import pytest

from serving.policy import evidence, message, session
from serving.policy.columns import YES, Columns
from serving.policy.engine import FAILED, Filter
from serving.policy.limits import Limits
from serving.policy.purposes import CHANNELS as SIX
from serving.policy.purposes import PURPOSE_INDEX
from serving.policy.rules import FILTERS
from serving.verify import plain
from serving.verify.demands import STEPS, WORSE
from serving.verify.plain import CODES, KINDS, one_each, plain_rows, singles
from serving.verify.promises import of_filter
from serving.verify.refused import CHANNELS, PURPOSES, REFUSED
from serving.verify.report import Failure
from serving.verify.run import checks
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, asking, named, promises, without

SUBJECT = Subject(filters=FILTERS)


def test_each_harm_alone_refuses_a_plain_row() -> None:
    """By the very codes that the contract says, of each mark, outside and inside a session."""
    part = plain_rows(SUBJECT, TINY)
    assert (list(part.failures), part.cases > 10_000) == ([], True)


def test_there_is_one_filter_for_each_code() -> None:
    """And each column is some filter's to read."""
    part = one_each(SUBJECT, TINY)
    assert (list(part.failures), part.cases) == ([], len(CODES))


def test_all_checks_have_both() -> None:
    """The command runs them."""
    assert {one_each, plain_rows} <= {*checks(SUBJECT)}


@pytest.mark.parametrize("code", CODES)
def test_a_filter_that_is_left_out_is_found(code: str) -> None:
    """With a row that is permitted then."""
    failures = one_each(Subject(filters=[each for each in FILTERS if each.code != code]), TINY).failures
    [failure] = [each for each in failures if each.says.startswith("no filter says it: a row")]
    assert (failure.promise, failure.about) == (6, code)
    assert bool(failure.example) is (code != "purpose_switched_off")  # nothing is switched off by default


def test_a_filter_that_is_left_out_is_shown_by_its_column() -> None:
    """Who opted out would be written to."""
    failures = one_each(Subject(filters=[each for each in FILTERS if each.code != "opted_out"]), TINY).failures
    assert failures[0].example == {"a row that is otherwise good": "reaching out, ordinary", "opted_out": "yes"}
    assert [(each.about, each.says) for each in failures[1:]] == [("opted_out", "no filter reads this column")]


def test_a_second_filter_of_one_code_is_found() -> None:
    """Of two with one code the engine would hear the last alone."""
    never = Filter("opted_out", lambda c, _: np.zeros(c.rows, dtype=np.bool_))
    failures = one_each(Subject(filters=[*FILTERS, never]), TINY).failures
    assert [(each.about, each.says[:9]) for each in failures] == [("opted_out", "2 filters")]


def test_a_filter_of_the_engine_s_own_code_is_found() -> None:
    """`filter_failed` is nobody's to say but the engine's."""
    odd = Filter(FAILED, lambda c, _: np.zeros(c.rows, dtype=np.bool_))
    assert [each.about for each in one_each(Subject(filters=[*FILTERS, odd]), TINY).failures] == [FAILED]


@pytest.mark.parametrize("code", [code for code in CODES if code != "frequency_cap"])  # its grid is large: see below
def test_a_filter_that_never_says_no_is_found(code: str) -> None:
    """Unknown inputs are refused as ever, and promise 5 holds of it: it has no no to lose."""
    never = asking(code, lambda c, _: np.zeros(c.rows, dtype=np.bool_))
    failures = of_filter(never, TINY, code).failures
    assert [each.about for each in failures if "passes a harm that the contract refuses" in each.says] == [code]


@pytest.mark.parametrize("code", ["already_told", "breaker_open", "cooling_off", "frequency_cap", "evidence_stale"])
def test_a_filter_that_never_says_no_is_found_in_the_whole_ruling(code: str) -> None:
    """Through the engine, with all the others beside it."""
    never = asking(code, lambda c, _: np.zeros(c.rows, dtype=np.bool_))
    failures = plain_rows(never, TINY).failures
    assert (failures[0].promise, failures[0].about) == (5, code)
    assert "a row that is otherwise good" in failures[0].example


def at_the_limit(c: Columns, limits: Limits) -> Any:
    """Let the last contact of a cap be one too many."""
    over = [getattr(c, name) > getattr(limits, name) for name in ("contacts_60m", "contacts_24h", "contacts_7d")]
    essential = (c.mark >= 1) & (c.contacts_24h > limits.essential_24h)
    reaching = (c.outbound == YES) & ((over[0] | over[1] | over[2]) & (c.mark < 1) | essential)
    return reaching | (c.widget_messages > limits.widget_per_session)


def until_due(c: Columns, limits: Limits) -> Any:
    """Forget what a reminder is for."""
    return named("evidence_stale").test(c, limits) & ~(c.due_at <= c.now)


ODD: dict[str, tuple[str, Any]] = {
    "a cap that is reached at one more": ("frequency_cap", at_the_limit),
    "an expiry that has come": ("expired", lambda c, _: c.now > c.expires_at),
    "an age that is reached": ("evidence_stale", lambda c, limits: c.now > evidence.evidence_ends(c, limits)),
    "a reminder past its day": ("evidence_stale", until_due),
    "quiet from the minute after": (
        "quiet_hours",
        lambda c, limits: (
            (c.minute > limits.quiet_start)
            | (c.minute < limits.quiet_end)
            | (c.minute_too >= limits.quiet_start)
            | (c.minute_too < limits.quiet_end)
        ),
    ),
    "the first clock alone": (
        "quiet_hours",
        lambda c, limits: (c.minute >= limits.quiet_start) | (c.minute < limits.quiet_end),
    ),
    "a cooling-off of a day more or less": (
        "cooling_off",
        lambda c, limits: c.now <= c.last_complaint + limits.cooling_off_days * 86_400.0,
    ),
    "a limit that is not read": ("dismissed", lambda c, _: c.now < c.dismissed_at + 30 * 86_400.0),
    "essential rows may sell": (
        "promotional_wording",
        lambda c, _: message.is_promotional.test(c, Limits()) & (c.mark < 1),
    ),
    "another purpose's template": ("template_not_approved", lambda c, _: c.approval < 1),
    "what the text says is not looked at": ("fact_superseded", lambda c, _: c.superseded == YES),
    "opted out of some channels": ("opted_out", lambda c, _: (c.opted_out == YES) & (c.channel != SIX.index("email"))),
    "a session that is not open": ("session_missing", lambda c, _: (c.live != YES) & (c.channel != 1)),
    "no welcome by the text": (
        "contradicts_history",
        lambda c, _: session.contradicts_history.test(c, Limits()) & (c.purpose == PURPOSE_INDEX["onboarding"]),
    ),
    "another language goes unread on a page": (
        "awaiting_approval",
        lambda c, _: message.awaits_approval.test(c, Limits()) & ((c.outbound == YES) | (c.templated == YES)),
    ),
    "too much": ("complaint_open", lambda c, _: (c.complaint_open == YES) | (c.conversation_open == YES)),
}


@pytest.mark.parametrize("what", list(ODD))
def test_a_filter_that_is_a_little_off_is_found(what: str) -> None:
    """`>` for `≥`, a column that is forgotten, rows that are spared."""
    code, test = ODD[what]
    changed = asking(code, test)
    failures = plain_rows(changed, TINY).failures
    if code != "frequency_cap":  # whose grid is large
        more = of_filter(changed, TINY, code).failures
        assert any("the contract" in each.says for each in more)
        failures = [*failures, *more]
    assert promises(failures) & {5, 6}


def test_a_filter_that_is_asked_about_too_few_rows_is_found() -> None:
    """The wording of what is essential is judged like any other."""
    spared = without("promotional_wording", concerns=lambda c: (c.complete == YES) & (c.mark < 1))
    failures = plain_rows(spared, TINY).failures
    assert {(each.promise, each.about) for each in failures} >= {(5, "promotional_wording")}
    assert failures[0].example["a row that is otherwise good"].endswith("essential")


def test_a_harm_that_nobody_feels_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the contract's own lines forgot it, too."""
    never: Any = lambda c, _: np.zeros(c.rows, dtype=np.bool_)  # noqa: E731  (typed)
    monkeypatch.setattr(plain, "REFUSED", {**REFUSED, "already_told": never})
    failures = plain_rows(asking("already_told", never), TINY).failures
    assert [(each.about, each.says) for each in failures] == [
        ("already_told", "a harm to it refuses nothing, whatever the row")
    ]


def test_every_harm_stands_among_the_plain_rows() -> None:
    """Each column at each of its classes, on each kind of row, of each mark."""
    made = singles(TINY.clock())
    assert {*STEPS, *WORSE} <= {*made.changed}
    assert len({*made.kinds}) == 3 * len(KINDS)
    assert len(made.kinds) == made.rows.rows


def test_the_contract_s_lines_are_all_there() -> None:
    """One for each code; purposes and channels at their places."""
    assert {*REFUSED} == {*CODES}
    assert tuple(PURPOSE_INDEX)[: len(PURPOSES)] == PURPOSES
    assert tuple(map(str, SIX)) == CHANNELS


def test_what_is_found_can_be_read() -> None:
    """The promise, the code, and the row."""
    never = asking("dismissed", lambda c, _: np.zeros(c.rows, dtype=np.bool_))
    failure: Failure = plain_rows(never, TINY).failures[0]
    assert "`dismissed`: does not refuse this harm alone" in failure.text()
    assert "dismissed_at = " in failure.text()
