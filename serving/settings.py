"""One frozen `Settings`: `outreach.toml`, then environment `OUTREACH_*`, then flags; the later one wins.

An unknown key is refused with the closest known one, a wrong value with its place. What configuration cannot do is
loosen the policy: `limits` are handed to `serving.policy`, which only tightens. Passwords and secrets are masked in
`repr`.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from model.contracts import EXACT, JSON, NOTHING, Shares
from model.errors import InvalidInput
from serving.masked import MASKED, masked_address
from serving.policy.limits import Limits, tighten
from serving.receiver import receiver, secrets_of

FILE = "outreach.toml"
PREFIX = "OUTREACH_"
LEDGERS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured, with its default.

    `model` is an artefact folder or `models:/…`, `model_version` what the answers call it (None: its hash; for what is
    fetched from the registry it is the version there), `shadow` and `shadow_version` the same of a challenger that is
    asked but never acted on, `policy` a folder of templates and triggers (None: the shipped one, whose
    triggers are asked only with `shipped_triggers`), `limits` the overrides that tighten the policy. After
    `retention_days` the content of records goes (None: never). `webhook_url` is
    where offers are delivered, signed with `webhook_secret` (several, with spaces between them, while one follows
    another); None: they wait to be asked for.
    """

    ledger: str = "sqlite:///outreach.db"
    tracking_uri: str = "sqlite:///mlflow.db"
    model: str | None = None
    model_version: str | None = None
    shadow: str | None = None
    shadow_version: str | None = None
    policy: Path | None = None
    shipped_triggers: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    retention_days: int | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    shares: Shares = field(default_factory=Shares)
    limits: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.masked().items())
        return f"Settings({shown})"

    def masked(self) -> dict[str, JSON]:
        """Return every setting as a printable value, passwords replaced by `***`."""
        return {name: _mask(value, name) for name, value in self.values().items()}

    def values(self) -> dict[str, JSON]:
        """Return every setting as plain JSON, as the file would hold it."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        shares = {item.name: getattr(self.shares, item.name) for item in fields(Shares)}
        policy = None if self.policy is None else str(self.policy)
        return values | {"policy": policy, "shares": shares, "limits": dict(self.limits)}

    def environment(self) -> dict[str, str]:
        """Return the variables that make another process read these same settings."""
        return {
            PREFIX + name.upper(): value if isinstance(value, str) else json.dumps(value)
            for name, value in self.values().items()
            if value is not None
        }


KEYS = tuple(item.name for item in fields(Settings))
WEBHOOK = ("webhook_url", "webhook_secret")
TEXTS = ("ledger", "tracking_uri", "model", "model_version", "shadow", "shadow_version", "policy", "host", *WEBHOOK)
WHOLE = {"port": (0, 65535), "workers": (1, 64), "retention_days": (120, 36_500)}  # features look back 90 days
TRUTHS = ("shipped_triggers",)
TABLES = ("shares", "limits")


def load_settings(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, JSON] = NOTHING,
) -> Settings:
    """Read the file (`outreach.toml` where none is named; it may be absent), then the environment, then flags.

    `environ` None is this process's own; a flag that is None was not given.

    Raises:
        InvalidInput: an unknown key, a wrong type or a value outside its range, with its place.
    """
    layers = [*_file(path), *_environment(os.environ if environ is None else environ)]
    layers += [
        (name, value, f"flag `--{name.replace('_', '-')}`") for name, value in flags.items() if value is not None
    ]
    chosen: dict[str, tuple[JSON, str]] = {}
    for name, value, place in layers:
        _known(name, KEYS, place)
        chosen[name] = (value, place)
    _both_or_none(chosen)
    return Settings(**{name: _valid(name, value, place) for name, (value, place) in chosen.items()})


def _file(path: Path | None) -> list[tuple[str, JSON, str]]:
    source = path or Path(FILE)
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path is None:
            return []
        raise InvalidInput(f"settings file `{source}` does not exist; name another or leave it out") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"settings file `{source}` is not TOML: {error}") from None
    except OSError as error:
        raise InvalidInput(f"settings file `{source}` cannot be read: {error.strerror}") from None
    return [(name, value, f"`{source}`") for name, value in table.items()]


def _environment(environ: Mapping[str, str]) -> list[tuple[str, JSON, str]]:
    found = sorted((name, text) for name, text in environ.items() if name.startswith(PREFIX))
    return [
        (name.removeprefix(PREFIX).lower(), _from_text(name, text), f"environment variable `{name}`")
        for name, text in found
    ]


def _from_text(variable: str, text: str) -> JSON:
    """Read a number or a table as TOML or JSON; text settings stay as they are."""
    name = variable.removeprefix(PREFIX).lower()
    if name not in WHOLE and name not in TABLES and name not in TRUTHS:
        return text
    for read in (json.loads, lambda toml: tomllib.loads(f"value = {toml}")["value"]):
        try:
            return read(text)
        except ValueError:
            continue
    raise InvalidInput(f"environment variable `{variable}`: `{text}` is neither TOML nor JSON")


def _known(name: str, known: tuple[str, ...], place: str) -> None:
    if name not in known:
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
        raise InvalidInput(f"{place}: there is no setting `{name}`; {hint}")


def _both_or_none(chosen: Mapping[str, tuple[JSON, str]]) -> None:
    """Refuse a webhook without its secret, and a secret without its webhook."""
    given = [name for name in WEBHOOK if name in chosen]
    if len(given) == 1:
        other = WEBHOOK[1 - WEBHOOK.index(given[0])]
        raise InvalidInput(f"{chosen[given[0]][1]}: `{given[0]}` needs `{other}` as well; give both or none")


def _valid(name: str, value: JSON, place: str) -> Any:
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
            f"{place}: ledger `{_mask(value)}` is not a known kind of address; use `sqlite:///FILE` or `postgresql://…`"
        )
    if name in WEBHOOK:
        try:
            _ = receiver(value) if name == "webhook_url" else secrets_of(value)
        except InvalidInput as error:
            raise InvalidInput(f"{place}: `{name}`: {error}") from None
    return value


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
    known = tuple(item.name for item in fields(Shares))
    for name, value in table.items():
        _known(name, known, f"{place}, table `shares`")
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise InvalidInput(f"{place}: `shares.{name}` is `{value}`; it must be a fraction from 0 to 1")
    try:
        shares = Shares(**{name: float(value) for name, value in table.items()})
    except ValueError as error:
        raise InvalidInput(f"{place}: {error}") from None
    for name in known:
        if round(getattr(shares, name), EXACT) == 0:
            raise InvalidInput(f"{place}: `shares.{name}` is 0; it must be above 0: nothing is learnt without that arm")
    return shares


def _mask(value: JSON, name: str = "") -> JSON:
    if not isinstance(value, str):
        return value
    if name == "webhook_secret":
        return MASKED
    shown = masked_address(value)
    return f"{shown.partition('?')[0]}?{MASKED}" if name == "webhook_url" and "?" in shown else shown
