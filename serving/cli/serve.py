"""`outreach serve` and `outreach doctor`: the API, and what it would run with."""

import logging
from dataclasses import replace
from pathlib import Path

import click

from model.errors import OutreachError
from serving.cli.options import settings_with
from serving.settings import Settings
from serving.system import now

REGISTERED = "models:/"
FETCHED = Path(".outreach-models")
log = logging.getLogger(__name__)


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
    """Fetch `models:/…` into a verified local folder, which the answers call by its version in the registry.

    A folder stays as it is. Where nothing can be fetched the API starts all the same, for essential service, and one
    line says why.
    """
    if settings.model is None or not settings.model.startswith(REGISTERED):
        return settings
    from model.registry import fetch, resolve

    try:
        version = resolve(settings.model, tracking_uri=settings.tracking_uri)
        name = settings.model.removeprefix(REGISTERED).replace("@", "/").split("/")[0]
        folder = fetch(f"{REGISTERED}{name}/{version}", to=FETCHED, tracking_uri=settings.tracking_uri)
    except (OutreachError, OSError) as error:
        said = " ".join(str(error).split())
        log.warning("model `%s` is not used: %s; only essential service goes out", settings.model, said)
        return settings
    return replace(settings, model=str(folder), model_version=version)


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
