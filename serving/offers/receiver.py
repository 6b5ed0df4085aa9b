"""Who offers are delivered to: an address, checked before anything is sent there. Pure.

The address is the operator's own setting; nothing that is sent to the API changes where an offer goes. No error shows
an address.

Example:
    >>> is_loopback("http://127.0.0.1:9000/hook"), is_loopback("http://127.0.0.1.example/hook")
    (True, False)
"""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from model.errors import InvalidInput

ADDRESS = re.compile(r"[!-\[\]-~]+")  # ASCII that can be seen: a name in other letters is written as `xn--…`


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
