"""docs/keys.md: its code runs, its numbers and words are those of the code."""

import base64
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.access.keys import SCOPES
from serving.access.pace import SESSION_PER_SECOND, WIDGET_PER_SECOND
from serving.access.widgets import AHEAD_SECONDS, FAMILIES, KINDS, Visit, visit_of
from serving.routes.cors import PATHS, PREFLIGHT
from serving.routes.visits import WIDGET_BODY, WIDGET_MANY, verifying
from serving.routes.widget import DATA_BYTES
from serving.settings import Settings
from serving.system import now
from tests.docs.pages import blocks

PAGE = (Path(__file__).parents[3] / "docs" / "keys.md").read_text("utf-8")


def test_its_table_names_every_scope_in_order() -> None:
    """No scope is left out, and none is invented."""
    assert tuple(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == SCOPES


@pytest.mark.parametrize(
    "said",
    [
        f"(a setting, {Settings().requests_per_second})",
        f"{SESSION_PER_SECOND} requests a second for one session",
        f"{WIDGET_PER_SECOND} a second for the key",
        f"{WIDGET_BODY // 1024} KiB",
        f"{WIDGET_MANY} elements",
        f"{DATA_BYTES // 1024} KiB of `data`",
        f"at most {AHEAD_SECONDS // 3600} hours ahead",
        f"`{Visit('KEY_ID', '').source}`",
        f"`{Visit('KEY_ID', 'SESSION').recorded}`",
        *(f"`{family}*`" for family in FAMILIES),
        *(f"`{kind}`" for kind in sorted(KINDS)),
        *(f"`POST {path.replace('decision_id', 'id')}`" for path in PATHS),
        *(f"`{name}`" for name in PREFLIGHT["Access-Control-Allow-Headers"].split(", ")),
    ],
)
def test_it_says_what_the_code_does(said: str) -> None:
    """Numbers, names and paths."""
    assert said in PAGE


def test_its_code_signs_a_session() -> None:
    """As a shop's own server would run it."""
    (code,) = blocks("docs/keys.md", "python")
    secret = b"s" * 32
    names: dict[str, Any] = {
        "widget_secret": "whsec_" + base64.b64encode(secret).decode(),
        "customer": "u-17",
    }
    exec(compile(code, "keys.md", "exec"), names)  # noqa: S102  (our own page)
    found = visit_of(
        names["token"],
        key_id="k",
        origin="https://shop.example",
        verify=verifying([secret]),
        now=now() + timedelta(minutes=1),
    )
    assert found == Visit("k", names["session"], "u-17")
