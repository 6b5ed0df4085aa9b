import numpy as np
import pytest

from model.diagnostics import overlap, refuse_thin
from model.diagnostics.overlap import refuse_certain
from tests.model.tables import message


def test_overlap_states_range_and_concentration() -> None:
    """Constant e = ½: every row weighs 2 and all of them count."""
    found = overlap(np.array([True, False, True]), np.full(3, 0.5))
    actual = {key: found[key] for key in ("lowest", "highest", "effective_sample_size", "largest_weight", "rows")}
    assert actual == {"lowest": 0.5, "highest": 0.5, "effective_sample_size": 3.0, "largest_weight": 2.0, "rows": 3}


def test_a_rare_arm_lowers_the_effective_sample() -> None:
    """One row contacted at e = .01 weighs as much as a hundred."""
    found = overlap(np.array([True, False, False]), np.array([0.01, 0.01, 0.01]))
    assert (found["largest_weight"], found["effective_sample_size"] < 1.1) == (100.0, True)


def test_each_arm_is_stated() -> None:
    """Three contacted rows that weigh the same count for three; two held-out rows that do not count for fewer."""
    found = overlap(np.array([True, True, True, False, False]), np.array([0.5, 0.5, 0.5, 0.5, 0.9]))
    assert found["arms"]["contacted"] == {"rows": 3, "effective_sample_size": 3.0, "largest_weight": 2.0}
    assert found["arms"]["held_out"]["effective_sample_size"] == pytest.approx(12**2 / (2**2 + 10**2))
    assert found["largest_share"] == pytest.approx(10 / 18)


def test_clipped_rows_are_counted_where_e_was_estimated() -> None:
    """As many as estimation counted: a row that stands at the end was not necessarily cut, a logged e never is."""
    e = np.array([0.01, 0.5, 0.99])
    contacted = np.array([True, False, True])
    actual = (overlap(contacted, e, estimated=True, clipped=1)["clipped"], overlap(contacted, e)["clipped"])
    assert actual == (1, 0)


def test_nearly_everyone_contacted_is_refused() -> None:
    """99.9 % contacted: twenty held-out rows of twenty thousand tell nothing."""
    contacted = np.arange(20_000) % 1000 > 0
    actual = message(lambda: refuse_thin(contacted, np.full(20_000, 0.999), column="treatment"))
    assert actual == (
        "column `treatment`: 20 held out rows of 20000 count for 20.0, below 50: too few to tell benefit from chance; "
        "hold out a larger share, or collect more rows"
    )


def test_many_rows_of_which_one_weighs_all_are_refused() -> None:
    """A hundred contacted rows, one of them logged with e = .0001."""
    contacted = np.arange(200) < 100
    e = np.where(np.arange(200) == 7, 0.0001, 0.5)
    actual = message(lambda: refuse_thin(contacted, e))
    assert actual == (
        "column `contacted`: 100 contacted rows of 200 count for 1.0, below 50 (the largest weight is 10000, of "
        "e = `0.0001`): too few to tell benefit from chance; log a treatment propensity further from 0 and 1, or "
        "collect more rows"
    )


@pytest.mark.parametrize(("held_out", "refused"), [(49, True), (50, False)])
def test_the_floor_is_fifty(held_out: int, refused: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Fifty rows of each arm are enough to begin with."""
    contacted = np.arange(1000) >= held_out
    if refused:
        assert "below 50" in message(lambda: refuse_thin(contacted, np.full(1000, 0.95)))
    else:
        refuse_thin(contacted, np.full(1000, 0.95))


def test_features_that_decide_contact_are_refused() -> None:
    """Clipped weights of rows in their own arm are near 1: the effective sample size alone sees nothing wrong."""
    contacted = np.arange(400) % 2 == 0
    e = np.where(contacted, 0.99, 0.01)
    e[:90] = 0.5
    refuse_thin(contacted, e)

    actual = message(lambda: refuse_certain(contacted, e, column="t"))

    assert actual == (
        "column `t`: the features tell who was contacted: 90 of 400 rows could have gone the other way, too few to "
        "compare; log the propensity, contact some at random, or leave out the features that decide contact"
    )


def test_enough_open_rows_may_be_compared() -> None:
    """Fifty of an arm that could have gone the other way are what the floor asks for."""
    contacted = np.arange(400) % 2 == 0
    e = np.where(contacted, 0.99, 0.01)
    e[:100] = 0.5

    assert refuse_certain(contacted, e) is None


def test_nearly_everybody_contacted_is_not_decided_by_features() -> None:
    """At e = .99 for everybody the held out are the rare ones, not the foretold."""
    contacted = np.arange(20_000) % 200 > 0

    assert refuse_certain(contacted, np.full(20_000, 0.99)) is None
