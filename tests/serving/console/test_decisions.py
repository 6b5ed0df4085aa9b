"""The pages of decisions: the list with its filters, and the trace of one through the two questions."""

import html
from typing import Any

import pytest

from serving.console.decisions import moment
from serving.console.telling import because
from serving.console.trace import chance, first_answer, groups, scale
from serving.fakes import FakeScorer
from serving.ledger import leafing
from serving.policy.reasons import REASONS
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.console.test_customers import in_order, shown
from tests.serving.routes.conftest import api, clock
from tests.serving.served import Served, Watch, app_of, candidate, consent, event

__all__ = ["api", "clock"]
REFUSED = {"text": "Your parcel A-2 is late. Buy one, get one free!", "next_step": "Reply to us."}


@pytest.fixture
def reader(api: Served) -> Person:
    """Somebody who may read and nothing else."""
    return signed_in(api, "read")


@pytest.fixture
def made(api: Served, clock: Watch) -> dict[str, Any]:
    """A send to one customer, a hold and a denial to another, a minute apart."""
    consent(api, "u-17", "u-18")
    api.post("/v1/events", [event(1), event(2, user="u-18", subject="u-18")])
    answers = {}
    for name, asked in (
        ("send", candidate(1)),
        ("hold", candidate(2, user="u-18", message={"text": "Your parcel A-2 is late.", "next_step": "Reply to us."})),
        ("deny", candidate(2, user="u-18", message=REFUSED)),
    ):
        clock.turn(minutes=1)
        answers[name] = api.post("/v1/decisions", asked).json()
    assert {name: one["action"] for name, one in answers.items()} == {"send": "send", "hold": "hold", "deny": "deny"}
    return {name: one["decision_id"] for name, one in answers.items()}


def listed(reader: Person, made: dict[str, Any], query: str = "") -> list[str]:
    """Return which of the decisions a page lists, in its order."""
    page = shown(reader, f"/console/decisions?{query}")
    places = {name: page.find(f"/console/decisions/{identity}") for name, identity in made.items()}
    return sorted((name for name, place in places.items() if place >= 0), key=lambda name: places[name])


def test_the_newest_decision_stands_first(reader: Person, made: dict[str, Any]) -> None:
    """With customer, purpose, words, answer and why."""
    page = shown(reader, "/console/decisions")
    parts = (
        "/console/customers/u-18",
        "news of a delivery, by chat",
        "Buy one",
        "not sent",
        "The text sells something",
    )
    assert (listed(reader, made), in_order(page, *parts)) == (["deny", "hold", "send"], True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("word=send", ["send"]),
        ("word=hold", ["hold"]),
        ("user=u-18", ["deny", "hold"]),
        ("reason=promotional_wording", ["deny"]),
        ("reason=awaiting_approval&word=hold", ["hold"]),
        ("purpose=delivery_update&channel=chat", ["deny", "hold", "send"]),
        ("purpose=remediation", []),
        ("template=parcel_delayed", ["send"]),
        ("since=2026-11-20&until=2026-11-20", ["deny", "hold", "send"]),
        ("since=2026-11-21", []),
        ("until=2026-11-19", []),
        ("since=2026-11-20T12:02:00Z", ["deny", "hold"]),
        ("until=2026-11-20T13:02:00%2B01:00", ["send"]),
        ("user=&word=&reason=", ["deny", "hold", "send"]),
    ],
)
def test_filters_narrow_the_list(reader: Person, made: dict[str, Any], query: str, expected: list[str]) -> None:
    """One by one and together; an empty one is none."""
    assert listed(reader, made, query) == expected


def test_what_was_held_and_sent_later_says_both(api: Served, clock: Watch) -> None:
    """Why it waited, and that nothing spoke against it in the end."""
    consent(api, "u-17")
    clock.turn(hours=10)
    api.post("/v1/events", event(at=clock.at))
    held = api.post("/v1/decisions", candidate()).json()
    clock.turn(hours=9, minutes=1)
    sent = api.post(f"/v1/decisions/{held['decision_id']}/confirm", {}).json()
    page = shown(signed_in(api, "read"), "/console/decisions?word=send&reason=quiet_hours")
    parts = (sent["message"]["text"], "Held at first, as it is night where they are", "then every check passed")
    assert (held["action"], sent["action"], in_order(page, *parts)) == ("hold", "send", True)


@pytest.mark.parametrize(
    "query", ["word=maybe", "reason=because", "since=yesterday", "until=2026-13-01", "since=2026-11-20T12:00:00"]
)
def test_what_no_filter_can_be_is_said(reader: Person, made: dict[str, Any], query: str) -> None:
    """Above an empty list, in words: not a list of everything."""
    page = shown(reader, f"/console/decisions?{query}")
    assert ('role="alert"' in page, listed(reader, made, query)) == (True, [])


def test_earlier_pages_keep_the_filters(reader: Person, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """And lead back to the newest."""
    monkeypatch.setattr("serving.console.decisions.PAGE", 1)
    first = shown(reader, "/console/decisions?user=u-18")
    older = html.unescape(first.split('class="pages"><a href="', 1)[1].split('"', 1)[0])
    second = shown(reader, older)
    assert ("user=u-18" in older, made["hold"] in second, "Back to the newest" in second, "Earlier" in second) == (
        True,
        True,
        True,
        False,
    )


def test_a_page_that_only_looked_so_far_says_so(
    reader: Person, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not the same as that there is nothing."""
    assert made
    monkeypatch.setattr(leafing, "WALK", 1)
    page = shown(reader, "/console/decisions?word=send")
    assert in_order(page, "Nothing like this back to 20 Nov 2026, 12:03 UTC.", "Earlier")


def test_a_wrong_cursor_is_a_page_that_says_so(reader: Person) -> None:
    """Not an error of ours."""
    assert reader.get("/console/decisions?cursor=x").status_code == 422


def test_a_send_is_traced(api: Served, reader: Person, made: dict[str, Any]) -> None:
    """Evidence, words, both questions, the score against its cut-off, chance, what followed, what would change it."""
    api.post("/v1/outcomes", {"decision_id": made["send"], "kind": "thanked", "time": "2026-11-20T12:03:00Z"})
    page = shown(reader, f"/console/decisions/{made['send']}")
    assert in_order(
        page,
        "News of a delivery, by chat",
        "A parcel arrives later than promised",
        "Your parcel A-1 now arrives on Friday.",
        "checks pass, and none says no",
        "Is it a good moment?",
        "of 100 customers like this one",
        '<svg class="scale good"',
        "Net benefit",
        "Drawn: the score decided.",
        "Every check passed",
        "They said thank you",
        "It would have been held with this:",
        "quiet hours",
        "Download the whole record",
    )


def test_a_denial_is_traced(reader: Person, made: dict[str, Any]) -> None:
    """The group that says no is open, with the rule behind it; the second question was not asked."""
    page = shown(reader, f"/console/decisions/{made['deny']}")
    assert in_order(
        page,
        "No: the text sells something",
        "<details open><summary>Are the words right?",
        "says no",
        "Meta, template categories",
        "Not asked: the first question was answered no.",
        "not sent",
        "Nothing was reported so far.",
        "It would have gone on to the second question with",
    )


def test_what_ended_otherwise_says_so_above(api: Served, reader: Person, made: dict[str, Any]) -> None:
    """A send that was cancelled when it was looked at again."""
    opted_out = {"user_id": "u-17", "kind": "opted_out", "time": "2026-11-20T12:03:00Z"}
    api.post("/v1/outcomes", opted_out)
    api.post(f"/v1/decisions/{made['send']}/confirm", {})
    page = shown(reader, f"/console/decisions/{made['send']}")
    assert in_order(page, "<h1>", ">sent<", "then", ">not sent<", "</h1>", "Looked at again, and it was cancelled")


def test_the_score_is_said_per_hundred() -> None:
    """Also among the reasons: nobody reads seven decimals."""
    thank = {"net_benefit": -0.0766547, "cutoff": 0.000165851}
    reason = {"code": "below_cutoff", "detail": "net benefit -0.0766547 is below", "would_change": "more"}
    (told,) = because({"reasons": [reason], "customer_would_thank": thank})
    assert told.detail == "The net benefit of minus 7.67 per 100 contacts is below the certified cut-off of 0.02."


def test_the_record_can_be_taken_along(api: Served, reader: Person, made: dict[str, Any]) -> None:
    """It is what the API answers, byte by byte."""
    path = f"/console/decisions/{made['send']}/record.json"
    answer = reader.get(path)
    assert (answer.content, answer.headers["content-disposition"]) == (
        api.get(f"/v1/decisions/{made['send']}").content,
        'attachment; filename="decision.json"',
    )


@pytest.mark.parametrize("path", ["/console/decisions/nothing", "/console/decisions/nothing/record.json"])
def test_an_unknown_decision_is_a_page_that_says_so(reader: Person, path: str) -> None:
    """With the way back."""
    answer = reader.get(path)
    assert (answer.status_code, "/console" in answer.text) == (404, True)


@pytest.mark.parametrize("net", [-0.5, 0.0, 0.004, 0.00399, 10.0])
def test_every_score_can_be_drawn(net: float) -> None:
    """Below, above and at the cut-off, with and without one."""
    for cutoff in (0.004, None, -0.2):
        found = scale({"net_benefit": net, "cutoff": cutoff})
        assert found is not None
        places = [found.zero_at, found.net_at, found.from_left, found.from_left + found.wide]
        assert all(0 <= place <= 100 for place in places)
        assert found.above == (cutoff is not None and net >= cutoff)


def test_a_record_that_cannot_be_read_back_is_shown_all_the_same() -> None:
    """Another version wrote it: no checks, and no first answer."""
    assert (groups([]), first_answer([], []), scale({"net_benefit": None, "cutoff": None})) == ([], None, None)


def test_waived_checks_are_counted() -> None:
    """What is critical goes out at night, and the page says what it waived."""
    rows = [
        {
            "code": code,
            "verdict": "waived" if code == "quiet_hours" else "pass",
            "detail": "",
            "would_change": None,
            "source": "",
        }
        for code in REASONS
    ]
    told = {group.title: group.said for group in groups(rows)}
    assert (told["Is it a good moment?"], first_answer(rows, [])) == (
        "all 5 that apply pass, 1 waived",
        "Yes: 32 checks pass, and none says no. 1 more would say no, but that is waived because of what happened.",
    )


@pytest.mark.parametrize(
    ("arm", "part"), [("holdout", "left out"), ("policy_only", "whatever the score says"), (None, "")]
)
def test_chance_is_said_in_words(arm: str | None, part: str) -> None:
    """What was drawn, and how often that is so."""
    said = chance({"arm": arm, "logging_propensity": 0.05})
    assert (said is None, part in (said or "")) == (arm is None, True)


def test_an_occasion_left_out_by_chance_is_explained() -> None:
    """Both questions said yes; the page says why nothing went out all the same."""
    with Served(app_of(scorer=FakeScorer(cutoff=0.004))) as served:
        users = [f"u-{number}" for number in range(120)]
        consent(served, *users)
        served.post("/v1/events", [event(number, subject=user) for number, user in enumerate(users)])
        asked = [candidate(number, user=user) for number, user in enumerate(users)]
        answers = served.post("/v1/decisions/batch", asked).json()
        held = next(one for one in answers if one["arm"] == "holdout")
        page = shown(signed_in(served, "read"), f"/console/decisions/{held['decision_id']}")
    assert in_order(page, "left out, so that it can be measured", "Nothing: chance withheld it")


@pytest.mark.parametrize(
    "text", ["", "x", "2026-11-22T12:00:00", "9999-12-31", "0001-01-01T00:00:00+23:59", "2026-W47-7T"]
)
def test_no_day_breaks_the_page(text: str) -> None:
    """What is no day, or the last there is, is None as an end."""
    assert moment(text, ends=True) is None


def test_every_reason_can_be_chosen(reader: Person) -> None:
    """In plain words, by their codes."""
    page = shown(reader, "/console/decisions")
    assert [code for code in REASONS if f'<option value="{code}"' not in page] == []
