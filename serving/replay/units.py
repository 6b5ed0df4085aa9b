"""What the figures of a change are by: 1,000 contacts where these change one way, else 1,000 occasions."""

from collections.abc import Mapping

from model.contracts import JSON

OCCASIONS = "occasions"


def unit(effects: Mapping[str, JSON]) -> str:
    """Return of what there are 1,000: `contacts less`, `contacts more` or `occasions`."""
    if not any(each["per_contact"] for each in effects["outcomes"].values()):
        return OCCASIONS
    return f"contacts {'less' if effects['contacts']['less'] else 'more'}"


def by_unit(outcome: Mapping[str, JSON]) -> Mapping[str, JSON] | None:
    """Return the interval of an outcome by that unit's one, or None where there is none."""
    found: Mapping[str, JSON] | None = outcome["per_contact"] or outcome["difference"]
    return found
