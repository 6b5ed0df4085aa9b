import pytest

from serving.console.fixes import fixes_after, fixes_of
from serving.policy.limits import Limits, tighten


@pytest.mark.parametrize(
    ("of", "kind", "name", "expected"),
    [
        ("message", "template", "a/b c", ["/console/templates/a%2Fb%20c"]),
        ("message", "purpose", "delivery_update", ["/console/what-if?switched_off=delivery_update"]),
        ("message", "channel", "sms", ["/console/what-if?channels_off=sms"]),
        ("message", "time of day", "evening, 17:00 to 21:00", ["/console/what-if?quiet_start=19%3A00"]),
        ("message", "time of day", "morning, 8:00 to 12:00", ["/console/what-if?quiet_end=10%3A00"]),
        ("message", "time of day", "afternoon, 12:00 to 17:00", []),
        ("customer", "plan", "basic", []),
        ("customer", "channel", "post", []),
    ],
    ids=["template", "purpose", "channel", "evening", "morning", "afternoon", "customers", "an attribute of that name"],
)
def test_every_cause_has_its_fix(of: str, kind: str, name: str, expected: list[str]) -> None:
    """A text is read, a service, channel or hour is tried without, and what customers are is the model's to learn."""
    assert [fix.path for fix in fixes_of(of, kind, name)] == expected


@pytest.mark.parametrize(
    "limits",
    [
        {"switched_off": ["delivery_update"]},
        {"channels_off": ["sms"]},
        {"quiet_start": "19:00"},
        {"quiet_end": "10:00"},
    ],
    ids=lambda limits: next(iter(limits)),
)
def test_what_is_to_be_tried_is_tighter(limits: dict[str, object]) -> None:
    """Each is a limit that may be set, and refuses more than the default."""
    assert tighten(Limits(), limits) != Limits()


@pytest.mark.parametrize(("kind", "expected"), [("complained", True), ("opted_out", True), ("thanked", False)])
def test_a_message_that_somebody_complained_of_leads_to_what_can_be_done(kind: str, *, expected: bool) -> None:
    """To who is annoyed, to its text, and to what can be tried without."""
    asked = {
        "purpose": "delivery_update",
        "channel": "sms",
        "timezone": "Europe/Paris",
        "message": {"template": "parcel_delayed"},
    }
    record = {
        "candidate": asked,
        "context": {},
        "decided_at": "2026-11-20T08:00:00Z",
        "outcomes": [{"kind": kind}],
    }
    paths = [
        "/console/complaints",
        "/console/templates/parcel_delayed",
        "/console/what-if?switched_off=delivery_update",
        "/console/what-if?channels_off=sms",
        "/console/what-if?quiet_end=10%3A00",
    ]
    assert [fix.path for fix in fixes_after(record)] == (paths if expected else [])
