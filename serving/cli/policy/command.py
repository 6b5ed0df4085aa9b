"""`outreach policy`: what the policy refuses, and why."""

import json

import click

from serving.cli.policy.judge import judge
from serving.cli.policy.learn import learn
from serving.cli.policy.lint import lint
from serving.cli.policy.refused import refused
from serving.cli.policy.reviewing import approvals, review
from serving.cli.policy.schema import schema
from serving.cli.policy.verify import verify
from serving.policy.reasons import REASONS


@click.group(epilog="Example: outreach policy reasons")
def policy() -> None:
    """Look into the service-only policy."""


policy.add_command(approvals)
policy.add_command(judge)
policy.add_command(learn)
policy.add_command(lint)
policy.add_command(refused)
policy.add_command(review)
policy.add_command(schema)
policy.add_command(verify)


@policy.command(
    short_help="Print every reason code with what would change it.", epilog="Example: outreach policy reasons --json"
)
@click.option("--json", "as_json", is_flag=True, help="print the catalogue as JSON")
def reasons(as_json: bool) -> None:  # noqa: FBT001  (a click flag)
    """Print every reason code with its outcome, clause, source, what would change it and who must act."""
    rows = [
        {
            "code": reason.code,
            "outcome": str(reason.outcome),
            "clause": reason.clause,
            "source": reason.source,
            "would_change": reason.in_general,
            "who": reason.who,
        }
        for reason in REASONS.values()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['code']}  ({row['outcome']})")
        click.echo(f"    rule: {row['clause']}; source: {row['source']}")
        click.echo(f"    what would change it: {row['would_change']}")
        click.echo(f"    who must act: {row['who']}")
