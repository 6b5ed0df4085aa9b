"""What every page of the console carries, and how it says no: headers, methods, rates, a ledger that is away."""

import re
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from model.errors import Unavailable
from serving.ports import Ledger
from serving.settings import Settings
from tests.serving.console.every_page import PAGES, filled, routes
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.routes.seconds import Seconds
from tests.serving.served import Served, app_of, memory_ledger

STATIC: Final = ("console.css", "console.js", "uPlot.iife.min.js", "uPlot.min.css")
POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
OF_FILES: Final = dict.fromkeys(("default-src", "frame-ancestors", "base-uri", "form-action"), "'none'")
INLINE: Final = re.compile(
    r"""<style|<script(?![^>]*\ssrc=)(?![^>]*type="application/json")|\sstyle=|\son\w+=|javascript:"""
)
MENDING: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    """An API with its console."""
    with Served(app_of()) as served:
        yield served


@pytest.fixture(scope="module")
def reader(api: Served) -> Person:
    """Somebody who looks."""
    return signed_in(api, "read")


def policy(answer: httpx.Response) -> dict[str, str]:
    """The content security policy of an answer, by what it is about."""
    parts = (part.split(maxsplit=1) for part in answer.headers["content-security-policy"].split(";"))
    return dict(parts)


@pytest.mark.parametrize("path", [*PAGES, "/console/login", "/console/login?next=/console/model"])
def test_every_page_is_shut_to_what_is_not_its_own(reader: Person, path: str) -> None:
    """Nothing from elsewhere, nothing inline, in no frame, kept by nobody; refusals alike, and files more so."""
    answer = reader.get(filled(path))
    is_file = "attachment" in answer.headers.get("content-disposition", "")
    found = {name: answer.headers.get(name) for name in MENDING}
    actual = (policy(answer), found, INLINE.findall(answer.text))
    assert actual == (OF_FILES if is_file else POLICY, MENDING, [])


def test_a_refusal_leaves_the_way_on(api: Served, reader: Person) -> None:
    """Whoever is signed in finds every page above it; a stranger is not told of any."""
    ways = [
        person.get(path).text.count("/console/approvals")
        for person, path in ((reader, "/console/none"), (Person(api), "/console/static/none"))
    ]
    assert ways == [1, 0]


def test_a_refusal_keeps_its_words(reader: Person) -> None:
    """The names of pages keep their capitals, and what stands in backticks is shown as a word of the machine."""
    actual = [reader.get(f"/console{path}").text for path in ("/templates/nobody", "?period=5d")]
    told = (
        "There is no message of this name in the policy that is loaded; see Messages, which lists them all.",
        "<code>period</code>",
    )
    assert [words in text for words, text in zip(told, actual, strict=True)] == [True, True]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_one_language_with_a_title_and_one_heading(reader: Person, path: str) -> None:
    """What a screen reader says first; an answer that is a file is no page."""
    answer = reader.get(filled(path))
    if not answer.headers["content-type"].startswith("text/html"):
        assert "attachment" in answer.headers.get("content-disposition", "")
        return
    title = re.search(r"<title>([^<]+) · Outreach</title>", answer.text)
    actual = ('<html lang="en">' in answer.text, title is not None, len(re.findall("<main", answer.text)))
    assert actual == (True, True, 1)


@pytest.mark.parametrize("name", STATIC)
def test_files_are_what_they_are_and_kept_with_a_tag(api: Served, name: str) -> None:
    """Style and script with their own type; the second time nothing is sent."""
    first = api.get(f"/console/static/{name}", key=None)
    again = api.get(f"/console/static/{name}", key=None, headers={"If-None-Match": first.headers["etag"]})
    actual = (first.status_code, first.headers["x-content-type-options"], again.status_code, again.content)
    assert actual == (200, "nosniff", 304, b"")


@pytest.mark.parametrize(
    "name", ["..%2Fframe.py", "%2e%2e%2fframe.py", "frame.py", "console.css%00", "%2Fetc%2Fpasswd"]
)
def test_no_other_file_is_served(api: Served, name: str) -> None:
    """Only the few that pages are made of."""
    actual = api.get(f"/console/static/{name}", key=None).status_code
    assert actual in (303, 404)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_no_other_method_does_anything(reader: Person, method: str) -> None:
    """405 with the ones that there are, or 404; never a page that acts."""
    found = {reader.api.call(method, filled(path), key=None).status_code for path in [*PAGES, "/console/login"]}
    assert found <= {404, 405}


@pytest.mark.parametrize(
    "path",
    ["/console/nothing", "/console/", "/console//", "/console/model/x", "/console/%F0%9F%98%80", "/console/a/b/c"],
)
def test_an_address_without_a_page_says_so(reader: Person, path: str) -> None:
    """With a page, and the way back."""
    answer = reader.get(path)
    actual = (answer.status_code, "Back to Today" in answer.text, policy(answer))
    assert actual == (404, True, POLICY)


def test_what_is_asked_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key has one rate, at the API and here; the page says so, and when to come back."""
    monkeypatch.setattr("serving.app.monotonic", Seconds())
    with Served(app_of(settings=Settings(requests_per_second=5))) as api:
        person = signed_in(api, "read")
        answers = [person.get("/console/model") for _ in range(20)]
    refused = [one for one in answers if one.status_code == 429]
    actual = (bool(refused), {one.headers["retry-after"] for one in refused}, "<h1>" in refused[0].text)
    assert actual == (True, {"1"}, True)


class Away:
    """A ledger that can be away."""

    def __init__(self, real: Ledger) -> None:
        """Stand before the real one."""
        self.real, self.away = real, False

    @property
    def salt(self) -> bytes:
        """The real one's secret."""
        return self.real.salt

    def transaction(self, *, about: object = None) -> object:
        """Fail while it is away."""
        if self.away:
            raise Unavailable("the disk said no")
        return self.real.transaction(about=about)  # type: ignore[arg-type]  # as it came

    def close(self) -> None:
        """Close the real one."""
        self.real.close()


def test_while_the_ledger_is_away_every_page_says_so() -> None:
    """503 with a page, nothing of why in it; and it is back by itself."""
    ledger = Away(memory_ledger())
    with Served(app_of(ledger)) as api:  # type: ignore[arg-type]  # only what the loop asks of it
        person = signed_in(api, "read")
        ledger.away = True
        answers = [person.get(filled(path)) for path in PAGES]
        entrance = api.get("/console/login", key=None).status_code
        ledger.away = False
        back = person.get("/console").status_code
    pages = {("Nothing is lost" in one.text, "the disk said no" in one.text, policy(one) == POLICY) for one in answers}
    actual = ({one.status_code for one in answers}, pages, entrance, back)
    assert actual == ({503}, {(True, False, True)}, 200, 200)


def test_what_nobody_foresaw_is_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with a page that names the log, and nothing of the error."""

    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("serving.console.model.status_of", broken)
    with Served(app_of()) as api:
        answer = signed_in(api, "read").get("/console/model")
    actual = (answer.status_code, "This page failed here" in answer.text, "the secret" in answer.text, policy(answer))
    assert actual == (503, True, False, POLICY)


def test_the_console_is_no_part_of_the_document(api: Served) -> None:
    """The OpenAPI document is for programs."""
    documented = api.get("/openapi.json").json()["paths"]
    actual = [path for path in documented if path.startswith("/console")]
    assert (actual, len(list(routes())) > 0) == ([], True)
