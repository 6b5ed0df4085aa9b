"""A tightened limit counts from the next decision on, whichever way that is asked for."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from model.contracts import Outcome, OutcomeKind
from model.errors import Unavailable
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.policy.policy import Policy
from serving.policy.tightening import Tightening
from serving.policy_files.templates import load_policy
from serving.ports import Ledger
from tests.serving.console.signing_in import signed_in
from tests.serving.routes.confirming import confirm, decided, said, sent
from tests.serving.served import NOON, Served, Watch, app_of, candidate, consent, event, memory_ledger

Tighten = Callable[[str], None]


@pytest.fixture
def ledger() -> Ledger:
    """The ledger behind the API."""
    return memory_ledger()


@pytest.fixture
def api(clock: Watch, ledger: Ledger) -> Iterator[Served]:
    """An API on this ledger."""
    with Served(app_of(ledger, clock=clock)) as served:
        yield served


@pytest.fixture
def tighten(ledger: Ledger) -> Tighten:
    """What records a row, as any process does that has the ledger."""

    def tighten(limits: str) -> None:
        with ledger.transaction() as transaction:
            transaction.add_tightening(Tightening(at=NOON, by="Ann (key-1)", why="calm", limits=limits))

    return tighten


def under(limits: dict[str, int]) -> Policy:
    """Return the shipped policy as a configuration with these limits has it."""
    return load_policy(None, limits)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("{}", ("send",)),
        ('{"contacts_24h": 0}', ("hold", "frequency_cap")),
        ('{"switched_off": ["delivery_update"]}', ("deny", "purpose_switched_off")),
        ('{"contacts_24h": 99}', ("send",)),
        ("damaged", ("send",)),
    ],
    ids=["the configuration", "a cap", "a purpose", "looser", "damaged"],
)
def test_the_next_decision_knows_it(api: Served, tighten: Tighten, limits: str, expected: tuple[str, ...]) -> None:
    """Without a restart and without a wait, and nothing in it loosens anything."""
    consent(api, "u-17")
    tighten(limits)
    actual = said(decided(api))
    assert actual == expected


def test_the_decision_says_under_which_limits_it_was_made(api: Served, tighten: Tighten) -> None:
    """Its `policy_version` is that of a configuration with the same limits; and back again."""
    versions = [decided(api, 1, user="a")["policy_version"]]
    for number, limits in enumerate(('{"contacts_7d": 3}', "{}"), start=2):
        tighten(limits)
        versions.append(decided(api, number, user=f"u-{number}")["policy_version"])
    assert versions == [under({}).version, under({"contacts_7d": 3}).version, under({}).version]


def test_a_dry_run_and_a_batch_know_it(api: Served, tighten: Tighten) -> None:
    """Whatever asks, the same limits answer."""
    consent(api, "u-17")
    api.post("/v1/events", event(1))
    tighten('{"switched_off": ["delivery_update"]}')
    trial = api.post("/v1/decisions?dry_run=true", candidate(1)).json()
    [several] = api.post("/v1/decisions/batch", [candidate(1)]).json()
    actual = (said(trial), said(several))
    assert actual == (("deny", "purpose_switched_off"),) * 2


def test_a_confirmation_knows_it(api: Served, clock: Watch, tighten: Tighten) -> None:
    """What was to be sent is cancelled, with the limit that was tightened meanwhile."""
    identity = sent(api)
    clock.turn(minutes=20)
    tighten('{"channels_off": ["chat"]}')
    actual = said(confirm(api, identity))
    assert actual == ("cancel", "channel_not_allowed")


def test_an_explanation_is_worked_out_under_it(api: Served, tighten: Tighten) -> None:
    """The policy at hand is the one in force, and is named where it is another than the decision's."""
    identity = sent(api)
    tighten('{"contacts_7d": 3}')
    explanation = api.get(f"/v1/decisions/{identity}").json()["explanation"]
    actual = (explanation["policy_version"], explanation["note"].count("another one"))
    assert actual == (under({"contacts_7d": 3}).version, 1)


def test_the_embargo_after_a_complaint_is_as_long_as_the_cooling_off(
    api: Served, ledger: Ledger, tighten: Tighten
) -> None:
    """Marketing waits as long as service does."""
    with ledger.transaction() as transaction:
        complaint = Outcome(kind=OutcomeKind.COMPLAINED, time=NOON, user_id="u-17")
        transaction.add_outcome(complaint, recorded_at=NOON)
    tighten('{"cooling_off_days": 60}')
    actual = api.get("/v1/users/u-17/embargo").json()
    assert actual == {"until": (NOON + timedelta(days=60)).isoformat().replace("+00:00", "Z"), "because": "cooling_off"}


def test_a_customer_is_shown_by_it(api: Served, tighten: Tighten) -> None:
    """How much of a cap is used says the cap in force: to programs and on the console's page."""
    sent(api)
    tighten('{"contacts_24h": 1}')
    told = api.get("/v1/users/u-17").json()["contacts"]["last_24_hours"]
    page = signed_in(api, "read").get("/console/customers/u-17").text
    assert (told, page.count("1 of at most 1<")) == ({"used": 1, "limit": 1}, 2)


def test_the_page_of_a_decision_is_worked_out_under_it(api: Served, tighten: Tighten) -> None:
    """What the console gives to keep is what the API answers."""
    identity = sent(api)
    tighten('{"contacts_7d": 3}')
    record = signed_in(api, "read").get(f"/console/decisions/{identity}/record.json").json()
    assert record == api.get(f"/v1/decisions/{identity}").json()


def test_where_the_limits_cannot_be_read_nothing_is_sent(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger that does not say what was tightened does not take a decision either: 503, and none recorded."""
    consent(api, "u-17")
    api.post("/v1/events", event(1))

    def away(*_: object, **__: object) -> None:
        raise Unavailable("the disk is gone")

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTransaction, "tightenings", away)
        answer = api.post("/v1/decisions", candidate(1))
    actual = (answer.status_code, api.get("/v1/decisions").json()["decisions"])
    assert actual == (503, [])
