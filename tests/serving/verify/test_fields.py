"""Reading: each field's values become what is declared, and an answer carries what each filter says alone."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Context
from serving.decide import decide
from serving.policy.columns import YES
from serving.policy.rows import Read, columns_of
from serving.ports import Decided
from serving.verify.changing import NO_TRUTHS, changes, is_, not_yes, unknown
from serving.verify.fields import of_fields
from serving.verify.occasions import NAMES, occasion
from serving.verify.subject import Subject
from tests.serving.verify.broken import TINY, promises


@pytest.mark.parametrize("name", NAMES)
def test_each_field_is_read_as_declared(name: str) -> None:
    """Every single change, some pairs, and the reasons of all of them."""
    part = of_fields(Subject(), TINY, name)
    assert (list(part.failures), part.cases > 200) == ([], True)


def reading(change: Any) -> Subject:
    """Return the policy with a reader that sees other contexts and candidates."""

    def reader(candidates: Sequence[Candidate], contexts: Sequence[Context], **options: Any) -> Read:
        pairs = [change(*pair) for pair in zip(candidates, contexts, strict=True)]
        return columns_of([one for one, _ in pairs], [known for _, known in pairs], **options)

    return Subject(read=reader)


def no_news(one: Candidate, known: Context) -> tuple[Candidate, Context]:
    """Take an unknown opt-out for none."""
    return one, replace(known, opted_out=known.opted_out is True, unknown=known.unknown - {"opted_out"})


def forgetful(one: Candidate, known: Context) -> tuple[Candidate, Context]:
    """Forget what could not be found out."""
    return one, replace(known, unknown=frozenset())


def never_mind(one: Candidate, known: Context) -> tuple[Candidate, Context]:
    """Take a complaint without a proper time for none."""
    at = known.last_complaint_at
    return one, known if getattr(at, "tzinfo", None) else replace(known, last_complaint_at=None)


def zero(one: Candidate, known: Context) -> tuple[Candidate, Context]:
    """Take an unknown count for none."""
    counts = {name: value for name in ("contacts_60m", "contacts_24h") if not (value := getattr(known, name))}
    odd = dict.fromkeys(counts, 0) | ({"contacts_7d": 0} if not isinstance(known.contacts_7d, int | float) else {})
    return one, replace(known, **odd)


def anywhere(one: Candidate, known: Context) -> tuple[Candidate, Context]:
    """Take a channel that does not exist for the one that was asked for."""
    return (one, known) if one.channel != "fax" else (replace(one, channel="email"), known)


@pytest.mark.parametrize(
    ("change", "name", "about"),
    [
        (no_news, "ordinary", "opted_out"),
        (forgetful, "ordinary", "evidence"),
        (never_mind, "critical", "last_complaint_at"),
        (zero, "essential", "contacts_60m"),
        (anywhere, "reminder", "channel"),
    ],
)
def test_a_reader_that_guesses_is_found(change: Any, name: str, about: str) -> None:
    """Promise 2, with field and value."""
    failures = of_fields(reading(change), TINY, name).failures
    assert 2 in promises(failures)
    assert about in {failure.about for failure in failures}


def test_a_column_outside_of_its_values_is_found() -> None:
    """A reader may only make values that the grids hold."""

    def reader(candidates: Any, contexts: Any, **options: Any) -> Read:
        read = columns_of(candidates, contexts, **options)
        return replace(read, columns=replace(read.columns, outbound=np.full_like(read.columns.outbound, -1)))

    failures = of_fields(Subject(read=reader), TINY, "ordinary").failures
    assert any("`outbound` is -1, which is none of its values" in failure.says for failure in failures)


def test_columns_that_do_not_go_together_are_found() -> None:
    """No clock, and yet a zone."""

    def reader(candidates: Any, contexts: Any, **options: Any) -> Read:
        read = columns_of(candidates, contexts, **options)
        return replace(read, columns=replace(read.columns, minute=np.full_like(read.columns.minute, np.nan)))

    failures = of_fields(Subject(read=reader), TINY, "ordinary").failures
    assert any(failure.says == "a row without a clock has `zoned`" for failure in failures)


def test_a_reader_that_mixes_fields_up_is_found() -> None:
    """An opt-out that is not read while a complaint is open: two changes together, neither alone."""

    def mixed(one: Candidate, known: Context) -> tuple[Candidate, Context]:
        return one, replace(known, opted_out=False) if known.complaint_open is True else known

    failures = of_fields(reading(mixed), replace(TINY, thin=1), "ordinary").failures
    assert any("after both changes" in failure.says for failure in failures)


def masking(*args: Any, **options: Any) -> list[Decided]:
    """Give the first reason only."""
    answers = decide(*args, **options)
    return [replace(each, decision=replace(each.decision, reasons=each.decision.reasons[:1])) for each in answers]


def disorderly(*args: Any, **options: Any) -> list[Decided]:
    """Give the reasons backwards."""
    answers = decide(*args, **options)
    return [replace(each, decision=replace(each.decision, reasons=each.decision.reasons[::-1])) for each in answers]


def curt(*args: Any, **options: Any) -> list[Decided]:
    """Do not say what would change it."""
    answers = decide(*args, **options)
    return [
        replace(
            each,
            decision=replace(
                each.decision, reasons=tuple(replace(reason, would_change="") for reason in each.decision.reasons)
            ),
        )
        for each in answers
    ]


@pytest.mark.parametrize("broken", [masking, disorderly, curt])
def test_a_masked_reason_is_found(broken: Any) -> None:
    """Promise 6, with what was given and what was said."""
    failures = of_fields(Subject(decide=broken), TINY, "ordinary").failures
    [failure] = [failure for failure in failures if failure.check == "reasons"]
    assert (failure.promise, {"given", "said", "change"} <= set(failure.example)) == (6, True)


def test_every_field_of_a_context_is_changed() -> None:
    """But for the numbers of the model: they are none of the policy's."""
    changed = {change.field for name in NAMES for change in changes(occasion(name)) if change.place == "context"}
    assert {field.name for field in fields(Context)} - changed == {"history", "unknown"}


def test_every_field_can_be_unknown() -> None:
    """Each name of a context is put into `unknown`."""
    named = {change.field for change in changes(occasion("ordinary")) if change.place == "unknown"}
    assert named == {field.name for field in fields(Context)}


def test_what_a_column_may_be() -> None:
    """Exactly this; anything but yes; unknown in a flag or a number."""
    assert (is_(YES)(1.0), is_(YES)(0.0)) == (True, False)
    assert [not_yes(value) for value in (-1.0, 0.0, 1.0, float("nan"))] == [True, True, False, True]
    assert [unknown(value) for value in (-1.0, 0.0, float("nan"))] == [True, False, True]


def test_a_change_is_made_where_it_says() -> None:
    """In the candidate, the context, the session or the list of what is unknown; its name says so."""
    base = occasion("on_page")
    made = {change.place: change.made(base) for change in changes(base)}
    assert set(made) == {"candidate", "context", "session", "unknown"}
    assert all(each != base for each in made.values())
    names = {change.name for change in changes(base)}
    assert {"context.opted_out = True", "`opted_out` in `unknown`", "session.ended = True"} <= names
    assert None in NO_TRUTHS
