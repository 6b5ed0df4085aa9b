"""The page or the chat, exactly: at the same instant, in two workers, whom chance holds out, and what failed."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from model.contracts import Shares
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.loop import happening
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger
from tests.postgres import wiped
from tests.serving.routes.finding import EVENTS, SHIPPED, heard
from tests.serving.routes.visiting import SETTINGS, Page, signed
from tests.serving.served import Served, Watch, app_of, event, with_keys

SALT = b"a fixed salt for tests"
CUSTOMERS = [f"u-{number}" for number in range(8)]


def in_a_file(folder: Path, clock: Watch) -> str:
    """Return the address of a ledger in a file."""
    del clock
    return f"sqlite:///{folder}/ledger.db"


def on_a_server(folder: Path, clock: Watch) -> str:
    """Return the address of a ledger on PostgreSQL."""
    return wiped(folder, salt=SALT, shipped=shipped_digests(), at=clock.at)


LEDGERS: Mapping[str, Callable[[Path, Watch], str]] = {"sqlite": in_a_file, "postgresql": on_a_server}


def opened(url: str, clock: Watch) -> Ledger:
    """Open what another worker has open as well."""
    return open_ledger(url, now=clock.at, salt=SALT, shipped=shipped_digests())


def serving(clock: Watch, ledger: Ledger | None = None, shares: Shares = SETTINGS.shares, **more: Any) -> Served:
    """Serve the shipped triggers to one worker."""
    settings = replace(SETTINGS, shares=shares, **more)
    return Served(app_of(ledger, clock=clock, settings=settings, scorer=FakeScorer(cutoff=0.004, shares=shares)))


def on_a_page(shop: Served, user: str) -> Page:
    """Open a page of a customer's, who may be written to in the chat."""
    shop.call("PUT", f"/v1/users/{user}/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    session = f"s-{user}"
    page = Page(shop, session=session, says=signed(user, session), subject=user)
    page.post(EVENTS, page.event(f"begun-{user}", "session.started"))
    return page


def tick(shop: Served) -> None:
    """Have done what is due."""
    shop._wait(shop.app.state.api.timekeeper.tick())


def offered(shop: Served) -> list[str]:
    """Return to whom something is offered for the chat."""
    found = [one["decision"] for one in shop.get("/v1/offers").json()["offers"]]
    return sorted(one["user"]["id"] for one in found if one["channel"] == "chat")


def sent(shop: Served, clock: Watch, user: str) -> None:
    """Have the carrier say that a parcel of a customer's is late."""
    shop.post(EVENTS, event(user, user=user, at=clock.at))


@pytest.mark.parametrize("kind", LEDGERS)
def test_two_workers_tell_each_customer_once(tmp_path: Path, clock: Watch, kind: str) -> None:
    """Pages ask one worker at the instant in which another one has the turns: the page shows it, or the chat has it."""
    url = LEDGERS[kind](tmp_path, clock)
    with serving(clock, with_keys(opened(url, clock), clock.at)) as one, serving(clock, opened(url, clock)) as other:
        pages = {user: on_a_page(one, user) for user in CUSTOMERS}
        clock.turn(seconds=45)
        for user in CUSTOMERS:
            sent(one, clock, user)
        found = {user: heard(page)[0]["decision_id"] for user, page in pages.items()}
        clock.turn(seconds=120)
        together = Barrier(3)

        def ask(users: list[str]) -> dict[str, str]:
            together.wait()
            return {user: pages[user].confirm(found[user]).json()["action"] for user in users}

        def turn() -> None:
            together.wait()
            tick(other)

        with ThreadPoolExecutor(3) as pool:
            turned = pool.submit(turn)
            asked = [pool.submit(ask, users) for users in (CUSTOMERS[:4], CUSTOMERS[4:])]
            turned.result()
            said = {user: action for some in asked for user, action in some.result().items()}
        tick(one)
        shown = [user for user, action in said.items() if action == "send"]
        assert sorted([*shown, *offered(one)]) == CUSTOMERS


@pytest.fixture
def shop(clock: Watch) -> Iterator[Served]:
    """Serve an API with the shipped triggers."""
    with serving(clock) as on:
        yield on


def test_a_lost_answer_is_given_again(shop: Served, clock: Watch) -> None:
    """The page asked, and heard nothing: it was taken all the same, and the page may still show it."""
    page = on_a_page(shop, "u-1")
    clock.turn(seconds=45)
    sent(shop, clock, "u-1")
    (found,) = heard(page)
    page.confirm(found["decision_id"])
    clock.turn(seconds=130)
    tick(shop)
    again = page.confirm(found["decision_id"]).json()["action"]
    assert (again, offered(shop)) == ("send", [])


def test_what_failed_on_the_page_goes_to_the_chat(shop: Served, clock: Watch) -> None:
    """It asked, could not show it, and said so."""
    page = on_a_page(shop, "u-1")
    clock.turn(seconds=45)
    sent(shop, clock, "u-1")
    (found,) = heard(page)
    page.confirm(found["decision_id"])
    clock.turn(seconds=2)
    page.report(found["decision_id"], "not_delivered", time=clock.at.isoformat())
    clock.turn(seconds=120)
    page.post(EVENTS, page.event("still", at=clock.at))
    tick(shop)
    assert (offered(shop), heard(page)) == (["u-1"], [])


@pytest.mark.parametrize("seconds", [2, 125, 600])
def test_what_failed_after_its_turn_goes_to_the_chat_as_well(shop: Served, clock: Watch, seconds: int) -> None:
    """It asked just before the two minutes ended, and says later that it could not show it: told once, not never."""
    page = on_a_page(shop, "u-1")
    clock.turn(seconds=45)
    sent(shop, clock, "u-1")
    (found,) = heard(page)
    clock.turn(seconds=119)
    page.confirm(found["decision_id"])
    clock.turn(seconds=1)
    tick(shop)
    before = offered(shop)
    clock.turn(seconds=seconds)
    page.post(EVENTS, page.event("still", at=clock.at))
    for _ in range(2):
        page.report(found["decision_id"], "not_delivered", time=clock.at.isoformat())
        tick(shop)
    clock.turn(seconds=300)
    tick(shop)
    said = [line for line in records(shop, "u-1") if line[1:3] == ("chat", "send")]
    assert (before, offered(shop), len(said)) == ([], ["u-1"], 1)


def test_what_the_chat_may_not_have_by_then_is_said_once(shop: Served, clock: Watch) -> None:
    """Consent to the chat is gone: who comes back to the page may still be shown it there, and only there."""
    page = on_a_page(shop, "u-1")
    clock.turn(seconds=45)
    sent(shop, clock, "u-1")
    (found,) = heard(page)
    shop.call("PUT", "/v1/users/u-1/preferences", json={"consent": {"chat": False}})
    clock.turn(seconds=120)
    tick(shop)
    said = page.confirm(found["decision_id"]).json()["action"]
    assert (offered(shop), said) == ([], "send")


def records(shop: Served, user: str) -> list[tuple[str, str, Any]]:
    """Return what was decided about news of a parcel, the first first: where, what, and by which arm."""
    found = shop.get(f"/v1/decisions?user={user}").json()["decisions"]
    about = [one for one in found if one["candidate"]["purpose"] == "delivery_update"]
    return sorted((one["decided_at"], one["candidate"]["channel"], one["action"], _arm(one)) for one in about)


def _arm(record: Mapping[str, Any]) -> str | None:
    drawn = record["assignment"]
    return None if drawn is None else str(drawn["arm"])


@pytest.mark.parametrize("number", range(6))
def test_chance_is_not_asked_twice(clock: Watch, number: int) -> None:
    """Half are held out: who is on the page is in the chat as well, and has no turn; others draw the same arm again."""
    user = f"u-{number}"
    with serving(clock, shares=Shares(model=0.4, policy_only=0.1, holdout=0.5)) as shop:
        on_a_page(shop, user)
        clock.turn(seconds=45)
        sent(shop, clock, user)
        clock.turn(seconds=120)
        tick(shop)
        found = [(channel, action, arm) for _, channel, action, arm in records(shop, user)]
        arms = {arm for *_, arm in found if arm is not None}
        first = [("chat", "deny", None), ("widget", "deny" if arms == {"holdout"} else "send", *arms)]
        later = [] if arms == {"holdout"} else [("chat", "send", *arms)]
        assert (len(arms), found) == (1, [*first, *later])


def test_what_was_never_sent_has_no_turn(clock: Watch) -> None:
    """What was denied no page had: whoever says that it failed there has nothing decided again."""
    with serving(clock, shares=Shares(model=0.0, policy_only=0.0, holdout=1.0)) as shop:
        on_a_page(shop, "u-1")
        clock.turn(seconds=45)
        sent(shop, clock, "u-1")
        before = records(shop, "u-1")
        listed = shop.get("/v1/decisions?user=u-1").json()["decisions"]
        (denied,) = (one["decision_id"] for one in listed if one["candidate"]["channel"] == "widget")
        report = {"decision_id": denied, "kind": "not_delivered", "time": clock.at.isoformat()}
        said = shop.post("/v1/outcomes", report)
        clock.turn(seconds=120)
        tick(shop)
        assert (said.status_code, before[-1][1:3], records(shop, "u-1")) == (202, ("widget", "deny"), before)


INCIDENT = """
triggers:
  - id: on_page
    on: incident.update
    purpose: remediation
    template: incident_back_by
    facts: { service: event.data.service, back_by: event.data.back_by }
    channel: widget
  - id: in_chat
    on: incident.update
    purpose: remediation
    template: incident_back_by
    facts: { service: event.data.service, back_by: event.data.back_by }
    channel: chat
"""


def test_customers_of_an_incident_have_their_page_first(
    clock: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whose turn comes later is on a page as well as who was decided at once; and each has the chat after it."""
    monkeypatch.setattr(happening, "AT_ONCE", 1)
    (tmp_path / "triggers.yaml").write_text(INCIDENT)
    (tmp_path / "templates.yaml").write_text((SHIPPED / "templates.yaml").read_text())
    data = {"incident": "I-1", "service": "Payments", "back_by": "noon", "affected": ["u-1", "u-2"]}
    with serving(clock, policy=tmp_path, shipped_triggers=False) as shop:
        pages = [on_a_page(shop, user) for user in ("u-1", "u-2")]
        clock.turn(seconds=45)
        told = event(type="incident.update", at=clock.at, data=data)
        told.pop("subject")
        shop.post(EVENTS, told)
        tick(shop)
        before = ([len(heard(page)) for page in pages], offered(shop))
        clock.turn(seconds=120)
        tick(shop)
        assert (before, offered(shop)) == (([1, 1], []), ["u-1", "u-2"])
