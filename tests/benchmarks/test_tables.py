from pathlib import Path

import numpy as np
import pytest

from benchmarks.exchange import Repeat, Result, Task, peak_mib
from benchmarks.figures import MEASURES
from benchmarks.protocol import CHOSEN, EVERYONE, OURS, RESPONSE, Outcome
from benchmarks.tables import costs, details, number, summary, table, timings, verdicts

NAMES = [OURS, RESPONSE, EVERYONE, CHOSEN, "outreach t_logit", "outreach alone t_boosting", "causalml t_boosting"]


def result(names: list[str], seconds: list[float], total: float) -> Result:
    """A process that ran two repeats."""
    return Result(
        names=names,
        scores=[np.zeros((len(names), 4))] * 2,
        quality=np.zeros((2, len(names))),
        seconds=np.array([seconds] * 2),
        total=np.full(2, total),
        chosen=np.zeros(2, dtype=np.intp),
        import_seconds=1.5,
        peak_mib=200.0,
        failed=["causalml r_boosting: ValueError: no"] if total > 5 else [],
    )


def outcome(gap: float = 0.0, *, our_regret: float = 0.01, ours: float = 1.0) -> Outcome:
    """Two repeats in which ours is `gap` ahead of everybody, with differences of ± 0.01 between repeats."""
    ahead = np.array([[gap + 0.01], [gap - 0.01]])
    others = np.zeros((2, len(NAMES) - 1))
    figures = {measure: np.full((2, len(NAMES)), np.nan) for measure in MEASURES}
    figures["dr_qini"] = np.hstack([ahead, others])
    figures["regret"] = np.hstack([np.full((2, 1), our_regret), np.full((2, len(NAMES) - 1), 0.02)])
    figures["regret"][1, 0] += 0.001
    process = {
        OURS: result(["t_logit", "alone t_boosting"], [np.nan, ours], total=2.0),
        "causalml": result(["causalml t_boosting"], [1.0], total=10.0),
        "econml": result([], [], total=1.0),
        "sklift": result([], [], total=1.0),
    }
    return Outcome(
        name="made_up",
        rows=1000,
        features=3,
        ratio=2 / 3,
        names=NAMES,
        figures=figures,
        chosen=["causalml t_boosting"] * 2,
        ours=["t_logit"] * 2,
        results=process,
    )


def test_a_table_is_markdown() -> None:
    """Header, rule, rows; the numbers stand to the right."""
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n|---|---:|\n| x | 1 |"


def test_numbers_have_three_digits_and_gaps_a_dash() -> None:
    """What does not apply is not a zero."""
    assert [number(value) for value in (0.123456, 1234.5, float("nan"))] == ["0.123", "1.23e+03", "–"]


def test_the_summary_has_four_rows_per_data_set() -> None:
    """Ours, the response ranker, everyone and the peer that D1 chose, with what was chosen how often."""
    lines = summary([outcome()]).splitlines()
    assert len(lines) == 6
    assert lines[2].startswith("| made_up (1,000 × 3, 2 repeats) | outreach (t_logit 2×) |")
    assert "peer chosen on D1 (causalml t_boosting 2×)" in lines[5]


@pytest.mark.parametrize(
    ("gap", "word"), [(0.0, "met"), (0.1, "met"), (-0.1, "NOT met")], ids=["equal", "ahead", "behind"]
)
def test_a_verdict_says_what_the_numbers_say(gap: float, word: str) -> None:
    """Behind by more than one corrected error is not met, and the numbers stand beside it."""
    line = next(line for line in verdicts([outcome(gap)]) if CHOSEN in line)
    assert line.startswith(f"- {word}: made_up: ")
    assert f"{number(gap)} ± " in line


@pytest.mark.parametrize(
    ("ours", "word"), [(0.01, "met"), (0.05, "NOT met")], ids=["the lowest itself", "above the lowest"]
)
def test_regret_is_against_the_lowest_of_all(ours: float, word: str) -> None:
    """Within one error of whoever lost least."""
    line = next(line for line in verdicts([outcome(our_regret=ours)]) if "regret" in line)
    assert line.startswith(f"- {word}: ")


def test_the_portfolio_is_against_the_sum_of_the_peers() -> None:
    """2 s against 10 + 1 + 1."""
    line = next(line for line in verdicts([outcome()]) if "portfolio" in line)
    assert line == "- met: made_up: portfolio ≤ the peers' sum: 2 s against 12 s"


@pytest.mark.parametrize(("seconds", "word"), [(1.0, "met"), (1.2, "NOT met")])
def test_one_fit_is_against_its_counterpart(seconds: float, word: str) -> None:
    """At most 1.1 × the seconds of the same learner with the same base; libraries without it say nothing."""
    lines = timings([outcome(ours=seconds)])
    assert [line.startswith(f"- {word}: one fit: alone t_boosting ≤ 1.1 × causalml") for line in lines] == [True]


def test_details_name_every_learner_and_every_failure() -> None:
    """The best first; a peer that did not run is told, not left out."""
    lines = details(outcome(0.1)).splitlines()
    assert lines[2].startswith("| outreach |")
    assert (len(lines), lines[-1]) == (len(NAMES) + 4, "- causalml r_boosting: ValueError: no")


def test_costs_have_a_row_per_process() -> None:
    """Import, learning and memory of each."""
    lines = costs([outcome()]).splitlines()
    assert lines[2] == "| made_up | outreach | 1.5 | 2 | 200 |"
    assert len(lines) == 6


def test_results_survive_the_exchange(tmp_path: Path) -> None:
    """What a worker writes is what the main process reads."""
    written = result(["causalml t_boosting"], [1.0], total=10.0)
    written.save(tmp_path / "result.npz")
    read = Result.load(tmp_path / "result.npz")
    assert (read.names, read.failed, read.peak_mib) == (written.names, written.failed, written.peak_mib)
    assert all(np.array_equal(a, b) for a, b in zip(read.scores, written.scores, strict=True))


def test_tasks_survive_the_exchange(tmp_path: Path) -> None:
    """Splits, folds and pseudo-outcomes arrive as they were sent."""
    rows, numbers = np.arange(3), np.array([0.1, 0.2, 0.3])
    repeat = Repeat(first=rows, second=rows + 3, folds=rows % 2, gamma=numbers, propensity=numbers)
    task = Task(X=np.eye(6), y=np.ones(6), contacted=np.arange(6) % 2, binary=True, constant=False, repeats=[repeat])
    task.save(tmp_path / "task.npz")
    read = Task.load(tmp_path / "task.npz")
    assert (read.binary, read.constant, len(read.repeats)) == (True, False, 1)
    assert np.array_equal(read.repeats[0].gamma, numbers)


def test_peak_memory_is_that_of_this_process() -> None:
    """In MiB: this one has numpy and pandas in it, and does not fill the machine."""
    before = peak_mib()
    held = np.ones(1 << 25)
    assert 20 < before < peak_mib() < 16_000
    assert held[0] == 1.0
