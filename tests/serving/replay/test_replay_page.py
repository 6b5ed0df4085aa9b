"""`docs/replay.md` says what the command does: options, exit codes, and every key of its JSON."""

import re
import tomllib
from pathlib import Path

import click

from serving.cli.replay import DIFFERENT, replay
from serving.policy.limits import Limits, tighten
from serving.replay.comparing import Exact
from serving.replay.exact_report import described
from serving.replay.scored import Heard
from tests.docs.pages import blocks

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
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
    keys = set(said) | set(said["decisions"]) | set(said["scores"]) | set(said["not_replayed"])
    actual = keys - CODES
    assert actual == set()


def test_what_an_unheard_model_is_counted_by_stands_there() -> None:
    """And the exit code of what differs."""
    actual = ("undrawn" in CODES, hasattr(Heard(), "undrawn"), f"| {DIFFERENT} | exact: some differ" in PAGE)
    assert actual == (True, True, True)


def test_the_limits_it_shows_may_be_proposed() -> None:
    """Real names, and nothing looser than the defaults."""
    [shown] = blocks("docs/replay.md", "toml")
    actual = tighten(Limits(), tomllib.loads(shown)["limits"])
    assert actual != Limits()


def test_both_pages_lead_to_each_other() -> None:
    """And the first page of all leads to both."""
    first = (ROOT / "README.md").read_text(encoding="utf-8")
    actual = [name in text for text, name in ((PAGE, "(replay_report.md)"), (first, "docs/replay_report.md)"))]
    assert actual == [True, True]
