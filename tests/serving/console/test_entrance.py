"""Signing in and out: which keys open the console, what the cookie is, where it leads, and when a session is over."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from serving.access.keys import SCOPES, Bounds, digest, key_record
from serving.access.pace import SIGN_INS_PER_MINUTE, Pace
from serving.access.signing_in import LASTS
from serving.console.entrance import wanted
from serving.console.sessions import COOKIE
from serving.errors import TooMany
from serving.ports import Ledger
from serving.routes import keyring
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.routes.seconds import Seconds
from tests.serving.served import EVERYTHING, NOON, Served, Watch, app_of, memory_ledger, token

WRONG: Final = "x" * 43
HOME: Final = "/console"
ELSEWHERE: Final = (
    "https://evil.example/console",
    "//evil.example/console",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example\\console",
    "/console/../v1/decisions",
    "/console/%2e%2e/v1/decisions",
    "/console/%2E./v1",
    "/consolex",
    "console",
    "javascript:alert(1)",
    "/console\t//evil.example",
    "/console\r\nSet-Cookie: a=b",
    "/console/\u202egnp.exe",
    "/console/login",
    "/console/login?next=/console/login",
    "/v1/decisions",
    "http:/console",
    "http://[",
    "",
)


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory."""
    return memory_ledger()


@pytest.fixture
def clock() -> Watch:
    """Noon, until it is turned."""
    return Watch()


@pytest.fixture
def api(ledger: Ledger, clock: Watch) -> Iterator[Served]:
    """An API with its console."""
    with Served(app_of(ledger, clock=clock)) as served:
        yield served


def cookie_of(api: Served, **headers: str) -> str:
    """The whole line that sets the cookie."""
    answer = Person(api, headers=headers).sign_in(token("read"))
    return answer.headers["set-cookie"]


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_only_a_key_that_reads_opens_the_console(api: Served, scope: str) -> None:
    """Each scope alone: `admin` without `read` does not, nor does the key that stands in a shop's page."""
    person = Person(api)
    answer = person.sign_in(token(scope))
    actual = (answer.status_code, person.cookie is not None)
    assert actual == ((303, True) if scope == "read" else (401, False))


@pytest.mark.parametrize("key", [WRONG, "", " ", "x" * 513, "\x00", "ключ"], ids=repr)
def test_a_wrong_key_opens_nothing_and_is_not_shown_again(api: Served, key: str) -> None:
    """The form comes back with what was wrong, and without what was typed."""
    person = Person(api)
    answer = person.sign_in(key)
    actual = (answer.status_code, person.cookie, bool(key.strip()) and key in answer.text)
    assert actual == (401, None, False)


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(api: Served) -> None:
    """HttpOnly, SameSite, for the console's paths alone, and gone with the browser: no Max-Age, no Expires."""
    parts = {part.strip().lower() for part in cookie_of(api).split(";")[1:]}
    assert parts == {"httponly", "path=/console", "samesite=lax"}


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-Proto": "https"}, {"Origin": "https://test", "Host": "test"}], ids=["proxy", "origin"]
)
def test_the_cookie_is_secure_where_the_page_came_by_https(api: Served, headers: dict[str, str]) -> None:
    """To a proxy before us, too."""
    assert "secure" in cookie_of(api, **headers).lower().replace(" ", "").split(";")


def test_the_token_is_long_and_new_each_time_and_not_in_the_ledger(api: Served, ledger: Ledger) -> None:
    """256 bits; the ledger knows its hash."""
    tokens = [signed_in(api, "read").cookie or "" for _ in range(2)]
    with ledger.transaction() as transaction:
        known = [transaction.signed_in(name) is not None for one in tokens for name in (digest(one), one)]
    actual = (tokens[0] != tokens[1], [len(one) >= 43 for one in tokens], known)
    assert actual == (True, [True, True], [True, False, True, False])


@pytest.mark.parametrize("cookie", [None, "", "x", WRONG, "a b", "x" * 5000], ids=repr)
def test_without_a_session_every_page_leads_to_the_entrance(api: Served, cookie: str | None) -> None:
    """Whatever the cookie says."""
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
    answer = api.get("/console/model", key=None, headers=headers)
    actual = (answer.status_code, answer.headers["location"])
    assert actual == (303, "/console/login?next=/console/model")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}],
    ids=lambda one: " ".join(one.values()),
)
def test_another_page_signs_nobody_in(api: Served, headers: dict[str, str]) -> None:
    """Not with a right key either: somebody would act under another's name."""
    person = Person(api, headers=headers)
    answer = person.sign_in(token("read"))
    assert (answer.status_code, person.cookie) == (403, None)


def test_behind_a_proxy_that_names_another_host_the_browsers_word_counts(api: Served) -> None:
    """No page can set `Sec-Fetch-Site`."""
    headers = {"Origin": "https://outreach.example", "Sec-Fetch-Site": "same-origin"}
    assert Person(api, headers=headers).sign_in(token("read")).status_code == 303


def test_signing_in_again_ends_the_session_before(api: Served, ledger: Ledger) -> None:
    """Nobody could end it any more: its cookie is gone."""
    person = signed_in(api, "read")
    before = person.cookie or ""
    person.sign_in(token("read"))
    with ledger.transaction() as transaction:
        known = [transaction.signed_in(digest(one)) is not None for one in (before, person.cookie or "")]
    assert known == [False, True]


def test_an_address_that_is_none_asks_for_the_key_all_the_same(api: Served) -> None:
    """It leads home afterwards."""
    assert api.get("/console/login?next=http://[", key=None).status_code == 200


def test_a_key_of_the_api_is_no_session(api: Served) -> None:
    """And a session is no key: neither opens the other's door."""
    person = signed_in(api, "read")
    page = api.get("/console/model", key=token("read"))
    answer = api.get("/v1/decisions", key=None, headers={"Cookie": f"{COOKIE}={person.cookie}"})
    as_key = api.get("/v1/decisions", key=person.cookie)
    actual = (page.status_code, answer.status_code, as_key.status_code)
    assert actual == (303, 401, 401)


def test_signing_out_ends_the_session_in_the_ledger(api: Served) -> None:
    """Whoever kept the cookie has nothing; other sessions of the key go on."""
    first, second = signed_in(api, "read"), signed_in(api, "read")
    answer = first.post("/console/logout")
    gone = re.search(rf'{COOKIE}="";', answer.headers["set-cookie"]) is not None
    actual = (answer.status_code, gone, first.get(HOME).status_code, second.get(HOME).status_code)
    assert actual == (303, True, 303, 200)


def test_a_revoked_key_ends_its_sessions(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as the keys are read again, which is within a second (`tests/serving/routes/test_access.py`)."""
    monkeypatch.setattr(keyring, "REMEMBERED_SECONDS", 0.0)
    with Served(app_of(ledger)) as api:
        person = signed_in(api, "read")
        before = person.get(HOME).status_code
        with ledger.transaction() as transaction:
            transaction.revoke_key("key-read", at=NOON)
        actual = (before, person.get(HOME).status_code)
    assert actual == (200, 303)


def test_a_session_ends_by_itself(api: Served, clock: Watch) -> None:
    """To the second; its key goes on."""
    person = signed_in(api, "read")
    clock.turn(seconds=LASTS.total_seconds() - 1)
    before = person.get(HOME).status_code
    clock.turn(seconds=1)
    actual = (before, person.get(HOME).status_code, signed_in(api, "read").get(HOME).status_code)
    assert actual == (200, 303, 200)


def test_a_key_that_expires_ends_its_session(ledger: Ledger, clock: Watch) -> None:
    """Long before the session would."""
    with ledger.transaction() as transaction:
        bounds = Bounds(expires_at=NOON + timedelta(minutes=5))
        transaction.add_key(key_record(WRONG, key_id="short", name="short", scopes=["read"], at=NOON, bounds=bounds))
    with Served(app_of(ledger, clock=clock)) as api:
        person = signed_in(api, "read", key=WRONG)
        before = person.get(HOME).status_code
        clock.turn(minutes=5)
        actual = (before, person.get(HOME).status_code)
    assert actual == (200, 303)


@pytest.mark.parametrize("to", ELSEWHERE, ids=repr)
def test_signing_in_leads_nowhere_else(api: Served, to: str) -> None:
    """Whatever the address says: a page of the console, or the first one."""
    answer = Person(api).sign_in(token("read"), to=to)
    shown = api.get("/console/login", key=None, params={"next": to})
    hidden = re.search(r'name="next" value="([^"]*)"', shown.text)
    actual = (answer.headers["location"], hidden and hidden[1], wanted(to))
    assert actual == (HOME, HOME, HOME)


@pytest.mark.parametrize(
    "path",
    [
        "/console/model",
        "/console/decisions?action=deny&reason=quiet_hours",
        "/console/customers/a%2Fb%3Fc%20%C3%A9",
        "/console/customers/..%2Fx",
        "/console/customers/%2Fconsole%2Flogin",
    ],
)
def test_signing_in_leads_back_to_the_page_that_was_asked_for(api: Served, path: str) -> None:
    """Ids of any text included."""
    sent = Person(api).get(path)
    person = Person(api)
    form = api.get(sent.headers["location"], key=None)
    hidden = re.search(r'name="next" value="([^"]*)"', form.text)
    assert hidden is not None
    answer = person.sign_in(token("read"), to=hidden[1].replace("&amp;", "&"))
    assert answer.headers["location"] == path


def test_who_signs_in_too_often_waits(api: Served) -> None:
    """Each sign-in is on record for good; other keys, and the sessions that there are, go on."""
    person = [signed_in(api, "read") for _ in range(SIGN_INS_PER_MINUTE)][-1]
    answer = Person(api).sign_in(token("read"))
    other = Person(api).sign_in(EVERYTHING).status_code
    actual = (answer.status_code, 0 < int(answer.headers["retry-after"]) <= 3, other, person.get(HOME).status_code)
    assert actual == (429, True, 303, 200)


def test_a_minute_later_as_many_may_sign_in_again() -> None:
    """Counted by a clock that nobody sets."""
    seconds = Seconds()
    pace = Pace(100, clock=seconds)
    key = key_record(token("read"), key_id="k", name="k", scopes=["read"], at=NOON)
    for _ in range(SIGN_INS_PER_MINUTE):
        pace.admit_sign_in(key)
    with pytest.raises(TooMany, match="too often"):
        pace.admit_sign_in(key)
    seconds.at += 60
    for _ in range(SIGN_INS_PER_MINUTE):
        pace.admit_sign_in(key)
