"""Why no score can send anything: what a certificate lacks, in a few words."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.models.withheld import lacking
from serving.scorer import load_scorer
from tests.model.artefacts import written
from tests.model.examples import ISSUED_AT
from tests.occasions import NOW
from tests.serving.test_thanks import WATCHED, OddScorer, scores


@pytest.mark.parametrize(
    ("days", "issued", "words"),
    [
        (1, True, ""),
        (90, True, "the model's certificate expired at 2027-02-18T18:00:00Z"),
        (1, False, "the model has no certificate"),
    ],
)
def test_a_real_artefact_says_what_it_lacks(tmp_path: Path, days: int, issued: bool, words: str) -> None:  # noqa: FBT001  (a column)
    """By the date that it carries."""
    scorer = load_scorer(written(tmp_path / "model", issued=issued))

    assert lacking(scorer, Shares(), ISSUED_AT + timedelta(days=days)) == words


def test_one_pair_that_is_permitted_is_enough() -> None:
    """Then something can go out."""
    scorer = FakeScorer(scope=frozenset({("stock_alert", "email"), ("delivery_update", "sms")}))

    assert lacking(scorer, Shares(), NOW) == ""


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"permit": ValueError()}, "the model's certificate cannot be read"),
        ({"holds": ValueError()}, "the model's certificate cannot be read"),
        ({"watched": ValueError()}, "the model's certificate cannot be watched"),
        ({"permit": 1}, "the model's certificate permits no purpose and channel now"),
        ({"cutoff": float("nan")}, "the model's certificate permits no purpose and channel now"),
        ({"watched": WATCHED}, ""),
    ],
)
def test_an_odd_certificate_is_said_to_permit_nothing(odd: dict[str, Any], words: str) -> None:
    """Whatever it does, the question is answered, and as decisions would have it."""
    assert lacking(OddScorer(scores(1), **odd), Shares(), NOW) == words
