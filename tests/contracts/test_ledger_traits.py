"""What is kept of the traits that an identification tells: what a model may read, so much of it, and nobody's name."""

from typing import Any

import pytest

from serving.ports import Ledger, Preferences, Transaction
from tests.contracts.identified import identified, identify
from tests.contracts.ledgers import ago, candidate, context, record
from tests.contracts.test_ledger_told import NO, YES, permitted

NAMES: dict[str, Any] = {
    "name": "Zoë Blanc",
    "firstName": "Zoë",
    "last_name": "Blanc",
    "email": "zoe@shop.example",
    "E-Mail": "zoe@shop.example",
    "Phone": "+33 1 23",
    "birthday": "1990-01-01",
    "address": "1 rue de la Paix",
}
LONG: dict[str, Any] = {"note": "x" * 200_000, "x" * 257: 1, "bio": "y" * 257}
KEPT: dict[str, Any] = {"plan": "plus", "tenure_days": 410, "newsletter": False, "city": "z" * 256, "gone": None}


def stored(ledger: Ledger) -> str:
    """Return all that the ledger holds of events."""
    return str(ledger._store.rows("SELECT data FROM events"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("odd", [NAMES, LONG, {"orders": [1], "more": {"a": 1}}], ids=["names", "long", "nested"])
def test_what_no_model_needs_is_kept_nowhere(ledger: Ledger, odd: dict[str, Any]) -> None:
    """Neither as an attribute nor with the event, whichever way it came."""
    with ledger.transaction() as tx:
        identify(tx, traits={**odd, **KEPT})
        actual = (dict(tx.attributes("u")), [name for name in odd if name in stored(ledger)], "zoe@" in stored(ledger))
    assert actual == (KEPT, [], False)


def test_at_most_a_hundred_traits_of_an_identification_are_kept(tx: Transaction) -> None:
    """The first; for the rest nothing is refused."""
    identify(tx, traits={f"t{number}": number for number in range(150)})
    actual = dict(tx.attributes("u"))
    assert actual == {f"t{number}": number for number in range(100)}


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "late"])
def test_traits_add_up_to_a_hundred_at_most(tx: Transaction, order: int) -> None:
    """The newest, by the events' own time, in whatever order they come in."""
    for number in range(150)[::order]:
        identify(tx, time=ago(seconds=150 - number), traits={f"t{number}": number})
    actual = dict(tx.attributes("u"))
    assert actual == {f"t{number}": number for number in range(50, 150)}


def test_of_one_instant_the_traits_that_were_known_stay(tx: Transaction) -> None:
    """What comes on top of a hundred is left out then."""
    for first in (0, 80):
        told = {f"t{number}": number for number in range(first, first + 80)}
        record(tx, identified(str(first), traits=told))
    actual = dict(tx.attributes("u"))
    assert actual == {f"t{number}": number for number in range(100)}


def test_a_trait_that_is_told_again_is_new_again(tx: Transaction) -> None:
    """The other one goes."""
    identify(tx, time=ago(hours=9), traits={"plan": "basic", "old": 1})
    identify(tx, time=ago(hours=8), traits={"plan": "plus"})
    identify(tx, traits={f"t{number}": number for number in range(99)})
    actual = {name: tx.attributes("u").get(name) for name in ("plan", "old", "t98")}
    assert actual == {"plan": "plus", "old": None, "t98": 98}


def test_a_merge_adds_up_to_a_hundred_traits(tx: Transaction) -> None:
    """Of both, the newest."""
    for user, hours in (("a", 1), ("u", 2)):
        told = {f"{user}{number}": number for number in range(80)}
        record(tx, identified(user, subject=user, time=ago(hours=hours), traits=told))
    identify(tx)
    actual = sorted(tx.attributes("u"))
    assert actual == sorted([*(f"a{number}" for number in range(80)), *(f"u{number}" for number in range(20))])


def test_consent_and_zone_may_stand_among_the_traits(tx: Transaction) -> None:
    """They count as said, and are no attributes."""
    identify(tx, traits={"consent": YES, "timezone": "Asia/Tokyo", "plan": "plus"})
    actual = (tx.preferences("u"), dict(tx.attributes("u")), context(tx, candidate()).timezone)
    assert actual == (Preferences(timezone="Asia/Tokyo", consent=YES), {"plan": "plus"}, "Asia/Tokyo")


def test_consent_that_came_among_the_traits_stays_on_record(ledger: Ledger) -> None:
    """Whoever asks what was said finds it with the event."""
    with ledger.transaction() as tx:
        identify(tx, traits={"consent": YES, "timezone": "Asia/Tokyo", "plan": "plus", "email": "z@x"})
        actual = stored(ledger)
    assert '"traits":{"timezone":"Asia/Tokyo","consent":{"sms":true},"plan":"plus"}' in actual


@pytest.mark.parametrize(
    ("consent", "among", "sms"),
    [
        (YES, YES, True),
        (YES, NO, False),
        (NO, YES, False),
        (YES, {"sms": None}, False),
        (YES, {"sms": "true"}, False),
        (YES, {"email": False}, True),
        (YES, "no", True),
        (None, YES, True),
    ],
)
def test_where_both_places_speak_of_a_channel_no_wins(
    tx: Transaction, consent: object, among: object, *, sms: bool
) -> None:
    """Whichever of them it is."""
    identify(tx, consent=consent, traits={"consent": among})
    actual = permitted(tx)["sms"]
    assert actual == sms


@pytest.mark.parametrize(
    ("zone", "among", "expected"),
    [("UTC", "Asia/Tokyo", "UTC"), ("Mars/Olympus", "Asia/Tokyo", "Asia/Tokyo"), (None, "Mars/Olympus", None)],
)
def test_the_zone_of_the_event_itself_comes_first(
    tx: Transaction, zone: str | None, among: str, expected: str | None
) -> None:
    """Where there is such a zone."""
    identify(tx, timezone=zone, traits={"timezone": among})
    actual = context(tx, candidate()).timezone
    assert actual == expected
