"""`outreach experiment`: the only way to contact without a certificate, bounded beforehand by a named person."""

import json
from collections.abc import Sequence
from datetime import datetime

import click

from model.errors import InvalidInput
from model.monitor.detector import Counts
from serving.cli.experiment_figures import Collected, as_stated, collected, needed_said, recounted
from serving.cli.monitor_figures import standing_said, watch_lines
from serving.cli.options import Instant, Words, ledger_option, name_ledger, open_for, settings_with
from serving.record.record import timestamp
from serving.standing import Experiment, Standing
from serving.system import new_id, now

LIMIT = 0.005
MAKE = "outreach keys create --scope …"  # what makes a ledger


@click.group(
    short_help="Contact without a certificate, within bounds, to learn.", epilog="Example: outreach experiment status"
)
def experiment() -> None:
    """Contact a share of those whom the policy permits, without a certificate, to collect evidence for one."""


@experiment.command(
    short_help="Start an experiment within bounds that stay fixed.",
    epilog="Example: outreach experiment start --share 0.5 --max-contacts 20000 --until 2027-03-01T00:00:00Z --by anna",
)
@click.option("--share", type=float, required=True, help="P(contacted) of every permitted occasion; 0.5 learns fastest")
@click.option("--max-contacts", type=int, required=True, help="it stops by itself after so many")
@click.option("--until", type=Instant(), required=True, help="it stops by itself then")
@click.option("--by", type=Words(), required=True, help="who answers for it")
@click.option("--complaint-at-most", type=float, default=LIMIT, show_default=True, help="caused complaints per contact")
@click.option("--opt-out-at-most", type=float, default=LIMIT, show_default=True, help="opt-outs per contact")
@ledger_option
def start(  # noqa: PLR0913  (its bounds are fixed beforehand)
    share: float,
    max_contacts: int,
    until: datetime,
    by: str,
    complaint_at_most: float,
    opt_out_at_most: float,
    ledger: str | None,
) -> None:
    """Start an experiment; its share, size, end and limits are fixed from now on, and one runs at a time."""
    from model.certifying.planner_words import ODDS

    at = now()
    begun = Experiment(
        id=new_id(at),
        share=share,
        max_contacts=max_contacts,
        until=until,
        by=by,
        started_at=at,
        complaint_at_most=complaint_at_most,
        opt_out_at_most=opt_out_at_most,
    )
    with open_for(ledger, create=False, make=MAKE) as opened, opened.transaction() as tx:
        tx.start_experiment(begun)
    click.echo(
        f"experiment {begun.id} runs until {timestamp(until)} or {max_contacts:,} contacts, whichever comes first"
    )
    click.echo("every filter applies, the rest are held out, and the monitor stops it: `outreach monitor status`")
    click.echo(needed_said(begun, Collected()))
    click.echo(ODDS)


@experiment.command(
    short_help="Stop the experiment that runs, for good.",
    epilog="Example: outreach experiment stop --by anna --why 'the holidays begin'",
)
@click.option("--by", type=Words(), required=True, help="who stops it")
@click.option("--why", type=Words(), required=True, help="why")
@ledger_option
def stop(by: str, why: str, ledger: str | None) -> None:
    """Stop the experiment that runs, for good; what it collected stays."""
    at = now()
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        tx.standing(at)
        running = next((each.id for each in tx.experiments() if each.stopped_at is None), None)
        if running is not None:
            tx.stop_experiment(running, at=at, by=by, why=why)
    if running is None:
        raise InvalidInput("no experiment runs; `outreach experiment status` shows those that are over")
    click.echo(f"experiment {running} is stopped; `outreach table` writes what it collected")


@experiment.command(
    short_help="Say how far each experiment is, and how it ended.", epilog="Example: outreach experiment status --json"
)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@ledger_option
def status(as_json: bool, ledger: str | None) -> None:  # noqa: FBT001  (a click flag)
    """Say who started what, how far it is, what it has collected, what the monitor says, and how it ended."""
    at = now()
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        standing = tx.standing(at)
        found, trips = tx.experiments(), tx.trips()
        counted = {watch.key: dict(counts) for watch, counts in tx.watched()}
    known = [(each, None if recounted(each, trips) else counted.get(each.id, {})) for each in found]
    if as_json:
        shown = {
            "running": None if standing.experiment is None else standing.experiment.id,
            "stopped": standing.stopped,
            "experiments": [as_stated(each, counts, at) for each, counts in known],
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        return
    name_ledger(settings_with(ledger=ledger))
    for line in status_lines(known, standing, at):
        click.echo(line)


def status_lines(known: Sequence[tuple[Experiment, Counts | None]], standing: Standing, at: datetime) -> list[str]:
    """Return everything about the newest experiment, and a line or two for each earlier one."""
    if not known:
        return ["no experiment was ever started: nothing discretionary goes out without a certificate"]
    (newest, counts), *earlier = known
    lines = [*head_lines(newest), *(f"  {line}" for line in collected_lines(newest, counts, at))]
    if standing.stopped is not None:
        lines.append(f"  {standing_said(standing)}")
    return [*lines, *(line for each, _ in earlier for line in head_lines(each))]


def head_lines(begun: Experiment) -> list[str]:
    """Say who started it within which bounds, how far it is, and how it ended."""
    over = "running"
    if begun.stopped_at is not None:
        over = f"over since {timestamp(begun.stopped_at)}, stopped by {begun.stopped_by}: {begun.why}"
    bounds = f"share {begun.share:g}, until {timestamp(begun.until)}"
    made = f"{begun.contacts:,} of at most {begun.max_contacts:,} contacts made"
    return [
        f"experiment {begun.id}: {over}",
        f"  started by {begun.by} {timestamp(begun.started_at)}, {bounds}, {made}",
    ]


def collected_lines(begun: Experiment, counts: Counts | None, at: datetime) -> list[str]:
    """Say what it has collected, about how much a certificate needs, and what the monitor says."""
    if counts is None:
        return ["the monitor began afresh since; what was collected stands in the table: `outreach table`"]
    found = collected(counts, at)
    return [
        f"collected {found.occasions:,} occasions: {found.contacted:,} contacted, {found.held_out:,} held out",
        needed_said(begun, found),
        *watch_lines(begun.watch, counts, at),
    ]
