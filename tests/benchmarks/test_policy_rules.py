import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest

from benchmarks.policy_objects import decide_some, occasions, policy_of
from benchmarks.policy_rules import (
    as_rows,
    cedar_policies,
    cel_list,
    conditions,
    in_cedar,
    in_zen,
    limits,
    random_columns,
    zen_model,
)
from serving.policy.engine import FAILED, PLACE, REFUSE, Ruling, rule
from serving.policy.reasons import POLICY_CODES
from serving.policy.rules import FILTERS
from serving.policy.waivers import WAIVED_FROM

ROWS = 1_500


def in_python(condition: str) -> str:
    """Return a condition in Python's spelling."""
    return re.sub(r"!(?!=)", " not ", condition).replace("&&", " and ").replace("||", " or ")


def holding(condition: str, rows: Sequence[Mapping[str, int]]) -> list[bool]:
    """Whether a condition holds for each row, by Python's own reading."""
    code = compile(in_python(condition), "condition", "eval")
    return [bool(eval(code, {"__builtins__": {}}, row)) for row in rows]  # noqa: S307  (our own constant text)


@cache
def drawn() -> tuple[list[Mapping[str, int]], Ruling]:
    """Return the random rows as the others read them, and our ruling on them."""
    c = random_columns(ROWS, seed=3)
    return as_rows(c), rule(c, limits(), FILTERS)


def test_every_code_of_the_policy_has_a_condition() -> None:
    """All but the engine's own, in the catalogue's order."""
    assert list(conditions()) == [code for code in POLICY_CODES if code != FAILED]


@pytest.mark.parametrize("code", conditions())
def test_a_condition_refuses_what_its_filter_refuses(code: str) -> None:
    """The translation is right on every random row, waivers and concerns included, and both answers occur."""
    rows, ruling = drawn()
    refused = (ruling.verdicts[PLACE[code]] == REFUSE).tolist()
    assert holding(conditions()[code], rows) == refused
    assert set(refused) == {True, False}


def test_every_input_of_the_random_rows_is_known() -> None:
    """What the others cannot say does not occur: no filter fails, and some rows pass all of them."""
    _, ruling = drawn()
    assert (ruling.failed.any(), (ruling.verdicts[PLACE[FAILED]] == REFUSE).any()) == (False, False)
    assert 0.1 < np.mean(~(ruling.denied | ruling.held)) < 0.9


def test_waivers_are_exercised() -> None:
    """Each code that can be waived is waived on some of the random rows."""
    _, ruling = drawn()
    assert {code for code in WAIVED_FROM if (ruling.verdicts[PLACE[code]] == 2).any()} == set(WAIVED_FROM)


def test_rows_are_whole_numbers_under_the_conditions_names() -> None:
    """As Cedar has no others; no name is missing, none is unused."""
    row = as_rows(random_columns(3))[0]
    named = set(re.findall(r"[a-z][a-z_0-9]*", " ".join(conditions().values())))
    assert set(row) == named
    assert {type(value) for value in row.values()} == {int}


def test_the_same_seed_gives_the_same_rows() -> None:
    """And another one others."""
    rows = [as_rows(random_columns(50, seed=seed)) for seed in (1, 1, 2)]
    assert (rows[0] == rows[1], rows[0] == rows[2]) == (True, False)


def test_conditions_are_spelt_as_each_language_has_them() -> None:
    """Words for ZEN, looked up in the context for Cedar, as they stand for CEL."""
    condition = "(a == 1 || b_2 != -1) && !(mark >= 1)"
    assert in_zen(condition) == "(a == 1 or b_2 != -1) and not (mark >= 1)"
    assert in_cedar(condition) == "(context.a == 1 || context.b_2 != -1) && !(context.mark >= 1)"
    assert cel_list({"x": "a == 1", "y": "b == 2"}) == "[a == 1, b == 2]"


def test_the_models_of_the_others_carry_every_code() -> None:
    """One expression in ZEN's node, one `forbid` in Cedar after the one `permit`."""
    rules = conditions()
    node = zen_model(rules)["nodes"][1]["content"]["expressions"]
    policies = cedar_policies(rules).splitlines()
    assert [each["key"] for each in node] == list(rules)
    assert [re.findall(r'@id\("(\w+)"\) forbid', line) for line in policies] == [[], *([code] for code in rules)]


def test_the_policy_on_objects_gives_the_reasons_of_the_decision() -> None:
    """What is timed is what `decide()` answers: the same reasons, with some refused and most not."""
    pairs = occasions(60)
    reasons = policy_of(*pairs)
    decided = decide_some(*pairs)
    agent = {code for one in decided for code in one.decision.agent_would_send.reasons}
    ours = [tuple(reason for reason in one.decision.reasons if reason.code in POLICY_CODES) for one in decided]
    assert reasons == ours
    assert agent == {"opted_out", "complaint_open", "frequency_cap"}
    assert 0 < sum(map(bool, reasons)) < 40
