"""docs/analytics.md: its tables are those of the code, its call can be made, and what it says of few is so."""

import re
import shlex
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import numpy as np

from serving.analytics.effects import LEAST
from serving.analytics.grouped import COUNTED
from serving.schemas.analytics import Asked, ByName, EffectAnswer, FigureAnswer, TotalAnswer
from tests.docs.pages import lines
from tests.serving.analytics.drawn import occasions
from tests.serving.analytics.test_effects import figure
from tests.serving.served import Served, Watch, app_of

PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text("utf-8")


def told(heading: str) -> list[str]:
    """Return what the first column of a table names, in order."""
    table = PAGE.rsplit(f"\n| {heading} |", 1)[1].split("|---|", 1)[1].split("\n\n", 1)[0]
    cells = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]


def test_its_parameters_are_those_of_the_code() -> None:
    """And what may stand there."""
    names = [field.alias or name for name, field in Asked.model_fields.items()]
    by = re.findall(r"`(\w+)`", PAGE.split("| `by` |")[1].split("\n")[0])
    assert (told("parameter"), by) == (names, list(get_args(ByName)))


def test_its_figures_are_those_of_the_answer() -> None:
    """None is left out, and none is invented."""
    counted = ["volume", *COUNTED[3:]]
    named = set(TotalAnswer.model_fields) - set(COUNTED[:3])
    assert (told("figure"), set(told("figure"))) == ([*counted, "contacts_prevented", "effect"], named)


def test_its_effect_is_that_of_the_answer() -> None:
    """With what each figure holds."""
    shown = re.findall(r"Each figure is `\{(.*?)\}`", PAGE)[0].split(", ")
    assert (set(told("field of `effect`")), shown) == (
        set(EffectAnswer.model_fields),
        list(FigureAnswer.model_fields),
    )


def test_its_words_for_what_is_missing_are_those_of_the_answer() -> None:
    """And the number that is enough."""
    words = get_args(get_args(EffectAnswer.model_fields["missing"].annotation)[1])
    assert (tuple(told("`missing`")), f"fewer than {LEAST} customers" in PAGE) == (words, True)


def test_its_call_can_be_made() -> None:
    """As it stands there."""
    (line,) = lines("docs/analytics.md", "curl")
    address = urlsplit(shlex.split(line)[-1])
    with Served(app_of(clock=Watch())) as api:
        answer = api.get(f"{address.path}?{address.query}")
    assert (answer.status_code, answer.json()["by"], answer.json()["to"]) == (200, "purpose", "2026-12-01T00:00:00Z")


def test_what_it_says_of_500_contacts_is_so() -> None:
    """No opt-out in 500 contacts still allows 7 in a thousand."""
    actual = figure(occasions(np.arange(530) < 500, chance=0.95), "opt_out").high
    assert round(actual, 3) == 0.007
