"""`outreach feed`: events from a file, decided as if they had just come in."""

import asyncio
import json
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from model.errors import InvalidInput
from serving.cli.options import Instant, existing, model_place, open_settings_ledger, settings_with
from serving.cli.policy.unapproved import APPROVE, not_approved, unapproved
from serving.cli.progress import progress
from serving.cli.stopping import stopping
from serving.feeding.fed import Fed
from serving.feeding.feed import Feed, Turned
from serving.feeding.lines import lines_of
from serving.feeding.output import DecisionsFile
from serving.policy_files.templates import load_policy
from serving.ports import Ledger
from serving.scorer import load_scorer
from serving.settings import Settings
from serving.system import now

if TYPE_CHECKING:
    from serving.routes.api import Api

BAD_INPUT = 2
AGAIN = "mend these lines and feed the file again: what is on record is not decided twice"
APPROVE_FIRST = f"approve them in your ledger ({APPROVE}), and feed the file into a new copy of it"


@click.command(
    short_help="Decide events of the past from a file.",
    epilog="Example: outreach feed events.jsonl.gz --ledger sqlite:///replay.db --out decisions.jsonl",
)
@click.argument("events")
@click.option("--ledger", metavar="URL", required=True, help="where all of it is recorded: a ledger of its own")
@click.option(
    "--policy", metavar="FOLDER", help="templates and triggers [default: the settings, else the shipped ones]"
)
@click.option(
    "--model",
    metavar="DIR|models:/…",
    help="an artefact, or what `serve` pulled here; none: only essential service is sent",
)
@click.option("--out", type=click.Path(path_type=Path), help="a file of JSON lines to which the decisions are added")
@click.option("--until", type=Instant(), help="let time go on until then after the last event")
@click.option("--json", "as_json", is_flag=True, help="print what came of it as JSON")
@stopping("feed the same file again: it goes on there")
def feed(  # noqa: PLR0913  (the options of the command)
    events: str,
    ledger: str,
    policy: str | None,
    model: str | None,
    out: Path | None,
    until: datetime | None,
    as_json: bool,  # noqa: FBT001  (a click flag)
) -> None:
    """Decide the EVENTS of a file (JSON Lines, also .gz) as the API would have when they came in.

    Each line is what POST /v1/events takes: an event, an array, or a batch. It came at its `recordedtime`, else at the
    time of its event. Fed again, a file decides only what the ledger does not have. Exit 2 where a line was not taken.
    """
    present = now()
    if until is not None and until > present:
        raise InvalidInput(
            f"`--until {until.isoformat()}` is still to come; nothing can be decided by then: leave it out"
        )
    settings = settings_with(ledger=ledger, policy=policy, model=model)
    books = open_settings_ledger(settings)
    try:
        fed = feed_file(existing(events), settings, books, out=out, until=until, present=present)
        policy_used = load_policy(settings.policy, settings.limits)
        lacking = unapproved(books, policy_used, present)
    finally:
        books.close()
    values = fed.values() | {"not_approved": lacking}
    told = [f"{line}; {APPROVE_FIRST}" for line in not_approved(lacking, len(policy_used.digests))]
    for line in [json.dumps(values, ensure_ascii=False)] if as_json else [*said(fed), *told]:
        click.echo(line)
    for wrong in fed.wrong:
        click.echo(f"outreach: `{events}`, {wrong.said()}", err=True)
    if fed.rejected > len(fed.wrong):
        click.echo(f"outreach: and {fed.rejected - len(fed.wrong):,} more", err=True)
    if fed.rejected:
        click.echo(f"outreach: {AGAIN}", err=True)
        raise click.exceptions.Exit(BAD_INPUT)


def feed_file(  # noqa: PLR0913  (what the command was given, opened)
    events: Path, settings: Settings, books: Ledger, *, out: Path | None, until: datetime | None, present: datetime
) -> Fed:
    """Feed a file into a ledger, with the policy, model and shares of these settings."""
    from serving.routes.edge import BODY_LIMIT
    from serving.routes.event_lines import arrived, decided

    clock = Turned()
    api = composed(settings, books, clock)
    output = None if out is None else DecisionsFile(out)
    if output is not None:
        output.resume(books)
    fed = Feed(
        ledger=books,
        happenings=api.happenings,
        confirmer=api.confirmer,
        clock=clock,
        read=partial(arrived, present=present),
        write=decided,
        output=output,
    )
    began = perf_counter()
    with progress() as told:

        def report(share: float, seen: int) -> None:
            told(f"feeding ({seen / max(perf_counter() - began, 1e-9):,.0f} events/s)", share)

        came = asyncio.run(fed.run(lines_of(events, longest=BODY_LIMIT), until=until, progress=report))
    if output is not None:
        output.finish()
    return came


def composed(settings: Settings, books: Ledger, clock: Turned) -> "Api":
    """Compose the API's own parts around a ledger and a clock; nothing of it is served."""
    from serving.app import create_app

    model = model_place(settings)
    scorer = None if model is None else load_scorer(model.folder, version=model.version)
    api: Api = create_app(settings, scorer=scorer, ledger=books, clock=clock).state.api
    return api


def said(fed: Fed) -> list[str]:
    """Say what came of the file, in a few lines."""
    values = fed.values()
    taken = f"{fed.accepted:,} events are new, {fed.duplicates:,} were on record, {fed.rejected:,} not taken"
    first, again = (", ".join(f"{n} {c:,}" for n, c in values[name].items()) for name in ("decided", "decided_again"))
    lines = [f"{fed.lines:,} lines: {taken}", f"decided: {first}"]
    if fed.reasons:
        lines.append(f"why not sent: {', '.join(f'{code} {count:,}' for code, count in values['reasons'].items())}")
    lines.append(f"decided again: {again}")
    if fed.late:
        lines.append(
            f"{fed.late:,} lines came more than 5 minutes before the clock: they count from when it stood then"
        )
    return lines if values["clock"] is None else [*lines, f"the clock stands at {values['clock']}"]
