import numpy as np
import pytest

from model.reading.checks import feature_names
from tests.model.tables import ROWS, changed, good_frame, refused, replaced, roles


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
