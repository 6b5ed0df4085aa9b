"""`outreach table`: from the ledger, or from raw logs, to a training table and its `roles.toml`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from model.errors import InvalidInput, InvalidTable
from model.reading.table_roles import ROLES
from serving.cli.options import ENGINES, Instant, ledger_option, refuse_absent, settings_with
from serving.cli.stopping import AS_BEFORE, stopping
from serving.cli.table_history import from_history, refuse_ledger
from serving.ledger import open_ledger
from serving.ledger_table.columns import LedgerTable, table_of
from serving.ledger_table.files import arrow, refuse_place, write_table
from serving.ports import Ledger
from serving.standing import Occasion
from serving.system import new_salt, now

PAGE = 5_000  # occasions per transaction: whoever decides meanwhile waits no longer than one page takes


@click.command(
    short_help="Write what the ledger logged as a table to learn from.",
    epilog="Example: outreach table --ledger sqlite:///outreach.db --out table.parquet",
)
@ledger_option
@click.option("--history", type=click.Path(), help="raw logs instead of a ledger: a history.toml")
@click.option("--out", required=True, help="the table: .parquet, .csv or .csv.gz; of raw logs also a folder: DIR/")
@click.option("--as-of", type=Instant(), help="what had closed by then [default: now; raw logs: when exported]")
@click.option("--engine", type=click.Choice(ENGINES), default=ENGINES[0], help="spark: raw logs, by a cluster")
@stopping(AS_BEFORE)
def table(ledger: str | None, history: str | None, out: str, as_of: datetime | None, engine: str) -> None:
    """Write every occasion whose windows have closed as a row, and `roles.toml` beside it."""
    present = now()
    if history is not None:
        if ledger is not None:
            raise InvalidInput("`--ledger` and `--history` are both given; a table has one source, name one")
        for line in from_history(history, out, as_of=as_of, present=present, engine=engine):
            click.echo(line)
        return
    refuse_ledger(engine)
    _from_ledger(ledger, Path(out), as_of=as_of, present=present)


def _from_ledger(ledger: str | None, out: Path, *, as_of: datetime | None, present: datetime) -> None:
    moment = present if as_of is None else as_of
    if moment > present:
        raise InvalidInput(
            f"`--as-of {moment.isoformat()}` lies ahead: no window has closed there; give an earlier time"
        )
    refuse_place(out)
    settings = settings_with(ledger=ledger)
    refuse_absent(settings)
    books = open_ledger(settings.ledger, now=present, salt=new_salt(), create=False)
    try:
        built = learnable(build(books, as_of=moment))
    finally:
        books.close()
    write_table(built, out)
    for line in told(built):
        click.echo(line)
    click.echo(f"table: {out}, roles: {out.with_name(ROLES)}")


def build(books: Ledger, *, as_of: datetime) -> LedgerTable:
    """Build the table of a ledger, page by page."""
    with books.transaction() as transaction:
        watches, repeats = {watch.key: watch for watch, _ in transaction.watched()}, transaction.repeats()
    built = table_of(pages(books), as_of=as_of, watches=watches)
    return replace(built, counts=replace(built.counts, repeats=built.counts.repeats + repeats))


def pages(books: Ledger) -> Iterator[Occasion]:
    """Yield every occasion in the order in which it was decided."""
    after = 0
    while True:
        with books.transaction() as transaction:
            found, after = transaction.occasions(after=after, limit=PAGE)
        if not found:
            return
        yield from found


def learnable(built: LedgerTable) -> LedgerTable:
    """Leave out of the features what training would refuse to read, such as dates; a note says what."""
    from model.reading.feature_columns import arrays

    cells, kept, notes = arrow(built), [], list(built.notes)
    for name in built.features:
        try:
            arrays(cells, [name])
            kept.append(name)
        except InvalidTable as error:
            notes.append(f"not a feature: {error}")
    return replace(built, features=tuple(kept), notes=tuple(notes))


def told(built: LedgerTable) -> list[str]:
    """Say what stands in the table, and what does not."""
    counts = built.counts
    return [
        f"{counts.rows:,} rows: {counts.contacted:,} contacted, {counts.held_out:,} held out",
        f"{counts.open:,} occasions not yet mature, {counts.repeats:,} repeats of a fact left out",
        f"{counts.opted_out_held_out:,} of the held out opted out within 14 days, which no message of ours caused",
        *(f"note: {note}" for note in built.notes),
    ]
