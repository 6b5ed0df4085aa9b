"""One round of learning in the simulated quarter: ledger → table → train → certify → gate → promote, or honestly not.

These are the functions that `outreach table`, `train` and `promote` call; only the clock is simulated.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import InvalidInput
from model.reading.table_roles import ROLES
from serving.cli.learn import learn
from serving.cli.quarter.company import BY, Company
from serving.cli.table import build, learnable
from serving.ledger_table.files import write_table
from serving.ports import Scorer
from serving.scorer import load_scorer

LIMIT = re.compile(r"^(\w+_at_most\s*=\s*)[0-9.]+$", re.MULTILINE)
TIME = re.compile(r"^(features_)?time\s*=.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What a round of learning came to: `figures` is JSON, `scorer` the new champion, None where none was promoted."""

    figures: dict[str, Any]
    scorer: Scorer | None


def round_of(company: Company, number: int, tracking: str) -> Round:
    """Learn from everything in the ledger whose windows have closed, and promote what passes the gate."""
    folder, plan, now = company.folder, company.plan, company.now
    table, roles, out = (folder / f"{name}-{number}" for name in ("table", "roles", "artefact"))
    built = learnable(build(company.books, as_of=now))
    write_table(built, table.with_suffix(".parquet"))
    roles.with_suffix(".toml").write_text(meant((folder / ROLES).read_text("utf-8"), plan.harm_at_most), "utf-8")
    done = learn(
        str(table.with_suffix(".parquet")),
        str(roles.with_suffix(".toml")),
        out,
        seed=plan.seed,
        jobs=plan.jobs,
        html=folder / f"report-{number}.html",
        tracking=tracking,
        shares=plan.shares,
        clock=lambda: now,
    )
    refused = promoted(company, done["version"], tracking)
    counts = {"rows": built.counts.rows, "contacted": built.counts.contacted, "open": built.counts.open}
    figures = stated(done["report"]) | counts | {"number": number, "day": company.today, "version": done["version"]}
    scorer = None if refused else champion(folder / f"champion-{number}", tracking)
    return Round(figures=figures | {"promoted": not refused, "refused": refused}, scorer=scorer)


def meant(roles: str, at_most: float) -> str:
    """Change the text of a table's `roles.toml` as its reader would in a copy: the limits, and halves by customer.

    Without `time` a customer belongs to the same half in every round. Halves by time would learn from the experiment
    and certify on the arms, whose propensities the first half does not show (decision 31).
    """
    text, limits = LIMIT.subn(rf"\g<1>{at_most}", roles)
    text, times = TIME.subn("", text)
    assert (limits, times) == (2, 2)  # noqa: S101  (we wrote the file: both limits and both times stand in it)
    return text


def promoted(company: Company, version: str, tracking: str) -> str:
    """Promote a version; return why not where the gate refuses it."""
    from model.registry import promote

    why = "the loop promotes what passed the gate"
    try:
        promote(version, by=BY, why=why, at=company.now, tracking_uri=tracking)
    except InvalidInput as error:
        return str(error)
    return ""


def champion(to: Path, tracking: str) -> Scorer:
    """Fetch the champion from the registry, as `outreach serve` does, and load it."""
    from model.registry import fetch, resolve

    named = "models:/outreach@champion"
    return load_scorer(fetch(named, to=to, tracking_uri=tracking), version=resolve(named, tracking_uri=tracking))


def stated(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a reader of the round wants to know, out of its report."""
    certificate, value = report["certificate"], report["policy_value"]
    certified = value["certified"]
    return {
        "scorer": next(each["name"] for each in report["scorers"] if each["chosen"]),
        "certified": certificate["issued"],
        "reason": certificate["reason"],
        "sentence": certificate["sentence"],
        "cutoff": certificate["cutoff"],
        "share_contacted": certificate["share_contacted"],
        "alpha": certificate["alpha"],
        "bounds": {each["harm"]: each["bound"] for each in certificate["bounds"]},
        "value": None if certified is None else {key: certified[key] for key in ("estimate", "low", "high")},
        "gate": report["gate"]["promoted"],
        "checks": report["gate"]["checks"],
    }
