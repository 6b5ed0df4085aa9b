"""`GET /widget.js`: whole, small, for the pages of others, and kept by browsers until it changes."""

from pathlib import Path

import pytest

from serving.routes.script import FILE
from tests.serving.served import Served

PATH = "/widget.js"
LARGEST = 8192  # bytes, as served


def test_anybody_may_load_it(api: Served) -> None:
    """Without a key, from a page of any origin, as a script and nothing else."""
    answer = api.get(PATH, key=None)
    said = {
        name: answer.headers[name]
        for name in ("content-type", "cross-origin-resource-policy", "cache-control", "x-content-type-options")
    }
    assert (answer.status_code, answer.content, said) == (
        200,
        FILE.read_bytes(),
        {
            "content-type": "text/javascript; charset=utf-8",
            "cross-origin-resource-policy": "cross-origin",
            "cache-control": "public, max-age=300",
            "x-content-type-options": "nosniff",
        },
    )


def test_it_is_small(api: Served) -> None:
    """Every visitor of a shop loads it."""
    assert len(api.get(PATH, key=None).content) <= LARGEST


@pytest.mark.parametrize("form", ["{}", "W/{}", '"another", {}'])
def test_what_a_browser_has_is_not_sent_again(api: Served, form: str) -> None:
    """By its tag, also among others and weakened by a proxy; it may go on being kept."""
    tag = api.get(PATH, key=None).headers["etag"]
    again = api.get(PATH, key=None, headers={"If-None-Match": form.format(tag)})
    assert (again.status_code, again.content, again.headers["etag"], again.headers["cache-control"]) == (
        304,
        b"",
        tag,
        "public, max-age=300",
    )


def test_another_one_is_sent_whole(api: Served) -> None:
    """A tag that is not its own is that of an older script."""
    again = api.get(PATH, key=None, headers={"If-None-Match": '"older"'})
    assert (again.status_code, again.content) == (200, FILE.read_bytes())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_refusal_is_not_for_pages(api: Served, method: str) -> None:
    """Only the script itself may be kept, and loaded from elsewhere."""
    answer = api.call(method, PATH, key=None)
    assert (answer.status_code, answer.headers["cache-control"], answer.headers["cross-origin-resource-policy"]) == (
        405,
        "no-store",
        "same-origin",
    )


@pytest.mark.parametrize(
    "word", ["innerHTML", "insertAdjacent", "document.write", "eval(", "Function(", ".cookie", 'setAttribute("style']
)
def test_it_does_nothing_that_a_strict_page_forbids(word: str) -> None:
    """No text becomes code or markup, and no cookie is set."""
    assert word not in Path(FILE).read_text("utf-8")
