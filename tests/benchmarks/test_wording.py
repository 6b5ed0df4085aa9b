"""The benchmark of the veto on wording, on a small sample: what it prints, and what the others find."""

import json
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from benchmarks import wording
from benchmarks.environment import ROOT
from benchmarks.wording import accuracy, machine, on_texts, speed
from benchmarks.wording_rivals import by_keywords, by_tfidf
from serving.cli.policy.learn import Sentence, read_sentences

FILES = ("alerts_and_accounts", "push_and_chat", "shops_and_parcels")
MANY, SEED = 80, 7  # texts of each file, and how they are drawn


@pytest.fixture(scope="module")
def sample() -> list[Sentence]:
    """Return some sentences of three files."""
    read = read_sentences(ROOT / "data" / "wording")
    chance = np.random.default_rng(SEED)
    drawn = ([each for each in read if each.file == name] for name in FILES)
    return list(chain.from_iterable([own[place] for place in chance.permutation(len(own))[:MANY]] for own in drawn))


def test_every_veto_has_a_line(sample: list[Sentence]) -> None:
    """Caught and blocked, of all, ordinary and hard texts, in percent."""
    lines = [line for line in accuracy(sample).splitlines() if line.startswith("| ")]
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines[1:]]
    cells = [cell.strip(" |%") for line in lines[1:] for cell in line.split(" | ")[1:]]
    assert names == [
        "a list of words",
        "TF-IDF, logistic regression",
        "our rules",
        "our model",
        "our rules and model",
    ]
    assert (len(cells), all(0 <= float(cell) <= 100 for cell in cells)) == (30, True)


def test_times_are_per_text(sample: list[Sentence]) -> None:
    """Texts that were not seen before, those that were, and long ones; ASCII or not."""
    lines = speed([each.text for each in sample], rounds=1, few=20).splitlines()
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]
    assert names == [
        "texts",
        "not seen before, all",
        "not seen before, ASCII only",
        "not seen before, with other signs",
        "seen before",
        "100 kB in one text, ASCII only",
        "100 kB in one text, with other signs",
    ]


def test_a_list_of_words_finds_words_and_phrases() -> None:
    """Whole words with their endings, whatever the case; a part of another word is none."""
    texts = ["Big SALE", "20% off", "don\u2019t miss it", "Discounted", "salesman", "Your parcel is here"]
    assert by_keywords(texts).tolist() == [True, True, True, True, False, False]


def test_each_group_is_judged_by_the_others() -> None:
    """A word that only one group has tells nothing of its own texts."""
    texts = ["big sale now", "parcel is here", "big sale now", "parcel is here", "zebra now", "zebra is here"]
    margins = by_tfidf(texts, np.array([True, False] * 3), ["a", "a", "b", "b", "c", "c"])
    assert (margins[0] > margins[1], margins[2] > margins[3], margins[4] > margins[5]) == (True, True, True)


def test_anybodys_texts_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shares, and each text that is judged otherwise than its label says."""
    rows = [("Get 20% off your next order!", "marketing"), ("Your parcel A-7 now arrives on Friday.", "marketing")]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(json.dumps({"text": text, "label": label}) for text, label in rows), encoding="utf-8")
    wording.main(["--texts", str(path), "--out", str(tmp_path / "said.md")])
    said = capsys.readouterr().out
    assert (said.splitlines()[-1], "| the shipped veto | 50.0% | – |" in said) == (
        "- missed: 'Your parcel A-7 now arrives on Friday.'",
        True,
    )
    assert (tmp_path / "said.md").read_text(encoding="utf-8") == said == f"{on_texts(path)}\n"


def test_the_machine_is_named() -> None:
    """Figures without it mean little."""
    assert all(word in machine() for word in ("Python", "scikit-learn", "processors"))
