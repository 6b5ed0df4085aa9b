"""Nobody is told twice: what reached the customer is told, whoever held it back."""

from datetime import timedelta

import pytest

from tests.serving.routes.confirming import confirm, decided, report
from tests.serving.served import NOON, Served, Watch, consent


@pytest.mark.parametrize("kind", ["delivered", "engaged", "thanked", "dismissed"])
@pytest.mark.parametrize("confirmed", [True, False])
def test_what_was_held_and_sent_all_the_same_is_not_said_twice(
    api: Served, clock: Watch, kind: str, *, confirmed: bool
) -> None:
    """Neither by its confirmation nor by a new decision about the same fact, and it counts as a contact."""
    clock.at = NOON + timedelta(hours=9)
    consent(api, "u-17")
    held = decided(api)
    report(api, "not_delivered", clock.at, decision_id=held["decision_id"])
    report(api, kind, clock.at, decision_id=held["decision_id"])
    clock.at = NOON + timedelta(hours=19)
    told = confirm(api, held["decision_id"]) if confirmed else None
    again = decided(api)
    codes = [reason["code"] for reason in again["reasons"]]
    context = api.get(f"/v1/decisions/{again['decision_id']}").json()["context"]
    actual = (
        held["action"],
        told and told["action"],
        again["action"],
        "already_told" in codes,
        context["contacts_24h"],
    )
    assert actual == ("hold", "cancel" if confirmed else None, "deny", True, 1)
