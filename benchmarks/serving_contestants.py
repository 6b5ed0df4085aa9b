"""Who is asked in `serving.py`: our API on three ledgers, and five peers, each as its own documentation starts it.

A peer gets the pickled model and one row of ten numbers a request, in the form that it reads fastest as JSON, one
worker, no access log, no metrics of its own where they can be switched off. LitServe, BentoML and MLServer can put
requests of several clients together; each is asked both ways, the second time with `batching` in its name.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import environment
from benchmarks.serving_load import Bodies
from benchmarks.serving_model import FILE, NAMES, Floats
from benchmarks.serving_ours import Deployment
from benchmarks.serving_processes import Command

HERE = environment.HERE / "serving_peers"
VENVS = environment.HERE / ".venv-serving"
ONLY_PREDICTS = "predicts; no record, no policy, a crash forgets everything"
DECIDES = "decides, checks every filter, answers after fsync"
JSON_HEADERS = {"host": "localhost", "content-type": "application/json"}
QUIET = {"OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "True"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One deployment: how it starts, where it listens, what it is sent, and where its answer has the prediction."""

    name: str
    command: Command
    port: int
    path: str
    headers: Mapping[str, str]
    bodies: Bodies
    expected: Callable[[bytes], float]  # what scikit-learn itself predicts for a body
    read: Callable[[Any], float]
    does: str
    ours: str | None = None  # the address of our ledger
    beside: Sequence[int] = field(default=())  # processes that belong to it and run all the time: a database


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer: its environment, its words after the interpreter, the body of one row, and its answer."""

    name: str
    environment: str
    words: Callable[[Path, Path, int], Sequence[str]]
    path: str
    body: Callable[[list[float]], dict[str, Any]]
    read: Callable[[Any], float]
    variables: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Path, Path, int], None] | None = None


def _uvicorn(python: Path, _scratch: Path, port: int) -> list[str]:
    quiet = ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    return [str(python), "-m", "uvicorn", "fastapi_app:app", "--host", "127.0.0.1", *quiet]


def _litserve(python: Path, _scratch: Path, port: int) -> list[str]:
    return [str(python), "litserve_server.py", str(port)]


def _bentoml(python: Path, _scratch: Path, port: int) -> list[str]:
    at = ["--host", "127.0.0.1", "--port", str(port)]
    return [str(python), "-m", "bentoml", "serve", "-q", "bentoml_service:Customers", *at]


def _mlserver(python: Path, scratch: Path, port: int) -> list[str]:
    return [str(python.parent / "mlserver"), "start", str(scratch / f"mlserver-{port}")]


def _mlflow(python: Path, scratch: Path, port: int) -> list[str]:
    at = ["-h", "127.0.0.1", "-p", str(port), "--workers", "1"]
    return [
        str(python),
        "-m",
        "mlflow",
        "models",
        "serve",
        "-m",
        str(scratch / "mlflow"),
        "--env-manager",
        "local",
        *at,
    ]


def _mlflow_model(python: Path, scratch: Path, _port: int) -> None:
    """Save the model as mlflow's own flavour, once."""
    if not (scratch / "mlflow").exists():
        environment.run(python, "serving_peers/mlflow_save.py", scratch / FILE, scratch / "mlflow")


def _mlserver_settings(scratch: Path, port: int, **model: Any) -> None:
    """Write the folder that MLServer serves: no pool of processes, which its documentation advises for light models."""
    folder = scratch / f"mlserver-{port}"
    folder.mkdir(exist_ok=True)
    ports = {"http_port": port, "grpc_port": port + 100, "metrics_port": port + 200}
    server = {"debug": False, "host": "127.0.0.1", "parallel_workers": 0, "metrics_endpoint": None, **ports}
    named = {"name": "customers", "implementation": "mlserver_sklearn.SKLearnModel"}
    (folder / "settings.json").write_text(json.dumps(server))
    served = named | {"parameters": {"uri": str(scratch / FILE)}} | model
    (folder / "model-settings.json").write_text(json.dumps(served))


def _mlserver_plain(_python: Path, scratch: Path, port: int) -> None:
    _mlserver_settings(scratch, port)


def _mlserver_batching(_python: Path, scratch: Path, port: int) -> None:
    _mlserver_settings(scratch, port, max_batch_size=16, max_batch_time=0.002)


_BATCHING = {"BENCHMARK_BATCH": "1"}
_LITSERVE = {"path": "/predict", "body": lambda row: {"features": row}, "read": lambda answer: answer["prediction"]}
_BENTOML = {"path": "/predict", "body": lambda row: {"rows": [row]}, "read": lambda answer: answer[0]}
_MLSERVER = {
    "path": "/v2/models/customers/infer",
    "body": lambda row: {"inputs": [{"name": "x", "shape": [1, len(row)], "datatype": "FP64", "data": row}]},
    "read": lambda answer: answer["outputs"][0]["data"][0],
}
PEERS = (
    Peer(
        name="FastAPI + scikit-learn",
        environment="fastapi",
        words=_uvicorn,
        path="/predict",
        body=lambda row: dict(zip(NAMES, row, strict=True)),
        read=lambda answer: answer["prediction"],
    ),
    Peer(name="MLServer", environment="mlserver", words=_mlserver, prepare=_mlserver_plain, **_MLSERVER),
    Peer(name="MLServer, batching", environment="mlserver", words=_mlserver, prepare=_mlserver_batching, **_MLSERVER),
    Peer(name="LitServe", environment="litserve", words=_litserve, **_LITSERVE),
    Peer(name="LitServe, batching", environment="litserve", words=_litserve, variables=_BATCHING, **_LITSERVE),
    Peer(name="BentoML", environment="bentoml", words=_bentoml, **_BENTOML),
    Peer(name="BentoML, batching", environment="bentoml", words=_bentoml, variables=_BATCHING, **_BENTOML),
    Peer(
        name="mlflow models serve",
        environment="mlflow",
        words=_mlflow,
        path="/invocations",
        body=lambda row: {"inputs": [row]},
        read=lambda answer: answer["predictions"][0],
        prepare=_mlflow_model,
    ),
)


def of_peer(peer: Peer, scratch: Path, port: int, *, rows: Floats, first: float) -> Contestant:
    """Make a peer's environment and files; `first` is scikit-learn's own prediction for the first of the rows.

    Raises:
        CalledProcessError, OSError: its environment or its model cannot be made.
    """
    lock, venv = HERE / f"{peer.environment}.txt", VENVS / peer.environment
    interpreter = environment.python(venv, lock, size="250 to 650 MB")
    if peer.prepare:
        peer.prepare(interpreter, scratch, port)
    bodies = scratch / f"{port}.jsonl"
    bodies.write_text("".join(f"{json.dumps(peer.body(row))}\n" for row in rows.tolist()))
    path = f"{interpreter.parent}{os.pathsep}{os.environ['PATH']}"
    variables = QUIET | {"BENCHMARK_MODEL": str(scratch / FILE), "PATH": path, "VIRTUAL_ENV": str(venv)}
    return Contestant(
        name=peer.name,
        command=Command(
            words=peer.words(interpreter, scratch, port),
            environment=variables | dict(peer.variables),
            folder=HERE,
            log=scratch / f"{port}.log",
        ),
        port=port,
        path=peer.path,
        headers=JSON_HEADERS,
        bodies=Bodies(bodies),
        expected=lambda _body: first,
        read=peer.read,
        does=ONLY_PREDICTS,
    )


def of_ours(  # noqa: PLR0913  (what one deployment is made of)
    name: str,
    deployment: Deployment,
    scratch: Path,
    port: int,
    *,
    expected: Callable[[bytes], float],
    workers: int = 1,
    beside: Sequence[int] = (),
) -> Contestant:
    """Return our API on a ledger, started by its command line as anybody starts it."""
    at = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    kept = ["--model", str(scratch / "artefact"), "--ledger", deployment.url]
    return Contestant(
        name=name,
        command=Command(
            words=[sys.executable, "-m", "serving.cli", "serve", *at, *kept],
            environment=QUIET | {"PYTHONPATH": str(environment.ROOT)},
            folder=scratch,
            log=scratch / f"{port}.log",
        ),
        port=port,
        path="/v1/decisions",
        headers=JSON_HEADERS | {"authorization": f"Bearer {deployment.key}"},
        bodies=deployment.bodies,
        expected=expected,
        read=lambda answer: answer["customer_would_thank"]["benefit"],
        does=DECIDES,
        ours=deployment.url,
        beside=beside,
    )
