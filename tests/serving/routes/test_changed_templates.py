"""An approval is for a template as it read then: whatever of it changes, somebody has to approve it again."""

from pathlib import Path
from typing import Any

import pytest

from serving.policy_files.templates import load_policy
from serving.settings import Settings
from tests.serving.adapters.webhooks.hooked import file_ledger
from tests.serving.served import Served, app_of, candidate, consent, event

TEMPLATE = {
    "id": "late",
    "purpose": "delivery_update",
    "text": "Parcel {parcel} now comes on {new_eta}. Reply.",
    "facts": "{ parcel: string, new_eta: string }",
    "next_step": "Reply.",
}
CHANGES = {
    "a letter of the text": {"text": "Parcel {parcel} now comes on {new_eta}! Reply."},
    "a blank of the text": {"text": "Parcel  {parcel} now comes on {new_eta}. Reply."},
    "a fact less": {"text": "Parcel {parcel} is late. Reply.", "facts": "{ parcel: string }"},
    "the kind of a fact": {"facts": "{ parcel: string, new_eta: integer }"},
    "the purpose": {"purpose": "appointment_update"},
    "the next step": {"next_step": "Call us."},
}
CODES = {"template_not_approved", "awaiting_approval"}
YES = {"reviewer": "Ann", "agent_would_send": True, "customer_would_thank": True}


def write(folder: Path, **changes: str) -> Settings:
    """Write a policy of one template; return the settings that name it."""
    (folder / "policy").mkdir(exist_ok=True)
    words = "\n    ".join(f"{name}: {value}" for name, value in _quoted({**TEMPLATE, **changes}).items())
    (folder / "policy" / "p.yaml").write_text(f"templates:\n  - {words}\n", encoding="utf-8")
    return Settings(policy=folder / "policy")


def _quoted(template: dict[str, str]) -> dict[str, str]:
    return {name: f'"{value}"' if name in {"text", "next_step"} else value for name, value in template.items()}


def ask(api: Served, template: str = "late", purpose: str = "delivery_update") -> tuple[str, set[str]]:
    """Ask about a late parcel; return the action, and which codes of approval it has."""
    message = {"template": template, "facts": {"parcel": "A-1", "new_eta": "Friday"}}
    answer: dict[str, Any] = api.post("/v1/decisions?dry_run=true", candidate(message=message, purpose=purpose)).json()
    return answer["action"], CODES & {reason["code"] for reason in answer["reasons"]}


def state(api: Served) -> tuple[str, bool]:
    """Return the state of the one template, and whether these words have a review."""
    (found,) = api.get("/v1/approvals").json()["templates"]
    return found["state"], found["review"] is not None


def served(folder: Path, **changes: str) -> Served:
    """Serve the API with this template and the ledger of the folder."""
    return Served(app_of(file_ledger(folder / "l.db"), settings=write(folder, **changes)))


def approve(api: Served, review: dict[str, Any] | None = None) -> None:
    """Approve the template as it reads now."""
    answer = api.post("/v1/approvals", {"template": "late", "review": review})
    assert answer.json()["approved"] is True, answer.text


def test_what_nobody_approved_is_not_sent(tmp_path: Path) -> None:
    """A new template: denied; sent once it is approved."""
    with served(tmp_path) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        before = (ask(api), state(api))
        approve(api)
        after = (ask(api), state(api))
    assert (before, after) == (
        (("deny", {"template_not_approved"}), ("none", False)),
        (("send", set()), ("approved", False)),
    )


@pytest.mark.parametrize("review", [None, YES], ids=["approved", "reviewed"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_is_approved_again(tmp_path: Path, change: str, review: dict[str, Any] | None) -> None:
    """Text, facts, purpose, next step: it awaits approval, and its new words have no review yet."""
    purpose = CHANGES[change].get("purpose", "delivery_update")
    with served(tmp_path) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        approve(api, review)
    with served(tmp_path, **CHANGES[change]) as api:
        changed = (ask(api, purpose=purpose)[1], ask(api, purpose=purpose)[0] == "send", state(api))
        approve(api, review)
        again = (ask(api, purpose=purpose)[1], state(api))
    assert (changed, again) == (
        ({"awaiting_approval"}, False, ("changed", False)),
        (set(), ("approved", review is not None)),
    )


def test_words_that_come_back_are_still_approved(tmp_path: Path) -> None:
    """They are what was read then; a no to their digest takes back nothing else, and they stay withdrawn."""
    with served(tmp_path) as api:
        approve(api)
    with served(tmp_path, text="Parcel {parcel} by {new_eta}. Reply.") as api:
        approve(api)
        digest = api.app.state.api.policy.digests["late"]
        api.post("/v1/approvals", {"digest": digest, "review": YES | {"agent_would_send": False}})
        withdrawn = state(api)
    with served(tmp_path) as api:
        back = state(api)
    with served(tmp_path, text="Parcel {parcel} by {new_eta}. Reply.") as api:
        still = state(api)
    assert (withdrawn, back, still) == (("withdrawn", True), ("approved", False), ("withdrawn", True))


def test_a_no_stops_the_words_that_a_running_server_has(tmp_path: Path) -> None:
    """Somebody reads the file as it stands now and says no: the words that were loaded before it changed go no more."""
    with served(tmp_path) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        approve(api)
        before = ask(api)
        with served(tmp_path, text="Parcel {parcel} by {new_eta}. Reply.") as newer:
            newer.post("/v1/approvals", {"template": "late", "review": YES | {"agent_would_send": False}})
        after = (ask(api), state(api))
    assert (before, after) == (("send", set()), (("deny", {"template_not_approved"}), ("withdrawn", True)))


def test_a_template_that_sells_is_approved_and_never_sent(tmp_path: Path) -> None:
    """The answer says so, by its name and by its digest, and so does the list: its next step is judged with it."""
    found = [{"rule": "price_cut", "code": "promotional_wording", "said": "% off"}]
    with served(tmp_path, next_step="Reply to get 20% off.") as api:
        digest = api.app.state.api.policy.digests["late"]
        answers = [api.post("/v1/approvals", body).json() for body in ({"template": "late"}, {"digest": digest})]
        (listed,) = api.get("/v1/approvals").json()["templates"]
    assert [(one["approved"], one["wording"]) for one in answers] == [(True, found)] * 2
    assert (listed["wording"], listed["state"]) == (found, "approved")


def test_another_name_is_another_template(tmp_path: Path) -> None:
    """Renamed, it was never approved."""
    with served(tmp_path) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        approve(api)
    with served(tmp_path, id="later") as api:
        assert (ask(api, "later"), state(api)) == (("deny", {"template_not_approved"}), ("none", False))


def test_comments_and_order_of_a_file_change_nothing(tmp_path: Path) -> None:
    """What is approved is what the template says, not how its file is written."""
    settings = write(tmp_path)
    before = load_policy(settings.policy).digests
    lines = (tmp_path / "policy" / "p.yaml").read_text("utf-8").splitlines()
    first, *others = [line.strip().removeprefix("- ") for line in lines[1:]]
    text = "\n    ".join([*reversed(others), first])
    (tmp_path / "policy" / "p.yaml").write_text(f"# ours\ntemplates:\n  - {text}\n", encoding="utf-8")
    assert load_policy(settings.policy).digests == before
