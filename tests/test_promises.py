"""The promises of the house (HOUSE section 2) that need a ledger, a table or an artefact.

Promises 1 to 6, 8, 10 and 11 are about the pure core: `tests/serving/test_promises.py`.
"""

import ast
import sqlite3
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.artefact import load, write
from model.canonical import sha256
from model.errors import InvalidArtefact, InvalidInput, Unavailable
from model.synthetic import World
from model.table import Table
from serving.fakes import FakeScorer
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger, Transaction
from tests.model.examples import ISSUED_AT, boosted_scorer, extra, rows
from tests.model.tables import good_frame, roles
from tests.serving.served import NOON, Served, app_of, candidate, consent, event, with_keys

ROOT = Path(__file__).resolve().parent.parent


class Gate:
    """A ledger whose next commit waits for `open`, or fails: what a slow or broken disk does."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.open, self.broken = ledger, threading.Event(), False
        self.open.set()

    @property
    def salt(self) -> bytes:
        """The ledger's own."""
        return self.ledger.salt

    @contextmanager
    def transaction(self, *, about: Sequence[str] | None = None) -> Iterator[Transaction]:
        """Everything as the ledger does it, but the end of the block waits or fails."""
        with self.ledger.transaction(about=about) as transaction:
            yield transaction
            self.open.wait(timeout=30)
            if self.broken:
                raise Unavailable("the disk is full")

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A ledger in a file, behind a gate."""
    ledger = open_ledger(f"sqlite:///{tmp_path}/l.db", now=NOON, salt=b"for tests", shipped=shipped_digests())
    return Gate(with_keys(ledger, NOON))


def ready(gate: Gate, api: Served) -> None:
    """Record consent and evidence for one customer."""
    consent(api, "u-17")
    assert api.post("/v1/events", event()).status_code == 202
    assert gate.open.is_set()


def test_promise_7_the_answer_waits_for_the_commit(gate: Gate, tmp_path: Path) -> None:
    """While the commit hangs nobody is answered; once it is through, another reader finds the decision."""
    with Served(app_of(gate)) as api:
        ready(gate, api)
        gate.open.clear()
        answers = []
        asking = threading.Thread(target=lambda: answers.append(api.post("/v1/decisions", candidate())))
        asking.start()
        asking.join(timeout=0.5)
        assert (answers, recorded(tmp_path)) == ([], [])
        gate.open.set()
        asking.join(timeout=30)
        actual = recorded(tmp_path)
        assert actual == [answers[0].json()["decision_id"]]


def test_promise_7_what_cannot_be_written_is_not_sent(gate: Gate, tmp_path: Path) -> None:
    """A failed commit is 503 with `Retry-After`, leaves nothing behind, and the next try is decided as if first."""
    with Served(app_of(gate)) as api:
        ready(gate, api)
        gate.broken = True
        refused = api.post("/v1/decisions", candidate())
        assert (refused.status_code, "Retry-After" in refused.headers, recorded(tmp_path)) == (503, True, [])
        gate.broken = False
        actual = api.post("/v1/decisions", candidate()).json()["action"]
        assert actual == "send"


def recorded(folder: Path) -> list[str]:
    """The decisions that a second connection sees: what is committed."""
    with closing(sqlite3.connect(f"file:{folder}/l.db?mode=ro", uri=True)) as reader:
        return [row[0] for row in reader.execute("SELECT decision_id FROM decisions ORDER BY seq")]


def test_promise_9_the_features_read_are_in_the_record() -> None:
    """What the scorer saw is logged with the decision, and stays though the customer changes later."""
    with Served(app_of(scorer=FakeScorer(cutoff=0.004, feature="tenure_days"))) as api:
        consent(api, "u-17")
        api.post("/v1/events", event())
        answer = api.post("/v1/decisions", candidate()).json()
        changed = candidate() | {"user": {"id": "u-17", "attributes": {"tenure_days": 999}}}
        api.post("/v1/decisions", changed)
        actual = api.get(f"/v1/decisions/{answer['decision_id']}").json()["features"]
        assert actual["tenure_days"] == 410


def test_promise_9_a_feature_observed_after_the_decision_is_refused() -> None:
    """The message names the column and the row."""
    frame = good_frame()
    decided = pd.date_range("2026-01-01", periods=len(frame), freq="h", tz="UTC")
    observed = decided.to_series(index=frame.index)
    observed.iloc[6] += timedelta(minutes=1)
    late = frame.assign(decided_at=decided, observed_at=observed)
    with pytest.raises(InvalidInput, match=r"`observed_at`, row 7"):
        Table.from_frame(late, roles(time="decided_at", features_time="observed_at"))


def test_promise_9_only_closed_windows_become_rows() -> None:
    """The table ends one longest window (14 days) before the logs do, though the logs go on."""
    world = World.generate(customers=400, days=60, seed=3)
    exported = pd.Timestamp(world.as_of, unit="s", tz="UTC")
    last_row = world.table()["decided_at"].max()
    last_contact = world.contacts()["time"].max()
    assert last_row <= exported - timedelta(days=14) < last_contact


class Bomb:
    """An object that would run code if anybody unpickled it."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Tell pickle to call `exec`."""
        return exec, ("import sys; sys.modules['boom'] = sys",)


@pytest.mark.parametrize("name", ["coef1", "centre", "golden_rows", "forest_nodes", "forest_roots", "forest_sets"])
def test_promise_12_loading_never_runs_code(tmp_path: Path, name: str) -> None:
    """An array that is a pickle in disguise is refused, with its hash re-stated, and nothing of it runs."""
    learned = boosted_scorer()
    write(tmp_path / "a", learned, extra=extra(learned, issued=True), golden=rows(learned)[:4], issued_at=ISSUED_AT)
    path = tmp_path / "a" / f"{name}.npy"
    honest = sha256(path.read_bytes())
    np.save(path, np.array([Bomb()], dtype=object), allow_pickle=True)
    manifest = tmp_path / "a" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(honest.encode(), sha256(path.read_bytes()).encode()))
    with pytest.raises(InvalidArtefact):
        load(tmp_path / "a")
    assert "boom" not in sys.modules


def test_promise_12_nothing_on_the_way_can_run_code() -> None:
    """Neither pickle, nor joblib, nor eval, nor an import by name stands in what loads and scores an artefact."""
    forbidden = {"pickle", "joblib", "marshal", "shelve", "dill", "importlib", "eval", "exec", "compile", "__import__"}
    names = ("artefact", "canonical", "learning/design", "features", "folders", "heads", "manifest", "npy")
    names += ("restore", "scorer", "trees/checks", "trees/forest", "trees/walk")
    found: dict[str, set[str]] = {}
    for path in [ROOT / "model" / f"{name}.py" for name in names] + [ROOT / "serving" / "scorer.py"]:
        tree = ast.parse(path.read_text())
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        used |= {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        used |= {(n.module or "").split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        found[path.name] = used & forbidden
    assert {name: words for name, words in found.items() if words} == {}
