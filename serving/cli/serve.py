"""`outreach serve` and `outreach doctor`: the API, and what it would run with."""

from pathlib import Path
from typing import Any

import click

from serving.cli.options import settings_with
from serving.settings import Settings
from serving.system import now


@click.command(epilog="Example: outreach serve --model artefact --ledger sqlite:///outreach.db")
@click.option("--host", help="the address to listen on [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="the port to listen on [default: 8080]")
@click.option("--workers", type=click.IntRange(1, 64), help="processes that share the ledger [default: 1]")
@click.option("--model", metavar="DIR|models:/…", help="a folder of an artefact, or models:/outreach@champion")
@click.option("--ledger", metavar="URL", help="sqlite:///outreach.db and the like")
def serve(host: str | None, port: int | None, workers: int | None, model: str | None, ledger: str | None) -> None:
    """Start the API; without a model only essential service goes out."""
    from serving.server import serve as run

    settings = settings_with(host=host, port=port, workers=workers, model=model, ledger=ledger)
    run(with_local_model(settings))


def with_local_model(settings: Settings) -> Settings:
    """Fetch `models:/…` from the registry into a verified local folder; a folder stays as it is."""
    if settings.model is None or not settings.model.startswith("models:/"):
        return settings
    from model.registry import fetch

    folder = fetch(settings.model, to=Path(".outreach-models"), tracking_uri=settings.tracking_uri)
    return settings_with(**{**as_flags(settings), "model": str(folder)})


def as_flags(settings: Settings) -> dict[str, Any]:
    """Return the settings that flags can give, so that they win again."""
    return {name: getattr(settings, name) for name in ("host", "port", "workers", "ledger")}


@click.command(epilog="Example: outreach doctor")
def doctor() -> None:
    """Print the settings in force (secrets masked) and whether ledger, policy and model can be used."""
    from serving.cli.diagnosis import findings

    settings = settings_with()
    click.echo(str(settings))
    found = findings(settings, now())
    for finding in found:
        click.echo(finding.line())
    if not all(finding.good for finding in found):
        raise click.exceptions.Exit(1)
