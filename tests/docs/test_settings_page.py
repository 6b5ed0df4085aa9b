"""docs/settings.md: every setting and every limit, once, in order, with default, range and variable."""

from dataclasses import fields
from typing import Any

import pytest

from model.contracts import Shares
from serving.policy.limits import TIGHTER, Limits
from serving.setting_values import SECRETS, TABLES, TRUTHS, WHOLE
from serving.settings import KEYS, PREFIX, Settings
from tests.docs.pages import page

PAGE = page("docs/settings.md")


def rows(head: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first head is this, by their first cell."""
    lines = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {first.strip(" `"): rest for first, *rest in cells}


def shown(value: Any) -> str:
    """Return a default as the page writes it."""
    match value:
        case Shares():
            return f"`{{{', '.join(f'{item.name} = {getattr(value, item.name)}' for item in fields(Shares))}}}`"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | str():
            return f"`{value}`"
    return "none"


def kind(name: str) -> str:
    """Return how the type of a setting begins there."""
    if name in WHOLE:
        low, high = WHOLE[name]
        return f"whole number, {low:,} to {high:,}"
    if name in SECRETS:
        form = SECRETS[name]
        return f"secret: `whsec_` and {form.least} to 64 bytes" if form.encoded else f"secret: {form.least} characters"
    return (
        "table"
        if name in TABLES
        else "true or false"
        if name in TRUTHS
        else ("`text` or" if name == "logs" else "text")
    )


def test_every_setting_stands_there_in_order() -> None:
    """None is left out, and none is invented."""
    assert tuple(rows("setting")) == KEYS


@pytest.mark.parametrize("name", KEYS)
def test_it_says_of_a_setting_what_the_code_does(name: str) -> None:
    """Variable, type with its range, default."""
    variable, typed, default, _ = rows("setting")[name]
    actual = (variable, typed.startswith(kind(name)), default)
    assert actual == (f"`{PREFIX}{name.upper()}`", True, shown(getattr(Settings(), name)))


@pytest.mark.parametrize("name", [item.name for item in fields(Limits)])
def test_it_says_of_a_limit_what_the_code_does(name: str) -> None:
    """Default, and in which direction it may be moved."""
    value = getattr(Limits(), name)
    default = f"`{value // 60:02}:{value % 60:02}`" if name.startswith("quiet_") else shown(value)
    actual = rows("limit")[name][:2]
    assert actual == [default, TIGHTER[name]]


def test_every_limit_stands_there_in_order() -> None:
    """None is left out, and none is invented."""
    assert list(rows("limit")) == [item.name for item in fields(Limits)]
