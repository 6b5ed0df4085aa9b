"""Pop-ups that sell, or say nothing: refused for their words, or when the rule is read, with file and line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.errors import InvalidInput
from tests.serving.kinds.popups import EVERYTHING, TEMPLATES, on
from tests.serving.kinds.shop import Shop, said, shop


@pytest.fixture
def it(tmp_path: Path) -> Iterator[Shop]:
    """Open a shop that asks for a pop-up whenever anything happens."""
    with shop(tmp_path, EVERYTHING) as opened:
        yield opened


@pytest.mark.parametrize(
    "text", ["Can I help you?", "Hi! Need any help?", "How can I help you today?", "Any questions?"]
)
def test_can_i_help_you_is_not_said(tmp_path: Path, text: str) -> None:
    """It says nothing that concerns this page or this customer; an approval does not make it better."""
    words = f'{{ id: hello, purpose: in_session_help, text: "{text} Ask here.", next_step: "Ask here." }}'
    with shop(tmp_path, f"templates:\n  - {words}\ntriggers:\n" + on("page.dwelled", "hello")) as it:
        it.visits()

        assert said(*it.stays(40)) == [("deny", ["generic_wording"])]


def test_can_i_help_you_is_not_said_by_hand_either(it: Shop) -> None:
    """As a text of the moment, for the same event."""
    it.visits()
    it.clock.turn(seconds=40)
    it.tells(it.event("message.dismissed", "u-2", session="s-9"))
    answer = it.api.post(
        "/v1/decisions",
        {
            "user": {"id": "u-1"},
            "purpose": "in_session_help",
            "channel": "widget",
            "evidence": {
                "type": "page.dwelled",
                "id": "by-hand",
                "time": it.clock.at.isoformat(),
                "data": {"session": "s-1", "page": "pricing", "seconds": 40},
            },
            "message": {"text": "Can I help you? Reply here.", "next_step": "Reply here."},
            "session": {"id": "s-1"},
        },
    ).json()

    assert "generic_wording" in [no["code"] for no in answer["reasons"]]


@pytest.mark.parametrize(
    "text",
    [
        "You left a lamp in your cart. Ask here to finish.",
        "Only 2 left in stock! Ask here to reserve yours.",
        "Get 10 % off if you order now. Ask here for the code.",
    ],
    ids=["cart", "scarcity", "discount"],
)
def test_an_offer_in_the_clothes_of_help_is_an_offer(tmp_path: Path, text: str) -> None:
    """The purpose says help; the words sell."""
    words = f'{{ id: hello, purpose: in_session_help, text: "{text}", next_step: "Ask here." }}'
    with shop(tmp_path, f"templates:\n  - {words}\ntriggers:\n" + on("page.dwelled", "hello")) as it:
        it.visits()

        assert [codes[0] for _, codes in said(*it.stays(40))] == ["promotional_wording"]


@pytest.mark.parametrize("text", ["First time here? Ask here for the way.", "New here? Ask here for the way."])
def test_first_time_here_is_not_said_to_a_returning_customer(tmp_path: Path, text: str) -> None:
    """In a text of another purpose, which no condition guards."""
    words = f'{{ id: hello, purpose: in_session_help, text: "{text}", next_step: "Ask here for the way." }}'
    with shop(tmp_path, f"templates:\n  - {words}\ntriggers:\n" + on("page.dwelled", "hello")) as it:
        it.visits(session="s-0")
        it.clock.turn(days=100)
        it.visits()

        assert "contradicts_history" in said(*it.stays(40))[0][1]


REFUSED: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "marketing",
        on("page.dwelled", purpose="upsell"),
        ("shop.yaml:7", "`upsell` is marketing"),
    ),
    (
        "win back",
        on("session.started", purpose="win_back"),
        ("shop.yaml:7", "`win_back` is marketing"),
    ),
    (
        "abandoned cart",
        on("cart.abandoned", purpose="cart_abandonment"),
        ("shop.yaml:7", "`cart_abandonment` is marketing"),
    ),
    (
        "abandoned cart as help",
        on("cart.abandoned"),
        ("shop.yaml:7", "`cart.abandoned` is no evidence of `in_session_help`"),
    ),
    (
        "abandoned cart as progress",
        on("page.viewed", purpose="progress_update"),
        ("shop.yaml:7", "`page.viewed` is no evidence of `progress_update`"),
    ),
    *(
        (
            f"by {channel}",
            on("page.dwelled", channel=channel),
            ("shop.yaml:7", f"`{channel}` is no channel of `in_session_help`", "write one of widget"),
        )
        for channel in ("push", "sms", "email", "whatsapp", "chat")
    ),
    (
        "at page load",
        on("page.viewed"),
        ("shop.yaml:7", "`page.viewed` is no evidence of `in_session_help`"),
    ),
    (
        "help at the door",
        on("session.started"),
        ("shop.yaml:7", "`session.started` is no evidence of `in_session_help`"),
    ),
]


@pytest.mark.parametrize(("trigger", "said_so"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_what_is_no_service_cannot_be_a_rule(tmp_path: Path, trigger: str, said_so: tuple[str, ...]) -> None:
    """Marketing, an outbound message for looking at a page, an abandoned cart: the shop does not start."""
    with pytest.raises(InvalidInput) as refused, shop(tmp_path, TEMPLATES + "triggers:\n" + trigger):
        pass

    assert [part for part in said_so if part not in str(refused.value)] == []


def test_a_template_for_marketing_cannot_be_written(tmp_path: Path) -> None:
    """The list of services is closed."""
    words = '{ id: cart, purpose: cart_abandonment, text: "You left something.", next_step: "Reply." }'
    with pytest.raises(InvalidInput, match="`purpose` is none of"), shop(tmp_path, f"templates:\n  - {words}\n"):
        pass
