from typing import Any

import pytest

from model.reading.roles import Roles
from model.reading.sceptic_roles import Before, Window, before, windows
from tests.model.tables import message

LEAST: dict[str, Any] = {"contacted": "sent", "benefit": "visit"}


def parsed(**changes: Any) -> Roles:
    """Read the two required roles and the changes."""
    return Roles.from_mapping(LEAST | changes)


def refused(**changes: Any) -> str:
    """Return how roles are refused."""
    return message(lambda: parsed(**changes))


def test_nothing_is_the_default() -> None:
    """The columns are optional: older roles mean what they meant."""
    actual = parsed()

    assert (actual.version, actual.before, actual.windows) == (None, Before(), ())


def test_all_three_are_read() -> None:
    """Windows come by outcome and days, whatever their order in the file."""
    actual = parsed(
        version="release",
        before={"benefit": "visit_before", "opt_out": "left_before"},
        windows={"complaint": {"7": "c7"}, "benefit": {"28": "b28", "7": "b7"}},
    )

    assert (actual.version, list(actual.before.named())) == (
        "release",
        [("benefit", "visit_before"), ("opt_out", "left_before")],
    )
    assert actual.windows == (
        Window(outcome="benefit", days=7, column="b7"),
        Window(outcome="benefit", days=28, column="b28"),
        Window(outcome="complaint", days=7, column="c7"),
    )


def test_none_of_them_is_a_feature_by_itself() -> None:
    """Their columns have a role."""
    actual = parsed(version="v", before={"benefit": "p"}, windows={"benefit": {"7": "b7"}}).role_columns

    assert actual == ("sent", "visit", "v", "p", "b7")


def test_a_label_may_be_its_own_window() -> None:
    """The label's window is one of the windows."""
    actual = parsed(complaint="c", windows={"complaint": {"14": "c"}})

    assert actual.windows[0].column == actual.complaint


def test_what_was_before_may_be_a_feature_where_listed() -> None:
    """It was known at the decision."""
    actual = parsed(before={"benefit": "p"}, features=["p", "age"])

    assert actual.features == ("p", "age")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"before": {"benfit": "p"}}, "key `before.benfit` is not known; did you mean `benefit`?"),
        ({"before": "p"}, "key `before`: `p` is not a table; write `[before]` on a line of its own"),
        (
            {"before": {"benefit": 3}},
            "key `before.benefit`: `3` is not the name of a column; write it in double quotes",
        ),
        (
            {"before": {"exclude": ["p"]}},
            "key `before.exclude` stands below `[before]`; move `exclude` above the first `[…]` of the file",
        ),
        ({"windows": {"spend": {"7": "b"}}}, "key `windows.spend` is not known; known are"),
        ({"windows": {"benefit": "b7"}}, "key `windows.benefit`: `b7` is not a table; write `[windows.benefit]`"),
        ({"windows": {"benefit": {"week": "b"}}}, "`week` is not a whole number of days from 1 to 365"),
        ({"windows": {"benefit": {"0": "b"}}}, "`0` is not a whole number of days from 1 to 365"),
        ({"windows": {"benefit": {"07": "b"}}}, "`07` is not a whole number of days from 1 to 365"),
        ({"windows": {"benefit": {"366": "b"}}}, "`366` is not a whole number of days from 1 to 365"),
        ({"windows": {"benefit": {"7": 7}}}, "key `windows.benefit.7`: `7` is not the name of a column"),
        ({"windows": {"complaint": {"7": "visit"}}}, "column `visit` is both `benefit` and `windows.complaint.7`"),
        ({"before": {"benefit": "visit"}}, "column `visit` is both `benefit` and `before.benefit`"),
        ({"version": "sent"}, "column `sent` is both `contacted` and `version`"),
        (
            {"windows": {"benefit": {"7": "b7"}}, "features": ["b7"]},
            "column `b7` is `windows.benefit.7` and stands in `features`; take it out of `features`",
        ),
        ({"version": "v", "features": ["v"]}, "column `v` is `version` and stands in `features`"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], expected: str) -> None:
    """Unknown keys, wrong types, a column twice, an outcome among the features."""
    actual = refused(**changes)

    assert expected in actual


def test_days_may_be_numbers_in_python() -> None:
    """TOML's keys are text, a program's need not be."""
    actual = windows({"benefit": {7: "b7"}})

    assert actual == (Window(outcome="benefit", days=7, column="b7"),)


def test_a_role_is_said_as_in_the_file() -> None:
    """So that a message can be followed."""
    actual = (Window(outcome="benefit", days=7, column="b7").role, before({}))

    assert actual == ("windows.benefit.7", Before())
