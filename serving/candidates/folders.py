"""A folder of Parquet files as one file of candidates: which files, in which order, and that they have one schema."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from model.errors import InvalidInput


def parts_of(folder: Path) -> tuple[Path, ...]:
    """Return the Parquet files of a folder, by name; what begins with `_` or `.` is not for readers.

    Raises:
        InvalidInput: there is none, or something else stands among them.
    """
    found = sorted(path for path in folder.iterdir() if not path.name.startswith(("_", ".")))
    other = next((path for path in found if path.is_dir() or path.suffix.lower() != ".parquet"), None)
    if other is not None or not found:
        why = "and holds none" if other is None else f"and holds `{other.name}`"
        raise InvalidInput(f"`{folder}` is a folder {why}; give one file, or a folder of .parquet files alone")
    return tuple(found)


def check_alike(files: Sequence[Path], schema: pa.Schema) -> None:
    """Refuse files of different columns: what one of them says nothing of would be taken as said.

    Raises:
        InvalidInput: which file is another.
    """
    for path in files[1:]:
        if not pa.parquet.read_schema(path).equals(schema):
            raise InvalidInput(
                f"`{path}`: its columns or their types are not those of `{files[0].name}`; write all with one schema"
            )
