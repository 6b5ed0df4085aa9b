from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from model.contracts import Action, Context, EvidenceRef, OutcomeKind
from serving.policy.facts import fact_key
from serving.ports import Preferences, Transaction
from tests.contracts.confirmed import confirm
from tests.contracts.drawn import WATCH, cell, counts, decide
from tests.contracts.identified import identified, identify
from tests.contracts.ledgers import NOW, ago, candidate, context, event, record, report, ruling, send

VISITOR = candidate(user_id="a")
NEXT = NOW + timedelta(seconds=1)


def known(tx: Transaction, *names: str) -> list[str]:
    """Say whom each name stands for."""
    return [tx.customer(name) for name in names]


def test_an_id_that_nobody_spoke_of_is_its_own_customer(tx: Transaction) -> None:
    """Nothing has to be said for a customer to be one."""
    actual = known(tx, "u", "", "a" * 256)
    assert actual == ["u", "", "a" * 256]


def test_an_identified_visitor_is_that_customer(tx: Transaction) -> None:
    """From the event on, and for nobody else."""
    identify(tx)
    actual = known(tx, "a", "u", "b")
    assert actual == ["u", "u", "b"]


CHAINS = {
    "forwards": [("a", "b"), ("b", "c"), ("c", "u")],
    "backwards": [("c", "u"), ("b", "c"), ("a", "b")],
    "two halves": [("a", "b"), ("c", "u"), ("b", "c")],
    "a star": [("a", "u"), ("b", "u"), ("c", "u")],
}


@pytest.mark.parametrize("said", CHAINS.values(), ids=CHAINS)
def test_a_chain_ends_at_its_customer(tx: Transaction, said: list[tuple[str, str]]) -> None:
    """In whatever order its links come in."""
    for anonymous, subject in said:
        identify(tx, anonymous, subject)
    actual = known(tx, "a", "b", "c", "u")
    assert actual == ["u"] * 4


CIRCLES = {
    "itself": [("u", "u")],
    "twice": [("a", "u"), ("a", "u")],
    "there and back": [("a", "u"), ("u", "a")],
    "round": [("a", "b"), ("b", "u"), ("u", "a"), ("u", "b")],
    "by its other name": [("a", "u"), ("a", "a"), ("b", "a"), ("b", "u")],
}


@pytest.mark.parametrize("said", CIRCLES.values(), ids=CIRCLES)
def test_a_circle_and_a_repetition_change_nothing(tx: Transaction, said: list[tuple[str, str]]) -> None:
    """They are accepted, and everybody is still who they were."""
    for number, (anonymous, subject) in enumerate(said):
        identify(tx, anonymous, subject, time=NOW + timedelta(minutes=number))
    bound = {name for pair in said for name in pair}
    actual = {tx.customer(name) for name in bound}
    assert actual == {"u"}


@pytest.mark.parametrize("blank", [None, "", " \t", 7, True, ["a"], {"id": "a"}, "x" * 257, "a\0b", "\ud800"])
def test_what_is_no_id_binds_nobody(tx: Transaction, blank: object) -> None:
    """The event is recorded, and what else it says counts."""
    said = identified(anonymous_id=blank, traits={"plan": "plus"})
    actual = (tx.add_event(said, recorded_at=NOW), tx.customer("u"), dict(tx.attributes("u")))
    assert actual == (True, "u", {"plan": "plus"})


def test_an_identification_of_nobody_changes_nothing(tx: Transaction) -> None:
    """Without a subject it says who nobody is."""
    identify(tx, subject=None, traits={"plan": "plus"}, consent={"sms": True})
    actual = (tx.customer("a"), dict(tx.attributes("a")), tx.preferences("a"))
    assert actual == ("a", {}, None)


def test_the_longest_id_is_bound(tx: Transaction) -> None:
    """256 characters are an id."""
    identify(tx, "ä" * 256)
    actual = tx.customer("ä" * 256)
    assert actual == "u"


def test_a_shared_device_is_bound_anew_for_the_future_only(tx: Transaction) -> None:
    """What was on record stays its customer's; what comes in is the new one's."""
    record(tx, event("message.received", "m-1", subject="a", data={}))
    identify(tx, "a", "u")
    report(tx, OutcomeKind.OPTED_OUT, user_id="u")
    identify(tx, "a", "v", time=NEXT)
    report(tx, OutcomeKind.COMPLAINED, user_id="a")
    asked = [context(tx, candidate(user_id=user), now=NEXT) for user in ("u", "v")]
    actual = [(one.opted_out, one.returning, one.complaint_open) for one in asked]
    assert (tx.customer("a"), actual) == ("v", [(True, True, False), (False, True, True)])


def test_records_of_a_shared_device_are_the_first_customers(tx: Transaction) -> None:
    """Whoever it is bound to later, and by whatever name the first is known by then."""
    before = tx.owner("a")
    for number, (anonymous, subject) in enumerate([("a", "u"), ("a", "v"), ("u", "w")]):
        identify(tx, anonymous, subject, time=NOW + timedelta(minutes=number))
    actual = (before, tx.owner("a"), tx.owner("w"), tx.customer("a"))
    assert actual == ("a", "w", "w", "v")


@pytest.mark.parametrize(("time", "whose"), [(ago(days=1), "u"), (ago(seconds=0.000001), "u"), (NOW, "v")])
def test_a_late_word_does_not_bind_a_shared_device_back(tx: Transaction, time: datetime, whose: str) -> None:
    """The newest identification says whose it is, however late another comes in; of one instant the later recorded."""
    identify(tx, "a", "u")
    identify(tx, "a", "v", time=time)
    actual = tx.customer("a")
    assert actual == whose


def test_saying_it_again_keeps_a_device(tx: Transaction) -> None:
    """A repetition is news of when it was so: an older word of another customer comes too late."""
    identify(tx, "a", "u", time=ago(hours=3))
    identify(tx, "a", "u", time=ago(hours=1))
    identify(tx, "a", "v", time=ago(hours=2))
    actual = tx.customer("a")
    assert actual == "u"


def test_a_customer_with_records_who_is_named_as_anonymous_is_merged(tx: Transaction) -> None:
    """Both had a history, and names of their own before: all of it is one customer's."""
    identify(tx, "a", "u")
    identify(tx, "b", "v")
    for user in ("a", "u", "b", "v"):
        send(tx, f"to {user}", to=candidate(user_id=user))
    identify(tx, "v", "u", time=NEXT)
    found = context(tx, candidate(user_id="b"))
    actual = (known(tx, "a", "b", "v"), found.contacts_24h)
    assert actual == (["u"] * 3, 4)


HARMS: dict[str, Callable[[Transaction], object]] = {
    "opt-out": lambda tx: report(tx, OutcomeKind.OPTED_OUT, user_id="a"),
    "complaint": lambda tx: report(tx, OutcomeKind.COMPLAINED, user_id="a"),
    "complaint by decision": lambda tx: (
        send(tx, "d-1", to=VISITOR),
        report(tx, OutcomeKind.COMPLAINED, decision_id="d-1"),
    ),
    "dismissal": lambda tx: record(tx, event("message.dismissed", "x", subject="a", data={})),
    "contact": lambda tx: send(tx, "d-1", to=VISITOR),
    "conversation": lambda tx: record(tx, event("conversation.opened", "x", subject="a", data={})),
}


@pytest.mark.parametrize("later", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_harm_done_to_a_visitor_was_done_to_the_customer(
    tx: Transaction, harm: Callable[[Transaction], object], *, later: bool
) -> None:
    """Whether it is reported before or after anybody knows who they are, and by either name."""
    for say in (identify, harm) if later else (harm, identify):
        say(tx)
    stranger = context(tx, candidate(user_id="v"))
    actual, expected = repr(context(tx, VISITOR)), repr(context(tx, candidate()))
    assert actual == expected != repr(stranger)


def test_harm_is_known_at_the_end_of_a_chain(tx: Transaction) -> None:
    """The visitor was a customer who was another customer."""
    report(tx, OutcomeKind.OPTED_OUT, user_id="a")
    identify(tx, "a", "v")
    identify(tx, "v", "u")
    actual = [context(tx, candidate(user_id=name)).opted_out for name in ("a", "v", "u")]
    assert actual == [True] * 3


def test_a_harm_about_an_old_message_comes_after_the_merge(tx: Transaction) -> None:
    """It is reported by the decision, which keeps the id that it was made under."""
    send(tx, "d-1", to=VISITOR)
    identify(tx)
    report(tx, OutcomeKind.OPTED_OUT, decision_id="d-1")
    report(tx, OutcomeKind.DISMISSED, decision_id="d-1")
    found = context(tx, candidate())
    record_of_it = tx.decision("d-1")
    assert record_of_it is not None
    actual = (found.opted_out, found.dismissed_at, record_of_it["candidate"]["user_id"])
    assert actual == (True, NOW, "a")


def test_a_dismissal_names_a_decision_of_the_visitor(tx: Transaction) -> None:
    """The event comes from the customer, or from nobody, and is of that decision's purpose alone."""
    for name in ("d-1", "d-2"):
        send(tx, name, to=candidate(user_id="a", purpose="onboarding" if name == "d-1" else "delivery_update"))
    identify(tx)
    record(tx, event("message.dismissed", "x", data={"decision_id": "d-1"}))
    record(tx, event("message.dismissed", "y", subject=None, time=ago(minutes=9), data={"decision_id": "d-2"}))
    purposes = ("onboarding", "delivery_update", "in_session_help")
    actual = [context(tx, candidate(purpose=name)).dismissed_at for name in purposes]
    assert actual == [ago(hours=1), ago(minutes=9), None]


def test_the_same_report_by_both_names_is_one(tx: Transaction) -> None:
    """Late and duplicate reports change nothing twice."""
    report(tx, OutcomeKind.COMPLAINED, user_id="a")
    identify(tx)
    actual = [report(tx, OutcomeKind.COMPLAINED, user_id=name) for name in ("a", "u")]
    assert actual == ["duplicate", "duplicate"]


@pytest.mark.parametrize("reader", ["a", "u"])
def test_what_a_visitor_was_told_is_known_of_the_customer(tx: Transaction, reader: str) -> None:
    """The fact key holds the id: it is computed under every name."""
    delay = event(subject="a")
    record(tx, delay)
    send(tx, "d-1", to=candidate(delay, user_id="a"), fact_key=fact_key("a", delay))
    identify(tx)
    again = event(identity="ev-2", subject=reader)
    record(tx, again)
    actual = [context(tx, candidate(one, user_id=reader)).already_told for one in (delay, again)]
    assert actual == [True, True]


def test_news_of_an_incident_was_told_to_the_visitor_who_was_listed(tx: Transaction) -> None:
    """Each name saw itself alone among the affected, and that is part of the fact."""
    data = {"incident": "i-1", "affected": ["a", "b"]}
    outage = event("incident.update", subject=None, data=data)
    record(tx, outage)
    seen = context(tx, candidate(outage, user_id="a")).evidence
    assert seen is not None
    send(tx, "d-1", to=candidate(outage, user_id="a"), fact_key=fact_key("a", seen))
    identify(tx)
    found = context(tx, candidate(outage))
    assert found.evidence is not None
    actual = (found.already_told, found.evidence.data["affected"])
    assert actual == (True, ["u"])


def test_an_incident_lists_a_customer_by_any_name(tx: Transaction) -> None:
    """Whether the list came before or after they were known, and whether they are its subject too."""
    subjects = (None, "u", None)
    data = {"incident": "i-1", "affected": ["a"]}
    outages = [event("incident.update", f"o-{number}", subject=user, data=data) for number, user in enumerate(subjects)]
    record(tx, *outages[:2])
    identify(tx)
    record(tx, outages[2])
    found = [context(tx, candidate(one)).evidence for one in outages]
    actual = [one and one.data["affected"] for one in found]
    assert actual == [["u"]] * 3


def test_evidence_of_the_visitor_is_the_customers_own(tx: Transaction) -> None:
    """Its subject reads as the customer; of a shared device it stays the first one's."""
    record(tx, event(subject="a"))
    identify(tx)
    first = context(tx, candidate(event())).evidence
    identify(tx, "a", "v", time=NEXT)
    second = context(tx, candidate(event(), user_id="v"), now=NEXT).evidence
    actual = [first and first.subject, second and second.subject]
    assert actual == ["u", "u"]


def test_a_newer_event_of_the_visitor_supersedes(tx: Transaction) -> None:
    """What was said of the parcel under either name is one story."""
    record(tx, event(), event("shipment.delivered", "ev-2", subject="a", time=ago(minutes=5)))
    before = context(tx, candidate(event())).superseded
    identify(tx)
    actual = (before, context(tx, candidate(event())).superseded)
    assert actual == (False, True)


@pytest.mark.parametrize("name", ["a", "u"])
def test_decisions_are_listed_under_both_names(tx: Transaction, name: str) -> None:
    """In the order they were made, page by page."""
    for number, user in enumerate(["a", "u", "v", "a", "u"]):
        send(tx, f"d-{number}", to=candidate(user_id=user))
    identify(tx)
    wanted = {"action": None, "user": name, "since": None}
    first = tx.decisions(**wanted, after=None, limit=3)
    rest = tx.decisions(**wanted, after=str(first[-1]["decided"]["decision"]["decision_id"]), limit=3)
    actual = [one["decided"]["decision"]["decision_id"] for one in (*first, *rest)]
    assert actual == ["d-0", "d-1", "d-3", "d-4"]


@pytest.mark.parametrize("name", ["a", "u"])
def test_an_embargo_counts_both_names(tx: Transaction, name: str) -> None:
    """The last message, complaint and incident of either."""
    send(tx, "d-1", to=VISITOR, at=ago(hours=2))
    report(tx, OutcomeKind.COMPLAINED, user_id="a", time=ago(hours=3))
    record(tx, event("incident.update", subject="a", data={}, time=ago(hours=4)))
    identify(tx)
    found = tx.recent(name, now=NOW)
    actual = (found.message_at, found.complaint_at, found.incident_at)
    assert actual == (ago(hours=2), ago(hours=3), ago(hours=4))


def test_preferences_are_set_and_read_by_any_name(tx: Transaction) -> None:
    """What is put under one name is there under the other."""
    identify(tx)
    tx.set_preferences("a", Preferences(timezone="Asia/Tokyo", consent={"sms": True}), at=NOW)
    actual = [tx.preferences(name) for name in ("a", "u")]
    assert actual == [Preferences(timezone="Asia/Tokyo", consent={"sms": True})] * 2


def test_a_held_decision_stays_due(tx: Transaction) -> None:
    """Under the customer it is woken as before, and decided at its time."""
    tx.add_decision(VISITOR, Context(), ruling("d-1", action=Action.HOLD))
    identify(tx)
    actual = tx.due(now=NOW + timedelta(days=1), limit=9)
    assert actual == ["d-1"]


def test_a_held_decision_is_woken_for_the_customer(tx: Transaction) -> None:
    """What held it ended under their own id."""
    tx.add_decision(VISITOR, Context(), ruling("d-1", action=Action.HOLD))
    identify(tx)
    before = tx.due(now=NOW, limit=9)
    report(tx, OutcomeKind.COMPLAINT_CLOSED, user_id="u")
    actual = (before, tx.due(now=NOW, limit=9))
    assert actual == ([], ["d-1"])


def test_who_waits_is_the_customer_whom_the_list_meant(tx: Transaction) -> None:
    """An id that is bound when it is listed waits as its customer, whoever has the device when their turn comes."""
    outage = event("incident.update", subject=None, data={"incident": "i", "affected": ["a"]})
    record(tx, outage)
    identify(tx)
    tx.add_matches(EvidenceRef(type=outage.type, id=outage.id, source=outage.source), ["a"], at=NOW)
    identify(tx, subject="v")
    actual = [one.user_id for one in tx.take_matches(now=NOW, limit=9)]
    assert actual == ["u"]


def test_two_names_that_wait_have_one_turn(tx: Transaction) -> None:
    """An incident listed both, and they turned out to be one."""
    outage = event("incident.update", subject=None, data={"incident": "i", "affected": ["a", "u", "v"]})
    record(tx, outage)
    reference = EvidenceRef(type=outage.type, id=outage.id, source=outage.source)
    tx.add_matches(reference, ["a", "u", "v"], at=NOW)
    identify(tx)
    actual = sorted(one.user_id for one in tx.take_matches(now=NOW, limit=9))
    assert actual == ["u", "v"]


def test_an_opt_out_ends_a_confirmation_of_the_visitors_message(tx: Transaction) -> None:
    """They are known by now, and say so under the customer's id."""
    send(tx, "d-1", to=VISITOR)
    confirm(tx, "d-1")
    identify(tx)
    report(tx, OutcomeKind.OPTED_OUT, user_id="u")
    found = tx.confirmable("d-1")
    actual = found is not None and found.opted_out
    assert actual is True


def test_an_answer_to_a_held_message_counts_for_the_customer(tx: Transaction) -> None:
    """What reached the visitor, though it was held, is a contact of the customer's."""
    tx.add_decision(VISITOR, Context(), ruling("d-1", action=Action.HOLD))
    identify(tx)
    report(tx, OutcomeKind.DELIVERED, decision_id="d-1")
    actual = context(tx, candidate()).contacts_24h
    assert actual == 1


def test_a_complaint_labels_the_visitors_occasion(tx: Transaction) -> None:
    """The monitor counts it, and the training table shows it, as it would of one id."""
    tx.watch(WATCH)
    decide(tx, "d-1", user="a")
    identify(tx)
    report(tx, OutcomeKind.COMPLAINED, user_id="u")
    report(tx, OutcomeKind.ENGAGED, user_id="a")
    decide(tx, "d-2", user="u")
    report(tx, OutcomeKind.ENGAGED, user_id="v")
    found, _ = tx.occasions(after=0, limit=9)
    actual = (counts(tx), [[outcome.kind.value for outcome in one.outcomes] for one in found])
    assert actual == ({cell(complained=True): 2}, [["complained", "engaged"]] * 2)


def test_occasions_know_what_was_done_under_every_name(tx: Transaction) -> None:
    """Those of the customer and of each visitor they were: reported before or after anybody knew."""
    tx.watch(WATCH)
    for user in ("a", "b", "u", "v"):
        decide(tx, f"d-{user}", user=user)
        report(tx, OutcomeKind.ENGAGED, user_id=user, time=NOW + timedelta(seconds=ord(user)))
    identify(tx, "a")
    identify(tx, "b")
    found, _ = tx.occasions(after=0, limit=9)
    actual = [[outcome.user_id for outcome in one.outcomes] for one in found]
    assert actual == [["a", "b", "u"]] * 3 + [["v"]]


def test_a_merge_is_undone_with_its_transaction(tx: Transaction) -> None:
    """A dry run leaves everybody who they were."""
    with tx.savepoint(keep=False):
        identify(tx, traits={"plan": "plus"}, consent={"sms": True})
    actual = (tx.customer("a"), dict(tx.attributes("u")), tx.preferences("u"))
    assert actual == ("a", {}, None)
