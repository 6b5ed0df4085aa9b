"""As many cores as this process may use, not as many as the machine has."""

import os

import pytest

from serving.processes import cores


@pytest.mark.parametrize("told", [True, False], ids=["by the system", "by the machine"])
def test_a_process_that_may_use_three_cores_uses_three(told: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  (a parameter of the test)
    """Where the system does not say, the machine's count stands."""
    if told:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    else:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert cores() == 3
