"""How to put a proposal in force, and how to undo that: one entry for each thing that it changes."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

from model.contracts import JSON
from serving.in_words.limits import written_in_words
from serving.replay.texts import in_short

PROMOTE: Final = '`outreach promote VERSION --by NAME --why "…"`'
ROLLBACK: Final = '`outreach rollback --by NAME --why "…"`'


def steps(report: Mapping[str, JSON]) -> list[dict[str, str]]:
    """Return what changes, how it is put in force, and how it is undone."""
    compared = report["compared"]
    second = _model(compared["model"]) if report["asked"] else _cutoff(compared["cutoff"])
    return [*_limits(compared), *_templates(compared["templates"]), *second]


def _limits(compared: Mapping[str, JSON]) -> Iterator[dict[str, str]]:
    limits = {name: pair["after"] for name, pair in compared["limits"].items()}
    if not limits:
        return
    what = "; ".join(written_in_words(limits))
    if compared["looser"]:
        do = "Change `[limits]` in `outreach.toml`, and restart: what refuses less is only for the file."
        yield {"what": what, "do": do, "undo": "Put the former values back, and restart."}
        return
    listed = urlencode({name: text.replace(", ", ",") for name, text in limits.items()})
    do = f"An administrator opens `/console/what-if?{listed}` and presses “Put these limits in force”."
    yield {"what": what, "do": do, "undo": "On the same page: go back to the limits of the configuration."}


def _templates(templates: Mapping[str, str]) -> Iterator[dict[str, str]]:
    if templates:
        yield {
            "what": ", ".join(in_short(templates, "`{name}` {how}")),
            "do": "Check the files with `outreach policy lint FOLDER`, put them into the folder that `policy` names, "
            "restart, and let a person approve the new texts under Messages.",
            "undo": "Put the former files back, and restart.",
        }


def _model(pair: Mapping[str, JSON]) -> Iterator[dict[str, str]]:
    if pair["before"] == pair["after"]:
        return
    yield {
        "what": f"model `{pair['after']}` in charge",
        "do": f"If its gate let it pass, a named person promotes it: {PROMOTE}.",
        "undo": f"{ROLLBACK}.",
    }


def _cutoff(pair: Mapping[str, JSON]) -> Iterator[dict[str, str]]:
    if pair["before"] != pair["after"]:
        yield {
            "what": "another cut-off",
            "do": "It is part of the certificate: change the weights or the bounds, learn again "
            f"(`outreach train TABLE --roles ROLES --out FOLDER`), and promote: {PROMOTE}.",
            "undo": f"{ROLLBACK}.",
        }
