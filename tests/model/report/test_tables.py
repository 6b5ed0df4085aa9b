from model.report.tables import tables
from tests.model.champions import beaten
from tests.model.reports import interval, report


def test_scorers_say_what_they_learned_with() -> None:
    """All of them, with interval, paired distance to the best, choice, reason and settings."""
    rows, ideas = tables(report())["scorers"].rows, tables(report())["ideas"].rows
    assert [row[0] for row in rows] == [
        "average: same for everyone",
        "response: likely responders",
        "t_logit: two logistic models",
        "dr: DR (robust effects)",
    ]
    assert rows[2][1:4] == ("chosen", "2.000 (1.608 to 2.392)", "0.000 (−0.392 to 0.392)")
    assert ideas[3] == (
        "dr: DR (robust effects)",
        "a regression on doubly robust effects of single occasions (Kennedy)",
        "what dr learned with",
    )


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


def test_the_certified_rule_heads_the_policies() -> None:
    """It is the one that would be used; the model at cut-off 0 stands below, and differences are from the first."""
    rows = [tables(report(issued=issued))["policies"].rows for issued in (True, False)]
    assert [each[0][:2] for each in rows] == [
        ("the certified rule, which would be used", "60 %"),
        ("the model at cut-off 0, not certified", "80 %"),
    ]
    assert rows[0][1][0::3] == ("the model at cut-off 0", "−0.80 (−1.78 to 0.18)")


def test_the_same_rule_is_not_listed_twice() -> None:
    """Where the certified cut-off contacts the same as cut-off 0, one line is enough."""
    given = report()
    given["policy_value"]["certified"]["contacted"] = 0.8
    given["policy_value"]["certified"]["differences"]["certified_minus_model"] = interval(0.0, 0.0)
    assert [row[0] for row in tables(given)["policies"].rows][1] == "likely responders first"


def test_reasons_are_in_the_unit_of_their_columns() -> None:
    """Raw figures that stand in the next column are left out; those of the RATE are per 100 too."""
    given = report()
    given["scorers"][0]["reason"] = "worse than the best: 0.0176 behind `dr`, standard error of the difference 0.00176"
    given["scorers"][1]["reason"] = "chosen on D1, but on D2 the RATE interval -0.0262 to 0.0395 includes 0: no"
    reasons = [row[4] for row in tables(given)["scorers"].rows[:2]]
    assert reasons == [
        "worse than the best",
        "chosen on D1, but on D2 the RATE interval −2.62 to 3.95 includes 0: no",
    ]


def test_the_gate_says_that_its_value_rests_on_an_estimate() -> None:
    """Only where the chance of contact was estimated."""
    given = report(issued=False)
    rows = [tables(given)["gate"].rows[0][2]]
    given["propensity_check"]["estimated"] = True
    rows.append(tables(given)["gate"].rows[0][2])
    words = "The chance of contact was estimated: the value rests on that, and no certificate can be issued"
    assert [words in row for row in rows] == [False, True]


def test_all_or_none_is_not_compared_with_chance() -> None:
    """As many at random is the same rule then."""
    given = report(issued=False)
    given["policy_value"]["model"]["contacted"] = 1.0
    assert "as many, at random" not in [row[0] for row in tables(given)["policies"].rows]


def test_shares_that_ties_prevent_say_so() -> None:
    """The share that is contacted instead stands beside it."""
    given = report()
    row = given["policy_value"]["at_shares"][2]
    row["ties"], row["model"]["contacted"] = True, 0.45
    assert tables(given)["shares"].rows[2][0] == "30 % (ties: 45 %)"


def test_as_many_at_random_are_as_many_as_the_first_contacts() -> None:
    """60 %, as the certified rule, not the 80 % of the model at cut-off 0."""
    found = next(row for row in tables(report())["policies"].rows if "random" in row[0])
    assert found[1:3] == ("60 %", "2.16 (1.18 to 3.14)")


def test_the_champion_stands_among_the_policies() -> None:
    """With whom it contacts, its value, and what the new rule gains over it, paired; without one there is no row."""
    rows = tables(report() | {"champion": beaten()})["policies"].rows
    expected = ("the model in charge, version 2", "50 %", "4.00 (3.02 to 4.98)", "1.00 (0.61 to 1.39)")
    assert (rows[-1], tables(report())["policies"].rows) == (expected, rows[:-1])


def test_a_champion_that_cannot_be_compared_with_has_no_row() -> None:
    """The gate says why; there is no figure."""
    given = report() | {"champion": beaten() | {"value": None, "difference": None, "contacted": None}}
    assert tables(given)["policies"].rows == tables(report())["policies"].rows


def test_segments_say_over_whom() -> None:
    """Over nobody without saying so, over the model in charge with its version."""
    captions = [tables(report() | {"champion": found})["segments"].caption for found in (None, beaten())]
    assert [caption.endswith(", over the model in charge, version 2") for caption in captions] == [False, True]


def test_a_segment_that_was_not_judged_says_why() -> None:
    """Too few rows, or nothing changes."""
    given = report()
    judged = {"judged": False, "passed": True}
    given["segments"] = [given["segments"][0] | judged | {"rows": rows} for rows in (199, 200)]
    assert [row[-1] for row in tables(given)["segments"].rows] == [
        "too small to judge",
        "nothing changes: nothing to judge",
    ]
