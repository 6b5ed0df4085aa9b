"""`outreach policy lint`: templates and triggers, checked before anybody approves them."""

import json
from pathlib import Path

import click

from model.errors import InvalidInput
from serving.cli.policy.lint_figures import as_data, as_github, as_text
from serving.linting.files import read, unread
from serving.linting.finding import Severity
from serving.linting.lint import lint as linted
from serving.policy_files.templates import shipped_wording


@click.command(
    short_help="Check the templates and triggers of files and folders.", epilog="Example: outreach policy lint policy"
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="print the findings as one JSON array")
@click.option("--github", "for_github", is_flag=True, help="print the findings as annotations of a GitHub pull request")
def lint(paths: tuple[str, ...], as_json: bool, for_github: bool) -> None:  # noqa: FBT001  (click flags)
    """Check the templates and triggers of files and folders, all of them together; exit 1 on findings.

    Notes are for the author to know, and do not fail. What the rules are: docs/policy_files.md.
    """
    if as_json and for_github:
        raise InvalidInput("`--json` and `--github` are two forms of the same list; keep one")
    named, working = [Path(path) for path in paths], Path.cwd()
    found = linted(read(named, working=working), shipped_wording(), unread=unread(named, working=working))
    if as_json:
        click.echo(json.dumps([as_data(each) for each in found.findings], indent=2, ensure_ascii=False))
    else:
        for line in as_github(found) if for_github else as_text(found):
            click.echo(line)
    if any(each.severity == Severity.ERROR for each in found.findings):
        click.get_current_context().exit(1)
