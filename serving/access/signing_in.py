"""Sessions of the console: what a ledger keeps of them, which is never the token itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

LASTS: Final = timedelta(hours=12)  # at most, signed out or not


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session of the console: the SHA-256 of its token, and whose key signed in."""

    sha256: str
    key_id: str
    at: datetime
    expires_at: datetime


class SigningIn(Protocol):
    """People come and go."""

    def sign_in(self, session: SignedIn) -> None:
        """Record that a key signed in to the console."""
        ...

    def signed_in(self, sha256: str) -> SignedIn | None:
        """Return what a token of the console stands for, until it is signed out; None where there is none."""
        ...

    def sign_out(self, sha256: str, *, at: datetime) -> bool:
        """End a session of the console; False where none goes on."""
        ...
