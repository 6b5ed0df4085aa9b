"""Lines of JSON: every line one object, a line for each decision, and nothing in them that was sent."""

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from serving.metrics import logs
from tests.serving.served import Served, app_of, candidate, consent, event

CANARY = "canary7391"
NAMES = ("serving", "serving.decisions", *logs.UVICORN)
Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Have this process write JSON; return what reads the lines. All loggers are restored."""
    root, own = logging.getLogger(), [logging.getLogger(name) for name in NAMES]
    before = root.handlers[:], root.level, [(one, one.level, one.propagate, one.handlers[:]) for one in own]
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.write_as("json")
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.captureWarnings(capture=False)
    root.handlers[:], level, states = before[0], before[1], before[2]
    root.setLevel(level)
    for logger, level_, propagate, handlers in states:
        logger.setLevel(level_)
        logger.propagate, logger.handlers[:] = propagate, handlers


def test_every_decision_has_its_line(lines: Read) -> None:
    """Ids of ours, closed words, versions and a time; what was tried or answered again has none."""
    with Served(app_of()) as api:
        api.post("/v1/events", event())
        consent(api, "u-17")
        sent = api.post("/v1/decisions", candidate()).json()
        denied = api.post("/v1/decisions", candidate(purpose=CANARY)).json()
        api.post("/v1/decisions?dry_run=true", candidate())
    found = [line for line in lines() if line["logger"] == "serving.decisions"]
    assert [(line["decision_id"], line["action"], line["purpose"], line["channel"]) for line in found] == [
        (sent["decision_id"], "send", "delivery_update", "chat"),
        (denied["decision_id"], "deny", "unknown", "chat"),
    ]
    assert found[1]["reasons"] == [reason["code"] for reason in denied["reasons"]]
    assert all(line["milliseconds"] >= 0 and line["model_version"] == "fake" for line in found)
    assert list(found[0])[:5] == list(logs.OWN)


def test_nothing_that_was_sent_is_in_a_line(lines: Read) -> None:
    """Ids, texts, words, attributes: of a decision only what is ours."""
    with Served(app_of()) as api:
        api.post("/v1/events", event(CANARY, user=CANARY))
        user = {"id": CANARY, "timezone": "Europe/Paris", "attributes": {CANARY: CANARY}}
        for more in ({"purpose": CANARY}, {"message": {"text": CANARY, "next_step": CANARY}}, {"user": user}):
            api.post("/v1/decisions", candidate(CANARY) | more)
        api.get(f"/{CANARY}")
    assert len(lines()) == 3
    assert CANARY not in json.dumps(lines())


def test_whatever_speaks_is_one_line_of_json(lines: Read) -> None:
    """Ours, uvicorn's and Python's own warnings; of an error its type and places, not its words."""
    logging.getLogger("serving.somewhere").warning("two\nlines of `%s`", "words")
    logging.getLogger("uvicorn.error").info("started")
    try:
        float(CANARY)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("mind this", stacklevel=1)
    ours, uvicorn, failed, warned = lines()
    assert (ours["level"], ours["logger"], ours["message"]) == (
        "warning",
        "serving.somewhere",
        "two\nlines of `words`",
    )
    assert (uvicorn["level"], uvicorn["message"], failed["error"]) == ("info", "started", "ValueError")
    assert CANARY not in json.dumps(failed)
    assert (warned["logger"], "mind this" in warned["message"]) == ("py.warnings", True)


SPEAKS = """
import logging
from serving.metrics import logs
logs.write_as("text", worker={worker})
logging.getLogger("uvicorn.error").info("Started server process")
logging.getLogger("elsewhere").info("chatter")
logging.getLogger("serving.server.server").info("listening")
logging.getLogger("serving.server.server").warning("mind this")
logging.getLogger("uvicorn.error").error("it failed")
print(logs.tells_decisions())
"""


@pytest.mark.parametrize("worker", [False, True])
def test_text_is_our_own_news_and_what_went_wrong(worker: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    """Good news of ours, warnings and errors of everybody, of a worker with its number; no lines for decisions."""
    command = [sys.executable, "-c", SPEAKS.format(worker=worker)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        told, said = process.communicate()
    who = f"worker {process.pid}: " if worker else ""
    assert (told, said.splitlines()) == ("False\n", [f"{who}{one}" for one in ("listening", "mind this", "it failed")])
