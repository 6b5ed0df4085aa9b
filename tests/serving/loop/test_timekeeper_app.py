"""The timekeeper of a whole application: wired, started and stopped with it."""

from pathlib import Path

from serving.app import create_app
from serving.settings import Settings
from tests.serving.loop.test_timekeeper import EVENING
from tests.serving.served import Counting, Served, Watch, app_of, memory_ledger


def test_a_clock_that_is_passed_is_the_callers(tmp_path: Path) -> None:
    """Nothing runs by itself then: a tick is theirs; without one the API looks once a second."""
    ledger = Counting(memory_ledger())
    with Served(app_of(ledger, clock=Watch())) as api:
        standing = api.app.state.api.timekeeper._task
    with Served(create_app(Settings(ledger=f"sqlite:///{tmp_path}/l.db"))) as api:
        running = api.app.state.api.timekeeper._task
        live = not running.done()
    actual = (standing, live, running.done())
    assert actual == (None, True, True)


def test_what_is_due_is_done_by_the_application() -> None:
    """Asked for over HTTP, held over night, offered in the morning."""
    clock = Watch(EVENING)
    with Served(app_of(memory_ledger(EVENING), clock=clock)) as api:
        body = {
            "user": {"id": "u", "timezone": "Europe/Paris"},
            "purpose": "appointment_update",
            "channel": "chat",
            "evidence": {
                "type": "appointment.changed",
                "id": "e",
                "time": EVENING.isoformat(),
                "data": {"appointment": "P-1", "starts_at": "Friday"},
            },
            "message": {"template": "appointment_changed", "facts": {"appointment": "P-1", "starts_at": "Friday"}},
        }
        held = api.post("/v1/decisions", body).json()
        clock.turn(hours=10)
        done = api._wait(api.app.state.api.timekeeper.tick())
        offered = api.get("/v1/offers").json()
        record = api.get(f"/v1/decisions/{held['decision_id']}").json()
    actual = (held["action"], done, len(offered["offers"]), record["confirmations"][0]["action"])
    assert actual == ("hold", 1, 1, "send")
