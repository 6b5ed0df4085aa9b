from typing import Any

from model.report.checks import MOST_ROWS, checks
from tests.model.reports import report


def test_failed_checks_come_first() -> None:
    """Then those that passed, those that only inform, those that could not be made."""
    actual = [check.result for check in checks(report())]
    assert actual == ["failed", "passed", "informs", "not available"]


def test_the_figures_of_a_check_are_tables() -> None:
    """Single figures are one table, an interval one cell; a list of objects is a table with their keys as columns."""
    failed, ratio = checks(report())[:2]
    assert [grid.rows for grid in failed.figures] == [
        (("difference · estimate", "0.0300 (0.0202 to 0.0398)"), ("difference · se", "0.005")),
    ]
    assert [(grid.columns, grid.rows) for grid in ratio.figures] == [
        (("figure", "value"), (("p", "0.4"),)),
        (("name", "p"), (("monday", "0.2"), ("tuesday", "0.9"))),
    ]


def test_long_tables_say_how_long_they_are() -> None:
    """A row for each of a thousand features stays in the JSON."""
    given = report()
    given["checks"][0]["figures"] = {"features": [{"feature": f"f{k}", "auc": 0.5} for k in range(1_000)]}
    grid = checks(given)[1].figures[0]
    assert (len(grid.rows), grid.caption) == (MOST_ROWS, "sample ratio: features (the first 20 of 1000)")


def test_rows_with_different_keys_share_a_table() -> None:
    """What a row does not have is a dash."""
    given: dict[str, Any] = report()
    given["checks"][0]["figures"] = {"rows": [{"days": 7, "p": 0.1}, {"days": 28}]}
    assert checks(given)[1].figures[0].rows == (("7", "0.1"), ("28", "–"))
