from datetime import UTC, datetime, timedelta

from serving.access.keys import SHORTEST_TOKEN
from serving.system import CROCKFORD, id_of, new_id, new_salt, new_token, now

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_clock_is_aware_and_in_utc() -> None:
    """Times leave here with an offset of zero."""
    actual = now().utcoffset()

    assert actual == timedelta(0)


def test_ids_sort_by_their_millisecond() -> None:
    """A later id is greater as text, as the ULID specification promises."""
    ids = [new_id(AT + timedelta(milliseconds=step)) for step in range(200)]

    assert ids == sorted(ids)


def test_the_time_of_an_id_can_be_read_back() -> None:
    """The first ten characters are the milliseconds since 1970 in Crockford's base 32."""
    number = 0
    for letter in new_id(AT)[:10]:
        number = number * 32 + CROCKFORD.index(letter)

    assert number == int(AT.timestamp() * 1000)


def test_ids_have_the_form_of_a_ulid() -> None:
    """Twenty-six characters of the alphabet, the first at most 7 (128 bits)."""
    made = new_id(AT)

    actual = (len(made), set(made) <= set(CROCKFORD), made[0] <= "7")

    assert actual == (26, True, True)


def test_chance_does_not_repeat() -> None:
    """Ids of one millisecond, tokens and salts differ from each other."""
    drawn = [{new_id(AT) for _ in range(1000)}, {new_token() for _ in range(1000)}, {new_salt() for _ in range(1000)}]

    actual = [len(values) for values in drawn]

    assert actual == [1000, 1000, 1000]


def test_secrets_have_256_bits() -> None:
    """Tokens are long enough for the key ring, salts have 32 bytes."""
    actual = (len(new_token()) >= SHORTEST_TOKEN, len(new_salt()))

    assert actual == (True, 32)


def test_an_id_of_a_time_and_a_number_is_a_ulid() -> None:
    """The milliseconds come first, then the last 80 bits of the number: ids sort by time before all."""
    early, late = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, microsecond=1000, tzinfo=UTC)
    largest = id_of(early, 2**256 - 1)
    actual = (len(largest), largest[:10], largest[10:], id_of(early, 5) < largest < id_of(late, 0))
    assert actual == (26, id_of(early, 0)[:10], "Z" * 16, True)


def test_a_drawn_id_is_written_like_any_other() -> None:
    """Ids of one millisecond share their first ten signs, however they were made."""
    at = datetime(2026, 11, 20, 12, 30, 15, 999_999, tzinfo=UTC)
    assert new_id(at)[:10] == id_of(at, 0)[:10]
