"""What a setting may be: its type, its range, and what is said of a value that cannot be used."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model.contracts import EXACT, JSON, Shares
from model.errors import InvalidInput
from serving.access.keys import MOST_PER_SECOND
from serving.access.shared_secrets import CHOSEN, HS256, STANDARD, secrets_of
from serving.masked import masked_address
from serving.offers.receiver import receiver
from serving.policy.limits import Limits, tighten

LEDGERS = ("sqlite", "postgresql")
WEBHOOK = ("webhook_url", "webhook_secret")
PLATFORM_SECRETS = ("chatwoot_secret", "intercom_secret", "zendesk_secret", "segment_secret")
SECRETS = {"webhook_secret": STANDARD, "widget_secret": HS256, **dict.fromkeys(PLATFORM_SECRETS, CHOSEN)}
TEXTS = (
    *("ledger", "tracking_uri", "model", "shadow", "policy", "host"),
    *("webhook_url", *SECRETS, "logs"),
)
WHOLE = {
    "port": (0, 65535),
    "workers": (1, 64),
    "retention_days": (120, 36_500),  # features look back 90 days
    "requests_per_second": (1, MOST_PER_SECOND),
    "poll_seconds": (0, 3600),
}
TRUTHS = ("shipped_triggers", "telemetry")
LOGS = ("text", "json")
TABLES = ("shares", "limits")


def known(name: str, names: tuple[str, ...], place: str) -> None:
    """Refuse a name that no setting has, with the closest that there is."""
    if name not in names:
        close = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(names)}"
        raise InvalidInput(f"{place}: there is no setting `{name}`; {hint}")


def valid(name: str, value: JSON, place: str) -> Any:
    """Return a setting as it is used, or refuse its value with the place where it stands."""
    if name in TEXTS:
        text = _text(name, value, place)
        return Path(text) if name == "policy" else text
    if name in WHOLE:
        return _whole(name, value, place)
    if name in TRUTHS:
        return _truth(name, value, place)
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{place}: `{name}` must be a table, for example `{name} = {{ … }}`")
    return _shares(value, place) if name == "shares" else _limits(value, place)


def _text(name: str, value: JSON, place: str) -> str:
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise InvalidInput(f"{place}: `{name}` must be a text that is not empty")
    if name == "ledger" and value.partition("://")[0] not in LEDGERS:
        raise InvalidInput(
            f"{place}: ledger `{masked_address(value)}` is not a known kind of address; use `sqlite:///FILE` or `postgresql://…`"
        )
    if name == "logs" and value not in LOGS:
        raise InvalidInput(f"{place}: `logs` is `{value}`; it must be `text` or `json`")
    try:
        _address_or_secret(name, value)
    except InvalidInput as error:
        raise InvalidInput(f"{place}: `{name}`: {error}") from None
    return value


def _address_or_secret(name: str, value: str) -> None:
    """Refuse an address that nothing is sent to, and a secret that could be guessed."""
    if name == "webhook_url":
        receiver(value)
    elif name in SECRETS:
        secrets_of(value, SECRETS[name])


def _whole(name: str, value: JSON, place: str) -> int:
    low, high = WHOLE[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidInput(f"{place}: `{name}` is `{value}`; it must be a whole number from {low} to {high}")
    return value


def _truth(name: str, value: JSON, place: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{place}: `{name}` is `{value}`; it must be `true` or `false`")
    return value


def _limits(table: Mapping[str, JSON], place: str) -> Mapping[str, JSON]:
    """Refuse here what the policy would refuse later: a limit that is unknown or that would loosen it."""
    try:
        tighten(Limits(), table)
    except InvalidInput as error:
        raise InvalidInput(f"{place}: {error}") from None
    return MappingProxyType(dict(table))


def _shares(table: Mapping[str, JSON], place: str) -> Shares:
    names = tuple(item.name for item in fields(Shares))
    for name, value in table.items():
        known(name, names, f"{place}, table `shares`")
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise InvalidInput(f"{place}: `shares.{name}` is `{value}`; it must be a fraction from 0 to 1")
    try:
        shares = Shares(**{name: float(value) for name, value in table.items()})
    except ValueError as error:
        raise InvalidInput(f"{place}: {error}") from None
    for name in names:
        if round(getattr(shares, name), EXACT) == 0:
            raise InvalidInput(f"{place}: `shares.{name}` is 0; it must be above 0: nothing is learnt without that arm")
    return shares
