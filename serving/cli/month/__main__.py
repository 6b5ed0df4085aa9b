"""`python -m serving.cli.month FOLDER`: the demo's ledger, model and key in a folder, to look at pages with.

python -m serving.cli.month /tmp/month --model .outreach-demo/artefact
OUTREACH_LEDGER=sqlite:////tmp/month/outreach.db OUTREACH_MODEL=/tmp/month/artefact outreach serve --port 8123
"""

import shutil
from pathlib import Path

import click

from model.errors import InvalidInput
from serving.cli.demo import open_books, prepare, shipped_sample
from serving.cli.learn import learn
from serving.cli.month.calendar import Calendar
from serving.system import now


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), help="a trained artefact to copy [default: train one]")
def main(folder: Path, model: Path | None) -> None:
    """Fill a new FOLDER with the month before now: outreach.db, artefact and key."""
    if folder.exists():
        raise InvalidInput(f"`{folder}` is there already; name a new folder")
    folder.mkdir(parents=True)
    begun = now()
    if model is not None:
        shutil.copytree(model, folder / "artefact")
    else:
        sample = shipped_sample(folder)
        learned = Calendar(begun).learned
        learn(str(sample / "table.parquet"), str(sample / "roles.toml"), folder / "artefact", clock=lambda: learned)
    open_books(prepare(folder, 8080), begun, folder)
    click.echo(f"ledger, artefact and key: {folder.resolve()}")


if __name__ == "__main__":
    main()
