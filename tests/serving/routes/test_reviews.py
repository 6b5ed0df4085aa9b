"""Reviews of wordings through the API: who answered what, what is approved for it, and what is not sent any more."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from serving.fakes import FakeScorer
from tests.serving.adapters.webhooks.hooked import file_ledger
from tests.serving.routes.confirming import confirm, decided, said, sent
from tests.serving.served import Served, Watch, app_of, candidate, consent, event, token

YES = {"reviewer": "Ann Lee", "agent_would_send": True, "customer_would_thank": True, "comment": None}
NO = YES | {"reviewer": "Eve", "customer_would_thank": False, "comment": "Which parcel?"}
NOES = [
    {"agent_would_send": False},
    {"customer_would_thank": False},
    {"agent_would_send": False, "customer_would_thank": False},
]
FREE = {"text": "Your parcel A-1 now arrives on Friday.", "next_step": "Reply to change the address."}
TEMPLATE = {"template": "parcel_delayed"}


def post(api: Served, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Approve or review; return the answer."""
    answer = api.post("/v1/approvals", body, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def listed(api: Served, template: str = "parcel_delayed") -> tuple[str, Any]:
    """Return a template's state, and who reviewed it last."""
    (found,) = [one for one in api.get("/v1/approvals").json()["templates"] if one["template"] == template]
    return found["state"], found["review"] and found["review"]["reviewer"]


def test_a_review_is_answered_with_what_it_did(api: Served) -> None:
    """Who said what about which digest, who recorded it, when, and whether it is approved now."""
    answer = post(api, TEMPLATE | {"review": NO})
    digest = api.app.state.api.policy.digests["parcel_delayed"]
    told = {"digest": digest, "what": "template:parcel_delayed", "by": "all (key-all)", "at": "2026-11-20T12:00:00Z"}
    assert answer == told | {"approved": False, "review": NO | told, "wording": []}


def test_an_approval_says_what_is_never_sent_all_the_same(api: Served) -> None:
    """Of a text with its next step, yes or no; of a digest that nobody knows there is nothing to say."""
    body = {"text": "Your parcel A-1 is late.", "next_step": "Reply to get 20% off."}
    found = [{"rule": "price_cut", "code": "promotional_wording", "said": "% off"}]
    approved, reviewed, refused = (post(api, body | more) for more in ({}, {"review": YES}, {"review": NO}))
    unknown = post(api, {"digest": approved["digest"]})
    assert [one["wording"] for one in (approved, reviewed, refused, unknown)] == [found, found, found, []]


def test_what_is_never_sent_is_not_sent(api: Served) -> None:
    """As the answer says: an approval outweighs no veto."""
    consent(api, "u-17")
    body = {"text": "Your parcel A-1 now arrives on Friday, 20% off.", "next_step": "Reply to change the address."}
    answer = post(api, body | {"review": YES})
    assert (answer["approved"], said(decided(api, message=body))) == (True, ("deny", answer["wording"][0]["code"]))


def test_a_template_is_listed_as_it_reads(api: Served) -> None:
    """Whoever reviews it reads it there: the text with its places, and the next step."""
    template = api.app.state.api.policy.templates["parcel_delayed"]
    found = next(one for one in api.get("/v1/approvals").json()["templates"] if one["template"] == template.id)
    assert (found["text"], found["next_step"], found["wording"]) == (template.text, template.next_step, [])


def test_a_text_with_two_yeses_is_sent(api: Served) -> None:
    """As with an approval, which is on record as well."""
    consent(api, "u-17")
    before = decided(api, message=FREE)
    answer = post(api, FREE | {"review": YES})
    (approved, *_) = api.get("/v1/approvals").json()["approved"]
    actual = (said(before), said(decided(api, message=FREE)), answer["approved"], approved["what"], approved["by"])
    assert actual == (("hold", "awaiting_approval"), ("send",), True, "text", "all (key-all)")


@pytest.mark.parametrize("no", NOES)
def test_a_text_with_any_no_is_not_approved(api: Served, no: dict[str, bool]) -> None:
    """It stands among those that wait, with what was said of it."""
    consent(api, "u-17")
    answer = post(api, FREE | {"review": YES | no})
    held = decided(api, message=FREE)
    (text,) = api.get("/v1/approvals").json()["texts"]
    actual = (answer["approved"], said(held), text["state"], text["review"])
    assert actual == (False, ("hold", "awaiting_approval"), "none", answer["review"])


@pytest.mark.parametrize("no", NOES)
def test_a_withdrawn_template_is_not_sent(api: Served, no: dict[str, bool]) -> None:
    """Not even one that came approved; until it is approved anew."""
    consent(api, "u-17")
    post(api, TEMPLATE | {"review": YES | no})
    withdrawn = (said(decided(api)), listed(api))
    post(api, TEMPLATE | {"review": YES | {"reviewer": "Bob"}})
    again = (said(decided(api)), listed(api))
    assert (withdrawn, again) == (
        (("deny", "template_not_approved"), ("withdrawn", "Ann Lee")),
        (("send",), ("approved", "Bob")),
    )


def test_a_withdrawn_text_waits_again(api: Served) -> None:
    """It is listed as withdrawn, and goes once somebody approves it without a review."""
    consent(api, "u-17")
    post(api, FREE)
    post(api, FREE | {"review": NO})
    held = decided(api, message=FREE)
    (text,) = api.get("/v1/approvals").json()["texts"]
    answer = post(api, {"digest": text["digest"]})
    actual = (said(held), text["state"], text["review"]["comment"], answer["review"], said(decided(api, message=FREE)))
    assert actual == (("hold", "awaiting_approval"), "withdrawn", "Which parcel?", None, ("send",))


def test_approval_and_withdrawal_both_stay_on_record(api: Served, clock: Watch) -> None:
    """Who and when, of either; the newest first."""
    post(api, FREE)
    clock.turn(minutes=1)
    review = post(api, FREE | {"review": NO}, key=token("admin"))["review"]
    clock.turn(minutes=1)
    post(api, FREE)
    found = api.get("/v1/approvals").json()
    actual = [(one["at"][14:16], one["by"], one["state"], one["withdrawn_by"]) for one in found["approved"][:2]]
    assert actual == [("02", "all (key-all)", "approved", None), ("00", "all (key-all)", "withdrawn", review)]
    assert (found["reviewed"], review["by"], review["at"]) == ([review], "admin (key-admin)", "2026-11-20T12:01:00Z")


def test_at_most_a_hundred_reviews_are_listed(api: Served) -> None:
    """The newest first; yes and no alike."""
    for number in range(101):
        post(api, FREE | {"review": (YES, NO)[number % 2] | {"reviewer": f"{number}"}})
    found = [one["reviewer"] for one in api.get("/v1/approvals").json()["reviewed"]]
    assert found == [f"{number}" for number in range(100, 0, -1)]


def test_what_a_template_says_now_has_its_own_review(api: Served) -> None:
    """Shipped templates come approved, and nobody reviewed them."""
    post(api, {"template": "parcel_failed", "review": YES})
    assert (listed(api), listed(api, "parcel_failed")) == (("approved", None), ("approved", "Ann Lee"))


def test_the_digest_of_a_template_stands_for_it(api: Served) -> None:
    """Reviewed by its digest, a template is on record as what it is; a digest that nobody knows is a digest."""
    known = post(api, {"digest": api.app.state.api.policy.digests["parcel_delayed"], "review": NO})
    other = post(api, {"digest": "sha256:" + "a" * 64, "review": NO})
    actual = (known["what"], known["review"]["what"], other["what"], listed(api))
    assert actual == ("template:parcel_delayed", "template:parcel_delayed", "digest", ("withdrawn", "Eve"))


def test_a_send_is_cancelled_where_its_template_is_withdrawn(api: Served) -> None:
    """Confirming decides again: what was decided before the withdrawal does not go out after it."""
    identity = sent(api)
    post(api, TEMPLATE | {"review": NO})
    assert said(confirm(api, identity)) == ("cancel", "template_not_approved")


def test_a_send_of_a_withdrawn_text_is_held(api: Served, clock: Watch) -> None:
    """Until it is approved anew."""
    post(api, FREE)
    identity = sent(api, message=FREE)
    post(api, FREE | {"review": NO})
    held = said(confirm(api, identity))
    clock.turn(minutes=1)
    post(api, FREE | {"review": YES})
    assert (held, said(confirm(api, identity))) == (("hold", "awaiting_approval"), ("send",))


def test_a_hold_does_not_go_once_its_template_is_withdrawn(clock: Watch) -> None:
    """When its time comes it is decided again."""
    with Served(app_of(clock=clock)) as api:
        sent(api)
        held = decided(api, 2)
        post(api, TEMPLATE | {"review": NO})
        clock.turn(minutes=61)
        api._wait(api.app.state.api.timekeeper.tick())
        record = api.get(f"/v1/decisions/{held['decision_id']}").json()
    assert (said(held), said(record["confirmations"][-1])) == (
        ("hold", "frequency_cap"),
        ("cancel", "template_not_approved"),
    )


def test_a_held_text_that_is_withdrawn_waits_for_a_person(clock: Watch) -> None:
    """Held for another reason at first: those who approve see it as soon as their answer is what it waits for."""
    with Served(app_of(clock=clock)) as api:
        sent(api)
        post(api, FREE)
        held = decided(api, 2, message=FREE)
        post(api, FREE | {"review": NO})
        clock.turn(minutes=61)
        api._wait(api.app.state.api.timekeeper.tick())
        record = api.get(f"/v1/decisions/{held['decision_id']}").json()
        texts = [(one["text"], one["state"]) for one in api.get("/v1/approvals").json()["texts"]]
    assert (said(held), said(record["confirmations"][-1]), texts) == (
        ("hold", "frequency_cap"),
        ("hold", "awaiting_approval"),
        [(FREE["text"], "withdrawn")],
    )


def test_an_offer_of_a_withdrawn_template_is_withdrawn(api: Served, clock: Watch) -> None:
    """Whoever found it, and asks whether it still goes, is told no."""
    sent(api)
    held = decided(api, 2)["decision_id"]
    clock.turn(minutes=61)
    api._wait(api.app.state.api.timekeeper.tick())
    offers = [[(one["decision_id"], one["state"]) for one in api.get("/v1/offers").json()["offers"]]]
    post(api, TEMPLATE | {"review": NO})
    after = said(confirm(api, held))
    offers.append([(one["decision_id"], one["state"]) for one in api.get("/v1/offers").json()["offers"]])
    assert (offers, after) == ([[(held, "waiting")], [(held, "withdrawn")]], ("cancel", "template_not_approved"))


def test_a_confirmed_send_is_repeated(api: Served) -> None:
    """It may be on its way: the same answer until its `expires_at`, as the contract says."""
    identity = sent(api)
    before = confirm(api, identity)
    post(api, TEMPLATE | {"review": NO})
    assert confirm(api, identity) == before


def test_essential_service_is_held_to_its_approval_too(clock: Watch) -> None:
    """Nothing waives it: a withdrawn wording is withdrawn for everything."""
    with Served(app_of(clock=clock, scorer=FakeScorer(cutoff=None))) as api:
        data = {"parcel": "A-f", "reason": "nobody was there"}
        post(api, {"template": "parcel_failed", "review": NO})
        api.post("/v1/events", event("f", type="shipment.failed", data=data))
        body = candidate("f", evidence={"type": "shipment.failed", "id": "ev-f"})
        answer = api.post("/v1/decisions", body | {"message": {"template": "parcel_failed", "facts": data}}).json()
    assert said(answer) == ("deny", "template_not_approved")


@pytest.mark.parametrize("scope", ["decide", "read", "events", "outcomes", "widget"])
def test_only_an_admin_reviews(api: Served, scope: str) -> None:
    """Others are refused, and nothing is withdrawn."""
    answer = api.post("/v1/approvals", TEMPLATE | {"review": NO}, key=token(scope))
    assert (answer.status_code, listed(api)) == (403, ("approved", None))


@pytest.mark.parametrize(
    "body",
    [
        {"review": NO},
        {"review": NO, "breaker": "parcel_delayed", "why": "x"},
        TEMPLATE | {"review": NO | {"agent_would_send": "false"}},
        TEMPLATE | {"review": {"reviewer": "Eve", "customer_would_thank": False}},
        TEMPLATE | {"review": NO | {"reviewer": "\u202eeve"}},
        TEMPLATE | {"review": NO | {"comment": "x" * 1001}},
        TEMPLATE | {"review": NO | {"approve": True}},
    ],
)
def test_a_bad_review_leaves_nothing_behind(api: Served, body: dict[str, Any]) -> None:
    """422, no echo, and what was approved stays so."""
    answer = api.post("/v1/approvals", body)
    found = api.get("/v1/approvals").json()
    assert (answer.status_code, "Which" in answer.text, found["reviewed"], listed(api)) == (
        422,
        False,
        [],
        ("approved", None),
    )


def test_a_review_of_a_template_that_does_not_exist_is_404(api: Served) -> None:
    """And is not on record."""
    answer = api.post("/v1/approvals", {"template": "canary7391", "review": NO})
    assert (answer.status_code, api.get("/v1/approvals").json()["reviewed"]) == (404, [])


def test_real_answers_fit_their_schemas(api: Served) -> None:
    """An approval, two reviews, a release and the whole list are what the document promises, and no more."""
    document = api.get("/openapi.json", key=None).json()
    answers = [post(api, FREE), post(api, FREE | {"review": YES}), post(api, FREE | {"review": NO})]
    consent(api, "u-17")
    decided(api, message=FREE)
    operations = document["paths"]["/v1/approvals"]
    wrong = []
    for method, found in [*(("post", one) for one in answers), ("get", api.get("/v1/approvals").json())]:
        schema = operations[method]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
        wrong += [error.message for error in validator.iter_errors(found)]
    declared = document["components"]["schemas"]
    listing = api.get("/v1/approvals").json()
    members = [
        list(answers[2]),
        list(listing),
        list(listing["reviewed"][0]),
        list(listing["texts"][0]),
        list(listing["templates"][0]),
    ]
    names = ("ApprovalAnswer", "ApprovalsAnswer", "ReviewAnswer", "TextAnswer", "TemplateAnswer")
    assert (wrong, members) == ([], [list(declared[name]["properties"]) for name in names])


def test_reviews_survive_a_restart(tmp_path: Path) -> None:
    """They are in the ledger, not in the process."""
    with Served(app_of(file_ledger(tmp_path / "l.db"))) as api:
        post(api, TEMPLATE | {"review": NO})
    with Served(app_of(file_ledger(tmp_path / "l.db"))) as api:
        assert listed(api) == ("withdrawn", "Eve")
