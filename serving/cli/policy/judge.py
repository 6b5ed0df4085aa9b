"""`outreach policy judge`: what the veto on wording says of a company's texts."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import TextWrapper
from typing import BinaryIO

import click

from model.contracts import JSON
from model.errors import InvalidInput
from model.in_words.numbers import counted
from serving.cli.policy.refused_figures import beginning
from serving.cli.policy.texts_given import Given, texts_of
from serving.cli.progress import Report, progress
from serving.people.spreadsheets import plain
from serving.policy.language import judgeable
from serving.policy.wording import CODES, RULES, Finding, Verdict
from serving.policy_files.templates import shipped_wording

STDIN = "-"
EVERY = 2000  # texts between two looks at how far it is
LONGEST_TEXT, LONGEST_PHRASE = 100, 60  # characters shown to a person, in a line
NOT_ENGLISH = "not in English as far as can be told"


@click.command(
    short_help="Judge the wording of texts, one on each line.",
    epilog="Example: outreach policy judge texts.jsonl --json",
)
@click.argument("texts", metavar="TEXTS.jsonl")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object for each text")
def judge(texts: str, as_json: bool) -> None:  # noqa: FBT001  (a click flag)
    """Judge the wording of texts, one `{"text": …}` on each line (`-`: standard input); in order, as they come.

    Only the wording is judged: whether such a message may go out takes its evidence as well. A place to be filled in
    (`{{1}}`, `{name}`, `[Brand]`) is nothing that is found. `spans` count characters of the text. `judged` is false
    where a text is not in English: what is found in it counts, and that nothing is found says little.
    """
    wording, summed = shipped_wording(), Summed()
    with _opened(texts) as (stream, name, size), progress() as report:
        for given in texts_of(stream, name):
            verdict = wording.judge(given.text)
            said = json.dumps(as_data(given.text, verdict), ensure_ascii=False) if as_json else _shown(given, verdict)
            click.echo(said)
            summed.add(given.text, verdict)
            _tell(report, stream, size, summed.judged)
    if not as_json:
        click.echo(summed.line())


def as_data(text: str, verdict: Verdict) -> dict[str, JSON]:
    """Return the verdict on a text as JSON values; `spans` and `start` to `end` count its characters from 0."""
    return {
        "text": text,
        "verdict": "veto" if verdict.codes else "pass",
        "codes": list(verdict.codes),
        "spans": [list(span) for span in verdict.spans],
        "score": verdict.score,
        "judged": judgeable(text),
        "findings": [
            {
                "rule": each.rule,
                "code": each.code,
                "start": each.start,
                "end": each.end,
                "said": text[each.start : each.end],
                "source": RULES[each.rule].source,
                "suggestion": RULES[each.rule].suggestion,
            }
            for each in verdict.findings
        ],
    }


class Summed:
    """How many texts were judged, and in how many of them each rule found something."""

    def __init__(self) -> None:
        self.judged = self.vetoed = self.foreign = 0
        self.rules: Counter[str] = Counter()

    def add(self, text: str, verdict: Verdict) -> None:
        """Count one text."""
        self.judged += 1
        self.foreign += not verdict.codes and not judgeable(text)
        self.vetoed += bool(verdict.codes)
        self.rules.update({each.rule for each in verdict.findings})

    def line(self) -> str:
        """Return all of it in a line; the rules that found the most first."""
        most = [f"{rule} {times:,}" for rule, times in sorted(self.rules.items(), key=lambda each: (-each[1], each[0]))]
        rules = "; " + ", ".join(most) if most else ""
        foreign = f" (of which {self.foreign:,} {NOT_ENGLISH})" if self.foreign else ""
        passed = f"{self.judged - self.vetoed:,} pass{foreign}"
        return f"{counted(self.judged, 'text')} judged: {passed}, {self.vetoed:,} veto{rules}"


def _shown(given: Given, verdict: Verdict) -> str:
    """Return what is said of a text to a person: the verdict, each phrase, its rule, who says so, what to write."""
    if not verdict.codes:
        text = beginning(given.text, LONGEST_TEXT)
        doubt = "" if judgeable(given.text) else f"\n      {NOT_ENGLISH}: let a person read it"
        return f"pass  line {given.number}: {text}{doubt}"
    lines = _wrapped(f"VETO  line {given.number}: ", given.text)
    for code in CODES:
        for rule, phrases in _phrases(given.text, verdict, code).items():
            lines += [
                f"      {phrases}: {rule} ({code})",
                f"          source:  {RULES[rule].source}",
                f"          instead: {RULES[rule].suggestion}",
            ]
    return "\n".join(lines)


def _wrapped(head: str, text: str) -> list[str]:
    """Return the lines of a whole text behind what is said first; a word that is longer than a line stays one."""
    whole = TextWrapper(
        width=len(head) + LONGEST_TEXT,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return whole.wrap(plain(text)) or [head.rstrip()]


def _phrases(text: str, verdict: Verdict, code: str) -> dict[str, str]:
    """Return the rules of a code that found something, each with what it found, quoted."""
    found: dict[str, dict[str, None]] = {}
    for each in verdict.findings:
        if each.code == code:
            found.setdefault(each.rule, {})[f"“{beginning(_said(text, each), LONGEST_PHRASE)}”"] = None
    return {rule: ", ".join(phrases) for rule, phrases in found.items()}


def _said(text: str, found: Finding) -> str:
    return text[found.start : found.end]


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, str, int]]:
    """Open a file, or standard input; with its name in errors, and its size in bytes (0: unknown)."""
    if path == STDIN:
        yield sys.stdin.buffer, "standard input", 0
        return
    file = Path(path)
    if file.is_dir() or not file.exists():
        lack = "is a folder" if file.is_dir() else "does not exist"
        raise InvalidInput(f"`{path}` {lack}; name a file of JSON lines, or `-` for standard input")
    with file.open("rb") as stream:
        yield stream, path, os.fstat(stream.fileno()).st_size


def _tell(report: Report, stream: BinaryIO, size: int, judged: int) -> None:
    if size and judged % EVERY == 0:
        report("judging texts", min(1.0, stream.tell() / size))
