"""Ids that a ledger cannot even look for: PostgreSQL takes no NUL, and is not said to be away for it."""

import pytest

from serving.ports import Ledger
from tests.serving.console.signing_in import signed_in
from tests.serving.served import EVERYTHING, NOON, Served, Watch, app_of, with_keys


@pytest.mark.parametrize(
    "ask", ["GET /v1/decisions/d%00", "POST /v1/decisions/d%00/confirm", "GET /console/decisions/%00"]
)
def test_there_is_no_such_decision(ledger: Ledger, ask: str) -> None:
    """As of any other id that was never given."""
    method, path = ask.split()
    with Served(app_of(with_keys(ledger, NOON), clock=Watch())) as api:
        person = signed_in(api, "admin", key=EVERYTHING)
        answer = person.get(path) if path.startswith("/console") else api.call(method, path, key=EVERYTHING)
    assert answer.status_code == 404
