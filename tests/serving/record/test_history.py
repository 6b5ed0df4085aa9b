import doctest
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Candidate, Context
from model.errors import InvalidInput
from model.history import FEATURES, NEVER, NOTHING, history_features, nothing_on_record
from serving.explaining.explanation import whole
from serving.ledger_table.columns import logged_features
from serving.record import history as record_history
from serving.record.history import LEFT_OUT, packed, unpacked
from serving.record.record import from_json, read_record, to_json
from serving.record.text import records_of
from tests.serving.occasion_examples import AT, occasion
from tests.serving.record.test_text import ASKED, KNOWN, TOLD

NOW = AT.timestamp()
DAY = 86_400.0
ages = st.lists(st.integers(-2, 200), max_size=3).map(lambda every: [NOW - age * DAY for age in every])
histories = st.builds(
    history_features, st.just(NOW), contacts=ages, engagements=ages, complaints=ages, opt_outs=ages, unit=st.just(1)
)
EDITION_1 = (
    *("contacts_1d", "contacts_7d", "contacts_30d", "contacts_90d"),
    *("engagements_1d", "engagements_7d", "engagements_30d", "engagements_90d"),
    *("complaints_1d", "complaints_7d", "complaints_30d", "complaints_90d"),
    *("opt_outs_1d", "opt_outs_7d", "opt_outs_30d", "opt_outs_90d"),
    *("days_since_contact", "days_since_engagement", "days_since_complaint", "days_since_opt_out"),
    "days_on_record",
)
BEFORE = {  # as a version before this one wrote it
    **dict.fromkeys(("engagements_7d", "engagements_30d", "complaints_90d", "opt_outs_90d"), 0.0),
    "contacts_7d": 1.0,
    "contacts_30d": 2.0,
    "days_since_contact": None,
}


def stored(history: Any) -> Any:
    """Return what a ledger stores of a context with this history, as JSON reads it."""
    text = records_of([(ASKED, Context(history=history), TOLD)])[0]
    return json.loads(text)["context"]["history"]


@given(histories)
def test_a_history_reads_back_as_it_was(history: dict[str, float]) -> None:
    """Every name, in its order, with its value, by either way of writing."""
    ways = [from_json(Context, {"history": stored(history)}), from_json(Context, to_json(Context(history=history)))]

    assert [repr(dict(each.history)) for each in ways] == [repr(history)] * 2


@given(histories)
def test_either_way_of_writing_stores_the_same(history: dict[str, float]) -> None:
    """The walk over the fields and the short way leave the same names out."""
    actual = stored(history)

    assert actual == to_json(Context(history=history))["history"]


def test_of_nobody_only_the_hour_is_stored() -> None:
    """What most records hold is thirty bytes, where all the names are five hundred."""
    actual = stored(nothing_on_record(NOW))

    assert actual == {"hour": 12.0, "edition": 1}


def test_those_without_a_history_share_what_is_stored() -> None:
    """One mapping that several contexts hold is written once, and is in each of their records."""
    alike, other = nothing_on_record(NOW), nothing_on_record(NOW) | {"contacts_7d": 2.0}
    rows = [(ASKED, Context(history=each), TOLD) for each in (alike, other, alike, {})]
    actual = [json.loads(text)["context"]["history"] for text in records_of(rows)]

    nobody = {"hour": 12.0, "edition": 1}
    assert actual == [nobody, {"contacts_7d": 2.0, **nobody}, nobody, {}]


@pytest.mark.parametrize("history", [{}, {"hour": 3.0}, {"edition": 1.0}, {"contacts_7d": 0.0, "days_on_record": 1.5}])
def test_a_partial_history_is_stored_as_it_is(history: dict[str, float]) -> None:
    """Of a plan, or of two accounts that differ: what is missing stays missing."""
    actual = from_json(Context, {"history": stored(history)}).history

    assert (actual, stored(history)) == (history, history)


def test_an_older_record_lacks_the_newer_names() -> None:
    """What nobody knew then is missing: in the context that replays, and in the table."""
    replayed = from_json(Context, {"history": BEFORE}).history
    row = logged_features(Candidate(user_id="u", purpose="p", channel="c"), unpacked(BEFORE))

    assert repr(dict(replayed)) == repr(BEFORE | {"days_since_contact": math.nan})
    assert {name for name in FEATURES if row[name] is None} == (set(FEATURES) - set(BEFORE)) | {"days_since_contact"}


def test_the_whole_record_shows_the_whole_history() -> None:
    """Who asks for a decision reads every name, null for never; the ledger's form is the ledger's."""
    actual = whole(occasion().record)["context"]["history"]

    assert actual == {name: None if name in NEVER else value for name, value in NOTHING.items()} | {"hour": 12.0}


def test_another_edition_is_refused() -> None:
    """Names that this version does not know cannot be put back: nothing is invented, and the message says so."""
    record = occasion().record
    history = {"hour": 12.0, "edition": 2}
    with pytest.raises(InvalidInput, match="`history` of edition `2`; a later version wrote it"):
        read_record({**record, "context": {**record["context"], "history": history}})


def test_an_edition_never_changes() -> None:
    """Records lie in ledgers for years: who changes the names makes another edition and keeps this one."""
    actual = {edition: tuple(names) for edition, names in LEFT_OUT.items()}

    assert actual == {1: EDITION_1}
    assert list(LEFT_OUT[1].values()) == [0.0] * 16 + [None] * 5
    assert packed(KNOWN.history) == {}


def test_the_example_runs() -> None:
    """The docstring's example gives what it says."""
    assert doctest.testmod(record_history, extraglobs={"nothing_on_record": nothing_on_record}).failed == 0
