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
from pathlib import Path

from model.contracts import JSON, NOTHING, Shares
from model.errors import InvalidInput
from model.uri import is_registered
from serving.masked import MASKED, masked_address
from serving.setting_values import SECRETS, TABLES, TRUTHS, WEBHOOK, WHOLE, known, valid

FILE = "outreach.toml"
PREFIX = "OUTREACH_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be configured, with its default.

    `model` is an artefact folder or `models:/…`, `shadow` the same of a challenger that is asked but never acted on;
    both are looked at again every `poll_seconds` (0: never). `policy` is a folder of
    templates and triggers (None: the shipped one, whose triggers are asked only with `shipped_triggers`), `limits` the
    overrides that tighten the policy. After `retention_days` the content of records goes (None: never). `webhook_url`
    is where offers are delivered, signed with `webhook_secret` (several, with spaces between them, while one follows
    another); None: they wait to be asked for.

    With `widget_secret` a shop's own server signs for its visitors; `chatwoot_secret`, `intercom_secret`,
    `zendesk_secret` and `segment_secret` are what those platforms sign with (or several). `requests_per_second` is what
    one API key may ask of one process, unless the key says less. `logs` are lines of `text` or of `json`, `telemetry`
    sends FastAPI's own spans.
    """

    ledger: str = "sqlite:///outreach.db"
    tracking_uri: str = "sqlite:///mlflow.db"
    model: str | None = None
    shadow: str | None = None
    policy: Path | None = None
    shipped_triggers: bool = False
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    retention_days: int | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    widget_secret: str | None = None
    chatwoot_secret: str | None = None
    intercom_secret: str | None = None
    zendesk_secret: str | None = None
    segment_secret: str | None = None
    requests_per_second: int = 5000
    poll_seconds: int = 5
    logs: str = "text"
    telemetry: bool = False
    shares: Shares = field(default_factory=Shares)
    limits: Mapping[str, JSON] = field(default_factory=lambda: NOTHING)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.masked().items())
        return f"Settings({shown})"

    @property
    def registered(self) -> tuple[str, ...]:
        """Which of model and challenger a registry names, each once."""
        return tuple(dict.fromkeys(named for named in (self.model, self.shadow) if is_registered(named)))

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
        known(name, KEYS, place)
        chosen[name] = (value, place)
    _both_or_none(chosen)
    return Settings(**{name: valid(name, value, place) for name, (value, place) in chosen.items()})


def names_in(path: Path) -> list[str]:
    """Return the settings that a file names, in its order; raises as `load_settings`."""
    return [name for name, *_ in _file(path)]


def _file(path: Path | None) -> list[tuple[str, JSON, str]]:
    source = path or Path(FILE)
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path is None:
            return []
        raise InvalidInput(f"settings file `{source}` does not exist; name another or leave it out") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"settings file `{source}` is not TOML: {error}; mend it there") from None
    except OSError as error:
        raise InvalidInput(f"settings file `{source}` cannot be read: {error.strerror}; mend its permissions") from None
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
    if name not in TABLES:
        return text  # what it must be instead is said where every value is looked at
    raise InvalidInput(
        f"environment variable `{variable}`: `{text}` is neither TOML nor JSON; write a table, for example `{{ … }}`"
    )


def _both_or_none(chosen: Mapping[str, tuple[JSON, str]]) -> None:
    """Refuse a webhook without its secret, and a secret without its webhook."""
    given = [name for name in WEBHOOK if name in chosen]
    if len(given) == 1:
        other = WEBHOOK[1 - WEBHOOK.index(given[0])]
        raise InvalidInput(f"{chosen[given[0]][1]}: `{given[0]}` needs `{other}` as well; give both or none")


def _mask(value: JSON, name: str = "") -> JSON:
    if not isinstance(value, str):
        return value
    if name in SECRETS:
        return MASKED
    shown = masked_address(value)
    return f"{shown.partition('?')[0]}?{MASKED}" if name == "webhook_url" and "?" in shown else shown
