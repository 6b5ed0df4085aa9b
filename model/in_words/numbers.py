"""How figures are written: thousands apart, a real minus, intervals in brackets, a dash for the unknown."""

import math
from collections.abc import Mapping

from model.contracts import JSON

DUST = 1e-9  # what is smaller is a nought that sums left behind


def number(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number as print does: thousands apart, a real minus, no minus before a nought."""
    shown = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    nought = not any(sign in "123456789" for sign in shown)
    return shown.replace("-", "" if nought else "−")


def figure(value: JSON, digits: int = 2, factor: float = 1.0) -> str:
    """Write a number, or a dash where it is not known."""
    return "–" if value is None else number(factor * value, digits)


def percent(share: float) -> str:
    """Write a share in per cent to one digit; a whole number has none, and what is not all or none never reads so."""
    shown = number(min(99.9, max(0.1, 100.0 * share)) if 0.0 < share < 1.0 else 100.0 * share)
    return f"{shown.removesuffix('.0')} %"


def at_least(share: float) -> float:
    """Round a share down to a tenth of a per cent, for sentences that say "at least"."""
    return math.floor(1000.0 * share + DUST) / 1000.0


def counted(many: int, thing: str) -> str:
    """Write a count with its noun.

    Example:
        >>> counted(1, "pair"), counted(1200, "pair")
        ('1 pair', '1,200 pairs')
    """
    return f"{many:,} {thing}{'' if many == 1 else 's'}"


def digits(low: float, high: float, least: int) -> int:
    """Return how many digits it takes until neither end reads as nought unless it is; at most three more than `least`.

    Example:
        >>> digits(0.04, 0.9, 1), digits(0.0, 0.9, 1)
        (2, 1)
    """
    ends = [end for end in (low, high) if abs(end) > DUST]
    enough = (n for n in range(least, least + 4) if all(float(f"{end:.{n}f}") != 0.0 for end in ends))
    return next(enough, least)


def interval(value: Mapping[str, JSON] | None, least: int = 2, factor: float = 1.0) -> str:
    """Write an estimate with its 95 % interval to at least so many digits, or a dash."""
    if value is None or value["estimate"] is None:
        return "–"
    if value["low"] is not None and value["high"] is not None:
        least = digits(factor * value["low"], factor * value["high"], least)
    low, high = (figure(value[key], least, factor) for key in ("low", "high"))
    return f"{figure(value['estimate'], least, factor)} ({low} to {high})"


def plain(value: JSON) -> str:
    """Write any leaf of a report: numbers to four digits, yes and no, a dash for null, text as it is."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value, 0)
    if isinstance(value, float):
        return f"{value:,.4g}".replace("-", "−")
    return str(value)
