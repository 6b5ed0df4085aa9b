"""Whatever has a name stands on a page: for each kind the test that holds its page to the code, and that it can fail.

A row taken out of the page is missed, and one that the code knows nothing of is found. Commands and options: their
page is written from them (`tests.docs.commands`), and compared whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Final

import click
import pytest

from serving.access.keys import SCOPES
from serving.cli import cli
from serving.events.catalogue import TYPES
from serving.events.variables import VARIABLES
from serving.metrics.catalogue import METRICS
from serving.policy.limits import Limits
from serving.policy.reasons import REASONS
from serving.settings import KEYS
from tests.docs import test_api_page as api
from tests.docs import test_commands_page as commands
from tests.docs import test_endpoints_page as endpoints
from tests.docs import test_settings_page as settings
from tests.serving.access import test_keys_page as keys
from tests.serving.events import test_documented as events
from tests.serving.metrics import test_page as metrics
from tests.serving.policy import test_documented as policy


@dataclass(frozen=True)
class Held:
    """A kind of name: the module whose `PAGE` is read, its test, and the names."""

    module: ModuleType
    check: Callable[[], None]
    names: tuple[str, ...]


HELD: Final = {
    "reasons": Held(policy, policy.test_every_reason_is_documented, tuple(REASONS)),
    "metrics": Held(
        metrics, metrics.test_every_metric_stands_in_the_table_and_no_other, tuple(m.name for m in METRICS)
    ),
    "settings": Held(settings, settings.test_every_setting_stands_there_in_order, KEYS),
    "limits": Held(
        settings, settings.test_every_limit_stands_there_in_order, tuple(each.name for each in fields(Limits))
    ),
    "endpoints": Held(
        endpoints,
        endpoints.test_every_endpoint_is_documented,
        tuple(f"{method} {path}" for method, path, _, _ in endpoints.listed()),
    ),
    "problems": Held(
        api, api.test_every_problem_stands_there_with_its_next_step, tuple(slug for _, slug in sorted(api.kinds()))
    ),
    "events": Held(events, events.test_every_type_is_documented, tuple(TYPES)),
    "variables": Held(
        events,
        events.test_every_name_that_an_expression_may_read_is_documented,
        tuple(f"{root}.{name}" for root, names in VARIABLES.items() for name in names),
    ),
    "scopes": Held(keys, keys.test_its_table_names_every_scope_in_order, tuple(SCOPES)),
}


def changed(page: str, name: str, change: Callable[[str], str]) -> str:
    """Return a page with the row of this name (the last, where other tables speak of it) as `change` makes it."""
    *_, row = re.finditer(rf"^\| (?:\d{{3}} \| )?`{re.escape(name)}` .*\n", page, re.MULTILINE)
    return page[: row.start()] + change(row[0]) + page[row.end() :]


@pytest.mark.parametrize("kind", HELD)
def test_a_name_that_is_left_out_is_missed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first, one in the middle, and the last; and with them there, nothing is wrong."""
    held = HELD[kind]
    held.check()
    for name in (held.names[0], held.names[len(held.names) // 2], held.names[-1]):
        less = changed(held.module.PAGE, name, lambda _: "")
        with monkeypatch.context() as patch:
            patch.setattr(held.module, "PAGE", less)
            with pytest.raises(AssertionError):
                held.check()


@pytest.mark.parametrize("kind", HELD)
def test_a_name_that_nothing_has_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second row, like the last, with one letter more."""
    held, name = HELD[kind], HELD[kind].names[-1]
    more = changed(held.module.PAGE, name, lambda row: row + row.replace(f"`{name}`", f"`{name}x`"))
    monkeypatch.setattr(held.module, "PAGE", more)
    with pytest.raises(AssertionError):
        held.check()


@pytest.mark.parametrize("taken", ["## completion\n", "| `--out PATH` |"])
def test_a_command_or_an_option_that_is_left_out_is_missed(
    taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A section, and a row."""
    text = commands.PAGE.read_text("utf-8")
    assert taken in text
    (tmp_path / "commands.md").write_text(text.replace(taken, "", 1), encoding="utf-8")
    monkeypatch.setattr(commands, "PAGE", tmp_path / "commands.md")
    with pytest.raises(AssertionError):
        commands.test_the_page_is_what_the_commands_say()


def test_no_command_and_no_option_is_hidden() -> None:
    """Else `--help`, and the page that is written from it, would not have it."""
    everything = [command for _, command, _ in commands.commands()]
    options = [each for command in everything for each in command.params if isinstance(each, click.Option)]
    assert [each.name for each in (*everything, *options) if each.hidden] == []


def test_the_options_of_the_whole_command_stand_there() -> None:
    """Which belong to no section."""
    context = click.Context(cli, info_name="outreach")
    names = [name for each in cli.get_params(context) if isinstance(each, click.Option) for name in each.opts]
    head = commands.PAGE.read_text("utf-8").split("\n## ")[0]
    assert ([name for name in names if f"`{name}`" not in head], "--version" in names) == ([], True)
