"""The explanation of a record: the past from the record, what would have changed it under the policy at hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from serving.explaining.explanation import explained, explanation_of, whole
from serving.explaining.questions import NOT_ASKED, QUESTIONS
from serving.policy.policy import make_policy
from serving.policy.reasons import REASONS
from serving.policy.templates import Template
from serving.policy_files.templates import shipped_wording
from serving.schemas.explanations import ExplanationAnswer
from serving.schemas.records import RecordAnswer
from tests.occasions import ALL_MODEL, NOW, FixedScorer, candidate, context, decided, event, policy, sent_at, shipped
from tests.serving.explaining.recorded import record, stored

KEYS = ["policy_version", "note", "agent_would_send", "customer_would_thank", "verdicts", "flip", "no_flip"]
HELD = {"known": context(**sent_at(timedelta(minutes=10)))}


def explain(more: dict[str, Any] | None = None, **given: Any) -> dict[str, Any]:
    """Decide an occasion and explain its record under the shipped policy."""
    return explanation_of(record(**(more or {}), **given), policy())


def another() -> Any:
    """Return the shipped policy with one more template: another version that rules this occasion alike."""
    more = Template(id="one_more", purpose="progress_update", text="Request {n} moved.", facts={"n": "integer"})
    return make_policy(policy().limits, [*shipped(), more], shipped_wording())


def test_the_record_comes_first_as_it_was() -> None:
    """The answer as it was given, then the rest; `explanation` is one more key, the last."""
    found = record()
    actual = explained(found, policy())
    before = whole(found)
    assert (list(actual)[:-1], actual["explanation"]["note"]) == (list(before), None)
    assert {name: actual[name] for name in before} == before


def test_an_explanation_has_its_keys() -> None:
    """In the order of the schema."""
    assert [list(explain()), list(ExplanationAnswer.model_fields)] == [KEYS, KEYS]


@pytest.mark.parametrize(
    "given",
    [
        {},
        HELD,
        {"known": context(opted_out=True, complaint_open=True)},
        {"scorer": FixedScorer(net_benefit=0.001)},
        {"scorer": None},
        {"one": candidate(purpose="survey")},
        {"known": context(unknown=frozenset({"breaker_open", "consent"}))},
        {"exploration": None},
    ],
    ids=["send", "hold", "deny", "below", "no model", "marketing", "unknown", "plan"],
)
def test_every_explanation_is_of_its_schema(given: dict[str, Any]) -> None:
    """Whatever was decided, exactly one of `flip` and `no_flip` is there, and both questions are answered."""
    whole_record = explained(record(**given), policy())
    answer = RecordAnswer.model_validate(whole_record).explanation
    assert (answer.flip is None) != (answer.no_flip is None)
    assert (bool(answer.agent_would_send), bool(answer.customer_would_thank)) == (True, True)
    assert len(answer.verdicts) == len(REASONS)


def test_verdicts_stand_in_the_catalogues_order_with_clause_and_source() -> None:
    """And a no repeats what would change it, word for word."""
    found = record(**HELD)
    rows = explanation_of(found, policy())["verdicts"]
    no = next(row for row in rows if row["verdict"] == "refuse")
    reason = found["decided"]["decision"]["reasons"][0]
    assert [row["code"] for row in rows] == list(REASONS)
    assert (no["code"], no["would_change"]) == (reason["code"], reason["would_change"])
    assert (no["clause"], no["source"]) == (REASONS[no["code"]].clause, REASONS[no["code"]].source)


def test_what_does_not_refuse_has_nothing_to_change() -> None:
    """`would_change` is null there."""
    rows = explain(HELD)["verdicts"]
    assert {row["would_change"] is None for row in rows if row["verdict"] != "refuse"} == {True}


def test_every_code_has_a_question() -> None:
    """One whose yes lets the message pass; and no question is about a code that is gone."""
    assert (list(QUESTIONS), set(NOT_ASKED) <= set(REASONS)) == (list(REASONS), True)
    assert {question[-1] for question in QUESTIONS.values()} == {"?"}


def test_a_flip_says_it_in_one_sentence() -> None:
    """What it leads to, then all that has to happen."""
    not_out = "the customer not having opted out"
    one = explain(HELD)["flip"]["said"]
    two = explain(known=context(opted_out=True, complaint_open=True))["flip"]["said"]
    assert [one, two] == [
        "For the second question to be asked: waiting until 2026-11-20T11:50:00Z (12:50 on Friday in Europe/Paris)",
        f"For the second question to be asked, all of these: (1) {not_out} (2) the complaint being closed",
    ]


def test_the_end_of_a_wait_is_a_time() -> None:
    """The same as the answer's `not_before`."""
    found = record(**HELD)
    actual = explanation_of(found, policy())["flip"]["until"]
    assert actual == found["decided"]["decision"]["not_before"] == "2026-11-20T11:50:00Z"


def test_a_send_names_the_nearest_change_and_the_others() -> None:
    """Each by itself turns it into a no."""
    flip = explain()["flip"]
    actual = (flip["leads_to"], [each["input"] for each in flip["changes"]], [each["input"] for each in flip["others"]])
    assert actual == ("hold", ["time"], ["contacts", "net_benefit", "opt_out", "evidence"])


def test_marketing_has_no_flip() -> None:
    """It belongs to others."""
    actual = explain(one=candidate(purpose="survey"))
    assert (actual["flip"], actual["no_flip"]) == (None, REASONS["purpose_is_marketing"].would_change)


def test_under_another_policy_that_rules_alike_the_flip_is_labelled() -> None:
    """The version of the policy at hand, and a note; the sentences are those of the record."""
    found, rules = record(**HELD), another()
    then, now = explanation_of(found, policy()), explanation_of(found, rules)
    assert (now["policy_version"], now["flip"]["policy_version"]) == (rules.version, rules.version)
    another_one = f"what would change it is worked out under another one, {rules.version}"
    assert now["note"] == f"decided under policy {policy().version}; {another_one}"
    assert {name for name in KEYS if then[name] != now[name]} == {"policy_version", "note", "flip"}


def test_another_policy_that_rules_otherwise_is_not_presented_as_the_past() -> None:
    """The record's verdicts stay, and no change is named: under those rules there is another answer."""
    rules = policy({"contacts_60m": 0})
    actual = explanation_of(record(), rules)
    assert actual["agent_would_send"].startswith("Yes: ")
    said = "on the recorded inputs, the first question would be answered: no, frequency_cap"
    assert (actual["flip"], actual["no_flip"]) == (None, f"decided again under policy {rules.version} {said}")


def test_a_record_that_does_not_decide_to_itself_has_no_flip() -> None:
    """Under the same policy: something that was decided from is not on record."""
    one, known = candidate(), context(evidence=event())
    ruling = decided(one, known)
    found = stored(one, replace(known, consent=False), ruling)
    actual = explanation_of(found, policy())
    assert (actual["note"], actual["flip"], actual["no_flip"]) == (
        None,
        None,
        "decided again now on the recorded inputs, the first question would be answered: no, consent_missing",
    )


@pytest.mark.parametrize("part", ["candidate", "context", "decided"])
def test_a_record_that_cannot_be_read_back_says_so(part: str) -> None:
    """No error, and nothing is made up."""
    found = record()
    broken = {**found, part: {**found[part], "evidence": 7, "decision": {**found["decided"]["decision"], "arm": 7}}}
    actual = explanation_of(broken, policy())
    assert (list(actual), actual["verdicts"], actual["flip"]) == (KEYS, [], None)
    assert actual["no_flip"] == "another version of this program wrote the record, and this one cannot read it back"


def test_explaining_twice_says_the_same() -> None:
    """No clock, no chance."""
    found = record(**HELD)
    assert explanation_of(found, policy()) == explanation_of(found, policy())


def test_what_a_sender_wrote_is_not_repeated() -> None:
    """The explanation names rules and values; texts stay in the record's own fields."""
    one = candidate(message=replace(candidate().message, facts={"parcel": "A-7", "new_eta": "SECRET WORDS"}))
    told = explanation_of(record(one), policy())
    assert "SECRET WORDS" not in str(told)


def test_the_present_does_not_matter() -> None:
    """A record of years ago is explained as of then."""
    old = NOW - timedelta(days=3000)
    found = record(known=context(evidence=event(time=old)), now=old, exploration=ALL_MODEL)
    actual = explanation_of(found, policy())["flip"]
    assert (actual["changes"][0]["input"], actual["until"][:4]) == ("time", str(old.year))
