"""An id under which something protects its customer is no mere device: nobody binds it anew."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.contracts import Action, Context, OutcomeKind
from serving.policy.facts import fact_key
from serving.ports import Preferences, Transaction
from tests.contracts.identified import identify
from tests.contracts.ledgers import KINDS, NOW, ago, candidate, context, event, record, report, ruling, send

NEXT = NOW + timedelta(seconds=1)
LAST = NOW + timedelta(hours=1)
DELAY = event(subject=None)

Protects = Callable[[Transaction], object]
PROTECTS: dict[str, Protects] = {
    "send": lambda tx: send(tx, "d", to=candidate(user_id="a")),
    "hold": lambda tx: tx.add_decision(candidate(user_id="a"), Context(), ruling("d", action=Action.HOLD)),
    "opt-out": lambda tx: report(tx, OutcomeKind.OPTED_OUT, user_id="a"),
    "complaint": lambda tx: report(tx, OutcomeKind.COMPLAINED, user_id="a"),
    "contact": lambda tx: report(tx, OutcomeKind.CONTACTED_US, user_id="a"),
    "preferences": lambda tx: tx.set_preferences("a", Preferences(consent={"sms": False}), at=NOW),
    "dismissal": lambda tx: record(tx, event("message.dismissed", "x", subject="a", data={})),
}


@pytest.mark.parametrize("protects", PROTECTS.values(), ids=PROTECTS)
def test_what_protects_an_id_keeps_its_first_binding(tx: Transaction, protects: Protects) -> None:
    """A later identification for another customer changes nothing of it, however often it is said."""
    protects(tx)
    before = context(tx, candidate(DELAY, user_id="a"), now=LAST)
    for number, user in enumerate(("u", "v", "w", "v")):
        identify(tx, "a", user, time=NOW + timedelta(minutes=number))
    found = context(tx, candidate(DELAY, user_id="a"), now=LAST)
    actual = (tx.customer("a"), tx.owner("a"), repr(found))
    assert actual == ("u", "u", repr(before))


def test_who_is_named_for_it_later_is_known_by_what_they_said(tx: Transaction) -> None:
    """The consent and the traits are theirs, though the id is not."""
    report(tx, OutcomeKind.OPTED_OUT, user_id="a")
    identify(tx, "a", "u")
    identify(tx, "a", "v", time=NEXT, consent={"sms": True}, traits={"plan": "plus"})
    actual = (tx.customer("a"), tx.preferences("v"), dict(tx.attributes("v")))
    assert actual == ("u", Preferences(consent={"sms": True}), {"plan": "plus"})


@pytest.mark.parametrize("kind", [OutcomeKind.OPTED_OUT, OutcomeKind.COMPLAINED])
def test_a_harm_that_is_reported_under_a_bound_id_keeps_it(tx: Transaction, kind: OutcomeKind) -> None:
    """It is the customer's, and nobody takes the id out of it afterwards."""
    identify(tx, "a", "u")
    report(tx, kind, user_id="a")
    identify(tx, "a", "v", time=NEXT)
    found = context(tx, candidate(user_id="a"), now=NEXT)
    actual = (tx.customer("a"), found.opted_out or found.complaint_open)
    assert actual == ("u", True)


def test_what_an_id_was_bound_with_keeps_it_too(tx: Transaction) -> None:
    """It has no record of its own, but an id that stood for it has."""
    report(tx, OutcomeKind.OPTED_OUT, user_id="a")
    for number, (anonymous, user) in enumerate([("a", "b"), ("b", "u"), ("b", "v")]):
        identify(tx, anonymous, user, time=NOW + timedelta(minutes=number))
    actual = [(tx.customer(name), context(tx, candidate(user_id=name), now=LAST).opted_out) for name in ("a", "b")]
    assert actual == [("u", True)] * 2


Step = tuple[str, str, str]  # what happens, to which id, and of an identification for whom
IDS = st.sampled_from(["a", "b", "c", "u"])
STEPS = st.tuples(st.sampled_from(["known", "known", "opted out", "complained", "dismissed", "sent"]), IDS, IDS)


def happens(tx: Transaction, step: Step, number: int) -> bool:
    """Let a step happen; return whether it is a harm on record under its id: of a dismissal or send, its own."""
    kind, name, user = step
    at = NOW + timedelta(seconds=number)
    if kind == "known":
        identify(tx, name, user, time=at)
    elif kind in ("opted out", "complained"):
        report(tx, OutcomeKind("opted_out" if kind == "opted out" else kind), time=at, user_id=name)
    elif tx.customer(name) != name:
        return False
    elif kind == "dismissed":
        record(tx, event("message.dismissed", f"e-{number}", subject=name, time=ago(minutes=number), data={}))
    else:
        send(tx, f"d-{number}", to=candidate(DELAY, user_id=name), at=at, fact_key=fact_key(name, DELAY))
    return kind != "known"


def forbids(tx: Transaction, name: str) -> dict[str, object]:
    """Return what forbids a request under this id."""
    found = context(tx, candidate(DELAY, user_id=name), now=LAST)
    return {
        "opted out": found.opted_out,
        "complained": found.complaint_open,
        "dismissed": found.dismissed_at is not None,
        "sent": found.already_told and found.contacts_24h,
    }


@settings(max_examples=150, deadline=None)
@given(story=st.lists(STEPS, max_size=12))
def test_no_identification_permits_what_a_harm_forbade(
    tmp_path_factory: pytest.TempPathFactory, story: Sequence[Step]
) -> None:
    """Whatever is said of whom, in whatever order: a request under the id stays forbidden."""
    ledger = KINDS["sqlite memory"](Path(tmp_path_factory.getbasetemp()))
    harms: Counter[tuple[str, str]] = Counter()
    lifted = []
    with ledger.transaction() as tx:
        record(tx, DELAY)
        for number, step in enumerate(story):
            harms[step[1], step[0]] += happens(tx, step, number)
            now = {name: forbids(tx, name) for name, _ in harms}
            lifted += [(number, *harm) for harm, count in harms.items() if count and not now[harm[0]][harm[1]]]
    ledger.close()
    assert lifted == []
