"""Processes that work for another one: how many are of use here, and that none outlives who started it."""

import os
from multiprocessing import parent_process
from multiprocessing.connection import wait


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def outlive_nobody() -> None:
    """Wait until the parent of this process is gone, and end it; for a thread of its own."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
