import subprocess
import sys

import pytest

from tests.serving.served import Served


def test_preferences_are_kept_and_read(api: Served) -> None:
    """What was put is what is got."""
    body = {"timezone": "Europe/Paris", "consent": {"sms": False, "chat": True}}
    put = api.call("PUT", "/v1/users/u-17/preferences", json=body)

    got = api.get("/v1/users/u-17/preferences")

    expected = '{"timezone":"Europe/Paris","consent":{"chat":true,"sms":false}}'
    assert (put.status_code, put.text, got.text) == (200, expected, expected)


def test_the_newest_record_counts_as_a_whole(api: Served) -> None:
    """A put replaces: what it does not name is gone, and gone consent is no consent."""
    api.call("PUT", "/v1/users/u/preferences", json={"timezone": "UTC", "consent": {"chat": True}})
    api.call("PUT", "/v1/users/u/preferences", json={"consent": {"sms": True}})

    got = api.get("/v1/users/u/preferences").json()

    assert got == {"timezone": None, "consent": {"sms": True}}


def test_nothing_on_record_is_404(api: Served) -> None:
    """There is no default that could be mistaken for consent."""
    assert api.get("/v1/users/nobody/preferences").status_code == 404


@pytest.mark.parametrize(
    "user", ["a b", "a%2Fb", "%C3%A9", "preferences", "a@b.example", "+49%20151", "..%2F..%2Fx", "a%3Fb"]
)
def test_any_id_can_be_a_path(api: Served, user: str) -> None:
    """Ids are the company's own; slashes, blanks and letters beyond ASCII come percent-encoded."""
    api.call("PUT", f"/v1/users/{user}/preferences", json={"consent": {"chat": True}})

    got = api.get(f"/v1/users/{user}/preferences")

    assert got.json() == {"timezone": None, "consent": {"chat": True}}


@pytest.mark.parametrize("user", ["%00", "a%00b", "%20", "%20%20"])
def test_an_id_that_is_nothing_is_refused(api: Served, user: str) -> None:
    """A blank or a NUL is no id."""
    answer = api.call("PUT", f"/v1/users/{user}/preferences", json={})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Atlantis",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "canary7391",
        "europe/paris\n",
        "a\x01b",
        "localtime",
        "posix/Europe/Paris",
    ],
)
def test_a_zone_must_exist(api: Served, zone: str) -> None:
    """A zone that the database does not know is refused, not stored, not repeated."""
    answer = api.call("PUT", "/v1/users/u/preferences", json={"timezone": zone})

    actual = (answer.status_code, "canary7391" in answer.text, api.get("/v1/users/u/preferences").status_code)
    assert actual == (422, False, 404)


def test_parameters_are_refused(api: Served) -> None:
    """This path takes none, so that none is silently ignored."""
    answer = api.call("PUT", "/v1/users/u/preferences?merge=true", json={})

    assert answer.status_code == 422


@pytest.mark.parametrize("other", ["%0A", "%0Ab", "%0D%0A", "%E2%80%A8", "/b", "%2Fb", "%C2%85"])
def test_an_id_is_the_whole_of_it(api: Served, other: str) -> None:
    """Whatever characters it has, line feeds among them: nobody is taken for somebody whose id is shorter."""
    api.call("PUT", "/v1/users/u-1/preferences", json={"timezone": "Europe/Paris", "consent": {"chat": True}})
    stranger = api.call("DELETE", f"/v1/users/u-1{other}").status_code
    written = api.call("PUT", f"/v1/users/u-1{other}/preferences", json={"timezone": None, "consent": {}})
    erased = api.call("DELETE", f"/v1/users/u-1{other}").status_code

    kept = api.get("/v1/users/u-1/preferences").json()
    assert (stranger, written.status_code, erased) == (404, 200, 200)
    assert kept == {"timezone": "Europe/Paris", "consent": {"chat": True}}


def test_what_is_imported_changes_no_table_of_others() -> None:
    """Starlette has one table of parts of paths for a whole process: ours is in it under our name, once it is used."""
    code = (
        "from starlette.convertors import CONVERTOR_TYPES as known; before = set(known); import serving.app; "
        "print(set(known) - before); from tests.serving.served import app_of; app_of(); print(set(known) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["set()", "{'outreach_any_text'}"]
