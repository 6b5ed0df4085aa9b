"""What an exact replay found, as JSON and as a page: one sentence first, then what differs and what could not be told.

The same ledger and configuration give the same bytes: there is no clock in it.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from model.contracts import JSON
from model.in_words.numbers import counted
from serving.record.record import timestamp
from serving.replay.comparing import Exact
from serving.replay.pages import pages
from serving.replay.report import FORMAT
from serving.replay.verdict import Verdict

ANOTHER: Final = (
    "to replay these, run the command with the configuration of then, and the version of this program that read it"
)
DIFFERENT: Final = "Find out why before you rely on this period: another program, another secret, or a changed record."


def described(found: Exact, *, ledger: str, policy_version: str, model_version: str | None) -> dict[str, JSON]:
    """Return it as JSON; `ledger` is its address without passwords, the versions are those at hand."""
    return {
        "format": FORMAT,
        "mode": "exact",
        "ledger": ledger,
        "policy_version": policy_version,
        "model_version": model_version,
        "oldest": None if found.oldest is None else timestamp(found.oldest),
        "newest": None if found.newest is None else timestamp(found.newest),
        "verdict": asdict(verdict(found)),
        "decisions": {"again": found.decisions, "same": found.same_decisions},
        "confirmations": {"again": found.confirmations, "same": found.same_confirmations},
        "different": found.different,
        "parts": dict(sorted(found.parts.items())),
        "differ": [one.described() for one in found.differ],
        "drawn_again": found.drawn,
        "scores": {"asked_again": found.asked, "as_recorded": dict(sorted(found.stood_in.items()))},
        "not_replayed": {
            "other_policies": dict(sorted(found.versions.items())),
            "unreadable": found.unreadable,
            "how": ANOTHER if found.versions else None,
        },
    }


def verdict(found: Exact) -> Verdict:
    """Return what came of it."""
    again = counted(found.decisions, "decision")
    again += f" and {counted(found.confirmations, 'confirmation')}" * bool(found.confirmations)
    if not found.decisions + found.confirmations:
        do = f"{ANOTHER[0].upper()}{ANOTHER[1:]}." if found.versions else "Nothing."
        return Verdict(title="Nothing was decided again", sentence=_nothing(found), do=do, tone="unclear")
    rest = found.versions.total() + found.unreadable
    left = f"; {rest:,} could not be decided again" * bool(rest)
    if found.different:
        said = f"{found.different:,} of {again} give other bytes, decided again{left}: see which below."
        return Verdict(title="Not the same bytes", sentence=said, do=DIFFERENT, tone="bad")
    said = f"All {again} that could be decided again give the same bytes as on record{left}."
    return Verdict(title="The same bytes", sentence=said, do="Nothing.", tone="good")


def _nothing(found: Exact) -> str:
    """Say why nothing was decided again."""
    others, gone = found.versions.total(), found.unreadable
    if not others + gone:
        return "There is nothing to decide again: no decision of this period is on record."
    whys = [f"{others:,} that other policies made"] * bool(others) + [f"{gone:,} that cannot be read"] * bool(gone)
    return f"Nothing could be decided again: of decisions and confirmations there are {' and '.join(whys)}, see below."


def render(report: Mapping[str, JSON]) -> str:
    """Return what `described` says as one HTML page that loads nothing."""
    return pages().get_template("exact.html.j2").render(report=report, scores=report["scores"])
