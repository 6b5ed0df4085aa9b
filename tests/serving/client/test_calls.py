"""How often a call is tried, and until when: by a clock of the test's."""

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import JSON
from model.errors import InvalidInput
from serving.client.answers import NoAnswer, Refused
from serving.client.calls import BUSY, Call, Failed, Patience, Said, answered, part, written
from serving.routes.repeating import KEY_FORM
from tests.serving.served import NOON

STATUSES = [*range(200, 209), 300, 302, 400, 401, 403, 404, 408, 409, 413, 418, 422, 425, 429, 451, 500, 502, 503, 504]


@dataclass
class Network:
    """Answers as told, each after so many seconds; a try never takes longer than it may."""

    says: list[tuple[Said | Failed, float]]
    at: float = 0.0
    tries: int = 0

    def ask(self, _: Call, timeout: float) -> Said | Failed:
        """Take the time, and answer."""
        said, seconds = self.says[min(self.tries, len(self.says) - 1)]
        self.tries += 1
        self.at += min(seconds, timeout)
        return said if seconds < timeout else Failed(why="timeout")

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds

    def answered(self, *, timeout: float = 2.0, patience: float = 10.0) -> JSON | NoAnswer:
        """Make one call."""
        given_ = Patience(
            timeout=timeout, patience=patience, clock=lambda: NOON, passing=lambda: self.at, pause=self.pause
        )
        return answered(Call(method="POST", path="/", key="k"), self.ask, lambda value: value, given_)


answers = st.tuples(
    st.sampled_from(STATUSES).map(lambda status: Said(status=status, body=b"7"))
    | st.just(Said(status=429, body=b"", retry_after="3"))
    | st.just(Said(status=200, body=b"{"))
    | st.just(Failed(why="broken")),
    st.floats(0, 5),
)


@given(st.lists(answers, min_size=1, max_size=30), st.floats(0.01, 5), st.floats(0.01, 30))
def test_nothing_outlasts_patience(says: list[tuple[Said | Failed, float]], timeout: float, patience: float) -> None:
    """Whatever is answered, and however slowly: it ends in time, with an answer, a refusal or none."""
    network = Network(says)
    with suppress(Refused):
        told = network.answered(timeout=timeout, patience=patience)
        assert told == 7 or isinstance(told, NoAnswer)
    assert network.at <= patience * (1 + 1e-9)


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_means_one_thing(status: int) -> None:
    """An answer, a refusal, or something to ask again; only a redirection is neither, and final."""
    network = Network([(Said(status=status, body=b"7"), 0), (Said(status=200, body=b"8"), 0)])
    try:
        told = network.answered()
    except Refused as refused:
        told = refused.status
    again = status in BUSY or status >= 500 or 200 < status < 300
    final = status if 400 <= status < 500 else NoAnswer(why="redirect", status=status)
    assert told == (7 if status == 200 else 8 if again else final)


def test_the_last_failure_is_told() -> None:
    """What it was in the end, and what was answered last."""
    network = Network([(Failed(why="broken"), 0), (Said(status=503, body=b"", retry_after="60"), 0)])
    assert (network.answered(), network.tries) == (NoAnswer(why="busy", status=503), 2)


@pytest.mark.parametrize(("timeout", "patience"), [(0, 1), (1, 0), (-1, 1), (float("nan"), 1), (1, float("nan"))])
def test_patience_that_is_none_is_refused(timeout: float, patience: float) -> None:
    """It would never ask."""
    with pytest.raises(InvalidInput, match="more than none"):
        Network([(Failed(why="broken"), 0)]).answered(timeout=timeout, patience=patience)


@pytest.mark.parametrize(
    "value", [NOON, float("nan"), {1, 2}, b"x", {"a": object()}], ids=lambda value: str(type(value))
)
def test_what_is_no_json_is_refused(value: object) -> None:
    """Before anything is sent, and without the value."""
    with pytest.raises(InvalidInput, match="cannot be written as JSON"):
        written({"a": value})


@pytest.mark.parametrize(
    ("identity", "expected"), [("a", "a"), ("..", "%2E%2E"), ("a/b", "a%2Fb"), ("ü", "%C3%BC"), ("%41", "%2541")]
)
def test_an_id_is_one_part_of_a_path(identity: str, expected: str) -> None:
    """Whatever is in it."""
    assert part(identity) == expected


@pytest.mark.parametrize("key", ["", " ", "a\n", "a ", "ключ", "k" * 256], ids=ascii)
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInput, match="idempotency_key"):
        Call(method="POST", path="/", key=key)


@pytest.mark.parametrize("key", ["a", "a b", "~", "k" * 255])
def test_any_other_key_can_be_given(key: str) -> None:
    """As the API takes it."""
    assert (KEY_FORM.fullmatch(key) is not None, Call(method="POST", path="/", key=key).key) == (True, key)
