"""Texts joined from columns are those that `render` makes of the rows."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from serving.columnar.sayings import filled, stated
from serving.policy.templates import Template, render
from tests.serving.candidate_examples import Row, candidate
from tests.serving.columnar.files import block_of, reader_of_block

STEP = "Reply to change it."
TEMPLATES = {
    "own step": Template(
        id="own step", purpose="delivery_update", text=f"It is {{a}}. {STEP}", facts={"a": "string"}, next_step=STEP
    ),
    "step at the end": Template(
        id="step at the end",
        purpose="delivery_update",
        text="{a} is {b}",
        facts={"a": "string", "b": "number"},
        next_step=f" {STEP}",
    ),
    "no step": Template(
        id="no step", purpose="progress_update", text="{n}th: {a}{a}.", facts={"n": "integer", "a": "string"}
    ),
    "no facts": Template(id="no facts", purpose="onboarding", text="We are here.", facts={}, next_step="Ask."),
}
TEXTS: dict[str, tuple[pa.DataType, list[str]]] = {
    "plain": (pa.string(), ["A-7", "A-8", "x", "A-7"]),
    "blanks": (pa.string(), ["A-7 ", "\tA-8", "x", "\x1fA-7\x85"]),
    "far": (pa.string(), ["Ä-7", "A-8", "\u3000x", "A-7é"]),
    "a step": (pa.string(), [f"so. {STEP}", "A-8", STEP, "{b}"]),
    "large": (pa.large_string(), ["A-7", "A-8", "x", "A-7"]),
    "view": (pa.string_view(), ["A-7", " A-8", "x", "A-7"]),
    "coded": (pa.dictionary(pa.int8(), pa.string()), ["A-7", "A-8 ", "x", "A-7"]),
}
NUMBERS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int": (pa.int64(), [7, -8, 0, 7]),
    "float": (pa.float64(), [7.5, 8.0, -0.0, 1e21]),
    "coded": (pa.dictionary(pa.int8(), pa.int64()), [7, 8, 7, 7]),
}


def joined(template: Template, rows: list[Row], **types: pa.DataType) -> tuple[list[str], list[str | None]]:
    """Return the texts of all rows but the first and the second, by column and row by row."""
    block = block_of(rows, **types)
    candidates = [row.candidate for row in reader_of_block(block).read(block)[0]]
    messages = [render(one, template) for one in candidates[2:]]
    texts = filled(block.batch.slice(1), np.arange(1, len(rows) - 1), template).to_pylist()
    return texts, [None if message is None else message.text for message in messages]


@pytest.mark.parametrize("number", list(NUMBERS))
@pytest.mark.parametrize("text", list(TEXTS))
@pytest.mark.parametrize("name", list(TEMPLATES))
def test_a_template_says_the_same_by_column(name: str, text: str, number: str) -> None:
    """Whatever its facts are kept as: stripped as they are in a row, with the next step said once."""
    template, (stored, words), (kept, figures) = TEMPLATES[name], TEXTS[text], NUMBERS[number]
    pairs = [(words[0], figures[0])] * 2 + list(zip(words, figures, strict=True))
    facts = [
        {"message__facts__a": word, "message__facts__b": figure, "message__facts__n": figure} for word, figure in pairs
    ]
    rows = [candidate(place, message__template=name, **each) for place, each in enumerate(facts)]
    types = {"message__facts__a": stored, "message__facts__b": kept, "message__facts__n": kept}
    actual, expected = joined(template, rows, **types)
    whole = [place for place, each in enumerate(expected) if each is not None]
    assert [actual[place] for place in whole] == [expected[place] for place in whole]
    assert len(whole) >= 2


@pytest.mark.parametrize("steps", [[None, STEP, STEP], None], ids=["steps", "no column"])
def test_own_words_are_said_with_their_next_step(steps: list[str | None] | None) -> None:
    """Once, at the end, unless they say it already."""
    rows = []
    for place, text in enumerate(["It is late.", "It is late. ", f"{STEP} It is late."]):
        row = candidate(place, message__text=text, message__template=None, message__facts__parcel=None)
        rows.append(row | ({} if steps is None else {"message.next_step": steps[place]}))
    block = block_of(rows)
    messages = [render(row.candidate, None) for row in reader_of_block(block).read(block)[0]]
    expected = [message and message.text for message in messages]
    assert stated(block.batch, np.arange(3)).to_pylist() == expected
