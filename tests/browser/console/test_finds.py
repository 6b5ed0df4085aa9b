"""What a lead of customer support finds in the demo's month, and the paths that a new user walks through it."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from serving.cli.month.staff import WITHDRAWN
from tests.browser.console.house import LEAD, READER, House, clicked

SECONDS = 60_000  # of patience, in milliseconds: what takes long comes into a page when it is there
ABOUT = re.compile("news of|coming back to")  # a message, in the words of the pages


def shown(page: Page, words: str | re.Pattern[str]) -> bool:
    """Whether these words stand on a page, as soon as all of it is there."""
    expect(page.get_by_role("main").get_by_text(words).first).to_be_visible(timeout=SECONDS)
    return True


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        (["See who complains, and why"], "Notifications muted: yes"),
        (["Complaints"], "Notifications muted: yes"),
        (["See its words"], "Come back for 20"),
        (["Refused", "The last one, step by step"], "The text sells something"),
        (["Read their story"], "They said thank you"),
    ],
    ids=["annoyed", "annoyed-by-menu", "campaign", "campaign-by-menu", "story"],
)
def test_each_find_is_at_most_three_clicks_away(browser: Browser, house: House, ways: list[str], words: str) -> None:
    """The annoyed, the refused campaign, and a parcel's story, from the first page, by somebody who only reads."""
    page = house.signed_in(browser, READER)
    assert (len(ways) <= 3, shown(clicked(page, ways), words)) == (True, True)


def test_from_a_complaint_to_why_to_its_fix(browser: Browser, house: House) -> None:
    """The complaint names its message, the message says why it went out and what can be done, and that is tried."""
    page = clicked(house.signed_in(browser), ["Complaints"])
    named = page.get_by_role("row").filter(has_text="complained").filter(has_not_text="names no message")
    named.get_by_role("link", name=ABOUT).first.click()
    why = [shown(page, "Would the customer thank us for it?"), shown(page, "What would have changed it")]
    clicked(page, ["Try without this service"])
    assert [*why, shown(page, "Looked back at"), shown(page, "Put these limits in force")] == [True] * 4


def test_from_a_stricter_limit_to_its_replay_to_its_approval(browser: Browser, house: House) -> None:
    """Tried, seen, approved with a reason: it is in force, with the name of who did it; a reader is offered nothing."""
    page = clicked(house.signed_in(browser), ["What if"])
    page.get_by_label("Messages to one customer within 7 days, at most").fill("3")
    page.get_by_role("button", name="See what it would have done").click()
    expect(page.get_by_label("Why (it is kept with your name)")).to_be_visible(timeout=SECONDS)
    page.get_by_label("Why (it is kept with your name)").fill("those who complain heard from us too often")
    page.get_by_role("button", name="Put these limits in force").click()
    told = [shown(page, "in force from the next decision on"), shown(page, "by Priya (priya)")]
    reading = clicked(house.signed_in(browser, READER), ["What if"])
    assert (told, reading.get_by_text("Go back to the configuration").count()) == ([True] * 2, 0)


def test_from_a_withdrawn_message_to_its_review_to_its_approval(browser: Browser, house: House) -> None:
    """What waits is named on the first page; two yeses approve it, and nothing of it waits any more."""
    page = clicked(house.signed_in(browser, LEAD), ["1 message is not approved as it reads now", WITHDRAWN])
    before = shown(page, "withdrawn by a review")
    for answer in page.get_by_label("Yes", exact=True).all():
        answer.check()
    page.get_by_label("Your name").fill("Priya Shah")
    page.get_by_role("button", name="Record my review").click()
    after = shown(page, re.compile("Approved|on record"))
    clicked(page, ["Today"])
    expect(page.get_by_role("link", name="3 free texts wait for approval")).to_be_visible(timeout=SECONDS)
    assert (before, after, page.get_by_role("link", name="not approved as it reads now").count()) == (True, True, 0)


def test_from_a_held_text_to_its_approval(browser: Browser, house: House) -> None:
    """What waits for a person leads to the words, whom they are for, and why they are held."""
    page = clicked(house.signed_in(browser), ["3 free texts wait for approval", "Why it is held"])
    assert (shown(page, "The text waits for a person's approval"), shown(page, "technician is ill")) == (True, True)
