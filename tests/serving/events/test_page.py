"""docs/events.md: its policy is a policy, its settings are settings, its calls are good requests."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any

import pytest

from serving.fakes import FakeScorer
from serving.policy.limits import Limits
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.settings import load_settings
from tests.copied import in_memory
from tests.docs.pages import block, blocks
from tests.serving.kinds.shop import SHARES, Shop
from tests.serving.served import EVERYTHING, NOON, Served, Watch, app_of, with_keys

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text("utf-8")
SECRET = "whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ=="
LATE: dict[str, Any] = {"parcel": "A-7", "new_eta": "Friday", "delay_hours": 26}


def requests() -> Iterator[tuple[str, str, Any]]:
    """Return method, path and body of each command of the page about approvals."""
    for each in blocks("docs/events.md", "sh"):
        for command in each.splitlines():
            words = shlex.split(Template(command).substitute(KEY=EVERYTHING, API=""))
            body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
            yield ("POST" if "-X" in words else "GET"), words[-1], body


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A company that copied the page's files; nothing is approved yet."""
    monkeypatch.chdir(tmp_path)
    Path("policy").mkdir()
    Path("policy/parcels.yaml").write_text(block("docs/events.md", "yaml"))
    Path("outreach.toml").write_text(block("docs/events.md", "toml").replace("whsec_…", SECRET))
    settings = replace(load_settings(Path("outreach.toml"), environ={}), shares=SHARES)
    clock = Watch()
    ledger = with_keys(in_memory(now=NOON, salt=b"a fixed salt for tests"), NOON)
    app = app_of(ledger, clock=clock, scorer=FakeScorer(cutoff=0.004, shares=SHARES), settings=settings)
    with Served(app) as api:
        made = Shop(api, clock)
        made.knows("u-1", "u-17")
        yield made


@pytest.mark.usefixtures("company")
def test_the_policy_of_the_page_is_whole() -> None:
    """One template, one trigger, nothing to note; the settings name its folder."""
    settings = load_settings(Path("outreach.toml"), environ={})
    policy = load_policy(settings.policy)
    found = load_triggers(settings.policy, policy.templates)
    actual = ([*policy.templates], [one.trigger.id for one in found.tallies()], found.notes)
    assert actual == (["parcel_late"], ["parcel_late"], ())
    assert (settings.shipped_triggers, settings.webhook_url) == (False, "https://chat.example/hooks/outreach")


def test_the_calls_of_the_page_list_approve_and_release(company: Shop) -> None:
    """In this order: before the approval nothing goes out, and no breaker is open to be released."""
    before = company.happens("shipment.delayed", **LATE)
    (listing, approval, release) = requests()
    listed = company.api.call(listing[0], listing[1]).json()["templates"]
    approved = company.api.call(approval[0], approval[1], json=approval[2])
    released = company.api.call(release[0], release[1], json=release[2])
    after = company.happens("shipment.delayed", **LATE)
    assert [one["template"] for one in listed if one["state"] == "none"] == ["parcel_late"]
    assert (approved.status_code, released.status_code, after) == (200, 404, [("send", [])])
    assert (before[0][0], "template_not_approved" in before[0][1]) == ("deny", True)


def test_what_came_to_nothing_is_not_decided_again_under_its_id(company: Shop) -> None:
    """Once what was missing is there, the same fact under a new id is."""
    first = company.event("shipment.delayed", "u-1", **LATE)
    company.tells(first)
    approval = list(requests())[1]
    company.api.call(approval[0], approval[1], json=approval[2])
    assert (company.tells(first), company.happens("shipment.delayed", **LATE)) == ([], [("send", [])])


def test_the_segment_call_of_the_page_is_taken(company: Shop) -> None:
    """It is an event of the type that its name means, and matches the page's trigger."""
    answer = company.api.post("/v1/events", json.loads(block("docs/events.md", "json"))).json()
    assert (answer["accepted"], [one["matched"] for one in answer["decisions"]]) == (1, ["parcel_late"])


@pytest.mark.parametrize(
    ("kind", "data", "overtaken"),
    [
        ("shipment.scanned", {"parcel": "A-7"}, True),
        ("shipment.scanned", {}, True),
        ("shipment.scanned", {"parcel": "B-1"}, False),
        ("scan.seen", {"parcel": "A-7"}, True),
        ("scan.seen", {"barcode": "A-7"}, False),
        ("page.viewed", {"parcel": "A-7"}, False),
    ],
)
def test_newer_news_about_the_same_thing_supersedes(
    company: Shop, kind: str, data: dict[str, Any], *, overtaken: bool
) -> None:
    """Whatever its type; what names no thing speaks of its whole family, and of no other."""
    approval = list(requests())[1]
    company.api.call(approval[0], approval[1], json=approval[2])
    company.happens(kind, ago=10, **data)
    [(action, codes)] = company.happens("shipment.delayed", ago=600, **LATE)
    assert (action, "fact_superseded" in codes) == (("deny", True) if overtaken else ("send", False))


@pytest.mark.parametrize("lacking", [None, "what", "remind_at", "due_at", "channel"])
def test_a_reminder_carries_what_the_page_says(company: Shop, lacking: str | None) -> None:
    """With all of it it is held until its time; without any one of them it is refused."""
    data: dict[str, Any] = {
        "remind_at": "2026-11-20T15:00:00Z",
        "due_at": "2026-11-20T18:00:00Z",
        "what": "x",
        "channel": "chat",
    }
    company.tells(
        company.event("reminder.requested", "u-1", name="r-1", **{k: v for k, v in data.items() if k != lacking})
    )
    facts = {name: data[name] for name in ("what",) if name != lacking} | {"due": "tonight"}
    body = {
        "user": {"id": "u-1"},
        "purpose": "requested_reminder",
        "channel": "chat",
        "evidence": {"type": "reminder.requested", "id": "r-1"},
        "message": {"template": "requested_reminder", "facts": facts},
    }
    codes = [one["code"] for one in company.api.post("/v1/decisions", body).json()["reasons"]]
    refused = {"what": "facts_missing", "remind_at": "evidence_missing", "due_at": "evidence_missing"}
    wanted = "too_soon" if lacking is None else refused.get(lacking, "channel_not_allowed")
    assert wanted in codes, codes


def test_the_breaker_of_the_page_is_that_of_the_code() -> None:
    """So many within an hour, so many times the usual."""
    words = re.sub(r"\s+", " ", PAGE)
    limits = Limits()
    assert (limits.breaker_volume, limits.breaker_times) == (200, 10)
    assert (
        "A new template stops after 200 sends within an hour (an old one where they are also more than ten times"
        in words
    )
