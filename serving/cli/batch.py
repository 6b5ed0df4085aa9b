"""`outreach batch`: the API's decisions for a file of candidates."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from model.errors import InvalidInput
from serving.arms import Exploration
from serving.batch.desk import FromFiles
from serving.batch.run import run_batch
from serving.batch.summary import Summary
from serving.batch.workers import AGAIN, Muster
from serving.candidates.address import is_remote, path_of
from serving.cli.options import ENGINES, SPARK, Instant, existing, model_place, open_settings_ledger, settings_with
from serving.cli.progress import counted
from serving.cli.stopping import stopping
from serving.models.in_use import InUse
from serving.models.pulling import child
from serving.models.start import models_of
from serving.policy.tightening import in_force
from serving.policy_files.templates import load_policy
from serving.ports import Ledger, Scorer
from serving.scorer import load_scorer
from serving.settings import Settings
from serving.system import now


@click.command(
    short_help="Decide every row of a file as the API would.",
    epilog="Example: outreach batch candidates.parquet --model artefact --out decisions",
)
@click.argument("candidates")
@click.option("--out", type=click.Path(path_type=Path), help="the folder for shards, manifest and rejects")
@click.option(
    "--model",
    metavar="DIR|models:/…",
    help="an artefact, or what `serve` pulled here; none: only essential service is sent",
)
@click.option("--shadow", metavar="DIR|models:/…", help="a challenger that is asked and recorded (with a ledger)")
@click.option("--ledger", metavar="URL", help="decide for real and record; without it the output is a plan")
@click.option("--at", type=Instant(), help="the clock that decisions are dated and judged by [default: now]")
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], help="who decides a plan")
@click.option("--dry-run", is_flag=True, help="print the funnel and write nothing")
def batch(  # noqa: PLR0913  (the options of CONTRACT section 2)
    candidates: str,
    out: Path | None,
    model: str | None,
    shadow: str | None,
    ledger: str | None,
    at: datetime | None,
    engine: str,
    dry_run: bool,  # noqa: FBT001  (a click flag)
) -> None:
    """Decide every row of CANDIDATES (CSV, CSV.GZ, Parquet, a folder of Parquet) as the API would."""
    settings = settings_with(model=model, shadow=shadow, ledger=ledger)
    if shadow is not None and ledger is None:
        raise InvalidInput(
            "`--shadow` is for the record, and a plan records nothing; add `--ledger URL`, or leave it out"
        )
    if engine == SPARK and ledger is not None:
        raise InvalidInput("`--engine spark` decides plans, and a ledger has one order; leave one of the two out")
    books = open_settings_ledger(settings) if ledger is not None else None
    try:
        summary = decide_file(candidates, out, settings, books, at=at, dry_run=dry_run, engine=engine)
    finally:
        if books is not None:
            books.close()
    for line in funnel(summary):
        click.echo(line)
    if summary.finished:
        click.echo(f"`{out}` was finished before: every file is there, and nothing was decided again")
    if summary.resumed:
        click.echo(f"went on with the unfinished plan in `{out}`: the clock is its {summary.manifest['at']}, not now")


def decide_file(  # noqa: PLR0913  (what the command was given, opened)
    candidates: str,
    out: Path | None,
    settings: Settings,
    books: Ledger | None,
    *,
    at: datetime | None,
    dry_run: bool,
    engine: str,
) -> Summary:
    """Run the batch with the policy, model and shares of these settings; without `at`, at the present time."""
    model = model_place(settings)
    shadow = None if books is None else challenger(settings)
    clock = at or now()
    policy = load_policy(settings.policy, settings.limits)
    if books is not None:
        with books.transaction() as transaction:
            policy = in_force(transaction, policy)
    advice = _going_on(clock, ledger=books is not None, dry_run=dry_run)
    folder, version = (None, None) if model is None else (model.folder, model.version)
    origin = FromFiles(policy=settings.policy, limits=dict(settings.limits), model=folder, version=version)
    scorer = load_scorer(folder, version=version) if folder else None
    with hands(engine, candidates, out, origin) as (path, muster), stopping(advice), counted(candidates) as told:
        return run_batch(
            path,
            out if muster is None or out is None else out.resolve(),
            now=clock,
            clock_given=at is not None,
            policy=policy,
            scorer=scorer,
            origin=origin,
            muster=muster,
            shadow=shadow,
            ledger=books,
            exploration=Exploration(shares=settings.shares, salt=books.salt) if books is not None else None,
            present=now,
            dry_run=dry_run,
            progress=told,
        )


@contextmanager
def hands(engine: str, candidates: str, out: Path | None, origin: FromFiles) -> Iterator[tuple[Path, Muster | None]]:
    """Yield the file to read, and who decides it: None, the cores of this machine."""
    if not is_remote(candidates):
        existing(path_of(candidates))
    elif engine != SPARK:
        raise InvalidInput(f"`{candidates}` is read through Spark alone; add `--engine spark`, or give a path")
    if engine != SPARK:
        yield Path(path_of(candidates)), None
        return
    from serving.spark.session import check_installed

    check_installed()
    from serving.spark.batch import on_spark

    with on_spark(candidates, out, origin) as found:
        yield found


def challenger(settings: Settings) -> Scorer | None:
    """Return the challenger as the API would ask it, pulled first where a registry names it; None where none is usable.

    Everything is decided all the same without it, and the log says why it is not there.
    """
    alone = replace(settings, model=None)
    if alone.registered:
        with child(alone, "once", stdin=subprocess.PIPE) as pulling:
            pulling.wait()
    return models_of(alone, InUse(), clock=now, told=lambda _: None).in_use.shadow


def _going_on(clock: datetime, *, ledger: bool, dry_run: bool) -> str:
    """Say to whoever stopped it how to go on."""
    at = clock.astimezone(UTC).isoformat().replace("+00:00", "Z")
    on = f"`--at {at}` goes on with the decisions that are recorded" if ledger else AGAIN
    return "nothing was written" if dry_run else on


def funnel(summary: Summary) -> list[str]:
    """Say what became of the rows: the actions, then from all rows to those that are sent, by deciding reason."""
    actions = ", ".join(f"{name} {count:,}" for name, count in summary.actions.items())
    lines = [actions, *(f"{count:>12,}  {name}" for name, count in summary.funnel())]
    if summary.manifest["mode"] == "ledger" and summary.manifest["deferred"]:
        lines.append(
            "a dry run does not carry breakers and an experiment's size from part to part: a real run may send fewer"
        )
    return lines
