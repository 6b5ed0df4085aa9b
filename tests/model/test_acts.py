import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from model.acts import Act, numbered, read, record, refuse_anonymous, refuse_unfit
from model.artefact import Artefact
from model.errors import InvalidInput
from tests.model.champions import EXPIRES, certificate, needy
from tests.model.examples import ISSUED_AT

AT = datetime(2026, 11, 20, 19, 30, 0, 125, tzinfo=UTC)
ACT = Act(act="promote", version="3", replaced="2", by="ana", why="holds in Q4", at=AT)
NAMES = re.compile(r"[\w.\- ]{1,250}")  # what MLflow allows in a key on every system


def artefact(*, report: dict[str, Any] | None = None, **changes: Any) -> Artefact:
    """Return an artefact that passed its gate against nobody; `changes` are of its certificate."""
    stated = {"gate": {"promoted": True, "checks": []}, "champion": None} | (report or {})
    return Artefact(
        scorer=needy(),
        manifest={"report": stated},
        certificate=certificate(**changes),
        issued_at=ISSUED_AT,
        expires_at=EXPIRES,
        sha256="ab" * 32,
    )


def refused(given: Artefact, *, champion: tuple[str, str] | None = None, at: datetime = AT) -> str:
    """Return why version 3 may not be promoted; empty where it may."""
    try:
        refuse_unfit(given, "3", champion=champion, at=at)
    except InvalidInput as error:
        return str(error)
    return ""


def test_a_record_says_who_why_when_which_and_what_it_replaced() -> None:
    """As canonical JSON, under a key that MLflow allows everywhere."""
    key, value = record(ACT, 12)
    assert (key.rpartition(".")[0], bool(NAMES.fullmatch(key))) == ("act.20261120T193000.000125Z.12", True)
    assert json.loads(value) == {
        "act": "promote",
        "at": "2026-11-20T19:30:00.000125+00:00",
        "by": "ana",
        "replaced": "2",
        "version": "3",
        "why": "holds in Q4",
    }


@pytest.mark.parametrize("words", ["ana", "Zoë “Z” 名", 'a "quoted" \\ word', "two\nlines"], ids=ascii)
def test_what_is_recorded_is_what_is_read(words: str) -> None:
    """Whatever people write; first acts replace nobody; other tags are no records."""
    given = [replace(ACT, by=words, why=words), replace(ACT, replaced=None)]
    tags = dict(record(act, number) for number, act in enumerate(given, start=1))
    assert read(tags | {"owner": "cx", "activity": "high"}) == given


def test_acts_are_read_in_the_order_of_their_numbers() -> None:
    """A clock that was set back, or the tenth act, moves none."""
    given = [replace(ACT, at=AT - timedelta(hours=k)) for k in range(12)]
    tags = dict(record(act, number) for number, act in enumerate(given, start=1))
    assert read(dict(sorted(tags.items()))) == given


def test_the_next_number_is_one_more_than_the_largest() -> None:
    """Also where a record is missing, or somebody added a key by hand."""
    keys = [record(ACT, number)[0] for number in (1, 9, 3)]
    assert [numbered(given) for given in ([], ["owner"], keys, [*keys, "act.by.hand", "act.a.b.c.d"])] == [1, 1, 10, 10]


def test_two_acts_of_one_instant_and_number_do_not_overwrite_each_other() -> None:
    """Two people at once: both stay on record."""
    pair = [ACT, replace(ACT, by="bo")]
    tags = dict(record(act, 1) for act in pair)
    assert sorted(act.by for act in read(tags)) == ["ana", "bo"]


def test_an_instant_is_recorded_in_utc() -> None:
    """One instant, one record."""
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    assert record(replace(ACT, at=paris), 1) == record(ACT, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.replace("ana", "bo"),
        lambda value: value[:-1],
        lambda _: "[]",
        lambda _: "{}",
        lambda value: value.replace("2026-11-20T", "yesterday"),
        lambda value: value.replace("{", '{"more": 1, '),
    ],
    ids=["another name", "cut", "a list", "empty", "no time", "one more key"],
)
def test_a_record_that_was_changed_is_found(change: Any) -> None:
    """Its key holds the hash of its value."""
    key, value = record(ACT, 1)
    with pytest.raises(InvalidInput, match=r"record `act\.20261120T193000\.000125Z\.1\..{8}` .*; restore the registry"):
        read({key: change(value)})


def test_a_reason_that_does_not_fit_is_refused() -> None:
    """Databases keep 5,000 bytes; what is cut is no record."""
    with pytest.raises(InvalidInput, match=r"`by` and `why` make a record of 4,1\d\d bytes; say it in at most 4,000"):
        record(replace(ACT, why="x" * 4_000), 1)


@pytest.mark.parametrize(
    ("by", "why", "problem"),
    [
        ("", "x", "`by` is empty; name who decides"),
        ("ana", " \t", "`why` is empty; say why"),
        ("", "", "`by` is empty; name who decides; `why` is empty; say why"),
        ("ana", "\u200b", "`why` is empty; say why"),
        ("–", "x", "`by` is empty; name who decides"),
    ],
    ids=["nobody", "no reason", "neither", "an invisible reason", "a dash"],
)
def test_blank_words_are_named(by: str, why: str, problem: str) -> None:
    """Each that is missing."""
    with pytest.raises(InvalidInput) as refusal:
        refuse_anonymous(by, why)
    assert str(refusal.value) == problem


def test_a_first_version_that_passed_may_be_promoted() -> None:
    """Compared with nobody, and nobody is champion."""
    assert refused(artefact()) == ""


@pytest.mark.parametrize("report", [{"gate": {}}, {"gate": {"promoted": 1}}, {"gate": {"promoted": "true"}}], ids=str)
def test_only_a_gate_that_says_true_has_passed(report: dict[str, Any]) -> None:
    """Absent, or another word for it, is no."""
    assert refused(artefact(report=report)) == "version `3` did not pass the gate (); promote one that did"


@pytest.mark.parametrize(
    ("at", "late"), [(EXPIRES - timedelta(microseconds=1), False), (EXPIRES, True)], ids=["just before", "at expiry"]
)
def test_an_expired_certificate_may_not_be_promoted(at: datetime, late: bool) -> None:  # noqa: FBT001  (a case)
    """From the instant of expiry on."""
    actual = refused(artefact(), at=at)
    expected = "the certificate of version `3` expired on 2027-02-18; train on newer data and promote that"
    assert actual == (expected if late else "")


def test_what_was_never_certified_cannot_expire() -> None:
    """Without harm labels the gate lets pass what permits no send anyway."""
    assert refused(artefact(issued=False, cutoff=None, expires=None), at=EXPIRES) == ""


@pytest.mark.parametrize(
    ("against", "champion", "words"),
    [
        (None, ("2", "cd" * 32), "with nobody, but the champion is version 2 (cdcdcdcd…): train it again"),
        (("1", "ef" * 32), ("2", "cd" * 32), "with version 1 (efefefef…), but the champion is version 2 (cdcdcdcd…)"),
        (("2", "ef" * 32), ("2", "cd" * 32), "with version 2 (efefefef…), but the champion is version 2 (cdcdcdcd…)"),
        (("1", "ef" * 32), None, "with version 1 (efefefef…), but there is none: train it again"),
        (("2", "cd" * 32), ("2", "cd" * 32), ""),
        (None, ("3", "ab" * 32), ""),
        (("2", "cd" * 32), ("3", "ab" * 32), ""),
    ],
    ids=["nobody", "an earlier one", "same number", "none now", "the present one", "itself", "itself, after another"],
)
def test_the_gate_must_have_compared_with_the_present_champion(
    against: tuple[str, str] | None, champion: tuple[str, str] | None, words: str
) -> None:
    """Unless the version is the champion already."""
    stated = None if against is None else {"version": against[0], "manifest_sha256": against[1]}
    actual = refused(artefact(report={"champion": stated}), champion=champion)
    assert (words in actual, bool(actual)) == (True, bool(words))


def test_a_report_from_before_champions_was_compared_with_nobody() -> None:
    """An artefact without the key: the gate knew nobody else then."""
    given = artefact()
    report = dict(given.manifest["report"])
    del report["champion"]
    old = replace(given, manifest={"report": report})
    assert (refused(old), "with nobody" in refused(old, champion=("2", "cd" * 32))) == ("", True)


HOSTILE: dict[str, dict[str, Any]] = {
    "gate no object": {"gate": []},
    "gate null": {"gate": None},
    "checks no list": {"gate": {"promoted": False, "checks": 7}},
    "check no object": {"gate": {"promoted": False, "checks": ["x"]}},
    "check without words": {"gate": {"promoted": False, "checks": [{"passed": False}]}},
    "champion no object": {"champion": "2"},
    "champion without a hash": {"champion": {"version": "2"}},
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_a_report_that_says_no_gate_is_refused(case: str) -> None:
    """Whoever wrote the artefact wrote its report: one line, and nothing is promoted."""
    with pytest.raises(InvalidInput, match="version `3` says no gate that can be read; train it again"):
        refuse_unfit(artefact(report=HOSTILE[case]), "3", champion=None, at=AT)
