"""Words, walked as somebody does who has to answer for them: read, review, approve; and what others wanted to send."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.console.house import House, clicked


def answer(page: Page, *, name: str, note: str = "") -> None:
    """Say yes to both questions of the form that is open, and send it."""
    for question in page.locator("form:visible fieldset").all():
        question.get_by_label("Yes").check()
    page.locator("form:visible").get_by_label("Your name").fill(name)
    page.locator("form:visible").get_by_label("Note").fill(note)
    page.get_by_role("button", name="Record my review").locator("visible=true").click()
    page.wait_for_load_state()


def test_a_message_that_was_withdrawn_is_approved_again(browser: Browser, house: House) -> None:
    """Messages, those that wait, the message, the two questions: it says who, and waits no more."""
    page = clicked(house.signed_in(browser), ["Messages", "Waiting for a person (1)", "appointment_bring"])
    before = page.locator("h1 + p .badge").inner_text()
    answer(page, name="Lena Hofmann", note="We ask for it only where the law wants it.")
    said, after = page.get_by_role("status").inner_text(), page.locator("h1 + p .badge").inner_text()
    reviewed = page.get_by_role("cell", name="We ask for it only where the law wants it.").is_visible()
    waiting = clicked(page, ["Messages", "Waiting for a person (0)"]).locator(".empty").inner_text()
    assert (before, said, after, reviewed) == (
        "withdrawn by a review",
        "Approved. It counts from now on.",
        "approved",
        True,
    )
    assert waiting.startswith("Nothing waits")


def test_a_text_that_waits_is_approved(browser: Browser, house: House) -> None:
    """Approvals, the first text, the two questions: one fewer waits, and the history says who did it."""
    page = clicked(house.signed_in(browser), ["Approvals"])
    texts = page.get_by_label("A text that waits")
    before = texts.count()
    texts.first.get_by_text("Review these words").click()
    answer(page, name="Jonas Weber", note="It says what happened.")
    newest = page.locator("table.acts tbody tr").first.inner_text()
    assert (texts.count(), "Jonas Weber" in newest, "It says what happened." in newest) == (before - 1, True, True)


def test_the_refused_campaign_is_one_click_away(browser: Browser, house: House) -> None:
    """The largest comes first: three texts, how many they would have reached, and what sells in them."""
    page = clicked(house.signed_in(browser), ["Refused"])
    campaign = page.locator("section.campaign").first
    actual = (
        campaign.get_by_role("heading", level=2).inner_text(),
        campaign.locator("blockquote").count(),
        campaign.locator("mark").count() > 0,
    )
    assert actual == ("Winning customers back", 3, True)


def test_the_audit_is_taken_along(browser: Browser, house: House, tmp_path: Path) -> None:
    """What people did and what was decided, as files that a browser keeps."""
    page = clicked(house.signed_in(browser), ["Audit"])
    files = []
    for name in ("As a table (CSV)", "As JSON lines"):
        with page.expect_download() as begun:
            page.get_by_role("link", name=name).last.click()
        begun.value.save_as(tmp_path / begun.value.suggested_filename)
        files.append(tmp_path / begun.value.suggested_filename)
    decided = [json.loads(line)["decision_id"] for line in files[1].read_text().splitlines()]
    assert (files[0].name[:5], files[1].name[:10], len(decided) > 1000, len(set(decided)) == len(decided)) == (
        "acts_",
        "decisions_",
        True,
        True,
    )
