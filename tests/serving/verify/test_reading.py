"""Small situations are read as a person would read them, and a reader that reads one otherwise is found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Context
from serving.policy import rows, values
from serving.policy.columns import Flags, Numbers
from serving.policy.reading import Visit
from serving.policy.rows import Read, columns_of
from serving.verify.occasions import NAMES, occasion
from serving.verify.reading import COLUMNS, of_neighbours, of_situations
from serving.verify.run import checks
from serving.verify.situations import OWN, messages, situations_policy
from serving.verify.subject import Subject
from serving.verify.visits import ages, pages, visits
from tests.serving.verify.broken import TINY, promises

ALL = [*messages(), *visits(), *pages(), *ages()]


def test_each_situation_is_read_as_it_is() -> None:
    """Every column, every code."""
    part = of_situations(Subject(), TINY)
    assert (list(part.failures), part.cases) == ([], len(ALL))


def test_no_row_is_read_for_another_s_sake() -> None:
    """Alone, among all others, backwards, and beside one that cannot be read."""
    part = of_neighbours(Subject(), TINY)
    assert (list(part.failures), part.cases > 1_000) == ([], True)


def test_all_checks_have_both() -> None:
    """The command runs them."""
    assert {of_situations, of_neighbours} <= {*checks(Subject())}


def test_the_situations_are_distinct_and_move_what_they_name() -> None:
    """Each by its own name, and a column that differs does differ."""
    assert len({each.name for each in ALL}) == len(ALL)
    good = {each.base: each.columns() for each in ALL if each.name.endswith(", good")}
    idle = [(each.name, name) for each in ALL for name, value in each.differs.items() if value == good[each.base][name]]
    assert all(
        name in {"live", "own", "outbound", "settled_since", "channel"} for _, name in idle
    )  # stated all the same


def test_every_good_occasion_has_its_columns() -> None:
    """All of them, each column."""
    assert ({*OWN}, {*ALL[0].columns()}) == ({*NAMES}, {*COLUMNS})


def test_every_column_of_a_message_and_a_session_moves() -> None:
    """Both ways of each answer stand among the situations."""
    for name in (
        *("promotional", "generic", "newcomer", "complete", "grounded", "next_step", "templated", "same_purpose"),
        *("judged", "approval", "outdated", "live", "own", "outbound", "ages_as", "settled_since", "widget_messages"),
    ):
        assert len({each.columns()[name] for each in ALL}) > 1, name


Flagged = Mapping[str, int]


def flags(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let the reader say something else in its flags."""
    installed = rows.flags_of

    def errs(one: Candidate, known: Context, found: values.Found, *about: Any) -> tuple[int, ...]:
        said = change(Flags(*installed(one, known, found, *about))._asdict(), one, found)
        return tuple(said[name] for name in Flags._fields)

    monkeypatch.setattr(rows, "flags_of", errs)


def free_texts_sell(said: Flagged, one: Candidate, *_: Any) -> Flagged:
    """Judge the wording of templates alone."""
    return {**said, "promotional": said["promotional"] if one.message.template else 0}


def templates_sell(said: Flagged, one: Candidate, *_: Any) -> Flagged:
    """Judge the wording of free texts alone."""
    return {**said, "promotional": said["promotional"] if one.message.text else 0}


def templates_for_anybody(said: Flagged, one: Candidate, *_: Any) -> Flagged:
    """Take what somebody approved for nothing generic."""
    return {**said, "generic": said["generic"] if one.message.text else 0}


def essential_sells(said: Flagged, *about: Any) -> Flagged:
    """Look away where it is essential."""
    return {**said, "promotional": said["promotional"] if about[1].event.type != "shipment.failed" else 0}


MESSAGES: Mapping[str, Any] = {
    "free texts may sell": free_texts_sell,
    "templates may sell": templates_sell,
    "templates may be for anybody": templates_for_anybody,
    "what is essential may sell": essential_sells,
    "always grounded": lambda said, *_: {**said, "grounded": 1},
    "always complete": lambda said, *_: {**said, "complete": 1},
    "always a next step": lambda said, *_: {**said, "next_step": 1},
    "any template will do": lambda said, *_: {**said, "same_purpose": said["templated"]},
    "every language is read": lambda said, *_: {**said, "judged": 1},
    "never for newcomers": lambda said, *_: {**said, "newcomer": 0},
    "always templates": lambda said, *_: {**said, "templated": 1},
}


@pytest.mark.parametrize("what", list(MESSAGES))
def test_a_reader_of_messages_that_errs_is_found(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """With the situation, the column and both values."""
    flags(monkeypatch, MESSAGES[what])
    failures = of_situations(Subject(), TINY).failures
    assert failures
    assert "is read as" in failures[0].says


EVIDENCE: Mapping[str, Any] = {
    "never outdated": lambda said, *_: {**said, "outdated": 0},
    "a page ages like a parcel": lambda said, *_: {**said, "ages_as": said["mark"]},
}


@pytest.mark.parametrize("what", list(EVIDENCE))
def test_a_reader_of_evidence_that_errs_is_found(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """The page that was left, the five minutes of a page."""
    flags(monkeypatch, EVIDENCE[what])
    assert of_situations(Subject(), TINY).failures


def live(seen: Visit, *_: Any) -> Visit:
    """Take every session that is there for an open one."""
    return replace(seen, live=1) if seen.own >= 0 else seen


def trusting(seen: Visit, *_: Any) -> Visit:
    """Take whoever's session for theirs."""
    return replace(seen, own=1) if seen.own == 0 else seen


def taken_for_own(seen: Visit, one: Candidate, *_: Any) -> Visit:
    """Take a session that is not known for their own."""
    return replace(seen, own=1, live=1) if one.session_id is not None and seen.own < 0 else seen


VISITS: Mapping[str, Any] = {
    "always live": live,
    "always theirs": trusting,
    "theirs where it is not known": taken_for_own,
    "no page is left": lambda seen, *_: replace(seen, left_page=False),
    "no messages in it": lambda seen, *_: replace(seen, widget_messages=0.0),
    "settled since ever": lambda seen, *_: replace(seen, since=0.0),
}


@pytest.mark.parametrize("what", list(VISITS))
def test_a_reader_of_visits_that_errs_is_found(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Sessions in the chat and in the widget, and the pages of them."""
    installed = rows.visit
    monkeypatch.setattr(rows, "visit", lambda *about: VISITS[what](installed(*about), *about))
    assert promises(of_situations(Subject(), TINY).failures) == {2}


@pytest.mark.parametrize(
    ("place", "name", "instead"),
    [
        (values, "uses_any", lambda *_: True),
        (values, "differ", lambda *_: False),
        (values, "unproved", lambda *_: ()),
        (values, "sold_by", lambda *_, **__: {}),
        (rows, "unpack", None),
    ],
)
def test_a_reader_with_a_part_that_errs_is_found(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, instead: Any
) -> None:
    """Facts that are not looked for, not compared, not vouched for; unknown inputs that are kept back."""
    unpack = rows.unpack
    monkeypatch.setattr(
        place, name, instead or (lambda *about: replace(unpack(*about), doubtful=frozenset({"own", "due_at"})))
    )
    assert of_situations(Subject(), TINY).failures


def reading(change: Any) -> Subject:
    """Return the policy with a reader whose columns are changed."""

    def reader(candidates: Sequence[Candidate], contexts: Sequence[Context], **options: Any) -> Read:
        read = columns_of(candidates, contexts, **options)
        return replace(read, columns=change(read.columns))

    return Subject(read=reader)


@pytest.mark.parametrize("name", ["minute", "grounded", "outbound", "evidence_time"])
def test_a_reader_that_takes_the_row_before_for_this_one_is_found(name: str) -> None:
    """Right alone, wrong among others."""
    failures = of_neighbours(reading(lambda c: replace(c, **{name: np.roll(getattr(c, name), 1)})), TINY).failures
    assert promises(failures) == {6}
    assert f"`{name}` is read as" in failures[0].says


def test_a_reader_that_gives_up_beside_an_unreadable_row_is_found() -> None:
    """One bad row makes one bad row."""

    def strict(c: Any) -> Any:
        return c if (c.readable == 1).all() else replace(c, readable=np.zeros_like(c.readable))

    says = [failure.says for failure in of_neighbours(reading(strict), TINY).failures]
    assert "beside a row that cannot be read" in says[-1]


def test_a_reader_that_says_another_row_s_text_is_found() -> None:
    """Messages and fact keys belong to their rows."""

    def reader(*about: Any, **options: Any) -> Read:
        read = columns_of(*about, **options)
        return replace(read, messages=[*read.messages[1:], read.messages[0]])

    assert any("`message`" in failure.says for failure in of_neighbours(Subject(read=reader), TINY).failures)


def test_the_policy_of_the_situations_has_the_good_templates_too() -> None:
    """Those of the occasions, and some that are wrong in one way each."""
    assert {*NAMES} < {*situations_policy().templates}
    assert occasion("ordinary").candidate.message.template in situations_policy().digests


def test_the_columns_are_all_columns() -> None:
    """Flags, then numbers."""
    assert (*Flags._fields, *Numbers._fields) == COLUMNS
