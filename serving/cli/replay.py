"""`outreach replay`: the past decided again, to the same bytes, or under another policy or model."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from model.beside import beside
from model.contracts import JSON
from model.errors import InvalidInput, Unavailable
from model.folders import replace_file
from serving.cli.options import Instant, refuse_absent, settings_with
from serving.cli.progress import progress
from serving.cli.stopping import AS_BEFORE, stopping
from serving.ledger.looking import looking
from serving.ledger.readings import extent
from serving.models.start import place_of
from serving.policy_files.templates import load_policy
from serving.processes import cores
from serving.replay.exact_ledger import Exactly, Model, exactly
from serving.replay.exact_report import described as exactly_described
from serving.replay.exact_report import render
from serving.replay.html import render as page_of
from serving.replay.proposal_report import tried_out
from serving.scorer import load_scorer
from serving.settings import Settings
from serving.system import now

DIFFERENT = 1  # exit code where a decision does not replay to the same bytes


def once(ctx: click.Context, param: click.Parameter, given: tuple[Path, ...]) -> Path | None:
    """Return the one that was given, if any; two would each be a proposal of its own."""
    if len(given) > 1:
        both = "; limits and texts together go into one `outreach.toml`" if param.name == "policy" else ""
        raise click.BadParameter(f"given {len(given)} times; try one at a time{both}", ctx, param)
    return given[0] if given else None


@click.command(epilog="Example: outreach replay --ledger sqlite:///outreach.db --policy policy --out replay.html")
@click.option("--ledger", metavar="URL", help="the ledger whose decisions are decided again [default: the settings]")
@click.option("--since", type=Instant(), help="decisions from then on [default: all]")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    multiple=True,
    callback=once,
    help="a folder of templates, one .yaml file, or an outreach.toml to try",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    metavar="DIR",
    multiple=True,
    callback=once,
    help="the folder of an artefact to try",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="the page: FILE.html")
@click.option("--jobs", type=click.IntRange(1, 64), help="processes [default: one for each core]")
@click.option("--json", "as_json", is_flag=True, help="print what came of it as JSON")
@stopping(AS_BEFORE)
def replay(  # noqa: PLR0913  (the options of CONTRACT section 2)
    ledger: str | None,
    since: datetime | None,
    policy: Path | None,
    model: Path | None,
    out: Path,
    jobs: int | None,
    as_json: bool,  # noqa: FBT001  (a click flag)
) -> int:
    """Decide the past again, and write what came of it.

    Without `--policy` and `--model` every decision is decided again as it was, and its bytes are compared with those on
    record: exit 1 where any differ. With them: who would have been told otherwise, and what that would have done.
    """
    refuse_out(out)
    settings = settings_with(ledger=ledger)
    refuse_absent(settings)
    if policy is None and model is None:
        report, different = same_again(settings, since, jobs or cores())
        page = render(report)
        if not report["decisions"]["again"] + report["confirmations"]["again"]:
            click.echo("nothing was compared: that nothing differs says nothing about what is on record", err=True)
    else:
        with progress() as shown:
            report = tried_out(
                settings,
                as_of=now(),
                policy=policy,
                model=model,
                since=since,
                jobs=jobs or cores(),
                told=lambda share: shown("deciding again", share),
            )
        different, page = 0, page_of(report)
    lines = [json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False)] if as_json else told(report, out)
    replace_file(out, page.encode())
    for line in lines:
        click.echo(line)
    return DIFFERENT if different else 0


def told(report: Mapping[str, JSON], out: Path) -> list[str]:
    """Say in a few lines what came of it."""
    verdict = report["verdict"]
    return [f"{verdict['title']}. {verdict['sentence']}", verdict["do"], f"page: {out}"]


def same_again(settings: Settings, since: datetime | None, jobs: int) -> tuple[dict[str, JSON], int]:
    """Decide everything again as it was; return what came of it, and how many differ."""
    model = model_at_hand(settings)
    policy = load_policy(settings.policy, settings.limits)
    job = Exactly(
        ledger=settings.ledger,
        policy=settings.policy,
        limits=dict(settings.limits),
        shares=settings.shares,
        model=model,
        since=since,
    )
    with looking(settings.ledger) as store:
        ends = extent(store, since=since, until=None)
    first, last = ends or (1, 0)
    with progress() as shown:
        found = exactly(job, first, last, jobs=jobs, told=lambda share: shown("deciding again", share))
    report = exactly_described(
        found,
        ledger=str(settings.masked()["ledger"]),
        policy_version=policy.version,
        model_version=None if model is None else model.version,
    )
    return report, found.different


def model_at_hand(settings: Settings) -> Model | None:
    """Return the verified model that the settings name; of a registry the copy that was pulled last, if any was."""
    if settings.model is None:
        return None
    try:
        found = place_of(settings.model, settings).find()
    except Unavailable:  # nothing was pulled yet: the figures on record stand in
        return None
    return Model(folder=found.folder, version=load_scorer(found.folder, version=found.version).version)


def refuse_out(out: Path) -> None:
    """Refuse a place where no page can be written, before anything is decided."""
    if out.suffix != ".html":
        raise InvalidInput(f"`--out {out}` is not a page; name a file that ends with `.html`")
    if not out.parent.is_dir():
        raise InvalidInput(f"`--out {out}`: the folder `{out.parent}` does not exist; create it, or name another")
    if out.is_dir():
        raise InvalidInput(f"`--out {out}` is a folder; name a file in it")
    try:
        with beside(out):
            pass
    except OSError as error:
        raise InvalidInput(f"`--out {out}` cannot be written: {error.strerror}; name another place") from error
