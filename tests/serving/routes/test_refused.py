"""Refused marketing over HTTP: answered 200 `deny`, recorded, listed for those who own marketing, never sent."""

from typing import Any

import pytest

from model.contracts import MarketingPurpose
from serving.policy.reasons import REASONS
from tests.serving.served import Served, Watch, candidate, consent, event

WIN_BACK = {"text": "We miss you! Come back and save 20 % on your next order.", "next_step": "Reply to order."}
DISGUISED = {"text": "Your parcel A-1 arrives on Friday. Add a second one and save 20 %.", "next_step": "Reply."}


def ask(api: Served, *, user: str = "u-17", **more: Any) -> Any:
    """Ask for a decision; return the answer."""
    answer = api.post("/v1/decisions", candidate(user=user, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(api: Served, query: str) -> list[str]:
    """Return the ids of one page."""
    answer = api.get(f"/v1/decisions?{query}")
    assert answer.status_code == 200, answer.text
    return [record["decision_id"] for record in answer.json()["decisions"]]


@pytest.fixture
def ready(api: Served) -> Served:
    """A customer whose parcel is late and who likes to hear of it."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    return api


@pytest.mark.parametrize("purpose", list(MarketingPurpose))
def test_marketing_is_recorded_listed_and_never_sent(ready: Served, purpose: str) -> None:
    """Though evidence, consent and a score that likes everybody speak for it."""
    answer = ask(ready, purpose=purpose, message=WIN_BACK)
    record = ready.get(f"/v1/decisions/{answer['decision_id']}").json()
    codes = [reason["code"] for reason in answer["reasons"]]

    assert (answer["action"], answer["trigger"], answer["message"], answer["recorded"]) == ("deny", False, None, True)
    assert (codes[0], record["candidate"]["purpose"]) == ("purpose_is_marketing", purpose)
    assert listed(ready, "reason=purpose_is_marketing") == [answer["decision_id"]]
    assert listed(ready, "action=send") == []


@pytest.mark.parametrize(
    "more", [{"purpose": "win_back", "message": WIN_BACK}, {"message": DISGUISED}], ids=["word", "wording"]
)
def test_confirming_it_sends_nothing_either(ready: Served, more: dict[str, Any]) -> None:
    """Who asks again at send time is told to cancel, with the reason it is listed under."""
    refused = ask(ready, **more)
    answer = ready.call("POST", f"/v1/decisions/{refused['decision_id']}/confirm").json()

    codes = [reason["code"] for reason in answer["reasons"]]
    assert (answer["action"], answer["message"], codes[0]) == ("cancel", None, refused["reasons"][0]["code"])
    assert listed(ready, f"reason={codes[0]}") == [refused["decision_id"]]


def test_it_counts_as_no_message(ready: Served) -> None:
    """A refused promotion takes nothing from the customer's caps, and the service message goes out after it."""
    ask(ready, purpose="win_back", message=WIN_BACK)
    embargo = ready.get("/v1/users/u-17/embargo").json()["until"]

    assert (embargo, ask(ready)["action"]) == (None, "send")


def test_marketing_in_disguise_is_listed_by_its_wording(ready: Served) -> None:
    """A service purpose with good evidence does not make a sale service."""
    answer = ask(ready, message=DISGUISED)

    actual = (answer["action"], answer["message"], listed(ready, "reason=promotional_wording"))
    assert actual == ("deny", None, [answer["decision_id"]])
    assert listed(ready, "reason=purpose_is_marketing") == []


def test_every_reason_of_an_answer_finds_it(ready: Served, clock: Watch) -> None:
    """Holds and denials, of policy and score: each code leads to all the decisions that gave it, in order."""
    given: dict[str, list[str]] = {code: [] for code in REASONS}
    asks: list[dict[str, Any]] = [
        {},
        {},
        {"purpose": "win_back"},
        {"purpose": "newsletter", "channel": "sms"},
        {"message": DISGUISED},
        {"user": "stranger"},
    ]
    for one in asks:
        clock.turn(minutes=1)
        answer = ask(ready, **one)
        for reason in answer["reasons"]:
            given[reason["code"]].append(answer["decision_id"])

    actual = {code: listed(ready, f"reason={code}") for code in REASONS}

    assert actual == given
    assert sum(map(bool, given.values())) >= 8


def test_a_dry_run_is_not_listed(ready: Served) -> None:
    """Nothing of it is recorded."""
    ready.post("/v1/decisions?dry_run=true", candidate(purpose="win_back"))

    assert listed(ready, "reason=purpose_is_marketing") == []


def test_a_batch_is_listed_too(ready: Served) -> None:
    """Each element for itself."""
    body = [candidate(user=f"u-{number}", purpose="upsell") for number in range(3)]
    answers = ready.post("/v1/decisions/batch", body).json()
    made = [answer["decision_id"] for answer in answers]

    assert listed(ready, "reason=purpose_is_marketing") == made


def test_pages_of_a_reason_follow_one_another(ready: Served) -> None:
    """The cursor goes on within the reason; other decisions in between are left out."""
    made = []
    for number in range(5):
        made.append(ask(ready, user=f"u-{number}", purpose="survey")["decision_id"])
        ask(ready, user=f"u-{number}")
    first = ready.get("/v1/decisions?reason=purpose_is_marketing&limit=3").json()
    query = f"reason=purpose_is_marketing&limit=3&cursor={first['next_cursor']}"
    second = ready.get(f"/v1/decisions?{query}").json()

    pages = [[record["decision_id"] for record in page["decisions"]] for page in (first, second)]
    assert (pages, second["next_cursor"]) == ([made[:3], made[3:]], None)


@pytest.mark.parametrize(
    "reason", ["canary7391", "", "PURPOSE_IS_MARKETING", "purpose_is_marketing ", "%00", "a" * 999]
)
def test_a_reason_that_is_none_is_refused(ready: Served, reason: str) -> None:
    """A mistyped code must not look like good news; the problem says where to look, and repeats nothing."""
    answer = ready.get(f"/v1/decisions?reason={reason}")
    (fault,) = answer.json()["errors"]

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert fault == {
        "pointer": "#/reason",
        "detail": "must be a reason code; `outreach policy reasons` lists them",
    }
    assert "canary7391" not in answer.text


def test_a_reason_is_given_once(ready: Served) -> None:
    """Of two, nobody could say which one counts."""
    answer = ready.get("/v1/decisions?reason=purpose_is_marketing&reason=promotional_wording")

    assert answer.status_code == 422


def test_the_document_lists_the_codes(ready: Served) -> None:
    """Whoever builds a client finds the catalogue there, in its order."""
    document = ready.get("/openapi.json", key=None).json()
    parameters = document["paths"]["/v1/decisions"]["get"]["parameters"]
    (one,) = [parameter for parameter in parameters if parameter["name"] == "reason"]

    codes = [part["enum"] for part in one["schema"]["anyOf"] if "enum" in part]
    assert codes == [list(REASONS)]
