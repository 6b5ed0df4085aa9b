"""`outreach policy refused`: the marketing that was refused, for the people who own marketing. It only reads."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime

import click

from serving.cli.options import Instant, ledger_option, name_ledger, open_for, settings_with
from serving.cli.policy.refused_figures import HEADINGS, cells, group_json, lines
from serving.people.refused import MARKETING, Audit, Refused, audit, refused_of
from serving.ports import Ledger

PAGE = 500  # records read in one transaction: a server that runs meanwhile waits some milliseconds


@click.command(
    short_help="List the marketing that was refused.",
    epilog="Example: outreach policy refused --since 2026-11-01T00:00:00Z --csv",
)
@click.option("--since", type=Instant(), help="only decisions made from then on [default: all]")
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@click.option("--csv", "as_csv", is_flag=True, help="print it as CSV, for a spreadsheet")
@ledger_option
def refused(since: datetime | None, as_json: bool, as_csv: bool, ledger: str | None) -> None:  # noqa: FBT001  (click flags)
    """List refused marketing by what would have been said, the most frequent first; none of it was sent."""
    if as_json and as_csv:
        raise click.UsageError("`--json` and `--csv` are two forms of the same list; keep one")
    with open_for(ledger, create=False) as opened:
        found = audit(read(opened, since))
    if as_json:
        shown = {
            "messages": found.messages,
            "customers": found.customers,
            "refused": [group_json(group) for group in found.groups],
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
    elif as_csv:
        click.echo(as_table(found), nl=False)
    else:
        name_ledger(settings_with(ledger=ledger))
        for line in lines(found):
            click.echo(line)


def read(ledger: Ledger, since: datetime | None) -> Iterator[Refused]:
    """Yield every refused marketing message once, page by page: first what says so itself, then what is disguised."""
    for code in MARKETING:
        after: str | None = None
        while True:
            with ledger.transaction() as tx:
                page = tx.decisions(action=None, user=None, since=since, after=after, limit=PAGE, reason=code)
            found = [refused_of(record) for record in page]
            yield from (one for one in found if one.said.reasons[0] == code)
            if len(page) < PAGE:
                break
            after = found[-1].decision_id


def as_table(found: Audit) -> str:
    """Write one line per message as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADINGS)
    writer.writerows(cells(group) for group in found.groups)
    return text.getvalue()
