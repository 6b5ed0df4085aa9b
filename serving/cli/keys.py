"""`outreach keys`: create, list, rotate and revoke API keys. A key is printed once and stored as SHA-256 only."""

import click

from model.errors import InvalidInput
from serving.cli.options import ledger_option, open_for
from serving.keys import SCOPES, key_record
from serving.ports import KeyRecord
from serving.system import new_id, new_token, now


@click.group(epilog="Example: outreach keys create --name chatwoot --scope decide --scope events")
def keys() -> None:
    """Manage the API keys of a ledger."""


@keys.command(epilog="Example: outreach keys create --name chatwoot --scope decide,events,outcomes")
@click.option("--scope", "scopes", multiple=True, required=True, help=f"one or more of {', '.join(SCOPES)}")
@click.option("--name", default="unnamed", show_default=True, help="who uses it")
@ledger_option
def create(scopes: tuple[str, ...], name: str, ledger: str | None) -> None:
    """Create a key and print it once."""
    wanted = tuple(part.strip() for scope in scopes for part in scope.split(",") if part.strip())
    token = new_token()
    record = key_record(token, key_id=new_id(now()), name=name, scopes=wanted, at=now())
    with open_for(ledger) as opened, opened.transaction() as tx:
        tx.add_key(record)
    click.echo(token)
    click.echo(f"key {record.id} ({', '.join(record.scopes)}); it is shown this once", err=True)


@keys.command("list", epilog="Example: outreach keys list")
@ledger_option
def list_keys(ledger: str | None) -> None:
    """List the keys: id, name, scopes, created, revoked."""
    with open_for(ledger) as opened, opened.transaction() as tx:
        found = tx.keys()
    for key in found:
        state = f"revoked {key.revoked_at.isoformat()}" if key.revoked_at else "active"
        click.echo(f"{key.id}  {key.name}  {','.join(key.scopes)}  created {key.created_at.isoformat()}  {state}")


@keys.command(epilog="Example: outreach keys revoke 01JD3…")
@click.argument("key_id")
@ledger_option
def revoke(key_id: str, ledger: str | None) -> None:
    """Revoke a key; requests with it get 401 from then on."""
    with open_for(ledger) as opened, opened.transaction() as tx:
        tx.revoke_key(active(tx.keys(), key_id).id, at=now())
    click.echo(f"revoked {key_id}")


@keys.command(epilog="Example: outreach keys rotate 01JD3…")
@click.argument("key_id")
@ledger_option
def rotate(key_id: str, ledger: str | None) -> None:
    """Replace a key by a new one with the same name and scopes, in one transaction; print the new one once."""
    token = new_token()
    with open_for(ledger) as opened, opened.transaction() as tx:
        old = active(tx.keys(), key_id)
        tx.revoke_key(key_id, at=now())
        tx.add_key(key_record(token, key_id=new_id(now()), name=old.name, scopes=old.scopes, at=now()))
    click.echo(token)


def active(found: list[KeyRecord], key_id: str) -> KeyRecord:
    """Return the active key with this id; refuse where there is none."""
    for key in found:
        if key.id == key_id and key.revoked_at is None:
            return key
    raise InvalidInput(f"there is no active key `{key_id}`; `outreach keys list` shows them")
