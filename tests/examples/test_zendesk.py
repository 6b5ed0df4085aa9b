"""What the Sunshine Conversations API takes, version 2, and that one message at most is in it."""

import base64
import runpy
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.relay.messenger import Offer, Posted
from tests.examples.frame import CASES, PATIENCE, Asked, Case, Fault, Platform, Reply, Stage, played

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "zendesk.py"))
KEY, APP = ("app_key", "key-secret"), "64aa01"
OLD, NEW = "64aa0c01", "64aa0c02"


class Messaging(Platform):
    """Conversations of `u-17`, and of a visitor whom only Zendesk knows; a hundred messages are a page."""

    def __init__(self) -> None:
        super().__init__()
        self.talks = {OLD: "2026-11-01T00:00:00.000Z", NEW: "2026-11-20T00:00:00.000Z"}
        self.said: dict[str, list[dict[str, Any]]] = {OLD: [], NEW: []}
        self.clients = {OLD: [["sdk"]], NEW: [["sdk"]]}  # of each participant, the kinds of their clients
        self.listed = 200
        self.more = False

    def answer(self, asked: Asked) -> Reply:
        """Take what is documented, and nothing else."""
        assert asked.headers["authorization"] == "Basic " + base64.b64encode(":".join(KEY).encode()).decode()
        parts = asked.path.removeprefix(f"/v2/apps/{APP}/").split("/")
        assert parts[0] == "conversations"
        if len(parts) == 1:
            return self._conversations(asked)
        if parts[2:] == ["participants"]:
            return self._participants(parts[1], asked)
        assert parts[2:] == ["messages"]
        return self._post(parts[1], asked) if asked.method == "POST" else self._page(parts[1], asked)

    def posts(self, asked: Asked) -> bool:
        """Whether it is "Post Message"."""
        return asked.method == "POST" and asked.path.endswith("/messages")

    def _conversations(self, asked: Asked) -> Reply:
        """Answer "List Conversations": one of the two filters is required, and not both."""
        who = {name: text for name, text in asked.query.items() if name != "page[size]"}
        assert asked.method == "GET"
        if self.listed != 200:
            return Reply(self.listed, {"errors": [{"code": "not_this_time"}]}, {"Retry-After": "7"})
        if who not in ({"filter[userExternalId]": "u-17"}, {"filter[userId]": "64aa0f"}):
            return Reply(404, {"errors": [{"code": "user_not_found"}]})
        found = [{"id": talk, "type": "personal", "lastUpdatedAt": at} for talk, at in self.talks.items()]
        return Reply(200, {"conversations": found, "meta": {"hasMore": self.more}})

    def _participants(self, talk: str, asked: Asked) -> Reply:
        """Answer "List Participants": the clients that are active in it, the most recent first."""
        assert (asked.method, asked.query) == ("GET", {})
        ways = [[{"type": kind, "clientId": f"64aa0e{kind}"} for kind in kinds] for kinds in self.clients[talk]]
        people = [{"id": f"p-{at}", "userId": f"u-{at}", "clientAssociations": way} for at, way in enumerate(ways)]
        return Reply(200, {"participants": people, "meta": {"hasMore": False}})

    def _post(self, talk: str, asked: Asked) -> Reply:
        """Answer "Post Message": author and content are required, metadata is flat."""
        assert asked.headers["content-type"] == "application/json"
        message = asked.json()
        assert set(message) == {"author", "content", "metadata"}
        assert (message["author"], message["content"]["type"]) == ({"type": "business"}, "text")
        assert all(isinstance(value, str | int | float) for value in message["metadata"].values())
        kept = message | {"id": f"64aa0d{len(self.messages)}", "received": "2026-11-20T12:00:00.000Z"}
        self.messages.append(kept)
        self.said[talk].append(kept)
        return Reply(201, {"messages": [kept]})

    def _page(self, talk: str, asked: Asked) -> Reply:
        """Answer "List Messages": the newest page, or the one before a cursor."""
        assert asked.query.keys() <= {"page[before]"}
        end = int(asked.query.get("page[before]", len(self.said[talk])))
        start = max(0, end - 100)
        meta: dict[str, Any] = {"hasMore": start > 0} | ({"beforeCursor": str(start)} if start else {})
        return Reply(200, {"messages": self.said[talk][start:end], "meta": meta})


def staged(stack: ExitStack, folder: Path) -> tuple[Messaging, Stage]:
    """Return the platform and the stage."""
    platform = stack.enter_context(Messaging())
    url = f"{platform.url}/v2/apps/{APP}/"
    http = stack.enter_context(httpx.Client(base_url=url, auth=KEY, timeout=PATIENCE, trust_env=False))
    return platform, stack.enter_context(Stage(EXAMPLE["Zendesk"](http), folder))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whatever_happens_there_is_one_message(case: Case, tmp_path: Path) -> None:
    """One of which nobody knows is found by its mark, or tried again."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, case)
    assert actual == case.expected


def test_it_is_said_in_the_newest_conversation(tmp_path: Path) -> None:
    """In our words, with the decision's id."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        decision_id = stage.offer()
        stage.work()
        (said,) = platform.said[NEW]
    assert (platform.wrong, platform.said[OLD]) == ([], [])
    assert (said["metadata"], "EUR 1" in said["content"]["text"]) == ({"outreach_decision": decision_id}, True)


@pytest.mark.parametrize(
    ("clients", "place"),
    [
        ([["whatsapp"]], OLD),
        ([["twilio"]], OLD),
        ([["mailgun"]], OLD),
        ([["sdk", "whatsapp"]], OLD),  # Zendesk may deliver it by either
        ([["web"]], NEW),
        ([["sdk"], ["sdk"]], OLD),  # somebody else reads along
        ([[]], OLD),
        ([], OLD),
    ],
    ids=str,
)
def test_a_chat_is_said_in_no_other_channel(clients: list[list[str]], place: str, tmp_path: Path) -> None:
    """Consent is per channel: the newest conversation is passed over where it is WhatsApp, SMS or e-mail."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.clients[NEW] = clients
        actual = played(stage, platform, Case((), 1, "delivered"))
        where = [talk for talk, said in platform.said.items() if said]
    assert (actual, where) == ((1, ["delivered"]), [place])


def test_who_has_other_channels_alone_is_not_told(tmp_path: Path) -> None:
    """They consented to none of them."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.clients = {OLD: [["whatsapp"]], NEW: [["messagebird"]]}
        actual = played(stage, platform, Case((), 0, None))
    assert actual == (0, ["not_delivered"])


def test_a_visitor_is_found_by_zendesks_own_id(tmp_path: Path) -> None:
    """As the adapter calls them."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, Case((), 1, "delivered"), user="zendesk:user:64aa0f")
    assert actual == (1, ["delivered"])


@pytest.mark.parametrize("user", ["u-18", "zendesk:user:64aa00"])
def test_who_has_no_conversation_there_is_not_told(user: str, tmp_path: Path) -> None:
    """Nothing is begun with somebody who did not begin it."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, Case((), 0, None), user=user)
    assert actual == (0, ["not_delivered"])


def test_who_has_none_any_more_is_not_told(tmp_path: Path) -> None:
    """Zendesk knows them, and lists nothing."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.talks = {}
        actual = played(stage, platform, Case((), 0, None))
    assert actual == (0, ["not_delivered"])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_where_they_cannot_be_looked_up_nothing_was_posted(status: int, tmp_path: Path) -> None:
    """So it is tried again, and not looked for: a key that ended is mended, and the message goes."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.listed = status
        decision_id = stage.offer()
        stage.relay.step()
        asked = [(one.method, one.path.rpartition("/")[2]) for one in platform.asked]
        platform.listed = 200
        stage.work()
        looked = [one for one in platform.asked if one.method == "GET" and one.path.endswith("/messages")]
        actual = stage.outcomes(decision_id)
    assert (asked, looked, actual) == ([("GET", "conversations")], [], ["delivered"])


def test_who_looked_for_too_long_says_nothing(tmp_path: Path) -> None:
    """The confirmation is too old by the time the conversation is found."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        real = stage.messenger.post
        late: list[Offer] = []

        def post(offer: Offer) -> Posted:
            late.append(offer)
            return real(replace(offer, late=lambda: len(late) < 3))

        object.__setattr__(stage.messenger, "post", post)
        decision_id = stage.offer()
        stage.work()
        actual = (len(late), len(platform.messages), stage.outcomes(decision_id))
    assert actual == (3, 1, ["delivered"])


def crowded(platform: Messaging, talk: str, count: int, **more: Any) -> None:
    """Let there be so many more messages."""
    platform.said[talk] += [{"id": f"m-{number}", "metadata": None} | more for number in range(count)]


@pytest.mark.parametrize(("after", "moved"), [(0, True), (99, False), (100, False), (250, False), (250, True)])
def test_it_is_found_wherever_it_is(after: int, moved: bool, tmp_path: Path) -> None:  # noqa: FBT001  (what happened)
    """Behind other messages, and where another conversation is the newest by now."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.faults = [Fault.CUT_AFTER]
        decision_id = stage.offer()
        stage.relay.step()
        crowded(platform, NEW, after)
        platform.talks[OLD] = "2026-11-21T00:00:00.000Z" if moved else platform.talks[OLD]
        stage.work()
        actual = (len(platform.messages), stage.outcomes(decision_id), platform.wrong)
    assert actual == (1, ["delivered"], [])


@pytest.mark.parametrize("what", ["deleted", "too many messages", "too many conversations"])
def test_where_nobody_can_say_it_is_not_said_again(what: str, tmp_path: Path) -> None:
    """A message that was deleted may have been this one; so may one that is not looked at."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.faults = [Fault.CUT]
        crowded(platform, OLD, 2001 if what == "too many messages" else 1, deleted=what == "deleted")
        platform.more = what == "too many conversations"
        decision_id = stage.offer()
        stage.work()
        actual = (platform.messages, stage.outcomes(decision_id), platform.wrong)
    assert actual == ([], ["delivered"], [])


def test_other_channels_are_left_to_others(tmp_path: Path) -> None:
    """It is acknowledged; nothing is sent, and nothing is reported."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        decision_id = stage.offer(channel="email")
        stage.work()
        actual = (platform.asked, stage.outcomes(decision_id))
    assert actual == ([], [])
