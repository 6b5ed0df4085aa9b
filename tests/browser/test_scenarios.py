"""What the widget is for, from the line in a page to the words that a visitor reads, by the shipped triggers."""

from typing import Any

import pytest

from tests.browser.frame import Visit, line, settled, shown, signed

PLANS = "If a difference between the plans on this page is unclear, ask here and a person will answer."
FIRST = "This is your first visit. If you cannot find something, ask here and a person will show you where it is."
LATE = "Your parcel A-7 now arrives on Friday. Reply to change the address."
DELAYED: dict[str, Any] = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26}


def test_somebody_who_looks_at_prices_is_offered_help(visit: Visit) -> None:
    """Once, in words that sell nothing, after half a minute and not before; then it is on record as seen."""
    page = visit.open("/pricing")
    visit.stay(page, 30, step=1)
    before = shown(page)
    visit.stay(page, 15, step=1)
    assert (before, shown(page), visit.outcomes(), visit.wrong(page)) == ([], [PLANS], ["delivered"], [])


def test_a_page_that_loads_shows_nothing(visit: Visit) -> None:
    """Whichever it is: nobody is spoken to at the door."""
    page = visit.open("/")
    at_once = shown(page)
    visit.stay(page, 10)
    visit.go(page, "/pricing")
    visit.stay(page, 10)
    assert (at_once, shown(page), visit.outcomes()) == ([], [], [])


def dismissed(visit: Visit) -> None:
    """Be offered help on the page of prices, and close it."""
    page = visit.open("/pricing")
    visit.stay(page, 45)
    page.get_by_role("button", name="Close").click()
    settled(page)
    assert (shown(page), visit.kinds()[-1]) == ([], "message.dismissed")


@pytest.mark.parametrize("path", ["/pricing", "/checkout"])
def test_what_was_closed_stays_away_in_the_visit(visit: Visit, path: str) -> None:
    """On the page as it stands, when it is loaded again, and on others."""
    dismissed(visit)
    page = visit.context.pages[0]
    visit.stay(page, 100)
    as_it_stands = shown(page)
    visit.go(page, path)
    visit.stay(page, 130)
    assert (as_it_stands, shown(page), visit.outcomes()) == ([], [], ["delivered"])


@pytest.mark.parametrize("minutes", [1, 60 * 24])
def test_what_was_closed_stays_away_in_the_next_visit(visit: Visit, minutes: int) -> None:
    """Another tab is another session, and so is another day: the company remembers for the visitor."""
    dismissed(visit)
    visit.context.pages[0].close()
    visit.wait(minutes * 60)
    page = visit.open("/pricing")
    visit.stay(page, 70)
    sessions = {one["data"]["session"] for one in visit.events()}
    assert (shown(page), len(sessions), visit.outcomes()) == ([], 2, ["delivered"])


def test_somebody_who_is_new_is_told_where_to_ask(visit: Visit) -> None:
    """The counterpart of what follows: who stays on the first page and was never here."""
    page = visit.open("/")
    visit.stay(page, 45)
    assert shown(page) == [FIRST]


@pytest.mark.parametrize("minutes", [1, 60 * 24])
def test_a_visitor_who_was_here_before_is_not_new(visit: Visit, minutes: int) -> None:
    """However short that was."""
    visit.open("/").close()
    visit.wait(minutes * 60)
    page = visit.open("/")
    visit.stay(page, 100)
    assert (shown(page), len(visit.events("session.started"))) == ([], 2)


def test_a_customer_who_is_signed_in_is_not_new(visit: Visit) -> None:
    """In a browser that was never here: the shop knows them."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/")
    visit.stay(page, 100)
    assert (shown(page), visit.events("session.started"), visit.events()[0]["subject"]) == ([], [], "u-17")


def test_a_visitor_who_signs_in_is_not_new(visit: Visit) -> None:
    """The session of before is over; that of the customer is no first visit."""
    page = visit.open("/")
    visit.stay(page, 10)
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    visit.go(page, "/account")
    visit.stay(page, 100)
    assert (shown(page), {one["subject"] for one in visit.events()} - {"u-17"} == set()) == ([], False)


def test_news_of_a_parcel_is_told_while_its_customer_looks_around(visit: Visit) -> None:
    """The shop's server posts the event; the page that the customer has open hears of it within twenty seconds."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/")
    visit.stay(page, 45)
    before = shown(page)
    decided = visit.tell("shipment.delayed", "u-17", **DELAYED)["decisions"]
    visit.stay(page, 20)
    record = visit.ask("GET", f"/v1/decisions/{decided[0]['decision_id']}")
    assert (before, shown(page), visit.outcomes()) == ([], [LATE], ["delivered"])
    assert [one["kind"] for one in record["outcomes"]] == ["delivered"]


def test_news_of_another_customers_parcel_is_not_told(visit: Visit) -> None:
    """Whoever looks around meanwhile."""
    visit.site.tag = line(visit.api.url, session=signed(visit, "u-17"))
    page = visit.open("/")
    visit.stay(page, 45)
    visit.tell("shipment.delayed", "u-18", **DELAYED)
    visit.stay(page, 60)
    assert shown(page) == []
