"""No pickle anywhere on the serving path: nothing in our code reads one, and a process that cannot still serves."""

import ast
import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from model.artefact import load
from tests.model.artefacts import written
from tests.model.examples import boosted_scorer

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = sorted([*ROOT.glob("model/**/*.py"), *ROOT.glob("serving/**/*.py"), ROOT / "run.py"])
READERS = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "dbm", "jsonpickle"}
RUNNERS = {"eval", "exec", "compile", "__import__"}
UNSAFE = {"UnsafeLoader", "FullLoader", "Loader", "load_all", "unsafe_load", "full_load"}
MACHINE_CODE = {"model/trees/kernel.py", "model/trees/kernel_image.py"}


@cache
def parts(path: Path) -> tuple[ast.AST, ...]:
    """Return all that a file of the product says, parsed and walked once for all who look; nobody changes it."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def named(path: Path) -> set[str]:
    """Return the top-level names of what is imported."""
    plain = [alias.name for node in parts(path) if isinstance(node, ast.Import) for alias in node.names]
    taken = [node.module for node in parts(path) if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in (*plain, *taken)}


def called(path: Path) -> set[str]:
    """Return what is called by its plain name."""
    return {n.func.id for n in parts(path) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def test_no_file_reads_a_pickle_or_runs_text() -> None:
    """Neither imported nor called, not even lazily; joblib only runs things beside each other while learning."""
    found = {}
    for path in PRODUCT:
        text = path.read_text()
        loads = {each for each in ("joblib.load", "torch.load") if each in text}
        found[str(path.relative_to(ROOT))] = (named(path) & READERS) | (called(path) & RUNNERS) | loads
    assert {place: names for place, names in found.items() if names} == {}


def test_arrays_and_yaml_are_read_without_objects() -> None:
    """`allow_pickle` is nowhere but false, and no loader of YAML that makes objects is named."""
    found = []
    for path in PRODUCT:
        for node in parts(path):
            pickled = isinstance(node, ast.keyword) and node.arg == "allow_pickle"
            pickled = pickled and ast.unparse(node.value) != "False"
            loader = isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml" and node.attr in UNSAFE
            if pickled or loader:
                found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_machine_code_is_loaded_in_one_place() -> None:
    """What the kernel compiled in this process, or in the one that started it; never from a file that others write."""
    found = {str(path.relative_to(ROOT)) for path in PRODUCT if "ctypes" in named(path)}
    assert found == MACHINE_CODE


PROCESS = """
import json, pickle, sys
import _pickle

class Refused(Exception):
    pass

def refuse(*_args, **_kwargs):
    raise Refused("a pickle was read")

class Unpickler:
    def __init__(self, *_args, **_kwargs):
        refuse()

for module in (pickle, _pickle):
    module.loads = module.load = refuse
    module.Unpickler = Unpickler
pickle._loads = pickle._load = refuse
heard = []
sys.addaudithook(lambda event, args: heard.append(event) if event == "pickle.find_class" else None)

import time
from pathlib import Path
from serving.app import create_app
from serving.settings import Settings
from tests.serving.served import Served, candidate, memory_ledger

first, second = map(Path, sys.argv[1:3])
app = create_app(Settings(model=str(first), poll_seconds=1), ledger=memory_ledger())
walked = app.state.api.models.scorer.walked(300.0)
with Served(app) as served:
    statuses = [served.post("/v1/decisions", candidate()).status_code]
    versions = [served.get("/version").json()["model_version"]]
    first.rename(first.with_name("old"))
    second.rename(first)
    until = time.monotonic() + 120.0
    while served.get("/version").json()["model_version"] == versions[0] and time.monotonic() < until:
        time.sleep(0.1)
    versions.append(served.get("/version").json()["model_version"])
    statuses.append(served.post("/v1/decisions", candidate(2)).status_code)
print(json.dumps({"walked": walked, "versions": versions, "statuses": statuses, "heard": heard}))
"""


def test_a_process_that_cannot_read_a_pickle_starts_loads_serves_and_swaps(tmp_path: Path) -> None:
    """Every reader of pickles refuses from the first line on: walk, API and another model come all the same."""
    folders = [written(tmp_path / name, boosted_scorer(seed=seed)) for name, seed in (("model", 4), ("another", 5))]
    expected = [load(folder).sha256[:12] for folder in folders]
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, *map(str, folders)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    walk = "compiled" if importlib.util.find_spec("numba") else "numpy"
    assert said == {"walked": walk, "versions": expected, "statuses": [200, 200], "heard": []}


@pytest.mark.parametrize("name", ["loads", "load", "Unpickler"])
def test_the_process_above_would_notice(name: str) -> None:
    """The refusal is one: whoever reads a pickle there ends with an error."""
    read = {"loads": "pickle.loads(b'x')", "load": "pickle.load(None)", "Unpickler": "pickle.Unpickler(None)"}[name]
    begin = PROCESS.partition("import time")[0]
    done = subprocess.run([sys.executable, "-c", f"{begin}\n{read}"], capture_output=True, text=True, check=False)
    assert (done.returncode, "a pickle was read" in done.stderr) == (1, True)
