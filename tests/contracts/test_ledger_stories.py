"""One customer's story: how they stand, and everything that happened, the newest first; the same on every ledger."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from model.contracts import Action, Context, Event, OutcomeKind
from serving.embargo import Recent
from serving.ledger import open_ledger
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.people.stories import Complained, Happened, Person
from serving.ports import Preferences
from tests.contracts.identified import identify
from tests.contracts.ledgers import NOW, SALT, SHIPPED, ago, candidate, event, record, report, ruling, send

LATER = NOW + timedelta(minutes=1)


def stood(tx: SqliteTransaction, user: str = "u") -> Person | None:
    """Ask how a customer stands."""
    return tx.person(user, now=NOW)


def kinds(tx: SqliteTransaction, user: str = "u", *, skip: int = 0, limit: int = 100) -> list[Happened]:
    """Ask what kinds of things happened."""
    return [one.kind for one in tx.happenings(user, skip=skip, limit=limit)]


def test_a_stranger_has_no_story(tx: SqliteTransaction) -> None:
    """Whatever is on record of others."""
    send(tx, "d-1")
    actual = (stood(tx, "v"), tx.happenings("v", skip=0, limit=9), tx.decided_about("v", limit=9))
    assert actual == (None, [], [])


def test_how_a_customer_stands(tx: SqliteTransaction) -> None:
    """What they told, what counts against the caps now, what is open, and what an embargo is counted from."""
    tx.set_preferences("u", Preferences(timezone="Europe/Paris", consent={"chat": True}), at=ago(days=9))
    record(tx, event("conversation.opened", "talk", time=ago(minutes=5), data={"conversation": "c-1"}))
    for number, hours in enumerate((0.5, 20, 100, 200)):
        send(tx, f"d-{number}", at=ago(hours=hours))
    report(tx, OutcomeKind.COMPLAINED, decision_id="d-1", time=ago(hours=2))
    report(tx, OutcomeKind.OPTED_OUT, user_id="u", channel="sms", time=ago(hours=3))
    actual = stood(tx)
    expected = Person(
        id="u",
        ids=("u",),
        timezone="Europe/Paris",
        consent={"chat": True},
        opted_out=frozenset({"sms"}),
        complaint_open=True,
        conversation_open=True,
        contacts=(1, 2, 3),
        recent=Recent(message_at=ago(hours=0.5), complaint_at=ago(hours=2)),
    )
    assert actual == expected


def test_an_opt_out_of_everything_names_no_channel(tx: SqliteTransaction) -> None:
    """By `user_id` without a channel it is one of all."""
    report(tx, OutcomeKind.OPTED_OUT, user_id="u")
    person = stood(tx)
    assert person is not None
    assert person.opted_out == {None}


def test_everything_that_happened_the_newest_first(tx: SqliteTransaction) -> None:
    """Of one instant what follows comes after what it follows from: read downwards, the newest stands first."""
    record(tx, event())
    tx.set_preferences("u", Preferences(consent={"chat": True}), at=ago(hours=1))
    send(tx, "d-1", at=ago(hours=1))
    report(tx, OutcomeKind.THANKED, decision_id="d-1", time=ago(hours=1))
    told = [Happened.OUTCOME, Happened.DECISION, Happened.PREFERENCES, Happened.EVENT]
    outcome, decision, said, evidence = tx.happenings("u", skip=0, limit=9)
    what = (outcome.what["kind"], decision.what["decision_id"], said.what["consent"], evidence.what["type"])
    assert (kinds(tx), what) == (told, ("thanked", "d-1", {"chat": True}, "shipment.delayed"))


def test_a_merged_customer_is_told_under_every_id(tx: SqliteTransaction) -> None:
    """What was decided and reported under the visitor's id is theirs; either id finds it."""
    send(tx, "d-1", at=ago(hours=5), to=candidate(user_id="a"))
    report(tx, OutcomeKind.COMPLAINED, user_id="a", time=ago(hours=4))
    identify(tx, time=ago(hours=3))
    person = stood(tx, "a")
    assert person is not None
    found = [Happened.EVENT, Happened.KNOWN_AS, Happened.OUTCOME, Happened.DECISION]
    assert (person.id, person.ids, kinds(tx), kinds(tx, "a")) == ("u", ("u", "a"), found, found)


def test_an_erased_customer_is_a_stranger(tx: SqliteTransaction) -> None:
    """Not even what was kept to protect them is told; what comes in under the id since is, and no more."""
    record(tx, event())
    tx.set_preferences("u", Preferences(consent={"chat": False}), at=ago(hours=1))
    send(tx, "d-1", at=ago(hours=1))
    report(tx, OutcomeKind.COMPLAINED, decision_id="d-1")
    tx.erase("u", at=NOW)
    erased = (stood(tx), kinds(tx), tx.outcomes_about("u", limit=9), tx.complaining(limit=9), tx.ids_like("", limit=9))
    record(tx, event(identity="ev-2", time=LATER), at=LATER)
    asked = candidate(user_id=tx.customer("u"))  # as whoever decides asks the ledger first
    tx.add_decision(asked, Context(), ruling("d-2", at=LATER, action=Action.DENY))
    back = stood(tx)
    assert back is not None
    assert (erased, back.ids, kinds(tx)) == ((None, [], [], [], []), ("u",), [Happened.DECISION, Happened.EVENT])


def test_who_complained_last_stands_first_and_once(tx: SqliteTransaction) -> None:
    """With the decision that it was about, where that was said; under the id that they have now."""
    send(tx, "d-1", to=candidate(user_id="a"))
    report(tx, OutcomeKind.COMPLAINED, user_id="v", time=ago(hours=2))
    report(tx, OutcomeKind.COMPLAINED, user_id="a", time=ago(hours=1))
    report(tx, OutcomeKind.COMPLAINED, decision_id="d-1")
    identify(tx)
    actual = tx.complaining(limit=9)
    expected = [
        Complained(id="u", at=NOW, decision_id="d-1"),
        Complained(id="v", at=ago(hours=2), decision_id=None),
    ]
    assert actual == expected


def test_ids_are_found_by_how_they_begin(tx: SqliteTransaction) -> None:
    """Each once, in their order, whatever signs they have: a per cent is no wildcard."""
    for number, user in enumerate(("u-2", "u-1", "u-1", "u-10", "v", "u%", "u\U0010ffff")):
        send(tx, f"d-{number}", to=candidate(user_id=user))
    actual = [tx.ids_like(beginning, limit=limit) for beginning, limit in (("u-1", 9), ("u", 2), ("u%", 9), ("w", 9))]
    assert actual == [["u-1", "u-10"], ["u%", "u-1"], ["u%"], []]


def test_decisions_and_outcomes_come_newest_first(tx: SqliteTransaction) -> None:
    """With what followed each; as many as were asked for."""
    for number, hours in enumerate((3, 2, 1)):
        send(tx, f"d-{number}", at=ago(hours=hours))
        report(tx, OutcomeKind.DELIVERED, decision_id=f"d-{number}", time=ago(hours=hours))
    decided = [(one["decision_id"], len(one["outcomes"])) for one in tx.decided_about("u", limit=2)]
    followed = [one["decision_id"] for one in tx.outcomes_about("u", limit=2)]
    assert (decided, followed) == ([("d-2", 1), ("d-1", 1)], ["d-2", "d-1"])


@settings(max_examples=50, deadline=None)
@given(
    hours=st.lists(st.tuples(st.sampled_from(["event", "send", "outcome"]), st.integers(1, 4)), max_size=12),
    page=st.integers(1, 5),
)
def test_pages_put_together_are_the_whole_story(hours: list[tuple[str, int]], page: int) -> None:
    """Nothing is lost or told twice between pages, also where much happened at one instant."""
    ledger = open_ledger("sqlite://", now=NOW, salt=SALT, shipped=SHIPPED)
    with ledger.transaction() as tx:
        for number, (kind, hour) in enumerate(hours):
            if kind == "event":
                record(tx, parcel(number, hour))
            elif kind == "send":
                send(tx, f"d-{number}", at=ago(hours=hour))
            else:
                report(tx, OutcomeKind.ENGAGED, user_id="u", time=ago(hours=hour, seconds=number))
        whole = tx.happenings("u", skip=0, limit=100)
        parts = [tx.happenings("u", skip=start, limit=page) for start in range(0, 20, page)]
    ledger.close()
    times = [one.at for one in whole]
    assert ([one for part in parts for one in part], len(whole), sorted(times, reverse=True)) == (
        whole,
        len(hours),
        times,
    )


def parcel(number: int, hour: int) -> Event:
    """Describe one of several events."""
    return event(identity=f"ev-{number}", time=ago(hours=hour))
