"""The ledger of a simulated company, to try something on before there is a ledger of one's own.

Example:
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     simulated_ledger(Path(folder), customers=50, days=2).startswith("sqlite:///")
    True
"""

from pathlib import Path

from serving.cli.quarter.company import BOOKS, Company
from serving.cli.quarter.plan import Plan
from serving.cli.quarter.ways import quietly

AT_MOST = 0.2  # harm in the experiment: so much that it is not stopped


def simulated_ledger(folder: Path, *, customers: int = 4_000, days: int = 30) -> str:
    """Let a company live in a folder, whose experiment contacts half of those permitted; return its ledger's URL."""
    company = Company.founded(folder, Plan(customers=customers, days=days))
    company.start_experiment(0.5, at_most=AT_MOST)
    company.live(range(days), None, quietly, what="")
    company.close()
    return f"sqlite:///{folder.resolve() / BOOKS}"
