"""What `GET /v1/decisions/{id}` adds to a record: both questions in plain words, every verdict, what would flip it."""

from datetime import datetime
from typing import Literal

from serving.schemas.base import Answered, Code

Verdict = Literal["pass", "refuse", "waived", "not_asked"]


class VerdictAnswer(Answered):
    """What one filter was asked and answered; `would_change` is null where nothing has to."""

    code: Code
    verdict: Verdict
    clause: str
    source: str
    detail: str
    would_change: str | None


class ChangeAnswer(Answered):
    """One input that would have to change, and the codes that it lies behind."""

    input: str
    codes: list[Code]
    change: str


class FlipAnswer(Answered):
    """The smallest change that would flip the answer, found by deciding again under `policy_version`.

    All of `changes` are needed together; `until` is how long to wait where time is one of them. `others` are further
    changes each of which alone turns a send into a no.
    """

    leads_to: Literal["send", "second_question", "hold", "deny"]
    said: str
    until: datetime | None
    changes: list[ChangeAnswer]
    others: list[ChangeAnswer]
    policy_version: str


class ExplanationAnswer(Answered):
    """Both questions in plain words and every verdict, from the record; `flip` or, where none is named, `no_flip`.

    `policy_version` is that of the policy at hand; `note` says where the decision was made under another one.
    """

    policy_version: str
    note: str | None
    agent_would_send: str | None
    customer_would_thank: str | None
    verdicts: list[VerdictAnswer]
    flip: FlipAnswer | None
    no_flip: str | None
