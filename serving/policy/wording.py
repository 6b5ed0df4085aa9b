"""The veto on wording: `promotional_wording` and `generic_wording`, judged as the customer would read it.

Rules find phrases (`serving.policy.phrases`, `serving.policy.courting`), each with its source; a linear text model
(`serving.policy.linear`) weighs all words. The text is judged in the plain form of `serving.policy.letters`, and by the
rules once more with what was pulled apart put together. A pattern is tried only where one of its words occurs.

Example:
    >>> from serving.policy.linear import SILENT
    >>> Wording(SILENT).judge("Your parcel A-7 now arrives on Friday. Reply to change the address.").codes
    ()
    >>> Wording(SILENT).judge("Get 20% o\u200bff your next order!").codes
    ('promotional_wording',)
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from serving.policy.courting import COURTING, GENERIC, TIED, UNTIED
from serving.policy.hidden_words import HIDDEN
from serving.policy.language import judgeable
from serving.policy.letters import (
    ALPHABET,
    JOINED_RUN,
    folded,
    normalised,
    placed,
    pulled_apart,
    pulled_together,
    spaced,
    spelt_out,
    spread,
)
from serving.policy.linear import Linear
from serving.policy.offers_abroad import ABROAD, offers_in
from serving.policy.phrases import SELLING
from serving.policy.phrasing import PROMOTIONAL, Code, Index, Rule, index_of
from serving.policy.pitches import PITCHES
from serving.policy.tokens import places

WORD = re.compile("[a-z]+")  # every trigger is plain ASCII
_PARTED = bytes(sign if chr(sign) in ALPHABET else ord(" ") for sign in range(256))
SOLID = re.compile(r"[^\s_]+")
MOST_KEPT = 4096  # verdicts
LONGEST_KEPT = 2000  # characters of a text whose verdict is kept
VETO = 0.5  # the score from which on a text is marketing
SURE, UNSURE = 0.9, 0.49  # the same for a text that is hardly English, and what is said of it below
CODES: tuple[Code, ...] = ("promotional_wording", "generic_wording")  # in the catalogue's order
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What one rule found, and where: characters `start` to `end` of the text as it was given."""

    start: int
    end: int
    rule: str
    code: Code


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the veto found; `score` from 0 to 1 is how much it reads like marketing, a veto from 0.5 on."""

    findings: tuple[Finding, ...]
    score: float

    @property
    def codes(self) -> tuple[Code, ...]:
        """Return the codes of the refusal, in the catalogue's order; none where the text passes."""
        found = {each.code for each in self.findings}
        return tuple(code for code in CODES if code in found)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return where it stands in the text as it was given, in order."""
        return tuple(sorted({(each.start, each.end) for each in self.findings}))


@dataclass(frozen=True, slots=True)
class Wording:
    """The rules with a model beside them, and what their source says; verdicts on short texts are kept."""

    model: Linear
    source: str = ""
    kept: dict[tuple[str, bool | None], Verdict] = field(default_factory=dict, repr=False, compare=False)

    def judge(self, text: str, *, english: bool | None = None) -> Verdict:
        """Return the verdict on a text, in time linear in its length.

        `english` says whether its own words are read, of a template those that are not filled in; None: look at all of
        it. Of a text that is not, which waits for a person, the model must be surer before it refuses it.
        """
        verdict = self.kept.get((text, english))
        if verdict is None:
            verdict = self._judged(text, english=english)
            if len(text) <= LONGEST_KEPT:
                if len(self.kept) >= MOST_KEPT:
                    self.kept.clear()
                self.kept[text, english] = verdict
        return verdict

    def _judged(self, text: str, *, english: bool | None = None) -> Verdict:
        letters = [folded(line) for line in text.splitlines()]
        lines = [plain for plain in map(spaced, letters) if plain]
        plain = " ".join(lines)
        words = _CALLING.intersection(words_of(plain))
        found = _found_in(plain, words)
        if not any(RULES[rule].code == PROMOTIONAL for rule, _ in found) and _sells_apart(" ".join(letters), plain):
            found.add((PULLED_APART.id, (0, len(plain))))
        if found:
            return Verdict(_placed(text, plain, found), 1.0)
        score, which = self.model.weigh(lines, _hints_of(plain, words, found))
        if VETO <= score < SURE and not (judgeable(text) if english is None else english):
            score = UNSURE
        elif score >= VETO and which is not None:
            found.add((LEARNED.id, places(lines)[which]))
        return Verdict(_placed(text, plain, found), score)


def plain_lines(text: str) -> list[str]:
    """Return the lines of a text in plain form, without empty ones."""
    return [plain for plain in map(normalised, text.splitlines()) if plain]


def found_in(plain: str) -> set[tuple[str, Span]]:
    """Return the rules that found something in a normalised text as it stands, and where."""
    return _found_in(plain, TRIGGERS.intersection(words_of(plain)))


def hints_of(plain: str, found: Iterable[tuple[str, Span]]) -> list[str]:
    """Return what the rules say of a normalised text as features: `!rule` where it found something, `?rule` a hint."""
    return _hints_of(plain, HINTED.intersection(words_of(plain)), found)


def words_of(plain: str) -> list[str]:
    """Return the words of a normalised text, as `WORD` finds them."""
    return plain.encode("ascii", "replace").translate(_PARTED).decode().split()


def _found_in(plain: str, words: frozenset[str]) -> set[tuple[str, Span]]:
    """Return the same for a text whose words are known."""
    found = set(offers_in(plain))
    if not words:
        return found
    found.update(_found(plain, words, _INDEX))
    if not words.isdisjoint(_WORDS):
        found.update((_WORDS[match[0]], match.span()) for match in WORD.finditer(plain) if match[0] in _WORDS)
    if not words.isdisjoint(_UNTIED) and not _TIED.search(plain):
        found.update(_found(plain, words, _UNTIED))
    return found


def _hints_of(plain: str, words: frozenset[str], found: Iterable[tuple[str, Span]]) -> list[str]:
    hints = [*{f"!{rule}" for rule, _ in found}, *{f"?{rule}" for rule, _ in _found(plain, words, _HINTS)}]
    return [*hints, "?tied"] if _TIED.search(plain) else hints


def _sells_apart(text: str, plain: str) -> bool:
    """Whether a folded text sells once its joints are read as spaces or left out, or spells out a word that sells.

    `plain` is the text as it stands, which does not sell: another reading is judged only where it has a word of some
    pattern that `plain` lacks, or parts a word that calls for one.
    """
    if not pulled_apart(text):
        return False
    if not SPELT_OUT.isdisjoint(spelt_out(text)):
        return True
    parts = {part for run in JOINED_RUN.findall(text) for part in WORD.findall(run)}
    readings = [] if TRIGGERS.isdisjoint(parts) else [spread(text)]
    together = pulled_together(text)
    if not SPOKEN.isdisjoint(set(words_of(together)).difference(words_of(plain))):
        readings.append(together)
    return any(RULES[rule].code == PROMOTIONAL for reading in readings for rule, _ in found_in(reading))


def _found(plain: str, words: frozenset[str], index: Index) -> Iterator[tuple[str, Span]]:
    for rule, tried in {each: None for word in words for each in index.get(word, ())}:
        spans = [match.span() for find in tried if (match := find(plain))]
        if spans:
            yield rule, min(spans, key=itemgetter(0))


def _placed(text: str, plain: str, found: set[tuple[str, Span]]) -> tuple[Finding, ...]:
    if not found:
        return ()
    places = _places(text, plain)
    return tuple(
        sorted(
            Finding(places[start], places[end - 1] + 1 if end > start else places[start], rule, RULES[rule].code)
            for rule, (start, end) in found
        )
    )


def _places(text: str, plain: str) -> Sequence[int]:
    """Return for each character of a normalised text its place in the text; quickly where only white space differs."""
    small = text.casefold()
    if len(small) != len(text) or spaced(small) != plain:  # of some letters casefold makes two
        return placed(text)[1]
    if small == plain:
        return range(len(plain))
    places: list[int] = []
    for word in SOLID.finditer(text):
        places += range(word.start(), word.end() + 1)  # the space after it included
    return places


PULLED_APART = Rule(
    "pulled_apart",
    source="our own decision: a text is judged as the customer reads it",
    suggestion="write words as words; then the rule that found something says what it was",
    lines="",
)
LEARNED = Rule(
    "learned",
    source="our own decision: a linear model of the sentences in data/wording (docs/wording.md)",
    suggestion="say what happened to this customer and what they can do, in plain words",
    lines="",
)
FIRM = (*SELLING, *PITCHES, ABROAD, *COURTING, *GENERIC)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in (*FIRM, *UNTIED, PULLED_APART, LEARNED)}
_INDEX = index_of((rule.id, rule.patterns()) for rule in FIRM)
_UNTIED, _TIED = index_of((rule.id, rule.patterns()) for rule in UNTIED), re.compile(TIED)
_HINTS = index_of((rule.id, rule.hinting()) for rule in RULES.values())
_WORDS = {word: rule.id for rule in RULES.values() for word in rule.single()}
_WHOLE = {rule.id for rule in FIRM if rule.code == PROMOTIONAL and rule is not HIDDEN}  # called for by whole words
_SELLING = {word for word, tried in _INDEX.items() if any(rule in _WHOLE for rule, _ in tried)}
SPELT_OUT = frozenset(word for word in [*_SELLING, *_WORDS] if len(word) >= 4)
TRIGGERS = frozenset([*_INDEX, *_UNTIED, *_WORDS])
HINTED = frozenset(_HINTS)
_CALLING = TRIGGERS | HINTED
_PATTERNS = " ".join(pattern for rule in (*FIRM, *UNTIED) for _, pattern in rule.patterns())
SPOKEN = TRIGGERS.union(WORD.findall(_PATTERNS.replace("\\b", " ")))  # every word of some pattern
