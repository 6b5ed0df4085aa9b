"""Addresses as they may be shown: in errors, in `repr`, in what `outreach doctor` prints.

What is known to be harmless is shown, and nothing else. libpq takes more for a password than a reader would (`u:a?b@h`
holds `a?b`) and decodes the names of parameters, so that what cannot be taken apart with certainty is not shown at all.
"""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import unquote

MASKED: Final = "***"
ROUNDS: Final = 200_000  # of a hash that may hold a password: a tenth of a second
UNKNOWN: Final = f"postgresql://{MASKED}"
_POSTGRES = re.compile(r"\W*postgres", re.IGNORECASE)
_HOSTS = r"(?:[A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?"
_APART = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})://"
    r"(?:(?P<user>[A-Za-z0-9_.~+-]*)(?P<password>:[^@/]*)?(?P<at>@))?"
    rf"(?P<hosts>{_HOSTS}(?:,{_HOSTS})*)"
    r"(?P<path>(?:/[A-Za-z0-9_.~+/-]*)?)"
    r"(?:\?(?P<options>[^?@#]*))?"
)
_PLACE = r"[A-Za-z0-9_./,-]*"
_HARMLESS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {name: re.compile(_PLACE) for name in ("host", "hostaddr", "port", "dbname", "user")}
    | {name: re.compile("[0-9]+") for name in ("connect_timeout", "keepalives", "tcp_user_timeout")}
    | {
        "sslmode": re.compile("disable|allow|prefer|require|verify-ca|verify-full"),
        "channel_binding": re.compile("disable|prefer|require"),
        "gssencmode": re.compile("disable|prefer|require"),
        "target_session_attrs": re.compile("any|read-write|read-only|primary|standby|prefer-standby"),
    }
)
_BETWEEN = re.compile(r"[\s=&;,:@/?#'\"]+")
_NAMED = re.compile(r"(?:pass|pwd|secret|token|key)\w*\s*=", re.IGNORECASE)
_NO_SERVER = re.compile(r"(?:models:/|runs:/|sqlite:///)")


class _Parts(NamedTuple):
    """What of an address may be shown, and what else stands in it."""

    shown: str
    hidden: tuple[str, ...]


def masked_address(url: str) -> str:
    """Return an address without its passwords, and without whatever else is not known to be harmless.

    Example:
        >>> masked_address("postgresql://outreach:s3cret@db.example:5432/ledger?sslmode=require&password=x")
        'postgresql://outreach:***@db.example:5432/ledger?sslmode=require&***'
    """
    parts = _apart(url)
    if parts is not None:
        return parts.shown
    return UNKNOWN if _POSTGRES.match(url) else MASKED


def told_apart(url: str) -> str:
    """Return what tells addresses apart that are shown alike: a slow hash of what is hidden, where that is no password.

    One registry may be asked with one password or the next; its other parameters, or what cannot be taken apart, may be
    all that differs from another.
    """
    parts = _apart(url)
    hidden = [url] if parts is None else sorted(parts.hidden[1:])
    if not hidden:
        return ""
    salt = masked_address(url).encode()
    return f" #{hashlib.pbkdf2_hmac('sha256', '&'.join(hidden).encode(), salt, ROUNDS).hex()[:16]}"


def said_of(url: str, said: str) -> str | None:
    """Return on one line what somebody says of an address, or None where that could tell what the address hides."""
    parts = _apart(url)
    line = " ".join(said.split())
    if parts is None:
        return None
    pieces = {piece for text in parts.hidden for form in (text, unquote(text)) for piece in _BETWEEN.split(form)}
    return None if any(piece in line for piece in pieces - {""}) else line


def _apart(url: str) -> _Parts | None:
    """Take an address apart, or return None where it is not certain what is what in it."""
    found = _APART.fullmatch(url)
    if found is None:
        return None if _suspicious(url) else _Parts(url, ())
    scheme = found["scheme"].lower()
    if scheme.startswith("postgres") and found["scheme"] not in {"postgresql", "postgres"}:
        return None
    password = (found["password"] or "").removeprefix(":")
    options, left_out = _options(found["options"] or "")
    shown = url[: found.end("at") if found["at"] else found.start("hosts")]
    if found["password"]:
        shown = f"{scheme}://{found['user']}:{MASKED}@"
    return _Parts(f"{shown}{found['hosts']}{found['path']}{options}", (password, *left_out))


def _suspicious(url: str) -> bool:
    """Whether an address that is no server's could be one that was mistyped."""
    if _POSTGRES.match(url) or _NAMED.search(url):
        return True
    rest = _NO_SERVER.sub("", url, count=1)
    return "://" in rest or re.search(":.*@", rest, re.DOTALL) is not None


def _options(given: str) -> tuple[str, list[str]]:
    """Return the parameters that are harmless, as they are shown, and the others."""
    every = given.split("&") if given else []
    shown = [one for one in every if _is_harmless(*one.partition("=")[::2])]
    left_out = [one for one in every if one not in shown]
    both = "&".join([*shown, MASKED] if left_out else shown)
    return f"?{both}" if both else "", left_out


def _is_harmless(name: str, value: str) -> bool:
    known = _HARMLESS.get(name)
    return known is not None and known.fullmatch(value) is not None
