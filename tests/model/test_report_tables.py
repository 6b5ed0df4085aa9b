from model.report_tables import checks, tables
from tests.model.reports import report


def test_failed_checks_come_first() -> None:
    """Then those that passed, those that only inform, those that could not be made."""
    actual = [check.result for check in checks(report())]
    assert actual == ["failed", "passed", "passed", "passed", "informs", "not available", "not available"]


def test_the_figures_of_a_check_are_a_table() -> None:
    """Nested figures become lines; an interval is one line, parts of a list go by their name."""
    failed, ratio = checks(report())[:2]
    assert [check.figures.rows if check.figures else None for check in (failed, ratio)] == [
        (("difference", "0.0300 (0.0202 to 0.0398)"), ("difference · se", "0.005")),
        (("p", "0.4"), ("days · monday · name", "monday"), ("days · monday · p", "0.2"),
         ("days · tuesday · name", "tuesday"), ("days · tuesday · p", "0.9")),
    ]  # fmt: skip


def test_a_check_that_is_stated_twice_is_shown_once() -> None:
    """Where the list has the placebo tests, the older place of the report is not repeated."""
    given = report()
    given["checks"].append({"name": "placebo", "available": True, "passed": True, "detail": "nothing", "figures": {}})
    names = [check.name for check in checks(given)]
    assert [name for name in names if "placebo" in name] == ["placebo"]


def test_scorers_say_what_they_learned_with() -> None:
    """All of them, with interval, paired distance to the best, choice, reason and settings."""
    rows = tables(report())["scorers"].rows
    assert [row[0] for row in rows] == ["average", "response", "t_logit", "dr"]
    assert rows[2][1:4] == ("chosen", "2.000 (1.608 to 2.392)", "0.000 (−0.392 to 0.392)")
    assert rows[3][5].endswith("What dr learned with")


def test_shares_and_means_are_written_apart() -> None:
    """A share in per cent, a mean as a number."""
    rows = tables(report())["profile"].rows
    assert [row[1:4] for row in rows] == [("42.0 %", "14.0 %", "10.0 %"), ("297", "419", "497")]


def test_groups_show_both_harms() -> None:
    """Per 1,000; a harm without a label is a dash."""
    row = tables(report())["groups"].rows[9]
    assert (row[0], row[4], row[5], row[7]) == ("10 (500)", "6.0 (2.1 to 9.9)", "–", "6.0")


def test_an_outcome_without_label_says_so() -> None:
    """It is listed, with what follows from it."""
    assert tables(report())["effects"].rows[-1][:2] == ("opt-outs", "not recorded")


def test_arms_have_their_own_overlap_where_it_is_known() -> None:
    """One line for each arm below that of both."""
    given = report()
    arm = {"rows": 6_000, "effective_sample_size": 5_500.0, "largest_weight": 4.0}
    given["overlap"]["arms"] = {"contacted": arm, "held_out": arm}
    rows = tables(given)["overlap"].rows
    assert [row[:3] for row in rows][1:] == [("contacted", "6,000", "5,500"), ("held out", "6,000", "5,500")]


def test_tables_without_rows_are_left_out() -> None:
    """No empty table of bounds without a certificate."""
    assert "bounds" not in tables(report(issued=False))
