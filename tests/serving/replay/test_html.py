"""The page: everything of the report is on it, escaped, and it loads nothing."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from model.contracts import Action
from serving.policy.limits import tighten
from serving.replay.html import changes, render
from serving.replay.pictures import differences
from serving.replay.tables import FIRST_LINES, tables
from serving.replay.tallying import Flips, Funnel, Replay
from serving.replay.weighing import Weighed
from tests.serving.analytics.drawn import occasions
from tests.serving.replay.reports import HALF, LIMITS, NOTHING, example, followed, replay, report, weighed

VOID = {"meta", "br", "hr", "img", "input", "link", "line", "rect"}


class Balanced(HTMLParser):
    """Notes which elements are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open one; ids and links are noted."""
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the one that was opened last."""
        if tag not in VOID:
            assert self.open.pop() == tag


def empty() -> Replay:
    """Return a replay of nothing."""
    return replay(whole=Funnel(), purposes={}, reasons={}, left_out=Replay().left_out, oldest=None, newest=None)


PAGES: dict[str, tuple[Replay | None, Weighed | None]] = {
    "everything known": (None, None),
    "nothing at all": (empty(), NOTHING),
    "too few": (None, weighed(occasions([True, False] * 9), {1: 0.0})),
    "only later": (None, weighed(occasions([True] * 9), {}, delayed=9)),
    "too young": (None, weighed(occasions([True] * 9, closed=[False] * 9), {1: 0.0})),
    "no event": (None, weighed(occasions([True, False] * 900), HALF)),
    "both ways": (None, weighed(followed(0.1, 0.02), HALF | dict.fromkeys(range(2000, 4000), 0.95))),
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_is_whole_and_loads_nothing(name: str) -> None:
    """Elements are closed in order, ids are there once, links lead to a place on the page, and there is no script."""
    page = render(report(*PAGES[name]))
    seen = Balanced()
    seen.feed(page)
    assert (seen.open, len(set(seen.ids)) == len(seen.ids)) == ([], True)
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
    assert re.findall(r"<script|src=|url\(|@import|https?://", page) == []


def test_it_is_the_same_page_each_time() -> None:
    """To the byte."""
    assert render(report()) == render(report())


def test_the_verdict_stands_first() -> None:
    """Before every figure: what it comes to, and what to do."""
    found = report()
    page = render(found)
    places = [page.index(words) for words in (found["verdict"]["title"], "What to do", "<h2")]
    assert places == sorted(places)


def test_what_came_from_records_is_escaped() -> None:
    """A customer's id and a template's name are anybody's text."""
    made = replay()
    made.reasons["quiet_hours", Action.HOLD] = Flips(1, [example(1, user_id="<img src=x>", purpose="<b>\u202eevil")])
    page = render(report(made, templates={"<i>`t`": "changed"}))
    actual = [text in page for text in ("<img src=x", "<b>\u202e", "<i>`", "&lt;img src=x&gt;", "&lt;i&gt;")]
    assert actual == [False, False, False, True, True]


def test_a_page_that_names_customers_says_that_erasure_does_not_reach_it() -> None:
    """One that names nobody has nothing to say."""
    actual = ["Erasing a customer" in render(report(made)) for made in (None, empty())]
    assert actual == [True, False]


def test_commands_are_shown_as_code() -> None:
    """What stands in backticks."""
    page = render(report(limits=(LIMITS, LIMITS), asked={"asked": 9}, model=("v1", "v2")))
    assert ("<code>outreach promote VERSION --by NAME" in page, "`outreach" in page) == (True, False)


def test_old_and_new_words_are_folded_under_what_was_tried() -> None:
    """Escaped, with how many would be sent with them; many texts are told by their number."""
    texts: Any = {f"t{n}": ("Old <b>.", None) for n in range(61)} | {"parcel": ("Old.", "New <i>.")}
    hows = dict.fromkeys(texts, "removed") | {"parcel": "changed"}
    made = replay()
    made.sent["parcel"] = 560
    found = report(made, limits=(LIMITS, LIMITS), templates=hows, texts=texts)
    page = render(found)
    actual = ("<b>Old:</b> Old &lt;b&gt;." in page, "<b>New:</b> New &lt;i&gt;." in page, "560 would be sent" in page)
    assert (actual, changes(found)) == ((True,) * 3, ["61 texts removed, 1 changed"])


def test_tables_without_rows_are_left_out() -> None:
    """Those of figures that nobody has."""
    found = tables(report(said=weighed(occasions([True, False] * 900), HALF)))
    assert list(found) == ["purposes", "segments", "effects"]


@pytest.mark.parametrize(("name", "columns"), [("everything known", 5), ("both ways", 4)])
def test_figures_by_the_contact_have_a_column_where_there_are_any(name: str, columns: int) -> None:
    """Contacts that come and go have none."""
    made = tables(report(*PAGES[name]))["effects"]
    assert ({len(row) for row in made.rows}, len(made.columns)) == ({columns}, columns)


def test_where_nothing_changes_nothing_is_said_to_stand_below() -> None:
    """There is no difference, and nothing else to say about it."""
    funnel = Funnel()
    funnel.count([600, 0, 0, 0, 100, 0, 0, 0, 300])
    page = render(report(replay(whole=funnel, reasons={}), weighed(occasions([True] * 9), {})))
    actual = ["no difference to show" in page, "There is no figure" in page]
    assert actual == [True, False]


def test_each_table_of_estimators_says_what_its_differences_are_from() -> None:
    """A reader who takes one column from the other finds another number."""
    page = render(report())
    assert (page.count("not what is proposed less"), page.count("by every estimator")) == (4, 4)


def test_many_groups_are_folded() -> None:
    """The first stand open, all are there."""
    found = report()
    group = found["segments"]["groups"][0]
    found["segments"]["groups"] = [{**group, "name": f"group {number}"} for number in range(FIRST_LINES + 3)]
    made = tables(found)
    assert (len(made["segments"].rows), len(made["segments_rest"].rows)) == (FIRST_LINES, 3)


def test_the_table_of_groups_says_what_was_looked_at() -> None:
    """With an interval where it was a sample, and none where it was all."""
    sampled, whole = report(), report()
    whole["segments"] |= {"looked_at": 1000}
    whole["segments"]["groups"][0]["flipped_per_1000"] = {"estimate": 150.0, "low": 150.0, "high": 150.0}
    actual = [(made.caption, made.rows[0][-1]) for made in (tables(each)["segments"] for each in (sampled, whole))]
    assert actual == [
        (
            "Estimated from 500 of 1,000 decisions; 95 % intervals are for that; groups overlap; of all, 40.0 of 1,000",
            "150.0 (140.0 to 160.0)",
        ),
        ("All 1,000 decisions were read; groups overlap; of all, 40.0 of 1,000", "150.0"),
    ]


def test_points_lie_in_their_intervals_on_one_scale() -> None:
    """From the left to the right, 0 at the same place on each line, all within the picture."""
    lines = differences(report()["effects"])
    assert [line.label for line in lines] == ["Customers helped", "Complaints", "Opt-outs"]
    assert len({line.zero for line in lines}) == 1
    assert all(0.0 <= line.low <= line.point <= line.high <= 100.0 for line in lines)


@pytest.mark.parametrize(
    ("ends", "better", "worse"), [((1.0, 2.0), "yes", "no"), ((-2.0, -1.0), "no", "yes"), ((-1.0, 1.0), "soft", "soft")]
)
def test_a_colour_says_whether_it_is_good_for_customers(ends: tuple[float, float], better: str, worse: str) -> None:
    """More benefit is, more complaints are not, and an interval with 0 in it says neither."""
    found = report()["effects"]
    figure: dict[str, Any] = {"estimate": sum(ends) / 2, "low": ends[0], "high": ends[1]}
    for each in found["outcomes"].values():
        each["per_contact"] = figure
    actual = [line.tone for line in differences(found)]
    assert actual == [better, worse, worse]


def test_what_was_tried_is_said_in_words() -> None:
    """Limits, texts, model and cut-off; nothing is said to be nothing."""
    tighter = (LIMITS, tighten(LIMITS, {"contacts_24h": 1}))
    whole = report(limits=tighter, templates={"parcel": "added"}, model=("v1", "v2"), asked={"asked": 1})
    cut = report(limits=(LIMITS, LIMITS), cutoff=(0.01, 0.02))
    actual = [changes(each) for each in (whole, cut, report(limits=(LIMITS, LIMITS)))]
    assert actual == [
        ["Messages to one customer within 24 hours, at most 1", "Text parcel: added", "Model v2 for all of them"],
        ["Cut-off: 2 per 100 contacts"],
        ["Nothing that decisions depend on"],
    ]
