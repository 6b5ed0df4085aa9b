"""The process that started this one, and what to do when it is gone."""

import os
from multiprocessing import parent_process
from multiprocessing.connection import wait


def outlive_nobody() -> None:
    """Wait until the parent of this process is gone, and end it; for a thread of its own."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
