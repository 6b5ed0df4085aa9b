import doctest
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InvalidTable
from model.reading import roles as module
from model.reading.roles import KNOWN, Contacted, Roles, Targets, Weights
from tests.model.tables import message

LEAST: dict[str, Any] = {"contacted": "treatment", "benefit": "visit"}
CONTRACT = """
contacted  = { column = "segment", yes = ["Mens E-Mail", "Womens E-Mail"], no = ["No E-Mail"] }
benefit    = "visit"
complaint  = "complained"
opt_out    = "opted_out"
propensity = 0.5
cluster    = "household"
time       = "decided_at"
purpose    = "delivery_update"
channel    = "chat"
id         = "occasion_id"
exclude    = ["spend"]
features_time = "observed_at"
segments   = ["plan"]
[weights]
benefit = 2
complaint = 5.0
[certificate]
complaint_at_most = 0.01
confidence = 0.9
"""


def parsed(**changes: Any) -> Roles:
    """Read the two required roles and the changes."""
    return Roles.from_mapping(LEAST | changes)


def test_the_examples_run() -> None:
    """The docstring's example says what the code does."""
    actual = doctest.testmod(module).failed

    assert actual == 0


def test_two_roles_are_enough_and_the_rest_is_as_in_the_contract() -> None:
    """Every default is the one that CONTRACT section 3 shows."""
    actual = parsed()

    assert actual == Roles(
        contacted=Contacted(column="treatment"),
        benefit="visit",
        weights=Weights(benefit=1.0, complaint=1.0, opt_out=1.0, contact=0.0),
        certificate=Targets(complaint_at_most=0.005, opt_out_at_most=0.005, confidence=0.95),
    )


def test_the_contract_s_file_is_read(tmp_path: Path) -> None:
    """Every key of the contract arrives as written; what a table leaves out keeps its default."""
    path = tmp_path / "roles.toml"
    path.write_text(CONTRACT, encoding="utf-8")

    actual = Roles.read(path)

    assert actual == Roles(
        contacted=Contacted(column="segment", yes=("Mens E-Mail", "Womens E-Mail"), no=("No E-Mail",)),
        benefit="visit",
        complaint="complained",
        opt_out="opted_out",
        propensity=0.5,
        cluster="household",
        time="decided_at",
        purpose="delivery_update",
        channel="chat",
        id="occasion_id",
        exclude=("spend",),
        features_time="observed_at",
        segments=("plan",),
        weights=Weights(benefit=2.0, complaint=5.0),
        certificate=Targets(complaint_at_most=0.01, confidence=0.9),
    )


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    """A byte order mark and CRLF are no reason to refuse."""
    path = tmp_path / "roles.toml"
    path.write_bytes(b'\xef\xbb\xbfcontacted = "treatment"\r\nbenefit = "visit"\r\n')

    actual = Roles.read(path)

    assert actual == parsed()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b'contacted = "a"\nbenefit = ',
            "is not TOML: Invalid value (at end of document); see docs/for_analysts.md",
        ),
        (b'benefit = "\xff"', "is not UTF-8 (byte 11); save it as UTF-8"),
        (b'contacted = "a"\nbenifit = "b"', "key `benifit` is not known; did you mean `benefit`?"),
        (b"", 'role `contacted` is missing; write `contacted = "…"` with the name of its column'),
        (b'contacted = "a"', 'role `benefit` is missing; write `benefit = "…"` with the name of its column'),
    ],
)
def test_an_unusable_file_is_refused_by_name(tmp_path: Path, content: bytes, expected: str) -> None:
    """The refusal names the file, then what is wrong in it."""
    path = tmp_path / "roles.toml"
    path.write_bytes(content)

    actual = message(lambda: Roles.read(path))

    assert actual.removeprefix(f"roles file `{path}`").lstrip(": ").strip() == expected


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A wrong path is bad input, said in one line."""
    path = tmp_path / "none.toml"

    actual = message(lambda: Roles.read(path))

    assert actual == f"roles file `{path}` cannot be read: no such file or directory; give the path of a roles.toml"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exlcude": ["spend"]}, "key `exlcude` is not known; did you mean `exclude`?"),
        ({"weights": {"complain": 1.0}}, "key `weights.complain` is not known; did you mean `complaint`?"),
        (
            {"certificate": {"confidense": 0.9}},
            "key `certificate.confidense` is not known; did you mean `confidence`?",
        ),
        (
            {"certificate": {"id": "a"}},
            "key `certificate.id` stands below `[certificate]`; move `id` above the first `[…]` of the file",
        ),
        (
            {"contacted": {"column": "segment", "yes": ["a"], "not": ["b"]}},
            "key `contacted.not` is not known; did you mean `no`?",
        ),
        (
            {"contacted": {"yes": ["a"], "no": ["b"]}},
            'key `contacted` lacks `column`; write `contacted = { column = "…", yes = […], no = […] }`',
        ),
        (
            {"contacted": {"column": "segment", "yes": ["a"]}},
            "`contacted` has `yes` values but no `no` values; name both, each with a value",
        ),
        (
            {"contacted": {"column": "segment", "no": ["a"]}},
            "`contacted` has `no` values but no `yes` values; name both, each with a value",
        ),
        (
            {"contacted": {"column": "segment", "yes": ["a", 1], "no": [1.0]}},
            "`contacted`: `1` stands under `yes` and under `no`; leave it in one of them",
        ),
        ({"contacted": 3}, "key `contacted`: `3` is not the name of a column; write it in double quotes"),
        ({"benefit": ["visit"]}, "key `benefit`: `['visit']` is not the name of a column; write it in double quotes"),
        (
            {"propensity": True},
            "key `propensity`: `True` is not the name of a column or a number; write it in double quotes",
        ),
        ({"features": []}, "`features` is an empty list; name at least one column, or leave it out to use all"),
        ({"features": "age"}, 'key `features`: `age` is not a list; write `features = ["age"]`'),
        (
            {"features": ["age"], "exclude": ["spend"]},
            "`features` and `exclude` are both given; name what to use or what to leave out, not both",
        ),
        (
            {"features_time": "seen"},
            "`features_time` needs `time` to compare with; name the column of the decision's time",
        ),
    ],
)
def test_a_wrong_key_or_type_is_refused(changes: dict[str, Any], expected: str) -> None:
    """Unknown keys, wrong types and contradictions are refused with what to write instead."""
    actual = message(lambda: parsed(**changes))

    assert actual == expected


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, -0.5, 2, math.nan, math.inf])
def test_a_propensity_outside_0_and_1_is_refused(value: float) -> None:
    """A certain or impossible contact leaves nothing to compare; NaN is no probability."""
    actual = message(lambda: parsed(propensity=value))

    assert actual == (
        f"`propensity`: `{float(value)}` is not between 0 and 1; "
        "write the probability with which a row was contacted, such as 0.5"
    )


@pytest.mark.parametrize("value", [1e-12, 0.9999999999999999])
def test_a_propensity_next_to_0_or_1_is_refused(value: float) -> None:
    """One row would weigh more than any table has rows."""
    actual = message(lambda: parsed(propensity=value))

    assert actual == (
        f"`propensity`: `{value}` is within 1e-06 of 0 or 1, which no table can bear out; "
        "write the probability with which a row was contacted, such as 0.5"
    )


def test_a_whole_number_beyond_every_float_is_refused() -> None:
    """TOML allows any number of digits."""
    actual = message(lambda: parsed(weights={"contact": 10**400}))

    assert actual == "`weights.contact`: `inf` is not a finite number ≥ 0; write one, such as 1.0"


@pytest.mark.parametrize("key", ["complaint_at_most", "opt_out_at_most"])
@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 5.0, math.nan, math.inf])
def test_a_target_outside_0_and_1_is_refused(key: str, value: float) -> None:
    """A rate is a fraction: 5 would be 500 %, and at 0 nothing could be certified."""
    actual = message(lambda: parsed(certificate={key: value}))

    assert actual == (
        f"`certificate.{key}`: `{value}` is not between 0 and 1; write a fraction, such as 0.005 for 0.5 %"
    )


@pytest.mark.parametrize("value", [0.0, 1.0, 95, math.nan])
def test_a_confidence_outside_0_and_1_is_refused(value: float) -> None:
    """95 is not 0.95: the refusal says how to write it."""
    actual = message(lambda: parsed(certificate={"confidence": value}))

    assert actual == f"`certificate.confidence`: `{float(value)}` is not between 0 and 1; write 0.95 for 95 %"


@pytest.mark.parametrize("key", ["benefit", "complaint", "opt_out", "contact"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_weight_that_is_not_finite_or_below_0_is_refused(key: str, value: float) -> None:
    """A negative weight would turn harm into benefit."""
    actual = message(lambda: parsed(weights={key: value}))

    assert actual == f"`weights.{key}`: `{value}` is not a finite number ≥ 0; write one, such as 1.0"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"benefit": "treatment"}, "column `treatment` is both `contacted` and `benefit`"),
        ({"complaint": "visit"}, "column `visit` is both `benefit` and `complaint`"),
        ({"cluster": "visit"}, "column `visit` is both `benefit` and `cluster`"),
        ({"propensity": "visit"}, "column `visit` is both `benefit` and `propensity`"),
        ({"id": "at", "time": "at"}, "column `at` is both `id` and `time`"),
    ],
)
def test_one_column_in_two_roles_is_refused(changes: dict[str, Any], expected: str) -> None:
    """A label that is also the treatment, or a household, is a slip."""
    actual = message(lambda: parsed(**changes))

    assert actual == f"{expected}; name a column for each, or leave one role out"


@pytest.mark.parametrize(
    "changes",
    [
        {"complaint": "unhappy", "opt_out": "unhappy"},
        {"cluster": "customer", "id": "customer"},
        {"time": "at", "features_time": "at"},
    ],
)
def test_pairs_that_may_be_one_column_are_read(changes: dict[str, Any]) -> None:
    """One column may hold both harms, household and occasion, or the decision's time and that of the features."""
    actual = {role: getattr(parsed(**changes), role) for role in changes}

    assert actual == changes


@pytest.mark.parametrize("key", ["features", "segments"])
@pytest.mark.parametrize("role", ["contacted", "benefit", "complaint", "opt_out", "propensity", "cluster", "id"])
def test_a_role_s_column_is_no_feature_and_no_segment(key: str, role: str) -> None:
    """What was measured afterwards, or names a row, cannot describe the customer."""
    actual = message(lambda: parsed(**{role: "x", key: ["age", "x"]}))

    assert actual == f"column `x` is `{role}` and stands in `{key}`; take it out of `{key}`"


def test_purpose_and_channel_may_be_features() -> None:
    """Serving finds both in the candidate, so a model may read them."""
    actual = parsed(purpose="purpose", channel="channel", features=["purpose", "channel"]).features

    assert actual == ("purpose", "channel")


def test_role_columns_are_those_that_are_no_features_by_themselves() -> None:
    """A propensity that is a number names no column; purpose and channel are left to the table."""
    actual = parsed(propensity="p", cluster="c", time="t", purpose="purpose").role_columns

    assert actual == ("treatment", "visit", "c", "t", "p")


def test_the_canonical_form_ignores_how_the_file_was_written() -> None:
    """Key order and 1 against 1.0 do not change the bytes that are hashed."""
    left = Roles.from_mapping({"benefit": "visit", "contacted": "treatment", "weights": {"contact": 1}})
    right = Roles.from_mapping({"contacted": {"column": "treatment"}, "benefit": "visit", "weights": {"contact": 1.0}})

    assert left.canonical() == right.canonical()


def test_the_canonical_form_tells_any_difference() -> None:
    """A changed target is another question to the same data."""
    actual = parsed().canonical() == parsed(certificate={"confidence": 0.9}).canonical()

    assert actual is False


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(KNOWN) | st.text(max_size=8), json_like, max_size=6))
def test_any_mapping_is_read_or_refused(mapping: dict[str, Any]) -> None:
    """No decoded TOML, however odd, raises anything but the refusal that the command line prints."""
    try:
        Roles.from_mapping(mapping)
        actual = "read"
    except InvalidTable as error:
        actual = "refused" if str(error) else "refused without a word"

    assert actual in {"read", "refused"}


@pytest.mark.parametrize("weight", [1e308, 1e10, 1e-10, 1e-300])
def test_a_weight_beyond_measure_is_refused(weight: float) -> None:
    """Its square overflows, or is 0, and an interval of no width would pass the gate."""
    with pytest.raises(InvalidTable, match="is not 0 and not between 1e-09 and 1e\\+09"):
        Weights(benefit=weight)
