"""What an API holds that is asked about at random: so that some of what is found is there."""

import requests

from tests.serving.served import EVERYTHING, candidate, event

HEADERS = {"Authorization": f"Bearer {EVERYTHING}"}


def knowing(base: str) -> str:
    """Give the API at this address an event, a consent, a send and its outcome; return the id of the decision."""
    with requests.Session() as session:
        session.headers.update(HEADERS)
        session.post(f"{base}/v1/events", json=event(), timeout=30)
        session.put(f"{base}/v1/users/u-17/preferences", json={"consent": {"chat": True}}, timeout=30)
        answer = session.post(f"{base}/v1/decisions", json=candidate(), timeout=30).json()
        outcome = {"decision_id": answer["decision_id"], "kind": "engaged", "time": "2026-11-20T11:30:00Z"}
        session.post(f"{base}/v1/outcomes", json=outcome, timeout=30)
        return str(answer["decision_id"])
