"""The page of approvals: what waits, and what a person does about it, once and with a reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.ports import Ledger
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import EVERYTHING, NOON, Served, app_of, candidate, consent, event, memory_ledger

PATH = "/console/approvals"
TEXT = "Your parcel A-1 now arrives on Friday. Reply to change the address."
SELLING = "Your parcel A-1 now arrives on Friday. Get 20% off! Reply to change the address."
YES = {"agent_would_send": "yes", "customer_would_thank": "yes", "reviewer": "Ann", "comment": ""}


@dataclass
class Desk:
    """An admin at the console, and the ledger behind it."""

    admin: Person
    ledger: Ledger

    def hold(self, text: str = TEXT) -> dict[str, Any]:
        """Ask to send a free text, which is held until somebody approves it; return the answer."""
        api = self.admin.api
        consent(api, "u-17")
        api.post("/v1/events", event())
        answer = api.post(
            "/v1/decisions", candidate(message={"text": text, "next_step": "Reply to change the address."})
        )
        told: dict[str, Any] = answer.json()
        return told

    def stop(self, sql: str) -> None:
        """Let something have stopped, as the ledger would record it."""
        with self.ledger.transaction() as tx:
            assert isinstance(tx, SqliteTransaction)
            tx._store.insert(sql, at=int(NOON.timestamp() * 1e6))  # type: ignore[arg-type]  # a constant below

    def waiting(self) -> list[dict[str, Any]]:
        """Return the texts that wait."""
        found: list[dict[str, Any]] = self.admin.api.get("/v1/approvals").json()["texts"]
        return found

    def review(self, **given: str) -> tuple[int, str]:
        """Send a review of the text that waits."""
        form = YES | {"digest": next((one["digest"] for one in self.waiting()), "sha256:gone")} | given
        answer = self.admin.post(f"{PATH}/text", form)
        return answer.status_code, answer.headers.get("location", "")


OPENED = "INSERT INTO breakers (key, at, volume, median) VALUES ('parcel_delayed', :at, 300, 20)"
TRIPPED = "INSERT INTO trips (watch, harm, detail, at) VALUES ('w', 'complaint', 'twelve of a hundred', :at)"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Serve a console, and sign somebody in who may act."""
    ledger = memory_ledger()
    with Served(app_of(ledger)) as api:
        yield Desk(signed_in(api, "admin", key=EVERYTHING), ledger)


def test_nothing_waits_at_first(desk: Desk) -> None:
    """The page says so, and that nobody did anything yet: what came approved is nobody's act."""
    shown = desk.admin.get(PATH).text
    assert ("Nothing waits for anybody" in shown, "Nobody approved or released" in shown) == (True, True)


def test_a_text_that_waits_is_shown_with_whom_it_is_for(desk: Desk) -> None:
    """Its words, the customer, and the decision that holds it."""
    held = desk.hold()
    shown = desk.admin.get(PATH).text
    wanted = [TEXT, "/console/customers/u-17", f"/console/decisions/{held['decision_id']}"]
    assert (held["action"], [each for each in wanted if each not in shown]) == ("hold", [])


def test_two_yeses_let_a_text_go(desk: Desk) -> None:
    """It waits no more, the same question is answered with a send, and the page says who did it."""
    desk.hold()
    assert desk.review() == (303, f"{PATH}?said=approved")
    again, shown = desk.hold(), desk.admin.get(PATH).text
    assert (desk.waiting(), again["action"], "yes to both questions" in shown) == ([], "send", True)


def test_a_no_keeps_it_back(desk: Desk) -> None:
    """It stays on the list, with what was said about it."""
    desk.hold()
    assert desk.review(customer_would_thank="no", comment="Which parcel?") == (303, f"{PATH}?said=withdrawn")
    assert "“Which parcel?”" in desk.admin.get(PATH).text


def test_words_that_sell_are_marked(desk: Desk) -> None:
    """Where both hold it back: the person is told that approving changes nothing."""
    desk.hold(SELLING)
    with desk.ledger.transaction() as tx:
        assert isinstance(tx, SqliteTransaction)
        tx._store.insert(
            "INSERT INTO held_texts (decision, at, text, next_step) SELECT seq, decided_at, :text, NULL FROM decisions",
            text=SELLING,
        )
    shown = desk.admin.get(PATH).text
    assert ("<mark title=" in shown, "refused whoever approves it" in shown) == (True, True)


@pytest.mark.parametrize(
    ("given", "status"),
    [({"digest": "sha256:other"}, 409), ({"reviewer": ""}, 422), ({"agent_would_send": ""}, 422)],
    ids=["another text", "nobody", "no answer"],
)
def test_what_is_no_review_changes_nothing(desk: Desk, given: dict[str, str], status: int) -> None:
    """The text waits on."""
    desk.hold()
    code, _ = desk.review(**given)
    assert (code, len(desk.waiting())) == (status, 1)


def test_a_breaker_is_released_with_a_reason(desk: Desk) -> None:
    """Once: whoever comes second is told; the history has who and why."""
    desk.stop(OPENED)
    shown = desk.admin.get(PATH).text
    form = {"breaker": "parcel_delayed", "why": "a storm, and each was told once"}
    codes = [desk.admin.post(f"{PATH}/breaker", form).status_code for _ in range(2)]
    after = desk.admin.get(PATH).text
    actual = ("300 went out" in shown, codes, "300 went out" in after, form["why"] in after)
    assert actual == (True, [303, 409], False, True)


def test_the_kill_switch_is_released_once_the_cause_is_found(desk: Desk) -> None:
    """The box is ticked and a reason given; it stands on the page until then."""
    desk.stop(TRIPPED)
    shown = desk.admin.get(PATH).text
    form = {"sure": "yes", "why": "the file of one day named the wrong customers"}
    codes = [desk.admin.post(f"{PATH}/switch", form).status_code for _ in range(2)]
    after = desk.admin.get(PATH).text
    actual = ("The kill switch fell" in shown, codes, "The kill switch fell" in after, form["why"] in after)
    assert actual == (True, [303, 409], False, True)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("breaker", {"breaker": "parcel_delayed", "why": " "}),
        ("breaker", {"why": "found it"}),
        ("switch", {"why": "found it"}),
        ("switch", {"sure": "yes", "why": "–"}),
    ],
    ids=["no reason", "no breaker", "not sure", "no words"],
)
def test_nothing_is_released_without_a_reason(desk: Desk, path: str, form: dict[str, str]) -> None:
    """Both stay as they are."""
    desk.stop(OPENED)
    desk.stop(TRIPPED)
    code = desk.admin.post(f"{PATH}/{path}", form).status_code
    shown = desk.admin.get(PATH).text
    assert (code, "300 went out" in shown, "The kill switch fell" in shown) == (422, True, True)


def test_who_only_reads_sees_what_waits_and_no_form(desk: Desk) -> None:
    """And what they send is refused."""
    desk.hold()
    desk.stop(OPENED)
    desk.stop(TRIPPED)
    reader = signed_in(desk.admin.api, "read")
    shown = reader.get(PATH).text
    codes = [reader.post(f"{PATH}/{each}", {"why": "x"}).status_code for each in ("text", "breaker", "switch")]
    actual = ([word in shown for word in (TEXT, "300 went out", "The kill switch fell", "<textarea")], codes)
    assert actual == ([True, True, True, False], [403, 403, 403])
