"""How fast the veto on wording is, and how often it is right: python benchmarks/wording.py [--texts FILE.jsonl].

The shipped veto is timed on the project's own sentences. Beside a list of words and TF-IDF with logistic regression,
its rules and its model judge these sentences by leaving out one file (one hand) at a time. With `--texts` the shipped
veto judges labelled texts of anybody, one `{"text": …, "label": "service" or "marketing"}` a line.
Reading: benchmarks/README.md.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from benchmarks.environment import ROOT
from benchmarks.tables import table
from benchmarks.wording_rivals import by_keywords, by_tfidf
from model.wording import Message, cross_validated
from serving.cli.policy.learn import BLOCKED, CLASSES, Sentence, cut_of, features_of, margins_of, read_sentences
from serving.policy.linear import SILENT
from serving.policy.wording import Wording
from serving.policy_files.templates import shipped_wording

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
SHORT, LONG = 300, 100_000  # characters: of a message, of the longest text
FEW, SEED = 3_000, 20_260_101  # messages that are timed, and how they are drawn


def main(arguments: Sequence[str]) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--texts", type=Path, help="labelled texts that the shipped veto judges, as JSON lines")
    parser.add_argument("--rounds", type=int, default=5, help="of timing; the fastest of each text counts")
    parser.add_argument("--jobs", type=int, default=1, help="files that are left out at a time")
    parser.add_argument("--speed", action="store_true", help="only the speed")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    if options.texts is not None:
        text = on_texts(options.texts)
    else:
        read = read_sentences(ROOT / "data" / "wording")
        parts = [machine(), speed([each.text for each in read], rounds=options.rounds)]
        text = "\n\n".join(parts if options.speed else [*parts, accuracy(read, jobs=options.jobs)])
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")


def machine() -> str:
    """Say where this ran."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scikit-learn"))
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    return f"# The veto on wording\n\n{where}; Python {platform.python_version()}, {packages}; CPU time of one thread."


def speed(texts: Sequence[str], *, rounds: int, few: int = FEW) -> str:
    """Return the table of microseconds a message, of texts drawn by a seed."""
    short = sorted({text for text in texts if len(text) <= SHORT})
    drawn = [short[place] for place in np.random.default_rng(SEED).permutation(len(short))[:few]]
    ascii_only, others = [text for text in drawn if text.isascii()], [text for text in drawn if not text.isascii()]
    model = shipped_wording().model
    kinds = {"all": drawn, "ASCII only": ascii_only, "with other signs": others}
    lines = [_line(f"not seen before, {name}", _timed(own, model_of(model), rounds)) for name, own in kinds.items()]
    kept = Wording(model)
    for text in drawn:
        kept.judge(text)
    lines.append(_line("seen before", _timed(drawn[-few:], lambda: kept.judge, rounds)))
    for name, own in (("ASCII only", ascii_only), ("with other signs", others)):
        whole = "\n".join(own * (LONG // max(1, sum(map(len, own))) + 1))[:LONG]
        lines.append(_line(f"{len(whole) // 1000} kB in one text, {name}", _timed([whole], model_of(model), rounds)))
    mean = sum(map(len, drawn)) / len(drawn)
    caption = f"Different texts of at most {SHORT} characters, {mean:.0f} in the mean; the best of {rounds} rounds."
    return f"## Microseconds a text\n\n{table(['texts', 'how many', 'mean', 'p50', 'p99'], lines)}\n\n{caption}"


def model_of(model: object) -> Callable[[], Callable[[str], object]]:
    """Return what makes a veto that has seen no text yet."""
    return lambda: Wording(model).judge  # type: ignore[arg-type]  # a model of any kind


def _timed(texts: Sequence[str], fresh: Callable[[], Callable[[str], object]], rounds: int) -> Floats:
    """Return for each text the fewest CPU microseconds of the rounds; each round has a judge of its own."""
    best = np.full(len(texts), np.inf)
    for _ in range(rounds):
        judge = fresh()
        for place, text in enumerate(texts):
            began = time.process_time_ns()
            judge(text)
            best[place] = min(best[place], (time.process_time_ns() - began) / 1e3)
    return best


def _line(name: str, micros: Floats) -> list[str]:
    p50, p99 = np.percentile(micros, [50, 99])
    return [name, f"{len(micros):,}", *(f"{each:,.1f}" for each in (micros.mean(), p50, p99))]


def accuracy(read: Sequence[Sentence], *, jobs: int = 1) -> str:
    """Return the table of what is caught and blocked, each file judged by what was learned from the others."""
    texts, marketing = [each.text for each in read], np.array([each.marketing for each in read])
    rules = Wording(SILENT)
    ruled = np.array([bool(rules.judge(text).findings) for text in texts])
    margins = cross_validated([Message(**features_of(each)) for each in read], margins_of, jobs=jobs)
    tfidf = by_tfidf(texts, marketing, [each.file for each in read])
    silent = np.zeros(len(read), dtype=bool)
    vetoed = {
        "a list of words": by_keywords(texts),
        "TF-IDF, logistic regression": tfidf >= cut_of(read, tfidf, silent),
        "our rules": ruled,
        "our model": margins >= cut_of(read, margins, silent),
        "our rules and model": ruled | (margins >= cut_of(read, margins, ruled)),
    }
    header = ["veto", "caught", "of ordinary", "of hard", "blocked", "of ordinary", "of hard"]
    lines = [[name, *_shares(read, found)] for name, found in vetoed.items()]
    files = len({each.file for each in read})
    caption = (
        f"Of {marketing.sum():,} marketing texts the share that is caught, of {(~marketing).sum():,} service texts the "
        f"share that is blocked. {files} files, one left out at a time; what learns is cut where {BLOCKED:.0%} of "
        "ordinary service is blocked."
    )
    return f"## Accuracy\n\n{table(header, lines)}\n\n{caption}"


def _shares(read: Sequence[Sentence], vetoed: Truths) -> list[str]:
    """Return the cells: of marketing, of service; all, ordinary, hard."""
    marketing, hard = np.array([each.marketing for each in read]), np.array([each.hard for each in read])
    every = np.ones(len(read), dtype=bool)
    return [_share(vetoed[label & part]) for label in (marketing, ~marketing) for part in (every, ~hard, hard)]


def _share(vetoed: Truths) -> str:
    return f"{vetoed.mean():.1%}" if len(vetoed) else "–"


def on_texts(path: Path) -> str:
    """Return how the shipped veto does on labelled texts, and every one that it gets wrong."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts, marketing = [row["text"] for row in rows], np.array([CLASSES[row["label"]] for row in rows], dtype=bool)
    judge = shipped_wording().judge
    vetoed = np.array([bool(judge(text).findings) for text in texts], dtype=bool)
    listed = by_keywords(texts)
    lines = [
        [name, _share(found[marketing]), _share(found[~marketing])]
        for name, found in (("a list of words", listed), ("the shipped veto", vetoed))
    ]
    wrong = [
        f"- {'missed' if sells else 'blocked'}: {text[:SHORT]!r}"
        for text, sells, found in zip(texts, marketing, vetoed, strict=True)
        if sells != found
    ]
    counted = f"{marketing.sum():,} marketing and {(~marketing).sum():,} service texts."
    return "\n\n".join([table(["veto", "caught", "blocked"], lines), counted, "\n".join(wrong)]).strip()


if __name__ == "__main__":
    main(sys.argv[1:])
