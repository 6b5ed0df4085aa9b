"""What pop-ups get wrong, each with its test. The shop's rules are careless here on purpose: the policy is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.kinds.popups import EVERYTHING, TEMPLATES, on
from tests.serving.kinds.shop import Said, Shop, said, shop


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop that asks for a pop-up whenever anything happens."""
    with shop(tmp_path, EVERYTHING) as opened:
        yield opened


def beats(it: Shop, count: int, *, since: float = 0) -> list[Said]:
    """Let a widget tell every five seconds how long they have been there, `since` so many seconds."""
    answers: list[Said] = []
    for number in range(1, count + 1):
        it.clock.turn(seconds=5)
        answers += it.happens("page.dwelled", session="s-1", page="pricing", seconds=since + 5 * number)
    return answers


# At page load


def test_nothing_pops_up_at_page_load(it: Shop) -> None:
    """The visit began this second: whatever is asked for waits, and nothing is sent."""
    answer = it.tells(
        it.event("session.started", "u-1", session="s-1", page="pricing"),
        it.event("page.viewed", "u-1", session="s-1", page="pricing"),
        it.event("page.dwelled", "u-1", session="s-1", page="pricing", seconds=0),
    )

    assert said(*answer) == [("hold", ["too_soon"]), ("hold", ["too_soon"])]


@pytest.mark.parametrize("seconds", [1, 10, 29])
def test_nothing_pops_up_before_half_a_minute(it: Shop, seconds: int) -> None:
    """They are still reading the headline; thirty seconds may be more in a company's configuration, never less."""
    it.visits()

    assert [action for action, _ in said(*it.stays(seconds))] == ["hold"]


def test_after_half_a_minute_one_thing_may_be_said(it: Shop) -> None:
    """The same shop, the same rules: now help is allowed."""
    it.visits()

    assert said(*it.stays(30)) == [("send", [])]


def test_a_widget_that_exaggerates_is_not_believed_beyond_the_session(it: Shop) -> None:
    """It says ten minutes on a page, in a session whose first event this is: that is all that is known of it."""
    it.happens("session.started", session="s-1", page="home", ago=3)
    it.happens("page.viewed", session="s-1", page="pricing", ago=2)
    found = it.happens("page.dwelled", session="s-1", page="pricing", seconds=600)

    assert [action for action, _ in found] == ["hold"]


# After it was closed


def closed(it: Shop) -> dict[str, Any]:
    """Let a message be shown after forty seconds, and closed."""
    it.visits()
    (shown,) = it.stays(40)
    it.tells(it.event("message.dismissed", "u-1", session="s-1", decision_id=shown["decision_id"]))
    return shown


def test_it_does_not_open_again_in_the_same_visit(it: Shop) -> None:
    """Forty seconds later, a page further, at the exit."""
    closed(it)
    later = said(*it.stays(80))
    it.happens("page.viewed", session="s-1", page="contact")
    page = said(*it.stays(40, "contact"))

    assert [action for action, _ in [*later, *page, *said(*it.leaves("contact"))]] == ["deny"] * 3


@pytest.mark.parametrize(("days", "action"), [(1, "deny"), (29, "deny"), (31, "send")])
def test_it_does_not_open_again_for_thirty_days(it: Shop, days: int, action: str) -> None:
    """In the next visit, in that of next week, in that of the last day."""
    closed(it)
    it.clock.turn(days=days)
    it.visits(session="s-2")

    assert [each for each, _ in said(*it.stays(40, session="s-2"))] == [action]


def test_another_text_of_the_same_kind_is_the_same_pop_up(tmp_path: Path) -> None:
    """A second template with the same purpose is not a way around a no."""
    policy = TEMPLATES + "triggers:\n" + on("page.dwelled") + on("exit.intended", "another_text")
    with shop(tmp_path, policy) as it:
        closed(it)
        it.clock.turn(days=3)
        it.visits(session="s-2")
        it.clock.turn(seconds=40)

        assert said(*it.leaves(session="s-2")) == [("deny", ["dismissed"])]


def test_a_no_of_the_anonymous_visitor_is_the_customers(it: Shop) -> None:
    """They closed it before they signed in."""
    it.visits(user="anon-7")
    (shown,) = it.stays(40, user="anon-7")
    it.reports(shown, "dismissed")
    it.happens("customer.identified", anonymous_id="anon-7")
    it.clock.turn(days=1)
    it.visits(session="s-2")

    assert said(*it.stays(40, session="s-2")) == [("deny", ["dismissed"])]


def test_the_no_says_until_when(it: Shop) -> None:
    """Whoever asks why there is no pop-up reads when it was closed, and how long that is remembered."""
    closed(it)
    it.clock.turn(days=1)
    it.visits(session="s-2")
    ((reason),) = it.stays(40, session="s-2")[0]["reasons"]

    assert (reason["detail"], reason["would_change"]) == (
        "dismissed at 2026-11-20T12:00:40Z, remembered for 30 d",
        "time passing since then, from 2026-12-20T12:00:40Z",
    )


# Over something else


def test_nothing_pops_up_over_an_open_conversation(it: Shop) -> None:
    """They talk to a person, in this window or by another way."""
    it.visits()
    it.happens("conversation.opened", conversation="K-1")

    assert said(*it.stays(40)) == [("hold", ["conversation_open"])]


def test_who_wrote_a_moment_ago_is_answered_not_asked(it: Shop) -> None:
    """Between their message and the stay that the pop-up is about."""
    it.visits()
    it.clock.turn(seconds=40)
    dwelled = it.event("page.dwelled", "u-1", session="s-1", page="pricing", seconds=40, ago=2)
    it.happens("message.received", session="s-1", text="What is included?", ago=1)

    assert said(*it.tells(dwelled)) == [("deny", ["customer_already_knows"])]


def test_one_message_in_a_visit(it: Shop) -> None:
    """The help was shown; the exit, an hour of reading later, shows nothing."""
    it.visits()
    first = said(*it.stays(40))
    for _ in range(6):
        it.clock.turn(minutes=10)
        it.happens("page.viewed", session="s-1", page="pricing")
    it.clock.turn(seconds=40)

    assert (first, said(*it.leaves()), it.offered()) == ([("send", [])], [("hold", ["frequency_cap"])], [])


def test_one_message_in_a_visit_whichever_comes_first(it: Shop) -> None:
    """The welcome that was held and the help that may go at once are two: the one that was sent is all."""
    it.visits("home")
    it.clock.turn(seconds=31)
    (help_there,) = it.tells(it.event("page.dwelled", "u-1", session="s-1", page="home", seconds=31))
    it.ticks(minutes=2)

    assert (said(help_there), it.offered()) == ([("send", [])], [])


def test_two_rules_on_one_event_are_one_pop_up(tmp_path: Path) -> None:
    """Both match; the first goes on, the other is on record as a loser."""
    policy = TEMPLATES + "triggers:\n" + on("page.dwelled") + on("page.dwelled", "another_text")
    with shop(tmp_path, policy) as it:
        it.visits()

        assert said(*it.stays(40)) == [("send", []), ("deny", ["outranked"])]


# For somebody else


def test_nothing_pops_up_in_somebody_elses_session(it: Shop) -> None:
    """Whoever names another customer's session by hand is refused, also with evidence of their own."""
    it.visits(user="u-2")
    it.happens("page.dwelled", "u-1", name="own", page="pricing", seconds=40)
    it.clock.turn(seconds=40)
    answer = it.api.post(
        "/v1/decisions",
        {
            "user": {"id": "u-1"},
            "purpose": "in_session_help",
            "channel": "widget",
            "evidence": {"type": "page.dwelled", "id": "own"},
            "message": {"template": "compare_plans", "facts": {}},
            "session": {"id": "s-1"},
        },
    ).json()

    assert said(answer) == [("deny", ["not_their_session"])]


def test_what_was_held_for_one_is_not_shown_to_the_next(it: Shop) -> None:
    """A shared computer: the first looked at a page for ten seconds, the second sits there after thirty."""
    it.visits()
    (held,) = it.stays(10)
    it.clock.turn(seconds=5)
    it.happens("page.viewed", "u-2", session="s-1", page="pricing")
    it.ticks(seconds=30)

    assert (said(held), it.offered(), "not_their_session" in it.became(held)[1]) == (
        [("hold", ["too_soon"])],
        [],
        True,
    )


def test_who_signs_in_is_the_same_visitor_where_somebody_says_so(it: Shop) -> None:
    """The id of the events changes in the middle of a visit; `identify` says that both are one person."""
    it.visits(user="anon-7")
    it.happens("customer.identified", anonymous_id="anon-7")

    assert said(*it.stays(40, user="u-1")) == [("send", [])]


def test_a_session_of_nobody_is_nobodys(it: Shop) -> None:
    """Its events had no subject; a message by hand for a customer does not go there."""
    it.visits(user=None)
    it.stays(40, user=None)
    it.tells(it.event("page.dwelled", None, name="beat", session="s-1", page="pricing", seconds=40))
    answer = it.api.post(
        "/v1/decisions",
        {
            "user": {"id": "u-1"},
            "purpose": "in_session_help",
            "channel": "widget",
            "evidence": {"type": "page.dwelled", "id": "beat"},
            "message": {"template": "compare_plans", "facts": {}},
            "session": {"id": "s-1"},
        },
    ).json()

    assert said(answer) == [("deny", ["evidence_of_another_customer", "not_their_session"])]


def test_an_id_in_the_data_is_not_whom_it_is_about(it: Shop) -> None:
    """The subject is the customer; a `customer` among the data is a name like any other."""
    it.visits()
    it.clock.turn(seconds=40)
    event = it.event("page.dwelled", "u-1", session="s-1", page="pricing", seconds=40, customer="u-2", user_id="u-2")

    assert [one["user"]["id"] for one in it.tells(event)] == ["u-1"]


def test_nothing_pops_up_after_the_visit_ended(it: Shop) -> None:
    """Ended by themselves, or half an hour without an event; the last heartbeat came late."""
    it.visits()
    it.clock.turn(seconds=40)
    it.happens("session.ended", session="s-1")
    ended = it.happens("page.dwelled", session="s-1", page="pricing", seconds=40, ago=1)
    it.visits(session="s-2")
    it.clock.turn(minutes=31)
    idle = it.happens("exit.intended", session="s-2", page="pricing", ago=1799)

    assert ("session_missing" in ended[0][1], [action for action, _ in idle]) == (True, ["deny"])


def test_a_session_that_nobody_heard_of_begins_with_its_event(it: Shop) -> None:
    """The first that is known of it is this exit: that is too soon."""
    assert it.happens("exit.intended", session="s-77", page="pricing") == [("hold", ["too_soon"])]


# Again and again


def test_leaving_every_page_is_one_question(it: Shop) -> None:
    """Twelve pages, forty seconds each, the pointer at the edge each time."""
    it.visits("page-0")
    answers: list[str] = []
    for number in range(12):
        it.happens("page.viewed", session="s-1", page=f"page-{number}")
        it.clock.turn(seconds=40)
        answers += [action for action, _ in said(*it.leaves(f"page-{number}"))]
    it.ticks(minutes=10)

    assert (answers.count("send"), len(answers), it.offered()) == (1, 12, [])


def test_a_heartbeat_every_five_seconds_is_one_question(it: Shop) -> None:
    """Ten minutes on one page: 120 events, one message; and nothing is owed afterwards."""
    it.visits()
    answers = beats(it, 120)
    it.ticks(minutes=6)

    assert ([action for action, _ in answers].count("send"), it.offered(), it.ticks(days=1)) == (1, [], 0)


def test_heartbeats_with_time_between_are_one_question(it: Shop) -> None:
    """What was held before half a minute was over does not come in addition to what is sent then."""
    it.visits()
    answers: list[Said] = []
    for number in range(12):
        answers += beats(it, 1, since=5 * number)
        it.ticks()
    offers = len(it.offered())

    assert [action for action, _ in answers].count("send") + offers == 1


def test_several_tabs_are_one_visit(it: Shop) -> None:
    """Three tabs tell of the same session at once, each with its own page; one message, in the whole visit."""
    tabs = ["pricing", "contact", "lamps"]
    it.visits("home")
    for page in tabs:
        it.happens("page.viewed", session="s-1", page=page)
    it.clock.turn(seconds=45)
    together = it.tells(*(it.event("page.dwelled", "u-1", session="s-1", page=page, seconds=45) for page in tabs))
    later = [one for page in tabs for one in said(*it.stays(45, page))]
    it.ticks(minutes=10)
    actions = [action for action, _ in [*said(*together), *later]]

    assert (actions.count("send") + len(it.offered()), len(actions)) == (1, 6)


def test_two_requests_at_once_are_one_question(it: Shop) -> None:
    """Two tabs' heartbeats arrive in the same instant, in two requests."""
    it.visits()
    it.clock.turn(seconds=40)
    bodies = [it.event("page.dwelled", "u-1", session="s-1", page="pricing", seconds=40) for _ in range(8)]
    answers = it.api.together([("POST", "/v1/events", {"json": body}) for body in bodies])
    actions = [one["action"] for answer in answers for one in answer.json()["decisions"]]

    assert (actions.count("send"), len(actions)) == (1, 8)


def test_a_session_that_names_two_customers_is_nobodys(it: Shop) -> None:
    """The event names a session that another customer began: nobody knows any more who sits there."""
    it.visits(user="u-2")
    theirs = said(*it.stays(40, user="u-1"))
    own = said(*it.stays(40, user="u-2"))

    assert (theirs, own) == ([("deny", ["not_their_session"])], [("deny", ["not_their_session"])])
