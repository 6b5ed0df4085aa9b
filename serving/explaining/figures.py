"""Figures as a reader meets them: out of a hundred, two decimals, the sign as a word; times to the second.

The exact figures stand in the record's own fields.
"""

from datetime import datetime, timedelta

from model.contracts import CustomerWouldThank
from serving.record.record import timestamp

DECIMALS = 2
EFFECTS = {"benefit": "benefit", "complaint_effect": "complain", "opt_out": "opt out"}
NOTHING = "0"


def effects(thank: CustomerWouldThank) -> str:
    """Say the effects of contact out of a hundred customers like this one; empty where there was no score."""
    found = {verb: getattr(thank, name) for name, verb in EFFECTS.items()}
    if None in found.values():
        return ""
    value = "" if abs(found["benefit"]) <= 1 else _value(found.pop("benefit"))
    *others, last = [_effect(effect, verb) for verb, effect in found.items()]
    return f"{value}of 100 customers like this one, {', '.join(others)} and {last} than without it"


def _value(benefit: float) -> str:
    """Say a benefit that is weighted by value: it is no share of customers."""
    return f"a {'benefit' if benefit > 0 else 'loss'} of {_plain(abs(benefit))} per contact; "


def _effect(effect: float, verb: str) -> str:
    number = _plain(abs(effect) * 100)
    if number == NOTHING:
        return f"no more would {verb}"
    return f"{number} {'more' if effect > 0 else 'fewer'} would {verb}"


def against(net: float, cutoff: float) -> str:
    """Hold the net benefit against the certified cut-off, both per hundred contacts."""
    has, needs = hundredth(net), hundredth(cutoff)
    below = "just below" if has == needs else "below"
    side = "at or above" if net >= cutoff else below
    return f"the net benefit of {has} per 100 contacts is {side} the certified cut-off of {needs}"


def higher_by(net: float, cutoff: float) -> str:
    """Say how much higher a net benefit would have to be to reach the cut-off, per hundred contacts."""
    gap = hundredth(max(cutoff - net, 0.0))
    return "any higher" if gap == NOTHING else f"higher by {gap}"


def by_more_than(net: float, cutoff: float) -> str:
    """Say how much lower a net benefit would have to be to fall below the cut-off, per hundred contacts."""
    gap = hundredth(max(net - cutoff, 0.0))
    return "any lower" if gap == NOTHING else f"lower by more than {gap}"


def hundredth(rate: float) -> str:
    """Write a rate out of a hundred, its sign as a word.

    Example:
        >>> hundredth(0.0891), hundredth(-0.000848), hundredth(-0.0000001)
        ('8.91', 'minus 0.08', '0')
    """
    number = _plain(abs(rate) * 100)
    return f"minus {number}" if rate < 0 and number != NOTHING else number


def _plain(number: float) -> str:
    return f"{round(number, 9):.{DECIMALS}f}".rstrip("0").rstrip(".")


def second(at: datetime) -> str:
    """Write an instant to wait for, to the second: rounded up, so that it is never said too early.

    Example:
        >>> second(datetime.fromisoformat("2026-11-20T11:50:00.25+00:00"))
        '2026-11-20T11:50:01Z'
    """
    whole = at.replace(microsecond=0)
    return timestamp(whole if whole == at else whole + timedelta(seconds=1))
