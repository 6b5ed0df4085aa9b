"""The customers' pages: finding one, and the story of one, as somebody who only reads sees them."""

import html
from typing import Any
from urllib.parse import quote

import pytest

from serving.console.customers import standing
from serving.people.stories import Person as Customer
from serving.policy.limits import Limits
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.routes.conftest import api, clock
from tests.serving.served import NOON, Served, Watch, candidate, consent, event

__all__ = ["api", "clock"]
EVIL = "<script>alert(1)</script>\"'\u202e"


@pytest.fixture
def reader(api: Served) -> Person:
    """Somebody who may read and nothing else."""
    return signed_in(api, "read")


def shown(reader: Person, path: str) -> str:
    """Return a page's text, with what was escaped as it is read."""
    answer = reader.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def report(api: Served, **outcome: str) -> None:
    """Report an outcome of now."""
    assert api.post("/v1/outcomes", {"time": NOON.isoformat(), **outcome}).json()["accepted"] == 1


def in_order(text: str, *parts: str) -> bool:
    """Return whether these parts stand in a text one after the other."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        assert place >= 0, f"{part!r} is not there, or not after what stands before it"
    return True


def lived(api: Served) -> dict[str, Any]:
    """Let a customer be told, refused and annoyed; return the answers."""
    consent(api, "u-17")
    api.post("/v1/events", [event(1), event(2)])
    sent = api.post("/v1/decisions", candidate(1)).json()
    refused = {"text": "Your parcel A-2 is late. Buy one, get one free!", "next_step": "Reply to us."}
    denied = api.post("/v1/decisions", candidate(2, message=refused)).json()
    report(api, decision_id=sent["decision_id"], kind="complained")
    return {"sent": sent, "denied": denied}


def test_a_story_in_plain_words(api: Served, reader: Person) -> None:
    """Newest first: the complaint, the refusal with its reasons, the send with its words and why, what happened."""
    answers = lived(api)
    page = shown(reader, "/console/customers/u-17")
    assert in_order(
        page,
        "one is open: only what cannot wait is sent",
        "1 of at most 1",
        "nobody should send them one before",
        "They complained about a message of ours",
        "We did not write by chat: news of a delivery",
        "Buy one, get one free!",
        "The text sells something.",
        "What would change it:",
        f"/console/decisions/{answers['denied']['decision_id']}",
        "We wrote to them by chat: news of a delivery",
        "a parcel arrives later than promised",
        "Every check passed",
        answers["sent"]["message"]["text"],
        "They said what they permit",
    )


def test_what_was_looked_at_again_stands_with_its_answer(api: Served, clock: Watch, reader: Person) -> None:
    """A send that was cancelled says why then."""
    consent(api, "u-17")
    api.post("/v1/events", event())
    sent = api.post("/v1/decisions", candidate()).json()["decision_id"]
    report(api, user_id="u-17", kind="opted_out")
    clock.turn(minutes=3)
    api.post(f"/v1/decisions/{sent}/confirm", {})
    page = shown(reader, "/console/customers/u-17")
    assert in_order(
        page,
        "Looked at again, and it was cancelled: news of a delivery",
        "They asked not to be written to.",
        "We wrote to them",
    )


def test_an_exact_id_opens_its_story(api: Served, reader: Person) -> None:
    """Whatever signs it has; one that is only the beginning of others lists them."""
    for user in ("u-17", "u-18", "a/b c?"):
        api.call("PUT", f"/v1/users/{quote(user, safe='')}/preferences", json={"consent": {"chat": True}})
    api.post("/v1/decisions", candidate(user="u-17"))
    exact = reader.get("/console/customers?id=a%2Fb%20c%3F")
    some = shown(reader, "/console/customers?id=u-")
    assert (exact.status_code, exact.headers["location"], "/console/customers/u-17" in some) == (
        303,
        "/console/customers/a%2Fb%20c%3F",
        True,
    )


@pytest.mark.parametrize("sought", ["U-17", "U-1", "u-17X"])
def test_other_capitals_are_offered(api: Served, reader: Person, sought: str) -> None:
    """Where nobody has this id: those that begin so but for capitals, and the page says which they are."""
    for user in ("u-17", "U-17x"):
        api.post("/v1/decisions", candidate(user=user))
    page = shown(reader, f"/console/customers?id={sought}")
    found = {"U-17": "/console/customers/u-17", "U-1": "/console/customers/u-17", "u-17X": "/console/customers/U-17x"}
    assert in_order(page, "in other capitals", f'"{found[sought]}"')


def test_nobody_is_found(reader: Person) -> None:
    """Said with what to do; and nobody's story is a page that says so."""
    page = shown(reader, "/console/customers?id=nobody")
    assert ("Nobody with such an id is on record" in page, reader.get("/console/customers/nobody").status_code) == (
        True,
        404,
    )


def test_an_empty_ledger_says_what_to_do(reader: Person) -> None:
    """Neither complaints nor decisions: both say how they come about."""
    page = shown(reader, "/console/customers")
    assert in_order(page, "No complaint is on record.", "POST /v1/outcomes", "Nothing was decided yet.")


def test_who_complained_last_is_one_click_away(api: Served, reader: Person) -> None:
    """With the message that it was about."""
    sent = lived(api)["sent"]["decision_id"]
    page = shown(reader, "/console/customers")
    assert in_order(page, '"/console/customers/u-17"', f'"/console/decisions/{sent}"', "The newest decisions")


def test_long_stories_have_pages(api: Served, reader: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thing once, from the newest to the first."""
    monkeypatch.setattr("serving.console.customers.PAGE", 4)
    api.post("/v1/events", [event(number) for number in range(6)])
    pages = [shown(reader, f"/console/customers/u-17?skip={skip}") for skip in (0, 4)]
    told = [page.count("A parcel arrives later than promised") for page in pages]
    assert (told, "?skip=4" in pages[0], "Earlier" in pages[1], "?skip=0" in pages[1]) == ([4, 2], True, False, True)


@pytest.mark.parametrize("skip", ["-1", "x", "10001", "9" * 5000, "1.5", "٣"])
def test_what_is_no_page_is_refused(reader: Person, skip: str) -> None:
    """As a page, whatever the address says."""
    assert reader.get(f"/console/customers/u-17?skip={quote(skip)}").status_code == 422


def test_what_others_wrote_is_never_markup(api: Served, reader: Person) -> None:
    """Ids, facts, texts and names of a sender's are text on every page that shows them."""
    data = {"parcel": EVIL, "new_eta": EVIL, EVIL: EVIL, "text": EVIL}
    api.post(
        "/v1/events", [event(subject=EVIL, data=data), event("m", type="message.received", subject=EVIL, data=data)]
    )
    said = {"text": EVIL, "next_step": EVIL, "facts": {EVIL: EVIL}}
    asked = candidate(user=EVIL, purpose=EVIL, message=said)
    decision = api.post("/v1/decisions", asked).json()["decision_id"]
    report(api, user_id=EVIL, kind="complained")
    here = quote(EVIL, safe="")
    paths = ["/console/customers", f"/console/customers?id={here[:30]}", f"/console/customers/{here}"]
    paths += ["/console/decisions", f"/console/decisions?user={here}", f"/console/decisions/{decision}"]
    pages = [reader.get(path).text for path in paths]
    assert [("<script>alert" in page, "&lt;script&gt;alert" in page) for page in pages] == [(False, True)] * len(pages)


def test_a_stranger_to_the_console_signs_in_first(api: Served) -> None:
    """And comes back to the very page."""
    answer = Person(api).get("/console/customers/a%3F%C3%A9")
    expected = "/console/login?next=/console/customers/a%253F%25C3%25A9"
    assert (answer.status_code, answer.headers["location"]) == (303, expected)


def test_how_a_customer_stands_in_words() -> None:
    """An opt-out is stronger than a consent; caps that are reached stand out."""
    customer = Customer(
        id="u",
        ids=("u",),
        consent={"chat": True, "sms": True, "email": False},
        opted_out=frozenset({"sms"}),
        conversation_open=True,
        contacts=(0, 2, 2),
    )
    actual = [(one.name, one.tone) for one in standing(customer, Limits())]
    assert actual == [
        ("Conversation", "hold"),
        ("Chat", "send"),
        ("SMS", "deny"),
        ("Email", "deny"),
        ("Time zone", "warn"),
        ("Messages in the last 60 minutes", ""),
        ("Messages in the last 24 hours", "hold"),
        ("Messages in the last 7 days", ""),
    ]
