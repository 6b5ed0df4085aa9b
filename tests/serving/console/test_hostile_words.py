"""Whatever a sender wrote is text: every field of every body, on every page that shows it."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest

from serving.access.keys import key_record
from tests.serving.console.every_page import PAGES, filled
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import NOON, Served, app_of, event, memory_ledger

TAG: Final = "<img src=x onerror=alert(1)>"
TURNED: Final = "\u202egnp.exe\u2066"
LONG: Final = "w" * 10_000
QUOTED: Final = f"""'"><script>alert(1)</script>{TAG}{{{{7*7}}}}</textarea></script>&lt;{TURNED}"""
RAW: Final = ("<script>alert(1)", "<img src=x", "'\">", "</textarea></script>", "\u202e", "\u2066", "49</textarea>")
NAME: Final = "mailto:<b>\"'x"
KEY: Final = "hostile-".ljust(43, "k")
CONSENT: Final = {"consent": {"chat": True}}


def body(user: str, **message: Any) -> dict[str, Any]:
    """A candidate in which every text that may be any is hostile."""
    return {
        "user": {"id": user, "timezone": "Europe/Paris", "attributes": {QUOTED: QUOTED, "plan": QUOTED}},
        "purpose": "delivery_update",
        "channel": "chat",
        "evidence": {"type": "shipment.delayed", "id": QUOTED, "source": "urn:shop"},
        "message": message,
    }


def asked() -> Iterator[dict[str, Any]]:
    """Every way in which hostile words can come to be decided about."""
    facts = {"parcel": QUOTED, "new_eta": QUOTED}
    yield body(QUOTED, template="parcel_delayed", facts=facts)
    yield body(QUOTED, text=f"Your parcel {QUOTED} is late. Reply.", next_step="Reply.", facts=facts)
    yield body(QUOTED, template=QUOTED, facts=facts)
    yield body(QUOTED, text=LONG, next_step=QUOTED)
    yield body(LONG[:200], template="parcel_delayed", facts={"parcel": LONG, "new_eta": LONG})
    yield body(QUOTED, text=f"We miss you {QUOTED}: 20 % off", next_step=QUOTED) | {"purpose": "win_back"}
    yield body(QUOTED, template=QUOTED) | {"purpose": QUOTED}
    yield body(QUOTED, template="parcel_delayed", facts=facts) | {"channel": QUOTED, "session": {"id": QUOTED}}


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    """An API that was told all of it; a hostile name is that of a key as well."""
    ledger = memory_ledger()
    with ledger.transaction() as transaction:
        scopes = ["read", "admin"]
        transaction.add_key(key_record(KEY, key_id="key-h", name=QUOTED.replace(TURNED, ""), scopes=scopes, at=NOON))
    with Served(app_of(ledger)) as served:
        data = {"parcel": QUOTED, "new_eta": QUOTED, "delay_hours": 14, QUOTED: QUOTED}
        told = [event(user=user, id=QUOTED + user[:3], data=data) for user in (QUOTED, LONG[:200])]
        told += [event(user=QUOTED, id=QUOTED, data=data), event(9, user=QUOTED, source=QUOTED, data=data)]
        assert served.post("/v1/events", told).status_code == 202
        served.call("PUT", "/v1/users/u-17/preferences", json=CONSENT)
        for one in asked():
            answer = served.post("/v1/decisions", one)
            assert answer.status_code in (200, 422), answer.text
        outcome = {"user_id": QUOTED, "kind": "complained", "time": NOON.isoformat()}
        assert served.post("/v1/outcomes", outcome).status_code in (200, 202)
        yield served


@pytest.fixture(scope="module")
def person(api: Served) -> Person:
    """Who may act, and so sees every form."""
    return signed_in(api, "read", key=KEY)


@pytest.fixture(scope="module")
def known(api: Served) -> dict[str, list[str]]:
    """What stands in the place of what a path takes."""
    made = [one["decision_id"] for one in api.get("/v1/decisions").json()["decisions"]]
    return {"decisions": made, "customers": [QUOTED, LONG[:200], NAME], "templates": [QUOTED, "parcel_delayed"]}


def addresses(path: str, known: dict[str, list[str]]) -> list[str]:
    """Return a path once for each thing that stands in it; as a question too."""
    before, brace, _ = path.partition("/{")
    texts = known.get(before.rsplit("/", 1)[-1], [QUOTED]) if brace else []
    found = [filled(path, quote(text, safe="")) for text in texts] or [path]
    words = quote(QUOTED, safe="")
    names = ("q", "user", "customer", "reason", "action", "purpose", "period", "cursor", "after", "said", "by", "from")
    asking = [f"{found[0]}?{name}={words}" for name in names]
    return [*found, *asking]


@pytest.mark.parametrize("path", PAGES)
def test_no_word_of_a_sender_becomes_markup_or_turns_the_page(
    person: Person, known: dict[str, list[str]], path: str
) -> None:
    """Scripts, quotes, templates' braces, turned and endless words: shown as what they are, with no page broken."""
    wrong = {}
    for address in addresses(path, known):
        answer = person.get(address)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        found = [raw for raw in RAW if raw in answer.text]
        if found or answer.status_code == 503:
            wrong[address[:80]] = (answer.status_code, found)
    assert wrong == {}


def test_the_words_are_there_to_be_seen(person: Person) -> None:
    """What was refused as marketing shows its text, escaped: the pages above are not empty."""
    shown = person.get("/console/refused").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
