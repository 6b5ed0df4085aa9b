"""Why no score can send anything now: what the model's certificate lacks, for those who wonder that nothing goes."""

from datetime import datetime
from math import isfinite

from model.contracts import Shares
from serving.policy.purposes import CHANNELS, SERVICES
from serving.ports import Scorer
from serving.record.record import timestamp
from serving.thanks import watch_of

PAIRS = tuple((str(purpose), str(channel)) for purpose in SERVICES for channel in CHANNELS)


def lacking(scorer: Scorer, shares: Shares, now: datetime) -> str:
    """Say why the certificate permits nothing at `now` under these shares; empty where it permits something."""
    try:
        if scorer.cutoff is None:
            return "the model has no certificate"
        expires = getattr(scorer, "expires_at", None)  # the port has only `permits`, which says no date
        if isinstance(expires, datetime) and now >= expires:
            return f"the model's certificate expired at {timestamp(expires)}"
        if scorer.holds_for(shares) is not True:
            return "the model's certificate is for other `shares`"
        if watch_of(scorer, shares) is None:
            return "the model's certificate cannot be watched"
        permitted = any(scorer.permits(*pair, now) is True for pair in PAIRS) and isfinite(scorer.cutoff)
    except Exception:  # noqa: BLE001  (a certificate that cannot be read permits nothing, and is no reason to fail)
        return "the model's certificate cannot be read"
    return "" if permitted else "the model's certificate permits no purpose and channel now"
