"""The first page: what was decided, how it stands, what waits, what writing changed, and what is worth reading."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from model.contracts import Action, Context, Message, OutcomeKind, Reason
from serving.confirming import Confirmed
from serving.policy.tightening import Tightening
from serving.ports import Transaction
from tests.contracts.confirmed import confirmation
from tests.contracts.ledgers import report, ruling
from tests.serving.console.every_page import PAGES, filled
from tests.serving.console.pages import EVIL, Console, asked, denied, seeded
from tests.serving.console.signing_in import Person
from tests.serving.served import NOON, memory_ledger


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    """Somebody before a month of decisions."""
    with Console(seeded()) as someone:
        yield someone


def figures(shown: str) -> dict[str, str]:
    """Return what stands in the boxes, by label."""
    found = re.findall(r'<dt>([^<]+)</dt>\s*<dd><span class="value">(?:<a [^>]+>)?([^<]*)<', shown)
    return dict(found)


@pytest.mark.parametrize(("period", "expected"), [("30d", ("260", "0", "261")), ("24h", ("0", "0", "1"))])
def test_what_was_decided_is_counted_for_the_period(person: Person, period: str, expected: tuple[str, ...]) -> None:
    """Sent, held and not sent, each decision once."""
    told = figures(person.get(f"/console?period={period}").text)
    assert (told["Sent"], told["Held"], told["Not sent"]) == expected


@pytest.mark.parametrize("word", ["send", "hold", "deny"])
def test_every_count_leads_to_its_decisions(person: Person, word: str) -> None:
    """Those of the same period with the same last word."""
    path = f"/console/decisions?word={word}&amp;since=2026-11-14T00%3A00%3A00Z"
    assert f'<span class="value"><a href="{path}">' in person.get("/console").text


def test_every_reason_leads_to_as_many_decisions_as_it_says() -> None:
    """Held and not sent apart: what was held in the night and then went out is behind neither."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        for number, word in enumerate((Action.SEND, Action.HOLD, Action.DENY, Action.DENY)):
            at_night(tx, f"d-{number}", word)
    with Console(ledger) as someone:
        row = re.search(r'<th scope="row">It is night where they are</th>[\s\S]*?</tr>', someone.get("/console").text)
        paths = re.findall(r'<a href="([^"]+)">(\d+)<', "" if row is None else row[0])
        found = [(someone.get(path.replace("&amp;", "&")).text.count("/console/decisions/d-"), n) for path, n in paths]
    assert found == [(1, "1"), (2, "2")]


def at_night(tx: Transaction, identity: str, last: Action) -> None:
    """Record a message that was held in the night, and what became of it."""
    told = ruling(identity, at=NOON, action=Action.HOLD)
    night = Reason(code="quiet_hours", outcome=Action.HOLD, detail="it is night", would_change="the morning")
    tx.add_decision(asked(identity), Context(), replace(told, decision=replace(told.decision, reasons=(night,))))
    if last is not Action.HOLD:
        answer = json.dumps({"action": last, "reasons": [], "message": None}).encode()
        said = replace(confirmation(identity, Confirmed.of(last), at=NOON), answer=answer)
        tx.add_confirmation(said, (asked(identity), Context(), ruling(identity, at=NOON, action=last)))


@pytest.mark.parametrize(("asks", "expected"), [(False, "u-night"), (True, "u-day")], ids=["told first", "had to ask"])
def test_the_story_is_of_somebody_who_slept_and_did_not_have_to_ask(*, asks: bool, expected: str) -> None:
    """Held in the night, sent in the morning, thanked; before the newest thanks of all."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        at_night(tx, "u-night", Action.SEND)
        tx.add_decision(asked("u-day"), Context(), ruling("u-day", at=NOON))
        for each in ("u-night", "u-day"):
            report(tx, OutcomeKind.THANKED, time=NOON, decision_id=each)
        if asks:
            report(tx, OutcomeKind.CONTACTED_US, time=NOON, user_id="u-night")
    with Console(ledger) as someone:
        shown = someone.get("/console/today/reading").text
    assert (f'href="/console/customers/{expected}"' in shown, "It was night" in shown) == (True, not asks)


def test_stricter_limits_are_said_with_who_and_since_when() -> None:
    """As soon as they are in force; the name without the id of its key."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        tx.add_tightening(
            Tightening(at=NOON, by="Priya (01M81HWV9R8Q4Z7E2B5N6K3T1A)", why="too many", limits='{"contacts_7d": 3}')
        )
    with Console(ledger) as someone:
        shown = someone.get("/console").text
    said = "Stricter than configured since 20 Nov 2026, 12:00 UTC, by Priya. "
    assert f"{said}Messages to one customer within 7 days, at most 3." in shown


def test_each_hour_and_each_day_is_a_column(person: Person) -> None:
    """Twenty-four, or thirty."""
    steps = [
        len(re.findall(r'<tr><th scope="row">\d', person.get(f"/console?period={name}").text))
        for name in ("24h", "30d")
    ]
    assert steps == [24, 30]


def test_what_writing_changed_comes_beside(person: Person) -> None:
    """Those who were written to, those who were left out, and what each figure is missing or comes to."""
    shown = person.get("/console/today/effect").text
    told = figures(shown)
    actual = (
        told["Complaints caused"],
        told["Opt-outs and complaints about a message"],
        "260 occasions on which a customer was written to, beside 260" in shown,
    )
    assert actual == ("+76.9", "76.9", True)


def test_what_nobody_reports_is_said(person: Person) -> None:
    """No benefit without anybody who reports one."""
    assert "Nobody reports this" in person.get("/console/today/effect").text


def test_three_things_are_worth_reading(person: Person) -> None:
    """A customer who said thank you, marketing that was refused, and who is annoyed: each one click away."""
    shown = person.get("/console/today/reading").text
    links = re.findall(r'<p><a href="([^"]+)">', shown)
    assert links == ["/console/customers/u-0", "/console/refused", "/console/complaints"]


def test_an_empty_ledger_says_what_to_do() -> None:
    """Every part of the page, without a model too."""
    with Console(memory_ledger()) as someone:
        pages = [someone.get(path).text for path in ("/console", "/console/today/effect", "/console/today/reading")]
    wanted = ("Decisions appear here as soon as", "It begins with an experiment", "Nothing stands out yet")
    assert [words in page for words, page in zip(wanted, pages, strict=True)] == [True, True, True]


def test_what_waits_is_counted_and_linked() -> None:
    """A free text that was held for approval."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        held_text(tx)
    with Console(ledger) as someone:
        shown = someone.get("/console").text
    assert re.search(r'<a href="/console/approvals">1 free text waits for approval</a>', shown) is not None


def held_text(tx: Transaction) -> None:
    """Record a free text that waits for a person."""
    told = ruling("d-held", at=NOON, action=Action.HOLD)
    told = replace(told, verdicts={"awaiting_approval": "refuse"})
    tx.add_decision(asked("u-1", message=Message(text="Your parcel is late.", next_step="Reply")), Context(), told)


@pytest.mark.parametrize("path", ["/console?period=1y", "/console/complaints?period=x"])
def test_another_period_is_refused_as_a_page(person: Person, path: str) -> None:
    """With what may be asked for."""
    answer = person.get(path)
    assert (answer.status_code, "24h, 7d or 30d" in answer.text) == (422, True)


def test_no_word_of_a_sender_becomes_markup() -> None:
    """A purpose, a template and a customer of any text."""
    ledger = memory_ledger()
    with ledger.transaction() as tx:
        denied(tx, "d-1", "purpose_is_marketing", purpose=EVIL, message=Message(template=EVIL))
        tx.add_decision(asked(EVIL, purpose=EVIL, channel=EVIL), Context(), ruling("d-2", at=NOON))
        report(tx, OutcomeKind.THANKED, time=NOON, decision_id="d-2")
    with Console(ledger) as someone:
        shown = [someone.get(path).text for path in ("/console", "/console/today/reading")]
    assert ([EVIL in each for each in shown], "&lt;script&gt;" in shown[1]) == ([False, False], True)


def test_who_was_erased_is_named_nowhere() -> None:
    """Least of all on a page that was looked at before."""
    with Console(seeded()) as someone:
        named_before = [path for path in PAGES if names(someone, path)]
        gone = someone.api.call("DELETE", "/v1/users/u-0").status_code
        named_after = [path for path in PAGES if names(someone, path)]
    assert ("/console/today/reading" in named_before, gone, named_after) == (True, 200, [])


def names(person: Person, path: str) -> bool:
    """Whether a page names the customer `u-0`."""
    return re.search(r"\bu-0\b", person.get(filled(path)).text) is not None
