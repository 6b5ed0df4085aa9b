from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.contracts import Candidate
from serving.loop.deciding import Question, Repeatable, names_of, waves


def question(user: str, name: str | None = None) -> Question:
    """Return a question about a customer, perhaps with an Idempotency-Key."""
    asked = None if name is None else Repeatable(key_id="k", name=name, body_sha256="b")
    return Question(candidate=Candidate(user_id=user, purpose="p", channel="sms"), repeatable=asked)


def users(cut: list[list[Question]]) -> list[str]:
    """Return the customers of each wave as a word."""
    return ["".join(one.candidate.user_id for one in wave) for wave in cut]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", []),
        ("a", ["a"]),
        ("abc", ["abc"]),
        ("aaa", ["a", "a", "a"]),
        ("abab", ["ab", "ab"]),
        ("abcad", ["abc", "ad"]),
    ],
)
def test_a_wave_has_each_customer_once(asked: str, expected: list[str]) -> None:
    """A second question about the same customer waits for the next wave."""
    actual = users(list(waves([question(user) for user in asked], names_of)))

    assert actual == expected


def test_a_wave_has_each_idempotency_key_once() -> None:
    """Two requests under one key are answered one after the other, whoever they are about."""
    actual = users(list(waves([question("a", "1"), question("b", "1"), question("c", "2")], names_of)))

    assert actual == ["a", "bc"]


@given(st.text("abcd", max_size=30))
def test_waves_keep_the_order(asked: str) -> None:
    """Nothing is lost, nothing moves, no wave repeats a customer."""
    cut = users(list(waves([question(user) for user in asked], names_of)))

    assert ("".join(cut), all(len(set(wave)) == len(wave) for wave in cut)) == (asked, True)


def test_parts_of_a_batch_have_names_of_their_own() -> None:
    """No part can be taken for another part, nor for a whole, whatever names the clients choose."""
    asked = [
        Repeatable(key_id="k", name=f"/path {name}", body_sha256="b") for name in ("a", "a#", "a#1", "a##", "a#1#")
    ]

    names = [one.name for whole in asked for one in (whole.all_parts(), *(whole.part(index) for index in range(99)))]

    assert (len(set(names)), {whole.all_parts().name for whole in asked} & {one.part(1).name for one in asked}) == (
        len(asked) * 100,
        set(),
    )


def test_questions_are_values() -> None:
    """Equal questions are equal: nothing in them depends on when they were made."""
    time = datetime(2026, 11, 20, tzinfo=UTC)
    made = [Question(candidate=Candidate(user_id="u", purpose="p", channel="sms", expires_at=time)) for _ in range(2)]

    assert made[0] == made[1]
