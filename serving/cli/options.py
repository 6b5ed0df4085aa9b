"""Options that several commands share, and how they open what they name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from model.errors import InvalidInput, Unavailable
from model.named import says_something
from serving.ledger import open_ledger
from serving.ledger.files import left_without
from serving.ledger.looking import is_there
from serving.ledger.opening import MEMORY, path_of
from serving.ledger.postgres.opening import is_postgres
from serving.ledger.sqlite.ledger import SqliteLedger
from serving.people.spreadsheets import plain
from serving.policy_files.templates import shipped_digests
from serving.settings import Settings, load_settings
from serving.system import new_salt, now

if TYPE_CHECKING:  # loaded where a command decides with a model
    from serving.models.place import Look

Command = Callable[..., Any]
SPARK: Final = "spark"
ENGINES: Final = ("local", SPARK)


def ledger_option(command: Command) -> Command:
    """Add `--ledger URL`; without it the settings say where the ledger is."""
    return click.option("--ledger", metavar="URL", help="where the ledger is [default: the settings]")(command)


def settings_with(**flags: Any) -> Settings:
    """Read `outreach.toml` and `OUTREACH_*`, then let the flags that were given win."""
    return load_settings(flags={name: value for name, value in flags.items() if value is not None})


@contextmanager
def open_for(url: str | None, *, create: bool = True, make: str = "") -> Iterator[SqliteLedger]:
    """Open the ledger that a command names, or the settings' own, and close it at the end.

    A command that only looks, or ends something, makes none (`create`): a typing error would look like good news. Where
    there may be none yet, `make` is the command that makes it.
    """
    settings = settings_with(ledger=url)
    if create:
        refuse_left(settings)
    else:
        refuse_absent(settings, make=make)
    opened = open_settings_ledger(settings, create=create)
    try:
        yield opened
    finally:
        opened.close()


def model_place(settings: Settings) -> "Look | None":
    """Return where the model stands: a folder, or the copy that was pulled of what a registry names, which none asks.

    Raises:
        Unavailable: nothing was pulled yet, in this folder.
        InvalidArtefact: what was pulled is not what lies there.
    """
    from serving.models.start import place_of

    try:
        return place_of(settings.model, settings).find() if settings.model else None
    except Unavailable as error:
        pulls = "`outreach serve` pulls it, into the folder in which it runs: run this there"
        raise Unavailable(f"{error}; {pulls}, or name the folder of an artefact with `--model DIR`") from None


def open_settings_ledger(settings: Settings, *, create: bool = True) -> SqliteLedger:
    """Open (or create, with a fresh salt and the shipped approvals) the ledger of these settings."""
    return open_ledger(settings.ledger, now=now(), salt=new_salt(), shipped=shipped_digests(), create=create)


def refuse_left(settings: Settings) -> None:
    """Refuse an address at which no file of a ledger can be made: no folder, or the log of one that is not there."""
    left = None if is_postgres(settings.ledger) else left_without(path_of(settings.ledger))
    if left is not None:
        raise InvalidInput(left)


def refuse_absent(settings: Settings, *, make: str = "") -> None:
    """Refuse, for a command that makes no ledger, an address at which there is none."""
    named = settings.masked()["ledger"]
    more = f", or make it: `{make}`" if make else ""
    if is_postgres(settings.ledger):
        if is_there(settings.ledger):
            return
        raise InvalidInput(f"ledger `{named}` has no tables yet; name your deployment's with `--ledger URL`{more}")
    refuse_left(settings)
    path = path_of(settings.ledger)
    if path == MEMORY or (Path(path).exists() and Path(path).stat().st_size):
        return
    lack = "is an empty file" if Path(path).exists() else "is not there"
    raise InvalidInput(
        f"ledger `{named}` {lack}; name that of your deployment with `--ledger URL` or OUTREACH_LEDGER{more}"
    )


def name_ledger(settings: Settings) -> None:
    """Say on standard error which ledger was read: figures of another one look just as good."""
    click.echo(f"ledger: {plain(str(settings.masked()['ledger']))}", err=True)


class Instant(click.ParamType[datetime]):
    """A time as RFC 3339 with offset; a naive one is refused."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse, or fail with the form that is wanted."""
        if isinstance(value, datetime):
            return value
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"`{value}` is not a time; write it as 2026-11-20T09:00:00+00:00", param, ctx)
        if time.tzinfo is None:
            self.fail(f"`{value}` has no offset; write it as {time.isoformat()}+00:00, or with yours", param, ctx)
        return time


class Words(click.ParamType[str]):
    """Who or why, as it will be shown to others: not blank, and nothing that steers a terminal."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Trim, or fail with what is wanted."""
        words = str(value).strip()
        if not says_something(words):
            self.fail("it is blank; a name or a reason is recorded with it", param, ctx)
        if not words.isprintable():
            self.fail(f"`{words}` holds signs that cannot be shown; write it in one plain line", param, ctx)
        return words


def existing(path: str) -> Path:
    """Return the path of a file or folder that must be there."""
    found = Path(path)
    if not found.exists():
        raise InvalidInput(f"`{path}` does not exist; check the spelling and the current folder")
    return found
