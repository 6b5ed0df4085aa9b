"""What a log cannot answer although its weights look even: a part that is hardly ever explored, and was not drawn."""

import numpy as np
import pytest

from model.errors import Unanswerable
from model.off_policy.evaluate import Log, compare, evaluate
from model.off_policy.expected import expected_size
from tests.model.decision_logs import drawn, large, shares


def with_rare(rows: int, share: float, e: float, *, seed: int = 0, named: bool = True) -> tuple[Log, np.ndarray]:
    """Return a log with a coin in most rows and P(contact) = e in a share of them, where contact always succeeds.

    The evaluation policy tosses the coin too, and contacts there with .95.
    """
    rng = np.random.default_rng(seed)
    rare = np.arange(rows) < share * rows
    propensity = np.where(rare, e, 0.5)
    contacted = rng.random(rows) < propensity
    outcome = np.where(rare, contacted, rng.random(rows) < 0.1)
    part = np.where(rare, "rare", "usual") if named else None
    log = Log(contacted=contacted, propensity=propensity, outcome=outcome, cluster=np.arange(rows), part=part)
    return log, np.where(rare, 0.95, 0.5)


def refused(log: Log, contacts: np.ndarray) -> str:
    """Return the words with which a question is refused; they stand on one line."""
    with pytest.raises(Unanswerable) as error:
        evaluate(log, contacts)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("named", [True, False])
def test_a_tenth_that_was_never_drawn_is_no_answer(named: bool) -> None:  # noqa: FBT001  (a case)
    """At e = .000001 nobody was contacted there: all weights are even, and a tenth of the answer is unheard."""
    log, rule = with_rare(20_000, 0.1, 1e-6, named=named)
    assert not log.contacted[:2000].any()
    where = "`rare` (2000 rows" if named else "`all rows` (20000 rows"
    actual = refused(log, rule)
    assert actual.startswith("the effective sample size to be expected is 0.2, below 200, however even the weights of ")
    assert f"the log is thinnest in {where}, weights up to 9.5e+05)" in actual


def test_a_part_that_is_hardly_explored_is_named_though_the_whole_would_do() -> None:
    """One row in a hundred at e = .001: 2,000 for the whole, a fifth of a row there, and most of the variance."""
    log, rule = with_rare(20_000, 0.01, 0.001)
    assert expected_size(log, rule) > 1000.0
    assert refused(log, rule).startswith(
        "`rare` (200 rows, weights up to 950) was hardly explored: an effective sample size of 0.2 is to be expected "
        "there, below 5, and 90 % of the variance to be expected is its own"
    )


@pytest.mark.parametrize("seed", range(4))
def test_what_is_refused_was_known_before_the_draw(seed: int) -> None:
    """A lucky draw is no more of an answer: the refusal looks at propensities and rule, never at who was contacted."""
    log, rule = with_rare(20_000, 0.01, 0.001, seed=seed)
    assert "was hardly explored" in refused(log, rule)


def test_a_part_too_small_to_matter_does_not_close_the_question() -> None:
    """Three rows in twenty thousand, explored as shipped: they carry no tenth of the variance."""
    log, rule = with_rare(20_000, 0.00015, 0.02)
    assert evaluate(log, rule).parts[0].rows == 3


def test_the_exploration_as_shipped_answers_for_a_part() -> None:
    """Two per cent below the cut-off, asked with .95: 2,000 rows of it are worth 44, and the answer holds the truth."""
    log, rule = with_rare(20_000, 0.1, 0.02)
    found = evaluate(log, rule).ips
    assert found.low < 0.1 * 0.95 + 0.9 * 0.1 < found.high


def test_either_side_of_a_comparison_is_refused() -> None:
    """The second evaluation policy may be the one that was hardly explored."""
    log, rule = with_rare(20_000, 0.01, 0.001)
    for pair in ((rule, log.propensity), (log.propensity, rule)):
        with pytest.raises(Unanswerable, match="was hardly explored"):
            compare(log, *pair)


def test_the_expected_size_is_that_of_many_draws() -> None:
    """Clusters of four: n over the expected square of a cluster's weight, against two thousand logs."""
    made = drawn(400, 0, size=4)
    rule, e = large(made.x), made.log.propensity
    rng = np.random.default_rng(1)
    contacted = rng.random((2000, 400)) < e
    weights = np.where(contacted, rule / e, (1 - rule) / (1 - e)).reshape(2000, 100, 4).sum(axis=2)
    expected = 400**2 / np.mean(np.sum(weights**2, axis=1))
    assert expected_size(made.log, rule) == pytest.approx(expected, rel=0.02)


def test_the_logging_policy_itself_has_all_its_clusters() -> None:
    """Every weight is 1: as many as there are, whatever the propensities."""
    made = drawn(3000, 0, logging=shares, size=3)
    assert expected_size(made.log, made.log.propensity) == 1000.0
