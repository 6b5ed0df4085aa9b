"""The card of an artefact: all that its report says, and of a report that says less, all that it does."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.artefact import write
from model.certifying.words import sentence
from model.report.words import summary
from serving.model_card.card import Card, card_of
from serving.scorer import ArtefactScorer, load_scorer
from tests.model.examples import ISSUED_AT, extra, rows, scorer
from tests.model.reports import report

PARTS = ("summary", "checks of a sceptic", "pictures", "limits")
GRIDS = {"effects", "policies", "segments", "profile"}
TEXT = "<script>alert(1)</script>"


def loaded(folder: Path, said: Any) -> ArtefactScorer:
    """An artefact with this report, as it would be served."""
    made = scorer()
    write(folder, made, extra=said, golden=rows(made)[:8], issued_at=ISSUED_AT)
    return load_scorer(folder, version="7")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ArtefactScorer:
    """An artefact whose report says everything."""
    return loaded(tmp_path_factory.mktemp("whole") / "a", report())


@pytest.fixture(scope="module")
def card(whole: ArtefactScorer) -> Card:
    """Its card."""
    return card_of(whole)


def test_a_whole_report_is_told_whole(card: Card) -> None:
    """Nothing is missing, and each part is there."""
    actual = (card.missing, set(card.grids), len(card.curves), len(card.gate), len(card.checks))
    assert actual == ((), GRIDS, 3, 2, 4)


def test_the_quote_is_the_certificates_own(whole: ArtefactScorer, card: Card) -> None:
    """With its end: nobody words it a second time."""
    found = whole.artefact.certificate
    actual = card.quote
    assert actual == sentence(found, found.expires)


def test_the_bounds_are_per_thousand_and_never_rounded_down(card: Card) -> None:
    """At most 4 of 5 allowed: four fifths are filled."""
    actual = [(one.harm, one.bound, one.limit, one.without, one.filled) for one in card.bounds]
    assert actual == [("complaints", "4", "5", "6.00", 0.8), ("opt-outs", "4", "5", "6.00", 0.8)]


def test_the_scope_is_in_words(card: Card) -> None:
    """Each purpose with its channels: the words of every page."""
    actual = card.scope
    assert actual == (("news of a delivery", "chat"),)


def test_the_questions_are_those_of_the_trainings_page(card: Card) -> None:
    """The same words, but for the certificate's, which is quoted above."""
    actual = list(card.points)
    assert actual == [one for one in summary(report()) if one.question != "Is the harm certified?"]


def test_every_check_of_the_gate_says_what_it_asks(card: Card) -> None:
    """In plain words, with its figures."""
    actual = [(one.name, bool(one.asks), one.passed) for one in card.gate]
    assert actual == [("value", True, True), ("harm", True, True)]


def test_the_versions_name_the_history_and_the_artefact(whole: ArtefactScorer, card: Card) -> None:
    """What it was learned from, and with what."""
    actual = dict(card.about)
    assert actual["SHA-256 of the artefact"] == whole.sha256
    assert actual["SHA-256 of that history"] == "ab" * 32
    assert actual["learned with numpy"] == "2.4.6"
    assert list(actual)[5:7] == ["of these occasions with contact", "SHA-256 of that history"]
    assert actual["what it reads of a customer"] == "age, member and plan"


def test_an_artefact_that_only_has_a_certificate_has_a_card(tmp_path: Path) -> None:
    """What its report does not say is named; what was verified is shown."""
    made = scorer()
    card = card_of(loaded(tmp_path / "a", extra(made)))
    actual = (card.certified, len(card.bounds), card.grids, set(PARTS) <= set(card.missing))
    assert actual == (True, 2, {}, True)


def test_one_without_a_certificate_says_why(tmp_path: Path) -> None:
    """No bound, no end, and the refusal's sentence."""
    card = card_of(loaded(tmp_path / "a", report(issued=False)))
    actual = (card.certified, card.bounds, card.expires, card.promoted, card.quote[:15])
    assert actual == (False, (), None, False, "No certificate:")


def spoiled(said: Any, value: Any) -> list[Any]:
    """Every report in which one value of the first two levels is another; the certificate stays: it is verified."""
    found = []
    for key in said:
        if key in {"certificate", "reference"}:
            continue
        found.append({**copy.deepcopy(said), key: value})
        if isinstance(said[key], dict):
            found += [{**copy.deepcopy(said), key: {**said[key], inner: value}} for inner in said[key]]
    return found


@pytest.mark.parametrize("value", [None, {}, [], [None], TEXT, 1e308, True], ids=repr)
def test_whatever_a_report_says_there_is_a_card(whole: ArtefactScorer, value: Any) -> None:
    """A foreign report breaks no page: the certificate stands, whatever the rest is."""
    quotes = {card_of(altered(whole, said)).quote for said in spoiled(report(), value)}
    actual = quotes
    assert actual == {card_of(whole).quote}


def altered(whole: ArtefactScorer, said: Any) -> ArtefactScorer:
    """The same artefact with another report (`load` verifies the certificate alone, which stays)."""
    artefact = replace(whole.artefact, manifest={**whole.artefact.manifest, "report": said})
    return replace(whole, artefact=artefact)
