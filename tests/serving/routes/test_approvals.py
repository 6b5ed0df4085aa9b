from dataclasses import replace
from datetime import datetime, timedelta
from time import process_time
from typing import Any

import pytest

from model.contracts import Action, Candidate, Context, Message
from serving.people import awaiting
from serving.ports import Ledger
from tests.contracts.ledgers import ruling
from tests.serving.served import NOON, Served, app_of, candidate, consent, event, memory_ledger

TEXT = "Your parcel A-1 now arrives on Friday."
STEP = "Reply to change the address."


def free_text() -> dict[str, Any]:
    """Return a candidate with a text of its own."""
    return candidate(message={"text": TEXT, "next_step": STEP})


def codes(answer: Any) -> list[str]:
    """Return the codes of an answer's reasons."""
    return [reason["code"] for reason in answer["reasons"]]


def test_a_free_text_waits_for_approval(api: Served) -> None:
    """Held before, sent after a person with an admin key approved this very text with its next step."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    before = api.post("/v1/decisions", free_text()).json()

    approved = api.post("/v1/approvals", {"text": TEXT, "next_step": STEP}).json()

    after = api.post("/v1/decisions", free_text()).json()
    actual = (before["action"], "awaiting_approval" in codes(before), approved["what"], approved["by"], after["action"])
    assert actual == ("hold", True, "text", "all (key-all)", "send")


def test_another_text_is_not_approved(api: Served) -> None:
    """An approval is for the text as it was read."""
    api.post("/v1/events", event())
    consent(api, "u-17")
    api.post("/v1/approvals", {"text": TEXT})

    answer = api.post("/v1/decisions", free_text()).json()

    assert (answer["action"], "awaiting_approval" in codes(answer)) == ("hold", True)


def test_a_template_is_approved_as_it_reads_now(api: Served) -> None:
    """The digest is the one that the policy holds; the record says who, when and what."""
    answer = api.post("/v1/approvals", {"template": "parcel_delayed"}).json()

    digest = api.app.state.api.policy.digests["parcel_delayed"]
    expected = {
        "digest": digest,
        "what": "template:parcel_delayed",
        "by": "all (key-all)",
        "at": "2026-11-20T12:00:00Z",
        "approved": True,
        "review": None,
        "wording": [],
    }
    assert answer == expected


def test_a_template_that_does_not_exist_is_404(api: Served) -> None:
    """Nothing can be approved in advance by name."""
    answer = api.post("/v1/approvals", {"template": "canary7391"})

    assert (answer.status_code, "canary7391" in answer.text) == (404, False)


def test_a_digest_can_be_approved(api: Served) -> None:
    """What was read elsewhere is approved by its digest."""
    digest = "sha256:" + "a" * 64

    answer = api.post("/v1/approvals", {"digest": digest}).json()

    assert (answer["digest"], answer["what"]) == (digest, "digest")


def test_what_waits_is_listed_until_it_is_approved(api: Served) -> None:
    """A held free text stands in the list once, and leaves it when a person approves it."""
    api.post("/v1/events", [event(1), event(2)])
    consent(api, "u-17")
    for _ in range(2):
        api.post("/v1/decisions", free_text())
    before = api.get("/v1/approvals").json()["texts"]

    api.post("/v1/approvals", {"digest": before[0]["digest"]})

    after = api.get("/v1/approvals").json()["texts"]
    assert ([(one["text"], one["next_step"]) for one in before], after) == ([(TEXT, STEP)], [])


def test_shipped_templates_come_approved(api: Served) -> None:
    """A new ledger knows the digests of the templates that come with the project."""
    templates = api.get("/v1/approvals").json()["templates"]

    assert ({one["state"] for one in templates}, len(templates) >= 9) == ({"approved"}, True)


def held(ledger: Ledger, count: int, *, text: str | None, at: datetime = NOON, action: Action = Action.HOLD) -> None:
    """Record decisions about a template or a text, all of them held for approval and for a cap."""
    with ledger.transaction() as transaction:
        for number in range(count):
            message = Message(template="parcel_delayed") if text is None else Message(text=text.format(number))
            asked = Candidate(user_id=f"u-{number}", purpose="delivery_update", channel="chat", message=message)
            made = ruling(f"{text}-{at.isoformat()}-{number}-{action}", at=at, action=action)
            verdict = "refuse" if text is not None else "pass"
            transaction.add_decision(
                asked, Context(), replace(made, verdicts={"frequency_cap": "refuse", "awaiting_approval": verdict})
            )


def waiting(ledger: Ledger) -> list[str]:
    """Return the texts that the API lists."""
    with Served(app_of(ledger)) as api:
        return [one["text"] for one in api.get("/v1/approvals").json()["texts"]]


def test_a_text_is_listed_however_many_other_holds_there_were() -> None:
    """Neither holds of templates nor many holds of one text push another text out of the list."""
    ledger = memory_ledger()
    held(ledger, 1500, text=None)
    held(ledger, 1500, text="the same")
    held(ledger, 1, text="the last one")

    assert waiting(ledger) == ["the same", "the last one"]


def test_only_what_was_held_for_it_within_a_week_is_listed() -> None:
    """Not what was sent or denied, not what is older, not a text that was held for something else alone."""
    ledger = memory_ledger()
    held(ledger, 1, text="old", at=NOON - timedelta(days=7, seconds=1))
    held(ledger, 1, text="sent", action=Action.SEND)
    held(ledger, 1, text="denied", action=Action.DENY)
    held(ledger, 1, text="in time", at=NOON - timedelta(days=6))

    assert waiting(ledger) == ["in time"]


def test_a_text_held_for_another_reason_alone_is_not_listed() -> None:
    """It needs no person: it is approved, or was never asked about."""
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        asked = Candidate(user_id="u", purpose="delivery_update", channel="chat", message=Message(text="capped"))
        made = replace(ruling("d", at=NOON, action=Action.HOLD), verdicts={"awaiting_approval": "pass"})
        transaction.add_decision(asked, Context(), made)

    assert waiting(ledger) == []


def test_a_list_has_at_most_a_thousand_and_the_next_come_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oldest first; what is approved makes room."""
    monkeypatch.setattr(awaiting, "MOST", 3)
    monkeypatch.setattr(awaiting, "AT_ONCE", 2)
    ledger = memory_ledger()
    held(ledger, 6, text="text {}")
    listed = []
    with Served(app_of(ledger)) as api:
        for text in ("text 0", "text 2", "another"):
            listed.append([one["text"][-1] for one in api.get("/v1/approvals").json()["texts"]])
            api.post("/v1/approvals", {"text": text})

    assert listed == [["0", "1", "2"], ["1", "2", "3"], ["1", "3", "4"]]


def test_listing_reads_no_more_than_the_texts_that_wait() -> None:
    """Thousands of holds of templates cost it nothing; hundreds of holds of texts little."""
    ledger = memory_ledger()
    held(ledger, 3000, text=None)
    held(ledger, 300, text="the same")
    with ledger.transaction() as transaction:
        start = process_time()
        awaiting.texts(transaction, NOON)
        spent = process_time() - start

    assert spent < 0.1
