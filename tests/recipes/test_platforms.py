"""The recipes of platforms, from their own pages: keys, a signed payload, the relay, one parcel, one message."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.system import now
from tests.docs.pages import block, blocks
from tests.end_to_end.server import Server, free_port
from tests.examples.frame import Platform
from tests.examples.test_chatwoot import Chatwoot
from tests.examples.test_intercom import Api
from tests.examples.test_segment import Tracking
from tests.examples.test_zendesk import Messaging
from tests.plain import PLAIN
from tests.recipes.shell import DOCS, RECIPES, environment, ran, variables
from tests.serving.relay.serving_relays import until

KEYS, CONSENT, EVENT, LOOK = blocks("docs/recipes.md", "sh")
SETTINGS = block("docs/recipes.md", "ini")
SCRIPTS = {
    "chatwoot": blocks("docs/recipes/chatwoot.md", "sh"),
    "intercom": blocks("docs/recipes/intercom.md", "sh"),
    "zendesk": blocks("docs/recipes/zendesk.md", "sh"),
    "segment": blocks("docs/recipes/segment.md", "sh"),
}
RELAYS = {
    "chatwoot": blocks("docs/recipes/chatwoot.md", "ini"),
    "intercom": blocks("docs/recipes/intercom.md", "ini"),
    "zendesk": blocks("docs/recipes/zendesk.md", "ini"),
    "segment": blocks("docs/recipes/segment.md", "ini"),
}
SECRET = "a-secret-that-the-platform-has-too"
ACCEPTED = {"chatwoot": 2, "intercom": 3, "zendesk": 3, "segment": 1}  # events of the page's own payload
PLATFORMS: dict[str, tuple[Callable[[], Platform], dict[str, str]]] = {
    "chatwoot": (Chatwoot, {"CHATWOOT_ACCOUNT": "3", "CHATWOOT_TOKEN": "an-agents-token"}),
    "intercom": (Api, {"INTERCOM_TOKEN": "an-access-token", "INTERCOM_ADMIN": "31"}),
    "zendesk": (
        Messaging,
        {"ZENDESK_APP": "64aa01", "ZENDESK_KEY_ID": "app_key", "ZENDESK_KEY_SECRET": "key-secret"},
    ),
    "segment": (
        Tracking,
        {"SEGMENT_WRITE_KEY": "a-write-key", "SEGMENT_DESTINATION": "Customer.io", "SEGMENT_CHANNELS": "email"},
    ),
}


@dataclass
class Played:
    """What the blocks of a page answered, in order, and what there was on the platform."""

    answers: list[Any]
    first: list[str]
    again: Any
    messages: int
    record: dict[str, Any]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the keys and secrets of the index were made."""
    folder = tmp_path_factory.mktemp("begun")
    ran(KEYS, folder, {"OUTREACH_LEDGER": "sqlite:///outreach.db"})
    return folder


def daylight() -> str:
    """Return a time zone in which it is noon."""
    return f"Etc/GMT{now().astimezone(UTC).hour - 12:+d}"


def settings(name: str, folder: Path, relay: str) -> dict[str, str]:
    """Return what the index and the page put into the API's environment, filled in."""
    shop = (folder / "shop.secret").read_text().strip()
    known = {
        "SEGMENT_SECRET": f"{SECRET} {shop}" if name == "segment" else shop,
        "WEBHOOK_URL": relay,
        "WEBHOOK_SECRET": (folder / "webhook.secret").read_text().strip(),
        "SHIPPED_TRIGGERS": "true",
    }
    assert {f"OUTREACH_{each}" for each in known} == set(variables(SETTINGS))
    assert [set(variables(text)) <= set(variables(SETTINGS)) for text in RELAYS[name][:-1]] in ([], [True])
    more = {"POLICY": "policy"} if name == "segment" else {f"{name.upper()}_SECRET": SECRET}
    return known | more


def relaying(name: str, folder: Path, api: str, platform: str, port: int) -> dict[str, str]:
    """Return the relay's environment as its page has it, filled in."""
    shown = variables(RELAYS[name][-1])
    filled = {
        "OUTREACH_URL": api,
        "OUTREACH_KEY": (folder / "relay.key").read_text().strip(),
        "WEBHOOK_SECRET": (folder / "webhook.secret").read_text().strip(),
        f"{name.upper()}_URL": platform,
        **PLATFORMS[name][1],
    }
    assert set(shown) == set(filled)
    return filled | {"PORT": str(port)}


def played(name: str, folder: Path) -> Played:
    """Do what the page says."""
    with ExitStack() as stack:
        platform = stack.enter_context(PLATFORMS[name][0]())
        port = free_port()
        relay = f"http://127.0.0.1:{port}"
        shutil.copytree(RECIPES / "segment" / "policy", folder / "policy")
        api = stack.enter_context(Server(folder / "outreach.db", more=settings(name, folder, relay), cwd=folder))
        program = [sys.executable, str(DOCS / "examples" / f"{name}.py")]
        given = environment(folder, relaying(name, folder, api.url, platform.url, port))
        process = stack.enter_context(subprocess.Popen(program, cwd=folder, env=given))
        stack.callback(process.kill)
        until(lambda: answers(relay))
        more = {
            "API": api.url,
            "KEY": (folder / "shop.key").read_text().strip(),
            "SHOP_SECRET": (folder / "shop.secret").read_text().strip(),
            "ZONE": daylight(),
            "OUTREACH_WEBHOOK_URL": relay,
            "SEGMENT_SECRET": SECRET,
            f"OUTREACH_{name.upper()}_SECRET": SECRET,
        }
        said = [ran(script, folder, more) for script in SCRIPTS[name]]
        first = [ran(script, folder, more) for script in (CONSENT, EVENT)]
        until(lambda: reported(ran(LOOK, folder, more)))
        again = json.loads(ran(EVENT, folder, more))
        (record,) = json.loads(ran(LOOK, folder, more))["decisions"]
        assert platform.wrong == []
        return Played(said, first, again, len(platform.messages), record)


def answers(url: str) -> bool:
    """Whether somebody listens."""
    try:
        return httpx.get(url, trust_env=False, verify=PLAIN).status_code == 200
    except httpx.ConnectError:
        return False


def reported(listed: str) -> bool:
    """Whether the newest decision has an outcome."""
    return any(one.get("outcomes") for one in json.loads(listed)["decisions"])


@pytest.fixture(scope="module", params=PLATFORMS)
def recipe(request: pytest.FixtureRequest, begun: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Played]:
    """One platform's page, played once."""
    folder = tmp_path_factory.mktemp(request.param)
    shutil.copytree(begun, folder, dirs_exist_ok=True)
    return request.param, played(request.param, folder)


def test_the_pages_own_payload_is_taken(recipe: tuple[str, Played]) -> None:
    """Signed by the page's own lines: as many events as it says."""
    name, play = recipe
    said = next(json.loads(text) for text in play.answers if text.startswith("{"))
    assert (said["accepted"], said["rejected"]) == (ACCEPTED[name], [])


def test_the_page_says_how_many_events(recipe: tuple[str, Played]) -> None:
    """And the relay's line says that it runs."""
    name, play = recipe
    text = (RECIPES / f"{name}.md").read_text("utf-8")
    actual = (f'"accepted":{ACCEPTED[name]}' in text, play.answers[-1])
    assert actual == (True, "200\n")


def test_one_parcel_is_one_message(recipe: tuple[str, Played]) -> None:
    """It is sent, it is there, it is reported; the same event again changes nothing."""
    _, play = recipe
    outcomes = [one["kind"] for one in play.record["outcomes"]]
    actual = (play.record["action"], outcomes, play.messages, play.again["accepted"], play.again["duplicates"])
    assert actual == ("send", ["delivered"], 1, 0, 1)
