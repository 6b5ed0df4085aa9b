"""Does the API answer as its OpenAPI document says? Schemathesis asks all of it, what fits and what does not.

    python -m benchmarks.exact_document                     # 500 examples of each kind for every operation, minutes
    python -m benchmarks.exact_document --examples 20 --seed 7

A server in this process answers over a real socket, so that plain requests take the short way in. Each answer is held
against the document: no server error, no status, media type, header or body that it does not name. Two of
schemathesis's checks are not asked: a schema cannot say all that makes a body good (a zone that exists, a cursor that
was given), and an array is accepted while each bad element of it is refused by its index. Exits with 1 on any finding.
"""

import argparse
import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
KINDS: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
PATIENCE: Final = 30.0  # seconds in which every answer must come


@dataclass(slots=True)
class Found:
    """How often each operation gave which status, and what differs from the document, by operation and check."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    differs: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, label: str, failure: BaseException) -> None:
        """Note a failure, with the first example of its kind."""
        for one in getattr(failure, "exceptions", [failure]):
            kind = label, type(one).__name__
            self.differs[kind] += 1
            self.examples.setdefault(kind, " ".join(str(one).split())[:600])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whom to ask, as whom, how much: so many examples that fit and as many that do not, for every operation."""

    base: str
    key: str
    examples: int
    seed: int = 0


def ask_everything(asking: Asking) -> Found:
    """Ask every operation of the document that the server gives."""
    found = Found()
    with requests.Session() as session:
        document = session.get(f"{asking.base}/openapi.json", timeout=PATIENCE).json()
        for operation in schemathesis.openapi.from_dict(document).get_all_operations():
            for kind in KINDS:
                _ask(asking, session, operation.ok(), kind, found)
    return found


def _ask(asking: Asking, session: requests.Session, operation: Any, kind: GenerationMode, found: Found) -> None:
    """Ask one operation, with bodies and parameters of one kind."""

    @seed(asking.seed)
    @settings(
        max_examples=asking.examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=kind))
    def one(case: Any) -> None:
        headers = {"Authorization": f"Bearer {asking.key}"}
        try:
            answer = case.call(base_url=asking.base, session=session, headers=headers, timeout=PATIENCE)
            found.statuses[operation.label, answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup, requests.RequestException) as failure:
            found.add(operation.label, failure)

    try:
        one()
    except Unsatisfiable:  # nothing that does not fit can be asked of a path that takes nothing
        if kind is GenerationMode.POSITIVE:
            raise


def found_of(examples: int, seed: int) -> Found:
    """Serve an API that knows something, and ask it."""
    from tests.serving.routes.knowing import knowing  # noqa: PLC0415  (the fakes of the tests, which this script needs)
    from tests.serving.served import EVERYTHING  # noqa: PLC0415
    from tests.serving.server.test_connection import Served, played  # noqa: PLC0415

    async def play(served: Served) -> Found:
        base = f"http://127.0.0.1:{served.port}"
        await asyncio.to_thread(knowing, base)
        asking = Asking(base=base, key=EVERYTHING, examples=examples, seed=seed)
        return await asyncio.to_thread(ask_everything, asking)

    found: Found = played(play, seconds=24 * 3600)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the counts; return 1 where an answer is not as the document says."""
    parser = argparse.ArgumentParser(description="every operation of the OpenAPI document, asked by schemathesis")
    parser.add_argument("--examples", type=int, default=500, help="of each kind, for every operation")
    parser.add_argument("--seed", type=int, default=0)
    given_ = parser.parse_args(arguments)
    found = found_of(given_.examples, given_.seed)
    for (label, status), count in sorted(found.statuses.items()):
        print(f"{label:48} {status} {count:>9,}")
    for kind, count in sorted(found.differs.items()):
        print(f"DIFFERS {' '.join(kind):60} {count:>9,}\n    {found.examples[kind]}")
    wrong = sum(count for (_, status), count in found.statuses.items() if status >= 500)
    asked = sum(found.statuses.values())
    print(f"{'asked':44} {asked:>9,}\n{'server errors':44} {wrong:>9,}\n{'findings':44} {found.differs.total():>9,}")
    return int(bool(wrong or found.differs) or not asked)


if __name__ == "__main__":
    sys.exit(main())
