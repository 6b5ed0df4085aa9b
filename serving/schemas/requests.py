"""The bodies of decisions, outcomes and preferences, and what they mean in our own words."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from model.contracts import BY_DECISION, BY_USER, JSON, Candidate, Event, EvidenceRef, Message, Outcome, OutcomeKind
from serving.events.catalogue import IDENTIFIED, NO_EVIDENCE
from serving.schemas.base import Facts, Id, Text, Time, Uri, Wire, Word, Zone

ChannelName = Literal["chat", "widget", "push", "sms", "email", "whatsapp"]
ActionName = Literal["send", "hold", "deny"]
KindName = Literal[
    "delivered",
    "not_delivered",
    "engaged",
    "thanked",
    "complained",
    "opted_out",
    "dismissed",
    "complaint_closed",
    "contacted_us",
]


def alone(name: str, *, without: tuple[str, ...], **more: JSON) -> dict[str, JSON]:
    """Return, as JSON Schema, that this member is there and those are not: absent or null, which is the same."""
    absent: dict[str, JSON] = {other: {"type": "null"} for other in without}
    return {"required": [name], "properties": {name: {"type": "string"}, **absent, **more}}


class UserBody(Wire):
    """Whom the message would go to. Null says the same as absent, here and everywhere."""

    id: Id
    timezone: Zone | None = None
    attributes: Facts | None = None


class EvidenceBody(Wire):
    """A recorded event by type and id (and source, where those are not unique); with `time` it comes inline."""

    type: Word
    id: Id
    source: Uri | None = None
    subject: Id | None = None
    time: Time | None = None
    data: Facts | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.time is None and (self.data is not None or self.subject is not None):
            raise PydanticCustomError("evidence", "inline evidence needs `time`: say when it happened")
        if self.inline and self.type == IDENTIFIED:
            raise PydanticCustomError("evidence", NO_EVIDENCE)
        return self

    @property
    def inline(self) -> bool:
        """Whether the event itself came along."""
        return self.time is not None


class MessageBody(Wire):
    """A template with its facts, or a text with its next step."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                alone("template", without=("text", "next_step")),
                alone("text", without=("template",)),
            ]
        }
    )

    template: Word | None = None
    facts: Facts | None = None
    text: Text | None = None
    next_step: Text | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise PydanticCustomError("message", "needs exactly one of `template` and `text`")
        if self.template is not None and self.next_step is not None:
            raise PydanticCustomError("message", "a template brings its own `next_step`; leave the field out")
        return self


class SessionBody(Wire):
    """The visit in which the message would appear."""

    id: Id


class DecisionBody(Wire):
    """One candidate: a message that could be sent."""

    user: UserBody
    purpose: Word
    channel: ChannelName
    evidence: EvidenceBody | None = None
    message: MessageBody
    expires_at: Time | None = None
    session: SessionBody | None = None

    def candidate(self, source: str) -> Candidate:
        """Return it in the words of the policy; `source` is that of inline evidence which names none."""
        return Candidate(
            user_id=self.user.id,
            purpose=self.purpose,
            channel=self.channel,
            message=Message(
                template=self.message.template,
                facts=self.message.facts or {},
                text=self.message.text,
                next_step=self.message.next_step,
            ),
            evidence=self._reference(source),
            timezone=self.user.timezone,
            attributes=self.user.attributes or {},
            expires_at=self.expires_at,
            session_id=None if self.session is None else self.session.id,
        )

    def inline_event(self, source: str) -> Event | None:
        """Return the event that came inline (about this customer unless it says otherwise), or None."""
        evidence = self.evidence
        if evidence is None or evidence.time is None:
            return None
        return Event(
            source=evidence.source or source,
            id=evidence.id,
            type=evidence.type,
            time=evidence.time,
            subject=evidence.subject or self.user.id,
            data=evidence.data or {},
        )

    def _reference(self, source: str) -> EvidenceRef | None:
        evidence = self.evidence
        if evidence is None:
            return None
        default = source if evidence.inline else None
        return EvidenceRef(type=evidence.type, id=evidence.id, source=evidence.source or default)


class OutcomeBody(Wire):
    """What followed: about a decision, or about a customer whether contacted or not."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                alone("decision_id", without=("user_id",), kind={"enum": [kind.value for kind in sorted(BY_DECISION)]}),
                alone("user_id", without=("decision_id",), kind={"enum": [kind.value for kind in sorted(BY_USER)]}),
            ]
        }
    )

    decision_id: Id | None = None
    user_id: Id | None = None
    kind: KindName
    time: Time
    channel: ChannelName | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if (self.decision_id is None) == (self.user_id is None):
            raise PydanticCustomError("outcome", "needs exactly one of `decision_id` and `user_id`")
        by, known = ("user_id", BY_USER) if self.decision_id is None else ("decision_id", BY_DECISION)
        if OutcomeKind(self.kind) not in known:
            kinds = ", ".join(sorted(known))
            raise PydanticCustomError(
                "outcome", "this `kind` is not reported by `{by}`; use one of {kinds}", {"by": by, "kinds": kinds}
            )
        return self

    def outcome(self) -> Outcome:
        """Return it in our own words."""
        return Outcome(
            kind=OutcomeKind(self.kind),
            time=self.time,
            decision_id=self.decision_id,
            user_id=self.user_id,
            channel=self.channel,
        )


class PreferencesBody(Wire):
    """What a customer told us. It replaces what was there; a channel that is not named has no consent."""

    timezone: Zone | None = None
    consent: dict[ChannelName, bool] = Field(default_factory=dict)
