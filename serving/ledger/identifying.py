"""`customer.identified`: who a visitor is, and what a customer told of themselves, as it takes effect.

What cannot be read of it changes nothing: a blank id, a zone that does not exist, a channel that is none. Zone and
consent may stand among the traits as well. Consent is yes only where it is exactly true, in every place that speaks of
the channel; whatever else stands there takes it back.
"""

from dataclasses import replace

from model.contracts import JSON, Channel, Event
from serving.events.catalogue import IDENTIFIED
from serving.ledger.identities import bind, is_id
from serving.ledger.preferences import Statement, state
from serving.ledger.store import Store
from serving.ledger.traits import add_traits, kept
from serving.policy.zones import zone

CHANNELS = frozenset(Channel)
PREFERENCES = ("timezone", "consent")  # what is no attribute among the traits


def as_kept(event: Event) -> Event:
    """Return an event as it is recorded: an identification without the traits that are not kept."""
    traits = event.data.get("traits")
    if event.type != IDENTIFIED or not isinstance(traits, dict):
        return event
    told = {name: traits[name] for name in PREFERENCES if name in traits}
    return replace(event, data={**event.data, "traits": told | kept(_attributes(traits))})


def identify(store: Store, event: Event, *, at: int) -> None:
    """Let an identification take effect as of `at` (microseconds); its subject is the customer, by their own id."""
    if event.type != IDENTIFIED or event.subject is None:
        return
    anonymous, told = event.data.get("anonymous_id"), event.data.get("traits")
    if is_id(anonymous):
        bind(store, anonymous, event.subject, at=at)
    traits = told if isinstance(told, dict) else {}
    known = next(filter(_is_zone, (event.data.get("timezone"), traits.get("timezone"))), None)
    consent = _consent(event.data.get("consent"), traits.get("consent"))
    if known is not None or consent:
        state(store, event.subject, Statement(at=at, timezone=known, consent=consent, whole=False))
    add_traits(store, event.subject, _attributes(traits), at=at)


def _is_zone(value: JSON) -> bool:
    return isinstance(value, str) and zone(value) is not None


def _attributes(traits: dict[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in traits.items() if name not in PREFERENCES}


def _consent(*told: JSON) -> dict[str, bool]:
    """Return what was said of each channel that there is; where several speak of one, no wins."""
    consent: dict[str, bool] = {}
    for each in told:
        for name, answer in each.items() if isinstance(each, dict) else ():
            if name in CHANNELS:
                consent[name] = answer is True and consent.get(name, True)
    return consent
