"""What the demo says, from answers and a report as the API and `outreach train` give them."""

import io
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from serving.cli.demo_words import MARGIN, OPENING, learned, lived, moments, onward, why, wrapped

ASKED = {"asked": True, "answer": True, "net_benefit": 0.1131}
SEND = {
    "action": "send",
    "message": {"text": "Your parcel is late."},
    "customer_would_thank": ASKED,
    "reasons": [],
    "not_before": None,
}
DENY = {
    "action": "deny",
    "reasons": [{"code": "already_told", "detail": "told before"}, {"code": "frequency_cap", "detail": "1 in an hour"}],
    "not_before": None,
}
HOLD = {
    "action": "hold",
    "reasons": [{"code": "quiet_hours", "detail": "it is night"}],
    "not_before": "2026-11-23T01:00:00Z",
}
CERTIFICATE: dict[str, Any] = {
    "issued": False,
    "reason": "too few rows",
    "cutoff": None,
    "share_contacted": None,
    "bounds": [],
    "alpha": {"complaint": 0.005, "opt_out": 0.005},
    "delta": 0.0304,
    "n": 100,
    "scope": [],
    "method": "betting",
    "assumptions": [],
    "scorer_sha256": "0" * 64,
    "contact_below": 0.02,
    "contact_above": 0.95,
}


def shown(printed: object, width: int = 100) -> str:
    """What a console without a terminal prints."""
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(printed)
    return out.getvalue()


def effect(estimate: float) -> dict[str, float]:
    """An effect with an interval of one in a thousand about it."""
    return {"estimate": estimate, "low": estimate - 0.001, "high": estimate + 0.001}


def test_a_paragraph_stays_within_the_width_and_is_no_markup() -> None:
    """Each line begins at the margin; brackets that somebody wrote are shown, not obeyed."""
    lines = shown(wrapped(f"[bold]{OPENING}", 80), 80).splitlines()
    actual = (max(map(len, lines)) <= 80, {line[:3] for line in lines}, "[bold]A shop" in lines[0])
    assert actual == (True, {MARGIN}, True)


def test_a_send_says_its_text_and_what_the_model_expects() -> None:
    """Where it was asked; what is essential goes out without it."""
    essential = {**SEND, "customer_would_thank": {"asked": False}}
    actual = [why(answer).splitlines()[1] for answer in (SEND, essential)]
    assert actual == ["the model expects a net benefit of +0.1131", "essential: no model is asked"]


def test_a_refusal_says_its_first_reason_in_full_and_the_others_by_name() -> None:
    """And a hold until when."""
    actual = [why(DENY), why(HOLD)]
    assert actual == [
        "already_told: told before\nalso frequency_cap",
        "quiet_hours: it is night\nnot before 2026-11-23T01:00:00Z",
    ]


def test_what_is_better_left_alone_is_told_as_a_send_is() -> None:
    """Four decimals and a real minus, as beside a send; the record has all digits."""
    thanks = {"asked": True, "answer": False, "net_benefit": -0.119455, "cutoff": 0.000165851}
    reason = {"code": "below_cutoff", "detail": "net benefit -0.119455 is below the cut-off 0.000165851"}
    answer = {"action": "deny", "reasons": [reason], "not_before": None, "customer_would_thank": thanks}
    assert why(answer) == "below_cutoff: the model expects a net benefit of −0.1195, below the cut-off of +0.0002"


def test_each_moment_has_a_row_that_fits() -> None:
    """Number, what happened, answer, why; no colour where there is no terminal."""
    table = shown(moments([("Mia's parcel is late.", SEND), ("The same once more.", DENY)]), 80)
    rows = [line.split() for line in table.splitlines()]
    assert rows[1][:6] == ["1", "Mia's", "parcel", "is", "late.", "send"]
    assert (max(map(len, table.splitlines())) <= 80, "\x1b" in table) == (True, False)


def test_a_month_is_counted_over_all_purposes() -> None:
    """What was refused for being marketing stands among what was refused."""
    rows = [
        {"purpose": "delivery_update", "volume": 1500, "send": 1000, "hold": 1, "deny": 499},
        {"purpose": "survey", "volume": 100, "send": 0, "hold": 0, "deny": 100},
    ]
    actual = lived(rows)
    assert actual == "1,600 messages were wanted: 1,000 sent, 1 still held, 599 refused, 100 of them marketing"


def test_what_was_learned_is_told_per_thousand_contacts() -> None:
    """A harm above its limit is said to be; a gate that failed is named; nothing is certified that is not."""
    report = {
        "rows": 44143,
        "contacted_rate": 0.505,
        "average_effect": {"benefit": effect(0.0556), "complaint": effect(0.0033), "opt_out": effect(0.007)},
        "scorers": [{"name": "x", "chosen": True}, {"name": "average", "chosen": False}],
        "certificate": CERTIFICATE,
        "gate": {"checks": [{"name": "harm", "passed": False}]},
    }
    told = " ".join("\n".join(learned(report, datetime(2027, 2, 3, tzinfo=UTC), "1")).split())
    actual = [
        words in told
        for words in (
            "engaged +55.6 (+54.6 to +56.6) complained",
            "complained +3.3 (+2.3 to +4.3) opted",
            "opted out +7.0 (+6.0 to +8.0) more than the shop allows itself",
            "a coin decided whether the shop wrote (50.5 %)",
            "of 2 that competed, X (imputed effects) did best",
            "certificate: not issued; too few rows.",
            "gate: failed (harm); version 1",
        )
    ]
    assert actual == [True] * 7


def test_places_are_shown_as_they_are() -> None:
    """Each on a line, a bracket in a path included; the command last."""
    actual = shown("\n".join(onward({"report": "/home/[red]/report.html"}, "outreach explain 01J")))
    assert actual == "report: /home/[red]/report.html\none decision, step by step: outreach explain 01J\n"
