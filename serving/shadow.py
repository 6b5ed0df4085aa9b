"""What a challenger would have said about the rows that were decided: for the record, without any say.

Pure, and asked last: nothing that a shadow does (raise, answer out of shape, take its time) reaches an answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from model.contracts import JSON, Candidate, Context, Shares
from serving.ports import Scorer
from serving.thanks import FIGURES, Thanks, ask

UNSCORED = "it cannot score these features"


def opinions(
    shadow: Scorer,
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    now: datetime,
    shares: Shares | None,
) -> list[Mapping[str, JSON]]:
    """Return one opinion per row: `version` with its figures, its own certified `cutoff` and `above`, or `problem`.

    `cutoff` and `above` are null where no certificate of its own would permit the row under these shares.
    """
    version = _version(shadow)
    try:
        heard = ask(shadow, candidates, contexts, now, shares)
    except Exception as error:  # noqa: BLE001  (a challenger has no say: what it breaks is its own opinion)
        return [{"version": version, "problem": f"it failed ({type(error).__name__})"} for _ in candidates]
    return [_opinion(version, thanks) for thanks in heard]


def _version(shadow: Scorer) -> str | None:
    try:
        return str(shadow.version)
    except Exception:  # noqa: BLE001  (as above)
        return None


def _opinion(version: str | None, thanks: Thanks) -> Mapping[str, JSON]:
    if thanks.figures is None:
        return {"version": version, "problem": UNSCORED}
    figures = dict(zip(FIGURES, thanks.figures, strict=True))
    return {"version": version, **figures, "cutoff": thanks.cutoff, "above": thanks.above}
