"""The closed loop's figures on its page: what was measured is what is written, between the marks and nowhere else."""

from benchmarks.loop import BEGIN, END, PAGE, block, put
from serving.cli.quarter.figures import figures_of
from tests.serving.cli.loop_examples import QUARTER, learned, ways

FOUND = figures_of(QUARTER, ways(), [learned(1, 7), learned(2, 14, promoted=False, certified=False)])


def test_rounds_periods_and_ways_are_tables() -> None:
    """With the figures that the terminal shows."""
    lines = block(FOUND).splitlines()
    wanted = [
        "| 1 | 1,000 | `response` | 5.0 (3.0 to 8.0) | issued | passed: version 1 decides |",
        "| 2 | 1,000 | `response` | – | not issued | refused (harm) |",
        "| 1–1 | the experiment | 2.00 | – | 40.0 | – | 20.0 | – |",
        "| 2–2 | version 1 | 10.32 | 11.00 | −5.0 | 10 | 1.0 | 5 |",
        "| essential service alone | 0 | 0.00 | 0.00 | – | – |",
    ]
    assert [line for line in wanted if line not in lines] == []


def test_only_what_stands_between_the_marks_is_renewed() -> None:
    """Twice is as once; the page's own words stay."""
    page = f"# Title\n\n{BEGIN}\nold\n{END}\n\nthe end\n"
    once = put(page, "new")
    assert once == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nthe end\n"
    assert put(once, "new") == once


def test_the_page_has_its_marks_once() -> None:
    """Or the command would write at the wrong place."""
    text = PAGE.read_text()
    assert (text.count(BEGIN), text.count(END), text.index(BEGIN) < text.index(END)) == (1, 1, True)
