"""Every named hostile body over the wire, by the short way and by the long one: the same refusal to the byte."""

from collections.abc import Callable
from typing import Any

from serving.app import Application
from serving.routes.edge import BODY_LIMIT
from serving.strict_json import NotJson, parse
from tests.serving.routes.test_malformed import BODIES, CANARY, put
from tests.serving.routes.ways import DECISIONS, EVENTS, KNOWN, LAST, noted, post, raw_answers
from tests.serving.server.test_connection import Served, played
from tests.serving.test_strict_json import REFUSED

MORE: dict[str, bytes] = {
    "keys by the thousand": put("user.attributes", {f"{CANARY}{number}": 1 for number in range(20_000)}),
    "keys that hash alike": put("user.attributes", {f"{CANARY}\u0000{number}": 1 for number in range(600)}),
    "a string of half a megabyte": put("purpose", CANARY * 50_000),
    "zeros without end": put("user.attributes", {CANARY: 1}).replace(b": 1}", b": 0." + b"0" * 60_000 + b"1}"),
    "an exponent without end": put("user.attributes", {CANARY: 1}).replace(b": 1}", b": 1e" + b"9" * 5000 + b"}"),
    "spaces to the limit": put("purpose", CANARY)[:-1] + b" " * (BODY_LIMIT // 2) + b"]",
    "a lax boolean": put("experiment", "true"),
    "a separator of records": b"\x1e" + put("purpose", CANARY),
    "lines of JSON": put("purpose", CANARY) + b"\n" + put("purpose", CANARY),
    "a prefix against hijacking": b")]}',\n" + put("purpose", CANARY),
    "wide and deep": put("user.attributes", {CANARY: [[[[]] * 900] * 9] * 2}),
}
ODD_AND_GOOD = {"zeros without end", "wide and deep"}  # a number, and attributes that no feature reads
CASES = BODIES | {f"plainly {name}": body for name, (body, _) in REFUSED.items()} | MORE


def test_every_hostile_body_is_refused_alike_on_both_ways(app: Callable[..., Application]) -> None:
    """A candidate is 422, events at most a list of what was rejected, and never is anything repeated."""

    async def play(served: Served) -> dict[str, list[list[bytes]]]:
        await raw_answers(served, KNOWN, 10**6)
        return {
            name: [await raw_answers(served, post(path, body) + LAST, 10**6) for path in (DECISIONS, EVENTS)]
            for name, body in CASES.items()
        }

    composed = app(short=True)
    took = noted(composed)
    one, other = played(play, composed, seconds=60), played(play, app(short=False), seconds=60)

    assert one == other
    expected = {name: ([b"200" if name in ODD_AND_GOOD else b"422"], True, False) for name in CASES}
    assert {name: _judged(answers) for name, answers in one.items()} == expected
    assert (len(CASES) >= 60, len(took) > len(CASES)) == (True, True)


def _judged(answers: list[list[bytes]]) -> Any:
    """Return the status for a candidate, whether that for events may be, and whether anything was repeated."""
    statuses = [lines[0].split()[1] for lines in answers]
    return statuses[:1], statuses[1] in (b"202", b"422"), CANARY.encode() in b"".join(answers[0] + answers[1])


def test_the_reader_itself_refuses_or_reads_each() -> None:
    """Nothing but its own refusal comes out of it, in words that repeat nothing."""
    said = []
    for body in CASES.values():
        try:
            parse(body)
        except NotJson as refused:
            said.append(str(refused))

    assert (len(said) > 60, any(CANARY in words for words in said)) == (True, False)
