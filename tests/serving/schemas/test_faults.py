import pytest

from serving.schemas.faults import invalid_parameters, pointer


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ((), "#"),
        (("user", "id"), "#/user/id"),
        ((3, "evidence", "time"), "#/3/evidence/time"),
        (("user", "attributes", "theirs"), "#/user/attributes/*"),
        (("user", "attributes", "theirs", "[key]"), "#/user/attributes/*"),
        (("message", "facts", "a/b~c"), "#/message/facts/*"),
    ],
)
def test_a_pointer_names_only_what_is_ours(location: tuple[str | int, ...], expected: str) -> None:
    """Names of the schema and positions stay, a name of the sender's becomes a star."""
    actual = pointer(location)

    assert actual == expected


def test_parameters_are_named_and_the_known_ones_listed() -> None:
    """An unknown parameter is not repeated; the known ones are."""
    errors = [
        {"type": "extra_forbidden", "loc": ("query", "canary"), "msg": "canary"},
        {"type": "bool_parsing", "loc": ("query", "dry_run"), "msg": "canary"},
    ]

    actual = invalid_parameters(errors, ["dry_run"]).document()["errors"]

    expected = [
        {"pointer": "#/*", "detail": "unknown parameter; known are dry_run"},
        {"pointer": "#/dry_run", "detail": "must be true or false"},
    ]
    assert actual == expected


def test_a_misspelt_parameter_is_told_what_it_was_meant_to_be() -> None:
    """By the known name alone: what was sent is not repeated."""
    errors = [{"type": "extra_forbidden", "loc": ("query", "usr"), "msg": "canary"}]

    actual = invalid_parameters(errors, ["user", "limit"]).document()["errors"]

    assert actual == [
        {"pointer": "#/*", "detail": "unknown parameter; known are user, limit; did you mean `user`?"},
    ]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["path"], "a part of the path cannot be used; see `errors`"),
        (["query"], "a query parameter cannot be used; see `errors`"),
        (["query", "path", "query"], "a part of the path and a query parameter cannot be used; see `errors`"),
    ],
)
def test_the_place_of_a_parameter_is_named(places: list[str], said: str) -> None:
    """A part of the path is no query parameter; its name is ours and may be repeated."""
    errors = [{"type": "string_too_long", "loc": (place, "user_id"), "msg": "String should have …"} for place in places]

    actual = invalid_parameters(errors, [], ["user_id"]).document()

    assert (actual["detail"], {error["pointer"] for error in actual["errors"]}) == (said, {"#/user_id"})
