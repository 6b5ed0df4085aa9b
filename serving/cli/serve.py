"""`outreach serve` and `outreach doctor`: the API, and what it would run with."""

import json

import click

from model.contracts import JSON
from model.errors import InvalidInput, one_line
from serving.cli.options import settings_with
from serving.system import now


@click.command(
    short_help="Start the API.", epilog="Example: outreach serve --model artefact --ledger sqlite:///outreach.db"
)
@click.option("--host", help="the address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="the port to listen on [default: 8080]")
@click.option("--workers", type=click.IntRange(1, 64), help="processes that share the ledger [default: 1]")
@click.option("--model", metavar="DIR|models:/…", help="a folder of an artefact, or models:/outreach@champion")
@click.option("--shadow", metavar="DIR|models:/…", help="a challenger that is asked and recorded, never acted on")
@click.option("--ledger", metavar="URL", help="sqlite:///outreach.db and the like")
def serve(  # noqa: PLR0913  (the options of CONTRACT section 2)
    host: str | None,
    port: int | None,
    workers: int | None,
    model: str | None,
    shadow: str | None,
    ledger: str | None,
) -> None:
    """Start the API; without a model only essential service goes out."""
    from serving.server.server import serve as run

    settings = settings_with(host=host, port=port, workers=workers, model=model, shadow=shadow, ledger=ledger)
    run(settings)


@click.command(
    short_help="Say what is wrong with this installation, and how to mend it.", epilog="Example: outreach doctor"
)
@click.option("--connect", is_flag=True, help="connect to the webhook's address as well; nothing is sent there")
def doctor(*, connect: bool) -> None:
    """Print the settings in force (secrets masked) and what is wrong, each with its fix: docs/doctor.md.

    Exit 1 where something fails; nothing is created or changed but the file by which a ledger's writers take turns.
    """
    from serving.cli.diagnosis import findings
    from serving.cli.faults import FAULTS

    try:
        settings = settings_with()
    except InvalidInput as error:
        click.echo(FAULTS["settings_wrong"].found(why=one_line(error)).line())
        raise click.exceptions.Exit(1) from error
    for name, value in settings.masked().items():
        if value not in (None, {}):
            click.echo(f"{name} = {as_toml(value)}")
    found = findings(settings, now(), connect=connect)
    for finding in found:
        click.echo(finding.line())
    if not all(finding.good for finding in found):
        raise click.exceptions.Exit(1)


def as_toml(value: JSON) -> str:
    """Write a setting as its file would hold it, on one line.

    Example:
        >>> as_toml({"quiet_start": "20:00"})
        '{ quiet_start = "20:00" }'
    """
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {as_toml(each)}' for name, each in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
