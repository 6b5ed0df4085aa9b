"""Several real workers: whichever is asked tells of all, no count ever falls, and a worker's death loses a second."""

import os
import signal
import time
from pathlib import Path

import httpx

from serving.access.keys import key_record
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.system import new_salt, now
from tests.end_to_end.server import Server
from tests.end_to_end.test_workers import until, workers_of
from tests.plain import PLAIN
from tests.serving.metrics.reading import Samples, of, samples
from tests.serving.served import candidate, token

ASKED = 30


def scrape(server: Server) -> Samples:
    """Ask over a new connection, which reaches any worker."""
    headers = {"Authorization": f"Bearer {token('read')}"}
    answer = httpx.get(f"{server.url}/metrics", headers=headers, timeout=30, trust_env=False, verify=PLAIN)
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def decided(found: Samples) -> float:
    """Return how many decisions were counted."""
    return sum(value for (name, _), value in found.items() if name == "outreach_decisions_total")


def decide(server: Server, times: int) -> None:
    """Ask so often, each time over a new connection."""
    for number in range(times):
        body = candidate(user=f"u-{number}")
        headers = {"Authorization": f"Bearer {token('decide')}"}
        httpx.post(f"{server.url}/v1/decisions", json=body, headers=headers, timeout=30, trust_env=False, verify=PLAIN)


def test_two_workers_tell_one_truth_through_a_death_and_a_restart(tmp_path: Path) -> None:
    """All decisions are counted, whoever made them and whoever is asked; those of the dead and the replaced stay."""
    path = tmp_path / "l.db"
    ledger = open_ledger(f"sqlite:///{path}", now=now(), salt=new_salt(), shipped=shipped_digests())
    with ledger.transaction() as transaction:
        for scope in ("decide", "read"):
            transaction.add_key(key_record(token(scope), key_id=scope, name=scope, scopes=[scope], at=now()))
    ledger.close()
    with Server(path, workers=2) as server:
        until(lambda: of(scrape(server), "outreach_processes") == 2)
        decide(server, ASKED)
        seen = [decided(scrape(server)) for _ in range(10)]
        until(lambda: decided(scrape(server)) == ASKED)  # what the others left is a second old at most
        time.sleep(2.5)  # a worker leaves its figures every second: what is later than that is lost with it
        os.kill(min(workers_of(server)), signal.SIGKILL)
        until(lambda: len(workers_of(server)) == 2)
        until(lambda: of(scrape(server), "outreach_processes") == 2)
        decide(server, 10)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: of(scrape(server), "outreach_processes") == 3)
        until(lambda: of(scrape(server), "outreach_processes") == 2)
        until(lambda: decided(scrape(server)) == ASKED + 10)
        last = [decided(scrape(server)) for _ in range(5)]
    assert (seen, last) == (sorted(seen), [ASKED + 10] * 5)
