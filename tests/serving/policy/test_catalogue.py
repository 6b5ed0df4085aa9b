"""Reasons and purposes are the contract's, word for word and in its order."""

import re
from pathlib import Path

from model.contracts import Action, Channel, MarketingPurpose, Purpose
from serving.policy.purposes import CHANNEL_INDEX, EVENT_TYPES, PURPOSE_INDEX, SERVICES, Mark, mark_of
from serving.policy.reasons import CATALOGUE, POLICY_CODES, REASONS, SCORE_CODES, WHO, Question

CONTRACT = Path(__file__).parents[3] / "docs" / "CONTRACT.md"


def listed(part: str) -> list[str]:
    """Return the codes that section 6 lists after a word such as `deny:`."""
    section = CONTRACT.read_text("utf-8").split("## 6.")[1].split("Default limits")[0]
    names = ["deny:", "hold:", "score (deny):"]
    after = section.split(f"\n{part}")[1]
    for name in names:
        after = after.split(f"\n{name}")[0]
    return re.findall(r"`([a-z_]+)`", after)


def test_the_codes_are_the_contract_s_in_its_order() -> None:
    """Stable codes, the order of all answers."""
    expected = [*listed("deny:"), *listed("hold:"), *listed("score (deny):")]
    assert [entry.code for entry in CATALOGUE] == expected


def test_the_outcomes_are_the_contract_s() -> None:
    """Holds are the codes that the contract lists as holds."""
    assert [entry.code for entry in CATALOGUE if entry.outcome is Action.HOLD] == listed("hold:")


def test_every_reason_says_clause_source_and_what_would_change_it() -> None:
    """In one line each; the code stands under its own name."""
    for code, entry in REASONS.items():
        assert entry.code == code
        assert entry.clause.startswith("CONTRACT section ")
        assert all(text and "\n" not in text for text in (entry.source, entry.would_change))


def test_every_reason_says_who_must_act() -> None:
    """In a few plain words, at most two of them; where nothing helps, nobody."""
    odd = {entry.code for entry in CATALOGUE if not set(entry.who.split(" or ")) <= set(WHO)}
    nobody = {code for code, entry in REASONS.items() if entry.who == "nobody"}
    waits = {code for code, entry in REASONS.items() if "{until}" in entry.would_change}
    assert (odd, {code for code, entry in REASONS.items() if entry.who == "time"}) == (set(), waits)
    assert {"purpose_is_marketing", "opted_out", "held_out"} <= nobody


SOURCES = ("Meta, ", "CAN-SPAM, ", "ICO, ", "TCPA hours, ", "Google, RCS for Business rules: ", "GDPR art. ")
OURS = ("our own decision: ", "HOUSE promise ", "METHOD section ")


def test_every_source_is_a_named_rule_or_said_to_be_ours() -> None:
    """Who doubts a rule can look it up; what is our own choice does not hide behind a law."""
    odd = [entry.code for entry in CATALOGUE if not entry.source.startswith(SOURCES + OURS)]
    odd += [purpose for purpose, service in SERVICES.items() if not service.source.startswith(SOURCES + OURS[:1])]
    assert odd == []


def test_each_reason_belongs_to_one_question() -> None:
    """The policy's come first, the score's last."""
    assert [entry.code for entry in CATALOGUE] == [*POLICY_CODES, *SCORE_CODES]
    assert {REASONS[code].question for code in POLICY_CODES} == {Question.AGENT}
    assert {REASONS[code].question for code in SCORE_CODES} == {Question.CUSTOMER}


def table() -> dict[str, tuple[dict[str, Mark], str]]:
    """Read the table of section 5: purpose → evidence with marks, channels."""
    marks = {"": Mark.ORDINARY, "*": Mark.ESSENTIAL, "†": Mark.CRITICAL}
    rows = {}
    for line in CONTRACT.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and re.fullmatch(r"`[a-z_]+`", cells[1]) and cells[1].strip("`") in list(Purpose):
            evidence = re.findall(r"`([a-z_]+\.[a-z_]+)`([*†]?)", cells[2])
            rows[cells[1].strip("`")] = ({name: marks[mark] for name, mark in evidence}, cells[3])
    return rows


def test_the_evidence_of_each_purpose_is_the_contract_s() -> None:
    """Types, essential and critical marks, in the contract's order of purposes."""
    expected = {purpose: evidence for purpose, (evidence, _) in table().items()}
    assert {str(purpose): dict(service.evidence) for purpose, service in SERVICES.items()} == expected
    assert list(SERVICES) == list(expected)


def test_the_channels_of_each_purpose_are_the_contract_s() -> None:
    """`any`, a list, or those they asked for."""
    for purpose, (_, channels) in table().items():
        service = SERVICES[purpose]
        if channels == "those they asked for":
            assert service.until_due
        else:
            named = set(Channel) if channels == "any" else {Channel(word.strip()) for word in channels.split(",")}
            assert service.channels == named


def test_no_marketing_word_is_a_service() -> None:
    """And every word has its place: services 0 to 8, marketing −2, channels 0 to 5."""
    assert not set(map(str, MarketingPurpose)) & set(map(str, SERVICES))
    assert [PURPOSE_INDEX[purpose] for purpose in SERVICES] == list(range(9))
    assert {PURPOSE_INDEX[word] for word in MarketingPurpose} == {-2}
    assert list(CHANNEL_INDEX.values()) == list(range(6))


def test_evidence_marks_only_under_its_own_purpose() -> None:
    """A fraud alert does not make an onboarding message critical."""
    pairs = [("account_event", "account.fraud_suspected"), ("onboarding", "account.fraud_suspected"), ("x", "y")]
    assert [mark_of(*pair) for pair in pairs] == [Mark.CRITICAL, Mark.ORDINARY, Mark.ORDINARY]


def test_the_known_event_types_include_all_evidence() -> None:
    """What proves a purpose can be recorded, and the further events too."""
    assert {"shipment.delayed", "page.viewed", "incident.opened", "message.received"} <= EVENT_TYPES
    assert len(EVENT_TYPES) == 31
