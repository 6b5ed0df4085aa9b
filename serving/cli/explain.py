"""`outreach explain`: one decision in plain words. It only reads, also while others write."""

import json

import click

from model.errors import InvalidInput
from serving.cli.explain_page import page
from serving.cli.options import ledger_option, name_ledger, refuse_absent, settings_with
from serving.explaining.explanation import explained
from serving.ledger.looking import TighteningsIn, look_up
from serving.policy.tightening import in_force
from serving.policy_files.templates import load_policy


@click.command(
    short_help="Say why a decision was made, and what would have changed it.",
    epilog="Example: outreach explain 01JD3V5Q8Z7HN2K4M6P8R0S1T3 --ledger sqlite:///outreach.db",
)
@click.argument("decision_id")
@click.option("--json", "as_json", is_flag=True, help="print the whole record as JSON, as the API does")
@click.option("--all", "whole", is_flag=True, help="show every verdict as well")
@ledger_option
def explain(decision_id: str, as_json: bool, whole: bool, ledger: str | None) -> None:  # noqa: FBT001  (click flags)
    """Say why a decision was made, and what would have changed it; with `--all`, filter by filter."""
    settings = settings_with(ledger=ledger)
    configured = load_policy(settings.policy, settings.limits)
    refuse_absent(settings)
    record = look_up(settings.ledger, decision_id)
    if record is None:
        raise InvalidInput(
            f"there is no decision `{decision_id}` in this ledger; take the id from an answer, or name another "
            "ledger with `--ledger URL`"
        )
    shown = explained(record, in_force(TighteningsIn(settings.ledger), configured))
    if as_json:
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        return
    name_ledger(settings)
    for line in page(shown, whole=whole):
        click.echo(line)
