from datetime import timedelta

import pytest

from model.contracts import Event
from serving.ports import Preferences, Transaction
from tests.contracts.identified import identified, identify
from tests.contracts.ledgers import NOW, ago, candidate, context, record

YES, NO = {"sms": True}, {"sms": False}
Said = tuple[str, float, dict[str, object]]  # how it was said (`put` or `say`), how many hours ago, the consent


def say(tx: Transaction, how: str, hours: float, consent: dict[str, object], *, user: str = "u") -> None:
    """Say what is permitted: all of it (`put`), or some of it in an event (`say`)."""
    if how == "put":
        told = {name: answer is True for name, answer in consent.items()}
        tx.set_preferences(user, Preferences(consent=told), at=ago(hours=hours))
    else:
        record(tx, identified(f"{how}/{hours}/{consent}/{user}", subject=user, time=ago(hours=hours), consent=consent))


def permitted(tx: Transaction, user: str = "u") -> dict[str, bool]:
    """Return what stands, as the policy reads it."""
    return {name: context(tx, candidate(user_id=user, channel=name)).consent for name in ("sms", "email")}


SMS, EMAIL = {"sms": True, "email": False}, {"sms": False, "email": True}
BOTH, NEITHER = {"sms": True, "email": True}, {"sms": False, "email": False}
STATEMENTS: dict[str, tuple[list[Said], dict[str, bool]]] = {
    "nothing": ([], NEITHER),
    "a grant": ([("say", 1, YES)], SMS),
    "a channel that is not named stays": ([("say", 2, YES), ("say", 1, {"email": True})], BOTH),
    "in any order": ([("say", 1, {"email": True}), ("say", 2, YES)], BOTH),
    "taken back": ([("say", 2, YES), ("say", 1, NO)], NEITHER),
    "granted anew": ([("say", 2, NO), ("say", 1, YES)], SMS),
    "a late grant": ([("say", 1, NO), ("say", 2, YES)], NEITHER),
    "a late withdrawal": ([("say", 1, YES), ("say", 2, NO)], NEITHER),
    "a late withdrawal, and a grant that is older than the first": (
        [("say", 1, YES), ("say", 3, NO), ("say", 2, YES)],
        NEITHER,
    ),
    "a late withdrawal, and a newer grant": ([("say", 1, YES), ("say", 2, NO), ("say", 0, YES)], SMS),
    "of one instant": ([("say", 1, NO), ("say", 1, {"sms": True, "email": True})], EMAIL),
    "a newer whole": ([("say", 2, YES), ("put", 1, {"email": True})], EMAIL),
    "a newer event": ([("put", 2, {"email": True}), ("say", 1, YES)], BOTH),
    "an older event": ([("put", 1, {"email": True}), ("say", 2, YES)], EMAIL),
    "an older withdrawal than the whole": ([("put", 1, YES), ("say", 2, NO)], NEITHER),
    "an event of the whole one's instant": ([("put", 1, {"email": True}), ("say", 1, YES)], EMAIL),
    "a whole one of the event's instant": ([("say", 1, NO), ("put", 1, YES)], SMS),
    "an older whole": ([("say", 1, YES), ("put", 2, {"email": True})], BOTH),
    "an older whole that says no": ([("say", 1, YES), ("put", 2, NO)], NEITHER),
    "two whole": ([("put", 2, BOTH), ("put", 1, YES)], SMS),
    "not exactly true": ([("say", 1, {"sms": "true", "email": 1})], NEITHER),
    "nothing instead of yes": ([("say", 2, YES), ("say", 1, {"sms": None})], NEITHER),
    "no channel": ([("say", 1, {"fax": True, "": True})], NEITHER),
}


@pytest.mark.parametrize(("said", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_the_newest_word_counts_and_a_no_at_once(tx: Transaction, said: list[Said], expected: dict[str, bool]) -> None:
    """A grant only where nothing newer says otherwise, per channel; a withdrawal as soon as it is recorded."""
    for one in said:
        say(tx, *one)
    actual = permitted(tx)
    assert actual == expected


@pytest.mark.parametrize(("said", "expected"), STATEMENTS.values(), ids=STATEMENTS)
def test_two_customers_words_count_as_ones(tx: Transaction, said: list[Said], expected: dict[str, bool]) -> None:
    """Every other statement was made under the name that they had before."""
    for number, one in enumerate(said):
        say(tx, *one, user=("a", "u")[number % 2])
    identify(tx, time=ago(days=1))
    actual = (permitted(tx), permitted(tx, "a"))
    assert actual == (expected, expected)


def test_what_is_said_after_a_merge_is_weighed_with_all_before(tx: Transaction) -> None:
    """An older grant under the other name changes nothing, a newer one does."""
    say(tx, "say", 3, NO, user="a")
    identify(tx, time=ago(days=1))
    found = []
    for hours in (4, 2):
        say(tx, "say", hours, YES)
        found.append(permitted(tx)["sms"])
    assert found == [False, True]


@pytest.mark.parametrize("consent", [None, [], "sms", True, {}, ["sms"]])
def test_consent_that_names_no_channel_is_none(tx: Transaction, consent: object) -> None:
    """It neither grants nor takes back."""
    say(tx, "put", 2, YES)
    identify(tx, consent=consent)
    actual = permitted(tx)
    assert actual == SMS


def test_consent_to_what_is_no_channel_is_not_kept(tx: Transaction) -> None:
    """Nor is a row made for it."""
    identify(tx, consent={"fax": True})
    actual = tx.preferences("u")
    assert actual is None


def test_a_merge_itself_says_nothing(tx: Transaction) -> None:
    """What stood after it takes back nothing that a third name said, however old that is."""
    say(tx, "say", 1, NO, user="a")
    say(tx, "say", 2, {"email": True}, user="b")
    for name in ("a", "b"):
        identify(tx, name, time=ago(days=1))
    actual = permitted(tx)
    assert actual == EMAIL


ZONES: dict[str, tuple[list[Event | Preferences], str | None]] = {
    "the newest": ([identified("1", time=ago(hours=2), timezone="Asia/Tokyo"), identified("2", timezone="UTC")], "UTC"),
    "a late one": (
        [identified("2", timezone="UTC"), identified("1", time=ago(hours=2), timezone="Asia/Tokyo")],
        "UTC",
    ),
    "of one instant": ([identified("1", timezone="UTC"), identified("2", timezone="Asia/Tokyo")], "UTC"),
    "unknown": ([identified("1", timezone="UTC"), identified("2", timezone="Mars/Olympus")], "UTC"),
    "the machine's": ([identified("2", timezone="localtime")], None),
    "no text": ([identified("1", timezone=7), identified("2", timezone=["UTC"])], None),
    "blank": ([identified("2", timezone="")], None),
    "not named": ([identified("1", time=ago(hours=1), timezone="UTC"), identified("2", consent=YES)], "UTC"),
    "a newer whole": (
        [identified("1", time=ago(hours=1), timezone="UTC"), Preferences(timezone="Asia/Tokyo")],
        "Asia/Tokyo",
    ),
    "an older one than the whole": (
        [Preferences(timezone="Asia/Tokyo"), identified("1", time=ago(hours=1), timezone="UTC")],
        "Asia/Tokyo",
    ),
    "taken back": ([identified("1", time=ago(hours=1), timezone="UTC"), Preferences()], None),
}


@pytest.mark.parametrize(("said", "expected"), ZONES.values(), ids=ZONES)
def test_the_newest_zone_that_exists_counts(
    tx: Transaction, said: list[Event | Preferences], expected: str | None
) -> None:
    """One that does not is ignored; whoever takes everything back takes the zone back."""
    for one in said:
        if isinstance(one, Event):
            record(tx, one)
        else:
            tx.set_preferences("u", one, at=NOW)
    actual = context(tx, candidate()).timezone
    assert actual == expected


TRAITS: dict[str, tuple[list[Event], dict[str, object]]] = {
    "nothing": ([], {}),
    "scalars": (
        [identified(traits={"a": 1, "b": "x", "c": True, "d": None, "e": 1.5})],
        {"a": 1, "b": "x", "c": True, "d": None, "e": 1.5},
    ),
    "nested": ([identified(traits={"a": 1, "b": {"c": 1}, "d": [1]})], {"a": 1}),
    "more of them": ([identified("1", traits={"a": 1}), identified("2", traits={"b": 2})], {"a": 1, "b": 2}),
    "newer": (
        [identified("1", time=ago(hours=1), traits={"a": 1, "b": 1}), identified("2", traits={"a": 2})],
        {"a": 2, "b": 1},
    ),
    "late": (
        [identified("2", traits={"a": 2}), identified("1", time=ago(hours=1), traits={"a": 1, "b": 1})],
        {"a": 2, "b": 1},
    ),
    "of one instant": ([identified("1", traits={"a": 1}), identified("2", traits={"a": 2})], {"a": 2}),
    "unset": ([identified("1", time=ago(hours=1), traits={"a": 1}), identified("2", traits={"a": None})], {"a": None}),
    "no object": ([identified("1", traits=[1]), identified("2", traits="x"), identified("3", traits=None)], {}),
    "said twice": ([identified(traits={"a": 1}), identified(traits={"a": 2})], {"a": 1}),
}


@pytest.mark.parametrize(("said", "expected"), TRAITS.values(), ids=TRAITS)
def test_the_newest_value_of_each_trait_is_an_attribute(
    tx: Transaction, said: list[Event], expected: dict[str, object]
) -> None:
    """By the event's own time; what is nested is none."""
    record(tx, *said)
    actual = dict(tx.attributes("u"))
    assert actual == expected


@pytest.mark.parametrize(
    ("older", "expected"), [("a", {"plan": "u", "of a": 1, "of u": 1}), ("u", {"plan": "a", "of a": 1, "of u": 1})]
)
def test_traits_of_two_names_are_ones(tx: Transaction, older: str, expected: dict[str, object]) -> None:
    """The newer value of each, and all that only one has."""
    for user in ("a", "u"):
        time = NOW - timedelta(hours=user == older)
        record(tx, identified(user, subject=user, time=time, traits={"plan": user, f"of {user}": 1}))
    identify(tx, time=ago(days=1))
    actual = [dict(tx.attributes(name)) for name in ("u", "a")]
    assert actual == [expected, expected]


def test_of_one_instant_a_customers_own_trait_counts(tx: Transaction) -> None:
    """Not that of the visitor they were."""
    for user in ("u", "a"):
        record(tx, identified(user, subject=user, traits={"plan": user}))
    identify(tx)
    actual = dict(tx.attributes("u"))
    assert actual == {"plan": "u"}


def test_an_identification_that_is_reported_twice_changes_nothing_twice(tx: Transaction) -> None:
    """A consent that was taken back since does not come back with it."""
    said = identified(time=ago(hours=1), consent=YES, traits={"plan": "plus"}, anonymous_id="a")
    record(tx, said)
    say(tx, "say", 0, NO)
    actual = (tx.add_event(said, recorded_at=NOW), permitted(tx))
    assert actual == (False, NEITHER)
