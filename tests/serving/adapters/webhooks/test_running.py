"""Deliveries that nobody asks for: a task of the API, and several processes on one ledger."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from model.errors import Unavailable
from serving.app import create_app
from serving.confirming import Confirmation
from serving.fakes import FakeScorer
from serving.loop.confirmer import Confirmer
from serving.ports import Ledger, Transaction
from serving.record.record import read_record
from serving.system import now
from serving.timetable import OfferState
from tests.contracts.ledgers import send
from tests.serving.adapters.webhooks.hooked import file_ledger, hooked, offered, settings_of, several, tick, webhooks
from tests.serving.adapters.webhooks.receiving import Receiver, Said
from tests.serving.served import Served, Watch, memory_ledger


def eventually(true: Callable[[], bool]) -> bool:
    """Wait up to ten seconds."""
    for _ in range(1000):
        if true():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is offered stand, whatever the time of day: these tests run by the real clock."""

    def still(self: Confirmer, _: Ledger, transaction: Transaction, decision_id: str) -> Confirmation:
        known = transaction.confirmable(decision_id)
        assert known is not None
        told = read_record(known.record).decided.decision
        return self._confirmation(told, told.decided_at)

    monkeypatch.setattr(Confirmer, "still", still)


def running(receiver: Receiver) -> Served:
    """Serve an API by the real clock: it delivers by itself."""
    app = create_app(settings_of(receiver), scorer=FakeScorer(), ledger=memory_ledger(now()))
    return Served(app)


def offer_now(api: Served, *names: str) -> None:
    """Offer sends that were decided just now."""
    at = now()

    def add(tx: Transaction) -> None:
        for name in names:
            send(tx, name, at=at)
            tx.add_offer(name, b"{}", at=at, expires_at=at + timedelta(hours=1))

    api._wait(api.app.state.api.loop.submit(lambda _, tx: add(tx)))


@pytest.mark.usefixtures("standing")
def test_offers_are_delivered_by_themselves(receiver: Receiver) -> None:
    """Within about a second; more than fit at once follow without a pause."""
    with running(receiver) as api:
        offer_now(api, *(f"d-{place}" for place in range(20)))
        assert eventually(lambda: len(receiver.got) == 20)
    assert len(set(receiver.ids())) == 20


@pytest.mark.usefixtures("standing")
def test_an_end_waits_for_what_is_on_its_way(receiver: Receiver) -> None:
    """A restart repeats nothing: the delivery is settled before the API is gone."""
    receiver.says = [Said(hangs=0.5)]
    ledger = memory_ledger(now())
    app = create_app(settings_of(receiver), scorer=FakeScorer(), ledger=ledger)
    kept: list[Any] = []
    with Served(app) as api:
        offer_now(api, "d-1")
        assert eventually(lambda: bool(receiver.got))
        close = app.state.api.loop._group_writer.close
        app.state.api.loop._group_writer.close = lambda: (kept.append(_states(ledger)), close())[1]
    assert (kept, len(receiver.got)) == ([[OfferState.DELIVERED]], 1)


def _states(ledger: Any) -> list[OfferState]:
    with ledger.transaction() as tx:
        return [one.state for one in tx.offers(state=None, after=0, limit=9)]


@pytest.mark.usefixtures("standing")
def test_deliveries_outlive_an_error(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The ledger was away: one line in the log, and the next look delivers."""
    caplog.set_level(logging.WARNING, logger="serving")
    monkeypatch.setattr("serving.adapters.webhooks.PAUSE", 0.02)
    failed: list[int] = []
    with running(receiver) as api:
        hooks = webhooks(api)
        ticked = hooks.tick

        async def away() -> int:
            if not failed:
                failed.append(1)
                raise Unavailable("the disk is full")
            return await ticked()

        monkeypatch.setattr(hooks, "tick", away)
        offer_now(api, "d-1")
        assert eventually(lambda: len(receiver.got) == 1)
    assert "offers are not delivered now: Unavailable" in caplog.text


def test_nothing_runs_where_a_clock_was_passed(receiver: Receiver, clock: Watch) -> None:
    """Whoever drives the clock says when to look."""
    with hooked(receiver, clock) as api:
        several(api, 1)
        before = len(receiver.got)
        assert (webhooks(api)._task, before, tick(api), len(receiver.got)) == (None, 0, 1, 1)


def test_several_processes_share_the_work(receiver: Receiver, clock: Watch, tmp_path: Path) -> None:
    """Two APIs on one ledger file: whoever claims an offer has it, no other delivers it."""
    receiver.says = [Said(hangs=0.05)]
    path = tmp_path / "ledger.db"
    with hooked(receiver, clock, file_ledger(path)) as one, hooked(receiver, clock, file_ledger(path)) as two:
        numbers = several(one, 12)
        done: list[int] = []
        threads = [threading.Thread(target=lambda api=api: done.append(tick(api))) for api in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        states = {offered(two, number).state for number in numbers}
    assert (sum(done), len(receiver.ids()), len(set(receiver.ids())), states) == (12, 12, 12, {OfferState.DELIVERED})
