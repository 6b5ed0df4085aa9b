"""The page of refused marketing: campaigns with their words, as a page and as a table."""

import csv
import io
from collections.abc import Iterator

import pytest

from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import Served, Watch, app_of, candidate, event

PATH = "/console/refused"


@pytest.fixture
def clock() -> Watch:
    """A clock that is turned."""
    return Watch()


@pytest.fixture
def reader(clock: Watch) -> Iterator[Person]:
    """Somebody who only reads, and may ask for decisions by the API beside it."""
    with Served(app_of(clock=clock)) as api:
        yield signed_in(api, "read")


def ask(reader: Person, user: str, text: str, *, purpose: str = "win_back") -> None:
    """Ask to send something that is refused."""
    body = candidate(user=user, purpose=purpose, message={"text": text, "next_step": "Reply."})
    assert reader.api.post("/v1/decisions", body).json()["action"] == "deny"


def test_nothing_refused_says_what_would_be_here(reader: Person) -> None:
    """The period, and how something comes to be listed."""
    assert "No marketing was refused in the last 30 days, since " in reader.get(PATH).text


def test_a_campaign_says_whom_it_would_have_reached(reader: Person) -> None:
    """Two texts to three people are one campaign, with words that sell marked, and the last decision a link away."""
    for user, text in (("u-1", "Come back!"), ("u-2", "Come back!"), ("u-3", "Get 20% off your next order!")):
        ask(reader, user, text)
    shown = reader.get(PATH).text
    wanted = ["3 customers</strong>", "in 2 versions", "% off</mark>", "a program or a file", "/console/decisions/"]
    assert [each for each in wanted if each not in shown] == []


def test_what_is_disguised_as_service_is_listed_too(reader: Person) -> None:
    """With the reason that is its own."""
    reader.api.post("/v1/events", event())
    ask(reader, "u-17", "Your parcel A-1 arrives on Friday. Get 20% off your next order!", purpose="delivery_update")
    shown = reader.get(PATH).text
    assert ("although its sender calls it “news of a delivery”" in shown, "promotional_wording" in shown) == (
        True,
        True,
    )


def test_a_period_is_counted_back_from_now(reader: Person, clock: Watch) -> None:
    """What is older is not in it; a period that is none is the usual one."""
    ask(reader, "u-1", "Come back!")
    clock.turn(days=10)
    reader = signed_in(reader.api, "read")
    actual = ["Come back!" in reader.get(f"{PATH}?days={days}").text for days in ("7", "30", "1e9")]
    assert actual == [False, True, True]


def test_a_campaign_is_named_in_plain_words(reader: Person) -> None:
    """Purpose and channels; links of one name say of what they are."""
    ask(reader, "u-1", "Come back!")
    shown = reader.get(PATH).text
    wanted = [
        ">Winning customers back</h2>",
        "its sender calls it “winning customers back”",
        "by chat,",
        "for “Come back!",
    ]
    assert [each for each in wanted if each not in shown] == []


def test_a_period_begins_with_a_whole_day(reader: Person, clock: Watch) -> None:
    """As on every page: the last 7 days are whole ones (UTC) with today, and the page says since when."""
    ask(reader, "u-1", "Come back!")
    clock.turn(days=6, hours=23)
    reader = signed_in(reader.api, "read")
    shown = reader.get(f"{PATH}?days=7").text
    assert ("Come back!" in shown, "since 21 Nov 2026" in shown) == (False, True)


def test_the_table_has_a_line_for_each_text(reader: Person) -> None:
    """The same campaigns; what begins like a formula is none."""
    for user, text in (("u-1", "=1+1 only today"), ("u-2", "Come back!"), ("u-3", "Come back!")):
        ask(reader, user, text)
    answer = reader.get(f"{PATH}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    actual = [(row["campaign"], row["text"], row["times"], row["campaign_customers"]) for row in rows]
    assert actual == [("1", "Come back!", "2", "3"), ("1", "'=1+1 only today", "1", "3")]
    assert answer.headers["content-disposition"] == 'attachment; filename="refused_marketing.csv"'


def test_words_of_senders_are_shown_and_never_obeyed(reader: Person) -> None:
    """Whatever they write, it is text."""
    ask(reader, "<b>u</b>", "<script>alert(1)</script> Come back!", purpose="win_back")
    shown = reader.get(PATH).text
    assert ("<script>alert" in shown, "&lt;script&gt;alert" in shown) == (False, True)
