"""Is a message sent twice where a relay is killed? `kill -9` in the middle of everything, then they are counted.

    python -m benchmarks.exact_relay                       # 60 rounds, a kill in each
    python -m benchmarks.exact_relay --rounds 200 --offers 10

A real API, a relay in a process of its own, a platform that can be searched. In each round offers are delivered until
they are acknowledged, as our webhooks are, and the relay is killed: when the platform has a message in hand that it
drops, that it took and did not answer, that it takes a little later, or at any time. Exits with 1 on any violation.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np

from serving.access.shared_secrets import secrets_of
from serving.client import NoAnswer, Outreach
from serving.offers.offering import offered, signed
from serving.relay.application import run as serve
from serving.relay.relay import Relay
from serving.system import now
from tests.end_to_end.server import AUTHORIZED, KEY, ROOT, Server, free_port, with_key
from tests.examples.board import Board, Pinned
from tests.examples.frame import SECRET, Asked, Reply, critical

SETTLE: Final = 1.0  # seconds
LATE: Final = 0.2  # seconds after a relay's death, in which a platform still takes a message
LONGEST: Final = 0.4  # seconds of work before a kill at any time
PATIENCE: Final = 120.0
TIMES: Final = ("dropped", "taken", "taken late", "any time")
VIOLATIONS: Final = ("messages sent twice", "offers lost", "reports that are not true", "requests that were wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How often to kill, and how many offers there are in each round."""

    rounds: int
    offers: int
    seed: int = 0


class Deadly(Board):
    """Kills whoever posts, at the time that is set, once."""

    def __init__(self) -> None:
        super().__init__()
        self.time: str | None = None
        self.victim: subprocess.Popen[bytes] | None = None

    def answer(self, asked: Asked) -> Reply:
        """Take it or not, and kill."""
        when, self.time = (self.time, None) if self.posts(asked) else (None, self.time)
        if when is None:
            return super().answer(asked)
        if when == "taken":
            super().answer(asked)
        self.kill()
        if when == "taken late":
            time.sleep(LATE)
            super().answer(asked)
        return Reply(500)  # nobody hears it

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()


def work(api: str, platform: str, book: str, port: str) -> None:
    """Be the relay; this is what is killed."""
    with Outreach(api, KEY) as outreach, httpx.Client(base_url=platform, timeout=5, trust_env=False) as http:
        settle = timedelta(seconds=SETTLE)
        serve(Relay(outreach, Pinned(http), Path(book), secret=SECRET, settle=settle), port=int(port))


class Round:
    """Everything that one run needs: the API, the platform, and a relay that is started as often as it is killed."""

    def __init__(self, server: Server, platform: Deadly, folder: Path, asking: Asking) -> None:
        self._server, self._platform, self._folder, self._asking = server, platform, folder, asking
        self._chance = np.random.default_rng(asking.seed)
        self._port = free_port()
        self._http = httpx.Client(trust_env=False, timeout=5)
        self.kills: Counter[str] = Counter()
        self.deliveries = 0

    def start(self) -> None:
        """Start the relay; it listens some time later."""
        code = f"from benchmarks.exact_relay import work; work(*{self._arguments()!r})"
        self._platform.victim = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.DEVNULL)

    def _arguments(self) -> tuple[str, ...]:
        return (self._server.url, self._platform.url, str(self._folder / "relay.db"), str(self._port))

    def play(self, outreach: Outreach) -> list[str]:
        """Kill as often as asked; return the ids of all decisions that were acknowledged."""
        names = []
        self.start()
        for number in range(self._asking.rounds):
            when = TIMES[number % len(TIMES)]
            self._platform.time = None if when == "any time" else when
            bodies = [decided(outreach, number * self._asking.offers + each) for each in range(self._asking.offers)]
            delivering = [threading.Thread(target=self._deliver, args=(name, body)) for name, body in bodies]
            for thread in delivering:
                thread.start()
            if when == "any time":
                time.sleep(float(self._chance.uniform(0, LONGEST)))
                self._platform.kill()
            assert self._platform.victim is not None
            self._platform.victim.wait(PATIENCE)
            self.kills[when] += 1
            self.start()
            for thread in delivering:
                thread.join(PATIENCE)
            names += [name for name, _ in bodies]
        return names

    def _deliver(self, name: str, body: bytes) -> None:
        """Deliver until it is acknowledged, as `serving.adapters.webhooks` does, if faster."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.deliveries += 1
            headers = signed(f"offer_1_{name}", now(), body, secrets_of(SECRET))
            try:
                if self._http.post(f"http://127.0.0.1:{self._port}", content=body, headers=headers).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.02)

    def ended(self) -> None:
        """End the relay, in order."""
        assert self._platform.victim is not None
        self._platform.victim.terminate()
        self._platform.victim.wait(PATIENCE)
        self._http.close()


def decided(outreach: Outreach, number: int) -> tuple[str, bytes]:
    """Decide about something critical; return the decision's id, and the body of its offer."""
    candidate = critical(number, now(), user=f"u-{number}")
    answer = outreach.decide(candidate)
    assert not isinstance(answer, NoAnswer)
    assert answer.trigger, answer
    about = {name: candidate[name] for name in ("user", "purpose", "channel")}
    more = {"evidence": None, "session": None, "matched": None}
    return answer.decision_id, offered({**answer.raw, **about, **more})


def outcomes(server: Server, names: list[str]) -> dict[str, set[str]]:
    """Wait until something is on record of every decision; return what."""
    end = time.monotonic() + PATIENCE
    found: dict[str, set[str]] = {name: set() for name in names}
    with httpx.Client(base_url=server.url, headers=AUTHORIZED, trust_env=False) as http:
        while (left := [name for name in names if not found[name]]) and time.monotonic() < end:
            for name in left:
                record: dict[str, Any] = http.get(f"/v1/decisions/{name}").json()
                found[name] = {each["kind"] for each in record["outcomes"]}
            time.sleep(0.1)
    return found


def run(folder: Path, asking: Asking) -> dict[str, int]:
    """Kill and count."""
    with_key(folder / "ledger.db")
    with ExitStack() as stack:
        server = stack.enter_context(Server(folder / "ledger.db"))
        platform = stack.enter_context(Deadly())
        outreach = stack.enter_context(Outreach(server.url, KEY, patience=PATIENCE))
        playing = Round(server, platform, folder, asking)
        stack.callback(playing.ended)
        names = playing.play(outreach)
        reported = outcomes(server, names)
        shown = Counter(message["mark"] for message in platform.messages)
        wrong = len(platform.wrong)
    untrue = [name for name, kinds in reported.items() if kinds != ({"delivered"} if shown[name] else set())]
    return {
        "offers": len(names),
        "deliveries": playing.deliveries,
        "kills": sum(playing.kills.values()),
        **{f"kills: {when}": playing.kills[when] for when in TIMES},
        "messages": shown.total(),
        "messages sent twice": sum(count > 1 for count in shown.values()),
        "offers lost": sum(not shown[name] for name in names),
        "reports that are not true": len(untrue),
        "requests that were wrong": wrong,
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where anything was violated."""
    parser = argparse.ArgumentParser(description="kill -9 of a relay, and the messages that a customer sees")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--offers", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), Asking(**vars(parser.parse_args(arguments))))
    for name, count in found.items():
        print(f"{name:44} {count:>9,}")
    return int(any(found[name] for name in VIOLATIONS))


if __name__ == "__main__":
    sys.exit(main())
