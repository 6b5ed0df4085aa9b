from typing import Any

import pytest

from model.report.words import summary, verdict
from tests.model.reports import interval, report


def answer(given: dict[str, Any], question: str) -> str:
    """Return the summary's answer to a question."""
    return next(point.answer for point in summary(given) if question in point.question)


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (interval(0.06), "Yes. Contact adds 6.0 (5.0 to 7.0) benefits per 100 occasions"),
        (interval(0.001), "no evidence that it does: 0.1 (−0.9 to 1.1)"),
        (interval(-0.06), "No, it does harm: contact changes benefits by −6.0"),
    ],
)
def test_the_first_answer_follows_the_interval(effect: dict[str, Any], words: str) -> None:
    """Yes only where the whole interval is above 0."""
    given = report()
    given["average_effect"]["benefit"] = effect
    assert words in answer(given, "help?")


def test_means_that_were_only_seen_are_said_to_be() -> None:
    """Where contact was likelier for some, both means are of different people, and not what contact does."""
    given = report()
    given["average_effect"]["benefit"] |= {"method": "doubly robust"}
    words = "(26.0 with contact, 20.0 without; seen, while the effect allows for who was contacted)"
    assert [words in answer(each, "help?") for each in (given, report())] == [True, False]


def test_without_evidence_that_customers_differ_nobody_is_ranked() -> None:
    """A RATE interval that includes 0 leaves only all or none."""
    given = report() | {"rate": interval(0.001)}
    assert answer(given, "Who").startswith("There is no evidence that customers differ")


def test_a_harm_without_label_is_not_called_harmless() -> None:
    """Nobody knows, and the page says so."""
    assert "Opt-outs were not recorded, so nobody knows" in answer(report(), "cost")


def sound(*, issued: bool = True) -> dict[str, Any]:
    """Return a report that failed no check of a sceptic."""
    given = report(issued=issued)
    return given | {"checks": [each for each in given["checks"] if each["passed"] is not False]}


def test_a_model_that_a_sceptic_doubts_is_not_ready() -> None:
    """The gate may pass it; the verdict names the check."""
    point = verdict(report())
    assert (point.good, "“missing outcomes”" in point.answer) == (False, True)


def test_only_what_was_recorded_is_part_of_a_gain() -> None:
    """Without harm labels a gain is benefit alone."""
    given = report()
    given["average_effect"]["complaint"] = None
    assert ["“Gain” is benefit alone" in answer(each, "Who") for each in (given, report())] == [True, False]


def test_the_first_and_the_last_group_are_described() -> None:
    """The answer to "who" has intervals and names what sets the groups apart."""
    said = answer(report(), "Who")
    assert ("12.0 (8.1 to 15.9)" in said, "more “plan: pro”, less “tenure_days”" in said) == (True, True)


def test_a_failed_check_stands_at_the_top() -> None:
    """With its detail; a page whose checks all passed says so."""
    point = next(point for point in summary(report()) if "trusted" in point.question)
    words = "Failed: missing outcomes: 4 % of outcomes are missing with contact, 1 % without"
    good = next(point for point in summary(sound()) if "trusted" in point.question).good
    assert (point.good, words in point.answer, good) == (False, True, True)


def test_a_failed_propensity_check_casts_doubt_on_everything() -> None:
    """The last question is answered no."""
    given = report() | {"propensity_check": {"passed": False, "detail": "contact was not drawn as logged"}}
    assert "in doubt: contact was not drawn as logged" in answer(given, "trusted")


@pytest.mark.parametrize(("issued", "promoted"), [(True, True), (False, True), (False, False), (True, False)])
def test_only_a_certified_model_that_passed_is_ready(issued: bool, promoted: bool) -> None:  # noqa: FBT001  (a case)
    """The verdict is good in exactly one of four cases."""
    given = sound(issued=issued)
    given["gate"]["promoted"] = promoted
    assert verdict(given).good == (issued and promoted)


def test_the_value_that_heads_the_page_is_that_of_the_certified_rule() -> None:
    """Not the model's at cut-off 0, which nobody would deploy; without a certificate the page says so."""
    said = [answer(report(issued=issued), "worth") for issued in (True, False)]
    assert "Under the certified rule, which contacts 60 % of occasions, contact gains 4.8 (3.8 to 5.8)" in said[0]
    assert "No rule is certified. At cut-off 0 the model would contact 80 % of occasions" in said[1]


def harms(*, complaint: float, opt_out: float, issued: bool = False) -> dict[str, Any]:
    """Return a report with these effects on both harms."""
    given = report(issued=issued)
    given["average_effect"] |= {"complaint": interval(complaint, 0.001), "opt_out": interval(opt_out, 0.001)}
    return given


@pytest.mark.parametrize(
    ("given", "good", "unclear"),
    [
        (harms(complaint=0.02, opt_out=0.0), False, False),
        (harms(complaint=0.0, opt_out=0.01), False, False),
        (harms(complaint=0.0, opt_out=0.0), False, True),
        (harms(complaint=-0.01, opt_out=-0.01), True, False),
        (harms(complaint=0.02, opt_out=0.01, issued=True), True, False),
        (report(issued=False), False, False),
    ],
    ids=["complaints rise", "opt-outs rise", "not clear", "both fall", "certified", "not recorded"],
)
def test_the_price_is_green_only_where_no_harm_is_shown(given: dict[str, Any], good: bool, unclear: bool) -> None:  # noqa: FBT001  (a case)
    """Recording a harm does not make it harmless: red where it rises, grey where nothing is clear."""
    point = next(point for point in summary(given) if "cost" in point.question)
    assert (point.good, point.unclear) == (good, unclear)


def test_figures_of_all_rows_and_of_the_certification_half_are_told_apart() -> None:
    """Contact adds 6.0 over all, contacting everyone gains 3.6 on one half: each says of what it is."""
    assert "over all 12,345 occasions" in answer(report(), "help?")
    assert "on the certification half alone" in answer(report(), "worth")


def rule_for(share: float) -> dict[str, Any]:
    """Return an uncertified report whose rule contacts all or none."""
    given = report(issued=False)
    given["policy_value"]["model"] = interval(0.036 * share, 0.0) | {"contacted": share}
    given["policy_value"]["differences"]["model_minus_everyone"] = interval(0.0, 0.0)
    return given


def test_everyone_is_not_compared_with_everyone() -> None:
    """Where the rule is to contact everyone there is nothing that choosing could beat."""
    said = answer(rule_for(1.0), "worth")
    assert ("contact everyone" in said, "not shown to beat" in said) == (True, False)


def test_contacting_nobody_is_said_plainly() -> None:
    """Not "the 0 % of occasions gain 0.0": in the answer and in the verdict."""
    given = rule_for(0.0)
    point = verdict(given)
    assert answer(given, "worth").startswith("Contact nobody.")
    assert ("0.0" in answer(given, "worth"), point.question, point.good) == (False, "Contact nobody", False)


def test_the_further_checks_are_those_not_mentioned_yet() -> None:
    """Sample ratio, prediction of the draw and placebo tests have their own words in the same answer."""
    given = report()
    named = ["features do not predict the draw", "placebo among the held out", "windows agree"]
    given["checks"] += [given["checks"][0] | {"name": name} for name in named]
    assert "Of 2 further checks of a sceptic 1 passed" in answer(given, "trusted")


def test_a_bound_above_nought_never_reads_as_nought() -> None:
    """What beats by 0.04 to 0.9 is not written "(0.0 to 0.9)"."""
    given = report()
    gap = {"estimate": 0.0047, "low": 0.0004, "high": 0.009, "se": 0.002}
    given["policy_value"]["certified"]["differences"]["certified_minus_everyone"] = gap
    assert "Choosing beats contacting everyone by 0.47 (0.04 to 0.90)" in answer(given, "worth")


def test_the_card_is_the_sentence_that_may_be_quoted() -> None:
    """In plain words, for 90 days; the cards have no backticks."""
    refused = report(issued=False)
    refused["certificate"]["reason"] = "`opt_out` has no label"
    said = answer(refused, "certified")
    assert (
        "`" in said,
        "valid for delivery updates by chat. It holds for 90 days" in answer(report(), "certified"),
    ) == (
        False,
        True,
    )


def test_a_probability_of_at_least_is_rounded_down() -> None:
    """0.9697 is not "at least 97 %"."""
    given = report()
    given["certificate"]["delta"] = 0.0303
    del given["certificate"]["sentence"]  # as in a report from before it was stored: made from the figures
    assert "Yes. With 96.9 % confidence" in answer(given, "certified")
