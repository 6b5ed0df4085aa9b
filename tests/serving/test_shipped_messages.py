"""The shipped messages, word for word: each trigger with an event and what is read then (`tests/cases/shipped`).

Triggers on one type exclude each other, and whatever else an event says, what the plain one needs is enough. Those for
a page stand beside one of them each, and ask for nothing else.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from model.contracts import JSON, Event
from serving.events.catalogue import TYPES, Kind
from serving.fakes import FakeScorer
from serving.policy.purposes import SERVICES
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.settings import Settings
from serving.timetable import Visitor
from tests.serving.kinds.shop import SHARES, Shop
from tests.serving.served import NOON, Served, Watch, app_of

ROOT = Path(__file__).parents[2]
ROWS: list[dict[str, Any]] = json.loads((ROOT / "tests/cases/shipped/messages.json").read_text("utf-8"))
POLICY = load_policy()
SHIPPED = load_triggers(None, POLICY.templates)
ON_PAGE = "_on_page"
EVERY = {tally.trigger.id: tally.trigger for tally in SHIPPED.tallies()}
TRIGGERS = {name: trigger for name, trigger in EVERY.items() if not name.endswith(ON_PAGE)}
LONGEST, LONGEST_READ = 160, 200  # characters of a template, of what is read
VISITOR = Visitor(
    session={
        "page_seconds": 130.0,
        "pages_viewed": 3,
        "messages": 0,
        "dismissed": False,
        "conversation_started": False,
        "returning": False,
    },
    customer={"page_views": 3, "conversation_open": False, "on_page": False},
)
EMPTY = ["", "unknown", "Unknown", None]


@pytest.fixture(scope="module")
def it() -> Iterator[Shop]:
    """Open a company that brings no policy of its own, and asks the shipped triggers."""
    clock = Watch()
    settings = Settings(shipped_triggers=True, shares=SHARES)
    with Served(app_of(clock=clock, scorer=FakeScorer(cutoff=0.004, shares=SHARES), settings=settings)) as api:
        yield Shop(api, clock)


@pytest.mark.parametrize("row", ROWS, ids=[row["trigger"] for row in ROWS])
def test_each_is_read_as_it_stands_in_the_table(it: Shop, row: Mapping[str, Any]) -> None:
    """The event brings one decision, by this trigger: sent at once, or offered when half a minute has passed."""
    user = f"u-{row['trigger']}"
    it.knows(user)
    for happened in row.get("before", ()):
        it.tells(told(it, user, happened))
    it.clock.turn(seconds=row["data"].get("seconds", 65))
    (one,) = it.tells(told(it, user, row))
    if one["action"] == "hold":
        it.ticks(seconds=30)
        (one,) = (offer for offer in it.offered() if offer["user"]["id"] == user)

    actual = (one["action"], one["message"]["text"], one.get("matched", row["trigger"]))
    assert actual == ("send", row["text"], row["trigger"])


def told(it: Shop, user: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event of a row as this customer's; a session that it names is their own."""
    data = {name: f"{value}-{user}" if name == "session" else value for name, value in row["data"].items()}
    event: dict[str, Any] = it.event(row["type"], user)
    return event | {"data": data}


def test_every_trigger_and_every_template_stands_in_the_table() -> None:
    """Each trigger once; templates of all nine purposes, sixty and more."""
    assert sorted(row["trigger"] for row in ROWS) == sorted(TRIGGERS)
    assert [row["template"] for row in ROWS] == [TRIGGERS[row["trigger"]].template for row in ROWS]
    assert {trigger.template for trigger in TRIGGERS.values()} == set(POLICY.templates)
    assert {template.purpose for template in POLICY.templates.values()} == set(SERVICES)
    assert len(POLICY.templates) >= 60


@pytest.mark.parametrize("name", sorted(EVERY.keys() - TRIGGERS.keys()))
def test_what_is_told_on_a_page_is_what_is_told_elsewhere(name: str) -> None:
    """The same words about the same event, to whoever is on a page; and before what goes elsewhere."""
    there, here = EVERY[name.removesuffix(ON_PAGE)], EVERY[name]
    asked = " && ".join(filter(None, ("customer.on_page", there.when)))
    expected = replace(there, id=name, place=here.place, channel="widget", when=asked)
    assert (here, list(EVERY).index(name) < list(EVERY).index(there.id)) == (expected, True)


def test_all_news_of_a_parcel_is_told_on_a_page_too() -> None:
    """And nothing else yet."""
    parcels = {name for name, trigger in TRIGGERS.items() if trigger.on.startswith("shipment.")}
    assert {name.removesuffix(ON_PAGE) for name in EVERY.keys() - TRIGGERS.keys()} == parcels


@pytest.mark.parametrize("name", sorted(POLICY.templates))
def test_a_template_is_short_and_sells_nothing(name: str) -> None:
    """Before and after it is filled in: nothing that the veto finds, one next step, nothing loud."""
    template = POLICY.templates[name]
    read = [row["text"] for row in ROWS if TRIGGERS[row["trigger"]].template == name]
    silent = SERVICES[template.purpose].silent

    assert len(template.text) <= LONGEST
    assert max(map(len, read)) <= LONGEST_READ
    assert [POLICY.wording.judge(text).codes for text in (template.text, *read)] == [()] * (1 + len(read))
    assert (template.next_step is None) == silent
    assert silent or template.text.endswith(str(template.next_step))
    assert re.findall(r"!|urgent|immediately|\bnow!|act |hurry|thank|sorry|apolog|[A-Z]{4}", template.text) == []


def test_no_two_templates_say_the_same() -> None:
    """Two that speak of one type of event differ in a fact, in the next step or in how they begin."""
    seen = [
        (on, POLICY.templates[name].text.split("{")[0], *POLICY.templates[name].facts, POLICY.templates[name].next_step)
        for on, name in {(each.on, each.template) for each in TRIGGERS.values()}
    ]
    assert len(seen) == len(set(seen))


def matched(kind: str, data: Mapping[str, JSON]) -> list[str]:
    """Return the ids of the triggers that match such an event, for somebody who may be spoken to."""
    happened = Event(source="shop", id="ev-1", type=kind, time=NOON, subject="u-1", data=data)
    return [each.trigger.id for each in SHIPPED.matches(happened, VISITOR, now=NOON)]


def values(kind: str, name: str) -> list[JSON]:
    """Return what the table has for a name, and something else of its kind."""
    known: list[JSON] = list(
        dict.fromkeys(row["data"][name] for row in ROWS if name in row["data"] and row["type"] == kind)
    )
    if TYPES[kind].names[name].kind is Kind.TEXT:
        return [*known, "something else"]
    return known[-1:] if name in {"seconds", "delay_hours"} else [*known[:1], 7]


def wordings(kind: str, *, base: frozenset[str] = frozenset()) -> Iterator[dict[str, JSON]]:
    """Return data with every combination of names that the table has or a condition reads; `base` is always there."""
    read = " ".join(str(trigger.when) for trigger in TRIGGERS.values() if trigger.on == kind)
    known = {name for row in ROWS if row["type"] == kind for name in row["data"]} - {"remind_at", "due_at"}
    names = sorted(known.union(re.findall(r"event\.data\.(\w+)", read)))
    told = [values(kind, name) + ([] if name in base else [None]) for name in names]
    for chosen in product(*told):
        yield {name: value for name, value in zip(names, chosen, strict=True) if value is not None}


KINDS = sorted({trigger.on for trigger in TRIGGERS.values()})


@pytest.mark.parametrize("kind", KINDS)
def test_no_event_is_told_in_two_ways(kind: str) -> None:
    """Whatever it says, in every combination: no two triggers match."""
    assert [data for data in wordings(kind) if len(matched(kind, data)) > 1] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_plain_one_needs_is_enough(kind: str) -> None:
    """An event that it could tell is told, whatever else it says."""
    first = next(row for row in ROWS if row["type"] == kind)
    plain = next(trigger for trigger in TRIGGERS.values() if trigger.on == kind)
    base = frozenset(plain.facts) | ({"delay_hours", "seconds", "page"} & set(first["data"]))
    assert {len(matched(kind, data)) for data in wordings(kind, base=base)} == {1}


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("trigger", ["new_device_place", "card_blocked", "password_changed_on"])
def test_an_alert_is_not_lost_for_want_of_a_detail(it: Shop, trigger: str, empty: str | None) -> None:
    """A place, a card or a device that is empty is left out; the alert goes as the plain one says it."""
    row = next(row for row in ROWS if row["trigger"] == trigger)
    detail = {"new_device_place": "place", "card_blocked": "card", "password_changed_on": "device"}[trigger]
    user = f"u-{trigger}-{empty}"
    it.knows(user)
    (one,) = it.tells(told(it, user, row | {"data": row["data"] | {detail: empty}}))

    assert (one["action"], one["matched"]) == (
        "send",
        {"place": "new_device", "card": "fraud_suspected", "device": "password_changed"}[detail],
    )


def test_the_page_lists_what_is_shipped() -> None:
    """docs/messages.md: each template with the types on which it is asked for, and its text."""
    page = (ROOT / "docs" / "messages.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| `")
    ]
    expected = [
        [
            f"`{template.id}`",
            " ".join(dict.fromkeys(f"`{each.on}`" for each in TRIGGERS.values() if each.template == template.id)),
            template.text,
        ]
        for template in POLICY.templates.values()
    ]
    assert rows == expected
