"""Reading what the API answers: whatever is missing, of another kind or contradicts itself is no send."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON
from model.errors import InvalidInput
from serving.client.answers import WHY, NoAnswer, Why, decision_of, offers_of, recorded_of, refusal_of
from serving.errors import Fault
from tests.serving.served import NOON

SEND: dict[str, JSON] = {
    "decision_id": "01J0",
    "action": "send",
    "trigger": True,
    "message": {"text": "Your parcel A-7 now arrives on Friday.", "expects_reply": False},
    "reasons": [],
    "not_before": None,
    "expires_at": "2026-11-20T20:00:00Z",
    "decided_at": "2026-11-20T12:00:00Z",
    "recorded": True,
}
REASON = {"code": "quiet_hours", "outcome": "hold", "detail": "-", "would_change": "-"}
NEEDED = ("action", "trigger", "message", "expires_at", "recorded")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SEND, "user", "x"]), inner),
)


def sends(value: JSON) -> bool:
    """Whether this, read at noon, would be sent."""
    try:
        return decision_of(value, now=NOON).trigger
    except InvalidInput:
        return False


def test_a_send_is_one() -> None:
    """All of it agrees; a field that is newer than this client changes nothing."""
    assert (sends(SEND), sends(SEND | {"newer": {"a": 1}})) == (True, True)


@pytest.mark.parametrize("name", NEEDED)
def test_a_send_that_lacks_something_is_none(name: str) -> None:
    """Absent or null: unknown means no."""
    without = {key: value for key, value in SEND.items() if key != name}
    assert (sends(without), sends(SEND | {name: None})) == (False, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "hold"},
        {"action": "deny"},
        {"action": "cancel"},
        {"action": "SEND"},
        {"action": "send_later"},
        {"trigger": False},
        {"trigger": 1},
        {"trigger": "true"},
        {"recorded": False},
        {"recorded": "yes"},
        {"message": {"text": "", "expects_reply": False}},
        {"message": {"text": " \n", "expects_reply": False}},
        {"message": {"text": 7, "expects_reply": False}},
        {"message": {"text": "x"}},
        {"message": "x"},
        {"decision_id": ""},
        {"decision_id": 1},
        {"expires_at": "2026-11-20T12:00:00Z"},
        {"expires_at": "2026-11-20T20:00:00"},
        {"expires_at": "2026-11-20T14:00:00+03:00"},
        {"expires_at": "soon"},
        {"expires_at": 1795204800},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"reasons": None},
        {"reasons": [{}]},
        {"reasons": [REASON | {"outcome": "later"}]},
    ],
    ids=str,
)
def test_a_send_that_contradicts_itself_is_none(wrong: dict[str, JSON]) -> None:
    """One field is enough."""
    assert sends(SEND | wrong) is False


@given(st.sampled_from(NEEDED), anything)
def test_only_what_was_said_is_a_send(name: str, value: JSON) -> None:
    """Anything else in place of a field that it depends on: never more than a send of that text, until that time."""
    changed = SEND | {name: value}
    if sends(changed):
        read = decision_of(changed, now=NOON)
        assert read.message is not None
        assert read.expires_at is not None
        assert (read.action, bool(read.message.text.strip()), read.expires_at > NOON) == ("send", True, True)


@pytest.mark.parametrize("read", [decision_of, recorded_of, offers_of], ids=lambda read: read.__name__)
def test_whatever_comes_is_read_or_refused(read: Callable[..., Any]) -> None:
    """No value breaks the reader."""

    @given(anything | st.fixed_dictionaries({"offers": anything, "decisions": anything, "rejected": anything}))
    def check(value: JSON) -> None:
        with suppress(InvalidInput):
            read(value, now=NOON)

    check()


def test_a_hold_says_until_when() -> None:
    """Reasons and times, read."""
    held = SEND | {"action": "hold", "trigger": False, "message": None, "reasons": [REASON]}
    read = decision_of(held | {"not_before": "2026-11-21T08:00:00+01:00"}, now=NOON)
    actual = (read.trigger, read.reasons[0].code, read.not_before)
    assert actual == (False, "quiet_hours", NOON + timedelta(hours=19))


def test_an_answer_about_another_decision_is_none() -> None:
    """Who confirms one message sends no other."""
    with pytest.raises(InvalidInput, match="decision_id"):
        decision_of(SEND, now=NOON, about="01J1")


@pytest.mark.parametrize("value", [None, [], "x", {}, {"detail": 1}, {"detail": "d", "errors": [1]}], ids=str)
def test_a_refusal_without_words_is_one(value: JSON) -> None:
    """A proxy's 403 is no problem document."""
    assert (refusal_of(403, value).status, refusal_of(403, value).errors) == (403, ())


def test_a_refusal_says_where() -> None:
    """Each thing that is wrong, by its pointer."""
    refused = refusal_of(422, {"detail": "d", "errors": [{"pointer": "#/user", "detail": "e"}]})
    assert (str(refused), refused.errors) == ("422: d", (Fault("#/user", "e"),))


def test_no_answer_is_no_send_whatever_is_said() -> None:
    """Every word has its meaning, and none of them can be made a send."""
    assert set(WHY) == set(get_args(Why))
    assert [NoAnswer(why=why).trigger for why in WHY] == [False] * len(WHY)
    with pytest.raises(TypeError):
        NoAnswer(why="timeout", trigger=True)  # type: ignore[call-arg]
