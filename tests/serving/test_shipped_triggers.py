"""The shipped triggers: every template has one, each proves its purpose, and none is asked unless switched on."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from serving.events.catalogue import TYPES
from serving.fakes import FakeScorer
from serving.policy.purposes import SERVICES
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.settings import Settings, load_settings
from tests.occasions import mostly
from tests.serving.served import Served, Watch, app_of, consent, event

POLICY = load_policy()
SHIPPED = load_triggers(None, POLICY.templates)
TRIGGERS = [tally.trigger for tally in SHIPPED.tallies()]


@pytest.fixture
def switched_on() -> Iterator[Served]:
    """Serve an API that asks the shipped triggers."""
    with Served(app_of(clock=Watch(), settings=Settings(shipped_triggers=True))) as served:
        yield served


def test_every_template_has_a_trigger() -> None:
    """A template that nothing ever says would be words about nothing."""
    assert {trigger.template for trigger in TRIGGERS} == set(POLICY.templates)


def test_all_evidence_has_a_trigger() -> None:
    """What proves a purpose is told by somebody."""
    evidence = {kind for service in SERVICES.values() for kind in service.evidence}
    assert {trigger.on for trigger in TRIGGERS} == evidence


def test_no_shipped_trigger_reads_a_name_of_nobodys() -> None:
    """All names are the catalogue's: there is nothing to note."""
    assert SHIPPED.notes == ()


def test_every_type_that_is_triggered_is_in_the_catalogue() -> None:
    """And so has a schema."""
    assert {trigger.on for trigger in TRIGGERS} <= set(TYPES)


def test_nothing_is_asked_unless_somebody_switched_it_on() -> None:
    """A decision that nobody reads would count as told, and keep the one that was asked for from going out."""
    with Served(app_of(clock=Watch())) as api:
        consent(api, "u-17")
        answer = api.post("/v1/events", event()).json()
        listed = api.get("/v1/triggers").json()

    assert (answer["decisions"], listed) == ([], {"triggers": []})


def test_a_late_parcel_is_told_in_the_answer(switched_on: Served) -> None:
    """Switched on, the event itself brings the message, by the trigger of the contract's example."""
    consent(switched_on, "u-17")
    (decision,) = switched_on.post("/v1/events", event()).json()["decisions"]

    assert (decision["matched"], decision["purpose"], decision["channel"], decision["user"]) == (
        "parcel_delayed",
        "delivery_update",
        "chat",
        {"id": "u-17"},
    )


def test_what_came_of_each_can_be_asked(switched_on: Served) -> None:
    """Matched, not matched, and failed for want of a name: counted per trigger."""
    late, early, silent = event(1), event(2), event(3)
    early["data"]["delay_hours"] = 2
    del silent["data"]["delay_hours"]
    switched_on.post("/v1/events", [late, early, silent])
    rows = {row["id"]: row for row in switched_on.get("/v1/triggers").json()["triggers"]}
    row = rows["parcel_delayed"]

    assert (row["matched"], row["unmatched"], row["failed"], row["place"].partition(":")[0]) == (
        *(1, 1, 1),
        "shipped/triggers.yaml",
    )


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False)])
def test_the_switch_is_a_setting(text: str, expected: bool) -> None:  # noqa: FBT001  (the value itself)
    """From the environment, as all settings."""
    actual = load_settings(environ={"OUTREACH_SHIPPED_TRIGGERS": text}).shipped_triggers
    assert actual is expected


def test_the_switch_is_one_of_its_own() -> None:
    """Settings that another process is given keep it."""
    assert replace(Settings(), shipped_triggers=True).environment()["OUTREACH_SHIPPED_TRIGGERS"] == "true"


HEARTBEATS = [
    ("page.dwelled", "pricing", 40),
    ("page.dwelled", "pricing", 70),
    ("page.dwelled", "tariffs", 70),
    ("exit.intended", "tariffs", None),
]


def test_once_the_widget_has_spoken_nobody_asks_again() -> None:
    """The first match is a decision; later ones of the session would be holds that nobody can say the end of."""
    shares = mostly("model")
    clock, settings = Watch(), Settings(shipped_triggers=True, shares=shares)
    with Served(app_of(clock=clock, settings=settings, scorer=FakeScorer(cutoff=0.004, shares=shares))) as api:
        told = {"timezone": "Europe/Paris", "consent": {"widget": True}}
        assert api.call("PUT", "/v1/users/u-17/preferences", json=told).status_code == 200
        seen = [
            happens(api, clock, "page.viewed", page) for page in ("home", "tariffs", "tariffs", "tariffs", "pricing")
        ]
        seen += [happens(api, clock, kind, page, seconds) for kind, page, seconds in HEARTBEATS]

    assert seen == [*[[]] * 5, [("pricing_help", "send")], [], [], []]


def happens(api: Served, clock: Watch, kind: str, page: str, seconds: float | None = None) -> list[tuple[str, str]]:
    """Let something happen in the one session, 65 seconds after the last; return what was decided."""
    clock.turn(seconds=65)
    data = {"session": "s-1", "page": page} | ({} if seconds is None else {"seconds": seconds})
    body = event(clock.at.isoformat(), at=clock.at, type=kind, data=data)
    decisions = api.post("/v1/events", body).json()["decisions"]
    return [(one["matched"], one["action"]) for one in decisions]
