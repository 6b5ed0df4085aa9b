"""What docs/adapters.md says that becomes of what Chatwoot says, compared with what does."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from serving.adapters.chatwoot import said_in
from serving.adapters.platform import Delivery
from tests.needs import ROOT
from tests.serving.adapters.chatwoot_bodies import SECONDS, contact, message, talk, turned, visit
from tests.serving.served import NOON

ANONYMOUS: Mapping[str, Any] = {"proved": False, "who": {"id": 41, "identifier": None}}
OPEN = talk(**ANONYMOUS)
RESOLVED = talk(status="resolved", **ANONYMOUS)
EXAMPLES: Mapping[str, list[Any]] = {
    "`webwidget_triggered`": [visit()],
    "`webwidget_triggered`, with an open conversation": [visit(current_conversation=OPEN)],
    "`webwidget_triggered`, with a resolved conversation": [visit(current_conversation=RESOLVED)],
    "`message_created`, incoming": [message(conversation=OPEN)],
    "`message_created`, incoming in a resolved conversation": [message(conversation=RESOLVED)],
    "`message_created`, an agent's in an open conversation": [
        message(message_type="outgoing", sender={"id": 1, "type": "user"}, conversation=OPEN)
    ],
    "`message_created`, any other: outgoing, private or of a bot": [
        message(message_type="outgoing"),
        message(private=True),
        message(message_type="outgoing", sender={"id": 2, "type": "agent_bot"}),
    ],
    "`conversation_created`": [OPEN | {"event": "conversation_created"}],
    "`conversation_status_changed` to open or pending": [
        OPEN | {"event": "conversation_status_changed", "status": status} for status in ("open", "pending")
    ],
    "`conversation_status_changed` to resolved": [
        RESOLVED | {"event": "conversation_status_changed", "first_reply_created_at": SECONDS}
    ],
    "`conversation_status_changed` to resolved, and nobody ever replied": [
        RESOLVED | {"event": "conversation_status_changed"}
    ],
    "`conversation_status_changed` to snoozed": [turned("snoozed")],
}
PROVED = "any of these that is ours, of a contact who proved who they are"


def rows() -> dict[str, str]:
    """Return the page's table, by what Chatwoot says."""
    section = (ROOT / "docs/adapters.md").read_text().split("\n## Chatwoot\n")[1].split("\n## ")[0]
    table = section.split("| Chatwoot says | becomes |\n|---|---|\n")[1].split("\n\n")[0]
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE))


def kinds(body: Any) -> list[str]:
    """Return the types of what a body says."""
    return [str(one["type"]) for one in said_in(Delivery(body=body, id="d-1", sent_at=NOON, now=NOON))]


def test_every_row_has_an_example() -> None:
    """The table has these rows, and one each for the proof and for the rest."""
    assert rows().keys() == {*EXAMPLES, PROVED, "anything else"}


@pytest.mark.parametrize("said", EXAMPLES)
def test_what_the_page_says_is_what_becomes_of_it(said: str) -> None:
    """Type by type, in this order."""
    expected = re.findall(r"`([^`]+)`", rows()[said])
    assert [kinds(body) for body in EXAMPLES[said]] == [expected] * len(EXAMPLES[said])


def test_what_a_proof_adds() -> None:
    """To each of ours, and to none of theirs."""
    ours = [message(), turned("open"), visit(contact(), current_conversation=talk())]
    assert [kinds(body)[-1] in rows()[PROVED] for body in [*ours, message(private=True)]] == [True, True, True, False]
