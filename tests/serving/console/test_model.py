"""The page of the model: with a report, with half of one, without any; and what its challenger says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from model.artefact import write
from serving.app import create_app
from serving.fakes import FakeScorer
from serving.ports import Scorer
from serving.scorer import ArtefactScorer, load_scorer
from serving.settings import Settings
from tests.model.examples import ISSUED_AT, extra, rows, scorer
from tests.model.reports import report
from tests.serving.console.signing_in import signed_in
from tests.serving.served import Served, Watch, candidate, consent, event, memory_ledger

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> ArtefactScorer:
    """An artefact whose report says everything."""
    folder, made = tmp_path_factory.mktemp("model") / "a", scorer()
    write(folder, made, extra=report(), golden=rows(made)[:8], issued_at=ISSUED_AT)
    return load_scorer(folder, version="12")


def page(model: Scorer | None, *, shadow: Scorer | None = None, path: str = "/console/model") -> str:
    """What somebody who only reads sees."""
    with Served(create_app(Settings(), scorer=model, shadow=shadow, ledger=memory_ledger(), clock=Watch())) as api:
        answer = signed_in(api, "read").get(path)
        assert answer.status_code == 200, answer.text
        return answer.text


def test_the_card_quotes_the_certificate_and_shows_each_part(artefact: ArtefactScorer) -> None:
    """The sentence, the gate's questions, three charts, the groups, and the versions."""
    shown = page(artefact)
    wanted = [
        "With 95 % confidence, contacting the customers this model picks",
        "Does it gain more than the rule before it",
        'id="chart-value"',
        'id="chart-qini"',
        'id="chart-groups"',
        "region = north",
        artefact.sha256,
        "No challenger is being asked now",
    ]
    actual = [each for each in wanted if each not in shown]
    assert actual == []


def test_figures_for_a_statistician_are_folded(artefact: ArtefactScorer) -> None:
    """What stands open speaks plainly: no name of a statistic, no data set's letter, no fraction of a hundred."""
    shown = page(artefact)
    unfolded = re.sub(r"<(details|script)\b.*?</\1>", "", shown[shown.index("<main") :], flags=re.DOTALL)
    actual = [word for word in ("Qini", "D2", "D1", "placebo", "slope", "SHA-256", "seed") if word in unfolded]
    assert (actual, "The gate" in unfolded, "Every check passed" in unfolded) == ([], True, True)


def test_a_chart_says_what_its_axes_are(artefact: ArtefactScorer) -> None:
    """In words, for the drawing and under it."""
    assert '"across": "Tenth of occasions, ranked highest first"' in page(artefact)


def test_without_a_model_the_page_says_what_that_means() -> None:
    """And how one comes to be."""
    shown = page(None)
    actual = [each in shown for each in ("No model is in charge", "outreach train", "The certificate")]
    assert actual == [True, True, False]


def test_a_model_without_a_report_is_named() -> None:
    """One that is no artefact has no card."""
    shown = page(FakeScorer(version="9"))
    assert "The model in charge, version 9, came without a report." in shown


def test_a_report_that_says_little_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    """The certificate, the gate, and what is missing."""
    made = scorer()
    write(tmp_path / "a", made, extra=extra(made), golden=rows(made)[:8], issued_at=ISSUED_AT)
    shown = page(load_scorer(tmp_path / "a"))
    actual = [each in shown for each in ("Its report does not say", "The gate", "What choosing adds")]
    assert actual == [True, True, False]


@pytest.mark.parametrize("place", ["versions", "segments", "gate", "checks", "profile"])
def test_no_word_of_a_report_becomes_markup(artefact: ArtefactScorer, place: str) -> None:
    """A foreign report is text, wherever it stands."""
    said = {
        "versions": {EVIL: EVIL},
        "segments": [report()["segments"][0] | {"column": EVIL, "value": EVIL}],
        "gate": {"promoted": True, "checks": [{"name": EVIL, "passed": True, "detail": EVIL}]},
        "checks": [report()["checks"][0] | {"name": EVIL, "detail": EVIL}],
        "profile": {
            "rows": report()["profile"]["rows"],
            "features": [report()["profile"]["features"][0] | {"name": EVIL}],
        },
    }
    manifest = {**artefact.artefact.manifest, "report": report() | {place: said[place]}}
    shown = page(replace(artefact, artefact=replace(artefact.artefact, manifest=manifest)))
    actual = (EVIL in shown, "&lt;script&gt;alert(1)" in shown)
    assert actual == (False, True)


def test_the_challenger_is_compared_on_what_was_recorded() -> None:
    """Both were asked about one occasion: the model would contact, the challenger would not."""
    model, shadow = FakeScorer(version="7", cutoff=0.004), FakeScorer(version="8", cutoff=0.5)
    app = create_app(Settings(), scorer=model, shadow=shadow, ledger=memory_ledger(), clock=Watch())
    with Served(app) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        made = api.post("/v1/decisions", candidate()).json()["decision_id"]
        shown = signed_in(api, "read").get("/console/model/challenger").text
    wanted = ["Version 7 is in charge, version 8 its challenger", f"/console/decisions/{made}", "Said the same"]
    actual = [each for each in wanted if each not in shown]
    assert actual == []


def test_without_a_challenger_the_page_says_so() -> None:
    """And what will stand there."""
    shown = page(FakeScorer(), path="/console/model/challenger")
    assert "No challenger was asked about any of the newest 2,000 decisions." in shown
