"""What a job takes along: this program as a zip, and folders as bytes; executors need Python and the packages it uses.

The zip holds `model` and `serving` with their data files, and the distribution's name and version, so that what an
executor runs is what this process runs, byte by byte, whatever is installed there.
"""

import hashlib
import io
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import model
import serving
from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Scorer
from serving.scorer import load_scorer

if TYPE_CHECKING:
    from pyspark import SparkContext

PACKAGES: Final = (model, serving)
NAME: Final = "outreach"
LEFT_OUT: Final = ("__pycache__", ".pyc")
MIDNIGHT: Final = (1980, 1, 1, 0, 0, 0)  # of every file in the zip: the same program gives the same bytes


def ship_program(context: "SparkContext") -> None:
    """Have every Python process of a job import this program from a zip, whatever stands on its path."""
    content = program()
    name = f"{NAME}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
    if any(known.endswith(name) for known in context.listFiles):
        return
    folder = Path(tempfile.mkdtemp(prefix="outreach-"))
    weakref.finalize(context, shutil.rmtree, folder, ignore_errors=True)  # executors that start later fetch it too
    (folder / name).write_bytes(content)
    context.addPyFile(str(folder / name))


def program() -> bytes:
    """Return this program as a zip that Python imports from."""
    said = f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version(NAME)}\n".encode()
    found = {f"{NAME}-{version(NAME)}.dist-info/METADATA": said}
    for package in PACKAGES:
        found |= dict(_files(files(package), package.__name__))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for name in sorted(found):
            zipped.writestr(zipfile.ZipInfo(name, MIDNIGHT), found[name], zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _files(folder: Traversable, place: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file below a folder."""
    for each in folder.iterdir():
        if each.name.endswith(LEFT_OUT):
            continue
        name = f"{place}/{each.name}"
        if each.is_dir():
            yield from _files(each, name)
        else:
            yield name, each.read_bytes()


def packed(folder: Path, pattern: str = "*") -> Mapping[str, bytes]:
    """Return the files that stand in a folder itself and whose names fit, by name.

    Raises:
        InvalidInput: one cannot be read.
    """
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern)) if path.is_file()}
    except OSError as error:
        raise InvalidInput(f"`{folder}` cannot be read ({error.strerror}); mend its permissions, run again") from error


@contextmanager
def unpacked(folder: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield a folder with these files; it is gone after the block."""
    with tempfile.TemporaryDirectory(prefix="outreach-") as place:
        for name, content in folder.items():
            (Path(place) / name).write_bytes(content)
        yield Path(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """Policy and model as they travel with a job: the policy's files (None: the shipped ones), limits, the artefact.

    `version` is what a registry calls the artefact, where one named it.

    Loading checks them as everywhere: the artefact's hashes and golden rows, the templates, the limits.
    """

    policy: Mapping[str, bytes] | None
    limits: Mapping[str, JSON]
    model: Mapping[str, bytes] | None
    version: str | None = None

    @classmethod
    def of(
        cls, *, policy: Path | None, limits: Mapping[str, JSON], model: Path | None, version: str | None = None
    ) -> "Shipped":
        """Read both folders. Raises `InvalidInput`."""
        return cls(
            policy=None if policy is None else packed(policy, "*.yaml"),
            limits=dict(limits),
            model=None if model is None else packed(model),
            version=version,
        )

    def load(self) -> tuple[Policy, Scorer | None]:
        """Load both. Raises `InvalidInput` where they cannot be trusted."""
        return self._policy(), self._scorer()

    def _policy(self) -> Policy:
        if self.policy is None:
            return load_policy(None, self.limits)
        with unpacked(self.policy) as folder:
            return load_policy(folder, self.limits)

    def _scorer(self) -> Scorer | None:
        if self.model is None:
            return None
        with unpacked(self.model) as folder:
            return load_scorer(folder, version=self.version)
