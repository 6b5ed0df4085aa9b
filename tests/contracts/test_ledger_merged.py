from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.contracts import Context, Event, Message, OutcomeKind
from serving.policy.facts import fact_key
from serving.ports import Preferences, Transaction
from tests.contracts.identified import identified
from tests.contracts.ledgers import KINDS, NOW, ago, candidate, context, event, record, report, send

Step = Callable[[Transaction, str, str, float], object]  # what happens, to which id, under which name, hours ago
LAST = NOW + timedelta(minutes=1)
DELAY = event("shipment.delayed", "delay", subject=None, time=ago(minutes=50))


def happened(kind: str, **data: object) -> Step:
    """Let an event come in."""
    return lambda tx, user, name, hours: record(
        tx, event(kind, name, subject=user, time=ago(hours=hours), data={"session": "s-1", **data})
    )


def followed(kind: OutcomeKind, **about: str) -> Step:
    """Let an outcome be reported by customer."""
    return lambda tx, user, _, hours: report(tx, kind, time=ago(hours=hours), user_id=user, **about)


def sent(kind: OutcomeKind | None = None) -> Step:
    """Tell the delay, as the Decider would: to the customer that the id stands for; report what followed."""

    def step(tx: Transaction, user: str, name: str, hours: float) -> None:
        whose = tx.customer(user)
        asked = candidate(DELAY, user_id=whose, session_id="s-1")
        seen = context(tx, asked).evidence
        assert seen is not None
        send(tx, name, to=asked, at=ago(hours=hours), fact_key=fact_key(whose, seen))
        if kind is not None:
            report(tx, kind, time=ago(hours=hours), decision_id=name)

    return step


def told(**said: object) -> Step:
    """Let an identification say what they permit."""
    return lambda tx, user, name, hours: record(tx, identified(name, subject=user, time=ago(hours=hours), **said))


def put(**consent: bool) -> Step:
    """Let all of the consent be put."""
    return lambda tx, user, _, hours: tx.set_preferences(user, Preferences(consent=consent), at=ago(hours=hours))


STEPS: dict[str, Step] = {
    "started": happened("session.started"),
    "viewed": happened("page.viewed", page="pricing"),
    "ended": happened("session.ended"),
    "wrote": happened("message.received", text="Where is A-7?"),
    "opened": happened("conversation.opened", conversation="c"),
    "closed": happened("conversation.closed", conversation="c"),
    "dismissed": happened("message.dismissed", purpose="delivery_update"),
    "delivered": happened("shipment.delivered", parcel="A-7"),
    "asked": happened("reminder.requested", parcel="A-7"),
    "listed": lambda tx, user, name, hours: record(
        tx,
        event(
            "incident.update",
            name,
            subject=None,
            time=ago(hours=hours),
            data={"incident": "i", "affected": [user, "other"]},
        ),
    ),
    "complained": followed(OutcomeKind.COMPLAINED),
    "complaint closed": followed(OutcomeKind.COMPLAINT_CLOSED),
    "engaged": followed(OutcomeKind.ENGAGED),
    "opted out": followed(OutcomeKind.OPTED_OUT, channel="sms"),
    "sent": sent(),
    "not delivered": sent(OutcomeKind.NOT_DELIVERED),
    "complained of it": sent(OutcomeKind.COMPLAINED),
    "closed it": sent(OutcomeKind.DISMISSED),
    "granted": told(consent={"sms": True}, timezone="Europe/Paris"),
    "took back": told(consent={"sms": False}),
    "put yes": put(sms=True),
    "put no": put(),
}
Story = Sequence[
    tuple[str, bool, int]
]  # the step, whether it happened to the visitor, how many quarters of an hour ago


def read(tx: Transaction, user: str) -> dict[str, object]:
    """Read everything that is known of a customer, as of a minute after the last step."""
    told_of = candidate(DELAY, user_id=user)
    asked = [replace(told_of, channel=name, session_id="s-1") for name in ("sms", "widget")]
    asked.append(replace(told_of, evidence=None, purpose="onboarding", message=Message(text="hi")))
    contexts: list[Context] = tx.contexts(asked, now=LAST, digests=[None] * len(asked))
    here = event("page.dwelled", subject=user, data={"session": "s-1", "page": "pricing"})
    decided = tx.decisions(action=None, user=user, since=None, after=None, limit=99)
    return {
        "contexts": [repr(one) for one in contexts],
        "visitor": tx.visitor(here, user_id=user, now=LAST),
        "recent": tx.recent(user, now=LAST),
        "preferences": tx.preferences(user),
        "decisions": [one["decided"]["decision"]["decision_id"] for one in decided],
    }


def live(folder: Path, story: Story, *, visitor: str, known_after: int) -> list[dict[str, object]]:
    """Let the story happen, and the visitor be identified after so many steps; read it by both names."""
    ledger = KINDS["sqlite memory"](folder)
    said: Event = identified("who", subject="u", time=ago(days=9), anonymous_id=visitor)
    with ledger.transaction() as tx:
        record(tx, replace(DELAY, subject=visitor))
        for number, (step, anonymous, quarters) in enumerate(story):
            if number == known_after:
                record(tx, said)
            STEPS[step](tx, visitor if anonymous else "u", f"e-{number}", quarters / 4)
        record(tx, said)
        found = [read(tx, name) for name in ("u", visitor)]
    ledger.close()
    return found


@settings(max_examples=60, deadline=None)
@given(
    story=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.booleans(), st.integers(0, 8)), max_size=12),
    known_after=st.integers(0, 12),
)
def test_two_names_are_known_as_one_would_be(
    tmp_path_factory: pytest.TempPathFactory, story: Story, known_after: int
) -> None:
    """However a history is split, and whenever it is said: no harm, cap, dismissal or fact told is lost or invented."""
    folder = tmp_path_factory.getbasetemp()
    as_one = live(folder, story, visitor="u", known_after=known_after)
    actual = live(folder, story, visitor="a", known_after=known_after)
    assert actual == [as_one[0]] * 2


def test_the_story_of_the_property_says_something(tmp_path: Path) -> None:
    """Its parts reach the contexts that are compared."""
    story = [(step, True, 2) for step in ("started", "sent", "complained", "opted out", "dismissed", "opened")]
    found = str(live(tmp_path, story, visitor="a", known_after=99)[0]["contexts"])
    said = ("already_told", "complaint_open", "opted_out", "conversation_open", "returning")
    actual = [f"{name}=True" in found for name in said] + ["contacts_60m=1" in found]
    assert (actual, found.count("dismissed_at=None")) == ([True] * 6, 1)
