"""Does another model ever cost a request, or an answer of two models? Swapped under load, again and again.

    python -m benchmarks.exact_swaps                      # 100 swaps by a folder, every fourth time a bad one before
    python -m benchmarks.exact_swaps --workers 2
    python -m benchmarks.exact_swaps --alias --swaps 20   # by an alias of a registry of its own
    python -m benchmarks.exact_swaps --swaps 20 --naive   # put in at once, in the middle of whatever is decided

Clients ask about one customer, about arrays of 300, and confirm. Each answer that was scored must have the figures that
the version it names gives to that customer, and so must its record; no array may name two versions where one process
answers; a bad artefact must change nothing; every request must be answered 200. Exits with 1 on any violation.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np

from benchmarks.exact_caps import records
from benchmarks.exact_servers import Connection, opened, with_key
from benchmarks.exact_traffic import as_bytes
from serving.ports import Preferences
from serving.scorer import ArtefactScorer, load_scorer
from serving.system import now
from tests.end_to_end.server import SERVE, Server
from tests.serving.models_between import broken, model, name, registered

MODELS, ARRAY, EVERY_BAD, EVERY_SEND = 3, 300, 4, 10
SWAP_SECONDS, BAD_SECONDS = 60.0, 2.5
FIRST_SECONDS = 180.0  # the first pull loads MLflow, on a machine that may be busy
FIGURES = ("benefit", "complaint_effect", "opt_out", "net_benefit")
VIOLATIONS = (
    "requests that failed",
    "answers with another model's figures",
    "arrays of two versions",
    "records of another version",
    "models not put in",
    "bad ones put in",
)
NAIVE = """
from serving.models.changing import Changes
def at_once(self, role, scorer):
    self._offered[role] = scorer
    self.make()
Changes.offer = at_once
"""


@dataclass(slots=True)
class Told:
    """What was answered: by decision, the version and the figures, and what they were about."""

    counted: Counter[str] = field(default_factory=Counter)
    answers: dict[str, tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=dict)
    over: bool = False


def attributes(number: int) -> dict[str, Any]:
    """Return what is known of a customer: everybody differs."""
    return {"age": 18.0 + number % 701 / 10, "member": number % 2 == 0, "plan": ("basic", "plus", "pro")[number % 3]}


def question(number: int, channel: str) -> dict[str, Any]:
    """Ask about a customer of whom nobody asked before.

    What is sent by the channel of the certificate opens a breaker in the end, and what that holds is not scored: so
    few are, and by any other channel they are scored and denied.
    """
    facts = {"parcel": f"A-{number}", "new_eta": "Friday"}
    evidence = {"type": "shipment.delayed", "id": f"ev-{number}", "data": facts}
    return {
        "user": {"id": f"u-{number}", "attributes": attributes(number)},
        "purpose": "delivery_update",
        "channel": channel,
        "evidence": evidence | {"time": (now() - timedelta(minutes=1)).isoformat()},
        "message": {"template": "parcel_delayed", "facts": facts},
    }


def midday() -> str:
    """Return a zone where it is about noon: nothing is held for the night."""
    ahead = (13 - now().hour) % 24
    ahead -= 24 if ahead > 14 else 0
    return f"Etc/GMT{-ahead:+d}"


async def client(port: int, numbers: Iterator[int], told: Told, *, many: bool) -> None:
    """Ask until it is over; what could not be answered is a failure, whatever the reason."""
    asks = 0
    async with Connection(port) as connection:
        while not told.over:
            asks += 1
            channel = "email" if many or asks % EVERY_SEND else "chat"
            asked = [question(next(numbers), channel) for _ in range(ARRAY if many else 1)]
            body = as_bytes(asked if many else asked[0])
            try:
                answer = await connection.post("/v1/decisions/batch" if many else "/v1/decisions", body, key=None)
            except (OSError, EOFError):
                told.counted["requests that failed"] += 1
                return
            told.counted["requests"] += 1
            if answer.status != 200:
                told.counted["requests that failed"] += 1
                continue
            said = json.loads(answer.body)
            heard(told, asked, said if many else [said])
            if not many and said["action"] == "send":
                again = await connection.post(f"/v1/decisions/{said['decision_id']}/confirm", b"{}")
                told.counted["confirms"] += 1
                told.counted["requests that failed"] += again.status != 200


def heard(told: Told, asked: list[dict[str, Any]], said: list[dict[str, Any]]) -> None:
    """Remember answers, and whether they name one version."""
    decided = [one for one in said if "decision_id" in one]
    told.counted["requests that failed"] += len(said) - len(decided)
    told.counted["arrays of two versions"] += len({one["model_version"] for one in decided}) > 1
    for question, one in zip(asked, said, strict=True):
        if "decision_id" in one:
            told.answers[one["decision_id"]] = (one, question["user"]["attributes"])


def judged(told: Told, scorers: Mapping[str, ArtefactScorer], ledger: str) -> None:
    """Compare every scored answer with what its version gives, and with its record."""
    for said, about in told.answers.values():
        figures = [said["customer_would_thank"][figure] for figure in FIGURES]
        told.counted["answers"] += 1
        if None in figures:
            continue
        told.counted["answers that were scored"] += 1
        scores = scorers[said["model_version"]].score([about])
        expected = [float(getattr(scores, figure)[0]) for figure in FIGURES]
        told.counted["answers with another model's figures"] += not np.allclose(figures, expected, rtol=1e-9, atol=0)
    books = opened(ledger, now=now())
    kept = {record["decision_id"]: record["decided"]["decision"]["model_version"] for record in records(books)}
    books.close()
    said_versions = {name: said["model_version"] for name, (said, _) in told.answers.items()}
    told.counted["records of another version"] += sum(
        kept.get(name) != version for name, version in said_versions.items()
    )


def version(port: int) -> str | None:
    """Ask one process what its model is called."""
    with urlopen(f"http://127.0.0.1:{port}/version", timeout=30) as answer:
        named: str | None = json.load(answer)["model_version"]
        return named


async def reaches(port: int, wanted: str, workers: int, seconds: float) -> bool:
    """Wait until every process answers under a version, as far as asking often shows."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        named = {await asyncio.to_thread(version, port) for _ in range(1 if workers == 1 else 12)}
        if named == {wanted}:
            return True
        await asyncio.sleep(0.05)
    return False


def spoilt(folder: Path, number: int) -> None:
    """Put something bad into the folder, of one kind after another."""
    kinds: list[Callable[[], object]] = [
        partial(broken, folder),
        lambda: (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:-9]),
        (folder / "golden_scores.npy").unlink,
        lambda: (folder / "issued.json").write_text("{}"),
        lambda: (folder / "run.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR."),
    ]
    kinds[number % len(kinds)]()


async def drive(asking: argparse.Namespace, place: Path, port: int, names: Mapping[int, str], told: Told) -> None:
    """Put one model after another in, bad ones in between."""
    for swap in range(1, asking.swaps + 1):
        number = swap % MODELS
        if asking.alias:
            name(f"sqlite:///{place}/mlflow.db", "champion", names[number])
        else:
            if swap % EVERY_BAD == 0:
                spoilt(model(place / "model", (swap + 1) % MODELS), swap // EVERY_BAD)
                told.counted["bad ones"] += 1
                before = names[(swap - 1) % MODELS]
                told.counted["bad ones put in"] += await changed_within(port, before, BAD_SECONDS)
                shutil.rmtree(place / "model")
            model(place / "model", number)
        told.counted["swaps"] += 1
        told.counted["models not put in"] += not await reaches(port, names[number], asking.workers, SWAP_SECONDS)


async def changed_within(port: int, before: str, seconds: float) -> bool:
    """Wait, and return whether anybody answered under another version than before."""
    await asyncio.sleep(seconds)
    return await asyncio.to_thread(version, port) != before


async def scene(asking: argparse.Namespace, place: Path, port: int, names: Mapping[int, str], told: Told) -> None:
    """Drive under load."""
    numbers = iter(range(asking.customers))
    kinds = [False] * asking.clients + [True] * max(1, asking.clients // 2)
    clients = [asyncio.create_task(client(port, numbers, told, many=many)) for many in kinds]
    try:
        await drive(asking, place, port, names, told)
    finally:
        told.over = True
        ended = await asyncio.gather(*clients, return_exceptions=True)
        told.counted["clients that ran out of customers"] = sum(isinstance(one, BaseException) for one in ended)


def run(asking: argparse.Namespace, place: Path) -> Counter[str]:
    """Make models and a ledger, serve, swap under load, and judge."""
    ledger = f"sqlite:///{place}/ledger.db"
    books = opened(ledger, now=now())
    with_key(books)
    told_all = Preferences(timezone=midday(), consent={"chat": True, "email": True})
    with books.transaction() as transaction:
        for number in range(asking.customers):
            transaction.set_preferences(f"u-{number}", told_all, at=now())
    books.close()
    folders = {number: model(place / f"made-{number}", number) for number in range(MODELS)}
    names = {number: load_scorer(folder).version for number, folder in folders.items()}
    more = {"POLL_SECONDS": "1", "REQUESTS_PER_SECOND": "1000000"}
    named = str(model(place / "model", 0))
    if asking.alias:
        names = {number: str(number + 1) for number in range(MODELS)}
        for number in range(MODELS):
            more["TRACKING_URI"] = registered(place / f"registered-{number}", number, store=place)
        name(more["TRACKING_URI"], "champion", names[0])
        named = "models:/outreach@champion"
    scorers = {names[number]: load_scorer(folder, version=names[number]) for number, folder in folders.items()}
    told = Told()
    with ExitStack() as stack:
        code = NAIVE + SERVE if asking.naive else SERVE
        given = {"model": named, "workers": asking.workers, "more": more, "cwd": place, "code": code}
        server = stack.enter_context(Server(place / "ledger.db", **given))
        if not asyncio.run(reaches(server.port, names[0], asking.workers, FIRST_SECONDS)):
            told.counted["models not put in"] += 1
        asyncio.run(scene(asking, place, server.port, names, told))
    judged(told, scorers, ledger)
    return told.counted


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--customers", type=int, default=400_000)
    parser.add_argument("--alias", action="store_true")
    parser.add_argument("--naive", action="store_true")
    return parser.parse_args(given)


def main() -> None:
    """Run, print the counts, and exit with 1 on any violation."""
    asking = arguments()
    with tempfile.TemporaryDirectory() as folder:
        counted = run(asking, Path(folder))
    first = ("swaps", "bad ones", "requests", "confirms", "answers", "answers that were scored")
    for what in (*first, "clients that ran out of customers", *VIOLATIONS):
        print(f"{counted[what]:>10,}  {what}")
    sys.exit(any(counted[what] for what in VIOLATIONS) or not counted["answers that were scored"])


if __name__ == "__main__":
    main()
