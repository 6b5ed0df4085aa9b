"""Every error says what to do next: the texts are read from the source, so that none is forgotten.

A text has a next step where one of its clauses begins with a verb that asks for something (`name another file`), or
where it names the command that helps (`outreach keys list` shows them). What only passes on what another error says
stands in `PASSED_ON`, with who says it.
"""

import re
from collections.abc import Mapping
from itertools import takewhile

import pytest

from serving.cli.faults import FAULTS
from serving.errors import NO_DECISION
from tests.raised import HOLE, Raised, raised

VERBS = frozenset(
    """
    add allow ask begin build call cast check choose close collect compare complete confirm copy correct create decide
    delete draw drop encode end erase execute export feed fetch fill find free give go hand have install issue join keep
    learn leave log look make map mend move must name needs needed offer open pass play point promote put quote read
    reduce register release remove rename repeat report restart restore retry revoke rotate run save say see send set
    shorten sign split start state stop store switch take train try turn uninstall unpack upgrade use wait widen write
    """.split()  # noqa: SIM905  (words to read, not items)
)
CLAUSE = re.compile(r"; |: |, |\. |\? |\(")
LINK_WORDS = frozenset({"and", "or", "then", "so", "please", "either", "it", "a", "an"})
COMMAND = re.compile(r"`(?:python3 run\.py )?(?:outreach |pip install |fuser |--\w)[^`]+`")
ALLOWED = re.compile(r"(?:must be|did you mean|one of|known are|the \w+ are|it can only be|can watch \S+ from) ")

KINDS = frozenset(
    """
    InvalidInput InvalidTable InvalidArtefact Unanswerable Unavailable Uncovered
    UsageError BadParameter ClickException CellError NotJson PydanticCustomError
    Invalid Unauthenticated Forbidden NotFound MethodNotAllowed Conflict Changed TooLarge BadRequest TooSlow UrlTooLong
    HeadTooLarge WrongMediaType TooMany Away
    """.split()  # noqa: SIM905  (as above)
)
KEPT: Mapping[str, str] = {NO_DECISION: "clients know by these words that the decision is gone, and no path"}
PASSED_ON: Mapping[str, str] = {
    "acts:refuse_anonymous": "a table of its own, each line with its step",
    "judging:refuse_errors": "what a place of the cluster refused, in its own words",
    "description:read": "what the description's checks say, after its path",
    "columns:numbers": "`step` is the caller's",
    "columns:refuse": "`rest` is the caller's, with its step",
    "columns:refusal": "`step` is an argument: nobody can leave it out",
    "roles:read": "what the roles' checks say, after their path",
    "shared_secrets:secrets_of": "the short form of a setting's own sentence",
    "folder_lock:alone": "`busy` is the caller's",
    "demo_api:call": "the API's own problem",
    "options:refuse_left": "what the ledger says of a log without its file",
    "stopping:stopping": "`advice` is the command's: how to go on",
    "texts_given:texts_of": "what is odd about the line, with its step",
    "frame:answer": "what was unavailable, in its own words",
    "opening:file_of": "what the ledger says of a log without its file",
    "opening:_fit": "a table of its own, each line with its step",
    "triggers:_triggers": "what was found in the file, one after the other",
    "bodies:parse_body": "what `NotJson` says",
    "bodies:parse_signed": "what `NotJson` says",
    "decisions:_element": "what was unavailable, in its own words",
    "edge:refusal": "what was unavailable, in its own words",
    "visits:_visit": "what is wrong with the session, with its step",
    "pace:_refuse": "`why` is the caller's",
    "setting_values:_text": "what the secret's form says",
    "setting_values:_limits": "what the policy says of a limit",
    "setting_values:_shares": "what `Shares` says",
}

FOUND = tuple(raised(("serving", "model"), KINDS, {"PydanticCustomError": 1}))


def clauses(text: str) -> list[list[str]]:
    """The words of each part of a text, without the links that it begins with."""
    split = [part.split() for part in CLAUSE.split(text)]
    return [words[len(list(takewhile(LINK_WORDS.__contains__, words))) :] for words in split]


def says_what_to_do(text: str) -> bool:
    """Whether some clause asks for something, or the text names what is allowed or the command that helps."""
    asked = any(words and words[0].strip("`:").lower() in VERBS for words in clauses(text))
    return asked or bool(COMMAND.search(text) or ALLOWED.search(text))


def where(one: Raised) -> str:
    """The module's own name and the function: a module that moves to another package keeps both."""
    return one.place.rpartition(".")[2]


def lacking(one: Raised) -> list[str]:
    """The texts of an error that leave its reader alone."""
    return [text for text in one.texts if text not in KEPT and not says_what_to_do(text)]


def test_no_error_leaves_its_reader_alone() -> None:
    """Each text of each error of learning, deciding, the commands and the API."""
    actual = {one.place: lacking(one) for one in FOUND if lacking(one) and where(one) not in PASSED_ON}
    assert actual == {}


def test_what_is_passed_on_is_still_passed_on() -> None:
    """No place stands in the table that needs it no more; what it adds of its own ends open."""
    places = {where(one) for one in FOUND if lacking(one)}
    actual = [place for place in PASSED_ON if place not in places]
    assert actual == []


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_fault_that_the_doctor_finds_has_a_fix(name: str) -> None:
    """Something to run, to set, to look at: it stands after the `;`."""
    actual = FAULTS[name].fix
    assert says_what_to_do(actual), actual


def test_enough_is_read_for_this_to_mean_something() -> None:
    """Hundreds of errors, from every part that refuses; nearly all of their texts are known to the last word."""
    parts = {".".join(one.place.split(".")[:2]) for one in FOUND}
    open_ended = [one for one in FOUND if HOLE in one.texts]
    assert parts >= {"model.reading", "model.history_table", "serving.cli", "serving.routes", "serving.ledger"}
    assert (len(FOUND) > 600, len(open_ended) < 20) == (True, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`x.csv` is empty", False),
        ("column `a`, row 17: `maybe` is not 0 or 1", False),
        ("there is nothing to learn from, and nobody to ask", False),
        ("`x.csv` is empty; write a header line", True),
        ("there is no active key `k`; `outreach keys list` shows them", True),
        ("`logs` is `loud`; it must be `text` or `json`", True),
        ("there is no setting `lgs`; did you mean `logs`?", True),
    ],
)
def test_a_step_is_told_from_a_complaint(text: str, expected: bool) -> None:  # noqa: FBT001  (a parameter of the test)
    """What is wrong is no step; a verb, a command, or what is allowed is one."""
    actual = says_what_to_do(text)
    assert actual == expected
