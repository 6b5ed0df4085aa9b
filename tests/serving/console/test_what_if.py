"""The page that tries limits out, and the form that puts them in force."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from serving.policy.tightening import Tightening
from serving.policy_files.templates import load_policy
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.routes.confirming import confirm, decided, said
from tests.serving.served import EVERYTHING, NOON, Served, Watch, app_of, consent, memory_ledger

PAGE, REPLAY, LIMITS = "/console/what-if", "/console/what-if/replay", "/console/what-if/limits"
EVIL = "<script>alert(1)</script>"
WHY = {"why": "too many calls after 20:00"}


@pytest.fixture
def ledger() -> Ledger:
    """The ledger behind the pages."""
    return memory_ledger()


@pytest.fixture
def clock() -> Watch:
    """It is noon."""
    return Watch()


@pytest.fixture
def api(ledger: Ledger, clock: Watch) -> Iterator[Served]:
    """An API with a console, at noon."""
    with Served(app_of(ledger, clock=clock)) as served:
        yield served


@pytest.fixture
def admin(api: Served) -> Person:
    """Somebody who may read and act."""
    return signed_in(api, "admin", key=EVERYTHING)


def words(page: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def shown(person: Person, path: str, **query: Any) -> str:
    """Return what a page says."""
    answer = person.get(f"{path}?{urlencode(query)}" if query else path)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def tightened(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Return who put what in force and why, the newest first."""
    with ledger.transaction() as transaction:
        return [(one.by, one.why, one.limits) for one in transaction.tightenings(limit=9)]


def record(ledger: Ledger, limits: str, why: str = "calm") -> None:
    """Put limits in force as somebody else did."""
    with ledger.transaction() as transaction:
        transaction.add_tightening(Tightening(at=NOON, by="Bob (key-2)", why=why, limits=limits))


def put(person: Person, form: dict[str, str], *, seen: str | None = None) -> httpx.Response:
    """Send a form that puts limits in force, from the page as it is now, or as it was when that was `seen`."""
    return person.post(LIMITS, {"seen": numbers(person.get(PAGE).text)[0] if seen is None else seen, **form})


def numbers(page: str) -> list[str]:
    """Return which change of limits the forms of a page name as the newest."""
    return re.findall(r'name="seen" value="(\d+)"', page)


def test_without_a_question_nothing_is_worked_out(admin: Person) -> None:
    """The form, and that the limits are those of the configuration."""
    page = admin.get(PAGE).text
    actual = ("those of the configuration." in page, "data-later" in page, 'name="contacts_24h"' in page)
    assert actual == (True, False, True)


@pytest.mark.parametrize(
    ("query", "proposal"),
    [
        ({"contacts_24h": "1"}, "Messages to one customer within 24 hours, at most 1."),
        ({"quiet_start": "20:30"}, "Nothing goes out in the evening from 20:30 their time."),
        ({"quiet_end": "08:30"}, "Tried: Nothing goes out in the morning until 08:30 their time."),
        ({"breaker_volume": "50"}, "Within an hour a text stops only above 50 messages."),
        ({"switched_off": "delivery_update,nonsense"}, "Services that are switched off: news of a delivery."),
        ({"channels_off:sms": "1", "form": "1"}, "Channels that are switched off: SMS."),
        ({"cutoff": "1.5"}, "All limits as the configuration has them; Cut-off: 1.5 per 100 contacts."),
        ({"form": "1"}, "All limits as the configuration has them."),
    ],
    ids=["a number", "a time", "the other time", "a breaker", "words in a link", "boxes", "the cut-off", "nothing"],
)
def test_what_is_tried_is_said(admin: Person, query: dict[str, str], proposal: str) -> None:
    """A link may preset a single limit; the form names all."""
    page, part = admin.get(f"{PAGE}?{urlencode(query)}").text, shown(admin, REPLAY, **query)
    actual = ("data-later" in page, proposal in part or "No decision of this period" in part)
    assert actual == (True, True)
    assert proposal in part


@pytest.mark.parametrize(
    ("query", "words_of_it"),
    [
        ({"contacts_24h": "3"}, "Write a whole number, at most 2"),
        ({"contacts_24h": "9" * 5000}, "Write a whole number, at most 2"),
        ({"contacts_24h": "1e1"}, "Write a whole number, at most 2"),
        ({"cooling_off_days": "1"}, "Write a whole number, at least 14"),
        ({"quiet_start": "22:00"}, "Write a time such as 20:30, at most 21:00"),
        ({"quiet_start": "08:30", "quiet_end": "09:00"}, "no minute of the day would be left"),
        ({"cutoff": "much"}, "Write the cut-off as a number"),
        ({"cutoff": "nan"}, "Write the cut-off as a number"),
        ({"since": "yesterday", "form": "1"}, "days as 2026-11-20"),
    ],
)
def test_what_cannot_be_tried_is_said_where_it_stands(admin: Person, query: dict[str, str], words_of_it: str) -> None:
    """And nothing is worked out."""
    page, part = admin.get(f"{PAGE}?{urlencode(query)}"), admin.get(f"{REPLAY}?{urlencode(query)}")
    actual = (words_of_it in words(page.text), "data-later" in page.text, part.status_code)
    assert actual == (True, False, 422)


def test_who_would_have_been_told_otherwise_is_named(api: Served, admin: Person) -> None:
    """With the reason, the customer and a link to the decision."""
    consent(api, "u-17")
    identity = decided(api)["decision_id"]
    query = urlencode({"switched_off": "delivery_update"})
    answer = admin.get(f"{REPLAY}?{query}").text
    actual = (
        "1 of them (100 %) would have been answered otherwise." in words(answer),
        "1 would not be sent, because this service is switched off" in words(answer),
        f'href="/console/decisions/{identity}"' in answer,
        'href="/console/customers/u-17"' in answer,
    )
    assert actual == (True,) * 4


def test_what_a_look_back_cannot_show_is_said_beside_the_verdict(api: Served, admin: Person) -> None:
    """No all-clear for breakers, which count over all customers; where they are in force already there is no change."""
    consent(api, "u-17")
    decided(api)
    alone = shown(admin, REPLAY, breaker_volume="1", breaker_times="1")
    among = shown(admin, REPLAY, breaker_volume="1", switched_off="delivery_update")
    put(admin, {"breaker_volume": "1", **WHY})
    after = shown(admin, REPLAY, breaker_volume="1", switched_off="delivery_update")
    actual = [("Not one of them" in page, page.count("A look back cannot show")) for page in (alone, among, after)]
    assert actual == [(False, 2), (False, 2), (False, 0)]
    assert "Within an hour a text stops only above 1 message; Compared" in alone


def test_first_answers_are_called_that(api: Served, admin: Person) -> None:
    """Today counts the last ones."""
    consent(api, "u-17")
    decided(api)
    page = shown(admin, REPLAY, contacts_24h="1")
    assert "First answers: what was held at first counts as held, though it went out later." in page


def test_what_would_only_go_out_later_gets_no_figure(api: Served, admin: Person, clock: Watch) -> None:
    """Held at night, drawn when it is confirmed at eight: until half past nine it waits, and is not lost."""
    consent(api, "u-17")
    clock.turn(hours=10)
    held = decided(api)
    clock.turn(hours=11)
    confirmed = confirm(api, held["decision_id"])
    clock.turn(days=20)
    admin = signed_in(api, "admin", key=EVERYTHING)
    page = shown(admin, REPLAY, quiet_end="10:30")
    actual = (said(held), confirmed["action"], "would go out later, and none is lost" in page, "Customers who" in page)
    assert actual == (("hold", "quiet_hours"), "send", True, False)
    assert "1 of them was held at first" in page


def test_what_chance_drew_and_is_not_over_is_said_with_its_day(api: Served, admin: Person) -> None:
    """Chance may leave it out, and what came of it nobody knows yet."""
    consent(api, "u-17")
    decided(api)
    page = shown(admin, REPLAY, switched_off="delivery_update")
    actual = ("only essential service" in page, "In 1 occasion the chance of a message changes" in page)
    assert actual == (False, True)
    assert "Come back after 4 Dec 2026" in page


def test_a_limit_that_is_stricter_already_stands_beside_its_field(admin: Person) -> None:
    """Next to what the configuration says."""
    before = shown(admin, PAGE)
    put(admin, {"contacts_7d": "3", **WHY})
    after = shown(admin, PAGE)
    actual = ["in force: 3; configured: 5" in page for page in (before, after)]
    assert actual == [False, True]


def test_the_form_is_folded_under_an_answer(admin: Person) -> None:
    """Open where there is none, or where something in it is wrong."""
    queries = ("", "?contacts_24h=1", "?contacts_24h=9")
    actual = ['<details class="another">' in admin.get(f"{PAGE}{query}").text for query in queries]
    assert actual == [False, True, False]


@pytest.mark.parametrize(
    ("query", "group"),
    [
        ({"evidence_hours": "12"}, "How old news may be"),
        ({"evidence_hours": "99"}, "How old news may be"),
        ({"switched_off": "onboarding"}, "Services that are switched off"),
        ({"cutoff": "1"}, "Cut-off"),
        ({"since": "2026-11-01"}, "Which decisions"),
        ({"until": "soon"}, "Which decisions"),
    ],
    ids=["a number", "a wrong number", "a service", "the cut-off", "a day", "no day"],
)
def test_what_is_rarely_changed_is_folded_until_it_is(admin: Person, query: dict[str, str], group: str) -> None:
    """How often and when stand open."""
    unfolded = [
        re.findall(r'<details class="group" open><summary>([^<]+)', admin.get(f"{PAGE}?{urlencode(each)}").text)
        for each in ({}, query)
    ]
    assert unfolded == [["How often", "When"], ["How often", "When", group]]


def test_what_senders_say_is_never_markup(api: Served, admin: Person) -> None:
    """Whatever a customer is called."""
    consent(api, EVIL)
    decided(api, user=EVIL)
    page = admin.get(f"{REPLAY}?switched_off=delivery_update").text
    actual = (EVIL in page, html.escape(EVIL) in page)
    assert actual == (False, True)


def test_limits_are_put_in_force_with_who_and_why(api: Served, admin: Person, ledger: Ledger) -> None:
    """They count with the next decision, and the page says so."""
    consent(api, "u-17")
    answer = put(admin, {"contacts_24h": "0", "channels_off": "sms", **WHY})
    page = shown(admin, PAGE)
    actual = (answer.status_code, answer.headers["location"], tightened(ledger), said(decided(api)))
    limits = '{"channels_off": ["sms"], "contacts_24h": 0}'
    assert actual == (303, f"{PAGE}?said=tightened", [("all (key-all)", WHY["why"], limits)], ("hold", "frequency_cap"))
    assert f"by all (key-all): “{WHY['why']}”" in page
    assert "Messages to one customer within 24 hours, at most 0" in page


def test_going_back_is_on_record_too(admin: Person, ledger: Ledger) -> None:
    """With a reason of its own; the newest counts."""
    record(ledger, '{"contacts_24h": 1}')
    answer = put(admin, {"why": "calm again"})
    actual = (answer.headers["location"], tightened(ledger)[0], "those of the configuration" in shown(admin, PAGE))
    assert actual == (f"{PAGE}?said=configured", ("all (key-all)", "calm again", "{}"), True)


@pytest.mark.parametrize(
    "form",
    [
        {"contacts_24h": "1", "why": " "},
        {"contacts_24h": "1", "why": "\u200b-"},
        {"contacts_24h": "1", "why": "calm\x00"},
        {"contacts_24h": "9" * 5000, **WHY},
        {"contacts_24h": "1"},
        {"contacts_24h": "1", "why": "x" * 1001},
        {"contacts_24h": "3", **WHY},
        {"cooling_off_days": "0", **WHY},
        {"quiet_start": "x", **WHY},
        {"quiet_start": "08:01", "quiet_end": "09:00", **WHY},
    ],
    ids=[
        "blank",
        "nothing to see",
        "NUL",
        "thousands of digits",
        "no why",
        "long",
        "looser",
        "shorter peace",
        "no time",
        "no minute left",
    ],
)
def test_what_is_not_to_be_put_in_force_is_refused(admin: Person, ledger: Ledger, form: dict[str, str]) -> None:
    """Nothing is recorded."""
    answer = put(admin, form)
    actual = (answer.status_code, tightened(ledger))
    assert actual == (422, [])


@pytest.mark.parametrize("before", [[], ['{"contacts_7d": 3}']], ids=["the first", "another one"])
@pytest.mark.parametrize("form", [{"contacts_24h": "1", **WHY}, WHY], ids=["put in force", "go back"])
def test_what_somebody_else_changed_meanwhile_stands(
    admin: Person, ledger: Ledger, before: list[str], form: dict[str, str]
) -> None:
    """Whoever decided by a page that was older is told to look again, though both came within one instant."""
    for limits in before:
        record(ledger, limits)
    seen = numbers(admin.get(PAGE).text)[0]
    record(ledger, '{"channels_off": ["sms"]}')
    answers = [put(admin, form, seen=one) for one in (seen, "")]
    actual = ([answer.status_code for answer in answers], tightened(ledger)[0][2], len(tightened(ledger)))
    assert actual == ([409, 409], '{"channels_off": ["sms"]}', len(before) + 1)
    assert "Somebody changed the limits meanwhile" in answers[0].text


def test_every_form_names_the_change_that_its_page_shows(api: Served, admin: Person, ledger: Ledger) -> None:
    """The one that tries, the one that goes back, and the one that puts in force what was tried."""
    consent(api, "u-17")
    decided(api)
    pages = [(PAGE, {}), (REPLAY, {"contacts_24h": "0"})]
    before = [numbers(admin.get(f"{path}?{urlencode(query)}").text) for path, query in pages]
    record(ledger, '{"contacts_7d": 3}')
    after = [numbers(admin.get(f"{path}?{urlencode(query)}").text) for path, query in pages]
    assert (before, after) == ([["0"], ["0"]], [["1", "1"], ["1"]])


def test_what_was_tried_before_a_change_is_not_offered_after_it(api: Served, admin: Person, ledger: Ledger) -> None:
    """The form names every limit as it was when it was opened: put in force, it would lift what came since."""
    consent(api, "u-17")
    decided(api)
    query = {"form": "1", "contacts_24h": "0", "seen": numbers(admin.get(PAGE).text)[0]}
    fresh = shown(admin, REPLAY, **query)
    record(ledger, '{"channels_off": ["sms"]}')
    stale = shown(admin, REPLAY, **query)
    again = numbers(admin.get(f"{PAGE}?{urlencode(query)}").text)
    actual = (["Why (it is kept" in page for page in (fresh, stale)], "Somebody changed the limits" in stale, again)
    assert actual == ([True, False], True, ["1", "1"])


def test_a_reader_tries_and_does_not_act(api: Served, ledger: Ledger) -> None:
    """No form for it, and no way round it."""
    consent(api, "u-17")
    decided(api)
    record(ledger, '{"contacts_7d": 3}')
    reader = signed_in(api, "read")
    pages = [reader.get(path).text for path in (PAGE, f"{REPLAY}?switched_off=delivery_update")]
    answer = reader.post(LIMITS, {"contacts_24h": "1", **WHY})
    actual = ([LIMITS in page for page in pages], answer.status_code, len(tightened(ledger)))
    assert actual == ([False, False], 403, 1)


@pytest.mark.parametrize("limits", ["damaged", '{"contacts_24h": 50}', '{"new": [1]}', "[]"])
def test_a_row_that_says_nothing_we_know_is_shown_all_the_same(admin: Person, ledger: Ledger, limits: str) -> None:
    """Who, when and why; in force is what can be read of it: nothing."""
    record(ledger, limits, why=EVIL)
    page = admin.get(PAGE)
    actual = (page.status_code, "The limits are those of the configuration." in page.text, EVIL in page.text)
    assert actual == (200, True, False)


def test_limits_of_the_configuration_cannot_be_given_back(ledger: Ledger) -> None:
    """Under a configuration of 1 in 24 hours, 2 is refused, and what it switched off cannot be unchecked."""
    strict = Settings(limits={"contacts_24h": 1, "channels_off": ["sms"]})
    with Served(app_of(ledger, clock=Watch(), settings=strict)) as served:
        person = signed_in(served, "admin", key=EVERYTHING)
        page = person.get(PAGE).text
        answer = put(person, {"contacts_24h": "2", **WHY})
        put(person, {"contacts_7d": "4", **WHY})
        version = decided(served)["policy_version"]
    expected = load_policy(None, {"contacts_24h": 1, "channels_off": ["sms"], "contacts_7d": 4}).version
    actual = (answer.status_code, "SMS (configured)" in page, version)
    assert actual == (422, True, expected)
