"""The digest of what judges: every module counts, every character counts, and the place and the line endings do not."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving import policy
from serving.policy_files.source import READING, source_digest
from serving.policy_files.templates import load_policy
from tests.needs import ROOT

FOLDER = ROOT / "serving" / "policy"
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
JUDGING_ONLY = {"language", "linear"}  # whether a text can be judged, and what its features weigh


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Read the sources anew, before and after."""
    source_digest.cache_clear()
    yield
    source_digest.cache_clear()


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package stand elsewhere, where its sources may be spoiled."""
    shutil.copytree(FOLDER, tmp_path / "policy", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(policy, "__path__", [str(tmp_path / "policy")])
    monkeypatch.setattr("serving.policy_files.source.files", lambda _: tmp_path / "policy")
    return tmp_path / "policy"


def own_imports(module: str) -> set[str]:
    """Return the modules of the policy that one of them imports."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text("utf-8"))
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.removeprefix("serving.policy.") for name in named if name.startswith("serving.policy.")}


def test_the_same_sources_have_the_same_digest_anywhere(copied: Path) -> None:
    """Wherever the package is installed, and however its lines end."""
    before = source_digest()
    source_digest.cache_clear()
    for path in copied.glob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    after = source_digest()
    source_digest.cache_clear()
    assert (before, after) == (after, before)
    assert before[:7] == "sha256:"


def test_another_process_says_the_same() -> None:
    """Whatever its hash seed: the same policy has the same version on every host."""
    code = (
        "from serving.policy_files.templates import load_policy as load; print(load().wording.source, load().version)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    ).stdout
    assert told.split() == [source_digest(), load_policy().version]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_counts(copied: Path, module: str) -> None:
    """One sign more in any of them is another digest; among those that read, if it is one of these."""
    before = (source_digest(), source_digest(READING))
    source_digest.cache_clear()
    with (copied / f"{module}.py").open("a", encoding="utf-8") as source:
        source.write("#")
    after = (source_digest(), source_digest(READING))
    assert (after[0] != before[0], after[1] != before[1]) == (True, module in READING)


def test_a_module_more_or_less_counts(copied: Path) -> None:
    """A new one is covered without being named; a renamed one is another."""
    digests = {source_digest()}
    (copied / "new.py").touch()
    for name in ("new.py", "newer.py"):
        (copied / "new.py").rename(copied / name)
        source_digest.cache_clear()
        digests.add(source_digest())
    assert len(digests) == 3


def test_a_module_without_its_source_is_named(copied: Path) -> None:
    """Compiled files alone would leave the version blind."""
    (copied / "letters.py").rename(copied / "letters.pyc")
    with pytest.raises(InvalidInput) as error:
        source_digest()
    assert str(error.value) == (
        "the source of `serving.policy.letters` cannot be read (FileNotFoundError), and a policy's version covers it; "
        "install outreach with its sources"
    )


def test_a_source_that_is_no_text_is_named(copied: Path) -> None:
    """It is not what Python ran."""
    (copied / "letters.py").write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match=r"`serving.policy.letters` cannot be read \(UnicodeDecodeError\)"):
        source_digest()


def test_whatever_makes_features_is_read() -> None:
    """No module of those that read takes words or patterns from one that is not among them."""
    others = set().union(*map(own_imports, READING)) - set(READING)
    assert (others, own_imports("linear") - set(READING), [*READING]) == (JUDGING_ONLY, set(), sorted(READING))
