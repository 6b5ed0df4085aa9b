"""`outreach policy learn`: labelled sentences become weights, measured by leaving out one hand at a time."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.errors import InvalidInput
from serving.cli import run
from serving.cli.policy import learn as policy_learn
from serving.cli.policy.learn import Sentence, cut_of, digest_of, measured, read_sentences, table
from serving.policy_files.source import READING, source_digest

ROW = {
    "text": "Your parcel is here.",
    "label": "service",
    "kind": "delivery_update",
    "industry": "shop",
    "style": "sms",
    "hard": False,
}
SALE = {
    **ROW,
    "text": "Hello. Shop our sale.",
    "label": "marketing",
    "kind": "promotion",
    "style": "chat",
    "sells": "Shop our sale.",
}


def written(folder: Path, *rows: object, name: str = "one.jsonl") -> Path:
    """Write rows (a text is taken as it is) as one file of a folder."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in rows]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def sentence(*, marketing: bool = False, hard: bool = False, file: str = "a", style: str = "sms") -> Sentence:
    """Make a labelled sentence."""
    kind = "promotion" if marketing else "delivery_update"
    return Sentence("x", marketing=marketing, hard=hard, sells="x" * marketing, file=file, kind=kind, style=style)


def test_sentences_are_read_file_by_file(tmp_path: Path) -> None:
    """With the part that sells, the file as the hand, and what the figures are parted by."""
    written(written(tmp_path, ROW), SALE, name="two.jsonl")
    assert [(each.marketing, each.sells, each.file, each.kind, each.style) for each in read_sentences(tmp_path)] == [
        (False, "", "one", "delivery_update", "sms"),
        (True, "Shop our sale.", "two", "promotion", "chat"),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{", "one.jsonl:2: not a sentence (JSONDecodeError); write text, label, kind, industry, style, hard, sells"),
        ("7", "one.jsonl:2: not a sentence (TypeError)"),
        ("[" * 100_000, "one.jsonl:2: not a sentence (RecursionError)"),
        ({**ROW, "label": "spam"}, "one.jsonl:2: not a sentence (KeyError)"),
        ({key: ROW[key] for key in ("text", "label", "hard")}, "one.jsonl:2: not a sentence (KeyError)"),
        ({**ROW, "text": 7}, "one.jsonl:2: `sells` is not a part of `text`; name the words for which it is marketing"),
        ({**SALE, "sells": "Buy"}, "one.jsonl:2: `sells` is not a part of `text`"),
        ({**SALE, "sells": ""}, "one.jsonl:2: `sells` is not a part of `text`"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: object, said: str) -> None:
    """File, line, problem, next step."""
    with pytest.raises(InvalidInput) as error:
        read_sentences(written(tmp_path, ROW, row))
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("raw", [b'{"text": "Caf\xe9"}', b"\xff\xfe"])
def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path, raw: bytes) -> None:
    """File, line, and what to do."""
    file = written(tmp_path, ROW) / "one.jsonl"
    file.write_bytes(file.read_bytes() + raw + b"\n")
    with pytest.raises(InvalidInput) as error:
        read_sentences(tmp_path)
    assert str(error.value) == "one.jsonl:2: not UTF-8; save the file in that encoding"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"one": [ROW, SALE]}, "only 1 of its files has `service` sentences"),
        ({"one": [ROW], "two": [SALE]}, "only 1 of its files has `service` sentences"),
        ({"one": [ROW, SALE], "two": [ROW]}, "only 1 of its files has `marketing` sentences"),
        ({"one": [ROW], "two": [ROW]}, "none of its files has `marketing` sentences"),
    ],
)
def test_each_class_needs_two_hands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, list[object]], said: str
) -> None:
    """Else nothing is left to learn it from when its file is left out."""
    for name, rows in files.items():
        written(tmp_path, *rows, name=f"{name}.jsonl")
    why = "a file is one hand, judged by what the others taught; write such sentences in two files at least"
    assert run(["policy", "learn", str(tmp_path)]) == 2
    assert f"`{tmp_path}`: {said}: {why}" in capsys.readouterr().err


@pytest.mark.parametrize("row", [{**ROW, "hard": True}, {**ROW, "text": "Get 20% off."}])
def test_without_an_ordinary_service_text_there_is_no_cut(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: object
) -> None:
    """Hard ones do not count, nor those that a rule vetoes: what the model may block is a share of the others."""
    for name in ("one.jsonl", "two.jsonl"):
        written(tmp_path, row, SALE, name=name)
    said = (
        f"`{tmp_path}`: no ordinary `service` sentence (`hard` false) that the rules let pass; "
        "the cut is a share of those: add some"
    )
    assert (run(["policy", "learn", str(tmp_path)]), said in capsys.readouterr().err) == (2, True)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """There is nothing to learn from."""
    with pytest.raises(InvalidInput, match=r"is no folder with `\*.jsonl` files"):
        read_sentences(tmp_path)


def test_the_cut_blocks_at_most_its_share_of_the_ordinary_service_messages() -> None:
    """What the rules block counts too; hard messages and marketing do not."""
    read = [sentence() for _ in range(100)] + [sentence(hard=True), sentence(marketing=True)]
    margins = np.array([*np.linspace(0, 9.9, 100), 99.0, 99.0])
    ruled = np.zeros(102, dtype=bool)
    ruled[0] = True  # one of the four that 4.5 % of a hundred allow
    blocked = (margins[:100] >= cut_of(read, margins, ruled)) | ruled[:100]
    assert int(blocked.sum()) == 4


def test_what_is_caught_and_blocked_is_counted_by_part() -> None:
    """A part without a class has no rate of it."""
    read = [sentence(), sentence(marketing=True), sentence(marketing=True, hard=True, file="b", style="push")]
    figures = measured(read, np.array([True, False, True]), np.array([False, False, False]))
    both, last = (
        {"marketing": 2, "caught": 0.5, "service": 1, "blocked": 1.0},
        {"marketing": 1, "caught": 1.0, "service": 0, "blocked": None},
    )
    assert (figures["all"], figures["file b"], figures["hard"], figures["style push"]) == (both, last, last, last)


def test_every_kind_has_its_own_rate() -> None:
    """A kind belongs to one class: caught where it is marketing, blocked where it is service."""
    read = [sentence(), sentence(marketing=True), sentence(marketing=True)]
    figures = measured(read, np.array([True, False, True]), np.array([False, False, False]))
    assert (figures["kind delivery_update"], figures["kind promotion"]) == (
        {"marketing": 0, "caught": None, "service": 1, "blocked": 1.0},
        {"marketing": 2, "caught": 0.5, "service": 0, "blocked": None},
    )


def test_figures_are_a_table_for_people() -> None:
    """One line a part, in its order; a class that is not there has no rate."""
    part = {"marketing": 1200, "caught": 0.9561, "service": 0, "blocked": None}
    assert table({"learned_from": "sha256:0", "texts": 1200, "kind promotion": part}) == (
        "| part | marketing | caught | service | blocked |\n"
        "|---|---|---|---|---|\n"
        "| kind promotion | 1,200 | 95.6% | – | – |"
    )


def test_weights_are_written_and_figures_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command to the files, each with the digest of what it was learned from."""
    rows = [{**ROW, "text": f"Your parcel {number} is here."} for number in range(6)]
    sales = [{**SALE, "text": f"Shop our sale {number}.", "sells": f"Shop our sale {number}."} for number in range(6)]
    folder = tmp_path / "sentences"
    folder.mkdir()
    written(written(folder, *rows, *sales), *rows, *sales, name="two.jsonl")
    out, kept = tmp_path / "weights.json", tmp_path / "figures.json"
    assert run(["policy", "learn", str(folder), "--out", str(out), "--figures", str(kept), "--json"]) == 0
    figures, learned = json.loads(capsys.readouterr().out), json.loads(out.read_text("utf-8"))
    assert (figures["all"]["caught"], learned["learned_from"]) == (1.0, digest_of(folder))
    assert (json.loads(kept.read_text("utf-8")), figures["learned_from"]) == (figures, digest_of(folder))
    assert (figures["read_by"], learned["read_by"]) == (source_digest(READING), source_digest(READING))
    assert learned["weights"]["sale"][0] > 0 > learned["weights"]["parcel"][0]


def test_sentences_that_change_meanwhile_are_not_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the weights would name sentences that they do not come from."""
    written(written(tmp_path, ROW, ROW, SALE, SALE), ROW, ROW, SALE, SALE, name="two.jsonl")
    digests = iter(["sha256:0", "sha256:1"])
    monkeypatch.setattr(policy_learn, "digest_of", lambda _: next(digests))
    out = tmp_path / "weights.json"
    said = f"`{tmp_path}` changed while it was learned from; run `outreach policy learn` again"
    assert (run(["policy", "learn", str(tmp_path), "--out", str(out)]), out.exists()) == (2, False)
    assert said in capsys.readouterr().err
