import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import joblib
import pytest

from benchmarks.environment import HERE, ROOT
from benchmarks.serving_contestants import PEERS, Contestant, of_ours
from benchmarks.serving_decide import GROUPS, in_process
from benchmarks.serving_entries import ONE_WORKER, needed
from benchmarks.serving_load import Bodies, Target, load
from benchmarks.serving_model import CUTOFF, FILE, NAMES, TREES, customers, learn, save
from benchmarks.serving_ours import actions, body, copied, prepare, zone_of_noon
from benchmarks.serving_processes import cpu_seconds, memory, tree
from benchmarks.serving_report import Figures, Found, report, verdicts
from benchmarks.serving_rounds import Entry, Plan, _check, line, one_round
from serving.cli.demo_api import free_port
from serving.ledger import open_ledger
from serving.scorer import load_scorer
from serving.system import now
from tests.serving.served import NOON

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the benchmark reads /proc: Linux only")

PLAN = Plan(rounds=1, seconds=0.1, alone=0.05, warm=0.05, by="asyncio", servers=frozenset(os.sched_getaffinity(0)))
GOOD = Figures(
    many=6_500.0,
    p50=2.4,
    p99=8.0,
    one=1_400.0,
    one_p50=0.7,
    one_p99=1.0,
    cpu=150.0,
    rss=120.0,
    pss=100.0,
    start=1.5,
    errors=0,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small model: as scikit-learn's pickle and as our artefact."""
    folder = tmp_path_factory.mktemp("serving")
    save(folder, learn(rows=400, trees=4), issued_at=now())
    return folder


@pytest.fixture
def ours(scratch: Path, tmp_path: Path) -> Contestant:
    """Our API on a ledger of a few customers."""
    return _ours(scratch, tmp_path, 40)


def _ours(scratch: Path, folder: Path, count: int) -> Contestant:
    deployment = prepare(f"sqlite:///{folder / 'ledger.db'}", customers(count, seed=2), folder / "b.jsonl", at=now())
    made = of_ours(ONE_WORKER, deployment, scratch, free_port(None), expected=_by_the_artefact(scratch))
    return replace(made, command=replace(made.command, log=folder / "log"))


def _by_the_artefact(scratch: Path) -> Callable[[bytes], float]:
    scorer = load_scorer(scratch / "artefact")
    return lambda asked: float(scorer.score([json.loads(asked)["user"]["attributes"]]).benefit[0])


def test_the_peers_and_we_serve_the_same_trees(scratch: Path) -> None:
    """The artefact scores as the pickle does, to the bit, and is certified for what is asked."""
    scorer, pickled = load_scorer(scratch / "artefact"), joblib.load(scratch / FILE)
    rows = customers(50, seed=3)

    scores = scorer.score([dict(zip(NAMES, row, strict=True)) for row in rows.tolist()])

    assert scores.benefit.tolist() == pickled.predict(rows).tolist()
    assert (TREES, scorer.cutoff, scorer.permits("delivery_update", "chat", now())) == (200, CUTOFF, True)


def test_one_round_of_ours_is_durable_and_without_errors(scratch: Path, tmp_path: Path) -> None:
    """A server answers what the model says, over 16 connections and over one, and its ledger has every answer."""
    ours = _ours(scratch, tmp_path, 2_500)
    entry = Entry(name=ONE_WORKER, contestant=ours)

    one_round(entry, ours, PLAN)

    assert (entry.problem, len(entry.runs)) == (None, 1)
    run = entry.runs[0]
    came_to, because = actions(str(ours.ours))
    answered = run.many.requests + run.one.requests
    assert (run.many.failed + run.one.failed, came_to.total() > answered > 0) == (0, True)
    assert set(because) <= {"held_out", "below_cutoff"}
    assert came_to["send"] > 0.75 * came_to.total()
    assert "first answer after" in line(entry)
    page = _page(entry, {ONE_WORKER: (came_to, because)})
    assert [word for word in ("| outreach |", "errors 0: 0", "as its ledger says: send") if word not in page] == []


def _page(entry: Entry, mixes: dict[str, tuple[Counter[str], Counter[str]]]) -> str:
    lost = Entry(name="BentoML", problem="left out: no such package")
    found = Found(entries=[entry, lost], mixes=mixes, decided={1: 100.0}, load=(0.0, 1.0), scratch=HERE)
    return report(found, PLAN)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b'{"customer_would_thank": {"benefit": 0.25}}', "it predicts 0.25 where scikit-learn predicts 7.0"),
        (b'{"customer_would_thank": {"benefit": null}}', "which holds no prediction"),
        (b"[]", "which holds no prediction"),
    ],
    ids=["another", "none", "nonsense"],
)
def test_a_server_that_serves_another_model_is_not_measured(ours: Contestant, answer: bytes, problem: str) -> None:
    """What predicts something else than scikit-learn, or nothing, gets a reason instead of figures."""
    with pytest.raises(ValueError, match=re.escape(problem)):
        _check(replace(ours, expected=lambda _body: 7.0), b"{}", answer)


def test_a_server_that_does_not_start_says_why(ours: Contestant, tmp_path: Path) -> None:
    """The last line that it wrote is the reason, and the run goes on with the others."""
    words = [sys.executable, "-c", "raise SystemExit('no such model')"]
    broken = replace(ours, command=replace(ours.command, words=words, log=tmp_path / "broken"))
    entry = Entry(name="broken", contestant=broken)

    one_round(entry, broken, PLAN)

    assert (entry.runs, line(entry)) == (
        [],
        "broken: it did not answer ([Errno 111] Connection refused): no such model",
    )


@pytest.mark.parametrize("again", [True, False])
def test_nobody_is_asked_about_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool) -> None:  # noqa: FBT001  (both cases)
    """Customers that run out end the run of a ledger, since a second question is refused and faster; peers go on."""
    said = '{"requests": 9, "seconds": 1.0, "p50": 1.0, "p99": 2.0, "failed": 0, "place": 70, "again": 1}'
    done = subprocess.CompletedProcess((), 0, stdout=f"Running 1s test\n{said}\n")
    monkeypatch.setattr(subprocess, "run", lambda *_words, **_how: done)
    target = Target(port=1, path="/", headers=tmp_path, bodies=Bodies(tmp_path / "few.jsonl"), again=again)

    with nullcontext() if again else pytest.raises(ValueError, match="prepare more of them"):
        load(target, connections=1, seconds=1, by="wrk")

    assert target.bodies.place == 70


def test_decide_in_process_takes_fresh_customers(
    ours: Contestant, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every group size gets a positive figure; contexts come from the ledger."""
    monkeypatch.setattr("benchmarks.serving_decide.GROUPS", {1: 4, 8: 4})

    actual = in_process(str(ours.ours), ours.bodies, scratch / "artefact", at=now())

    assert (list(actual), list(GROUPS), all(each > 0 for each in actual.values())) == ([1, 8], [1, 256], True)


def test_a_copy_of_a_ledger_is_asked_from_the_start(ours: Contestant, tmp_path: Path) -> None:
    """Two workers get the same customers as one did, on a file of their own."""
    whole = prepare(f"sqlite:///{tmp_path / 'whole.db'}", customers(3, seed=2), tmp_path / "3.jsonl", at=NOON)
    whole.bodies.next()

    copy = copied(whole, tmp_path / "copy")

    with (
        closing(open_ledger(copy.url, now=NOON, salt=b"another", create=False)) as ledger,
        ledger.transaction() as read,
    ):
        known = [read.preferences(f"user-{number}") is not None for number in range(4)]
    assert (copy.bodies.place, copy.key == whole.key, known) == (0, True, [True, True, True, False])
    assert ours.bodies.place == 0


def test_it_is_noon_where_they_live() -> None:
    """Nobody is kept back because of the hour at which the benchmark runs."""
    actual = [zone_of_noon(NOON.replace(hour=hour)) for hour in (0, 11, 12, 13, 23)]

    assert actual == ["Etc/GMT-12", "Etc/GMT-1", "Etc/GMT", "Etc/GMT+1", "Etc/GMT+11"]


def test_customers_last_for_every_round() -> None:
    """As many as all runs of all rounds could ask about at the rate that is foreseen, and some more."""
    assert needed(replace(PLAN, rounds=5, seconds=4, alone=2, warm=1), 10_000) > 5 * (1 + 4) * 10_000


def test_every_peer_gets_the_same_ten_numbers() -> None:
    """Whatever the form, the row is whole, in order, and as precise as in our own request."""
    row = customers(1, seed=1)[0].tolist()
    ours = list(json.loads(body(0, row))["user"]["attributes"].values())

    actual = {
        peer.name: [float(text) for text in re.findall(r"\d+\.\d+", json.dumps(peer.body(row)))] for peer in PEERS
    }

    assert (ours, actual) == (row, dict.fromkeys(actual, row))


def test_the_peers_read_the_pickle_of_this_scikit_learn() -> None:
    """Every list of packages pins the scikit-learn and numpy that wrote the model, and names no index."""
    wanted = {f"{name}=={version(name)}" for name in ("scikit-learn", "numpy")}
    lists = {peer.environment: (HERE / f"serving_peers/{peer.environment}.txt").read_text() for peer in PEERS}

    actual = [name for name, text in lists.items() if not wanted <= set(text.split()) or "://" in text]

    assert (actual, len(lists)) == ([], 5)


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, []),
        ({"many": 5_999.0}, ["durable decisions/s", "≥ 8 × FastAPI"]),
        ({"p50": 2.6, "p99": 10.1}, ["p50 ≤ 2.5", "p99 ≤ 10"]),
        ({"one_p50": 0.81}, ["one connection"]),
        ({"rss": 151.0, "start": 2.1, "errors": 1}, ["memory", "first answer", "errors"]),
    ],
)
def test_verdicts_are_plain(changed: dict[str, float], missed: list[str]) -> None:
    """A figure that is not reached is said to be not reached, whatever else is."""
    ours = replace(GOOD, **changed)
    peers = {"FastAPI + scikit-learn": replace(GOOD, many=780.0), "BentoML": replace(GOOD, many=300.0)}

    said = verdicts({ONE_WORKER: ours, **peers}, {1: 250.0, 256: 6.0})

    actual = [each.removeprefix("- NOT reached: ") for each in said if each.startswith("- NOT reached")]
    assert [found.startswith(start) for found, start in zip(actual, missed, strict=True)] == [True] * len(missed)
    assert [each for each in said if "not measured" in each] == [
        "- not measured: ≥ 40 × mlflow models serve",
        "- not measured: a second worker costs ≤ 10%",
    ]


def test_peers_that_batch_stand_beside_the_verdict() -> None:
    """The faster way of a peer is not hidden: its ratio is printed as well."""
    figures = {ONE_WORKER: GOOD, "BentoML": replace(GOOD, many=400.0), "BentoML, batching": replace(GOOD, many=1_300.0)}

    said = verdicts(figures, {})

    assert "  - beside it, with its batching switched on: 5 ×" in said


def test_the_whole_tree_of_processes_counts() -> None:
    """A child's memory and seconds are its parent's; a process that is gone counts for nothing."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        found = tree([os.getpid()])
        held = memory([os.getpid()])
    finally:
        child.communicate(b"\n")
    gone = (cpu_seconds([child.pid]), memory([child.pid]).rss)

    actual = ({os.getpid(), child.pid} <= set(found), held.rss >= held.pss > 0, cpu_seconds([os.getpid()]) > 0, gone)

    assert actual == (True, True, True, (0.0, 0.0))


def test_other_scripts_of_the_folder_still_find_the_package() -> None:
    """`benchmarks/serving.py` has the name of the package, which scripts of the folder import: it hands on to it."""
    code = f"import sys; sys.path.insert(0, {str(HERE)!r}); import serving.access.keys; print(serving.__file__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert (done.stdout.strip(), done.stderr) == (str(ROOT / "serving/__init__.py"), "")
