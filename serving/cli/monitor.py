"""`outreach monitor`: what the live monitor says of every certificate and experiment, and releasing its kill switch."""

import json

import click

from model.errors import InvalidInput
from serving.cli.monitor_figures import standing_said, trip_json, trip_lines, watch_json, watch_lines
from serving.cli.options import Words, ledger_option, name_ledger, open_for, settings_with
from serving.system import now


@click.group(
    short_help="Watch the harm of contact, and release the kill switch.", epilog="Example: outreach monitor status"
)
def monitor() -> None:
    """Watch live what contact does to customers, and release the kill switch once the cause is found."""


@monitor.command(
    short_help="Say how much harm was seen, and how near a trip is.", epilog="Example: outreach monitor status --json"
)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@ledger_option
def status(as_json: bool, ledger: str | None) -> None:  # noqa: FBT001  (a click flag)
    """Say per watch how much harm was seen, how near that is to a trip, and who released earlier trips."""
    at = now()
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        standing = tx.standing(at)
        watched, trips = tx.watched(), tx.trips()
        trials = {experiment.id for experiment in tx.experiments()}
    if as_json:
        watches = [watch_json(watch, counts, at) | {"experiment": watch.key in trials} for watch, counts in watched]
        shown = {"stopped": standing.stopped, "watches": watches, "trips": [trip_json(trip) for trip in trips]}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        return
    name_ledger(settings_with(ledger=ledger))
    click.echo(standing_said(standing))
    for watch, counts in watched:
        click.echo(f"{'experiment' if watch.key in trials else 'certificate'} {watch.key}")
        for line in watch_lines(watch, counts, at):
            click.echo(f"  {line}")
    for line in (line for trip in trips for line in trip_lines(trip)):
        click.echo(line)


@monitor.command(
    short_help="Let discretionary messages go out again after a trip.",
    epilog="Example: outreach monitor release --by anna --why 'the wrong template is withdrawn'",
)
@click.option("--by", type=Words(), required=True, help="who answers for it")
@click.option("--why", type=Words(), required=True, help="what was found, and what was done about it")
@ledger_option
def release(by: str, why: str, ledger: str | None) -> None:
    """Let discretionary messages go out again after a trip; it is recorded, and the monitor starts afresh."""
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        released = tx.release(at=now(), by=by, why=why)
    if not released:
        raise InvalidInput("nothing is tripped, so there is nothing to release; `outreach monitor status` shows it")
    click.echo(f"released by {by}; the monitor starts afresh, and an experiment that ended with the trip stays ended")
