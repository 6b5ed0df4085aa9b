"""Texts that differ in their figures alone: one verdict for all, and no figure that a pattern names is overlooked."""

import re

import pytest

from serving.policy import greeting, language, letters, markup, tokens
from serving.policy.alike import FORMS, alike, greets, judged, names_figures, reads
from serving.policy.courting import TIED
from serving.policy.greeting import greets_newcomer
from serving.policy.language import judgeable
from serving.policy.wording import RULES, Wording
from serving.policy_files.templates import shipped_templates, shipped_wording
from tests.spoiling import Draw

TEMPLATES = [template.text.format_map(dict.fromkeys(template.facts, "A-17")) for template in shipped_templates()]
SAID = [
    *TEMPLATES,
    "Your order 4711 of 2026-11-23 is late: it comes between 14:00 and 16:00.",
    "Take part in two for one week. Save the date: 3 May.",
    "Zero processing fee is due before 12 noon, 7 euros remain.",
    "Cash on delivery is off. The pick-up point opens at 9.",
    "First time here? Ask at desk 5.",
    "Ihr Paket 12 kommt am Freitag zwischen 9 und 12 Uhr.",
]
ODD = """
0/0 off|2 for 1|3-for-2|2for1|b4 payday|s4le|fr33|0 processing fee|50% off|&#37;|%20off|S.A.L.E 5|0/0|24/7|d1scount
2 (for) 1|2  for_1|10/05|$20|5x5|5-5-5 s-a-l-e|4ever|gr8|l0w|1|2|3|4|0|A-17|2026-11-23|1Z999AA10123456784|<h1>|[1]
"""
PIECES = ODD.replace("\n", "|").strip("|").split("|")
FIXED = [
    *(
        TIED,
        greeting.GREETING,
        markup.TAG.pattern,
        tokens._TOKEN.pattern,
        letters.SIGNED.pattern,
        letters.APART.pattern,
    ),
    *(letters.FIGURES.pattern, letters.JOINED.pattern, letters.SPELT.pattern, letters.AROUND.pattern),
    *(letters.JOINED_RUN.pattern, letters.GLUED.pattern, letters.STRETCHED.pattern.replace(r"\1", "")),
    *(language.TOKEN.pattern, language.LINKED.pattern, language.BRACED.pattern),
]


def changed(text: str, draw: Draw) -> str:
    """Return the text with other figures."""
    return re.sub("[0-9]", lambda _: draw.pick("0123456789"), text)


@pytest.mark.parametrize("seed", range(8))
def test_a_text_is_judged_as_the_one_that_is_read_in_its_place(seed: int) -> None:
    """Whatever figures stand wherever: verdict, places, language and greeting are those of the text itself."""
    draw, wording = Draw(seed), Wording(shipped_wording().model)
    differing = []
    for _ in range(120):
        words = draw.pick(SAID).split(" ")
        for _ in range(draw.pick([0, 0, 0, 1, 2])):
            words.insert(draw.pick(range(len(words) + 1)), draw.pick(PIECES))
        text = changed(" ".join(words), draw)
        found = judged(text, wording, english=True), greets(alike(text)), reads(alike(text))
        if found != (wording.judge(text, english=True), greets_newcomer(text), judgeable(text)):
            differing.append(text)
    assert differing == []


def test_no_pattern_names_a_figure_in_another_form() -> None:
    """A new pattern with a figure of its own has to be known here before its texts are judged alike."""
    patterns = [each for rule in RULES.values() for _, each in (*rule.patterns(), *rule.hinting())]
    for form in FORMS:
        patterns = [each.replace(form, "") for each in patterns]
    assert [each for each in patterns if names_figures(each)] == []


@pytest.mark.parametrize("pattern", FIXED, ids=map(str, range(len(FIXED))))
def test_what_reads_every_text_names_no_figure(pattern: str) -> None:
    r"""Only classes of signs that hold all ten figures: `0-9`, `\d`; and `<h1>`, of which no text is judged alike."""
    assert names_figures(pattern.replace("a-z0-9", "").replace("A-Za-z0-9", "").replace("h[1-6]", "")) is False


SAYING = ["Get 2 for 1", "0/0 off", "b4 payday", "S4LE", "d1scount now", "&#37; 5", "\u03a9 7", "0 interest emi"]


@pytest.mark.parametrize("text", SAYING)
def test_where_a_figure_may_say_something_the_text_is_judged_as_it_is(text: str) -> None:
    """Named figures, figures that stand for letters, entities, and other alphabets."""
    assert alike(text) == text


def test_the_parcels_of_a_template_share_a_verdict() -> None:
    """Each shipped template with other figures is one text."""
    draw = Draw(1)
    shared = [len({alike(changed(text, draw)) for _ in range(20)}) == 1 for text in TEMPLATES]
    assert sum(shared) >= len(TEMPLATES) - 1
