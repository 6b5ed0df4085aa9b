"""`outreach erase`: what the ledger says of one customer goes; what protects them stays under a keyed hash."""

import click

from model.errors import InvalidInput, Unavailable
from serving.cli.options import ledger_option, name_ledger, open_for, settings_with
from serving.ledger.rewriting import Rewritten
from serving.system import now

LEFT = {
    Rewritten.HELD: "copies are left in the file while somebody reads it (a replay, a backup): erase again once they "
    "are done; a server that runs on it tries every hour",
    Rewritten.LARGE: "copies may be left between the rows of a file above 64 MiB: erase again with `--rewrite`",
    Rewritten.FAILED: "copies may be left between the rows: there is no room to write the file anew, or somebody else "
    "was writing; see to the disk, and erase again; a server that runs on it tries every hour",
    Rewritten.ELSEWHERE: "copies may be left in the server's tables until it has vacuumed them: run `VACUUM FULL`",
}


@click.command(
    short_help="Erase what the ledger says of a customer.",
    epilog="Example: outreach erase u-17 --ledger sqlite:///outreach.db --yes",
)
@click.argument("user_id")
@click.option("--yes", is_flag=True, help="do not ask; it cannot be undone")
@click.option("--rewrite", is_flag=True, help="write a large file anew as well; nothing else is recorded meanwhile")
@ledger_option
def erase(user_id: str, yes: bool, rewrite: bool, ledger: str | None) -> None:  # noqa: FBT001  (click flags)
    """Erase a customer, under all their ids; opt-outs, complaints and dismissals go on protecting them."""
    name_ledger(settings_with(ledger=ledger))
    with open_for(ledger, create=False) as opened:
        if not yes:
            click.confirm(f"erase what is known of `{user_id}`? this cannot be undone", abort=True)
        with opened.transaction() as tx:
            found = tx.erase(user_id, at=now())
        if found is None:
            said = f"nothing is on record of `{user_id}`"
            raise InvalidInput(f"{said}; check the id, or name another ledger with `--ledger`")
        left = opened.rewrite(whatever_size=rewrite)
    click.echo(f"erased: {found.decisions} decisions, {found.events} events, {found.outcomes} outcomes")
    click.echo("kept, under a keyed hash: opt-outs, complaints, dismissals and the contacts that caps count", err=True)
    if rewrite and left in {Rewritten.FAILED, Rewritten.HELD}:
        raise Unavailable(LEFT[left])
    if left in LEFT:
        click.echo(LEFT[left], err=True)
