"""Reading the weights of the wording model: a file that would let everything pass is refused."""

import json

import pytest

from model.errors import InvalidInput
from serving.policy.linear import Linear
from serving.policy_files.weights import read_model, shipped_model

GOOD = '{"intercept": -1, "weights": {"sale": [2.5, 0], "parcel": [-1.5, -3]}}'


def test_weights_are_read_by_side() -> None:
    """What counts nothing is left out; the digest is that of the file."""
    found = read_model(GOOD.encode(), "w.json")
    assert (found.whole, found.part, found.intercept, len(found.sha256)) == (
        {"sale": 2.5, "parcel": -1.5},
        {"parcel": -3},
        -1,
        64,
    )


def test_the_shipped_model_is_read() -> None:
    """Each weight of it has a size that a model has."""
    assert isinstance(shipped_model(), Linear)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e7", '"2"', "null", "true"])
@pytest.mark.parametrize(
    ("where", "said"), [("2.5", "the weight of `sale` is not two numbers"), ("-1,", "`intercept` is no number")]
)
def test_a_number_that_no_model_has_is_refused(number: str, where: str, said: str) -> None:
    """Not a number, without end, beyond a million, a text: any of them would decide every text by itself."""
    with pytest.raises(InvalidInput) as caught:
        read_model(GOOD.replace(where, number + "," * where.endswith(",")).encode(), "w.json")
    assert str(caught.value) == f"w.json: {said} within 1e+06; write it anew with `outreach policy learn`"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON (JSONDecodeError)"),
        (b"\xff", "not JSON (UnicodeDecodeError)"),
        (b"[" * 100_000, "not JSON (RecursionError)"),
        (b"[]", "no `weights`"),
        (b'{"intercept": 1}', "no `weights`"),
        (b'{"intercept": 1, "weights": [1]}', "no `weights`"),
        (b'{"weights": {}}', "`intercept` is no number"),
        (json.dumps({"intercept": 10**400, "weights": {}}).encode(), "`intercept` is no number"),
        (b'{"intercept": 1, "weights": {"a": 1}}', "the weight of `a` is not two numbers"),
        (b'{"intercept": 1, "weights": {"a": [1]}}', "the weight of `a` is not two numbers"),
        (b'{"intercept": 1, "weights": {"a\\n": [1, 2, 3]}}', "the weight of `a\\n` is not two numbers"),
    ],
    ids=range(11),
)
def test_what_is_no_model_is_refused(raw: bytes, said: str) -> None:
    """With the place, in one line."""
    with pytest.raises(InvalidInput) as caught:
        read_model(raw, "w.json")
    assert str(caught.value).startswith(f"w.json: {said}")
