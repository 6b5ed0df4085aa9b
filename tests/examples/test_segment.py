"""What Segment's HTTP Tracking API takes, and that one call at most is kept of each message."""

import base64
import runpy
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.examples.frame import CASES, PATIENCE, Asked, Case, Fault, Platform, Reply, Stage, played

EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "examples" / "segment.py"))
KEY = "a-write-key"


class Tracking(Platform):
    """`POST /v1/track`, by HTTP basic authentication; a `messageId` that was there is dropped, and answered alike."""

    def answer(self, asked: Asked) -> Reply:
        """Take a call as it is documented."""
        assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
        assert asked.headers["content-type"] == "application/json"
        assert len(asked.body) <= 32 * 1024
        call = asked.json()
        assert set(call) == {"userId", "event", "messageId", "timestamp", "properties", "integrations"}
        assert len(call["messageId"]) < 100
        assert datetime.fromisoformat(call["timestamp"]).tzinfo is not None
        if call["messageId"] not in {known["messageId"] for known in self.messages}:
            self.messages.append(call)
        return Reply(200, {"success": True})

    def posts(self, asked: Asked) -> bool:
        """Whether it tracks."""
        return (asked.method, asked.path) == ("POST", "/v1/track")


def staged(stack: ExitStack, folder: Path, *, late: timedelta = timedelta()) -> tuple[Tracking, Stage]:
    """Return the platform and the stage; `late`: by how much the messenger's clock is ahead."""
    platform = stack.enter_context(Tracking())
    http = stack.enter_context(httpx.Client(base_url=platform.url, auth=(KEY, ""), timeout=PATIENCE, trust_env=False))
    stages: list[Stage] = []
    messenger = EXAMPLE["Segment"](http, "Customer.io", frozenset(["email"]), lambda: stages[0].clock() + late)
    stages.append(stack.enter_context(Stage(messenger, folder)))
    return platform, stages[0]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whatever_happens_there_is_one_call(case: Case, tmp_path: Path) -> None:
    """A try of which nobody knows is made again under the same id, and dropped if it was there."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, case, channel="email")
    assert actual == case.expected


@pytest.mark.parametrize("fault", [Fault.SILENT_AFTER, Fault.CUT, Fault.FAILS_AFTER])
def test_what_segment_may_have_forgotten_is_not_tried_again(fault: Fault, tmp_path: Path) -> None:
    """After a day a second call might be a second message: it counts as told."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path, late=timedelta(hours=24))
        actual = played(stage, platform, Case((fault,), 0, None), channel="email")
        asked = len(platform.asked)
    assert (actual[1], asked) == (["delivered"], 1)


@pytest.mark.parametrize("after", [(Fault.BUSY,) * 200, (Fault.REFUSES,)], ids=["busy to the end", "refuses"])
def test_what_may_be_there_already_counts_as_told(after: tuple[Fault, ...], tmp_path: Path) -> None:
    """A try that was processed and not answered, then one after another that certainly was not."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        actual = played(stage, platform, Case((Fault.FAILS_AFTER, *after), 1, None), channel="email")
    assert actual == (1, ["delivered"])


def test_what_is_to_be_repeated_too_late_is_not(tmp_path: Path) -> None:
    """A platform that is busy for a day after the first try: Segment may have forgotten that one."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        platform.faults = [Fault.FAILS_AFTER, Fault.BUSY]
        decision_id = stage.offer(channel="email")
        stage.work(timedelta(seconds=80))
        young, asked = stage.messenger.clock, len(platform.asked)  # type: ignore[attr-defined]  # the example's
        object.__setattr__(stage.messenger, "clock", lambda: young() + timedelta(days=1))
        stage.work()
        actual = (asked, len(platform.asked), stage.outcomes(decision_id))
    assert actual == (2, 2, ["delivered"])


def test_nobody_but_the_destination_hears_of_it(tmp_path: Path) -> None:
    """The text goes to no other destination, and the call says whose it is and which decision it was."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        decision_id = stage.offer(channel="email")
        stage.work()
        (call,) = platform.messages
    told: Any = call["properties"]
    actual = (call["userId"], call["messageId"], call["integrations"], told["decision_id"], "EUR 1" in told["text"])
    assert actual == ("u-17", decision_id, {"All": False, "Customer.io": True}, decision_id, True)


def test_other_channels_are_left_to_others(tmp_path: Path) -> None:
    """It is acknowledged; nothing is sent, and nothing is reported."""
    with ExitStack() as stack:
        platform, stage = staged(stack, tmp_path)
        decision_id = stage.offer(channel="chat")
        stage.work()
        actual = (platform.asked, stage.outcomes(decision_id))
    assert actual == ([], [])
