"""Who offers are delivered to: an address and its secrets, checked before anything is sent there. Pure.

The address is the operator's own setting; nothing that is sent to the API changes where an offer goes. No error shows
an address or a secret.

Example:
    >>> is_loopback("http://127.0.0.1:9000/hook"), is_loopback("http://127.0.0.1.example/hook")
    (True, False)
"""

import base64
import binascii
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from model.errors import InvalidInput

ADDRESS = re.compile(r"[!-\[\]-~]+")  # ASCII that can be seen: a name in other letters is written as `xn--…`
SECRET = "whsec_"  # noqa: S105  (the prefix by which secrets of this kind are known)
SECRET_BYTES = (24, 64)  # Standard Webhooks 1.0.0


def receiver(url: str) -> str:
    """Return the address that offers are delivered to.

    Raises:
        InvalidInput: it is no `https` address (`http` will do for a loopback host), or a user, password or fragment is
            in it. It never shows the address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("this is no address; give `https://HOST/PATH`") from None
    if not ADDRESS.fullmatch(url) or not host or parts.scheme not in ("http", "https"):
        raise InvalidInput("this is no address; give `https://HOST/PATH`")
    if "@" in parts.netloc:
        raise InvalidInput("a user or a password is in the address; leave them out, every delivery is signed")
    if parts.fragment:
        raise InvalidInput("a fragment is in the address; leave out what follows `#`")
    if parts.scheme == "http" and not is_loopback(url):
        raise InvalidInput("offers say who gets which message; use `https` (`http` goes only to this very machine)")
    return url


def is_loopback(url: str) -> bool:
    """Return whether an address is of this very machine: `localhost`, 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def secrets_of(text: str) -> tuple[bytes, ...]:
    """Read one secret or several, with spaces between them: each `whsec_` and base64.

    Raises:
        InvalidInput: there is none, one is no base64 or has not 24 to 64 bytes. It never shows a secret.
    """
    found = tuple(_secret(part, place) for place, part in enumerate(text.split(), start=1))
    if not found:
        raise InvalidInput("there is no secret; give `whsec_` and 24 to 64 random bytes in base64")
    return found


def _secret(text: str, place: int) -> bytes:
    said = f"secret {place} must be `{SECRET}` and {SECRET_BYTES[0]} to {SECRET_BYTES[1]} bytes in base64"
    if not text.startswith(SECRET):
        raise InvalidInput(f"{said}; it does not begin so")
    encoded = text.removeprefix(SECRET)
    try:
        key = base64.b64decode(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{said}; what follows is no base64") from None
    if not SECRET_BYTES[0] <= len(key) <= SECRET_BYTES[1]:
        raise InvalidInput(f"{said}; it has {len(key)}")
    return key
