from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from model.champion import Champion, as_served, contacts, opponent
from model.contracts import Certificate
from model.features import Feature
from model.table import Table
from tests.model.champions import EXPIRES, certificate, needy, needy_champion
from tests.model.occasions import frame, table

ROWS = 400
DATA = frame(ROWS)


def acting(champion: Champion, data: Table | None = None, rows: slice = slice(None)) -> tuple[Any, str]:
    """Return whom a champion contacts among some rows, as a list, and the note."""
    data = table(DATA) if data is None else data
    found = contacts(champion, data, np.arange(data.rows)[rows])
    return (None if found.contacts is None else found.contacts.tolist()), found.note


def those(mask: Any) -> Any:
    """Return contacts of the rows where a mask holds."""
    return np.asarray(mask, dtype=float).tolist()


def test_it_contacts_at_or_above_its_cutoff() -> None:
    """By its own scorer, on the table's own columns, row by row."""
    actual = acting(needy_champion(cutoff=0.25))
    assert actual == (those(DATA["need"] - 0.5 >= 0.25), "")


def test_only_the_rows_asked_for_are_answered() -> None:
    """D2's rows in D2's order."""
    actual, _ = acting(needy_champion(), rows=slice(7, 11))
    assert actual == those(DATA["need"][7:11] >= 0.5)


@pytest.mark.parametrize(
    ("changes", "at", "note"),
    [
        ({"issued": False, "cutoff": None}, EXPIRES - timedelta(days=1), "it has no certificate"),
        ({"expires": None}, EXPIRES - timedelta(days=1), "its certificate has no date"),
        ({}, EXPIRES, "its certificate expired on 2027-02-18"),
        ({}, EXPIRES + timedelta(days=400), "its certificate expired on 2027-02-18"),
    ],
    ids=["never issued", "no date", "expires now", "expired long ago"],
)
def test_without_a_certificate_that_holds_it_contacts_nobody(changes: dict[str, Any], at: datetime, note: str) -> None:
    """As the API: no certificate, no discretionary message; the note says why."""
    actual = acting(needy_champion(at=at, **changes))
    assert actual == ([0.0] * ROWS, note)


def test_a_certificate_holds_until_the_instant_at_which_it_expires() -> None:
    """A microsecond before, it still contacts."""
    actual, note = acting(needy_champion(at=EXPIRES - timedelta(microseconds=1)))
    assert (sum(actual) > 0, note) == (True, "")


def test_outside_its_scope_it_contacts_nobody() -> None:
    """Pairs that its certificate does not cover, where table and certificate both name pairs."""
    data = DATA.assign(purpose=np.where(np.arange(ROWS) % 2, "delivery_update", "progress_update"))
    actual, _ = acting(needy_champion(), table(data, purpose="purpose"))
    assert actual == those((DATA["need"] >= 0.5) & (np.arange(ROWS) % 2 == 1))


def test_a_table_without_pairs_is_compared_all_the_same() -> None:
    """The champion is then taken to contact wherever it would: the harder one to beat."""
    actual, _ = acting(needy_champion(), table(DATA, purpose=None))
    assert actual == those(DATA["need"] >= 0.5)


def test_a_certificate_that_covers_no_pair_permits_nobody() -> None:
    """As in the API, which asks for the pair."""
    actual = acting(needy_champion(scope=()))
    assert actual == ([0.0] * ROWS, "its certificate covers no purpose and channel")


def served(score: Any, given: Certificate, data: Table | None = None) -> tuple[Any, str]:
    """Return whom a new rule with these scores would contact under its certificate, as a list, and the note."""
    data = table(DATA) if data is None else data
    found = as_served(given, np.asarray(score, dtype=float), data, np.arange(data.rows))
    return found.contacts.tolist(), found.note


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"issued": False, "cutoff": None}, "it has no certificate"),
        ({"scope": ()}, "its certificate covers no purpose and channel"),
    ],
    ids=["not issued", "no scope"],
)
def test_a_new_rule_without_leave_contacts_nobody(changes: dict[str, Any], note: str) -> None:
    """However good its scores: the API would send none of it, and the gate must not count it."""
    assert served(DATA["need"] + 1.0, certificate(expires=None, **changes)) == ([0.0] * ROWS, note)


def test_a_new_rule_contacts_at_its_cutoff_within_its_scope() -> None:
    """A new certificate has no date yet; rows without a purpose, and scores that are none, are outside."""
    odd = np.arange(ROWS) % 2 == 1
    data = table(DATA.assign(purpose=np.where(odd, "delivery_update", "progress_update")), purpose="purpose")
    purposes = np.array(data.purpose)
    purposes[:100] = None
    score = np.r_[DATA["need"][:-1], np.inf]
    actual = served(score, certificate(expires=None, cutoff=0.25), replace(data, purpose=purposes))
    expected = (score >= 0.25) & np.isfinite(score) & odd & (np.arange(ROWS) >= 100)
    assert actual == (those(expected), "")


def test_a_feature_that_the_table_lacks_is_named() -> None:
    """No exception, no guess: whom it would contact is not known."""
    zips, ages = (Feature(name=name, kind="number") for name in ("zip", "age"))
    assert acting(needy_champion(zips, ages)) == (
        None,
        "it reads `zip`, `age`, which the table does not have; add the columns that it reads",
    )


def test_a_feature_of_another_kind_is_named_with_its_row() -> None:
    """A plan that was a number when the champion learned."""
    actual, note = acting(needy_champion(Feature(name="plan", kind="number")))
    assert (actual, note.startswith("column `plan`, row 1: `")) == (None, True)
    assert note.endswith("is not a number, as the model learned it; correct the value or leave it empty")


def test_a_champion_without_certificate_needs_no_columns() -> None:
    """Whom it contacts is known: nobody."""
    idle = needy_champion(Feature(name="zip", kind="number"), issued=False, cutoff=None)
    assert acting(idle) == ([0.0] * ROWS, "it has no certificate")


@pytest.mark.parametrize(
    "roles", [{"features": ["plan"]}, {"features": None, "exclude": ["need", "at", "customer"]}], ids=str
)
def test_columns_that_the_new_model_leaves_out_are_still_read(roles: dict[str, Any]) -> None:
    """A model with fewer features can be compared with one that has more."""
    actual, note = acting(needy_champion(), table(DATA, **roles))
    assert (actual, note) == (those(DATA["need"] >= 0.5), "")


def test_a_column_that_became_constant_is_still_read() -> None:
    """The new model learns nothing from it and drops it; the champion goes on reading it."""
    actual, _ = acting(needy_champion(), table(DATA.assign(need=0.75)))
    assert actual == [1.0] * ROWS


def test_a_label_is_never_read_as_a_feature() -> None:
    """A column with a role in the new table would make the champion clairvoyant."""
    actual, note = acting(needy_champion(Feature(name="engaged", kind="number")))
    assert (actual, note.startswith("it reads `engaged`, which the table does not have")) == (None, True)


def test_a_constant_channel_is_read_as_the_api_reads_it() -> None:
    """Serving finds purpose and channel in the candidate, whatever the table calls its columns."""
    channel = Feature(name="channel", kind="category", levels=("chat",))
    actual, note = acting(needy_champion(channel))
    assert (sum(actual) > 0, note) == (True, "")


def test_a_score_that_overflows_contacts_nobody() -> None:
    """It is no score, as for the API, and not one above every cut-off."""
    data = DATA.assign(need=np.where(DATA["need"] > 0.5, 1e308, 0.9))
    champion = needy_champion()
    wide = replace(champion.artefact.scorer, coef1=1e308 * champion.artefact.scorer.coef1)
    actual, _ = acting(replace(champion, artefact=replace(champion.artefact, scorer=wide)), table(data))
    assert actual == those(data["need"] == 0.9)


def test_a_new_model_is_compared_with_the_champion() -> None:
    """Another scorer, or another certificate of the same scorer, is another model."""
    champion, other = needy_champion(), needy(Feature(name="age", kind="number"))
    actual = [
        opponent(champion, other, certificate(expires=None)),
        opponent(champion, needy(), certificate(expires=None, n=11)),
        opponent(None, other, certificate(expires=None)),
    ]
    assert actual == [champion, champion, None]


def test_nothing_is_compared_with_itself() -> None:
    """The very same scorer and certificate: whom the champion beat, and nobody where that was nobody."""
    first = needy_champion()
    second = needy_champion(before=first)
    actual = [opponent(champion, needy(), certificate(expires=None)) for champion in (first, second)]
    assert actual == [None, first]
