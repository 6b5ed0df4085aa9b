"""Reading the weights of the wording model, which come with the project as data."""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files

from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy.linear import Linear

LARGEST = 1e6  # of a weight, either way: one number beyond it would decide every text
SIDES = 2  # of a weight: for the whole text, and for a part of it


def read_model(raw: bytes, place: str) -> Linear:
    """Return the wording model that a file's bytes hold; `place` names it in errors.

    Raises:
        InvalidInput: not the JSON that `outreach policy learn` writes, or a number that no model has.
    """
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _no_model(place, f"not JSON ({type(error).__name__})") from None
    weights = content.get("weights") if isinstance(content, dict) else None
    if not isinstance(weights, dict):
        raise _no_model(place, "no `weights` by feature")
    if not _is_weight(content.get("intercept")):
        raise _no_model(place, f"`intercept` is no number within {LARGEST:.0e}")
    for name, pair in weights.items():
        if not isinstance(pair, list) or len(pair) != SIDES or not all(map(_is_weight, pair)):
            raise _no_model(place, f"the weight of `{ascii(name)[1:-1]}` is not two numbers within {LARGEST:.0e}")
    same: dict[float, float] = {}  # one object for each number: what is small is near when it is looked up
    whole, part = (
        {name: same.setdefault(pair[side], pair[side]) for name, pair in weights.items() if pair[side]}
        for side in range(SIDES)
    )
    return Linear(whole, part, content["intercept"], sha256(raw).hexdigest())


def _is_weight(value: JSON) -> bool:
    """Whether it is a number of a size that a model has; not a number is never within."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _no_model(place: str, problem: str) -> InvalidInput:
    return InvalidInput(f"{place}: {problem}; write it anew with `outreach policy learn`")


@cache
def shipped_model() -> Linear:
    """Return the wording model that comes with the project. Raises InvalidInput."""
    raw = files("serving.policy").joinpath("shipped", "wording.json").read_bytes()
    return read_model(raw, "shipped/wording.json")
