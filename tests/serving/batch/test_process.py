"""What a process of a plan does without."""

import subprocess
import sys

PROGRAM = """
import sys
{before}
from serving.batch.process import be_lean, settled
be_lean()
settled()
import pyarrow as pa, pyarrow.compute as pc
made = pa.array([True, None]).to_numpy(zero_copy_only=False).tolist()
joined = pc.binary_join_element_wise(pa.array([b"a"]), b"b", b"").to_pylist()
print(made, joined, pa.scalar(b"c").as_py(), pa.cpu_count(), "pandas" in sys.modules)
{after}
"""


def told(before: str = "", after: str = "") -> list[str]:
    """Return what a process says that is made lean."""
    code = PROGRAM.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_arrow_loads_no_pandas_and_starts_no_threads() -> None:
    """Arrays go to numpy and come back, and pandas was never looked for."""
    assert told() == ["[True, None] [b'ab'] b'c' 1 False"]


def test_pandas_can_still_be_had() -> None:
    """Who wants it, gets it; who has it, keeps it."""
    frame = "print(pa.table({'a': [1, None]}).to_pandas()['a'].isna().tolist())"
    expected = [
        "[True, None] [b'ab'] b'c' 1 False",
        "[False, True]",
        "[True, None] [b'ab'] b'c' 1 True",
        "[False, True]",
    ]
    assert [*told(after=frame), *told(before="import pandas", after=frame)] == expected
