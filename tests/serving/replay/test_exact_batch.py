"""What a batch recorded is decided again as ever, also where another clock dated it than the one that stood by."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from serving.fakes import FakeScorer
from serving.ledger.sqlite.ledger import SqliteLedger
from tests.serving.batch.test_chance import ROWS
from tests.serving.batch.test_ledger import (  # noqa: F401  (`ledger` and `url` are fixtures)
    ALL_MODEL,
    POLICY,
    ledger,
    run,
    url,
)
from tests.serving.candidate_examples import NOW
from tests.serving.replay.test_exact import at_hand, replayed

LOW = FakeScorer(feature="tenure_days", cutoff=0.0, shares=ALL_MODEL)
ENDED = replace(LOW, expires=NOW + timedelta(hours=1))


@pytest.mark.parametrize("scorer", [LOW, ENDED], ids=["holds", "ended between both clocks"])
def test_a_batch_gives_the_same_bytes(
    tmp_path: Path,
    ledger: SqliteLedger,  # noqa: F811
    url: str,  # noqa: F811
    scorer: FakeScorer,
) -> None:
    """What had ended by the clock of then is believed; it permits by the one that dates."""
    run(tmp_path, ledger, ROWS, scorer=scorer, present=lambda: NOW + timedelta(days=1))
    hand = at_hand(url, policy=POLICY, scorer=scorer)
    found = replayed(url, replace(hand, then=replace(hand.then, shares=ALL_MODEL)))
    actual = (found.decisions, found.different, found.drawn > 0, found.stood_in["fake"] > 0)
    assert actual == (len(ROWS), 0, scorer is LOW, scorer is ENDED)
