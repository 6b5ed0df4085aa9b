"""`outreach policy schema`: what an editor needs to complete and check a policy file while it is written."""

import json

import click

from serving.policy_files.schema import DIALECT, policy_schema


@click.command(epilog="Example: outreach policy schema > policy_file.json")
def schema() -> None:
    """Print the JSON Schema of a policy file, for the editor."""
    document = {"$schema": DIALECT, **policy_schema()}
    click.echo(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False))
