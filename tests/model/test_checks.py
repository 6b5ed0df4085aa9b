from typing import Any

import numpy as np
import pandas as pd
import pytest

from model.checks import feature_names, refuse_missing_columns
from tests.model.tables import ROWS, checked, good_frame, message, roles


def changed(**columns: Any) -> pd.DataFrame:
    """Return the good table with some columns replaced."""
    return good_frame().assign(**columns)


def replaced(column: str, row: int, value: Any) -> pd.DataFrame:
    """Return the good table with one cell replaced (rows from 1, as messages count)."""
    frame = good_frame()
    cells = frame[column].astype(object)
    cells.iloc[row - 1] = value
    return frame.assign(**{column: cells})


def refused(frame: pd.DataFrame, **changes: Any) -> str:
    """Return how a table is refused."""
    return message(lambda: checked(frame, **changes))


def test_missing_columns_are_shown_as_a_difference() -> None:
    """What each role asked for, the closest name, and what the table has: one look finds the slip."""
    asked = roles(benefit="vist", cluster="zzz", exclude=["Spend", "agee"])

    actual = message(lambda: refuse_missing_columns(list(good_frame()), asked))

    assert actual == (
        "missing columns: `benefit` asks for `vist` (closest: `visit`); `cluster` asks for `zzz`; "
        "`exclude` asks for `Spend` (closest: `sent`); `exclude` asks for `agee` (closest: `age`); the table has "
        "`occasion`, `household`, `decided_at`, `observed_at`, `sent`, `visit`, `complained`, `left`, `purpose`, `age`, "
        "`plan`, `app`; correct the roles"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"contacted": "x"},
        {"benefit": "x"},
        {"complaint": "x"},
        {"opt_out": "x"},
        {"propensity": "x"},
        {"cluster": "x"},
        {"time": "x"},
        {"id": "x"},
        {"features_time": "x"},
        {"features": ["x"]},
        {"exclude": ["x"]},
        {"segments": ["x"]},
    ],
)
def test_every_role_s_column_must_be_there(changes: dict[str, Any]) -> None:
    """A misspelt `exclude` matters most: the column that it meant would stay among the features."""
    actual = refused(good_frame(), **changes)

    assert actual.startswith(f"missing columns: `{next(iter(changes))}` asks for `x`")


def test_a_table_without_rows_is_refused() -> None:
    """A header alone is no table."""
    actual = refused(good_frame().iloc[:0])

    assert actual == "the table has no rows; write one row per occasion below the header"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0, "no contacted rows; add the rows that were contacted, or check the mapping"),
        (
            1,
            "no held-out rows; add the rows that were not contacted: without them nothing tells benefit from habit",
        ),
    ],
)
def test_both_arms_must_be_there(value: int, rule: str) -> None:
    """Without the held out nothing can be learned, without the contacted nothing is to be."""
    actual = refused(changed(sent=value))

    assert actual == f"column `sent`: {rule}"


@pytest.mark.parametrize("value", ["maybe", 2, 0.5, None])
def test_a_contacted_value_that_is_not_0_or_1_is_refused(value: Any) -> None:
    """The refusal shows how to map words."""
    actual = refused(replaced("sent", 17, value))

    shown = "a missing value" if value is None else f"`{value}`"
    assert actual == (
        f"column `sent`, row 17: {shown} is not 0 or 1; "
        'map its values with `contacted = { column = "…", yes = […], no = […] }`'
    )


ARMS = {"column": "arm", "yes": ["mail", "call"], "no": ["none"]}


def arms(*words: str) -> pd.DataFrame:
    """Return the good table with an arm told by words, in turn."""
    return good_frame().assign(arm=[words[i % len(words)] for i in range(ROWS)]).drop(columns="sent")


def test_arms_are_mapped_by_their_words() -> None:
    """Two words for contacted, one for held out."""
    actual = checked(arms("mail", "none", "call", "none"), contacted=ARMS).contacted.mean()

    assert actual == 0.5


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ([1, 2, 0, 0] * 10, [1, 2.0], [0]),
        ([1.0, 2.0, 0.0, 0.0] * 10, ["1", 2], [0]),
        ([True, True, False, False] * 10, [True], [False]),
        (pd.Categorical(["a", "a", "b", "b"] * 10), ["a"], ["b"]),
        (["1", "2", "0", "0"] * 10, [1, 2], ["0"]),
    ],
)
def test_mapped_values_match_whatever_their_type(column: Any, yes: list[Any], no: list[Any]) -> None:
    """A 1 in TOML is 1.0 in a float column and "1" in text."""
    frame = good_frame().assign(arm=column).drop(columns="sent")

    actual = checked(frame, contacted={"column": "arm", "yes": yes, "no": no}, exclude=["plan"]).contacted[:4].tolist()

    assert actual == [True, True, False, False]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("mail", "none", "none"),
            "column `arm`: `call` of `yes` never occurs; the values are `mail`, `none`; correct `contacted.yes`",
        ),
        (
            ("mail", "call", "fax"),
            "column `arm`: `none` of `no` never occurs; the values are `mail`, `call`, `fax`; correct `contacted.no`",
        ),
        (
            ("mail", "none", "call", "fax", "none"),
            (
                "column `arm`, row 4: `fax` is neither in `contacted.yes` nor in `contacted.no` (and 7 more rows); "
                "add it to one of them, or leave these rows out"
            ),
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(words: tuple[str, ...], expected: str) -> None:
    """A value that never occurs is a slip, a value in neither list an arm that nobody thought of."""
    actual = refused(arms(*words), contacted=ARMS)

    assert actual == expected


def test_a_missing_arm_is_refused_under_a_mapping() -> None:
    """A row whose arm is unknown is in neither."""
    frame = arms("mail", "none", "call")
    frame.loc[2, "arm"] = None

    actual = refused(frame, contacted=ARMS)

    assert actual == (
        "column `arm`, row 3: a missing value is neither in `contacted.yes` nor in `contacted.no`; "
        "add it to one of them, or leave these rows out"
    )


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
    ("changes", "expected"),
    [
        (
            {"purpose": "onbording"},
            "`purpose`: `onbording` is no column of the table and no known purpose; did you mean `onboarding`?",
        ),
        (
            {"purpose": "upsell"},
            "`purpose`: `upsell` is marketing, which is never sent; name a purpose of service, or leave the role out",
        ),
        (
            {"channel": "zzz"},
            (
                "`channel`: `zzz` is no column of the table and no known channel; "
                "known are `chat`, `widget`, `push`, `sms`, `email`, `whatsapp`"
            ),
        ),
        (
            {"channel": "mail"},
            "`channel`: `mail` is no column of the table and no known channel; did you mean `email`?",
        ),
    ],
)
def test_a_constant_outside_the_closed_lists_is_refused(changes: dict[str, str], expected: str) -> None:
    """A certificate for a purpose that nothing can have would permit nothing."""
    actual = refused(good_frame(), **changes)

    assert actual == expected


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("upsell", "`upsell` is marketing, which is never sent"),
        ("newsletter", "`newsletter` is not one of the purposes (`delivery_update`, "),
        (None, "a missing value is not one of the purposes (`delivery_update`, "),
    ],
)
def test_rows_of_another_purpose_are_refused(value: str | None, rule: str) -> None:
    """Messages that are never sent would dilute the harm that is certified for the others."""
    actual = refused(replaced("purpose", 3, value))

    assert (actual.startswith(f"column `purpose`, row 3: {rule}"), actual.split("; ")[-1]) == (
        True,
        "leave these rows out, or leave the role `purpose` out",
    )


def test_a_column_called_like_the_constant_is_explained() -> None:
    """A consent flag called `email` hides the channel of that name."""
    actual = refused(changed(email=np.arange(ROWS) % 2 == 0), channel="email")

    assert actual.endswith(
        "; a column goes before the channel of the same name, so rename the column to mean the channel"
    )


def test_no_features_left_is_refused() -> None:
    """Everything excluded, or nothing but constants."""
    actual = (
        refused(good_frame(), exclude=["age", "plan", "app", "purpose"]),
        refused(changed(age=1.0), features=["age"]),
    )

    assert actual == (
        "no features left: every column has a role or is excluded; add one that tells customers apart",
        "no features left: feature `age` dropped: every value is `1.0`; add one that tells customers apart",
    )


def test_purpose_stays_a_feature_only_under_its_own_name() -> None:
    """Serving finds `purpose` in the candidate; it would look for `why` among the customer's attributes."""
    columns = ["sent", "visit", "why", "purpose", "age"]
    least = {"complaint": None, "opt_out": None, "cluster": None, "time": None, "id": None, "features_time": None}

    actual = (
        feature_names(columns, roles(**least, purpose="why")),
        feature_names(columns, roles(**least, purpose="purpose")),
        feature_names(columns, roles(**least, purpose="why", features=["why"])),
    )

    assert actual == (("purpose", "age"), ("why", "purpose", "age"), ("why",))
