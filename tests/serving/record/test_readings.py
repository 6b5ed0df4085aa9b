"""What is kept of a decision is what would be read of its record, and what was answered."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model.contracts import Candidate, Context, Message
from serving.decide import decide
from serving.fakes import FakeScorer
from serving.policy.columns import ARRAYS, Columns
from serving.policy.limits import Limits
from serving.policy.policy import Policy, make_policy, version_of
from serving.policy.rows import columns_of
from serving.policy.wording import Wording
from serving.policy_files.templates import shipped_wording
from serving.ports import Decided
from serving.record.kept import Kept
from serving.record.readings import (
    ACTIONS,
    ARMS,
    ASKED,
    CELLS,
    CODES,
    ESSENTIAL,
    STOPPED,
    Readings,
    about_of,
    cells_of,
    marked,
    read_about,
)
from serving.record.record import read_record, record_of
from serving.record.text import records_of
from tests.occasions import (
    ALL_MODEL,
    NOW,
    about,
    candidate,
    codes,
    context,
    decided,
    event,
    mostly,
    policy,
    shipped,
    standing,
)
from tests.scenarios import INSTANTS, occasion
from tests.spoiling import Draw

SEEDS = range(400)
POLICY = policy()
SCORER = FakeScorer(feature="u", cutoff=0.004)
Row = tuple[Candidate, Context, Decided]
ALL_HELD_OUT = replace(ALL_MODEL, shares=mostly("holdout"))
ESSENTIAL_ONE = about(event("shipment.failed", data={"parcel": "A-7", "new_eta": "Friday"}))


def row(seed: int) -> Row:
    """Decide one occasion in which many things may be wrong, at one of many instants."""
    draw = Draw(seed)
    now = draw.pick(INSTANTS)
    one, known = occasion(draw, now, trouble=(0.02, 0.1)[seed % 2])
    rules = {"policy": POLICY, "scorer": SCORER, "exploration": ALL_MODEL}
    return one, known, decide([one], [known], ids=["d"], now=now, **rules)[0]  # type: ignore[arg-type]


def kept(*rows: Row) -> Readings:
    """Keep these decisions as a ledger does, and read them back."""
    numbered = [(number, one, ruling, ruling.read) for number, (one, _, ruling) in enumerate(rows)]
    there = [(number, one, ruling, read) for number, one, ruling, read in numbered if read is not None]
    abouts = [about_of(one, read) for _, one, _, read in there]
    kinds = list(dict.fromkeys(abouts))
    return Readings(
        number=np.array([number for number, *_ in there], dtype=np.int64),
        user=tuple(one.user_id for _, one, *_ in there),
        kinds=tuple(map(read_about, kinds)),
        kind=np.array([kinds.index(about) for about in abouts], dtype=np.intp),
        version=np.array([read.version for *_, read in there], dtype=np.int64),
        cells=np.frombuffer(b"".join(cells_of(read, ruling) for *_, ruling, read in there), dtype=CELLS),
    )


def read_again(row: Row) -> Columns:
    """Read the columns of a decision out of its record's text."""
    recorded = read_record(json.loads(records_of([row])[0]))
    at = recorded.decided.decision.decided_at
    return columns_of([recorded.candidate], [recorded.context], now=at, policy=POLICY).columns


def values(c: Columns, row: int) -> dict[str, Any]:
    """Return what the columns say of one row, byte by byte."""
    return {name: getattr(c, name)[row].tobytes() for name in ARRAYS} | {"zones": c.zones[row]}


def test_what_is_kept_is_what_the_record_says() -> None:
    """Every flag, number, contact and zone, and the instant, of hundreds of occasions of every sort."""
    rows = [row(seed) for seed in SEEDS]
    rows = [each for each in rows if each[2].read is not None]
    columns = kept(*rows).columns()
    now: Any = columns.now
    actual = [values(columns, place) | {"now": now[place]} for place in range(len(rows))]
    again = list(map(read_again, rows))
    assert actual == [values(one, 0) | {"now": one.now} for one in again]


def test_what_is_doubtful_on_any_row_is_said() -> None:
    """Of no other input is a filter told that it may be unknown."""
    rows = [each for each in map(row, SEEDS) if each[2].read is not None]
    actual = kept(*rows).columns().doubtful
    assert actual == frozenset().union(*[read_again(one).doubtful for one in rows])


def test_nearly_every_occasion_is_kept() -> None:
    """The test above would pass if nothing were."""
    assert len(kept(*map(row, SEEDS))) > 0.9 * len(SEEDS)


def test_the_record_is_the_same_without_it() -> None:
    """What is read is no part of it, however it is written; and what is read back has none."""
    one = candidate(), context(), decided()
    text = records_of([one])[0]
    found = json.loads(text)
    again = read_record(found).decided
    actual = (found == record_of(*one), "read" in found["decided"], one[2].read is None, again.read, again == one[2])
    assert actual == (True, False, False, None, True)


def test_a_row_that_cannot_be_read_is_not_kept() -> None:
    """Its record is all there is; its neighbours are kept."""
    rows = [candidate(), candidate(attributes="text"), candidate()]
    known = [context()] * 3
    asked = {"policy": POLICY, "scorer": None, "exploration": None}
    told = decide(rows, known, ids=["a", "b", "c"], now=NOW, **asked)  # type: ignore[arg-type]
    actual = [one.read is None for one in told]
    assert actual == [False, True, False]


def answer(ruling: Decided) -> np.void:
    """Return the cells of one decision."""
    return kept((candidate(), context(), ruling)).cells[0]


def test_the_answer_is_kept() -> None:
    """Action, draw, score, cut-off, versions and the instant."""
    sent = decided()
    cells, drawn = answer(sent), sent.assignment
    assert drawn is not None
    thank = sent.decision.customer_would_thank
    actual = (
        ACTIONS[cells["action"]],
        ARMS[cells["arm"]],
        *(cells[name].item() for name in ("contacted", "above", "chance", "net_benefit", "cutoff", "policy", "model")),
        int(cells["now"]),
        int(cells["said"]),
        int(cells["codes"]),
    )
    assert actual == (
        sent.decision.action,
        drawn.arm,
        drawn.contacted,
        drawn.above,
        drawn.contact_probability,
        thank.net_benefit,
        thank.cutoff,
        marked(sent.decision.policy_version),
        marked(sent.decision.model_version),
        int(NOW.timestamp()) * 10**6,
        ASKED,
        0,
    )


@pytest.mark.parametrize(
    ("more", "said", "reasons"),
    [
        ({"known": context(consent=False)}, 0, ("consent_missing",)),
        ({"exploration": replace(ALL_MODEL, standing=standing("tripped"))}, ASKED | STOPPED, ("no_certificate",)),
        ({"exploration": ALL_HELD_OUT}, ASKED, ("held_out",)),
        ({"scorer": None}, ASKED, ("score_unavailable", "no_certificate")),
        ({"one": ESSENTIAL_ONE[0], "known": ESSENTIAL_ONE[1]}, ESSENTIAL, ()),
        ({"known": context(consent=False, opted_out=True)}, 0, ("consent_missing", "opted_out")),
    ],
    ids=["refused", "tripped", "held out", "no model", "essential", "two reasons"],
)
def test_what_was_said_and_why_is_kept(more: dict[str, Any], said: int, reasons: tuple[str, ...]) -> None:
    """Whether it is essential, was stopped, was asked; and every reason."""
    ruling = decided(**more)
    cells = answer(ruling)
    given = tuple(code for place, code in enumerate(CODES) if int(cells["codes"]) >> place & 1)
    actual = (int(cells["said"]), given, codes(ruling))
    assert actual == (said, reasons, reasons)


def test_what_was_not_drawn_or_scored_says_so() -> None:
    """By values that nothing else has."""
    cells = answer(decided(known=context(consent=False), scorer=None))
    figures = [bool(np.isnan(cells[name])) for name in ("chance", "net_benefit", "cutoff")]
    actual = ([int(cells[name]) for name in ("arm", "contacted", "above", "model")], figures)
    assert actual == ([-1, -1, -1, 0], [True] * 3)


def test_every_reason_has_a_bit() -> None:
    """There are fewer than bits."""
    assert len(CODES) <= 64


def test_what_it_is_about_stands_beside_it() -> None:
    """In words, whatever they are; a message of free text has no template."""
    free = replace(candidate(purpose="pürpose\0"), message=Message(text="It is late."))
    made = Kept((b"", b""), decided().read.sends, 1)  # type: ignore[union-attr]
    actual = [tuple(read_about(about_of(one, made))) for one in (candidate(), free)]
    assert actual == [
        ("delivery_update", "chat", "parcel_delayed", ("Europe/Paris",)),
        ("pürpose\0", "chat", None, ("Europe/Paris",)),
    ]


def test_some_rows_are_taken_as_they_are() -> None:
    """By places, by a mask, by a slice."""
    whole = kept(*[row(seed) for seed in range(20)])
    mask = np.zeros(len(whole), dtype=np.bool_)
    mask[[3, 7]] = True
    taken = [whole.take(rows) for rows in (np.array([3, 7]), mask, slice(3, 8, 4))]
    actual = [(some.number.tolist(), some.cells.tobytes(), [some.kinds[kind] for kind in some.kind]) for some in taken]
    places = [3, 7]
    same = (whole.number[places].tolist(), whole.cells[places].tobytes(), [whole.kinds[k] for k in whole.kind[places]])
    assert actual == [same] * 3


def versions(rules: Policy) -> list[int]:
    """Return the version of the reading of every shipped template, of a free text, and of a template that is none."""
    return [version_of(rules, name) for name in (*[one.id for one in shipped()], None, "no such template")]


@pytest.mark.parametrize("overrides", [{"contacts_24h": 1}, {"quiet_start": "20:00"}, {"switched_off": ["onboarding"]}])
def test_limits_are_not_read(overrides: dict[str, Any]) -> None:
    """What is read is the same under any limits."""
    assert versions(policy(overrides)) == versions(policy())


def test_each_template_is_read_as_itself() -> None:
    """Free text, and a template that does not exist, alike."""
    actual = versions(policy())
    assert (len(set(actual)), actual[-1] == actual[-2], all(0 < each < 2**63 for each in actual)) == (
        len(shipped()) + 1,
        True,
        True,
    )


def test_another_text_of_a_template_is_read_anew_and_no_other() -> None:
    """Changed, or gone: of the other templates nothing is another."""
    first, *others = shipped()
    changed = make_policy(Limits(), [replace(first, text=first.text + " Thanks."), *others], shipped_wording())
    gone = make_policy(Limits(), others, shipped_wording())
    now = versions(policy())
    actual = [[one == other for one, other in zip(now, versions(rules), strict=True)] for rules in (changed, gone)]
    assert actual == [[False] + [True] * (len(now) - 1)] * 2


@pytest.mark.parametrize("part", ["source", "model"])
def test_another_wording_or_source_is_read_anew(part: str) -> None:
    """All of it."""
    wording = shipped_wording()
    model = replace(wording.model, sha256="another") if part == "model" else wording.model
    other = Wording(model, source="another" if part == "source" else wording.source)
    both = zip(versions(policy()), versions(make_policy(Limits(), shipped(), other)), strict=True)
    assert not any(one == another for one, another in both)
