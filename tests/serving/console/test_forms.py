"""Who may do anything at the console, and from where: every form, whatever page it stands on."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from serving.access.keys import key_record
from serving.console.sessions import form_token
from serving.ports import Ledger
from tests.serving.console.every_page import FORMS, OPEN, PAGES, filled, routes
from tests.serving.console.signing_in import ORIGIN, Person, signed_in
from tests.serving.served import NOON, Served, app_of, memory_ledger

ACTS: Final = [path for path in FORMS if path != "/console/logout"]
KEY: Final = "may-act-".ljust(43, "k")


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """A ledger in memory, with a key that may read and act."""
    made = memory_ledger()
    with made.transaction() as transaction:
        scopes = ["read", "admin"]
        transaction.add_key(key_record(KEY, key_id="key-lead", name="Mara Lind", scopes=scopes, at=NOON))
    return made


@pytest.fixture(scope="module")
def api(ledger: Ledger) -> Iterator[Served]:
    """An API with its console, in which each case signs in anew."""
    with pytest.MonkeyPatch.context() as patch, Served(app_of(ledger)) as served:
        patch.setattr("serving.access.pace.SIGN_INS_PER_MINUTE", 10_000)
        yield served


@pytest.fixture
def lead(api: Served) -> Person:
    """Somebody who may act."""
    return signed_in(api, "read", key=KEY)


@pytest.fixture
def reader(api: Served) -> Person:
    """Somebody who only reads."""
    return signed_in(api, "read")


def without_token(person: Person, path: str) -> httpx.Response:
    """Send a form that has none."""
    return person.post(path, {"form_token": ""})


def with_anothers(person: Person, path: str) -> httpx.Response:
    """Send a form with the token of somebody else's session."""
    other = signed_in(person.api, "read", key=KEY)
    return person.post(path, {"form_token": form_token(other.cookie or "")})


def from_elsewhere(person: Person, path: str) -> httpx.Response:
    """Send the right form from another site's page."""
    return person.post(path, headers={"Origin": "https://evil.example"})


def from_a_sandbox(person: Person, path: str) -> httpx.Response:
    """Send the right form from a page without an origin."""
    return person.post(path, headers={"Origin": "null"})


def from_a_neighbour(person: Person, path: str) -> httpx.Response:
    """Send the right form from another host of the same site, as the browser says."""
    return person.post(path, headers={"Sec-Fetch-Site": "same-site"})


def from_another_port(person: Person, path: str) -> httpx.Response:
    """Send the right form from another port."""
    return person.post(path, headers={"Origin": f"{ORIGIN}:8081"})


FORGED: Final = [
    without_token,
    with_anothers,
    from_elsewhere,
    from_a_sandbox,
    from_a_neighbour,
    from_another_port,
]


@pytest.mark.parametrize("forge", FORGED, ids=lambda one: one.__name__)
@pytest.mark.parametrize("path", FORMS)
def test_a_forged_form_does_nothing(
    lead: Person, ledger: Ledger, path: str, forge: Callable[[Person, str], httpx.Response]
) -> None:
    """Without the token of this very session, or from another page, it is refused before it is read; nobody is out."""
    before = rows(ledger)
    answer = forge(lead, filled(path))
    signs = forge is with_anothers  # which signs somebody in, on purpose
    actual = (answer.status_code, rows(ledger)[signs:] == before[signs:], lead.get("/console").status_code)
    assert actual == (403, True, 200)


@pytest.mark.parametrize("path", ACTS)
def test_who_only_reads_does_nothing(reader: Person, ledger: Ledger, path: str) -> None:
    """With the right token of their own session."""
    before = rows(ledger)
    actual = (reader.post(filled(path)).status_code, rows(ledger) == before)
    assert actual == (403, True)


@pytest.mark.parametrize("path", FORMS)
def test_a_stranger_is_sent_to_sign_in(api: Served, path: str) -> None:
    """And the form that they sent is not sent again."""
    answer = Person(api).post(filled(path))
    actual = (answer.status_code, answer.headers["location"])
    assert actual == (303, "/console/login?next=/console")


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
@pytest.mark.parametrize("path", FORMS)
def test_what_is_no_form_is_refused(lead: Person, path: str, kind: str) -> None:
    """A body of another kind never acts."""
    body: dict[str, Any] = {"content": b"form_token=x", "headers": {"Origin": ORIGIN, "Content-Type": kind}}
    answer = lead.api.call("POST", filled(path), key=None, **with_cookie(lead, body))
    assert answer.status_code in (403, 415)


@pytest.mark.parametrize("content", [b"%ff", b"a", b"a=%zz", "é=1".encode(), b"&" * 200, b"a=1&" * 101], ids=repr)
@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_cannot_be_read_is_refused(lead: Person, path: str, content: bytes) -> None:
    """Bytes that no browser sends, and too many fields."""
    kind = "application/x-www-form-urlencoded"
    body: dict[str, Any] = {"content": content, "headers": {"Origin": ORIGIN, "Content-Type": kind}}
    answer = lead.api.call("POST", filled(path), key=None, **with_cookie(lead, body))
    assert answer.status_code in (403, 422)


@pytest.mark.parametrize("field", ["why", "comment", "reviewer", "breaker", "digest"])
@pytest.mark.parametrize("path", ACTS)
def test_a_sign_that_no_ledger_can_keep_is_refused(lead: Person, ledger: Ledger, path: str, field: str) -> None:
    """PostgreSQL takes no NUL: whoever sends one is told, before anything is looked up."""
    before = rows(ledger)
    answer = lead.post(filled(path), {"why": "calm again", "sure": "yes", field: "a storm\x00"})
    actual = (answer.status_code, "NUL character" in answer.text, rows(ledger) == before)
    assert actual == (422, True, True)


@pytest.mark.parametrize("path", PAGES)
def test_looking_changes_nothing(lead: Person, ledger: Ledger, path: str) -> None:
    """No page writes, whatever its address says."""
    before = rows(ledger)
    lead.get(filled(path), params={"approve": "1", "release": "1", "said": "approved", "form_token": "x"})
    actual = rows(ledger)
    assert actual == before


@pytest.mark.parametrize("path", PAGES)
def test_who_only_reads_sees_no_form_that_acts(reader: Person, path: str) -> None:
    """But the one that signs out; questions of a page to itself are asked with GET."""
    shown = reader.get(filled(path)).text
    actual = [part.split(">")[0] for part in shown.split("<form")[1:] if 'method="post"' in part.split(">")[0]]
    assert [one for one in actual if 'action="/console/logout"' not in one] == []


def test_every_route_is_looked_at() -> None:
    """What is neither a page nor a form of the lists above is open on purpose."""
    actual = {route.path for _, route in routes()} - {*PAGES, *FORMS}
    assert actual == set(OPEN)


def with_cookie(person: Person, body: dict[str, Any]) -> dict[str, Any]:
    """Add the cookie to a bare request."""
    headers = {**body["headers"], "Cookie": f"outreach_console={person.cookie}"}
    return {**body, "headers": {name: value for name, value in headers.items() if value}}


def rows(ledger: Ledger) -> list[int]:
    """How many rows each table has; the sessions first."""
    with ledger.transaction() as transaction:
        store = transaction._store  # type: ignore[attr-defined]  # what no port counts
        tables = [name for (name,) in store.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        ordered = sorted(tables, key=lambda name: (name != "console_sessions", name))
        return [store.row(f"SELECT count(*) FROM {name}")[0] for name in ordered]
