"""The history in a record, without what most customers do not have: names whose value says that nothing happened.

Of a customer without any history only the hour is written, instead of twenty-two numbers. `edition` says which names
were left out, so that they read back as they were: 0, or never. It is a whole number, as no feature is. A history that
does not have exactly the names of `model.history` (a plan's, an older record's) is written as it is: what was not known
then is missing, never 0.

Example:
    >>> packed(nothing_on_record(0.0) | {"contacts_7d": 2.0})
    {'contacts_7d': 2.0, 'hour': 0.0, 'edition': 1}
"""

from collections.abc import Mapping
from types import MappingProxyType

from model.contracts import JSON
from model.errors import InvalidInput
from model.history import FEATURES, HOUR, NEVER, NOTHING

MARK = "edition"
EDITION = 1  # of the names that are left out; other names are another edition, and the former stays to be read
LEFT_OUT: Mapping[int, Mapping[str, float | None]] = MappingProxyType(
    {EDITION: MappingProxyType({name: None if name in NEVER else value for name, value in NOTHING.items()})}
)


def packed(history: Mapping[str, float]) -> Mapping[str, float]:
    """Leave out what says that nothing happened, where the history is whole."""
    if tuple(history) != FEATURES:
        return history
    told: dict[str, float] = {name: value for name, value in history.items() if value and value == value}  # noqa: PLR0124  (NaN is never)
    told[HOUR] = history[HOUR]
    told[MARK] = EDITION
    return told


def unpacked(history: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Put back what `packed` left out; null is never.

    Raises:
        InvalidInput: another edition, which this version cannot read.
    """
    edition = history.get(MARK)
    if type(edition) is not int:
        return history
    if edition not in LEFT_OUT:
        raise InvalidInput(f"record: `history` of edition `{edition}`; a later version wrote it, read it there")
    whole = {**LEFT_OUT[edition], **history}
    del whole[MARK]
    return whole
