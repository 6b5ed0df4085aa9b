"""Signing as each platform does, written from its own documentation and not from our code."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from tests.serving.served import NOON

SECRET = "what-every-platform-signs-with-in-tests"


def signed(platform: str, raw: bytes, *, secret: str = SECRET, at: datetime = NOON) -> Mapping[str, str]:
    """Return the headers that a platform sends with this body at this time."""
    key, seconds = secret.encode(), str(int(at.timestamp()))
    match platform:
        case "chatwoot":
            digest = hmac.new(key, seconds.encode() + b"." + raw, hashlib.sha256).hexdigest()
            return {"X-Chatwoot-Signature": f"sha256={digest}", "X-Chatwoot-Timestamp": seconds}
        case "intercom":
            return {"X-Hub-Signature": f"sha1={hmac.new(key, raw, hashlib.sha1).hexdigest()}"}
        case "segment":
            return {"X-Signature": hmac.new(key, raw, hashlib.sha1).hexdigest()}
        case "zendesk":  # Sunshine Conversations
            return {"X-API-Key": secret}
    raise LookupError(platform)
