"""A certificate in one sentence that may be quoted, made of its figures alone and never saying more than they do.

Limits and bounds are rounded up, the confidence down; harm is an average over contacts, exploration included; the
scope lists the pairs of purpose and channel that were seen, never their product. The sentence is stored beside the
figures, and whoever loads an artefact makes it again: another one is refused. Its words are therefore part of the
artefact's format: to change them is to change `model.manifest.FORMAT` (numpy-free: the request path loads this).

Example:
    >>> covered([("delivery_update", "chat"), ("delivery_update", "push"), ("onboarding", "chat")])
    'delivery updates by chat and push, onboarding by chat'
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Context, Decimal

from model.contracts import Certificate, Channel, HarmBound, Purpose
from model.in_words.numbers import at_least, counted, percent

HARMS: Mapping[str, str] = {"complaint": "complaints", "opt_out": "opt-outs"}
PURPOSES: Mapping[str, str] = {
    Purpose.DELIVERY_UPDATE: "delivery updates",
    Purpose.APPOINTMENT_UPDATE: "appointment updates",
    Purpose.ACCOUNT_EVENT: "account events",
    Purpose.REMEDIATION: "news of an incident",
    Purpose.REQUESTED_REMINDER: "requested reminders",
    Purpose.PROGRESS_UPDATE: "progress updates",
    Purpose.UNRESOLVED_FOLLOWUP: "follow-ups on unresolved conversations",
    Purpose.IN_SESSION_HELP: "help in a session",
    Purpose.ONBOARDING: "onboarding",
}
CHANNELS: Mapping[str, str] = {
    Channel.CHAT: "chat",
    Channel.WIDGET: "widget",
    Channel.PUSH: "push",
    Channel.SMS: "SMS",
    Channel.EMAIL: "email",
    Channel.WHATSAPP: "WhatsApp",
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LEAST = Decimal("0.01")  # per 1,000: what is shown to be smaller is stated as this
PLANNED = re.compile(r"about ([\d,]+) rows would show it where D2 has ([\d,]+)")
HOPELESS = "which more rows would not mend"
CAUSES = (  # what stands in the reason of a refusal, in plain words, and the next step
    ("`complaint` has no label", "complaints were not recorded", "record every complaint in the window"),
    ("`opt_out` has no label", "opt-outs were not recorded", "record every opt-out with its message"),
    ("the propensity is estimated", "the chance of contact was not logged", "log it with every decision"),
    (
        "the propensity check failed",
        "contact was not drawn with the chances that were logged",
        "correct the logged chances, or find out what else decided",
    ),
    ("no customer of D1 has", "there is nobody for whom contact is expected to pay", ""),
)
UNSHOWN, UNPAID = "harm is not shown to be below", "both harms are certified at"


def sentence(certificate: Certificate, expires: datetime | None = None) -> str:
    """Return what may be said of a certificate in one sentence; with `expires`, until when.

    Example:
        >>> sentence(load(folder).certificate)     # doctest: +SKIP
        'With 96.9 % confidence, contacting the customers this model picks (62.3 % of occasions), exploration …'
    """
    if certificate.issued:
        return _issued(certificate, expires)
    why, step = plainly(certificate.reason, certificate.alpha)
    return f"No certificate: {why}, so nothing discretionary is sent{f'; {step}' if step else ''}."


def _issued(certificate: Certificate, expires: datetime | None) -> str:
    """Say what was certified: the limits, at their level; the bounds only as what they are."""
    share = certificate.share_contacted or 0.0
    picked = f"the customers this model picks ({percent(share)} of occasions)"
    whom = "customers on every occasion" if share == 1.0 else picked
    parts = [
        (
            f"With {percent(at_least(1.0 - certificate.delta))} confidence, contacting {whom}, exploration included, "
            f"causes on average {limits(certificate.alpha)} per 1,000 contacts{_bounds(certificate.bounds)}"
        ),
        f"measured on {counted(certificate.n, 'occasion')}, under the assumptions stated with it",
        f"valid for {covered(certificate.scope)}"
        if certificate.scope
        else "no purpose and channel was named, so it permits no message",
    ]
    if expires is not None:
        parts.append(f"valid until {day(expires)}")
    return f"{'; '.join(parts)}."


def limits(alpha: Mapping[str, float]) -> str:
    """Write what contact may cause per 1,000 contacts, in words."""
    words = {"complaint": "extra complaints"}
    return listed([f"at most {per_thousand(alpha[harm])} {words.get(harm, HARMS[harm])}" for harm in HARMS])


def _bounds(bounds: Sequence[HarmBound]) -> str:
    """Say what was shown beyond the limits; nothing where a simultaneous bound lies above its own limit.

    Certified at δ and bounded at δ/(2K) are two statements: a bound below its limit implies it, one above says less.
    """
    if any(bound.bound > bound.alpha for bound in bounds):
        return ""
    by_harm = {bound.harm: _shown(bound) for bound in bounds}
    return f" (shown by simultaneous bounds: at most {listed([by_harm[harm] for harm in HARMS])})"


def _shown(bound: HarmBound) -> str:
    """Write a bound per 1,000 to two digits, rounded up, but never beyond its limit as that is written."""
    upper, limit = (1000 * Decimal(repr(rate)) for rate in (bound.bound, bound.alpha))
    return _plain(min(rounded_up(max(upper, LEAST), 2), rounded_up(limit, 3)))


def per_thousand(rate: float) -> str:
    """Write a rate per 1,000 to three digits, rounded up: "at most" stays true.

    Example:
        >>> per_thousand(0.005), per_thousand(0.0033333)
        ('5', '3.34')
    """
    return _plain(rounded_up(Decimal(repr(rate)) * 1000, 3))


def shown_up(per_1000: float) -> str:
    """Write a bound that is a rate per 1,000 already as the sentence does: to two digits, rounded up.

    Example:
        >>> shown_up(11.07), shown_up(1000 * 0.0033), shown_up(15.0)
        ('12', '3.3', '15')
    """
    return _plain(rounded_up(Decimal(repr(round(per_1000, 9))), 2))


def rounded_up(figure: Decimal, digits: int) -> Decimal:
    """Return the least number of so many digits that is not below `figure`."""
    return Context(prec=digits, rounding=ROUND_CEILING).create_decimal(figure)


def _plain(figure: Decimal) -> str:
    return f"{figure.normalize():f}"


def covered(scope: Sequence[tuple[str, str]]) -> str:
    """Write the pairs of a scope; purposes share their channels only where they have the same ones."""
    found: dict[str, list[str]] = {}
    for purpose in PURPOSES:
        channels = [CHANNELS[channel] for channel in CHANNELS if (purpose, channel) in scope]
        if channels:
            found.setdefault(listed(channels), []).append(PURPOSES[purpose])
    return ", ".join(f"{listed(purposes)} by {channels}" for channels, purposes in found.items())


def listed(words: Sequence[str]) -> str:
    """Write a list as prose.

    Example:
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def day(instant: datetime) -> str:
    """Write an instant in UTC, in words that no locale changes."""
    utc = instant.astimezone(UTC)
    return f"{utc.day} {MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


def plainly(reason: str, alpha: Mapping[str, float]) -> tuple[str, str]:
    """Return why no certificate was issued and what to do, in plain words; an unknown reason stays as it is."""
    found = [(why, step) for sign, why, step in CAUSES if sign in reason]
    if UNSHOWN in reason:
        otherwise = "more occasions alone would not change that"
        if HOPELESS not in reason:
            otherwise = _enough(reason) or "find out why the halves were logged differently"
        found.append((f"it is not shown that contact causes on average {limits(alpha)} per 1,000 contacts", otherwise))
    if UNPAID in reason:
        why = "the harm would be low enough, but contact is not shown to gain anything"
        found.append(
            (why, _enough(reason) or "choose another benefit, or other occasions, where contact gains something")
        )
    if not found:
        return "".join(sign if sign.isprintable() else "?" for sign in reason), ""
    return listed([why for why, _ in found]), listed([step for _, step in found]) if all(s for _, s in found) else ""


def _enough(reason: str) -> str:
    """Say how many occasions would be enough, by the planner's figures in the reason: the largest."""
    figures = [(int(needed.replace(",", "")), had) for needed, had in PLANNED.findall(reason)]
    if not figures:
        return ""
    needed, had = max(figures)
    return f"about {needed:,} occasions of the certification half would show it, which has {had}"
