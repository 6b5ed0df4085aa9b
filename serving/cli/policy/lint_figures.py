"""How `outreach policy lint` shows what it found: for people, as JSON, and as annotations of a pull request.

Annotations: GitHub, workflow commands (`::error file=…,line=…::message`); `%`, line ends and, in properties, `:` and
`,` are escaped as GitHub's own toolkit does it. Columns are left out where an annotation spans lines.
"""

from collections.abc import Iterator
from itertools import groupby

from model.contracts import JSON
from model.in_words.numbers import counted
from serving.linting.finding import Finding, Severity
from serving.linting.lint import Linted
from serving.people.spreadsheets import plain

LONGEST_LINE = 160  # characters of a quoted line
COMMANDS = {Severity.ERROR: "error", Severity.NOTE: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def as_data(found: Finding) -> dict[str, JSON]:
    """Return a finding as JSON values; lines and columns count from 1, an end is just behind, null is unknown."""
    spot = found.spot
    return {
        "file": spot.file,
        "line": spot.line,
        "column": spot.column,
        "end_line": spot.end_line,
        "end_column": spot.end_column,
        "severity": str(found.severity),
        "rule": found.rule,
        "code": found.code,
        "message": found.message,
        "said": found.said,
        "span": found.span,
        "source": found.source,
        "suggestion": found.suggestion,
    }


def as_github(linted: Linted) -> Iterator[str]:
    """Yield an annotation for each finding, then what they come to."""
    for each in linted.findings:
        spot = each.spot
        properties = {"file": spot.file, "line": spot.line}
        if spot.end_line is not None:
            properties["endLine"] = spot.end_line
        if spot.column is not None and spot.end_line in {None, spot.line}:
            properties |= {"col": spot.column, "endColumn": spot.end_column or spot.column + 1}
        properties["title"] = f"{each.rule}{f' ({each.code})' if each.code not in {None, each.rule} else ''}"
        written = ",".join(f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items())
        message = f"{each.message}\nSource: {each.source}\nInstead: {each.suggestion}"
        yield f"::{COMMANDS[each.severity]} {written}::{message.translate(_DATA)}"
    yield summary(linted)


def as_text(linted: Linted) -> Iterator[str]:
    """Yield the findings by file, each with its line and what stands there, then what they come to."""
    for file, findings in groupby(linted.findings, key=lambda each: each.spot.file):
        lines = linted.texts.get(file, "").split("\n")
        yield plain(file)
        for each in findings:
            yield from _finding(each, lines)
        yield ""
    yield summary(linted)


def _finding(found: Finding, lines: list[str]) -> Iterator[str]:
    spot = found.spot
    place = f"{spot.file}:{spot.line}" + (f":{spot.column}" if spot.column else "")
    code = f", {found.code}" if found.code not in {None, found.rule} else ""
    yield f"  {plain(place)}: {found.severity}: {plain(found.message)} [{found.rule}{code}]"
    if spot.line <= len(lines) and lines[spot.line - 1].strip():
        yield from _quoted(lines[spot.line - 1], found)
    yield f"      source:  {found.source}"
    yield f"      instead: {found.suggestion}"


def _quoted(line: str, found: Finding) -> Iterator[str]:
    """Yield the line, and signs below what the finding is about; of a long line a part around it."""
    spot = found.spot
    start = (spot.column or 1) - 1
    same = spot.end_line in {None, spot.line}
    end = ((spot.end_column or start + 2) - 1) if same else len(line.rstrip())
    cut = max(0, min(start - LONGEST_LINE // 4, len(line) - LONGEST_LINE))
    shown = "".join(sign if sign.isprintable() else "?" for sign in line[cut : cut + LONGEST_LINE].rstrip())
    yield f"      {shown}"
    if spot.column is not None:
        width = max(1, min(end, cut + LONGEST_LINE) - start)
        yield f"      {' ' * (start - cut)}{'^' * width}"


def summary(linted: Linted) -> str:
    """Say how much was looked at, and what was found."""
    errors = sum(each.severity == Severity.ERROR for each in linted.findings)
    notes = len(linted.findings) - errors
    files = len({each.spot.file for each in linted.findings if each.severity == Severity.ERROR})
    looked = f"{counted(linted.templates, 'template')}, {counted(linted.triggers, 'trigger')}"
    found = f"{counted(errors, 'finding')} in {counted(files, 'file')}" if errors else "no findings"
    return f"{looked}, {found}" + (f", {counted(notes, 'note')}" if notes else "")
