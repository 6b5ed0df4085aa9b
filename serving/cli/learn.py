"""`outreach train`, `score` and `promote`: from a table to a certified scorer, and its use on tables."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from serving.cli.options import existing, settings_with
from serving.cli.progress import progress
from serving.system import now


@click.command(epilog="Example: outreach train data/sample/table --roles data/sample/roles.toml --out artefact")
@click.argument("table")
@click.option("--roles", required=True, help="roles.toml: what each column means")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="the folder of the artefact")
@click.option("--seed", default=0, show_default=True, help="moves neither the split nor the order of the bets")
@click.option("--attempt", default=1, show_default=True, type=click.IntRange(1), help="which attempt on these data")
@click.option("--jobs", default=-1, show_default=True, help="processes; -1 is all cores")
@click.option("--report", "html", type=click.Path(path_type=Path), help="write the report as one HTML file")
@click.option("--no-register", is_flag=True, help="do not register the artefact in MLflow")
@click.option("--json", "as_json", is_flag=True, help="print only the report, as JSON")
def train(  # noqa: PLR0913  (the options of CONTRACT section 2)
    table: str,
    roles: str,
    out: Path,
    seed: int,
    attempt: int,
    jobs: int,
    html: Path | None,
    no_register: bool,  # noqa: FBT001  (a click flag)
    as_json: bool,  # noqa: FBT001  (a click flag)
) -> None:
    """Learn who benefits from TABLE, certify the harm, pass the gate, and write the artefact."""
    tracking = None if no_register else settings_with().tracking_uri
    done = learn(table, roles, out, seed=seed, attempt=attempt, jobs=jobs, html=html, tracking=tracking)
    if as_json:
        click.echo(json.dumps(done["report"], indent=2, ensure_ascii=False, allow_nan=False))
        return
    for line in summary(done["report"]):
        click.echo(line)
    click.echo(f"artefact: {out}" + (f", registered as version {done['version']}" if done["version"] else ""))


def learn(  # noqa: PLR0913  (as above; the demo calls it too)
    table: str,
    roles: str,
    out: Path,
    *,
    seed: int = 0,
    attempt: int = 1,
    jobs: int = -1,
    html: Path | None = None,
    tracking: str | None = None,
) -> dict[str, Any]:
    """Table → learn → evaluate → certify → gate → artefact (→ report, → registry); returns report and version."""
    from model.artefact import write
    from model.registry import register
    from model.report import write_html
    from model.roles import Roles
    from model.table import Table
    from model.train import train as fit

    meaning = Roles.read(existing(roles))
    read = Table.read(existing(table), meaning)
    with progress() as told:
        trained = fit(read, seed=seed, attempt=attempt, jobs=jobs, progress=told)
        write(out, trained.scorer, extra=trained.report, golden=trained.golden, issued_at=now())
        with TemporaryDirectory() as scratch:
            page = html or Path(scratch) / "report.html"
            if html or tracking:
                told("writing the report", 0.0)
                write_html(page, trained.report, trained.curves)
            version = None
            if tracking:
                told("registering in MLflow", 0.0)
                version = register(
                    out,
                    report=trained.report,
                    html=page,
                    roles=json.loads(meaning.canonical()),
                    attempt=attempt,
                    tracking_uri=tracking,
                )
    return {"report": trained.report, "version": version}


def summary(report: Mapping[str, Any]) -> list[str]:
    """Say in a few lines what a reader of the whole report would remember."""
    lines = [f"{report['rows']:,} occasions, {report['contacted_rate']:.1%} contacted"]
    for name, effect in report["average_effect"].items():
        if effect:
            lines.append(
                f"average effect on {name}: {effect['estimate']:+.6f}"
                f"  [{effect['low']:+.6f}, {effect['high']:+.6f}], se {effect['se']:.6f}"
            )
    lines += [f"scorer: {s['name']} ({s['reason']})" for s in report["scorers"] if s["chosen"]]
    certificate = report["certificate"]
    lines.append(f"certificate: {'issued' if certificate['issued'] else 'not issued'}; {certificate['reason']}")
    failed = [check["name"] for check in report["gate"]["checks"] if not check["passed"]]
    lines.append("gate: passed" if report["gate"]["promoted"] else f"gate: failed ({', '.join(failed)})")
    return lines


@click.command(epilog="Example: outreach score customers.parquet --model artefact --out scored.parquet")
@click.argument("table")
@click.option("--model", required=True, help="the folder of an artefact")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="the Parquet file to write")
def score(table: str, model: str, out: Path) -> None:
    """Add benefit, complaint_effect, opt_out, net_benefit and above_cutoff to every row of TABLE, in its order."""
    from model.score import score_table

    rows = score_table(existing(table), existing(model), out)
    click.echo(f"{rows:,} rows scored: {out}")


@click.command(epilog="Example: outreach promote 3 --by anna --why 'quarterly retraining'")
@click.argument("version")
@click.option("--by", required=True, help="who promotes")
@click.option("--why", default="", help="why")
def promote(version: str, by: str, why: str) -> None:
    """Make a registered VERSION the champion; refused where its gate did not pass."""
    from model.registry import promote as put

    put(version, by=by, why=why, at=now(), tracking_uri=settings_with().tracking_uri)
    click.echo(f"version {version} is the champion, promoted by {by}")
