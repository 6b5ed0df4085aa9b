"""docs/widget.md: its code runs, its tables and words are those of the script."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.access.widgets import visit_of
from serving.routes.script import FILE, script
from serving.routes.visits import verifying
from serving.system import now
from tests.docs.pages import block, blocks

PAGE = (Path(__file__).parents[2] / "docs" / "widget.md").read_text("utf-8")
SCRIPT = FILE.read_text("utf-8")


def test_its_attributes_are_those_that_the_script_reads() -> None:
    """None is left out, and none is invented; `page` of the body aside."""
    told = set(re.findall(r"`data-(\w+)`[,|\s]", PAGE))
    read = set(re.findall(r"\bdataset\.(\w+)", SCRIPT)) - {"outreachPage"}
    assert told == read


@pytest.mark.parametrize("name", re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE))
def test_its_events_are_those_that_the_script_sends(name: str) -> None:
    """Each by its name."""
    assert f'"{name}"' in SCRIPT


def test_it_names_every_event_that_the_script_sends() -> None:
    """None is sent that is not told."""
    sent = set(re.findall(r'happened\("([\w.]+)"', SCRIPT))
    assert sent == set(re.findall(r"^\| `(\w+\.\w+)` \|", PAGE, re.MULTILINE))


def test_its_session_holds() -> None:
    """What its code signs is what the API takes."""
    secret = b"s" * 32
    names: dict[str, Any] = {
        "widget_secret": "whsec_" + base64.b64encode(secret).decode(),
        "customer": "u-17",
    }
    (code,) = blocks("docs/widget.md", "python")
    exec(code, names)  # noqa: S102  (the page's own)
    at = now() + timedelta(minutes=1)
    visit = visit_of(names["token"], key_id="k", origin="https://shop.example", verify=verifying([secret]), now=at)
    assert visit.user == "u-17"


def test_its_tag_and_its_listener_are_those_of_the_script() -> None:
    """The address that serves it, the attribute that it reads, the event that it sends."""
    tag, listener = block("docs/widget.md", "html"), block("docs/widget.md", "js")
    (event,) = re.findall(r'addEventListener\("([\w:]+)"', listener)
    actual = (re.findall(r'/widget\.js" data-key="\w+"', tag) != [], "dataset.key" in SCRIPT, f'"{event}"' in SCRIPT)
    assert actual == (True, True, True)


def test_it_is_as_small_as_it_says() -> None:
    """To the byte."""
    assert ("at most 8,192 bytes" in PAGE, len(script()[0]) <= 8192) == (True, True)
