import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from model.report.html import render, write_html
from model.report.pictures import Picture, pictures
from model.report.report import Report
from tests.model.reports import curves, interval, report

EVIL = "<script>alert(1)</script>\"'&"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a page holds: text, tags with their attributes, and whether every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, which must be the last one opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text that people read."""
        self.text += data if "style" not in self.open else ""


@pytest.fixture(scope="module")
def html(drawn: dict[str, Picture]) -> str:
    """The page of a certified model."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("model.report.html.pictures", lambda _report: drawn)
        return render(Report(report(), curves()))


@pytest.fixture(scope="module")
def drawn() -> dict[str, Picture]:
    """The pictures of the example."""
    return pictures(Report(report(), curves()))


@pytest.fixture
def words(drawn: dict[str, Picture], monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages with pictures that were drawn before: a test of words need not wait for them."""
    monkeypatch.setattr("model.report.html.pictures", lambda _report: drawn)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """The same, parsed."""
    return Page(html)


def test_every_tag_is_closed(page: Page) -> None:
    """The page is well formed, pictures included."""
    assert page.open == []


def test_nothing_is_loaded_from_elsewhere(html: str, page: Page) -> None:
    """No script, no link, no image file, no address at all: the file opens anywhere, offline, for ever."""
    tags = {tag for tag, _ in page.tags}
    loads = re.findall(r"https?:|//\w+\.\w+|@import|url\((?!#)", html)
    assert (loads, tags & {"script", "link", "img", "iframe", "object", "embed"}) == ([], set())


def test_the_same_result_gives_the_same_bytes(html: str) -> None:
    """No date, no random id."""
    assert render(Report(report(), curves())) == html


def test_ids_are_unique(page: Page) -> None:
    """Pictures on one page, each in two widths, do not share ids."""
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_picture_has_an_alternative_text_and_a_caption(page: Page) -> None:
    """A screen reader says what is drawn; the drawing itself is hidden from it."""
    names = [attributes["aria-label"] for _, attributes in page.tags if attributes.get("role") == "img"]
    hidden = [attributes.get("aria-hidden") for tag, attributes in page.tags if tag == "svg"]
    captions = sum(tag == "figcaption" for tag, _ in page.tags)
    assert (len(names), hidden, captions, all(names)) == (10, ["true"] * 20, 10, True)


def test_tables_name_their_columns_and_rows(page: Page) -> None:
    """Every heading cell says what it heads, and every table has a caption."""
    scopes = {attributes.get("scope") for tag, attributes in page.tags if tag == "th"}
    tables, captions = (sum(tag == name for tag, _ in page.tags) for name in ("table", "caption"))
    assert (scopes, tables) == ({"col", "row"}, captions)


def test_headings_are_in_order(page: Page) -> None:
    """One title; no level is skipped on the way down."""
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    steps = [after - before for before, after in itertools.pairwise(levels)]
    assert (levels.count(1), levels[0], max(steps)) == (1, 1, 1)


def test_every_link_leads_somewhere(page: Page) -> None:
    """The contents at the top name sections that are there."""
    ids = {attributes.get("id") for _, attributes in page.tags}
    links = [str(attributes["href"]) for tag, attributes in page.tags if tag == "a"]
    assert (len(links), [link for link in links if link[1:] not in ids]) == (10, [])


def test_cells_carry_their_column_for_a_phone(page: Page) -> None:
    """Where a table is shown as blocks, each cell says what it is."""
    unnamed = [attributes for tag, attributes in page.tags if tag == "td" and not attributes.get("data-label")]
    assert unnamed == []


def test_every_figure_of_a_picture_is_what_was_drawn(html: str) -> None:
    """Paths are rounded to save space, texts are not: the slope of 1.04 stays 1.04."""
    assert "slope 1.04 (0.84 to 1.24)" in html


def test_the_page_is_small(html: str) -> None:
    """A file that is sent by mail: well under 1.5 MB."""
    assert len(html.encode()) < 1_000_000


def test_light_dark_and_print_are_provided_for(html: str) -> None:
    """Pictures take the page's text colour, and the page has three sets of colours."""
    assert all(words in html for words in ("prefers-color-scheme: dark", "@media print", "currentColor"))


def leaves(value: Any) -> list[str]:
    """Return every text of a report."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in leaves(part)]
    if isinstance(value, list):
        return [text for part in value for text in leaves(part)]
    return [value] if isinstance(value, str) else []


def test_every_word_of_the_report_is_on_the_page(page: Page) -> None:
    """Reasons, assumptions, checks, scope, hashes, versions: the page leaves nothing out."""
    known = {"complaint", "opt_out", "benefit", "share", "mean", report()["propensity_check"]["detail"]}
    shown = {key: part for key, part in report().items() if key != "negative_controls"}  # the rows of two checks
    missing = [text for text in leaves(shown) if text not in known and text not in page.text]
    missing = [text for text in missing if not text.startswith("tenth_") and text[1:] not in page.text]
    assert missing == []


def poisoned(value: Any) -> Any:
    """Return a report in which every text, and every key that a table could name, carries markup."""
    if isinstance(value, dict):
        return {key: poisoned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part) for part in value]
    return value + EVIL if isinstance(value, str) else value


def test_nothing_from_a_table_becomes_markup() -> None:
    """Names, values and reasons that hold markup are shown as text."""
    evil = poisoned(report())
    evil["versions"][EVIL] = EVIL
    evil["certificate"]["alpha"][EVIL] = 0.1
    evil["learning"]["nuisances"][EVIL] = {"contacted": EVIL, "held_out": EVIL}
    evil["checks"][0]["figures"][EVIL] = {EVIL: EVIL}
    for bound, harm in zip(evil["certificate"]["bounds"], ("complaint", "opt_out"), strict=True):
        bound["harm"] = harm  # from a closed list: a picture is labelled with it
    evil["certificate"]["alpha"] |= {"complaint": 0.005, "opt_out": 0.005}
    html = render(Report(evil, curves()))
    assert ("<script" in html, "&lt;script&gt;" in html, Page(html).open) == (False, True, [])


@pytest.mark.usefixtures("words")
def test_notes_on_the_table_are_shown_where_there_are_any() -> None:
    """What was dropped; a report from before there were notes is still shown."""
    noted = report() | {"notes": ["feature `country` dropped: every value is `FR`"]}
    shown = [render(Report(each, curves())) for each in (noted, report() | {"notes": []}, report())]
    actual = ["Notes on the table" in each for each in shown]
    assert (actual, "<li>feature `country` dropped: every value is `FR`</li>" in shown[0]) == (
        [True, False, False],
        True,
    )


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("issued", [True, False])
def test_what_may_be_quoted_stands_at_the_top(issued: bool) -> None:  # noqa: FBT001  (a case)
    """The certificate's sentence, or that there is none, before any figure; and once more beside what it rests on."""
    given = report(issued=issued)
    text = Page(render(Report(given, curves()))).text
    said = given["certificate"]["sentence"]
    assert text.index(said) < text.index("In short")
    assert (text[text.index("Harm, and the certificate") :].count(said) > 0) == issued


@pytest.mark.usefixtures("words")
def test_a_refused_certificate_says_why_first(html: str) -> None:
    """Without a certificate the page opens with what may not be done, and draws no picture of certified harm."""
    refused = Page(render(Report(report(issued=False), curves())))
    opening = refused.text[: refused.text.index("On average")]
    assert ("Not to be promoted" in opening, "about 27,000 more rows are needed" in opening) == (True, True)
    assert (refused.text.count("No certificate was issued"), "harm-wide-figure" in html) == (1, True)


@pytest.mark.usefixtures("words")
def test_unknown_figures_are_dashes() -> None:
    """What the report does not know (null) is a dash, never NaN and never an error."""
    unknown = report(issued=False)
    unknown["average_effect"] |= {"complaint": None}
    unknown["rate"] = dict.fromkeys(("estimate", "low", "high", "se"))
    unknown["qini"] = dict.fromkeys(("estimate", "low", "high", "se"))
    unknown["calibration"] = dict.fromkeys(("slope", "low", "high"))
    unknown["certificate"]["scope"] = []
    unknown["segments"] = [{"column": "a", "value": "b", "rows": 3, "judged": False, "passed": True}]
    text = Page(render(Report(unknown, curves()))).text
    assert ("nan" in text.lower().split(), "None" in text, "–" in text) == (False, False, True)


@pytest.mark.usefixtures("words")
def test_a_report_without_the_newer_parts_is_still_shown() -> None:
    """Groups, profile and learning may be absent, as in reports that were written before there were any."""
    older = {k: v for k, v in report().items() if k not in {"groups", "profile", "learning"}}
    older["scorers"] = [{k: row[k] for k in ("name", "dr_qini", "se", "chosen", "reason")} for row in older["scorers"]]
    page = Page(render(Report(older, curves())))
    assert (page.open, "Which customers are those" in page.text) == ([], False)


@pytest.mark.usefixtures("words")
def test_a_value_weighted_benefit_is_not_called_a_percentage() -> None:
    """Without a 0/1 benefit, figures are per occasion and in its own unit."""
    text = Page(render(Report(report() | {"qini_sklift": None}, curves()))).text
    assert ("benefit per occasion" in text, "benefits per 100 occasions" in text) == (True, False)


@pytest.mark.usefixtures("words")
def test_the_file_appears_whole_in_a_new_folder(tmp_path: Path, html: str) -> None:
    """The page is what `render` gives, and nothing is left beside it."""
    write_html(tmp_path / "a" / "report.html", Report(report(), curves()))
    found = [path.name for path in (tmp_path / "a").iterdir()]
    assert (found, (tmp_path / "a" / "report.html").read_text(encoding="utf-8") == html) == (["report.html"], True)


def test_the_report_it_shows_is_json() -> None:
    """The example holds what a real report may hold."""
    assert json.loads(json.dumps(report(), allow_nan=False)) == report()


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize(
    ("estimate", "said"),
    [(0.05, "lies above 0, so they do"), (0.0, "includes 0: no evidence"), (-0.05, "lies below 0: the order is wrong")],
)
def test_an_interval_below_nought_does_not_include_it(estimate: float, said: str) -> None:
    """The sentence about the RATE has three cases."""
    assert said in Page(render(Report(report() | {"rate": interval(estimate)}, curves()))).text


def constant(*, issued: bool = False) -> dict[str, Any]:
    """Return a report whose scorer gives everybody the same."""
    given = report(issued=issued)
    given["calibration"] = dict.fromkeys(("slope", "low", "high"))
    return given | {"groups": given["groups"][:1], "rate": interval(0.0)}


def test_a_constant_score_has_one_sentence_instead_of_groups() -> None:
    """No ten equal groups, no profile of identical columns, no plots of one point, no legend without its bands."""
    page = Page(render(Report(constant(), curves())))
    names = [attributes["aria-label"] for _, attributes in page.tags if attributes.get("role") == "img"]
    said = ["gives everybody the same score" in page.text, "ten equal groups" in page.text, "apart" in page.text]
    assert (said, len(names), page.open) == ([True, False, False], 3, [])
