from typing import Any

from tests.serving.served import Served, candidate, consent, event

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
