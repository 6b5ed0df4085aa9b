from typing import Any

import pandas as pd
import pytest

from tests.model.tables import ROWS, changed, checked, good_frame, refused, replaced


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("role", ["complaint", "opt_out"])
def test_a_constant_harm_label_is_refused(role: str, value: int) -> None:
    """All 0 as well: no row tells "nobody complained" from "nobody wrote it down", and the second must not certify."""
    column = {"complaint": "complained", "opt_out": "left"}[role]

    actual = refused(changed(**{column: value}))

    assert actual == (
        f"column `{column}`: the {role} label is `{value}` in every row; use a table in which it varies, "
        f"or leave `{role}` out (then there is no certificate)"
    )


@pytest.mark.parametrize("value", [0, 1, 2.5])
def test_a_constant_benefit_is_refused(value: float) -> None:
    """A benefit that everybody has, or nobody, tells no customers apart."""
    actual = refused(changed(visit=value))

    assert actual == (f"column `visit`: the benefit label is `{value}` in every row; use a table in which it varies")


def test_a_benefit_never_seen_without_contact_is_refused() -> None:
    """A click on the message is a response: the held out had nothing to click."""
    frame = good_frame()

    actual = refused(frame.assign(visit=frame["visit"] * frame["sent"]))

    assert actual == (
        "column `visit`: the benefit never occurs among the held out, so it is a response; "
        "use an outcome that can be observed without contact"
    )


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("visit", -1.0, "`-1.0` is not 0/1 or a finite number ≥ 0"),
        ("visit", float("inf"), "`inf` is not 0/1 or a finite number ≥ 0"),
        ("visit", None, "a missing value is not 0/1 or a finite number ≥ 0"),
        ("visit", "yes", "`yes` is not 0/1 or a finite number ≥ 0"),
        ("complained", 2, "`2` is not 0 or 1"),
        ("complained", None, "a missing value is not 0 or 1"),
        ("left", 0.5, "`0.5` is not 0 or 1"),
    ],
)
def test_a_label_outside_its_domain_is_refused(column: str, value: Any, rule: str) -> None:
    """Row, value and rule are named; a missing outcome is not a 0."""
    actual = refused(replaced(column, 9, value))

    assert f": {rule}; " in actual


def test_a_missing_outcome_says_what_to_do() -> None:
    """Rows whose window is still open have no outcome yet."""
    actual = refused(replaced("complained", 9, None))

    assert actual == (
        "column `complained`, row 9: a missing value is not 0 or 1; "
        "write 0 or 1; leave out rows whose outcome is not known yet"
    )


@pytest.mark.parametrize("value", [0.0, 1.0, 1.2, -0.1, None])
def test_a_logged_propensity_outside_0_and_1_is_refused(value: float | None) -> None:
    """In a column as well as in the roles."""
    frame = replaced("age", 5, value).rename(columns={"age": "p"})
    frame["p"] = pd.to_numeric(frame["p"]).where(frame.index == 4, 0.5)

    actual = refused(frame, propensity="p")

    assert actual.startswith("column `p`, row 5: ")


def test_duplicate_ids_are_refused() -> None:
    """One occasion counted twice makes every interval too narrow."""
    frame = good_frame()
    frame.loc[[8, 9], "occasion"] = ["o-3", "o-4"]

    actual = refused(frame)

    assert actual == (
        "column `occasion`, row 9: `o-3` stands in row 4 already; 2 rows repeat an id; keep one row per occasion"
    )


@pytest.mark.parametrize(("column", "step"), [("occasion", "give every occasion its id"), ("household", "of its own")])
def test_a_missing_id_or_household_is_refused(column: str, step: str) -> None:
    """Unknown households are not one household."""
    actual = refused(replaced(column, 6, None))

    assert (actual.startswith(f"column `{column}`, row 6: a missing value"), actual.endswith(step)) == (True, True)


def test_features_observed_after_the_decision_are_refused() -> None:
    """Hindsight looks like foresight in every evaluation."""
    frame = good_frame()
    frame.loc[[6, 9], "observed_at"] = pd.Timestamp("2026-03-09T00:00:00Z")

    actual = refused(frame)

    assert actual == (
        "column `observed_at`, row 7: features were observed at `2026-03-09T00:00:00.000000000Z`, after the decision "
        "(column `decided_at`), in 2 rows; log the features as they were when the decision was made"
    )


def test_features_observed_at_the_decision_are_fine() -> None:
    """The same instant is not later."""
    frame = good_frame()

    actual = checked(frame.assign(observed_at=frame["decided_at"])).rows

    assert actual == ROWS


@pytest.mark.parametrize(
    ("column", "value"),
    [("decided_at", "2026-03-01T12:00:00"), ("decided_at", None), ("observed_at", "yesterday")],
)
def test_a_time_without_offset_is_refused(column: str, value: str | None) -> None:
    """Naive, missing and unparsable times alike."""
    frame = good_frame()
    frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    frame.loc[3, column] = value

    actual = refused(frame)

    assert actual.startswith(f"column `{column}`, row 4: ")


@pytest.mark.parametrize(
    ("copy", "label"),
    [
        ("visit", "`benefit` (column `visit`)"),
        ("complained", "`complaint` (column `complained`)"),
        ("left", "`opt_out` (column `left`)"),
        ("sent", "`contacted` (column `sent`)"),
    ],
)
def test_a_feature_that_equals_a_label_or_the_arm_is_refused(copy: str, label: str) -> None:
    """A copy as integers, as text and turned around: compared by value, not by type."""
    frame = good_frame()
    copies = (frame[copy], frame[copy].astype(str), 1 - frame[copy])

    actual = [refused(frame.assign(x=each), features=["age", "x"]).split("; ")[0] for each in copies]

    assert actual == [
        f"column `x`: equals {label}",
        f"column `x`: maps one to one onto {label}",
        f"column `x`: maps one to one onto {label}",
    ]
