"""Addresses as they may be shown: in errors, in `repr`, in what `outreach doctor` prints."""

import re

MASKED = "***"
_NAMED = re.compile(r"(?i)(?<=[?&\s])(password|passfile|sslpassword)=[^&\s]*")


def masked_address(url: str) -> str:
    """Return an address without its passwords, wherever they stand in it.

    Example:
        >>> masked_address("postgresql://outreach:s3cret@db.example:5432/ledger?sslmode=require&password=x")
        'postgresql://outreach:***@db.example:5432/ledger?sslmode=require&password=***'
    """
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return _NAMED.sub(rf"\1={MASKED}", url)
    bare, question, options = rest.partition("?")
    user, at, host = bare.rpartition("@")  # the last one: a password that nobody encoded may hold one, or a slash
    name, colon, _ = user.partition(":")
    shown = f"{scheme}://{name}{colon}{MASKED if colon else ''}{at}{host}{question}{options}"
    return _NAMED.sub(rf"\1={MASKED}", shown)
