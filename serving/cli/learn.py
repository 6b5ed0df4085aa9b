"""`outreach train`, `score`, `promote`, `rollback`: from a table to a certified scorer, and its use."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from model.contracts import Shares
from model.errors import InvalidInput
from model.folders import replace_file
from serving.cli.options import existing, settings_with
from serving.cli.progress import progress
from serving.cli.stopping import AS_BEFORE, stopping
from serving.ports import Clock
from serving.system import now

if TYPE_CHECKING:  # the commands that name it load it
    from model.acts import Act
    from model.report.report import Report


@click.command(
    short_help="Learn who benefits from a table, and certify the harm.",
    epilog="Example: outreach train data/sample/table.parquet --roles data/sample/roles.toml --out artefact",
)
@click.argument("table")
@click.option("--roles", required=True, help="roles.toml: what each column means")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="the folder of the artefact")
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="moves neither the split nor the order of the bets",
)
@click.option(
    "--attempt",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="which look at these data: one more for other roles, seed or shares on the same table; costs confidence",
)
@click.option("--jobs", type=click.IntRange(1), help="processes [default: all cores]")
@click.option("--report", "html", type=click.Path(path_type=Path), help="write the report as one HTML file")
@click.option("--no-register", is_flag=True, help="do not register the artefact in MLflow")
@click.option("--json", "as_json", is_flag=True, help="print only the report, as JSON")
@stopping(f"{AS_BEFORE}, and what was registered by then keeps its version")
def train(  # noqa: PLR0913  (the options of CONTRACT section 2)
    table: str,
    roles: str,
    out: Path,
    seed: int,
    attempt: int,
    jobs: int | None,
    html: Path | None,
    no_register: bool,  # noqa: FBT001  (a click flag)
    as_json: bool,  # noqa: FBT001  (a click flag)
) -> None:
    """Learn who benefits from TABLE, certify the harm, pass the gate, and write the artefact."""
    settings = settings_with()
    done = learn(
        table,
        roles,
        out,
        seed=seed,
        attempt=attempt,
        jobs=jobs,
        html=html,
        tracking=None if no_register else settings.tracking_uri,
        shares=settings.shares,
    )
    for warning in done["warnings"]:
        click.echo(f"outreach: warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps(done["report"], indent=2, ensure_ascii=False, allow_nan=False))
        return
    for line in summary(done["report"], done["expires"]):
        click.echo(line)
    click.echo(f"artefact: {out}" + (f", registered as version {done['version']}" if done["version"] else ""))


def learn(  # noqa: PLR0913  (as above; the demo calls it too)
    table: str,
    roles: str,
    out: Path,
    *,
    seed: int = 0,
    attempt: int = 1,
    jobs: int | None = None,
    html: Path | None = None,
    tracking: str | None = None,
    shares: Shares | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Table → learn → evaluate → certify → gate → report → registry → artefact.

    What is issued is dated by `clock`; None: the real one.

    Returns report, version, when the certificate expires, and warnings about the age of the rows.

    The artefact and the report appear in their places last: what the registry refuses leaves nothing behind.
    """
    from model.artefact import refuse_place, write
    from model.diagnostics.maturity import still_open
    from model.manifest import LIFETIME
    from model.reading.roles import Roles
    from model.registry import champion, issued, refuse_taken, register
    from model.report.html import write_html
    from model.table import Table
    from model.train import train as fit

    meaning = Roles.read(existing(roles))
    refuse_place(out)
    refuse_page(html)
    refuse_unwritable(out, "--out")
    read = Table.read(existing(table), meaning)
    version = None
    with progress() as told, TemporaryDirectory() as scratch:
        built, page, issued_at = Path(scratch) / "artefact", Path(scratch) / "report.html", (clock or now)()
        used = None
        if tracking:
            told("asking the registry", 0.0)
            given = json.loads(meaning.canonical())
            refuse_taken(tracking, data_sha256=read.data_sha256, seed=seed, attempt=attempt, roles=given)
            used = champion(tracking, at=issued_at, data_sha256=read.data_sha256)
        trained = fit(
            read,
            seed=seed,
            attempt=attempt,
            jobs=jobs or -1,
            shares=shares or Shares(),
            progress=told,
            champion=used,
        )
        write(built, trained.scorer, extra=trained.report, golden=trained.golden, issued_at=issued_at)
        if html or tracking:
            told("writing the report", 0.0)
            write_html(page, dated(trained.report, issued_at + LIFETIME))
        if tracking:
            told("registering in MLflow", 0.0)
            version = register(
                built,
                report=trained.report,
                html=page,
                roles=json.loads(meaning.canonical()),
                attempt=attempt,
                tracking_uri=tracking,
                by="outreach train",
                why=f"learned with seed {seed}, attempt {attempt}",
                at=issued_at,
            )
            first = issued(version, tracking_uri=tracking) or issued_at
            if first != issued_at:  # learned before: it gets no younger by being learned again
                issued_at = first
                write_html(page, dated(trained.report, issued_at + LIFETIME))
        if html:
            publish_page(page, html)
        write(out, trained.scorer, extra=trained.report, golden=trained.golden, issued_at=issued_at)
    return {
        "report": trained.report,
        "version": version,
        "expires": issued_at + LIFETIME,
        "warnings": still_open(read.time, issued_at),
    }


def dated(report: "Report", expires: datetime) -> "Report":
    """Return the report with the day until which its sentence may be quoted: the artefact's own has no date."""
    from model.manifest import quotable
    from model.report.report import Report

    certificate = report["certificate"]
    return Report({**report, "certificate": {**certificate, "sentence": quotable(certificate, expires)}}, report.curves)


def publish_page(page: Path, html: Path) -> None:
    """Copy the finished page to its place, whole or not at all.

    Raises:
        OSError: the disk said no; it names the place that was asked for.
    """
    try:
        replace_file(html, page.read_bytes())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(html)) from error


def refuse_unwritable(place: Path, option: str) -> None:
    """Refuse, before anything is learned, a place where nothing can be made."""
    parent = next(folder for folder in place.absolute().parents if folder.is_dir())
    try:
        with TemporaryDirectory(prefix=".outreach-", dir=parent):
            pass
    except OSError as error:
        raise InvalidInput(f"`{option} {place}` cannot be written: {error.strerror}; name another place") from error


def refuse_page(html: Path | None) -> None:
    """Refuse, before anything is learned, a report that could not be written."""
    if html is not None and (html.is_dir() or not html.parent.is_dir()):
        raise InvalidInput(f"`--report {html}` cannot be written; name a file in a folder that exists")


def summary(report: Mapping[str, Any], expires: datetime | None = None) -> list[str]:
    """Say in a few lines what a reader of the whole report would remember; `expires` dates the certificate."""
    from model.manifest import quotable

    lines = [f"{report['rows']:,} occasions, {report['contacted_rate']:.1%} contacted"]
    for name, effect in report["average_effect"].items():
        if effect:
            lines.append(
                f"average effect on {name}: {effect['estimate']:+.6f}"
                f"  [{effect['low']:+.6f}, {effect['high']:+.6f}], se {effect['se']:.6f}"
            )
    lines += [f"scorer: {s['name']} ({s['reason']})" for s in report["scorers"] if s["chosen"]]
    lines.append(_rule(report["policy_value"]))
    certificate = report["certificate"]
    lines.append(f"certificate: {'issued' if certificate['issued'] else 'not issued'}; {certificate['reason']}")
    lines.append(f"in one sentence: {quotable(certificate, expires)}")
    failed = [check["name"] for check in report["gate"]["checks"] if not check["passed"]]
    lines += [f"note: {note}" for note in report.get("notes", ())]
    lines.append("gate: passed" if report["gate"]["promoted"] else f"gate: failed ({', '.join(failed)})")
    return lines


def _rule(value: Mapping[str, Any]) -> str:
    """Say whom the rule contacts and what that gains: the certified one, else the one at cut-off 0."""
    found = value["certified"]
    name, used = ("rule at cut-off 0, not certified", value["model"]) if found is None else ("certified rule", found)
    if not used["contacted"]:
        return f"{name}: contacts nobody"
    gains = f"{used['estimate']:+.6f}  [{used['low']:+.6f}, {used['high']:+.6f}]"
    return f"{name}: contacts {used['contacted']:.1%}, net benefit per occasion over nobody {gains}"


@click.command(
    short_help="Add effects and net benefit to every row of a table.",
    epilog="Example: outreach score customers.parquet --model artefact --out scored.parquet",
)
@click.argument("table")
@click.option("--model", required=True, help="the folder of an artefact")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="the Parquet file to write")
@stopping(AS_BEFORE)
def score(table: str, model: str, out: Path) -> None:
    """Add benefit, complaint_effect, opt_out, net_benefit and above_cutoff to every row of TABLE, in its order."""
    from model.score import score_table

    rows = score_table(existing(table), existing(model), out)
    click.echo(f"{rows:,} rows scored: {out}")


@click.command(
    short_help="Make a registered version the champion.",
    epilog="Example: outreach promote 3 --by anna --why 'quarterly retraining'",
)
@click.argument("version")
@click.option("--by", required=True, help="who promotes")
@click.option("--why", required=True, help="why")
def promote(version: str, by: str, why: str) -> None:
    """Make a registered VERSION the champion; refused where its gate did not pass, or compared it with another one."""
    from model.registry import promote as put

    act = put(version, by=by, why=why, at=now(), tracking_uri=settings_with().tracking_uri)
    click.echo(f"version {version} is the champion, promoted by {by}")
    click.echo(recorded(act))


@click.command(epilog="Example: outreach rollback --by anna --why 'complaints rose'")
@click.option("--by", required=True, help="who rolls back")
@click.option("--why", required=True, help="why")
def rollback(by: str, why: str) -> None:
    """Make the champion before this one the champion again."""
    from model.manifest import LIFETIME
    from model.registry import issued
    from model.registry import rollback as back

    tracking = settings_with().tracking_uri
    act = back(by=by, why=why, at=now(), tracking_uri=tracking)
    click.echo(f"version {act.version} is the champion again, rolled back by {by}")
    click.echo(recorded(act))
    begun = issued(act.version, tracking_uri=tracking)
    if begun is not None and begun + LIFETIME <= now():
        click.echo(f"its certificate expired on {begun + LIFETIME:%Y-%m-%d}: nothing discretionary goes out with it")


def recorded(act: "Act") -> str:
    """Say what the registry recorded of an act."""
    replaced = {None: "nobody", act.version: "itself"}.get(act.replaced, f"version {act.replaced}")
    words = f"who {act.by}; why {act.why}; when {act.at.isoformat(timespec='seconds')}; replaced {replaced}"
    return "recorded: " + "".join(sign if sign.isprintable() else "?" for sign in words)
