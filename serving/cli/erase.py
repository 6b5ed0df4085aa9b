"""`outreach erase`: what the ledger says of one customer goes; what protects them stays under a keyed hash."""

import click

from model.errors import InvalidInput
from serving.cli.options import ledger_option, name_ledger, open_for, settings_with
from serving.ledger.retention import SMALL
from serving.system import now

LEFT = (
    "copies may be left between the rows until all is written anew: `--rewrite` does that to a file above 64 MiB, "
    "`VACUUM FULL` to a server's tables"
)


@click.command(epilog="Example: outreach erase u-17 --ledger sqlite:///outreach.db --yes")
@click.argument("user_id")
@click.option("--yes", is_flag=True, help="do not ask; it cannot be undone")
@click.option("--rewrite", is_flag=True, help="write a large file anew as well; nothing else is recorded meanwhile")
@ledger_option
def erase(user_id: str, yes: bool, rewrite: bool, ledger: str | None) -> None:  # noqa: FBT001  (click flags)
    """Erase a customer, under all their ids; opt-outs, complaints and dismissals go on protecting them."""
    name_ledger(settings_with(ledger=ledger))
    if not yes:
        click.confirm(f"erase what is known of `{user_id}`? this cannot be undone", abort=True)
    with open_for(ledger, create=False) as opened:
        with opened.transaction() as tx:
            found = tx.erase(user_id, at=now())
        anew = opened.rewrite(largest=None if rewrite else SMALL)
    if found is None:
        raise InvalidInput(f"nothing is on record of `{user_id}`; check the id, or name another ledger with `--ledger`")
    click.echo(f"erased: {found.decisions} decisions, {found.events} events, {found.outcomes} outcomes")
    click.echo("kept, under a keyed hash: opt-outs, complaints, dismissals and the contacts that caps count", err=True)
    if not anew:
        click.echo(LEFT, err=True)
