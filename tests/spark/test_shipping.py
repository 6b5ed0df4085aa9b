import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.batch.summary import versions
from serving.policy_files.templates import load_policy
from serving.spark.shipping import Shipped, packed, program, unpacked
from tests.model.artefacts import written
from tests.model.examples import boosted_scorer
from tests.spark.bare import bare_packages

SAYS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import serving.policy_files.templates, serving.batch.summary, serving.columnar.deciding, serving.batch.shards
policy = serving.policy_files.templates.load_policy()
print(json.dumps([serving.policy_files.templates.__file__, policy.version, serving.batch.summary.versions()]))
"""


def test_the_program_runs_from_the_zip_where_nothing_of_it_is_installed(tmp_path: Path) -> None:
    """Rules, data files and versions are those of this process; the interpreter sees neither checkout nor package."""
    place = tmp_path / "program.zip"
    place.write_bytes(program())
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(bare_packages(tmp_path))}
    words = [sys.executable, "-S", "-c", SAYS, str(place)]
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    actual = json.loads(done.stdout)
    assert actual == [f"{place}/serving/policy_files/templates.py", load_policy().version, versions()]


def test_the_zip_holds_the_sources_and_the_data_and_nothing_that_was_compiled() -> None:
    """The same program gives the same bytes."""
    names = zipfile.ZipFile(BytesIO(program())).namelist()
    assert {"model/trees/kernel_source.py", "serving/policy/shipped/wording.json", "serving/spark/shipping.py"} <= set(
        names
    )
    assert [name for name in names if name.endswith(".pyc")] == []
    assert program() == program()


def test_policy_and_model_travel_as_bytes(tmp_path: Path) -> None:
    """What is loaded far away is what the folders held, whatever became of them."""
    artefact = written(tmp_path / "artefact", boosted_scorer())
    policy = tmp_path / "policy"
    policy.mkdir()
    (policy / "ours.yaml").write_text("templates: []\n")
    (policy / "notes.bin").write_bytes(b"\0")
    shipped = Shipped.of(policy=policy, limits={}, model=artefact)
    expected = load_policy(policy).version
    (policy / "ours.yaml").unlink()
    loaded, scorer = shipped.load()
    assert scorer is not None
    assert sorted(shipped.policy or ()) == ["ours.yaml"]
    assert loaded.version == expected


def test_what_a_registry_calls_the_model_travels(tmp_path: Path) -> None:
    """Every executor decides by that version, as the machine that began it does."""
    _, scorer = Shipped.of(policy=None, limits={}, model=written(tmp_path / "a"), version="7").load()
    assert scorer is not None
    assert scorer.version == "7"


def test_a_model_that_was_changed_on_the_way_is_refused(tmp_path: Path) -> None:
    """An executor checks what it was given, as everybody does."""
    artefact = written(tmp_path / "artefact", boosted_scorer())
    files = dict(packed(artefact))
    name = next(name for name in files if name.endswith(".npy"))
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
    with pytest.raises(InvalidInput, match="artefact"):
        Shipped(policy=None, limits={}, model=files).load()


def test_what_was_unpacked_is_gone_after_the_block() -> None:
    """Nothing of a model stays on an executor's disk."""
    with unpacked({"a.txt": b"a"}) as folder:
        there = (folder / "a.txt").read_bytes()
    assert there == b"a"
    assert not folder.exists()
