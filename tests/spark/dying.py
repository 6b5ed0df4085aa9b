"""Executors that die in the middle of the work: a module of its own, shipped beside the program."""

import os
import signal
from pathlib import Path
from typing import Any


class Deadly:
    """A scorer that ends its process in the middle of the work: once alone, once with its executor."""

    def __init__(self, scorer: Any, marks: str) -> None:
        self.scorer, self.marks, self.asked = scorer, marks, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scorer, name)

    def score_codes(self, codes: Any, wrong: Any) -> Any:
        """Score, or die."""
        self.asked += 1
        if self.asked == 3 and self.first("python"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.asked == 6 and self.first("executor"):
            daemon = os.getppid()
            java = int(Path(f"/proc/{daemon}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(java, signal.SIGKILL)
        return self.scorer.score_codes(codes, wrong)

    def first(self, what: str) -> bool:
        """Whether nobody died this death before."""
        try:
            os.close(os.open(f"{self.marks}/{what}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


class Doomed:
    """Where executors find policy and model, the model being deadly."""

    def __init__(self, origin: Any, marks: str) -> None:
        self.origin, self.marks = origin, marks

    def load(self) -> tuple[Any, Any]:
        """Load both."""
        policy, scorer = self.origin.load()
        return policy, Deadly(scorer, self.marks)
