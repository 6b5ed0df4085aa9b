import pytest

from model.errors import OutreachError
from serving.errors import (
    SHOWN_ERRORS,
    Away,
    BadRequest,
    Changed,
    Conflict,
    Fault,
    Forbidden,
    HeadTooLarge,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    TooSlow,
    Unauthenticated,
    UrlTooLong,
    WrongMediaType,
)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (BadRequest, 400),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (MethodNotAllowed, 405),
        (TooSlow, 408),
        (Conflict, 409),
        (Changed, 409),
        (TooLarge, 413),
        (UrlTooLong, 414),
        (WrongMediaType, 415),
        (Invalid, 422),
        (TooMany, 429),
        (HeadTooLarge, 431),
        (Away, 503),
    ],
)
def test_every_refusal_is_a_problem_document(kind: type[Problem], status: int) -> None:
    """The four members of RFC 9457 that we use are there, and the status agrees with the class."""
    error = TooMany("why", retry_after=1) if kind is TooMany else kind("why")
    document = error.document()

    actual = (list(document), document["status"], document["detail"], issubclass(kind, OutreachError))

    assert actual == (["type", "title", "status", "detail"], status, "why", True)


def test_types_tell_refusals_apart() -> None:
    """A client can branch on `type`: no two classes share one."""
    kinds = Problem.__subclasses__()

    actual = len({kind.slug for kind in kinds})

    assert actual == len(kinds)


def test_faults_are_listed_and_bounded() -> None:
    """What is wrong where is listed, but a thousand faults do not make a megabyte of answer."""
    document = Invalid("why", errors=[Fault(f"#/{index}", "is required") for index in range(1000)]).document()

    actual = (len(document["errors"]), document["errors"][0])

    assert actual == (SHOWN_ERRORS, {"pointer": "#/0", "detail": "is required"})


def test_away_says_when_to_try_again() -> None:
    """A 503 carries Retry-After in whole seconds."""
    actual = Away("why", retry_after=7).headers

    assert actual == {"Retry-After": "7"}
