"""Known vulnerabilities of what is locked: asked of the public advisories, where they can be reached."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[1] / "requirements" / "run.txt"
AUDIT = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"]
QUIET = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]


def test_nothing_that_is_locked_has_a_known_vulnerability() -> None:
    """Every package of the lock is asked about; without a network there is nobody to ask, and that is said."""
    asked = subprocess.run([*AUDIT, *QUIET], capture_output=True, text=True, timeout=300, check=False)
    if not asked.stdout.strip():
        assert "connect" in asked.stderr.lower(), asked.stderr
        pytest.skip(f"the advisories cannot be reached: {asked.stderr.strip().splitlines()[-1:]}")
    found = json.loads(asked.stdout)["dependencies"]
    if all("skip_reason" in one for one in found):
        pytest.skip("the advisories cannot be reached: no package could be audited")

    vulnerable = {one["name"]: [known["id"] for known in one["vulns"]] for one in found if one.get("vulns")}

    assert vulnerable == {}
