"""A real server, and what its process leaves behind: what it prints, and files."""

import json
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.server import AUTHORIZED, Server, with_key
from tests.serving.privacy.bodies import BODIES, CANARY, JSON_TYPE, mark, spoilt


@pytest.mark.parametrize("logs", ["text", "json"])
def test_a_server_writes_what_was_sent_nowhere_but_into_its_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logs: str
) -> None:
    """Not to its output, at development's loudest; not into temporary files, a dump or anything beside the ledger."""
    ledger, temporary = tmp_path / "kept" / "ledger.db", tmp_path / "temporary"
    for folder in (ledger.parent, temporary):
        folder.mkdir()
    for name, value in {"TMPDIR": str(temporary), "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "always"}.items():
        monkeypatch.setenv(name, value)
    with_key(ledger)
    with (
        Server(ledger, more={"LOGS": logs}) as server,
        httpx.Client(base_url=server.url, headers=AUTHORIZED, timeout=30) as client,
    ):
        statuses = {
            client.request(
                method, path.format(decision_id=mark("d"), user_id=mark("u"), number=1), content=body, headers=sent
            ).status_code
            for (method, path), bodies in BODIES.items()
            for one in bodies
            for body in (*list(spoilt(one))[:3], json.dumps(one).encode())
            for sent in ({"Content-Type": JSON_TYPE, "User-Agent": mark("agent"), "Idempotency-Key": mark("key")},)
        }
        server.process.terminate()
        printed = server.process.communicate(timeout=60)[0].decode()
    beside = [path.name for path in tmp_path.rglob("*") if path.is_file() and path.parent != ledger.parent]
    kept = sorted(path.name for path in ledger.parent.iterdir() if CANARY.encode() in path.read_bytes())

    assert (CANARY in printed, beside, kept, {200, 202, 422} <= statuses) == (False, [], ["ledger.db"], True)
    assert ('"decision_id"' in printed) == (logs == "json")
