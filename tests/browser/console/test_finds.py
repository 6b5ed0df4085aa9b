"""What a lead of customer support finds in the demo's month, in three clicks each."""

from playwright.sync_api import Browser

from tests.browser.console.house import READER, House


def test_a_reader_signs_in_and_sees_how_it_goes(browser: Browser, house: House) -> None:
    """The first page names who is signed in."""
    page = house.signed_in(browser, READER)
    assert page.get_by_text("Ravi, reads only").is_visible()
