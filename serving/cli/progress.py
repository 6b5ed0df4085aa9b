"""Progress: a bar on a terminal, plain lines otherwise; always on standard error, so that `--json` stays clean."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Report = Callable[[str, float], None]


@contextmanager
def progress() -> Iterator[Report]:
    """Yield a function that takes (what is being done, fraction done in [0, 1])."""
    if not sys.stderr.isatty():
        yield _Lines().report
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, fraction: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=1.0)
            bar.update(tasks[stage], completed=fraction)

        yield report


class _Lines:
    """Plain lines: each stage once, when it starts."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def report(self, stage: str, fraction: float) -> None:
        del fraction
        if stage not in self.seen:
            self.seen.add(stage)
            print(f"{stage} …", file=sys.stderr, flush=True)  # noqa: T201  (plain progress is the point)
