"""What `outreach doctor` says of a certificate: quoted only where it holds now, under these shares."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Shares
from model.manifest import quotable
from serving.cli.diagnosis import certificate
from serving.scorer import ArtefactScorer, load_scorer
from tests.model.artefacts import written
from tests.model.examples import ISSUED_AT, boosted_scorer
from tests.model.examples import certificate as stated

LATER = ISSUED_AT + timedelta(days=1)
ENDS = ISSUED_AT + timedelta(days=90)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> ArtefactScorer:
    """The example artefact, certified for delivery updates by chat."""
    return load_scorer(written(tmp_path_factory.mktemp("doctor") / "model"))


def test_a_certificate_that_holds_is_quoted_with_its_date(scorer: ArtefactScorer) -> None:
    """The sentence that the report has, and until when."""
    expected = f"cut-off 0.004. {quotable(stated(boosted_scorer()), ENDS)}"
    assert certificate(scorer, Shares(), LATER) == expected
    assert expected.endswith("; valid until 18 February 2027, 18:00 UTC.")


@pytest.mark.parametrize(
    ("at", "shares", "words"),
    [
        (ENDS, Shares(), "only essential service goes out: its certificate expired on 18 February 2027, 18:00 UTC"),
        (
            LATER,
            Shares(model=0.8, policy_only=0.1, holdout=0.1),
            (
                "only essential service goes out: its certificate is for contact with probability 0.95 above the "
                "cut-off and 0.02 below, not for these `shares`"
            ),
        ),
        (
            ISSUED_AT - timedelta(seconds=1),
            Shares(),
            "check the clock: its certificate was issued on 20 November 2026, 18:00 UTC, which is yet to come",
        ),
    ],
    ids=["expired", "other shares", "a clock that went back"],
)
def test_a_certificate_that_does_not_hold_is_not_quoted(
    scorer: ArtefactScorer, at: datetime, shares: Shares, words: str
) -> None:
    """Nobody reads a sentence that is no longer true; what to do stands there instead."""
    said = certificate(scorer, shares, at)
    assert (said.startswith(words), "confidence" in said) == (True, False)


def test_a_certificate_without_a_date_permits_nothing(scorer: ArtefactScorer) -> None:
    """As the scorer that decides has it."""
    artefact = replace(scorer.artefact, certificate=replace(scorer.artefact.certificate, expires=None), issued_at=None)
    undated = replace(scorer, artefact=artefact)
    assert undated.permits("delivery_update", "chat", LATER) is False
    assert "its certificate has no date" in certificate(undated, Shares(), LATER)


def test_a_refused_certificate_says_so_in_its_own_sentence(tmp_path: Path) -> None:
    """Why, and that nothing discretionary is sent."""
    refused = load_scorer(written(tmp_path / "model", issued=False))
    expected = "No certificate: about 27,000 more rows are needed, so nothing discretionary is sent."
    assert certificate(refused, Shares(), LATER) == expected
