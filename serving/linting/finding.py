"""What lint finds: where it stands, by which rule, who says so, and what to write instead."""

from dataclasses import dataclass
from enum import StrEnum

from serving.policy_files.places import Spot


class Severity(StrEnum):
    """An error stops a pull request; a note is for its author to know."""

    ERROR = "error"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule of lint's own; `code` is the reason with which a decision would refuse such a message, if it would."""

    id: str
    source: str
    suggestion: str
    code: str | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding; `said` are the words that it is about, `span` where these stand in the text or the next step."""

    spot: Spot
    rule: str
    message: str
    source: str
    suggestion: str
    code: str | None = None
    said: str = ""
    span: tuple[int, int] | None = None
    severity: Severity = Severity.ERROR


def found(rule: LintRule, spot: Spot, message: str, *, said: str = "", span: tuple[int, int] | None = None) -> Finding:
    """Return a finding of a rule."""
    return Finding(
        spot=spot,
        rule=rule.id,
        message=message,
        source=rule.source,
        suggestion=rule.suggestion,
        code=rule.code,
        said=said,
        span=span,
        severity=rule.severity,
    )


def order(one: Finding) -> tuple[str, int, int, str]:
    """Return what findings are sorted by: file, line, column, rule."""
    return one.spot.file, one.spot.line, one.spot.column or 0, one.rule
