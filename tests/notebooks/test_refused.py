"""Notebook 2: what the policy refuses, on its made-up evening and on a file of one's own without a model."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from tests.test_notebooks import ROOT, outputs, read, run

NOTEBOOK = ROOT / "notebooks" / "2_what_the_policy_refuses.ipynb"
AT = "2026-11-20T12:00:00Z"


def told(notebook: Any) -> str:
    """Return everything that a notebook says: lines and tables."""
    return "".join(o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs(notebook))


def pictures(notebook: Any) -> int:
    """Return how many pictures were drawn."""
    return sum("image/png" in o.get("data", {}) for o in outputs(notebook))


def bad(notebook: Any) -> list[Any]:
    """Return errors, and what went to stderr."""
    return [o for o in outputs(notebook) if o.output_type == "error" or o.get("name") == "stderr"]


@pytest.fixture(scope="module")
def executed() -> Any:
    """The notebook as it is shipped."""
    return run(read(NOTEBOOK))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same on a small CSV of one's own, whose ids look like numbers, with one limit to try."""
    path: Path = tmp_path_factory.mktemp("own") / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row(0)))
        writer.writeheader()
        writer.writerows(row(number) for number in range(40))
    notebook = read(NOTEBOOK)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    given = {"CANDIDATES": str(path), "AT": AT, "WHAT_IF": [{"channels_off": ["push"]}]}
    cell.source = "\n".join([cell.source, *(f"{name} = {value!r}" for name, value in given.items())])
    return run(notebook)


def row(number: int) -> dict[str, str]:
    """Return a candidate: an essential one, an ordinary one, or marketing."""
    failed, marketing = number % 4 == 0, number % 4 == 1
    return {
        "candidate_id": f"{number:04d}",
        "user.id": f"u{number}",
        "user.timezone": "Europe/Paris",
        "purpose": "win_back" if marketing else "delivery_update",
        "channel": "push" if number % 8 == 0 else "sms",
        "evidence.type": "shipment.failed" if failed else "shipment.delayed",
        "evidence.id": f"e{number}",
        "evidence.subject": f"u{number}",
        "evidence.time": "2026-11-20T11:00:00Z",
        "evidence.data.parcel": f"A-{number}",
        "evidence.data.new_eta": "" if failed else "Friday",
        "evidence.data.reason": "nobody was home" if failed else "",
        "message.template": "parcel_failed" if failed else "parcel_delayed",
        "message.facts.parcel": f"A-{number}",
        "message.facts.new_eta": "" if failed else "Friday",
        "message.facts.reason": "nobody was home" if failed else "",
        **dict.fromkeys(("context.last_complaint_at", "context.last_inbound_at"), ""),
        "context.consent": "true",
        "context.opted_out": "false",
        **dict.fromkeys(("context.contacts_60m", "context.contacts_24h", "context.contacts_7d"), "0"),
        **dict.fromkeys(("context.complaint_open", "context.conversation_open"), "false"),
        **dict.fromkeys(("context.already_told", "context.evidence_superseded"), "false"),
    }


def test_it_runs_without_error_or_warning(executed: Any) -> None:
    """From a clean kernel, with its five pictures."""
    assert (bad(executed), pictures(executed)) == ([], 5)


@pytest.mark.parametrize(
    "words",
    [
        "candidates name marketing as their purpose",
        "nothing is certified for what the policy refuses",
        "net benefit, predicted",
        "the customer's recorded consent for this channel",
    ],
)
def test_it_says_what_was_refused_and_what_it_cost(executed: Any, words: str) -> None:
    """Marketing, the certificate beside the prediction, the prediction by its name, and what would change a refusal."""
    assert words in told(executed)


def test_what_is_held_is_not_priced_as_lost(executed: Any) -> None:
    """It may go out later: it stands apart from what is denied; and whose refusals are to lift is counted, not said."""
    found = told(executed)
    assert re.search(r"quiet_hours +held: may go out later +\d+", found)
    assert re.search(r"below_cutoff +denied +\d+", found)
    assert re.search(r"theirs to lift: time [\d,]+, ", found)


def test_it_runs_on_a_file_of_ones_own_without_a_model(own: Any) -> None:
    """Contacts are counted, nothing is predicted: four pictures, and essential service goes out."""
    found = told(own)
    assert (bad(own), pictures(own), "predicted" in found, "model: none" in found) == ([], 4, False, True)


def test_a_stricter_limit_takes_messages_away(own: Any) -> None:
    """Of the ten essential messages, the five by push."""
    assert re.search(r"channels_off = \['push'\] +5 +5 +0", told(own))
