"""Faults of the disk under load: the small version of the script, and what it would find."""

from pathlib import Path

import pytest

from benchmarks.exact_fault_kinds import FAULTS
from benchmarks.exact_faults import VIOLATIONS, Asking, run
from tests.needs import c_compiler

SHORT = {"clients": 4, "well": 0.5, "broken": 1.5}


@pytest.mark.parametrize("name", ["read-only", "log-removed"])
def test_nothing_becomes_untrue(tmp_path: Path, name: str) -> None:
    """What was answered is on record as it was answered, once; refusals are 503; all is well by itself afterwards."""
    c_compiler()
    found = run(tmp_path, FAULTS[name], Asking(servers=1, **SHORT))
    actual = ({one: found[one] for one in VIOLATIONS}, found["acknowledged decisions"] > 0)
    assert actual == (dict.fromkeys(VIOLATIONS, 0), True)


def test_a_server_that_believes_the_disk_is_seen(tmp_path: Path) -> None:
    """It answers what it could not write, and calls itself ready."""
    c_compiler()
    found = run(tmp_path, FAULTS["fsync"], Asking(servers=1, naive=True, **SHORT))
    seen = ("acknowledged decisions lost or other", "answers with other bytes on record")
    assert [found[name] > 0 for name in seen] == [True, True]
