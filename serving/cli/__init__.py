"""The command `outreach`: this package alone reaches from serving to learning, and only when a command runs."""

import os
import re
import sys
from importlib import import_module

import click

from model.errors import InvalidInput, OutreachError

COMMANDS = {
    "batch": "serving.cli.batch:batch",
    "completion": "serving.cli.completion:completion",
    "demo": "serving.cli.demo:demo",
    "doctor": "serving.cli.serve:doctor",
    "explain": "serving.cli.explain:explain",
    "erase": "serving.cli.erase:erase",
    "experiment": "serving.cli.experiment:experiment",
    "feed": "serving.cli.feed:feed",
    "keys": "serving.cli.keys:keys",
    "monitor": "serving.cli.monitor:monitor",
    "plan": "serving.cli.plan:plan",
    "policy": "serving.cli.policy.command:policy",
    "promote": "serving.cli.learn:promote",
    "replay": "serving.cli.replay:replay",
    "rollback": "serving.cli.learn:rollback",
    "score": "serving.cli.learn:score",
    "serve": "serving.cli.serve:serve",
    "table": "serving.cli.table:table",
    "train": "serving.cli.learn:train",
}
UNKNOWN_COMMAND = re.compile(
    r"No such command ['\"](.*?)['\"]\."
)  # click's; its class is newer than the oldest allowed
NUMBERS = (
    (re.compile(r"not a valid float( range)?\b"), "not a number"),
    (re.compile(r"not a valid integer( range)?\b"), "not a whole number"),
)


class LazyGroup(click.Group):
    """A group whose commands are imported when they run, so that `--help` and `serve` never load scikit-learn."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (click's signature)
        """Import one command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101  (the table above names commands only)
        return command


@click.group(cls=LazyGroup, epilog="Example: outreach demo", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outreach")
def cli() -> None:
    """Decide whether to contact a customer first: service only, learned benefit, certified harm."""


def main() -> None:
    """Run the command line: errors are one line; exit 2 for bad input, 1 for failure."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        result = cli.main(arguments, prog_name="outreach", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as help_text:
        click.echo(help_text.format_message())
        return 2
    except Exception as error:  # noqa: BLE001  (whatever it is, one line says so; nothing was sent)
        return refuse(*told(error))
    return result if isinstance(result, int) else 0


def told(error: Exception) -> tuple[str, int]:
    """Return what to say of an error, and the exit code: 2 for bad input, 1 for failure."""
    match error:
        case click.ClickException():
            return advised(error), 2
        case InvalidInput():
            return str(error), 2
        case click.Abort():
            return "stopped", 1
        case OutreachError():
            return str(error), 1
        case OSError(filename=name, strerror=str() as problem):
            place = f"`{name}`: " if isinstance(name, str) else ""  # writing and flushing name no file
            return f"{place}{problem}; mend the disk or its permissions, or name another place", 1
        case _:
            return f"{type(error).__name__}: {error}; this is a fault of outreach, please report it", 1


def advised(error: click.ClickException) -> str:
    """Return click's message with a next step: a group's commands, or the help; ours bring their own, after a `;`."""
    message = error.format_message().rstrip(".")
    for theirs, ours in NUMBERS:
        message = theirs.sub(ours, message)
    if ";" in message or not isinstance(error, click.UsageError):
        return message
    context = error.ctx
    unknown = UNKNOWN_COMMAND.match(error.message)
    if context is not None and isinstance(context.command, click.Group) and unknown:
        return no_command(unknown[1], context.command_path, context.command.list_commands(context))
    path = "outreach" if context is None else context.command_path
    return f"{message}{'' if message.endswith('?') else ';'} see `{path} --help`"


def no_command(name: str, group: str, known: list[str]) -> str:
    """Say that a group has no such command, with the one that was meant, or all."""
    from model.reading.strict import closest

    near = closest(name, known)
    return f"there is no command `{name}` in `{group}`; " + (
        f"did you mean `{near}`?" if near else f"the commands are {', '.join(known)}"
    )


def refuse(message: str, code: int) -> int:
    """Say in one line on standard error what is wrong; signs that steer a terminal are shown as `?`."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in " ".join(message.split()))
    click.echo(f"outreach: {shown}", err=True)
    return code
