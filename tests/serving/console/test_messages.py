"""The pages of messages: every template with its state, and a review that counts at once."""

from collections.abc import Iterator

import pytest

from serving.console.wordings import LintOnce, counted
from serving.policy_files.templates import load_policy
from tests.serving.console.signing_in import Person, signed_in
from tests.serving.served import EVERYTHING, Served, Watch, app_of, candidate, consent, event

PAGE = "/console/templates/parcel_delayed"
YES = {"agent_would_send": "yes", "customer_would_thank": "yes", "reviewer": "Ann Lee", "comment": ""}


@pytest.fixture
def clock() -> Watch:
    """A clock that is turned."""
    return Watch()


@pytest.fixture
def api(clock: Watch) -> Iterator[Served]:
    """Serve a console over a ledger in memory."""
    with Served(app_of(clock=clock)) as served:
        yield served


@pytest.fixture
def admin(api: Served) -> Person:
    """Somebody who may act."""
    return signed_in(api, "admin", key=EVERYTHING)


def digest(api: Served) -> str:
    """Return what the words of the message are known by."""
    found: str = api.app.state.api.policy.digests["parcel_delayed"]
    return found


def review(admin: Person, **given: str) -> tuple[int, str]:
    """Send a review of the message as it reads; return the status and where it leads."""
    answer = admin.post(f"{PAGE}/review", YES | {"digest": digest(admin.api)} | given)
    return answer.status_code, answer.headers.get("location", "")


def state(api: Served) -> tuple[str, str | None]:
    """Return the state of the message, and who reviewed it last."""
    (found,) = [one for one in api.get("/v1/approvals").json()["templates"] if one["template"] == "parcel_delayed"]
    return found["state"], found["review"] and found["review"]["reviewer"]


def test_every_message_is_listed_with_its_words_and_state(api: Served) -> None:
    """All of the policy, each with a link; places stand in frames."""
    shown = signed_in(api, "read").get("/console/templates").text
    actual = [name for name in load_policy().templates if f'href="/console/templates/{name}"' not in shown]
    assert (actual, '<span class="place" title="filled in from the event">parcel</span>' in shown) == ([], True)


def test_what_waits_is_listed_alone(admin: Person) -> None:
    """Nothing at first; then the one that a review withdrew."""
    before = admin.get("/console/templates?show=waiting").text
    review(admin, customer_would_thank="no")
    after = admin.get("/console/templates?show=waiting").text
    actual = ("Nothing waits" in before, PAGE in after, "withdrawn by a review" in after, "page_help" in after)
    assert actual == (True, True, True, False)


@pytest.mark.parametrize(
    ("answers", "notice", "after"),
    [
        ({}, "approved", "approved"),
        ({"customer_would_thank": "no"}, "withdrawn", "withdrawn"),
        ({"agent_would_send": "no"}, "withdrawn", "withdrawn"),
    ],
    ids=["two yeses", "no thanks", "no agent"],
)
def test_a_review_counts_at_once(admin: Person, answers: dict[str, str], notice: str, after: str) -> None:
    """It is recorded with the reviewer's name, and leads back to the page, which says what came of it."""
    assert review(admin, **answers) == (303, f"{PAGE}?said={notice}")
    assert state(admin.api) == (after, "Ann Lee")
    assert 'role="status"' in admin.get(f"{PAGE}?said={notice}").text


def test_who_is_signed_in_is_on_record_too(admin: Person) -> None:
    """The reviewer as they name themselves, and the key that recorded it."""
    review(admin, comment="Says\r\nwhat happened.")
    (found,) = admin.api.get("/v1/approvals").json()["reviewed"]
    assert (found["reviewer"], found["by"], found["comment"]) == ("Ann Lee", "all (key-all)", "Says what happened.")


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"agent_would_send": ""}, 422),
        ({"customer_would_thank": "maybe"}, 422),
        ({"reviewer": " "}, 422),
        ({"reviewer": "x" * 101}, 422),
        ({"comment": "x" * 1001}, 422),
        ({"digest": "sha256:old"}, 409),
    ],
    ids=["no answer", "no yes or no", "nobody", "a long name", "a long note", "other words"],
)
def test_what_is_no_review_changes_nothing(admin: Person, given: dict[str, str], status: int) -> None:
    """The page says what to do; the state stays."""
    code, _ = review(admin, **given)
    assert (code, state(admin.api)) == (status, ("approved", None))


def test_who_only_reads_sees_no_form_and_cannot_send_one(api: Served) -> None:
    """The page shows everything else."""
    reader = signed_in(api, "read")
    shown, sent = reader.get(PAGE).text, reader.post(f"{PAGE}/review", YES | {"digest": digest(api)})
    actual = ("customer_would_thank" in shown, "How the customer reads it" in shown, sent.status_code, state(api))
    assert actual == (False, True, 403, ("approved", None))


def test_a_message_that_is_none_is_not_found(admin: Person) -> None:
    """To look at, and to review."""
    path = "/console/templates/no_such"
    actual = (admin.get(path).status_code, admin.post(f"{path}/review", YES).status_code)
    assert actual == (404, 404)


def test_how_it_went_is_counted(admin: Person, clock: Watch) -> None:
    """What was sent in thirty days, and what was reported of it."""
    consent(admin.api, "u-17")
    admin.api.post("/v1/events", event())
    told = admin.api.post("/v1/decisions", candidate()).json()
    outcome = {"decision_id": told["decision_id"], "kind": "thanked", "time": "2026-11-20T12:00:00Z"}
    admin.api.post("/v1/outcomes", outcome)
    clock.turn(minutes=1)
    shown = admin.get("/console/templates").text
    assert (told["action"], "1 sent<br>" in shown, "1\u00a0thanked" in shown) == ("send", True, True)


def test_the_last_thirty_days_begin_with_a_whole_day(admin: Person, clock: Watch) -> None:
    """As on every page, and both pages say since when."""
    consent(admin.api, "u-17")
    admin.api.post("/v1/events", event())
    admin.api.post("/v1/decisions", candidate())
    clock.turn(days=29, hours=23)
    admin = signed_in(admin.api, "admin", key=EVERYTHING)
    shown, one = admin.get("/console/templates").text, admin.get(PAGE).text
    actual = ("1 sent" in shown, "since 21 Nov 2026" in shown, "since 21 Nov 2026" in one)
    assert actual == (False, True, True)


def test_the_name_of_whoever_is_signed_in_is_filled_in(admin: Person) -> None:
    """It is that of their key, and may be changed."""
    assert 'name="reviewer" value="all"' in admin.get(PAGE).text


def test_what_nobody_asked_for_is_folded(admin: Person) -> None:
    """On the list of all; what waits for a person stands open whatever became of it."""
    consent(admin.api, "u-17")
    admin.api.post("/v1/events", event())
    admin.api.post("/v1/decisions", candidate())
    review(admin, customer_would_thank="no")
    shown, waiting = (admin.get(f"/console/templates{query}").text for query in ("", "?show=waiting"))
    open_part = shown[shown.index('id="delivery_update"') :].split("<details", 1)[0]
    actual = [PAGE in open_part, "parcel_failed" in open_part, "not asked for" in shown, "<details" in waiting]
    assert actual == [True, False, True, False]


def test_a_policy_is_linted_once() -> None:
    """Until it is another one."""
    once, policy = LintOnce(), load_policy()
    first, again, other = once(policy, []), once(policy, []), once(load_policy(), [])
    assert (first is again, first is other, once._known is None) == (True, True, False)


def test_counts_stand_by_name() -> None:
    """Of one name all that was counted."""
    actual = counted([("a", "send", 1), ("b", "send", 2), ("a", "deny", 3)])
    assert actual == {"a": {"send": 1, "deny": 3}, "b": {"send": 2}}
