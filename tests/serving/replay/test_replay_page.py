"""`docs/replay.md` says what the command does: options, exit codes, and every key of its JSON."""

import re
from pathlib import Path

import click

from serving.cli.replay import DIFFERENT, replay
from serving.replay.comparing import Exact
from serving.replay.exact_report import described
from serving.replay.scored import Heard

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "replay.md").read_text(encoding="utf-8")
CODES = set(re.findall(r"`([a-z_-]+)`", PAGE))


def test_every_option_stands_there() -> None:
    """With its own name, and no other."""
    options = {name for param in replay.params if isinstance(param, click.Option) for name in param.opts}
    there = {name for name in re.findall(r"(--[a-z]+)", PAGE) if name != "--at"}
    actual = there | {"--help"}
    assert actual == options | {"--help"}


def test_every_key_of_an_exact_replay_stands_there() -> None:
    """Whoever reads the JSON finds each of them."""
    said = described(Exact(), ledger="l", policy_version="p", model_version=None)
    keys = set(said) | set(said["decisions"]) | set(said["scores"]) | set(said["not_replayed"]) - {"how"}
    actual = keys - CODES
    assert actual == set()


def test_what_an_unheard_model_is_counted_by_stands_there() -> None:
    """And the exit code of what differs."""
    actual = ("undrawn" in CODES, hasattr(Heard(), "undrawn"), f"| {DIFFERENT} | exact: some differ" in PAGE)
    assert actual == (True, True, True)
