"""What a challenger would have said about the rows that were decided: for the record, without any say.

Pure, and asked last: nothing that a shadow says or breaks (raises, answers out of shape) reaches what is answered. Its
time does: it is asked before the answers leave, in the same transaction of the one writer, without a limit, so that a
slow one delays them and everybody who waits for the ledger. Let nothing be a shadow that would be too slow as a model.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from model.contracts import JSON, Candidate, Context, Shares
from serving.ports import Scorer
from serving.thanks import FIGURES, Thanks, ask

UNSCORED = "it cannot score these features"


def opinions(  # noqa: PLR0913  (what the model was asked)
    shadow: Scorer,
    candidates: Sequence[Candidate],
    contexts: Sequence[Context],
    now: datetime,
    shares: Shares | None,
    *,
    present: datetime | None = None,
) -> list[Mapping[str, JSON]]:
    """Return one opinion per row: `version` with its figures, its own certified `cutoff` and `above`, or `problem`.

    The clocks are those of the model: `now`, and `present` where the real one is another.

    `cutoff` and `above` are null where no certificate of its own would permit the row under these shares.
    """
    version = _version(shadow)
    try:
        heard = ask(shadow, candidates, contexts, now, shares, present=present)
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
