"""Reading the weights of the wording model, which come with the project as data."""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files

from serving.policy.linear import Linear


@cache
def shipped_model() -> Linear:
    """Return the wording model that comes with the project."""
    raw = files("serving.policy").joinpath("shipped", "wording.json").read_bytes()
    content = json.loads(raw)
    same: dict[float, float] = {}  # one object for each number: what is small is near when it is looked up
    whole, part = (
        {name: same.setdefault(pair[side], pair[side]) for name, pair in content["weights"].items() if pair[side]}
        for side in (0, 1)
    )
    return Linear(whole, part, content["intercept"], sha256(raw).hexdigest())
