"""`outreach keys`: create, list, rotate and revoke API keys. A key is printed once and stored as SHA-256 only."""

from datetime import datetime, timedelta

import click

from model.errors import InvalidInput
from serving.access.keys import MOST_PER_SECOND, SCOPES, Bounds, follows_in_grace, is_active, key_record, successor
from serving.cli.options import Instant, ledger_option, open_for
from serving.ports import KeyRecord
from serving.system import new_id, new_token, now

LONGEST_GRACE = 7 * 24 * 60  # minutes
MAKE = "outreach keys create --scope …"


@click.group(epilog="Example: outreach keys create --name chatwoot --scope decide --scope events")
def keys() -> None:
    """Manage the API keys of a ledger."""


@keys.command(epilog="Example: outreach keys create --name chatwoot --scope decide,events,outcomes")
@click.option("--scope", "scopes", multiple=True, required=True, help=f"one or more of {', '.join(SCOPES)}")
@click.option("--name", default="unnamed", show_default=True, help="who uses it")
@click.option("--origin", metavar="URL", help="the page of a widget's key, such as https://shop.example")
@click.option(
    "--per-second",
    type=click.IntRange(1, MOST_PER_SECOND),
    help="what it may ask [default: `requests_per_second`; a widget's at most 200]",
)
@click.option("--expires", type=Instant(), help="when it ends by itself [default: never]")
@ledger_option
def create(  # noqa: PLR0913  (the options of the command)
    scopes: tuple[str, ...],
    name: str,
    origin: str | None,
    per_second: int | None,
    expires: datetime | None,
    ledger: str | None,
) -> None:
    """Create a key and print it once."""
    wanted = tuple(part.strip() for scope in scopes for part in scope.split(",") if part.strip())
    bounds = Bounds(origin=origin, per_second=per_second, expires_at=expires)
    token = new_token()
    record = key_record(token, key_id=new_id(now()), name=name, scopes=wanted, at=now(), bounds=bounds)
    with open_for(ledger) as opened, opened.transaction() as tx:
        tx.add_key(record)
    click.echo(token)
    click.echo(f"key {record.id} ({', '.join(record.scopes)}); it is shown this once", err=True)


@keys.command("list", short_help="List the keys and what each is bound to.", epilog="Example: outreach keys list")
@ledger_option
def list_keys(ledger: str | None) -> None:
    """List the keys: id, name, scopes, created, state, and what each is bound to."""
    with open_for(ledger, create=False, make=MAKE) as opened, opened.transaction() as tx:
        found = tx.keys()
    if not found:
        click.echo(f"no keys; make one with `{MAKE}`")
    for key in found:
        said = (f"{key.id}  {key.name}  {','.join(key.scopes)}  created {key.created_at.isoformat()}", *_said(key))
        click.echo("  ".join(said))


@keys.command(epilog="Example: outreach keys revoke 01JD3QXJ5VKM8A7T2C9WZ4N6RE")
@click.argument("key_id")
@ledger_option
def revoke(key_id: str, ledger: str | None) -> None:
    """Revoke a key; requests with it get 401 from then on."""
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        tx.revoke_key(unrevoked(tx.keys(), key_id).id, at=now())
    click.echo(f"revoked {key_id}")


@keys.command(
    short_help="Replace a key by a new one with the same bounds.",
    epilog="Example: outreach keys rotate 01JD3QXJ5VKM8A7T2C9WZ4N6RE --grace 60",
)
@click.argument("key_id")
@click.option(
    "--grace",
    type=click.IntRange(0, LONGEST_GRACE),
    default=0,
    show_default=True,
    metavar="MINUTES",
    help="for how long the old key still works",
)
@ledger_option
def rotate(key_id: str, grace: int, ledger: str | None) -> None:
    """Replace a key by a new one with the same name, scopes and bounds, in one transaction; print the new one once."""
    token, at = new_token(), now()
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        found = tx.keys()
        old = unrevoked(found, key_id)
        refuse_second(old, found)
        tx.add_key(successor(old, token, key_id=new_id(at), at=at))
        if grace:
            tx.expire_key(key_id, at=at + timedelta(minutes=grace))
        else:
            tx.revoke_key(key_id, at=at)
    click.echo(token)


def refuse_second(old: KeyRecord, found: list[KeyRecord]) -> None:
    """Refuse to rotate a key that was rotated with a grace: another successor would end when that grace does."""
    follows = next((key for key in found if follows_in_grace(old, key)), None)
    if follows is not None:
        raise InvalidInput(
            f"key `{old.id}` has a successor, `{follows.id}`, and ends by itself; rotate that one, or make another "
            f"with `{MAKE}`"
        )


def unrevoked(found: list[KeyRecord], key_id: str) -> KeyRecord:
    """Return the key with this id that nobody revoked, be it over or not; refuse where there is none."""
    for key in found:
        if key.id == key_id and key.revoked_at is None:
            return key
    raise InvalidInput(f"there is no active key `{key_id}`; `outreach keys list` shows them")


def _said(key: KeyRecord) -> list[str]:
    """Say the state of a key, then its bounds."""
    state = "active" if is_active(key, now()) else "expired"
    said = [f"revoked {key.revoked_at.isoformat()}" if key.revoked_at else state]
    if key.expires_at is not None:
        said.append(f"expires {key.expires_at.isoformat()}")
    if key.origin is not None:
        said.append(f"origin {key.origin}")
    if key.per_second is not None:
        said.append(f"{key.per_second} a second")
    return said
