from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from serving.access.keys import Bounds, key_record
from serving.access.pace import SESSION_PER_SECOND
from serving.fakes import FakeScorer
from tests.serving.routes.visiting import DRAWN, SETTINGS, SOURCE, VISITOR, Page, signed
from tests.serving.served import NOON, ORIGIN, Served, Watch, app_of, candidate, event, memory_ledger, token

EVENTS = "/v1/events"
ELSEWHERE = "another-session-of-another-person-1"


@pytest.fixture
def api(clock: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serve an API with the shipped triggers and a secret that sessions are signed with; rates stand still."""

    def seconds() -> float:
        return clock.at.timestamp()

    monkeypatch.setattr("serving.app.monotonic", seconds)
    scorer = FakeScorer(cutoff=0.004, shares=SETTINGS.shares)
    with Served(app_of(clock=clock, settings=SETTINGS, scorer=scorer)) as served:
        yield served


@pytest.fixture
def page(api: Served) -> Page:
    """A page whose visitor nobody knows."""
    return Page(api)


@pytest.fixture
def account(api: Served) -> Page:
    """A page of a customer whom the shop signed for."""
    return Page(api, session="s-1", says=signed(), subject="u-17")


def problem(answer: Any) -> tuple[int, str]:
    """Return the status of the only element that was rejected, and where it is wrong."""
    (one,) = answer.json()["rejected"]
    return one["problem"]["status"], "".join(fault["pointer"] for fault in one["problem"].get("errors", []))


@pytest.mark.parametrize("who", ["page", "account"])
def test_what_is_shown_in_its_session_is_heard_without_reasons(who: str, request: pytest.FixtureRequest) -> None:
    """The text, and nothing of why: no figures, no arm, no codes, no model."""
    here: Page = request.getfixturevalue(who)
    heard = here.shown()
    unsaid = {name: heard[name] for name in ("reasons", "arm", "logging_propensity", "model_version")}
    assert (heard["action"], heard["user"], heard["session"], unsaid) == (
        "send",
        {"id": here.subject},
        {"id": here.session},
        {"reasons": [], "arm": None, "logging_propensity": None, "model_version": None},
    )
    assert set(heard["customer_would_thank"].values()) == {False, None}


def test_the_record_has_what_the_page_does_not_hear(api: Served, page: Page) -> None:
    """It was decided as any other, under the widget's own source."""
    heard = page.shown()
    record = api.get(f"/v1/decisions/{heard['decision_id']}").json()
    asked = record["candidate"]
    assert (record["arm"], asked["evidence"]["source"], asked["user_id"]) == ("model", SOURCE, VISITOR)


def test_it_is_confirmed_and_reported_on_by_its_own_session(page: Page) -> None:
    """Send, delivered, engaged; then no more."""
    heard = page.shown()
    said = page.confirm(heard["decision_id"])
    told = [page.report(heard["decision_id"], kind)["accepted"] for kind in ("delivered", "engaged")]
    again = page.confirm(heard["decision_id"])
    assert (said.json()["action"], told, again.json()["action"], again.json()["reasons"]) == (
        "send",
        [1, 1],
        "cancel",
        [],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"session": ELSEWHERE},
        {"says": signed("u-17", "s-2"), "session": "s-2", "subject": "u-17"},
        {"says": signed("u-18", DRAWN), "subject": "u-18"},
    ],
    ids=["another drawn", "another signed", "the same of another customer"],
)
def test_anybody_elses_decision_is_not_there(api: Served, page: Page, change: dict[str, Any]) -> None:
    """404 and the words of an id that never was, to the byte; nothing is recorded."""
    heard, other = page.shown(), replace(page, **change)
    theirs, nobodys = other.confirm(heard["decision_id"]), other.confirm("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    told = [other.report(name)["rejected"] for name in (heard["decision_id"], "01ARZ3NDEKTSV4RRFFQ69G5FAV")]
    record = api.get(f"/v1/decisions/{heard['decision_id']}").json()
    assert (theirs.status_code, theirs.content, told[0]) == (404, nobodys.content, told[1])
    assert (record["confirmations"], record["outcomes"], told[0][0]["problem"]["status"]) == ([], [], 404)


def test_what_is_not_for_the_widget_is_not_there(api: Served, account: Page) -> None:
    """A parcel's delay on the chat is the company's to confirm, though it is about this very customer and session."""
    api.post(EVENTS, event())
    asked = candidate(session={"id": "s-1"})
    decided = api.post("/v1/decisions", asked).json()
    assert (
        account.confirm(decided["decision_id"]).status_code,
        account.report(decided["decision_id"])["accepted"],
    ) == (404, 0)


def test_whoever_dismisses_names_their_own_decision(api: Served, page: Page) -> None:
    """A dismissal of what was shown to somebody else is refused, and nobody is left in silence by it."""
    heard = page.shown()
    data = {"decision_id": heard["decision_id"]}
    other = Page(api, session=ELSEWHERE, subject=None)
    foreign = other.post(EVENTS, other.event("d-1", "message.dismissed", data=data))
    own = page.post(EVENTS, page.event("d-2", "message.dismissed", data=data))
    assert (problem(foreign), foreign.json()["accepted"], own.json()["accepted"]) == ((404, ""), 0, 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "shipment.delayed"}, (403, "#/type")),
        ({"type": "customer.identified", "data": {"anonymous_id": VISITOR}}, (403, "#/type")),
        ({"type": "message.received"}, (403, "#/type")),
        ({"source": "urn:shop"}, (403, "#/source")),
        ({"source": "urn:outreach:widget:another"}, (403, "#/source")),
        ({"subject": "u-17"}, (403, "#/subject")),
        ({"data": {"session": ELSEWHERE}}, (403, "#/data/session")),
        ({"data": {"session": None}}, (403, "#/data/session")),
    ],
    ids=["a delay", "who they are", "a message", "the shop's", "another widget's", "a customer", "a session", "none"],
)
@pytest.mark.parametrize("way", ["one", "many", "batch", "binary"])
def test_what_is_not_its_own_to_say_is_refused(
    api: Served, page: Page, change: dict[str, Any], told: tuple[int, str], way: str
) -> None:
    """In every form in which events come; nothing of it is on record."""
    said = page.event("e-1", **change)
    if way == "binary":
        attributes = {f"ce-{name}": str(value) for name, value in ({"source": SOURCE} | said).items() if name != "data"}
        answer = page.post(EVENTS, said["data"], **attributes)
    elif way == "batch":
        answer = page.post(EVENTS, [said], **{"Content-Type": "application/cloudevents-batch+json"})
    else:
        answer = page.post(EVENTS, said if way == "one" else [said])
    again = api.post(EVENTS, said | {"source": SOURCE} | change | {"data": {}, "type": "page.viewed"})
    assert (problem(answer), answer.json()["accepted"], again.json()["accepted"]) == (told, 0, 1)


@pytest.mark.parametrize("wrap", [lambda call: call, lambda call: [call], lambda call: {"batch": [call]}])
@pytest.mark.parametrize("kind", ["identify", "track", "page", "alias"])
def test_calls_of_segments_are_not_for_a_page(page: Page, wrap: Any, kind: str) -> None:
    """They could say that a visitor is a customer."""
    call = {"type": kind, "userId": "u-17", "anonymousId": VISITOR, "messageId": "m", "event": "x"}
    assert page.post(EVENTS, wrap(call)).status_code == 403


def test_it_cannot_take_the_ids_of_the_companys_events(api: Served, page: Page) -> None:
    """`(source, id)` is an event's identity: a page has a source of its own."""
    page.post(EVENTS, page.event("ev-1"))
    assert api.post(EVENTS, event(1)).json()["accepted"] == 1


def test_it_cannot_take_the_idempotency_keys_of_other_sessions(api: Served, page: Page) -> None:
    """The key is public, so each session has names of its own: the same word and body are another request."""
    other = Page(api, session=ELSEWHERE, subject=None)
    header = {"Idempotency-Key": "1"}
    first = page.post(EVENTS, page.event("a"), **header)
    second = other.post(EVENTS, other.event("b"), **header)
    again = page.post(EVENTS, page.event("a"), **header)
    overheard = other.post(EVENTS, page.event("a"), **header)
    assert (first.json()["accepted"], second.json()["accepted"], again.content) == (1, 1, first.content)
    assert (again.headers["idempotency-replayed"], overheard.status_code) == ("true", 422)


BAD_SESSIONS = {
    "none": None,
    "short": "s-1",
    "not signed": "a.b.c",
    "over": signed(exp=NOON.timestamp()),
    "of another page": signed(aud="https://other.example"),
    "for two days": signed(exp=NOON.timestamp() + 2 * 24 * 3600),
}


@pytest.mark.parametrize("name", BAD_SESSIONS)
def test_without_a_session_that_holds_nothing_is_said(page: Page, name: str) -> None:
    """401 with what to do, and no word of what was sent."""
    given = BAD_SESSIONS[name]
    headers = page.headers() if given is None else page.headers() | {"Outreach-Session": given}
    if given is None:
        del headers["Outreach-Session"]
    answer = page.api.post(EVENTS, page.event("e-1"), key=token("widget"), headers=headers)
    assert (answer.status_code, "Outreach-Session" in answer.json()["detail"]) == (401, True)
    assert given is None or given not in answer.text


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "https://other.example",
        f"{ORIGIN}/",
        f"{ORIGIN}:443",
        ORIGIN.upper(),
        "http://shop.example",
    ],
)
def test_another_page_is_refused(page: Page, origin: str | None) -> None:
    """The origin is compared sign by sign; without one it is no browser."""
    page.origin = origin
    answer = page.post(EVENTS, page.event("e-1"))
    assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (403, False)


def test_all_else_is_forbidden(api: Served) -> None:
    """Over all operations of the document: what is not one of the three is 403, whatever the session says."""
    document = api.get("/openapi.json", key=None).json()
    page = Page(api, session="s-1", says=signed(), subject="u-17")
    told = {
        (method, path): api.call(
            method, path, key=token("widget"), headers=page.headers(), json=None if method == "get" else {}
        ).status_code
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "x-scope" in operation
    }
    open_to_it = {pair for pair, status in told.items() if status != 403}
    assert open_to_it == {
        ("post", "/v1/events"),
        ("post", "/v1/decisions/{decision_id}/confirm"),
        ("post", "/v1/outcomes"),
    }


@pytest.mark.parametrize("kind", ["complained", "complaint_closed", "contacted_us"])
def test_outcomes_that_no_page_knows_are_refused(page: Page, kind: str) -> None:
    """A complaint is the company's to report, and so is what happened on no page."""
    heard = page.shown()
    answer = page.post("/v1/outcomes", {"decision_id": heard["decision_id"], "kind": kind, "time": NOON.isoformat()})
    assert problem(answer)[0] in (403, 422)


def test_outcomes_are_reported_by_decision_alone(page: Page) -> None:
    """An opt-out of a customer by their id would be anybody's to report."""
    answer = page.post("/v1/outcomes", {"user_id": "u-17", "kind": "opted_out", "time": NOON.isoformat()})
    assert problem(answer) == (403, "#/decision_id")


def test_one_session_has_a_small_rate_of_its_own(api: Served, page: Page, clock: Watch) -> None:
    """It is told to wait, and other sessions of the same key are not."""
    told = [page.post(EVENTS, page.event(f"e-{number}")).status_code for number in range(SESSION_PER_SECOND + 2)]
    other = Page(api, session=ELSEWHERE, subject=None)
    clock.turn(seconds=1)
    waited = page.post(EVENTS, page.event("later")).status_code
    assert (told, other.post(EVENTS, other.event("o")).status_code, waited) == (
        [202] * SESSION_PER_SECOND + [429] * 2,
        202,
        202,
    )


def test_a_public_key_of_an_older_version_opens_nothing() -> None:
    """Without an origin nobody can say whose page it is; among other scopes it adds nothing to them."""
    ledger = memory_ledger()
    made = key_record("p" * 43, key_id="p", name="p", scopes=["widget"], at=NOON, bounds=Bounds(origin=ORIGIN))
    with ledger.transaction() as transaction:
        transaction.add_key(replace(made, origin=None))
        transaction.add_key(replace(made, id="q", sha256="q", origin=None, scopes=("read", "widget")))
    with Served(app_of(ledger, settings=SETTINGS)) as api:
        page = Page(api)
        answer = api.post(EVENTS, page.event("e"), key="p" * 43, headers=page.headers())
    assert answer.status_code == 403
