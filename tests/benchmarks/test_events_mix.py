import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.events_mix import CUSTOMERS, OF_100, bodies, introductions, policy_folder
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.routes.event_bodies import event_of
from tests.serving.served import NOON


@pytest.mark.parametrize(
    ("triggers", "on", "heaped"), [(0, None, 0), (10, None, 2), (200, None, 40), (200, "page.dwelled", 192)]
)
def test_a_policy_has_as_many_triggers_as_said(tmp_path: Path, triggers: int, on: str | None, heaped: int) -> None:
    """They load with the shipped templates, spread over the types or all on one."""
    policy_folder(tmp_path / "policy", triggers=triggers, on=on)

    found = load_triggers(tmp_path / "policy", load_policy(tmp_path / "policy").templates)

    assert (len(found.tallies()), len(found.on("page.dwelled"))) == (triggers, heaped)


def test_every_event_of_the_traffic_can_be_read() -> None:
    """What the benchmark posts is accepted: none is rejected, and each type has its share."""
    made = [event_of(value, NOON) for body in bodies(50, 40, NOON, seed=1) for value in json.loads(body)]
    known = [event_of(value, NOON) for body in introductions(NOON) for value in json.loads(body)]

    counted = Counter(event.type for event in made)
    off = [name for name, share in OF_100.items() if not 0.5 * share < counted[name] / 20 < 2 * share]
    assert (len({event.id for event in made}), off, len(known)) == (2000, [], CUSTOMERS)


def test_more_triggers_ask_about_the_same_types(tmp_path: Path) -> None:
    """What is measured is their number: no type is asked about that the ten leave alone."""
    asked = {}
    for triggers in (10, 200):
        folder = tmp_path / str(triggers)
        policy_folder(folder, triggers=triggers, on=None)
        found = load_triggers(folder, load_policy(folder).templates)
        asked[triggers] = sum(found.asks(name) or bool(found.on(name)) for name in OF_100)

    assert asked[10] == asked[200]


def test_the_same_seed_is_the_same_traffic() -> None:
    """Every case of a round is asked the same."""
    assert bodies(3, 2, NOON, seed=7) == bodies(3, 2, NOON, seed=7)
