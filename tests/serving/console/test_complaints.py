"""The page of complaints: who is annoyed, which messages, the newest complaints, and what can be done about each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import cast

import numpy as np
import pytest

from model.contracts import Context, Message, OutcomeKind
from model.monitor.detector import Watch
from model.statistics.hybrid_score import exact
from serving.console.complaints import _rates
from serving.console.periods import period_named
from serving.fakes import FakeScorer
from serving.in_words.figures import per_thousand
from serving.people.looking import Looking
from tests.contracts.drawn import EVEN, day
from tests.contracts.ledgers import report, ruling, send
from tests.serving.console.pages import EVIL, Console, asked, seeded
from tests.serving.console.signing_in import Person
from tests.serving.served import NOON, memory_ledger


class InCharge(FakeScorer):
    """The model that drew what is seeded."""

    @property
    def watch(self) -> Watch:
        """Return the watch of what is seeded."""
        return EVEN


CAUSES = "/console/complaints/causes"


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """Somebody before a month of decisions."""
    with Console(seeded()) as someone:
        yield someone


def text(page: str) -> str:
    """Return what a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_who_is_annoyed_is_named_with_what_can_be_done(person: Person) -> None:
    """The plan whose customers complain, against all others, and ways to act on it."""
    shown = person.get(CAUSES).text
    found = re.findall(r"<h3>([^<]+)</h3>", shown)
    learned = "a model learns whom to leave alone. None was in charge of them so far." in text(shown)
    said = "Of 1,000 contacts 333.3 end in a complaint or opt-out about the message, of all others 0.0." in text(shown)
    assert (found, learned, said) == (["Muted: yes", "Plan: basic"], True, True)


def test_how_the_model_in_charge_treats_the_annoyed_is_said() -> None:
    """So many written to, so many left alone, beside all others."""
    with Console(seeded(), model=InCharge()) as someone:
        shown = text(someone.get(CAUSES).text)
    said = (
        "was asked 120 times about these customers and left them alone 60 times; they were written to 60 times. "
        "All others were written to 200 times of 400."
    )
    assert said in shown


def test_a_link_says_what_it_is_about(person: Person) -> None:
    """Not “Read the text, and review it” several times over, for whoever hears the page."""
    shown = person.get("/console/complaints").text
    assert 'Read the text, and review it<span class="sr">: parcel_delayed</span></a>' in shown


def test_what_is_long_is_folded() -> None:
    """The newest ten complaints and the first eight rows of a table; the others behind a click."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        for number in range(12):
            candidate = asked(f"u-{number}", message=Message(template=f"t-{number}"))
            tx.add_decision(candidate, Context(), ruling(f"d-{number}", at=NOON))
            report(tx, OutcomeKind.COMPLAINED, time=NOON, decision_id=f"d-{number}")
    with Console(ledger) as someone:
        shown = text(someone.get("/console/complaints").text)
    assert ["4 more" in shown, "2 more complaints" in shown] == [True, True]


def test_what_was_compared_is_said(person: Person) -> None:
    """How many occasions, of whom, and how many contacts."""
    assert "The newest 520 occasions whose 14 days are over" in text(person.get(CAUSES).text)


def test_who_does_not_stand_out_is_below(person: Person) -> None:
    """Every other group that was compared, with both intervals."""
    shown = person.get(CAUSES).text
    below = shown[shown.index("All other groups") :]
    assert ("plan: plus" in below, "plan: basic" in below) == (True, False)


def test_messages_are_counted_with_their_intervals(person: Person) -> None:
    """Of what was sent, by template, service and channel; each with its fix."""
    shown = person.get("/console/complaints").text
    rows = [text(row) for row in re.findall(r'<tr><th scope="row">(?:parcel|news|chat)[\s\S]*?</tr>', shown)]
    starts = [
        row.startswith(name)
        for row, name in zip(rows, ("parcel_delayed 260", "news of a delivery 260", "chat 260"), strict=True)
    ]
    fixes = ["/console/templates/parcel_delayed", "switched_off=delivery_update", "channels_off=chat"]
    assert (starts, [fix in shown for fix in fixes]) == ([True] * 3, [True] * 3)


def test_intervals_of_messages_hold_together(person: Person) -> None:
    """Three rates are compared here: each interval is one of 1 − .05/3, wider than it were alone."""
    shown = text(person.get("/console/complaints").text)
    low, high = exact(20 / 260, 260.0, NormalDist().inv_cdf(1.0 - 0.05 / 6))
    assert shown.count(f"76.9 ({per_thousand(low)} to {per_thousand(high)})") == 3


def test_messages_that_nobody_complains_more_about_hold_together() -> None:
    """Of sixty templates of some hundred messages each none is above the rate that all have, in 95 of 100 months."""
    chance, missed = np.random.default_rng(7), 0
    for _ in range(60):
        sent = 60 + chance.integers(0, 100, 60)
        counts = [
            (f"t{number}", what, int(n))
            for number, of in enumerate(sent)
            for what, n in (("send", of), ("complained", chance.binomial(of, 0.01)))
        ]
        found = _rates(cast("Looking", Counted(counts)), period_named("30d"), NOON)
        missed += not all(each.low <= 0.01 <= each.high for each in found)
    assert missed <= 3


@dataclass
class Counted:
    """What was counted by template."""

    counts: list[tuple[str, str, int]]

    def tallied(self, dim: str, *_: object) -> list[tuple[str, str, int]]:
        """Return it."""
        return self.counts if dim == "template" else []


def test_every_complaint_leads_to_the_decision_behind_it(person: Person) -> None:
    """And to its customer, and its text."""
    shown = person.get("/console/complaints").text
    wanted = ["/console/decisions/d-114", "/console/customers/u-114", "/console/templates/parcel_delayed"]
    assert [f'href="{path}"' in shown for path in wanted] == [True, True, True]


@pytest.mark.parametrize(
    ("whose", "words"),
    [("u", "names no message; the last before it was"), ("v", "names no message, and we had sent none")],
    ids=["told before", "never told"],
)
def test_a_complaint_that_names_none_is_not_pinned_on_one(whose: str, words: str) -> None:
    """It says so, with the last message before it where there was one."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        send(tx, "d-1", at=day(-1))
        report(tx, OutcomeKind.COMPLAINED, time=NOON, user_id=whose)
    with Console(ledger) as someone:
        assert words in text(someone.get("/console/complaints").text)


def test_few_messages_have_no_rate(person: Person) -> None:
    """Of the last day there is nothing; of ten messages nothing can be said."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        for number in range(10):
            tx.add_decision(asked(f"u-{number}"), Context(), ruling(f"d-{number}", at=NOON))
        report(tx, OutcomeKind.COMPLAINED, time=NOON, decision_id="d-1")
    with Console(ledger) as someone:
        shown = text(someone.get("/console/complaints").text)
    assert ("too few to say" in shown, "Nothing was sent" in person.get("/console/complaints?period=24h").text) == (
        True,
        True,
    )


def test_an_empty_ledger_says_what_to_do() -> None:
    """Each part by itself."""
    with Console(memory_ledger()) as someone:
        pages = someone.get("/console/complaints").text, someone.get(CAUSES).text
    wanted = [("Nobody complained", 0), ("Nothing was sent in the last 30 days", 0), ("There is nothing to compare", 1)]
    assert [words in pages[place] for words, place in wanted] == [True, True, True]


def test_nobody_stands_out_where_all_are_alike() -> None:
    """Which is said, with the groups that were compared."""
    with Console(seeded(basic=0)) as someone:
        assert "Nobody stands out" in someone.get(CAUSES).text


def test_an_erased_customer_is_no_link() -> None:
    """Their complaint stays, without a name."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        send(tx, "d-1", at=day(-1))
        report(tx, OutcomeKind.COMPLAINED, time=NOON, decision_id="d-1")
        tx.erase("u", at=NOON)
    with Console(ledger) as someone:
        shown = someone.get("/console/complaints").text
    assert (">erased</span>" in shown, "/console/customers/" in shown) == (True, False)


def test_no_word_of_a_sender_becomes_markup() -> None:
    """A customer, a purpose, a channel, a template and attributes of any text."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        given = {"purpose": EVIL, "channel": EVIL, "message": Message(template=EVIL), "attributes": {EVIL: EVIL}}
        tx.add_decision(asked(EVIL, **given), Context(), ruling("d-1", at=NOON))
        report(tx, OutcomeKind.COMPLAINED, time=NOON, decision_id="d-1")
    with Console(ledger) as someone:
        shown = someone.get("/console/complaints").text + someone.get(CAUSES).text
    assert (EVIL in shown, "&lt;script&gt;alert(1)" in shown) == (False, True)


@pytest.mark.parametrize(("decision", "expected"), [("d-0", True), ("d-2", False)], ids=["complained of", "welcome"])
def test_a_message_that_was_complained_of_leads_to_its_fixes(person: Person, decision: str, *, expected: bool) -> None:
    """On its own page: to who is annoyed, and to a replay without its channel."""
    shown = person.get(f"/console/decisions/{decision}").text
    wanted = ('<a class="button quiet" href="/console/complaints">', "/console/what-if?channels_off=chat")
    assert [path in shown for path in wanted] == [expected, expected]
