import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.canonical import canonical
from model.contracts import (
    Action,
    AgentWouldSend,
    Arm,
    Candidate,
    Channel,
    Context,
    CustomerWouldThank,
    Decision,
    Event,
    EvidenceRef,
    Message,
    Purpose,
    Reason,
    RenderedMessage,
    Session,
)
from model.errors import InvalidInput
from serving.ports import Decided
from serving.record.record import from_json, read_record, record_of, timestamp, to_json
from serving.standing import Assignment

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
texts = st.text(max_size=8)
names = texts | st.none()
numbers = st.floats(allow_nan=False, allow_infinity=False)
free = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, free, max_size=4)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  (the same)
    timezones=st.just(UTC) | offsets,
)
maybe_times = times | st.none()
counts = st.integers(0, 99)

messages = st.builds(Message, template=names, facts=objects, text=names, next_step=names)
references = st.builds(EvidenceRef, type=texts, id=texts, source=names)
candidates = st.builds(
    Candidate,
    user_id=texts,
    purpose=st.sampled_from(Purpose).map(str) | texts,
    channel=st.sampled_from(Channel).map(str) | texts,
    message=messages,
    evidence=references | st.none(),
    timezone=names,
    attributes=objects,
    expires_at=maybe_times,
    session_id=names,
)
events = st.builds(Event, source=texts, id=texts, type=texts, time=times, subject=names, data=objects)
sessions = st.builds(
    Session,
    id=texts,
    user_id=names,
    started_at=times,
    last_event_at=times,
    ended=st.booleans(),
    page=names,
    page_since=maybe_times,
    widget_messages=counts,
)
contexts = st.builds(
    Context,
    evidence=events | st.none(),
    superseded=st.booleans(),
    already_told=st.booleans(),
    last_inbound_at=maybe_times,
    consent=st.booleans(),
    timezone=names,
    contacts=st.lists(times, max_size=3).map(tuple),
    contacts_7d=counts,
    last_complaint_at=maybe_times,
    session=sessions | st.none(),
    requested_channels=st.frozensets(texts, max_size=3),
    approval=st.sampled_from(["none", "changed", "approved"]),
    history=st.dictionaries(texts, numbers, max_size=3),
    unknown=st.frozensets(texts, max_size=3),
)
figures = numbers | st.none()
decisions = st.builds(
    Decision,
    decision_id=texts,
    action=st.sampled_from(Action),
    message=st.builds(RenderedMessage, text=texts, expects_reply=st.booleans()) | st.none(),
    agent_would_send=st.builds(AgentWouldSend, answer=st.booleans(), reasons=st.lists(texts, max_size=3).map(tuple)),
    customer_would_thank=st.builds(
        CustomerWouldThank, asked=st.booleans(), answer=st.booleans() | st.none(), benefit=figures, cutoff=figures
    ),
    reasons=st.lists(
        st.builds(Reason, code=texts, outcome=st.sampled_from(Action), detail=texts, would_change=texts), max_size=3
    ).map(tuple),
    not_before=maybe_times,
    expires_at=maybe_times,
    arm=st.sampled_from(Arm) | st.none(),
    logging_propensity=figures,
    model_version=names,
    policy_version=texts,
    decided_at=times,
    recorded=st.booleans(),
)
ruled = st.builds(
    Decided,
    decision=decisions,
    features=objects,
    verdicts=st.dictionaries(texts, texts, max_size=3),
    fact_key=names,
    outbound=st.booleans(),
    essential=st.booleans(),
    assignment=st.none()
    | st.builds(
        Assignment,
        arm=st.sampled_from(Arm),
        contacted=st.booleans(),
        contact_probability=st.floats(0, 1),
        above=st.booleans() | st.none(),
        watch=texts,
    ),
    stopped=st.sampled_from(["tripped", "silent", None]),
    shadow=st.none() | objects,
)


def answered() -> Decision:
    """Return a decision that says little."""
    return Decision(
        decision_id="d",
        action=Action.DENY,
        message=None,
        agent_would_send=AgentWouldSend(answer=True),
        customer_would_thank=CustomerWouldThank(asked=False),
        reasons=(),
        not_before=None,
        expires_at=None,
        arm=None,
        logging_propensity=None,
        model_version=None,
        policy_version="p",
        decided_at=NOW,
    )


def stored(value: Any) -> Any:
    """Go through the text that a ledger stores."""
    return json.loads(json.dumps(value, allow_nan=False))


@settings(deadline=None)
@given(candidate=candidates, context=contexts, decided=ruled)
def test_a_record_reads_back_exactly(candidate: Candidate, context: Context, decided: Decided) -> None:
    """What decide() was given and what it answered, equal in every field, and to the same canonical bytes again."""
    record = stored(record_of(candidate, context, decided))
    read = read_record(record)
    again = record_of(read.candidate, read.context, read.decided)
    actual = (read.candidate, read.context, read.decided, canonical(again))
    assert actual == (candidate, context, decided, canonical(record))


@given(times)
def test_a_time_keeps_its_instant_and_its_offset(at: datetime) -> None:
    """RFC 3339 to the microsecond; UTC is written `Z`."""
    read = datetime.fromisoformat(timestamp(at))
    actual = (read, read.utcoffset(), timestamp(at).endswith("Z"))
    assert actual == (at, at.utcoffset(), at.utcoffset() == timedelta(0))


def test_a_naive_time_is_refused() -> None:
    """Nobody knows when it was."""
    with pytest.raises(InvalidInput) as caught:
        timestamp(datetime(2026, 11, 20, 12))  # noqa: DTZ001  (that is the point)
    actual = str(caught.value)
    assert actual == "time `2026-11-20T12:00:00` has no offset; add one, for example `Z`"


def test_the_order_of_free_json_is_kept() -> None:
    """A rule that walks a message's facts walks them in the same order at replay."""
    candidate = Candidate(user_id="u", purpose="p", channel="c", attributes={"z": 1, "a": {"y": 2, "b": 3}})
    read = from_json(Candidate, stored(to_json(candidate)))
    actual = (list(read.attributes), list(read.attributes["a"]))
    assert actual == (["z", "a"], ["y", "b"])


def test_never_is_not_a_number_and_comes_back() -> None:
    """`history` says NaN for what never happened; elsewhere a figure that is not finite is none."""
    context = Context(history={"days_since_contact": math.nan, "contacts_7d": 1.0})
    thank = CustomerWouldThank(asked=True, benefit=math.nan, net_benefit=math.inf)
    read, answer = from_json(Context, stored(to_json(context))), from_json(CustomerWouldThank, stored(to_json(thank)))
    actual = (repr(read.history), answer.benefit, answer.net_benefit)
    assert actual == (repr(context.history), None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(1), True),
        ((1, (2,)), [1, [2]]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Action.SEND, "send"),
        ({"a": math.nan}, {"a": None}),
        (NOW, "2026-11-20T12:00:00Z"),
    ],
)
def test_what_python_says_otherwise_becomes_plain_json(value: object, expected: object) -> None:
    """Array scalars, tuples, sets and words are written as JSON has them."""
    actual = to_json(value)
    assert (actual, type(actual)) == (expected, type(expected))


@pytest.mark.parametrize("value", [b"bytes", object(), {1: "a"}, {"a": [{2: 3}]}, 1j])
def test_what_is_not_json_is_refused(value: object) -> None:
    """A record that could not be read back is not written."""
    with pytest.raises(InvalidInput) as caught:
        to_json(value)
    actual = str(caught.value).startswith("record: ")
    assert actual is True


def test_an_older_record_takes_the_defaults() -> None:
    """A field that did not exist then, and one that does not exist any more, harm nothing."""
    old = {"user_id": "u", "purpose": "p", "channel": "c", "gone": 1}
    actual = from_json(Candidate, old)
    assert actual == Candidate(user_id="u", purpose="p", channel="c")


def test_a_record_from_before_there_were_draws_reads_back() -> None:
    """What chance did, what stopped everything and what a shadow said are absent: none of it happened."""
    kept = Decided(
        decision=answered(), features={}, verdicts={}, fact_key="f", outbound=True, essential=False, stopped="silent"
    )
    record = stored(record_of(Candidate(user_id="u", purpose="p", channel="c"), Context(), kept))
    for name in ("assignment", "stopped", "shadow"):
        del record["decided"][name]
    read = read_record(record).decided
    actual = (read.assignment, read.stopped, read.shadow, read.fact_key)
    assert actual == (None, None, None, "f")


def test_what_chance_did_reads_back_to_the_last_digit() -> None:
    """An assignment's probability is exact: it is what the certificate and the monitor divide by."""
    drawn = Assignment(arm=Arm.EXPERIMENT, contacted=False, contact_probability=0.1 + 0.2, above=None, watch="x")
    kept = Decided(
        decision=answered(),
        features={},
        verdicts={},
        fact_key="f",
        outbound=True,
        essential=False,
        assignment=drawn,
        shadow={"version": "9", "net_benefit": 0.1, "cutoff": None, "above": None},
    )
    record = stored(record_of(Candidate(user_id="u", purpose="p", channel="c"), Context(), kept))
    actual = read_record(record).decided
    assert actual == kept


@pytest.mark.parametrize(
    "record",
    [{}, {"candidate": {}, "context": {}, "decided": {}}, {"candidate": [], "context": 1, "decided": None}],
)
def test_a_record_of_another_shape_is_refused(record: dict[str, object]) -> None:
    """It says so instead of replaying something else."""
    with pytest.raises(InvalidInput) as caught:
        read_record(record)
    actual = str(caught.value).startswith("decision record: ")
    assert actual is True
