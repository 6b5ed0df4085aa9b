"""The picture of the simulated quarter: what is drawn is what the figures say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

from model.display.loop import NOBODY, RULE, WAYS, draw, harmed, net_benefit, refusal, summed
from serving.cli.quarter.figures import figures_of
from tests.serving.cli.loop_examples import QUARTER, learned, ways

FIGURES = figures_of(QUARTER, ways(), [learned(1, 7), learned(2, 14, promoted=False)])
CERTIFIED = "certified: no more than this"


def drawn(plot: Any, *options: Any, figures: dict[str, Any] = FIGURES) -> Any:
    """The axes that a picture was drawn on."""
    ax = Figure().subplots()
    plot(ax, figures, *options)
    return ax


def line(ax: Any, label: str) -> list[list[float]]:
    """The points of every line of this name."""
    return [list(each.get_ydata()) for each in ax.lines if each.get_label() == label]


def test_net_benefit_is_drawn_week_by_week() -> None:
    """Every way has its line with its own figures, and nobody contacted is the line at nought."""
    ax = drawn(net_benefit)
    expected = [[week["net_per_100"] for week in FIGURES["ways"][name]["weeks"]] for name in WAYS]
    assert [line(ax, label)[0] for label, _ in WAYS.values()] == expected
    assert line(ax, NOBODY) == [[0.0, 0.0]]


def test_estimates_stand_where_a_rule_came_into_charge() -> None:
    """One interval, of the round that was promoted, from 3 to 8 per 100 occasions."""
    (bars,) = drawn(net_benefit).containers
    (segment,) = bars[2][0].get_segments()
    assert segment.tolist() == pytest.approx(np.array([[1.5, 3.0], [1.5, 8.0]]))


def test_the_truth_of_the_interval_stands_beside_it() -> None:
    """What the rule is worth without exploration, over the weeks in which it is in charge; none before."""
    ax = drawn(net_benefit)
    ends = [list(each.get_xdata()) for each in ax.lines if each.get_label() == RULE]
    assert (line(ax, RULE), ends) == ([[pytest.approx(11.0)] * 2] * 2, [[1.0, 2.0], [2.0, 3.0]])


def test_a_refusal_says_why() -> None:
    """In three to five words: no certificate, or the checks that failed."""
    refused = [learned(2, 14, promoted=False, certified=issued) for issued in (False, True)]
    assert [refusal(each) for each in refused] == ["no certificate yet", "failed on harm"]
    texts = [each.get_text() for each in drawn(net_benefit).texts]
    assert "version 2 refused:\nfailed on harm" in texts


def test_the_sum_ends_at_the_quarters_total() -> None:
    """Per 100 customers, from nought."""
    (ours,) = line(drawn(summed), WAYS["ours"][0])
    assert (ours[0], ours[-1]) == (0.0, pytest.approx(FIGURES["ways"]["ours"]["total"]["per_100_customers"]))


@pytest.mark.parametrize(("harm", "most"), [("complaint", 10.0), ("opt_out", 5.0)])
def test_what_is_certified_is_a_line_over_the_weeks_that_it_covers(harm: str, most: float) -> None:
    """Not over the experiment's; at the limit, or at the bound below it."""
    ax = drawn(harmed, harm)
    ends = [list(each.get_xdata()) for each in ax.lines if each.get_label() == CERTIFIED]
    assert (line(ax, CERTIFIED), ends) == ([[most, most]] * 2, [[1.0, 2.0], [2.0, 3.0]])


def test_without_a_certificate_there_is_no_such_line() -> None:
    """Nor an estimate of a rule in charge."""
    none = figures_of(QUARTER, ways(), [learned(1, 7, promoted=False, certified=False)])
    assert line(drawn(harmed, "complaint", figures=none), CERTIFIED) == []
    assert len(drawn(net_benefit, figures=none).containers) == 0


def test_the_picture_is_written_and_the_same_again(tmp_path: Path) -> None:
    """A PNG of a readable size whose bytes do not change."""
    for name in ("a.png", "b.png"):
        draw(FIGURES, tmp_path / name)
    height, width = image.imread(tmp_path / "a.png").shape[:2]
    assert (height > 800, width > 1200) == (True, True)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
