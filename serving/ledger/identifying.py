"""`customer.identified`: who a visitor is, and what a customer told of themselves, as it takes effect.

What cannot be read of it changes nothing: a blank id, a zone that does not exist, a channel that is none. Consent is
yes only where it is exactly true; whatever else stands there takes it back.
"""

from model.contracts import JSON, Channel, Event
from serving.ledger.identities import bind, is_id
from serving.ledger.preferences import Statement, state
from serving.ledger.store import Store
from serving.ledger.traits import add_traits
from serving.policy.zones import zone

IDENTIFIED = "customer.identified"
CHANNELS = frozenset(Channel)


def identify(store: Store, event: Event, *, at: int) -> None:
    """Let an identification take effect as of `at` (microseconds); its subject is the customer, by their own id."""
    if event.type != IDENTIFIED or event.subject is None:
        return
    anonymous = event.data.get("anonymous_id")
    if is_id(anonymous):
        bind(store, anonymous, event.subject, at=at)
    timezone, consent = event.data.get("timezone"), _consent(event.data.get("consent"))
    known = timezone if isinstance(timezone, str) and zone(timezone) is not None else None
    if known is not None or consent:
        state(store, event.subject, Statement(at=at, timezone=known, consent=consent, whole=False))
    add_traits(store, event.subject, event.data.get("traits"), at=at)


def _consent(told: JSON) -> dict[str, bool]:
    """Return what was said of each channel that there is."""
    return {name: told[name] is True for name in told if name in CHANNELS} if isinstance(told, dict) else {}
