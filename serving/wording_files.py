"""Reading the weights of the wording model, which come with the project as data."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from serving.policy.linear import Linear


@cache
def shipped_model() -> Linear:
    """Return the wording model that comes with the project."""
    raw = files("serving.policy").joinpath("shipped", "wording.json").read_bytes()
    content = json.loads(raw)
    return Linear(MappingProxyType(content["weights"]), content["intercept"], hashlib.sha256(raw).hexdigest())
