from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from model.diagnostics.maturity import missing_by_arm, still_open, window_effects

N = 8000
RNG = np.random.default_rng(6)
VARIES = np.where(np.arange(N) % 4 == 0, 0.8, 0.4)
CONTACTED = RNG.random(N) < VARIES
RICH = np.arange(N) % 4 == 0  # contacted more often, and visit more often: a plain difference would call that an effect
VISIT = (RNG.random(N) < 0.1 + 0.3 * RICH + 0.05 * CONTACTED).astype(float)
DRAW = {"contacted": CONTACTED, "propensity": VARIES, "cluster": np.arange(N)}


def test_each_window_has_its_effect_by_the_draw() -> None:
    """Weighted by 1 over e where that varies: .05, not what the rich make of it."""
    found = window_effects({"benefit": {7: VISIT, 28: np.zeros(N)}}, **DRAW)

    assert [row["days"] for row in found] == [7, 28]
    assert found[0]["low"] < 0.05 < found[0]["high"]
    assert abs(found[0]["estimate"] - 0.05) < 0.03
    assert VISIT[CONTACTED].mean() - VISIT[~CONTACTED].mean() > 0.1


def test_only_closed_rows_count() -> None:
    """The empty cells of the last quarter are left out."""
    late = np.where(np.arange(N) < 6000, VISIT, np.nan)

    actual = window_effects({"benefit": {28: late}}, **DRAW)[0]

    assert actual["rows"] == 6000


def test_a_window_that_has_closed_in_no_row_has_no_effect() -> None:
    """It is stated with its rows, and nothing else."""
    actual = window_effects({"benefit": {28: np.full(N, np.nan)}}, **DRAW)

    assert actual == [{"outcome": "benefit", "days": 28, "rows": 0}]


def test_an_opt_out_without_contact_is_not_attributable() -> None:
    """It counts after a contact only, as the label does."""
    found = window_effects({"opt_out": {7: np.ones(N)}}, **DRAW)[0]

    assert found["estimate"] == pytest.approx(1.0)


def gaps(extra: float) -> float:
    """Return the p-value where a tenth of the cells is empty, `extra` more among the held out."""
    rng = np.random.default_rng(7)
    cells = np.where(rng.random(N) < 0.1 + extra * ~CONTACTED, np.nan, VISIT)
    return float(missing_by_arm({"benefit": {28: cells}}, **DRAW)[0]["p"])


def test_outcomes_lost_in_one_arm_are_found() -> None:
    """A tenth missing in both arms is no evidence; five points more among the held out are."""
    actual = (gaps(0.0) > 0.01, gaps(0.05) < 0.001)

    assert actual == (True, True)


def test_the_shares_by_arm_are_stated() -> None:
    """As they are in the table."""
    cells = np.where(CONTACTED, np.nan, VISIT)

    found = missing_by_arm({"benefit": {28: cells}}, **DRAW)[0]

    assert (found["contacted"], found["held_out"], found["p"] < 1e-9) == (1.0, 0.0, True)


@pytest.mark.parametrize("cells", [VISIT, np.full(N, np.nan)])
def test_no_gap_or_only_gaps_are_alike(cells: np.ndarray) -> None:
    """Nothing differs where every cell is known, or none."""
    actual = missing_by_arm({"benefit": {28: cells}}, **DRAW)[0]["p"]

    assert actual == 1.0


@pytest.mark.parametrize("share", [0.001, 0.003])
@pytest.mark.parametrize("varies", [False, True])
def test_a_few_lost_outcomes_are_no_alarm(share: float, varies: bool) -> None:  # noqa: FBT001  (parametrised by name)
    """Of 10,000 rows, 95 % contacted, ten or thirty are empty alike: p < .001 less than one time in a hundred."""
    rng = np.random.default_rng(8)
    e = np.where(np.arange(10_000) % 2 == 0, 0.96, 0.94) if varies else np.full(10_000, 0.95)
    alarms = 0
    for _ in range(100):
        draw = {"contacted": rng.random(10_000) < e, "propensity": e, "cluster": np.arange(10_000)}
        cells = np.where(rng.random(10_000) < share, np.nan, 0.0)
        alarms += missing_by_arm({"benefit": {28: cells}}, **draw)[0]["p"] < 0.001
    assert alarms <= 1


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ages", "words"),
    [
        ([14, 20, 400], []),
        (
            [0, 13, 14, 90],
            ["2 of 4 rows are less than 14 days old at 2026-11-20: harm that is reported later is missing"],
        ),
        ([-1, 90], ["1 of 2 rows lie after 2026-11-20 12:00 UTC: check clock and zone"]),
        ([-1, 5, 90], ["1 of 3 rows are less than 14 days old", "1 of 3 rows lie after"]),
    ],
    ids=["closed", "open", "in the future", "both"],
)
def test_rows_whose_window_may_be_open_are_counted(ages: list[int], words: list[str]) -> None:
    """At exactly 14 days a window has closed; what lies after now is no history."""
    time = np.datetime64("2026-11-20T12:00:00") - np.array(ages, dtype="timedelta64[D]")
    found = still_open(time, NOW)
    assert [part in line for part, line in zip(words, found, strict=True)] == [True] * len(words)


def test_a_table_without_times_says_nothing_of_its_age() -> None:
    """And another zone is the same instant."""
    paris = NOW.astimezone(timezone(timedelta(hours=2)))
    time = np.array(["2026-11-06T12:00:01"], dtype="datetime64[ns]")
    assert (still_open(None, NOW), len(still_open(time, NOW)), len(still_open(time, paris))) == ([], 1, 1)
