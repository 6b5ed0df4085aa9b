"""Reading one event, one session, one instant: open parts of another shape, what is shared within a call, odd lists."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Action, Candidate, Context, Message
from serving.policy.facts import fact_key
from serving.policy.reading import FIELDS, Moment, dated, shaped
from tests.occasions import NOW, USER, candidate, codes, context, decided, event

SHAPES: list[tuple[Candidate, Context]] = [
    (candidate(attributes="tenure_days"), context()),
    (candidate(message=Message(template="parcel_delayed", facts="parcel")), context()),  # type: ignore[arg-type]  # a text
    (candidate(), context(history="contacts_7d")),
    (candidate(), context(unknown="consent")),
    (candidate(), context(unknown=["consent"])),
    (candidate(), context(requested_channels="chat")),
    (candidate(), context(unknown=frozenset({"what_nobody_reads"}))),
]
NAMES = ["attributes", "facts", "history", "unknown as text", "unknown as list", "channels", "nobody reads it"]


@pytest.mark.parametrize(("one", "known"), SHAPES, ids=NAMES)
def test_an_open_part_of_another_shape_is_not_read(one: Candidate, known: Context) -> None:
    """A text has members as well, its letters: nothing of such a row is believed."""
    with pytest.raises(TypeError):
        shaped(one, known)
    answer = decided(one, known)
    assert (answer.decision.action, codes(answer)) == (Action.DENY, ("filter_failed",))


@pytest.mark.parametrize("unknown", [frozenset(), frozenset({"consent"}), FIELDS], ids=["none", "one", "all"])
def test_any_field_of_a_context_may_be_unknown(unknown: frozenset[str]) -> None:
    """Even all of them: then it is the filters that refuse."""
    shaped(candidate(), context(unknown=unknown))
    assert decided(candidate(), context(unknown=unknown)).decision.trigger == (not unknown)


@pytest.mark.parametrize(
    ("affected", "expected"),
    [
        (["u-1", USER], True),
        (("u-1", USER), True),
        ([{"id": "u-1"}, ["u-1"], None, USER], True),
        (["u-1"], False),
        (f"u-1 {USER}", False),
        ({USER: True}, False),
        (None, False),
    ],
    ids=["list", "tuple", "odd ones among them", "others", "a text", "a map", "nobody"],
)
def test_an_incident_concerns_those_on_its_list(affected: Any, expected: bool) -> None:  # noqa: FBT001  (a table)
    """Whoever else stands there in whatever form; anything but a list names nobody."""
    outage = event("incident.update", subject=None, data={"incident": "I-3", "affected": affected})
    moment = Moment(NOW)
    assert [moment.concerns(USER, outage), moment.concerns(USER, outage)] == [expected] * 2


@pytest.mark.parametrize("kind", ["incident.update", "shipment.delayed", "account.password_changed"])
def test_a_fact_key_is_the_same_within_a_call_as_alone(kind: str) -> None:
    """The ledger asks for it alone, a call for all rows at once."""
    moment, found = Moment(NOW), event(kind)
    again = replace(found, data={**found.data, "parcel": "B-8"})
    assert [moment.fact_key(USER, each) for each in (found, again, found)] == [
        fact_key(USER, each) for each in (found, again, found)
    ]


@pytest.mark.parametrize("value", ["soon", "2026-11-20T09:00:00", 7, None, [], "2026-13-01T00:00:00Z", "9" * 99])
def test_what_is_no_date_has_no_seconds(value: Any) -> None:
    """A date without offset could mean anything."""
    assert np.isnan(dated(value))
