"""`outreach policy learn`: the weights of the wording model, from the labelled sentences of `data/wording`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.errors import InvalidInput
from serving.policy.linear import SILENT, Linear
from serving.policy.tokens import sentences
from serving.policy.wording import Wording, found_in, hints_of, plain_lines
from serving.policy_files.source import READING, source_digest

if TYPE_CHECKING:
    from model.wording import Learned, Message

BLOCKED = 0.045  # of the ordinary service sentences at most, rules and model together, in cross-validation
LEAST_HANDS = 2  # that write sentences of a class: one is left out
Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
CLASSES = {"service": False, "marketing": True}
PAIRS = (("marketing", "caught"), ("service", "blocked"))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled text of a file; `sells` is the part for which it is marketing. data/README.md has the columns."""

    text: str
    marketing: bool
    hard: bool
    sells: str
    file: str
    kind: str
    style: str

    @property
    def ordinary(self) -> bool:
        """Whether it is service that does not sound like marketing."""
        return not self.marketing and not self.hard


@click.command(
    short_help="Learn the wording model.", epilog="Example: outreach policy learn data/wording --out wording.json"
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="where the weights go")
@click.option(
    "--figures", "kept", type=click.Path(dir_okay=False, path_type=Path), help="where the figures go, as JSON"
)
@click.option("--jobs", default=1, show_default=True, help="files that are left out at a time")
@click.option("--json", "as_json", is_flag=True, help="print the figures as JSON")
def learn(folder: Path, out: Path | None, kept: Path | None, jobs: int, as_json: bool) -> None:  # noqa: FBT001  (a click flag)
    """Learn the wording model, measured by leaving out one file (one hand) at a time."""
    from model.wording import Message, cross_validated, learn

    source: dict[str, JSON] = {"learned_from": digest_of(folder), "read_by": source_digest(READING)}
    read, rules = read_sentences(folder), Wording(SILENT)
    ruled = np.array([bool(rules.judge(each.text).findings) for each in read])
    _refuse_too_few(read, ruled, place=f"`{folder}`")
    messages = [Message(**features_of(each)) for each in read]
    margins = cross_validated(messages, margins_of, jobs=jobs)
    cut = cut_of(read, margins, ruled)
    if digest_of(folder) != source["learned_from"]:
        raise InvalidInput(f"`{folder}` changed while it was learned from; run `outreach policy learn` again")
    figures = source | measured(read, ruled | (margins >= cut), ruled)
    if out is not None:
        learned = learn(messages)
        figures["weights"] = len(learned.weights)
        content = {"intercept": round(learned.intercept - cut, 3), "weights": dict(sorted(learned.weights.items()))}
        out.write_text(json.dumps(source | content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    if kept is not None:
        kept.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(figures, indent=2) if as_json else table(figures))


def margins_of(learned: "Learned", messages: Sequence["Message"]) -> list[float]:
    """Return the margins of messages under the model that judges."""
    whole, part = ({name: pair[side] for name, pair in learned.weights.items() if pair[side]} for side in (0, 1))
    judge = Linear(whole, part, learned.intercept, "")
    return [judge.margin(each.sentences, each.hints)[0] for each in messages]


def read_sentences(folder: Path) -> list[Sentence]:
    """Read all `*.jsonl` of a folder; raises InvalidInput with file and line."""
    files = sorted(folder.glob("*.jsonl")) if folder.is_dir() else []
    if not files:
        raise InvalidInput(f"`{folder}` is no folder with `*.jsonl` files; name the one with the labelled sentences")
    return [
        _sentence(line, f"{file.name}:{number}", file.stem)
        for file in files
        for number, line in enumerate(_text(file).rstrip("\n").split("\n"), start=1)
    ]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = file.read_bytes().count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{file.name}:{line}: not UTF-8; save the file in that encoding") from None


def _refuse_too_few(read: Sequence[Sentence], ruled: Truths, *, place: str) -> None:
    """Raise InvalidInput where a class has fewer than two hands, or no ordinary service message passes the rules."""
    for name, marketing in CLASSES.items():
        hands = len({each.file for each in read if each.marketing == marketing})
        if hands < LEAST_HANDS:
            raise InvalidInput(
                f"{place}: {'only 1' if hands else 'none'} of its files has `{name}` sentences: "
                "a file is one hand, judged by what the others taught; write such sentences in two files at least"
            )
    if not any(each.ordinary and not own for each, own in zip(read, ruled, strict=True)):
        raise InvalidInput(
            f"{place}: no ordinary `service` sentence (`hard` false) that the rules let pass; "
            "the cut is a share of those: add some"
        )


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of all sentences of a folder, file by file."""
    whole = sha256()
    for file in sorted(folder.glob("*.jsonl")):
        whole.update(sha256(file.read_bytes()).digest())
    return f"sha256:{whole.hexdigest()}"


def _sentence(line: str, place: str, file: str) -> Sentence:
    try:
        row = json.loads(line)
        text, label, hard, sells = row["text"], CLASSES[row["label"]], row["hard"], row.get("sells", "")
        kind, style = row["kind"], row["style"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInput(
            f"{place}: not a sentence ({type(error).__name__}); write text, label, kind, industry, style, hard, sells"
        ) from None
    if not isinstance(text, str) or not isinstance(sells, str) or sells not in text or (label and not sells):
        raise InvalidInput(f"{place}: `sells` is not a part of `text`; name the words for which it is marketing")
    return Sentence(text=text, marketing=label, hard=bool(hard), sells=sells, file=file, kind=kind, style=style)


def features_of(each: Sentence) -> dict[str, JSON]:
    """Return the fields of `model.wording.Message` of one labelled text."""
    lines = plain_lines(each.text)
    plain = " ".join(lines)
    part = frozenset(pair for own in sentences(plain_lines(each.sells)) for pair in own if " " in pair)
    return {
        "sentences": sentences(lines),
        "selling": None if len(each.sells) >= 0.95 * len(each.text) else part,
        "hints": hints_of(plain, found_in(plain)),
        "marketing": each.marketing,
        "group": each.file,
    }


def cut_of(read: Sequence[Sentence], margins: Floats, ruled: Truths) -> float:
    """Return the least margin from which on at most `BLOCKED` of the ordinary service messages are vetoed.

    At least one of them must pass the rules.
    """
    ordinary = np.array([each.ordinary for each in read])
    allowed = int(BLOCKED * ordinary.sum()) - int((ruled & ordinary).sum())
    others = np.sort(margins[ordinary & ~ruled])[::-1]
    return float(np.nextafter(others[max(0, min(allowed, len(others) - 1))], np.inf))


def measured(read: Sequence[Sentence], vetoed: Truths, ruled: Truths) -> dict[str, JSON]:
    """Return counts and rates by difficulty, file, style and kind: marketing caught, service blocked."""
    marketing, hard = np.array([each.marketing for each in read]), np.array([each.hard for each in read])
    chosen = {"all": np.ones(len(read), dtype=bool), "ordinary": ~hard, "hard": hard}
    for name in ("file", "style", "kind"):
        own = np.array([getattr(each, name) for each in read])
        chosen |= {f"{name} {value}": own == value for value in sorted(set(own))}
    figures: dict[str, JSON] = {"texts": len(read), "rules_alone": _rates(ruled, marketing)}
    return figures | {name: _rates(vetoed[part], marketing[part]) for name, part in chosen.items()}


def table(figures: Mapping[str, JSON]) -> str:
    """Return the rates as the Markdown table of docs/wording.md."""
    head = ["| part | marketing | caught | service | blocked |", "|---|---|---|---|---|"]
    rows = ((name, rates) for name, rates in figures.items() if isinstance(rates, dict))
    cells = ([name, *(_cell(rates[count], rates[share]) for count, share in PAIRS)] for name, rates in rows)
    return "\n".join([*head, *(f"| {' | '.join(each)} |" for each in cells)])


def _cell(count: JSON, share: JSON) -> str:
    return f"{count:,} | {share:.1%}" if isinstance(count, int) and isinstance(share, float) else "– | –"


def _rates(vetoed: Truths, marketing: Truths) -> dict[str, JSON]:
    """Return how many there are of each class, and the shares that are vetoed."""
    return {
        "marketing": int(marketing.sum()),
        "caught": round(float(vetoed[marketing].mean()), 4) if marketing.any() else None,
        "service": int((~marketing).sum()),
        "blocked": round(float(vetoed[~marketing].mean()), 4) if (~marketing).any() else None,
    }
