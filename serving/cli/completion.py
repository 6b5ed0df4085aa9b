"""`outreach completion`: a script by which a shell completes commands, options, choices and paths."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_OUTREACH_COMPLETE"  # by it the script asks the command itself what may follow


@click.command(
    short_help="Print the completion script for a shell.",
    epilog="Example: outreach completion bash > ~/.outreach-completion; . ~/.outreach-completion",
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script for SHELL; where nothing of ours fits, bash completes paths."""
    from serving.cli import cli

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  (click knows the three shells)
    script = kind(cli, {}, "outreach", VARIABLE)
    text = script.source_template % script.source_vars()
    click.echo(text.replace("complete -o nosort", "complete -o nosort -o bashdefault -o default"))
