"""`benchmarks/spent.py`: processor seconds of all processes count, whether they go on or have ended."""

import subprocess
import sys

import pytest

from benchmarks.spent import spent

BUSY = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
@pytest.mark.parametrize("waits", [True, False], ids=["ended", "goes on"])
def test_what_a_child_works_counts(waits: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    """Waiting is no work."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def work() -> None:
            child.stdout.readline()  # type: ignore[union-attr]
            if waits:
                child.communicate(b"\n")

        busy, idle = spent(work), spent(lambda: None)
        if not waits:
            child.communicate(b"\n")
    assert (busy.processor > 0.2, idle.processor < 0.2, busy.seconds > 0) == (True, True, True)
