"""What the pages run beside: one API for all of them, and for each a folder of its own."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.synthetic.files import write
from model.synthetic.world import World
from serving.access.keys import key_record
from serving.cli.scenes import zone_where
from serving.ports import Preferences
from serving.setting_values import PLATFORM_SECRETS
from serving.system import new_token, now
from tests.docs.pages import ROOT, block
from tests.docs.stage import SECRET, Stage
from tests.end_to_end.server import AUTHORIZED, KEY, Server, opened, with_key
from tests.plain import PLAIN
from tests.serving.candidate_examples import candidate, write_parquet
from tests.serving.served import event
from tests.serving.test_scorer import artefact

SHIM = '#!/bin/sh\nexec python -m serving.cli "$@"\n'
THEIR_KEY = "01JD3QXJ5VKM8A7T2C9WZ4N6RE"  # that the page of keys replaces and revokes
TEXT = {"text": "Your parcel {{1}} now arrives on {{2}}. Reply to change the address."}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an API in a process of its own, which asks the shipped triggers."""
    folder = tmp_path_factory.mktemp("api")
    with_key(folder / "outreach.db")
    more = {"SHIPPED_TRIGGERS": "true", **{name.upper(): SECRET for name in PLATFORM_SECRETS}}
    with Server(folder / "outreach.db", model=str(artefact(folder / "artefact")), more=more) as server:
        yield server.url


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that each page gets a copy of."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("artefact", "challenger"):
        artefact(folder / name)
    write(World.generate(customers=400, seed=5), folder / "data" / "sample")
    history = pq.read_table(folder / "data" / "sample" / "table.parquet")
    pq.write_table(history, folder / "history.parquet")
    read = {"age": pa.array([40.0] * 50), "member": pa.array([True] * 50)}  # by `artefact`, besides what the sample has
    customers = history.slice(0, 50)
    for name, values in read.items():
        customers = customers.append_column(name, values)
    pq.write_table(customers, folder / "customers.parquet")
    write_parquet(folder / "candidates.parquet", [candidate(number) for number in range(3)])
    (folder / "proposal.toml").write_text(block("docs/replay.md", "toml"), encoding="utf-8")
    (folder / "texts.jsonl").write_text(json.dumps(TEXT) + "\n", encoding="utf-8")
    (folder / "events.jsonl").write_text(json.dumps(event()) + "\n", encoding="utf-8")
    (folder / "events.jsonl.gz").write_bytes(gzip.compress((folder / "events.jsonl").read_bytes()))
    for name in ("policy", "serving/policy/shipped"):
        shutil.copytree(ROOT / "serving/policy/shipped", folder / name, ignore=shutil.ignore_patterns("*.json"))
    (folder / "bin").mkdir()
    (folder / "bin" / "outreach").write_text(SHIM, encoding="utf-8")
    (folder / "bin" / "outreach").chmod(0o755)
    _ledger(folder / "outreach.db")
    return folder


def _ledger(path: Path) -> None:
    with_key(path)
    ledger = opened(path)
    with ledger.transaction() as transaction:
        transaction.add_key(key_record(new_token(), key_id=THEIR_KEY, name="shop", scopes=("read",), at=now()))
        transaction.set_preferences("u-17", Preferences(timezone="Europe/Paris", consent={"chat": True}), at=now())
    ledger.close()


@pytest.fixture
def stage(tmp_path: Path, files: Path, api: str, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return a copy of the files; at the API `u-17` agrees to chat, and lives where it is afternoon."""
    folder = tmp_path / "reader"
    shutil.copytree(files, folder)
    told = {"timezone": zone_where(14, now()), "consent": {"chat": True}}
    httpx.put(
        f"{api}/v1/users/u-17/preferences", headers=AUTHORIZED, json=told, timeout=30, verify=PLAIN
    ).raise_for_status()
    return Stage(folder, api, KEY, monkeypatch)
